import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { createWorld, type World } from "../../tests/world.ts";

let world: World;
let door: Server;
let folder: string;

before(async () => {
  world = await createWorld();
  door = await openDoor(world.url, world.test.key);
  folder = await mkdtemp(join(tmpdir(), "ampost-conformance-"));
});
after(async () => {
  door.closeAllConnections();
  door.close();
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** The suite knows no keys, so it comes in by a door that adds one to every request and changes nothing else. */
async function openDoor(to: string, key: string): Promise<Server> {
  const { hostname, port } = new URL(to);
  const server = createServer((asked, answer) => {
    const passed = request({ hostname, port, path: asked.url, method: asked.method, headers: { ...asked.headers, authorization: `Bearer ${key}` } }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));

/** Runs the official suite; what it is known not to pass stands in a list, which fails the run where it is out of date. */
function conform(revision: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const address = door.address();
  assert.ok(address !== null && typeof address !== "string");
  const { port }: AddressInfo = address;
  const gaps = join(import.meta.dirname, `conformance-gaps-${revision}.yaml`);
  return new Promise((resolve) => {
    execFile(process.execPath, [SUITE, "server", "--url", `http://localhost:${port}/mcp`, "--expected-failures", gaps, "--output-dir", folder, ...args], { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}

test("the official suite passes for 2026-07-28, but for the gaps that are known", async () => {
  const { code, output } = await conform("2026-07-28", ["--requirements", "2026-07-28"]);
  assert.equal(code, 0, output.slice(-8000));
});

test("the official suite passes for 2025-11-25, but for the gaps that are known", async () => {
  const { code, output } = await conform("2025-11-25", ["--spec-version", "2025-11-25", "--suite", "active"]);
  assert.equal(code, 0, output.slice(-8000));
});
