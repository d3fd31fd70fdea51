import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import pg from "pg";

import { type EmbeddedPostgres, startEmbedded } from "./embedded.ts";
import { BUNDLED, findPostgres, type PostgresChoice, restoreSymlinks } from "./postgres-binaries.ts";

const silent = () => undefined;
const log = { info: silent, warn: silent, error: silent };
const folders: string[] = [];

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

test("a first start creates the database, a restart finds its rows again, and stopping leaves no process", async () => {
  const dataDir = await newFolder();
  const first = await startEmbedded({ dataDir, log });
  assert.equal(first.adopted, false);
  await run(first.url, "create table kept (n integer); insert into kept values (7)");
  await first.stop();
  await assertStopped(first);

  const second = await startEmbedded({ dataDir, log });
  assert.equal(second.url, first.url);
  assert.deepEqual(await run(second.url, "select n from kept"), [{ n: 7 }]);
  await second.stop();
});

test("the second owner joins the running server, and only the last one to leave stops it", async () => {
  const dataDir = await newFolder();
  const [one, other] = await Promise.all([startEmbedded({ dataDir, log }), startEmbedded({ dataDir, log })]);
  assert.deepEqual([one.adopted, other.adopted].sort(), [false, true]);
  assert.equal(await one.pid(), await other.pid());
  await one.stop();
  assert.deepEqual(await run(other.url, "select 1 as n"), [{ n: 1 }]);
  await Promise.all([other.stop(), other.stop()]);
  await assertStopped(other);
});

test("owners that come and go concurrently always find a server and leave none behind", async () => {
  const dataDir = await newFolder();
  const servers = await Promise.all(
    [0, 5, 10, 20, 40, 80].map(async (delayMs) => {
      await sleep(delayMs);
      const server = await startEmbedded({ dataDir, log });
      assert.deepEqual(await run(server.url, "select 1 as n"), [{ n: 1 }]);
      await server.stop();
      return server;
    }),
  );
  for (const server of servers) await assertStopped(server);
});

test("a server whose owner was killed is adopted by the next start, and stopped with it", async () => {
  const dataDir = await newFolder();
  const owner = await ownerProcess(dataDir);
  owner.process.kill("SIGKILL");
  await once(owner.process, "exit");
  const next = await startEmbedded({ dataDir, log });
  assert.equal(next.adopted, true);
  await next.stop();
  await assertStopped(next);
});

test("committed data survives a kill -9 of the server, which its owner restarts at the same address", async () => {
  const dataDir = await newFolder();
  const server = await startEmbedded({ dataDir, log });
  await run(server.url, "create table kept (n integer); insert into kept values (7)");
  const killed = await server.pid();
  assert.ok(killed);
  process.kill(killed, "SIGKILL");
  const rows = await eventually(() => run(server.url, "select n from kept"));
  assert.deepEqual(rows, [{ n: 7 }]);
  assert.notEqual(await server.pid(), killed);
  await server.stop();
});

test("a server stopped from outside is back soon, even with open sessions", async () => {
  const dataDir = await newFolder();
  const server = await startEmbedded({ dataDir, log });
  const session = new pg.Client(server.url);
  session.on("error", silent);
  await session.connect();
  const pid = await server.pid();
  assert.ok(pid);
  const ended = new Promise((resolve) => session.once("end", resolve));
  process.kill(pid, "SIGTERM");
  await ended;
  assert.deepEqual(await eventually(() => run(server.url, "select 1 as n")), [{ n: 1 }]);
  await server.stop();
  await assertStopped(server);
});

test("if owner and server are killed together, the next start recovers from their folder", async () => {
  const dataDir = await newFolder();
  const owner = await ownerProcess(dataDir);
  await run(owner.url, "create table kept (n integer); insert into kept values (7)");
  owner.process.kill("SIGKILL");
  process.kill(owner.serverPid, "SIGKILL");
  await once(owner.process, "exit");
  const next = await startEmbedded({ dataDir, log });
  assert.equal(next.adopted, false);
  assert.deepEqual(await run(next.url, "select n from kept"), [{ n: 7 }]);
  await next.stop();
});

test("a server that dies while the next start waits for it is started again", async () => {
  const dataDir = await newFolder();
  const owner = await ownerProcess(dataDir);
  owner.process.kill("SIGKILL");
  await once(owner.process, "exit");
  process.kill(owner.serverPid, "SIGSTOP");
  const starting = startEmbedded({ dataDir, log });
  await sleep(300);
  process.kill(owner.serverPid, "SIGKILL");
  const next = await starting;
  assert.equal(next.adopted, false);
  assert.deepEqual(await run(next.url, "select 1 as n"), [{ n: 1 }]);
  await next.stop();
});

test("a recorded process ID that now belongs to another program does not prevent the start", async () => {
  const dataDir = await newFolder();
  const first = await startEmbedded({ dataDir, log });
  const records = ["data/postmaster.pid", ".s.PGSQL.5432.lock"].map((name) => join(dataDir, "postgres", name));
  const written = await Promise.all(records.map((record) => readFile(record, "utf8")));
  await first.stop();
  // Not ours: PostgreSQL overlooks the one that started it.
  const another = spawn("sleep", ["600"], { stdio: "ignore" });
  for (const [index, record] of records.entries())
    await writeFile(record, (written[index] ?? "").replace(/^\d+/, String(another.pid)));
  const second = await startEmbedded({ dataDir, log }).finally(() => another.kill());
  assert.deepEqual(await run(second.url, "select 1 as n"), [{ n: 1 }]);
  await second.stop();
});

test("an interrupted first start is started over", async () => {
  const dataDir = await newFolder();
  await mkdir(join(dataDir, "postgres/data.new/base"), { recursive: true });
  const server = await startEmbedded({ dataDir, log });
  assert.equal(server.adopted, false);
  await server.stop();
});

