import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld, type World } from "../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

test("each sign-in is a session of its own, that holds at once and ends at once", async () => {
  const cookie = await world.signIn(world.test);
  const session = await world.services.sessions.find({ cookie });
  assert.equal(session?.userId, world.test.userId);
  const again = await world.signIn(world.test);
  assert.notEqual(again, cookie);
  const out = await world.callAs(cookie, "POST", "/api/auth/sign-out");
  assert.equal(out.status, 200, JSON.stringify(out.body));
  assert.equal(await world.services.sessions.find({ cookie }), null);
  assert.notEqual(await world.services.sessions.find({ cookie: again }), null);
});
