import { spawn } from "node:child_process";
import { mkdir, mkdtemp, open, readFile, readlink, realpath, rename, rm, stat, symlink } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { withFileLock } from "./file-lock.ts";
import { findPostgres, giveTo, type Launcher, launcherFor } from "./postgres-binaries.ts";

export interface EmbeddedOptions {
  /** The server lives in `postgres/` inside it; nobody else may read that. */
  dataDir: string;
  log: Pick<Logger, "info" | "warn" | "error">;
  /** PostgreSQL settings over ours. */
  settings?: Record<string, string>;
  launcher?: Launcher;
}

export interface EmbeddedPostgres {
  /** Of the database `ampost`; it stays the same over restarts of the server. */
  url: string;
  /** The postmaster's process. */
  pid(): Promise<number | undefined>;
  /** Whether the server ran already: started by another process, or left by one that was killed. */
  adopted: boolean;
  /** Leaves the server, and stops it if nobody else uses it. */
  stop(): Promise<void>;
}

const OWNER = "ampost owner";
const WATCH_SECONDS = 1;

/**
 * Starts PostgreSQL in a data folder, or joins the one that runs there. Any number of processes share it: each owner
 * holds one connection, which the server loses with the process however that ends, and the last one to leave stops the
 * server. A server that dies while it has owners is started again. Data is as durable as PostgreSQL makes it.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await preparePlace(options.dataDir);
  const launcher = options.launcher ?? launcherFor();
  const lock = <Result>(work: () => Promise<Result>) => withFileLock(place.lock, work);
  const server = { place, launcher, settings: options.settings ?? {} };
  let owner: pg.Client | undefined;
  let stopped = false;

  async function enter(): Promise<boolean> {
    const started = await ensureRunning(server);
    owner = await ownerConnection(place);
    owner.once("end", () => void (stopped || revive()));
    return started;
  }

  /** Told to stop from outside, PostgreSQL would refuse new sessions for as long as ours are open: it is helped to end, and started again. */
  async function watch(): Promise<void> {
    const running = await readPidFile(place);
    if (!stopped && running?.status === "stopping") process.kill(running.pid, "SIGINT");
  }

  async function revive(): Promise<void> {
    options.log.warn("The embedded PostgreSQL went away; starting it again");
    for (let pauseSeconds = 0.1; !stopped; pauseSeconds = Math.min(pauseSeconds * 2, 10)) {
      try {
        await lock(async () => stopped || (await enter()));
        return;
      } catch (error) {
        options.log.error({ err: error }, "The embedded PostgreSQL does not start");
        await sleep(pauseSeconds * 1000, undefined, { ref: false });
      }
    }
  }

  const started = await lock(enter);
  const watching = setInterval(() => void watch().catch(() => undefined), WATCH_SECONDS * 1000);
  watching.unref();
  return {
    url: place.url("ampost"),
    adopted: !started,
    pid: async () => (await readPidFile(place))?.pid,
    stop: async () => {
      if (stopped) return;
      stopped = true;
      clearInterval(watching);
      await lock(async () => {
        const others = await otherOwners(owner);
        await owner?.end().catch(() => undefined);
        if (others === 0) await stopServer(place);
      });
    },
  };
}

interface Place {
  folder: string;
  /** PGDATA. */
  data: string;
  lock: string;
  log: string;
  socket: string;
  url(database: string): string;
}

