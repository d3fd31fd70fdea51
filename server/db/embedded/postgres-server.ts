import { spawn } from "node:child_process";
import { mkdir, mkdtemp, open, readFile, readlink, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";

import { isAlive } from "../../../model/is-alive.ts";
import { withFileLock } from "./file-lock.ts";
import {
  findPostgres,
  giveTo,
  type Launcher,
  majorOf,
  type PostgresBinaries,
  type PostgresChoice,
} from "./postgres-binaries.ts";

/** The location of a PostgreSQL server. */
export interface PostgresPaths {
  folder: string;
  /** PGDATA. */
  data: string;
  lock: string;
  log: string;
  socket: string;
  url(database: string): string;
}

export async function preparePaths(dataDir: string): Promise<PostgresPaths> {
  await mkdir(join(dataDir, "postgres"), { recursive: true, mode: 0o700 });
  const folder = await realpath(join(dataDir, "postgres"));
  const place = { folder, data: join(folder, "data"), lock: join(folder, "lock"), log: join(folder, "server.log") };
  const socket = await socketFolder(folder);
  return {
    ...place,
    socket,
    url: (database) => `postgresql://ampost@localhost/${database}?host=${encodeURIComponent(socket)}`,
  };
}

/** Sockets have short names, about a hundred bytes: a deep data folder has its socket elsewhere, and a link to it. */
async function socketFolder(folder: string): Promise<string> {
  if (Buffer.byteLength(folder) <= 80) return folder;
  const link = join(folder, "socket");
  return withFileLock(join(folder, "lock"), async () => {
    const known = await readlink(link).catch(() => undefined);
    if (known !== undefined && (await stat(known).catch(() => undefined)) !== undefined) return known;
    const made = await mkdtemp(join(tmpdir(), "ampost-"));
    await rm(link, { force: true });
    await symlink(made, link);
    return made;
  });
}

export interface Server {
  place: PostgresPaths;
  launcher: Launcher;
  settings: Record<string, string>;
  choice?: PostgresChoice | undefined;
  /** Instead of those of the system's packages. */
  systemFolders?: readonly string[] | undefined;
  launched?: (() => void) | undefined;
}

/** Called under the location's lock, by one process at a time. Returns whether it had to start the server. */
export async function ensureRunning(server: Server): Promise<boolean> {
  const { place, launcher, choice, systemFolders } = server;
  const running = await readPidFile(place);
  if (running && (await isOurs(running.pid, place)) && (await untilAnswers(place, () => isOurs(running.pid, place))))
    return false;
  const createdBy = parseInt(await readFile(join(place.data, "PG_VERSION"), "utf8").catch(() => ""), 10);
  const binaries = await findPostgres(choice, Number.isNaN(createdBy) ? null : createdBy, systemFolders);
  if ((await stat(place.data).catch(() => undefined)) === undefined) await initialise(binaries.initdb, server);
  for (const folder of [place.folder, place.socket]) await giveTo(launcher, folder);
  for (const record of [pidFile(place), join(place.socket, ".s.PGSQL.5432.lock")]) await dropStale(record, place);
  await startServer(binaries, server);
  return true;
}

/**
 * PostgreSQL records its process next to its data and its socket. The process ID of a killed server would keep the next
 * one from starting if another program now has it, or if the dead process has not been reaped: PostgreSQL only checks
 * whether it exists. It finds out on its own whether processes of the old server still use its memory.
 */
async function dropStale(record: string, place: PostgresPaths): Promise<void> {
  const pid = parseInt(await readFile(record, "utf8").catch(() => ""), 10);
  if (pid > 0 && isAlive(pid) && !(await isOurs(pid, place))) await rm(record, { force: true });
}

async function initialise(initdb: string, { place, launcher, launched }: Server): Promise<void> {
  // Created next to its location and then moved, so that an interrupted start leaves no partial cluster.
  const fresh = `${place.data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await giveTo(launcher, place.folder);
  const args = ["-D", fresh, "-U", "ampost", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"];
  const child = await launch(initdb, args, place, launcher);
  launched?.();
  const code = await child.ended;
  if (code !== 0)
    throw new Error(`PostgreSQL's initdb failed in ${place.folder}.${reachHint(launcher)}\n${await logTail(place)}`);
  await rename(fresh, place.data);
}

async function startServer(
  { postgres, version }: PostgresBinaries,
  { place, launcher, settings, launched }: Server,
): Promise<void> {
  const args = ["-D", place.data];
  for (const [name, value] of Object.entries({ ...ourSettings(place, majorOf(version)), ...settings }))
    args.push("-c", `${name}=${value}`);
  // After a kill -9, the old server's last processes may hold its memory for a moment, and the first starts fail.
  const deadline = performance.now() + 2_000;
  for (;;) {
    const child = await launch(postgres, args, place, launcher);
    launched?.();
    let exited = false;
    void child.ended.then(() => (exited = true));
    if (await untilAnswers(place, async () => !exited)) return child.unref();
    if (performance.now() > deadline)
      throw new Error(
        `The embedded PostgreSQL does not start in ${place.folder}.${reachHint(launcher)}\n${await logTail(place)}`,
      );
    await sleep(100);
  }
}

function ourSettings(place: PostgresPaths, major: number): Record<string, string> {
  return {
    listen_addresses: "",
    unix_socket_directories: `"${place.socket}"`,
    unix_socket_permissions: "0700",
    max_connections: String(Math.min(100 + 25 * availableParallelism(), 400)),
    shared_buffers: "64MB",
    max_wal_size: "512MB",
    // There are no replicas, so it need not write or run processes for them.
    wal_level: "minimal",
    max_wal_senders: "0",
    ...(major >= 18 && { io_method: "sync" }),
    max_parallel_workers_per_gather: "0",
    jit: "off",
    // Nobody reads the titles, and updating them costs time in every statement.
    update_process_title: "off",
    log_checkpoints: "off",
    timezone: "UTC",
    log_timezone: "UTC",
  };
}

interface Launched {
  /** The exit code. */
  ended: Promise<number | null>;
  /** Lets this process end while the other continues. */
  unref(): void;
}

/** Runs a PostgreSQL program in its own session: we handle Ctrl-C on our terminal ourselves, in the right order. */
async function launch(
  program: string,
  programArgs: string[],
  place: PostgresPaths,
  launcher: Launcher,
): Promise<Launched> {
  const { file, args, ...user } = launcher.command(program, programArgs);
  const tooLong = ((await stat(place.log).catch(() => undefined))?.size ?? 0) > 10_000_000;
  const log = await open(place.log, tooLong ? "w" : "a", 0o600);
  try {
    const child = spawn(file, args, {
      ...user,
      cwd: place.folder,
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { PATH: process.env.PATH, LC_ALL: "C" },
    });
    const ended = new Promise<number | null>((settle, fail) => child.once("error", fail).once("exit", settle));
    return { ended, unref: () => child.unref() };
  } finally {
    await log.close();
  }
}

/** Waits until the server responds, creating the database if necessary; false as soon as it has died. */
async function untilAnswers(place: PostgresPaths, alive: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    const answer = await ask(place, "ampost");
    if (answer === "yes") return true;
    if (answer === "no database") await createDatabase(place);
    else if (!(await alive())) return false;
    else await sleep(10);
  }
}

