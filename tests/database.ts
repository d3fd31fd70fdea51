import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import pg from "pg";

import { startEmbedded } from "../server/db/embedded/embedded.ts";
import { migrate } from "../server/db/migrate.ts";
import { readMigrations } from "../server/db/migration-files.ts";
import { createPool, withDatabase } from "../server/db/pool.ts";

export interface TestDatabase {
  url: string;
  pool: pg.Pool;
  /** Ends the pool and drops the database, even if others are still connected. */
  drop(): Promise<void>;
}

/** Tests can do without durability, since they do not outlive the machine. */
export const TEST_SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_connections: "800",
};

/** Of pools: a slow machine is no database that is away. */
export const PATIENT = { connectTimeoutSeconds: 60 };

/**
 * Creates a migrated database on the PostgreSQL that all tests share: the one of `npm test`, otherwise one that this
 * process starts and stops.
 */
export async function createTestDatabase(options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${randomBytes(8).toString("hex")}`;
  await onServer(server, async (admin) => {
    const template = options.migrated === false ? "template1" : await migratedTemplate(server, admin);
    await admin.query(`create database ${name} template ${template} strategy file_copy`);
  });
  const url = withDatabase(server, name);
  const pool = createPool(url, { ...PATIENT, name: "ampost test" });
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      await onServer(server, (admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/**
 * Creates a folder for the tests' PostgreSQL: in memory if there is enough, since each database is hundreds of files.
 */
export function createDatabaseFolder(): string {
  const inMemory = existsSync(MEMORY) && Math.min(process.availableMemory(), freeBytes(MEMORY)) > ENOUGH_BYTES;
  return mkdtempSync(join(inMemory ? MEMORY : tmpdir(), "ampost-test-"));
}

const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 4 * 1024 ** 3;

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Migrated once per state of the migrations. Other databases are copied from its files. */
async function migratedTemplate(server: string, admin: pg.Client): Promise<string> {
  const checksums = (await readMigrations()).map(({ checksum }) => checksum).join();
  const name = `template_${createHash("sha256").update(checksums).digest("hex").slice(0, 16)}`;
  const exists = async () => (await admin.query("select 1 from pg_database where datname = $1", [name])).rowCount === 1;
  if (await exists()) return name;
  await admin.query("select pg_advisory_lock(1)");
  if (!(await exists())) {
    const draft = `draft_${randomBytes(8).toString("hex")}`;
    await admin.query(`create database ${draft}`);
    const pool = createPool(withDatabase(server, draft), { max: 1 });
    try {
      await migrate(pool);
    } finally {
      await pool.end();
    }
    await admin.query(`alter database ${draft} rename to ${name}`);
  }
  await admin.query("select pg_advisory_unlock(1)");
  return name;
}

async function onServer(server: string, work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client(withDatabase(server, "postgres"));
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

let own: Promise<string> | undefined;

function testServer(): Promise<string> {
  const shared = process.env.AMPOST_TEST_POSTGRES_URL;
  if (shared) return Promise.resolve(shared);
  return (own ??= startOwnServer());
}

async function startOwnServer(): Promise<string> {
  const dataDir = createDatabaseFolder();
  process.once("exit", () => {
    endNow(join(dataDir, "postgres/data/postmaster.pid"));
    rmSync(dataDir, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  const silent = () => undefined;
  const server = await startEmbedded({
    dataDir,
    log: { info: silent, warn: silent, error: silent },
    settings: TEST_SETTINGS,
  });
  return server.url;
}

/**
 * An exiting process cannot wait for anything else. It does not see its child exit, so it reads PostgreSQL's own
 * record.
 */
function endNow(record: string): void {
  if (!existsSync(record)) return;
  process.kill(parseInt(readFileSync(record, "utf8"), 10), "SIGQUIT");
  const still = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 400 && existsSync(record); tries++) Atomics.wait(still, 0, 0, 5);
}
