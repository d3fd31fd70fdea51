import assert from "node:assert/strict";
import { test } from "node:test";

import { catalog } from "../catalog.ts";
import { plainExample, videoExample, type Example } from "./contents.ts";
import type { Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Waiting for the platform is not a failure. */
export function testWaiting(subject: Subject, world: () => World): void {
  test(`${subject.name}: a slow platform costs no attempt`, async (t) => {
    const { content } = slowest(subject, world());
    if (!(await world().operations(content)).has("status"))
      return t.diagnostic(`${subject.name} has nothing to wait for`);
    const account = await world().connect();
    const post = await world().publish(account, content);
    assert.equal(post.status, "published", JSON.stringify(post.error));
    assert.equal(post.attemptCount, 1);
    const polls = (await world().requests()).filter((request) => request.operation === "status").length;
    assert.ok(polls > 1, "publishing did not wait");
    assert.equal((await world().ledger(account)).length, 1);
  });

  test(`${subject.name}: endless processing ends the wait with the reason`, async (t) => {
    const { content } = slowest(subject, world());
    const operations = await world().operations(content);
    if (!operations.has("status")) return t.diagnostic(`${subject.name} has nothing to wait for`);
    const account = await world().connect();
    await world().fault({
      operation: operations.has("create") ? "create" : "upload",
      kind: "process_forever",
      times: 100,
    });
    const post = await world().publish(account, content);
    // If the platform accepted the post before processing it, the post may still appear: the outcome is unknown.
    // If the platform already shows the post, it is published.
    const isAccepted = (await world().requests()).some((request) => request.operation === "publish");
    const isShown = (await world().ledger(account)).length > 0;
    const [status, code] = isShown
      ? ["published", undefined]
      : isAccepted
        ? ["unknown", "OUTCOME_UNKNOWN"]
        : ["failed", "MEDIA_UPLOAD_FAILED"];
    assert.deepEqual([post.status, post.error?.code], [status, code], JSON.stringify(post.error));
  });
}

/** Videos take longest, if the platform supports them. */
function slowest(subject: Subject, world: World): Example {
  const takesVideo = catalog[subject.name].capabilities.placements.some(({ shapes }) =>
    shapes.some((shape) => shape.video !== undefined),
  );
  return takesVideo ? videoExample(subject, world.fixtures) : plainExample(subject, world.fixtures);
}
