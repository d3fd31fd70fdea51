import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import type { FastifyInstance } from "fastify";

import { createWorld, type World } from "../../tests/world.ts";
import { createHttpApp } from "../http/app.ts";
import { addFixtures } from "./conformance.fixture.ts";
import { addMcp } from "./mcp-routes.ts";
import { FEATURES } from "./mcp-server.ts";

let world: World;
let fixtures: FastifyInstance;
const doors: Server[] = [];
let folder: string;

before(async () => {
  world = await createWorld();
  fixtures = await openFixtures();
  folder = await mkdtemp(join(tmpdir(), "ampost-conformance-"));
});
after(async () => {
  for (const door of doors) {
    door.closeAllConnections();
    door.close();
  }
  await fixtures.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** The product's own endpoint, with what the suite's scenarios ask for beside its tools. */
async function openFixtures(): Promise<FastifyInstance> {
  const app = await createHttpApp(world.services, {
    probes: {
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: "text/plain", text: "" }),
    },
    mcp: (scope, services, options) => addMcp(scope, services, { ...options, features: [...FEATURES, addFixtures] }),
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app;
}

/** The suite knows no keys, so it comes in by a door that adds one to every request and changes nothing else. */
async function openDoor(to: string, key: string): Promise<Server> {
  const { hostname, port } = new URL(to);
  const server = createServer((asked, answer) => {
    const passed = request(
      {
        hostname,
        port,
        path: asked.url,
        method: asked.method,
        headers: { ...asked.headers, authorization: `Bearer ${key}` },
      },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      },
    );
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  doors.push(server);
  return server;
}

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

const REVISIONS = {
  "2026-07-28": ["--requirements", "2026-07-28"],
  "2025-11-25": ["--spec-version", "2025-11-25", "--suite", "active"],
} as const;

/**
 * Runs the official suite; what it is known not to pass stands in a list, which fails the run where it is out of date.
 */
async function conform(
  url: string,
  revision: keyof typeof REVISIONS,
  gaps: string,
): Promise<{ code: number; output: string }> {
  const address = (await openDoor(url, world.test.key)).address();
  assert.ok(address !== null && typeof address !== "string");
  const { port }: AddressInfo = address;
  const args = [
    SUITE,
    "server",
    "--url",
    `http://localhost:${port}/mcp`,
    "--expected-failures",
    join(import.meta.dirname, gaps),
    "--output-dir",
    folder,
    ...REVISIONS[revision],
  ];
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });
}

for (const revision of ["2026-07-28", "2025-11-25"] as const) {
  test(`the official suite passes for ${revision}, except for scenarios that require what the product does not have`, async () => {
    const { code, output } = await conform(world.url, revision, `conformance-gaps-${revision}.yaml`);
    assert.equal(code, 0, output.slice(-8000));
  });

  test(`the official suite passes for ${revision} if its scenarios have what they require`, async () => {
    const { code, output } = await conform(
      fixtures.listeningOrigin,
      revision,
      `conformance-fixture-gaps-${revision}.yaml`,
    );
    assert.equal(code, 0, output.slice(-8000));
  });
}
