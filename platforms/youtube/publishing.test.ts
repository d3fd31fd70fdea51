import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { videoExample } from "../conformance/contents.ts";
import type { Subject } from "../conformance/subject.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** YouTube-specific behavior, with the real engine against the sandbox. */
const SUBJECT: Subject = { name: "youtube", readsBack: true, refusals: [] };
let world: World;

before(async () => {
  world = await startWorld(SUBJECT);
});

after(() => world?.close());

for (const kind of ["expire_token", "drop_after", "cut-at-50000"]) {
  test(`after ${kind} at the bytes the same session goes on, and there is one video`, async () => {
    const account = await world.connect();
    await world.fault({
      operation: "publish",
      ...(kind.startsWith("cut") ? { kind: "reject", error: kind } : { kind }),
    });
    const published = await world.publish(account, videoExample(SUBJECT, world.fixtures).content);
    const entries = await world.ledger(account);
    assert.deepEqual(
      [published.status, entries.map(({ id }) => id)],
      ["published", [published.platformPostId]],
      JSON.stringify(published.error),
    );
    const calls = await world.requests();
    assert.equal(
      calls.filter(({ method, url }) => method === "POST" && url.includes("uploadType=resumable")).length,
      1,
    );
    assert.equal(calls.filter(({ operation }) => operation === "refresh").length, kind === "expire_token" ? 1 : 0);
  });
}
