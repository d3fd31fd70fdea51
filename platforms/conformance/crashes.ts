import assert from "node:assert/strict";
import { test } from "node:test";

import { declaredExamples, isUnreadable, oneOfEachKind, plainExample } from "./contents.ts";
import type { CrashPoint } from "./engine.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/**
 * Kills the publishing process right after each response, when the platform has done what the process does not know,
 * and right before the publishing request, when it is stored that it was about to be sent. Another process takes over.
 * What the engine does between requests is the same on all platforms.
 */
export function testCrashes(subject: Subject, world: () => World): void {
  test(`${subject.name}: a crash before, during or after any step never creates two posts and never loses one`, async (t) => {
    if (subject.login !== undefined) return t.diagnostic("the requests are the same with any login");
    const { content } = plainExample(subject, world().fixtures);
    const requests = await world().countRequests(content);
    for (let request = 1; request <= requests; request += 1)
      await t.test(`after request ${request} of ${requests}`, () =>
        assertOnce(subject, world(), content, 1, { request, when: "after" }),
      );
    await t.test("before the publishing request", () =>
      assertOnce(subject, world(), content, 1, { publish: 1, when: "before" }),
    );
  });

  test(`${subject.name}: a crash before or after the publishing request never creates two posts, for any kind of post`, async (t) => {
    for (const { name, content } of oneOfEachKind(subject, world().fixtures).slice(
      subject.login === undefined ? 1 : 0,
    )) {
      for (const when of ["before", "after"] as const)
        await t.test(`${when}, ${name}`, () => assertOnce(subject, world(), content, 1, { publish: 1, when }));
    }
  });

  test(`${subject.name}: a crash within a thread never repeats a part and never loses one`, async (t) => {
    const chain = declaredExamples(subject, world().fixtures).find((example) => example.parts > 1);
    if (chain === undefined) return t.diagnostic(`${subject.name} publishes no threads`);
    for (let part = 1; part <= chain.parts; part += 1) {
      for (const when of ["before", "after"] as const) {
        await t.test(`${when} part ${part} of ${chain.parts}`, () =>
          assertOnce(subject, world(), chain.content, chain.parts, { publish: part, when }),
        );
      }
    }
  });
}

async function assertOnce(
  subject: Subject,
  world: World,
  content: Parameters<World["publish"]>[1],
  parts: number,
  crashPoint: CrashPoint,
): Promise<void> {
  const account = await world.connect();
  const post = await world.publishThroughCrash(account, content, crashPoint);
  const entries = await world.ledger(account);
  const isLost = crashPoint.when === "after";
  if (post.status === "unknown" && !isLost && subject.onlyListed?.(content) === true) {
    assert.equal(entries.length, (crashPoint.publish ?? 1) - 1);
  } else if (!isUnreadable(subject, world.fixtures, content) && (subject.readsBack || !isLost)) {
    assert.deepEqual([post.status, entries.length], ["published", parts], JSON.stringify(post.error));
    assert.deepEqual(
      entries.toReversed().map(({ id, url }) => ({ platformPostId: id, publishedUrl: url })),
      [{ platformPostId: post.platformPostId, publishedUrl: post.publishedUrl }, ...post.parts],
    );
    assert.deepEqual(
      entries.map((entry) => entry.publishCalls),
      entries.map(() => 1),
    );
  } else {
    assert.ok(entries.length <= parts, "published twice");
    assert.ok(post.status === "published" || post.status === "unknown", post.status);
  }
}
