import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld, type World } from "../../tests/world.ts";
import { createHttpApp } from "./app.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const probes = {
  ready: async () => ({ ready: true, checks: {} }),
  metrics: async () => ({ contentType: "text/plain", text: "" }),
};

for (const [what, url, status] of [
  ["a path that no route has", "/nothing/here", 404],
  ["a method that the path does not have", "/api/v1/posts/", 404],
  ["a URL that cannot be read", "/api/v1/posts/%zz", 400],
] as const)
  test(`requests with ${what} count as those of their address`, async (t) => {
    const app = await createHttpApp(world.services, {
      probes,
      addressLimits: { callsPerMinute: 3, failedKeysPerMinute: null },
    });
    t.after(() => app.close());
    const ask = async (remoteAddress: string) =>
      (await app.inject({ method: "PUT", url, remoteAddress, headers: { accept: "application/json" } })).statusCode;
    const statuses = [];
    for (let sent = 0; sent < 5; sent += 1) statuses.push(await ask("203.0.113.7"));
    assert.deepEqual(statuses, [status, status, status, 429, 429]);
    assert.equal(await ask("203.0.113.8"), status);
  });