async function preparePlace(dataDir: string): Promise<Place> {
  await mkdir(join(dataDir, "postgres"), { recursive: true, mode: 0o700 });
  const folder = await realpath(join(dataDir, "postgres"));
  const place = { folder, data: join(folder, "data"), lock: join(folder, "lock"), log: join(folder, "server.log") };
  const socket = await socketFolder(folder);
  return { ...place, socket, url: (database) => `postgresql://ampost@localhost/${database}?host=${encodeURIComponent(socket)}` };
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

interface Server {
  place: Place;
  launcher: Launcher;
  settings: Record<string, string>;
}

/** Called under the lock. Answers whether it had to start the server. */
async function ensureRunning(server: Server): Promise<boolean> {
  const { place, launcher } = server;
  const running = await readPidFile(place);
  if (running && (await isOurs(running.pid, place))) {
    await untilAnswers(place, () => isOurs(running.pid, place));
    return false;
  }
  const binaries = await findPostgres();
  if ((await stat(place.data).catch(() => undefined)) === undefined) await initialise(binaries.initdb, server);
  for (const folder of [place.folder, place.socket]) await giveTo(launcher, folder);
  // A number that another program has by now would keep PostgreSQL from starting: it only asks whether that lives.
  if (running && isAlive(running.pid)) await rm(join(place.data, "postmaster.pid"), { force: true });
  await startServer(binaries.postgres, server);
  return true;
}

async function initialise(initdb: string, { place, launcher }: Server): Promise<void> {
  // Made beside its place and moved there whole, so that a start that was cut off leaves no half of a cluster.
  const fresh = `${place.data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await giveTo(launcher, place.folder);
  const args = ["-D", fresh, "-U", "ampost", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"];
  const child = await launch(initdb, args, place, launcher);
  const code = await child.ended;
  if (code !== 0) throw new Error(`PostgreSQL's initdb failed in ${place.folder}.${reachHint(launcher)}\n${await logTail(place)}`);
  await rename(fresh, place.data);
}

async function startServer(postgres: string, { place, launcher, settings }: Server): Promise<void> {
  const args = ["-D", place.data];
  for (const [name, value] of Object.entries({ ...ourSettings(place), ...settings })) args.push("-c", `${name}=${value}`);
  // After a kill -9 the old server's last processes may hold its memory for a moment, and the first starts are refused.
  const deadline = performance.now() + 2_000;
  for (;;) {
    const child = await launch(postgres, args, place, launcher);
    let exited = false;
    void child.ended.then(() => (exited = true));
    if (await untilAnswers(place, async () => !exited)) return child.unref();
    if (performance.now() > deadline) throw new Error(`The embedded PostgreSQL does not start in ${place.folder}.${reachHint(launcher)}\n${await logTail(place)}`);
    await sleep(100);
  }
}

function ourSettings(place: Place): Record<string, string> {
  return {
    listen_addresses: "",
    unix_socket_directories: `"${place.socket}"`,
    unix_socket_permissions: "0700",
    max_connections: String(Math.min(100 + 25 * availableParallelism(), 400)),
    shared_buffers: "64MB",
    max_wal_size: "512MB",
    // Nobody replicates from it, so it need not write for that, nor keep processes for it.
    wal_level: "minimal",
    max_wal_senders: "0",
    io_method: "sync",
    max_parallel_workers_per_gather: "0",
    jit: "off",
    log_checkpoints: "off",
    timezone: "UTC",
    log_timezone: "UTC",
  };
}

interface Launched {
  /** The exit code. */
  ended: Promise<number | null>;
  /** Lets this process end while the other runs on. */
  unref(): void;
}

/** Runs a program of PostgreSQL in a session of its own: Ctrl-C at our terminal is for us to pass on, in good order. */
async function launch(program: string, programArgs: string[], place: Place, launcher: Launcher): Promise<Launched> {
  const { file, args, ...user } = launcher.command(program, programArgs);
  const tooLong = ((await stat(place.log).catch(() => undefined))?.size ?? 0) > 10_000_000;
  const log = await open(place.log, tooLong ? "w" : "a", 0o600);
  try {
    const child = spawn(file, args, { ...user, cwd: place.folder, detached: true, stdio: ["ignore", log.fd, log.fd], env: { PATH: process.env.PATH, LC_ALL: "C" } });
    const ended = new Promise<number | null>((settle, fail) => child.once("error", fail).once("exit", settle));
    return { ended, unref: () => child.unref() };
  } finally {
    await log.close();
  }
}

/** Waits until the server answers, making the database if it is not there yet; false as soon as it is not alive any more. */
async function untilAnswers(place: Place, alive: () => Promise<boolean>): Promise<boolean> {
  for (;;) {
    const answer = await ask(place, "ampost");
    if (answer === "yes") return true;
    if (answer === "no database") await createDatabase(place);
    else if (!(await alive())) return false;
    else await sleep(10);
  }
}

async function ask(place: Place, database: string): Promise<"yes" | "no" | "no database"> {
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

async function createDatabase(place: Place): Promise<void> {
  const client = new pg.Client(place.url("postgres"));
  await client.connect();
  await client.query("create database ampost");
  await client.end();
}

async function ownerConnection(place: Place): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: place.url("ampost"), application_name: OWNER });
  // Its end says all there is to say.
  client.on("error", () => undefined);
  await client.connect();
  // It alone is no reason for a process to stay.
  holdProcess(client, false);
  return client;
}

/** pg has had both methods for long; its types have neither. */
function holdProcess(client: pg.Client, hold: boolean): void {
  if (hold && "ref" in client && typeof client.ref === "function") client.ref();
  if (!hold && "unref" in client && typeof client.unref === "function") client.unref();
}

async function otherOwners(owner: pg.Client | undefined): Promise<number> {
  const others = "select count(*)::integer as count from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()";
  if (owner) holdProcess(owner, true);
  const answer = await owner?.query<{ count: number }>(others, [OWNER]).catch(() => undefined);
  return answer?.rows[0]?.count ?? 0;
}

async function stopServer(place: Place): Promise<void> {
  const running = await readPidFile(place);
  if (!running || !(await isOurs(running.pid, place))) return;
  // SIGINT is PostgreSQL's fast shutdown: it ends all sessions and writes everything down.
  process.kill(running.pid, "SIGINT");
  while (await isOurs(running.pid, place)) await sleep(5);
}

/** PostgreSQL's own record of its process; there for as long as the server runs, and left behind by a kill. */
async function readPidFile(place: Place): Promise<{ pid: number; status: string } | undefined> {
  const lines = (await readFile(join(place.data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: lines[7]?.trim() ?? "" } : undefined;
}

/** Whether the process is the server of this folder: a number may have passed to another program since. */
async function isOurs(pid: number, place: Place): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // PostgreSQL works from its data folder. Where the system does not say where a process works, the number has to do.
  if (process.platform !== "linux") return true;
  const worksIn = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return worksIn === place.data;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function reachHint(launcher: Launcher): string {
  if (launcher.uid === process.getuid?.()) return "";
  return " It runs as the user nobody here, who must be able to reach that folder: choose another one with AMPOST_DATA_DIR, do not run as root, or set DATABASE_URL.";
}

async function logTail(place: Place): Promise<string> {
  const text = await readFile(place.log, "utf8").catch(() => "");
  return text.trimEnd().split("\n").slice(-8).join("\n");
}
