import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startWorld, type World } from "../conformance/world.ts";

/** What is Threads' own, with the real engine against the sandbox. */
let world: World;

before(async () => {
  world = await startWorld({ name: "threads", readsBack: true, refusals: [] });
});

after(() => world?.close());

test("a thread whose third part fails is resumed there, in reply to the second", async () => {
  const account = await world.connect();
  await world.fault({ operation: "create", kind: "reject", error: "chain-break-at-3" });
  const settings = { thread: [{ text: "two" }, { text: "three" }] };
  const published = await world.publish(account, {
    text: "one",
    media: [],
    linkUrl: null,
    platformOverrides: { threads: { settings } },
  });
  const [three, two, one] = await world.ledger(account);
  assert.deepEqual(
    [published.status, published.platformPostId, one?.text, two?.text, three?.text],
    ["published", one?.id, "one", "two", "three"],
    JSON.stringify(published.error),
  );
  const made = (await world.requests())
    .filter(({ operation, method }) => operation === "create" && method === "POST")
    .map(({ body }) => [body?.["text"], body?.["reply_to_id"]]);
  assert.deepEqual(made, [
    ["one", undefined],
    ["two", one?.id],
    ["three", two?.id],
    ["three", two?.id],
  ]);
  assert.deepEqual(
    [one, two, three].map((entry) => entry?.publishCalls),
    [1, 1, 1],
  );
});

test("a post that was never published is not mistaken for another one with the same words, and is published", async () => {
  const account = await world.connect();
  const content = { text: "again and again", media: [], linkUrl: null, platformOverrides: {} };
  const first = await world.publish(account, content);
  await world.fault({ operation: "publish", kind: "drop_before" });
  const second = await world.publish(account, content);
  assert.deepEqual([first.status, second.status], ["published", "published"], JSON.stringify(second.error));
  assert.deepEqual(
    (await world.ledger(account)).map(({ id }) => id),
    [second.platformPostId, first.platformPostId],
  );
});
