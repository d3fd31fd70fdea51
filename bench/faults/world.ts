import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";
import { pino } from "pino";

import { findFreePort } from "../../cli/free-port.ts";
import { connectInSandbox } from "../../cli/sandbox-accounts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { type EmbeddedPostgres, startEmbedded } from "../../server/db/embedded/embedded.ts";
import { listSets } from "../../server/db/queries/platform-sets.ts";
import { createApiKey } from "../../server/domain/api-keys/api-keys.ts";
import { ensureUser } from "../../server/domain/users/ensure-user.ts";
import { loadConfig } from "../../server/start/config.ts";
import { type Instance, openInstance } from "../../server/start/instance.ts";
import { startTcpProxy, type TcpProxy } from "../../tests/tcp-proxy.ts";
import { type Api, createApi } from "./api.ts";
import { PLATFORM } from "./contents.ts";
import { openFaultPlan, type FaultPlan } from "./fault-plan.ts";
import { watchStatuses } from "./history.ts";
import { type ChildProcessHandle, startProcess } from "./processes.ts";
import { openSandboxDoor, type SandboxDoor } from "./sandbox-door.ts";

export interface WorldOptions {
  /**
   * How many users, each with their own account: this many platform posts of a network can run in parallel.
   */
  people: number;
  /** The platforms on which each of them has an account. */
  platforms?: readonly PlatformName[];
  apis?: number;
  /** Where clients reach the API, if its processes are started elsewhere. */
  apiUrl?: string;
  /** Divides the engine's own delays; leases and deadlines stay the same. */
  speed?: number;
  /** How many platform posts a worker can hold at once. */
  slots?: number;
  /** Whether the workers reach the sandbox through a proxy that can inject faults. */
  proxied?: boolean;
  /** Additional operator settings. */
  env?: Record<string, string>;
}

/** A person who publishes. */
export interface Person {
  userId: string;
  key: string;
  platformSetId: string;
  /** The platforms' IDs of the accounts. */
  platformAccountIds: Partial<Record<PlatformName, string>>;
}

/** A post whose outcome is checked. */
export interface Subject {
  person: Person;
  postId: string;
  platformPostId: string;
  platform: PlatformName;
  /** The platform's ID of the account. */
  platformAccountId: string;
  /** The texts of its parts; unique in a world. */
  parts: string[];
}

