import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SPEED_AFTER_CRASH } from "../conformance/engine.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** What is Facebook's own, with the real engine against the sandbox. */
let world: World;

before(async () => {
  world = await startWorld({ name: "facebook", readsBack: true, refusals: [] });
});

after(() => world?.close());

test("a post that is listed a minute late is found there after a crash, and not made again", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "feed-lag-60s" });
  const published = await world.keepPace(SPEED_AFTER_CRASH, () =>
    world.publishThroughCrash(account, { text: "late to the list", media: [], linkUrl: null, platformOverrides: {} }, { publish: 1, when: "after" }),
  );
  const entries = await world.ledger(account);
  assert.deepEqual([published.status, published.platformPostId, entries.length], ["published", entries[0]?.id, 1], JSON.stringify(published.error));
  assert.equal(entries[0]?.publishCalls, 1);
  const reads = (await world.requests()).filter(({ url }) => url.includes("/published_posts"));
  assert.ok(reads.length > 1, "it was listed at the first look");
});

test("a Page whose calls are nearly used up is published to at a slower pace, and no call more is made", async () => {
  const account = await world.connect();
  const photos = world.fixtures.filter(({ facts }) => facts.mimeType === "image/jpeg").slice(0, 2).map(({ filename }) => ({ filename }));
  await world.fault({ operation: "upload", kind: "reject", error: "usage-85", times: 2 });
  const published = await world.publish(account, { text: "slowly", media: photos, linkUrl: null, platformOverrides: {} });
  assert.deepEqual([published.status, published.attemptCount], ["published", 1], JSON.stringify(published.error));
  assert.deepEqual((await world.requests()).map(({ operation }) => operation), ["upload", "upload", "publish"]);
});

test("a reel's upload that is cut goes on where it broke", async () => {
  const account = await world.connect();
  await world.fault({ operation: "upload", kind: "reject", error: "upload-interrupt-at-65536" });
  const reel = { text: "cut", media: [{ filename: "portrait-9x16.mp4" }], linkUrl: null, platformOverrides: { facebook: { settings: { placement: "reel" } } } };
  const published = await world.publish(account, reel);
  assert.equal(published.status, "published", JSON.stringify(published.error));
  const offsets = (await world.requests()).filter(({ url }) => url.includes("/video-upload/")).map(({ headers }) => headers["offset"]);
  assert.deepEqual(offsets, ["0", "65536"]);
});
