import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createWorld, type World } from "../../../tests/world.ts";
import { createHttpApp } from "../app.ts";
import { createProbesApp, type Probes } from "./probes.ts";

const TOKEN = "a-token-of-the-operator";
const probes: Probes = {
  ready: async () => ({ ready: false, checks: { database: "password authentication failed for user ampost" } }),
  metrics: async () => ({ contentType: "text/plain", text: "ampost_secret_numbers 1" }),
};

let world: World;
before(async () => {
  world = await createWorld({ appUrl: "https://app.example", apiUrl: "https://api.example" });
});
after(() => world.close());

const ask = async (app: Pick<World["app"], "inject">, url: string, headers: Record<string, string> = {}) => {
  const { statusCode, body } = await app.inject({ url, headers: { host: "api.example", ...headers } });
  return [statusCode, /secret_numbers/.test(body), /password authentication/.test(body)];
};

test("strangers see neither metrics nor failing checks, on the public port and on a worker's", async () => {
  const [none, some] = await Promise.all([
    createHttpApp(world.services, { probes }),
    createHttpApp(world.services, { probes, metricsToken: TOKEN }),
  ]);
  for (const [app, refusal] of [
    [none, 404],
    [some, 401],
    [createProbesApp(probes, { token: null }, { appUrl: "http://localhost" }), 404],
    [createProbesApp(probes, { token: TOKEN }, { appUrl: "http://localhost" }), 401],
  ] as const) {
    for (const authorization of ["", "Bearer wrong-token-of-nobody", `Bearer ${world.live.key}`, `Basic ${TOKEN}`]) {
      assert.deepEqual(await ask(app, "/metrics", { authorization }), [refusal, false, false]);
      assert.deepEqual(await ask(app, "/readyz", { authorization }), [503, false, false]);
    }
    assert.deepEqual(await ask(app, "/healthz"), [200, false, false]);
    if (refusal === 401) {
      assert.deepEqual(await ask(app, "/metrics", { authorization: `Bearer ${TOKEN}` }), [200, true, false]);
      assert.deepEqual(await ask(app, "/readyz", { authorization: `Bearer ${TOKEN}` }), [503, false, true]);
    }
    await app.close();
  }
});

test("the operator's own port serves all of it", async () => {
  const app = createProbesApp(probes, { token: null, isOwnPort: true }, { appUrl: "http://localhost" });
  assert.deepEqual(await ask(app, "/metrics"), [200, true, false]);
  assert.deepEqual(await ask(app, "/readyz"), [503, false, true]);
  await app.close();
});
