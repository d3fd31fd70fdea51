import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld, type World } from "../../../tests/world.ts";
import { createListener } from "../../db/listen.ts";
import { createApiKey, revokeApiKey } from "./api-keys.ts";
import { createKeyHolders } from "./key-holders.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

test("a revoked key is rejected from the next lookup on, in every process", async () => {
  const { services } = world;
  const { userId } = world.live;
  const listener = await createListener(world.database.url, services.log);
  const other = createKeyHolders({ pool: services.pool, listener });
  try {
    const key = await createApiKey(services, { userId, mode: "live" }, { name: "both" });
    for (const holders of [services.keyHolders, other])
      assert.deepEqual(await holders.find(key.apiKey), { userId, mode: "live", keyId: key.id, policies: key.policies });
    const notified = new Promise<void>((resolve) => listener.on("ampost_keys", () => resolve()));
    await revokeApiKey(services, { userId }, key.id);
    assert.equal(await services.keyHolders.find(key.apiKey), null);
    await notified;
    assert.equal(await other.find(key.apiKey), null);
  } finally {
    await listener.close();
  }
});

test("fifty concurrent lookups of a key query the database once, a cached key not at all, and an expired one is not cached beyond its lifetime", async () => {
  const { services } = world;
  const { userId } = world.live;
  const createShort = () =>
    createApiKey(services, { userId, mode: "live" }, { name: "short", expiresAt: new Date(Date.now() + 2_000) });
  let short = await createShort();
  // On a slow machine, one may have expired before it is found.
  for (let again = 0; again < 5 && (await services.keyHolders.find(short.apiKey)) === null; again += 1)
    short = await createShort();
  assert.notEqual(await services.keyHolders.find(short.apiKey), null);
  let asked = 0;
  const holders = createKeyHolders({
    pool: Object.assign(Object.create(services.pool), {
      query: (...query: [string]) => ((asked += 1), services.pool.query(...query)),
    }),
    listener: services.listener,
  });
  const long = await createApiKey(services, { userId, mode: "live" }, { name: "long" });
  await Promise.all(Array.from({ length: 50 }, () => holders.find(long.apiKey)));
  const first = asked;
  assert.ok(first <= 2, `${first} statements for fifty who ask at once`);
  await holders.find(long.apiKey);
  assert.equal(asked, first);
  for (
    const until = Date.now() + 20_000;
    Date.now() < until && (await services.keyHolders.find(short.apiKey)) !== null;
  )
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await services.keyHolders.find(short.apiKey), null);
});