export interface World {
  folder: string;
  people: Person[];
  api: Api;
  /** Where the first API process listens. */
  apiUrl: string;
  sandbox: SandboxDoor;
  proxy: TcpProxy | null;
  faultPlan: FaultPlan;
  pool: pg.Pool;
  databaseUrl: string;
  /** Kills an API process; another one takes over its URL. Resolves when that one is ready. */
  restartApi(number: number): Promise<void>;
  /** Runs a script of this project, or of a copy, in this instance's environment. */
  run(name: string, script: string, args: readonly string[], env?: Record<string, string>): ChildProcessHandle;
  /** Called when the world ends. */
  defer(end: () => Promise<unknown>): void;
  /** A worker that has loaded its code and waits for `begin`. */
  holdWorker(env?: Record<string, string>): Promise<ChildProcessHandle>;
  startWorker(env?: Record<string, string>): Promise<ChildProcessHandle>;
  /** Like `pg_ctl -m immediate`: PostgreSQL stops immediately without cleanup, and is restarted. */
  breakDatabase(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Fast enough to wait for, and slow enough that the scaled 15 minutes to `unknown` are longer than several leases,
 * which are not scaled.
 */
const SPEED = 20;

/**
 * An instance as an operator would run it in several processes, with a sandbox in which a second publish creates a
 * duplicate.
 */
export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-faults-"));
  const opened: (() => Promise<unknown>)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  ];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    return await build(options, folder, opened, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  options: WorldOptions,
  folder: string,
  opened: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<World> {
  const silent = pino({ level: "silent" });
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  const database = await startEmbedded({ dataDir, log: silent, settings: { max_connections: "300" } });
  opened.push(() => database.stop());
  opened.push(leaveNothing(folder, join(dataDir, "postgres/data/postmaster.pid")));
  const apiPorts = await Promise.all(Array.from({ length: options.apis ?? 1 }, () => findFreePort()));
  const sandboxPort = await findFreePort();
  const urls = options.apiUrl === undefined ? apiPorts.map((port) => `http://127.0.0.1:${port}`) : [options.apiUrl];
  const env = environment(options, { dataDir, databaseUrl: database.url, apiUrl: urls[0] ?? "", sandboxPort });
  const processes: ChildProcessHandle[] = [];
  let isOver = false;
  opened.push(async () => {
    isOver = true;
    await Promise.all(processes.map((each) => each.kill()));
  });
  const run = (
    name: string,
    script: string,
    args: readonly string[],
    more: Record<string, string> = {},
  ): ChildProcessHandle => {
    // Nothing may be replaced after everything has been ended.
    if (isOver) throw new Error("This world is over");
    const child = startProcess(name, script, args, { folder, env: { ...env, ...more } });
    processes.push(child);
    return child;
  };

  await run("sandbox", "cli/ampost.js", ["sandbox", "--attached"], {
    AMPOST_SANDBOX_PORT: String(sandboxPort),
  }).message();
  const sandbox = openSandboxDoor(`http://127.0.0.1:${sandboxPort}`, PLATFORM);
  await sandbox.fault({ operation: "publish", kind: "reject", error: "republish-accepts", times: 1_000_000 });
  const proxy = options.proxied === true ? await startTcpProxy(sandboxPort) : null;
  if (proxy !== null) opened.push(() => proxy.close());
  const workerEnv = { FAULTS_FOLDER: folder, ...(proxy === null ? {} : { AMPOST_SANDBOX_URL: proxy.url }) };
  const instance = await openInstance(loadConfig(env), silent);
  opened.push(() => instance.close());
  await watchStatuses(instance.pool);
  const people = await Promise.all(
    Array.from({ length: options.people }, (_, index) => makePerson(instance, index, options.platforms ?? [PLATFORM])),
  );
  const startApi = async (number: number): Promise<ChildProcessHandle> => {
    const child = run(`api-${number}`, "cli/ampost.js", ["api"], { PORT: String(apiPorts[number]) });
    await untilReady(urls[number] ?? "", child);
    return child;
  };
  const apis = await Promise.all(apiPorts.map((_, number) => startApi(number)));
  const world: World = {
    folder,
    people,
    api: createApi(urls),
    apiUrl: urls[0] ?? "",
    sandbox,
    proxy,
    faultPlan: openFaultPlan(folder),
    pool: instance.pool,
    databaseUrl: database.url,
    run,
    defer: (end) => void opened.push(end),
    restartApi: async (number) => {
      await apis[number]?.kill();
      apis[number] = await startApi(number);
    },
    holdWorker: async (more = {}) => {
      const worker = run("worker", "bench/faults/worker.ts", [], { ...workerEnv, ...more });
      await worker.message();
      return worker;
    },
    startWorker: async (more) => {
      const worker = await world.holdWorker(more);
      await begin(worker);
      return worker;
    },
    breakDatabase: () => breakDatabase(database, instance.pool),
    close,
  };
  return world;
}

/** Lets a held worker start. */
export async function begin(worker: ChildProcessHandle): Promise<void> {
  const started = worker.message();
  worker.send("begin");
  await started;
}

function environment(
  { speed = SPEED, slots = 16, env = {} }: WorldOptions,
  place: { dataDir: string; databaseUrl: string; apiUrl: string; sandboxPort: number },
): Record<string, string> {
  return {
    DATABASE_URL: place.databaseUrl,
    AMPOST_DATA_DIR: place.dataDir,
    AMPOST_API_URL: place.apiUrl,
    AMPOST_SANDBOX_URL: `http://127.0.0.1:${place.sandboxPort}`,
    AMPOST_SANDBOX_LIMITS: "off",
    AMPOST_ENGINE_SPEED: String(speed),
    AMPOST_WORKER_SLOTS: String(slots),
    AMPOST_SCHEDULING: "all",
    AMPOST_LOG_LEVEL: "warn",
    ...env,
  };
}

async function makePerson(instance: Instance, index: number, platforms: readonly PlatformName[]): Promise<Person> {
  const user = await ensureUser(instance, `person-${index}@example.com`);
  const caller = { userId: user.id, mode: "test" } as const;
  const [set] = await listSets.all(instance.pool, [caller.userId, caller.mode]);
  const platformSetId = set?.id ?? "";
  const accountIds = await connectInSandbox(instance, { userId: user.id, platformSetId }, platforms);
  const { rows } = await instance.pool.query<{ platform: PlatformName; id: string }>(
    "select platform, platform_account_id as id from accounts where id = any($1)",
    [accountIds],
  );
  const { apiKey } = await createApiKey(instance, caller, { name: "faults" });
  return {
    userId: user.id,
    key: apiKey,
    platformSetId,
    platformAccountIds: Object.fromEntries(rows.map(({ platform, id }) => [platform, id])),
  };
}

export async function untilReady(url: string, child: ChildProcessHandle): Promise<void> {
  while (!child.isGone()) {
    const ready = await fetch(`${url}/readyz`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (ready) return;
    await sleep(25);
  }
  throw new Error(`A process ended at its start: ${child.lastWords()}`);
}

/** An aborted harness cannot wait: it stops PostgreSQL immediately. Returns a function that disables this. */
export function leaveNothing(folder: string, record: string): () => Promise<void> {
  const atExit = (): void => {
    if (existsSync(record)) process.kill(parseInt(readFileSync(record, "utf8"), 10), "SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", atExit);
  return async () => void process.off("exit", atExit);
}

/** Waits until it is running, in case it was just stopped. */
async function breakDatabase(database: EmbeddedPostgres, pool: pg.Pool): Promise<void> {
  while (
    !(await pool.query("select 1").then(
      () => true,
      () => false,
    ))
  )
    await sleep(20);
  const pid = await database.pid();
  if (pid === undefined) throw new Error("PostgreSQL does not run");
  process.kill(pid, "SIGQUIT");
}