async function ask(place: PostgresPaths, database: string): Promise<"yes" | "no" | "no database"> {
  const client = new pg.Client({ connectionString: place.url(database), connectionTimeoutMillis: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return "yes";
  } catch (error) {
    return error instanceof pg.DatabaseError && error.code === "3D000" ? "no database" : "no";
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(place: PostgresPaths): Promise<void> {
  const client = new pg.Client(place.url("postgres"));
  await client.connect();
  await client.query("create database ampost");
  await client.end();
}

/** Called under the place's lock. Resolves when the process is gone. */
export async function stopServer(place: PostgresPaths): Promise<void> {
  const running = await readPidFile(place);
  if (!running || !(await isOurs(running.pid, place))) return;
  // SIGINT is PostgreSQL's fast shutdown: it ends all sessions and writes everything to disk.
  process.kill(running.pid, "SIGINT");
  while (await isOurs(running.pid, place)) await sleep(5);
}

/** PostgreSQL's own record of its process; it exists while the server runs, and is left behind by a kill. */
export async function readPidFile(place: PostgresPaths): Promise<{ pid: number; status: string } | undefined> {
  const lines = (await readFile(pidFile(place), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: lines[7]?.trim() ?? "" } : undefined;
}

function pidFile(place: PostgresPaths): string {
  return join(place.data, "postmaster.pid");
}

/** Whether the process is this folder's server: the process ID may belong to another program by now. */
async function isOurs(pid: number, place: PostgresPaths): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // PostgreSQL's working directory is its data folder. If the system does not reveal it, the process ID must suffice.
  if (process.platform !== "linux") return true;
  const worksIn = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return worksIn === place.data;
}

function reachHint(launcher: Launcher): string {
  if (launcher.uid === process.getuid?.()) return "";
  return (
    " It runs as the user nobody here, who must be able to reach that folder: " +
    "choose another one with AMPOST_DATA_DIR, do not run as root, or set DATABASE_URL."
  );
}

async function logTail(place: PostgresPaths): Promise<string> {
  const text = await readFile(place.log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-8).join("\n");
}
