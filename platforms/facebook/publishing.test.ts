import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { SPEED_AFTER_CRASH } from "../conformance/engine.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** What is Facebook's own, with the real engine against the sandbox. */
let world: World;

before(async () => {
  world = await startWorld({ name: "facebook", readsBack: true, refusals: [] });
});

after(() => world?.close());

test("a post listed a minute late is found after a crash, and not created again", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "feed-lag-60s" });
  const published = await world.keepPace(SPEED_AFTER_CRASH, () =>
    world.publishThroughCrash(account, textOf("late to the list"), { publish: 1, when: "after" }),
  );
  const entries = await world.ledger(account);
  assert.deepEqual(
    [published.status, published.platformPostId, entries.length],
    ["published", entries[0]?.id, 1],
    JSON.stringify(published.error),
  );
  assert.equal(entries[0]?.publishCalls, 1);
  const reads = (await world.requests()).filter(({ url }) => url.includes("/published_posts"));
  assert.ok(reads.length > 1, "it was listed at the first look");
});

test("a text that is live but listed much later is never sent again automatically, and after a forced retry neither duplicated nor called failed", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "feed-lag-600s" });
  const lost = await world.publishThroughCrash(account, textOf("very late"), { publish: 1, when: "after" });
  assert.deepEqual(
    [lost.status, lost.error?.code, (await world.ledger(account)).length],
    ["unknown", "OUTCOME_UNKNOWN", 1],
  );
  await world.advance(account, 600);
  const forced = await world.retryByForce(lost.id);
  const entries = await world.ledger(account);
  assert.deepEqual(
    [forced.status, forced.platformPostId, entries.length],
    ["published", entries[0]?.id, 1],
    JSON.stringify(forced.error),
  );
  const calls = (await world.requests()).filter(({ operation }) => operation === "publish");
  assert.deepEqual(
    calls.map(({ status }) => status),
    [200, 400],
  );
});

test("a text that was never published is not mistaken for another post with the same words", async () => {
  const account = await world.connect();
  const first = await world.publish(account, textOf("again and again"));
  await world.fault({ operation: "publish", kind: "drop_before" });
  const second = await world.publish(account, textOf("again and again"));
  assert.deepEqual([first.status, second.status, second.platformPostId], ["published", "unknown", null]);
  assert.deepEqual(
    (await world.ledger(account)).map(({ id }) => id),
    [first.platformPostId],
  );
});

test("a lost text is found on a Page whose clock is ten minutes behind", async () => {
  const behind = await startWorld(
    { name: "facebook", readsBack: true, refusals: [] },
    { startAt: new Date(Date.now() - 600_000) },
  );
  try {
    const account = await behind.connect();
    await behind.fault({ operation: "publish", kind: "drop_after" });
    const published = await behind.publish(account, textOf("by another clock"));
    const entries = await behind.ledger(account);
    assert.deepEqual(
      [published.status, published.platformPostId, entries.length],
      ["published", entries[0]?.id, 1],
      JSON.stringify(published.error),
    );
  } finally {
    await behind.close();
  }
});

test("a Page near its rate limit is published to more slowly, with no additional requests", async () => {
  const account = await world.connect();
  const photos = world.fixtures
    .filter(({ facts }) => facts.mimeType === "image/jpeg")
    .slice(0, 2)
    .map(({ filename }) => ({ filename }));
  await world.fault({ operation: "upload", kind: "reject", error: "usage-85", times: 2 });
  const published = await world.publish(account, {
    text: "slowly",
    media: photos,
    linkUrl: null,
    platformOverrides: {},
  });
  assert.deepEqual([published.status, published.attemptCount], ["published", 1], JSON.stringify(published.error));
  assert.deepEqual(
    (await world.requests()).map(({ operation }) => operation),
    ["upload", "upload", "publish"],
  );
});

test("a video that arrived after its absence was proved, and is then rejected as a duplicate, is found and never called failed", async () => {
  for (const placement of ["feed", "reel"]) {
    const account = await world.connect();
    await world.fault({ operation: "publish", kind: "drop_before" });
    await world.fault({ operation: "publish", kind: "reject", error: "duplicate-but-live" });
    const published = await world.publish(account, filmOf(placement));
    const entries = await world.ledger(account);
    assert.deepEqual(
      [published.status, published.platformPostId, entries.length],
      ["published", entries[0]?.id, 1],
      JSON.stringify(published.error),
    );
    const calls = (await world.requests()).filter(({ operation }) => operation === "publish");
    assert.deepEqual(
      calls.map(({ status }) => status),
      [null, 400],
    );
  }
});

test("a video that Facebook rejects as a duplicate fails as soon as its own state shows that it is not live", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "506/1455006" });
  const failed = await world.publish(account, filmOf("reel"));
  assert.deepEqual(
    [failed.status, failed.error?.code, (await world.ledger(account)).length],
    ["failed", "VALIDATION_FAILED", 0],
  );
});

test("an interrupted reel upload continues where it stopped", async () => {
  const account = await world.connect();
  await world.fault({ operation: "upload", kind: "reject", error: "upload-interrupt-at-65536" });
  const published = await world.publish(account, filmOf("reel"));
  assert.equal(published.status, "published", JSON.stringify(published.error));
  const offsets = (await world.requests())
    .filter(({ url }) => url.includes("/video-upload/"))
    .map(({ headers }) => headers["offset"]);
  assert.deepEqual(offsets, ["0", "65536"]);
});

function filmOf(placement: string): PostContent {
  return {
    text: "a film",
    media: [{ filename: "portrait-9x16.mp4" }],
    linkUrl: null,
    platformOverrides: { facebook: { settings: { placement } } },
  };
}

function textOf(text: string): PostContent {
  return { text, media: [], linkUrl: null, platformOverrides: {} };
}
