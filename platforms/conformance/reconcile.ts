import assert from "node:assert/strict";
import { test } from "node:test";

import { declaredExamples, isUnreadable, oneOfEachKind, type Example } from "./contents.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** The request does not arrive, its response is lost, or it is an error although the post is live. */
const KINDS: readonly string[] = ["drop_before", "drop_after", "error_after"];

/** A lost response to the publishing request never creates two posts, loses one or reports a wrong status. */
export function testReconcile(subject: Subject, world: () => World): void {
  for (const kind of [...KINDS, "timeout", "cut_body", "broken_json", "http_500", "slow"]) {
    test(`${subject.name}: ${kind} at the publishing request ends in one post or a true status`, async (t) => {
      if (subject.login !== undefined) return t.diagnostic("the requests are the same with any login");
      for (const example of firstOfEachSize(subject, world())) {
        const indices = Array.from({ length: example.parts }, (_, index) => index);
        // In which way a response is lost does not depend on the part.
        for (const after of KINDS.includes(kind) ? indices : indices.slice(-1)) {
          await t.test(`${example.name}, after ${after}`, () =>
            assertOneOrTruth(subject, world(), example, kind, after),
          );
        }
      }
    });
  }

  for (const kind of KINDS) {
    test(`${subject.name}: ${kind} at the publishing request ends in one post, for any kind of post`, async (t) => {
      for (const example of oneOfEachKind(subject, world().fixtures).slice(subject.login === undefined ? 1 : 0)) {
        await t.test(example.name, () => assertOneOrTruth(subject, world(), example, kind, 0));
      }
    });
  }
}

async function assertOneOrTruth(
  subject: Subject,
  world: World,
  { content, parts }: Example,
  kind: string,
  after: number,
): Promise<void> {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind, after, ...(kind === "slow" ? { delayMs: 300 } : {}) });
  const post = await world.publish(account, content);
  const entries = await world.ledger(account);
  const readsBack = subject.readsBack && !isUnreadable(subject, world.fixtures, content);
  const isDone = kind !== "drop_before" && kind !== "http_500";
  if (readsBack && !isDone && subject.onlyListed?.(content) === true)
    assert.deepEqual([post.status, entries.length], ["unknown", after], JSON.stringify(post.error));
  else if (readsBack) assert.deepEqual([post.status, entries.length], ["published", parts], JSON.stringify(post.error));
  else assertTruth(post.status, entries.length, parts);
  if (isDone && readsBack)
    assert.deepEqual(
      entries.map((entry) => entry.publishCalls),
      entries.map(() => 1),
    );
  if (post.status === "published")
    assert.deepEqual([entries.at(-1)?.id, entries.at(-1)?.url], [post.platformPostId, post.publishedUrl]);
}

/** The simplest post and, if the platform publishes threads, a thread. */
function firstOfEachSize(subject: Subject, world: World) {
  const examples = declaredExamples(subject, world.fixtures);
  return [examples[0], examples.find((example) => example.parts > 1)].filter((example) => example !== undefined);
}

function assertTruth(status: string, live: number, parts: number): void {
  assert.ok(live <= parts, "published twice");
  if (status === "published") assert.equal(live, parts);
  if (status === "failed" && parts === 1) assert.equal(live, 0);
}
