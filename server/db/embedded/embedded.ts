import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";
import type { Logger } from "pino";

import { withFileLock } from "./file-lock.ts";
import { type Launcher, launcherFor, type PostgresChoice } from "./postgres-binaries.ts";
import { ensureRunning, type PostgresPaths, preparePaths, readPidFile, stopServer } from "./postgres-server.ts";

export interface EmbeddedOptions {
  /** The server is in its subfolder `postgres/`, which only its owner can read. */
  dataDir: string;
  log: Pick<Logger, "info" | "warn" | "error">;
  /** PostgreSQL settings over ours. */
  settings?: Record<string, string>;
  launcher?: Launcher;
  /** The bundled one by default. */
  choice?: PostgresChoice;
  /** Where the system's packages put PostgreSQL, as patterns. */
  systemFolders?: readonly string[];
  /** Called when nothing is left to do but to wait for it, perhaps more than once. */
  launched?: (() => void) | undefined;
}

export interface EmbeddedPostgres {
  /** Of the database `ampost`; it stays the same over restarts of the server. */
  url: string;
  /** The postmaster's process. */
  pid(): Promise<number | undefined>;
  /** Whether the server was already running: started by another process, or left by one that was killed. */
  adopted: boolean;
  /** Leaves the server, and stops it if nobody else uses it. */
  stop(): Promise<void>;
}

const OWNER = "ampost owner";
const WATCH_SECONDS = 1;

/**
 * Starts PostgreSQL in a data folder, or joins the one running there. Any number of processes share it: each holds one
 * connection, which ends with the process however it dies, and the last one to leave stops the server. A server that
 * dies while in use is restarted. Data is as durable as PostgreSQL makes it.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = await preparePaths(options.dataDir);
  const launcher = options.launcher ?? launcherFor();
  const lock = <Result>(work: () => Promise<Result>) => withFileLock(place.lock, work);
  const { choice, systemFolders, launched } = options;
  const server = { place, launcher, settings: options.settings ?? {}, choice, systemFolders, launched };
  let owner: pg.Client | undefined;
  let stopped = false;

  async function enter(): Promise<boolean> {
    const started = await ensureRunning(server);
    owner = await ownerConnection(place);
    owner.once("end", () => void (stopped || revive()));
    return started;
  }

  /**
   * If stopped from outside, PostgreSQL would reject new sessions for as long as ours are open, so it is stopped
   * completely and restarted.
   */
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

async function ownerConnection(place: PostgresPaths): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: place.url("ampost"), application_name: OWNER });
  // Its end is all that matters.
  client.on("error", () => undefined);
  await client.connect();
  // It must not keep the process running by itself.
  holdProcess(client, false);
  return client;
}

/** pg has long had both methods, but its types do not. */
function holdProcess(client: pg.Client, hold: boolean): void {
  if (hold && "ref" in client && typeof client.ref === "function") client.ref();
  if (!hold && "unref" in client && typeof client.unref === "function") client.unref();
}

async function otherOwners(owner: pg.Client | undefined): Promise<number> {
  const others =
    "select count(*)::integer as count from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()";
  if (owner) holdProcess(owner, true);
  const answer = await owner?.query<{ count: number }>(others, [OWNER]).catch(() => undefined);
  return answer?.rows[0]?.count ?? 0;
}
