import assert from "node:assert/strict";
import { test } from "node:test";

import { openInstallation } from "./installation.fixture.ts";

/** Longer than any test: a drain ends only with the process. */
const DRAINING = { AMPOST_DRAIN_SECONDS: "600" };

test("after SIGTERM a server is not ready, but responds to everything and keeps no connection", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("api", DRAINING);
  const ask = async (path: string) => {
    const { status, headers } = await fetch(`${installation.url}${path}`);
    return [status, headers.get("connection")];
  };
  await installation.until(async () => (await ask("/readyz")).join() === "200,keep-alive");
  void server.end("SIGTERM");
  await installation.until(async () => (await ask("/readyz"))[0] === 503);
  for (const [path, status] of [
    ["/readyz", 503],
    ["/healthz", 200],
    ["/api/v1/accounts", 401],
    ["/docs", 200],
  ] as const)
    assert.deepEqual(await ask(path), [status, "close"], path);
  const own: unknown = await (await fetch(`${installation.url}/readyz`)).json();
  assert.partialDeepStrictEqual(own, { checks: { process: "stops", database: "ok", migrations: "ok" } });
  assert.equal(await server.end("SIGKILL"), null);
});

test("a person who ends a server, and a worker, wait for no load balancer", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("api", DRAINING);
  assert.equal(await server.end("SIGINT"), 0);
  const worker = await installation.start("worker", DRAINING);
  assert.equal(await worker.end("SIGTERM"), 0);
});