test("a data folder with a long path, spaces and a comma works", async () => {
  const dataDir = join(await newFolder(), `a long, ${"deep ".repeat(20)}folder`);
  const server = await startEmbedded({ dataDir, log });
  assert.deepEqual(await run(server.url, "select 1 as n"), [{ n: 1 }]);
  await server.stop();
  const again = await startEmbedded({ dataDir, log });
  assert.equal(again.url, server.url);
  folders.push(new URL(again.url).searchParams.get("host") ?? dataDir);
  await again.stop();
});

test("a server that cannot start reports PostgreSQL's own error", async () => {
  const dataDir = await newFolder();
  await assert.rejects(
    startEmbedded({ dataDir, log, settings: { shared_buffers: "nonsense" } }),
    /does not start[\s\S]*shared_buffers/,
  );
});

test("the bundled PostgreSQL is the release that its age is computed from", async () => {
  const { postgres, version } = await findPostgres();
  const { stdout } = await promisify(execFile)(postgres, ["--version"]);
  assert.match(stdout, new RegExp(`\\(PostgreSQL\\) ${version}\\b`));
});

test("a newer PostgreSQL of the system is used where it is wanted, within the major version of the data", async () => {
  const dataDir = await newFolder();
  const [major = 0, minor = 0] = BUNDLED.version.split(".").map(Number);
  const newer = await systemPostgres(`${major}.${minor + 10}`, `${major}.${minor + 9}`, `${major}.${minor - 1}`);
  const started = async (options: { choice?: PostgresChoice; systemFolders?: string[] }) => {
    const server = await startEmbedded({ dataDir, log, ...options });
    try {
      return await run(server.url, "select current_setting('ampost.release', true) as release");
    } finally {
      await server.stop();
    }
  };
  const bundled = [{ release: null }];
  assert.deepEqual(await started({ systemFolders: newer }), bundled);
  assert.deepEqual(await started({ choice: "newest", systemFolders: newer }), [{ release: `${major}.${minor + 10}` }]);
  const others = await systemPostgres(`${major}.${minor - 1}`, `${major + 1}.1`, `${major - 1}.99`);
  assert.deepEqual(await started({ choice: "newest", systemFolders: others }), bundled);
  assert.equal((await findPostgres("newest", null, others)).version, `${major + 1}.1`, "for a new data folder");
});

test("data of another major version is refused, with what to do, and left alone", async () => {
  const dataDir = await newFolder();
  const first = await startEmbedded({ dataDir, log });
  await run(first.url, "create table kept (n integer); insert into kept values (7)");
  await first.stop();
  const file = join(dataDir, "postgres/data/PG_VERSION");
  const written = await readFile(file, "utf8");
  await writeFile(file, "14\n");
  for (const choice of ["bundled", "newest"] as const)
    await assert.rejects(
      startEmbedded({ dataDir, log, choice, systemFolders: [] }),
      /created by PostgreSQL 14, .*Install PostgreSQL 14 .*AMPOST_POSTGRES=newest.*ampost restore/,
    );
  await writeFile(file, written);
  const again = await startEmbedded({ dataDir, log });
  assert.deepEqual(await run(again.url, "select n from kept"), [{ n: 7 }]);
  await again.stop();
});

/** Folders as a system's packages have them: programs that give these versions, and otherwise are the bundled ones. */
async function systemPostgres(...versions: string[]): Promise<string[]> {
  const { postgres } = await findPostgres();
  const root = await newFolder();
  await chmod(root, 0o755);
  for (const version of versions) {
    const bin = join(root, version, "bin");
    await mkdir(bin, { recursive: true });
    const says = `if [ "$1" = --version ]; then echo "postgres (PostgreSQL) ${version} (Packaged ${version}-1)"; exit; fi`;
    const program = `#!/bin/sh\n${says}\nexec "${postgres}" "$@" -c "ampost.release=${version}"\n`;
    await writeFile(join(bin, "postgres"), program, { mode: 0o755 });
  }
  return [join(root, "*/bin")];
}

test("the package's missing symbolic links are created", async () => {
  const copy = await newFolder();

  const installed = (await findPostgres()).postgres.replace(/\/native\/bin\/postgres$/, "");
  await cp(join(installed, "native/pg-symlinks.json"), join(copy, "native/pg-symlinks.json"), { recursive: true });
  await mkdir(join(copy, "native/lib"));

  await writeFile(join(copy, "native/lib/libpq.so.5.18"), "library");
  await restoreSymlinks(copy);
  assert.equal(await readFile(join(copy, "native/lib/libpq.so.5"), "utf8"), "library");
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-embedded-"));
  folders.push(folder);
  return folder;
}

async function run(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on("error", silent);
  await client.connect();
  try {
    const answer = await client.query<Record<string, unknown>>(sql);
    return answer.rows?.map((row) => ({ ...row })) ?? [];
  } finally {
    await client.end();
  }
}

async function eventually<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; tries < 3_000; tries++) {
    try {
      return await work();
    } catch {
      await sleep(20);
    }
  }
  return work();
}

/** Another process that owns the server of a folder until it is killed. */
async function ownerProcess(dataDir: string): Promise<{ process: ChildProcess; url: string; serverPid: number }> {
  const program = `
    import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, "embedded.ts"))};
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: console });
    console.log(JSON.stringify({ url: server.url, serverPid: await server.pid() }));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return { process: child, ...JSON.parse(String(line)) };
}

async function assertStopped(server: EmbeddedPostgres): Promise<void> {
  assert.equal(await server.pid(), undefined);
  await assert.rejects(run(server.url, "select 1"), { code: /ENOENT|ECONNREFUSED/ });
}
