import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import pg from "pg";

import { startEmbedded } from "../../server/db/embedded/embedded.ts";
import { launcherFor } from "../../server/db/embedded/postgres-binaries.ts";
import { closeDataDir } from "../../server/start/data-dir.ts";

const silent = () => undefined;
const log = { info: silent, warn: silent, error: silent };

/** What a process of this user, or of the current one, can do with the paths: the result or the error for each. */
async function tryAs(uid: number | null, socket: string, files: readonly string[]): Promise<Record<string, string>> {
  const program = `
    const { connect } = require("node:net");
    const { readFileSync, readdirSync } = require("node:fs");
    const [socket, ...files] = process.argv.slice(1);
    if (${uid} !== null) { process.setgroups([]); process.setgid(${uid}); process.setuid(${uid}); }
    const results = {};
    for (const file of files)
      try { try { readFileSync(file); } catch (error) { if (error.code !== "EISDIR") throw error; readdirSync(file); } results[file] = "read"; }
      catch (error) { results[file] = error.code; }
    const finish = (how) => { results.socket = how; console.log(JSON.stringify(results)); process.exit(0); };
    connect(socket).on("connect", () => finish("connected")).on("error", (error) => finish(error.code));`;
  const child = spawn(process.execPath, ["-e", program, socket, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const results: Record<string, string> = JSON.parse(String(line));
  return results;
}

test("another user of the machine cannot reach the embedded PostgreSQL through its socket, TCP or its files", async (t) => {
  // Beside the folders of other programs, and in one that everyone can read.
  const around = await mkdtemp("/tmp/ampost-other-users-");
  await chmod(around, 0o755);
  const dataDir = join(around, "data");
  await closeDataDir({ dataDir, databaseUrl: null });
  await writeFile(join(dataDir, "encryption-key"), "secret", { mode: 0o600 });
  const server = await startEmbedded({ dataDir, log });
  const folder = new URL(server.url).searchParams.get("host") ?? "";
  const socket = join(folder, ".s.PGSQL.5432");

  const client = new pg.Client(server.url);
  t.after(async () => {
    await client.end();
    await server.stop();
    await rm(around, { recursive: true, force: true });
  });
  await client.connect();

  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  assert.equal((await stat(socket)).mode & 0o777, 0o700);
  const { rows } = await client.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_permissions') order by name",
  );
  assert.deepEqual(
    rows.map(({ setting }) => setting),
    ["", "0700"],
  );
  assert.deepEqual(await listeningOn((await server.pid()) ?? 0), []);

  const files = ["postgres", "postgres/data/PG_VERSION", "postgres/data/base", "encryption-key"].map((name) =>
    join(dataDir, name),
  );
  const own = await tryAs(null, socket, files);
  assert.deepEqual(new Set(Object.values(own)), new Set(["read", "connected"]), JSON.stringify(own));
  if (process.getuid?.() !== 0) return t.diagnostic("only root can try it as another user");
  // Where the kernel allows no user namespaces, PostgreSQL runs as the user nobody, who then has access.
  for (const uid of [12_345, 65_534].filter((each) => each !== launcherFor().uid)) {
    const others = await tryAs(uid, socket, files);
    assert.deepEqual(new Set(Object.values(others)), new Set(["EACCES"]), `${uid}: ${JSON.stringify(others)}`);
  }
});

/** The TCP sockets on which a process listens, according to the kernel. */
async function listeningOn(pid: number): Promise<string[]> {
  const held = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(held.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")));
  const sockets = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => "")),
  );
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = ""]) => state === "0A" && sockets.has(inode))
    .map(([, address = ""]) => address);
}
