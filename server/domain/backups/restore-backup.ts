import type { Readable } from "node:stream";

import type pg from "pg";
import type { Logger } from "pino";

import type { JobSender } from "../../db/job-sender.ts";
import { migrate, migrationState } from "../../db/migrate.ts";
import { type Migration, ownMigrations } from "../../db/migration-files.ts";
import { countContent, forgetPast } from "../../db/queries/backups.ts";
import { transaction } from "../../db/sql.ts";
import { countOthers, openStaging, type Staging, WAITING_JOBS } from "../../db/staging.ts";
import { startJobQueue } from "../../jobs/jobs.ts";
import { isQueueName } from "../../jobs/queues.ts";
import { findLost } from "../../publishing/compare.ts";
import { holdPublishing, readOutside } from "../../publishing/hold.ts";
import type { Places } from "../../publishing/noted.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CheckedBackup } from "./check-backup.ts";
import { JOBS } from "./format.ts";
import { BackupRefused, openBackup } from "./read-backup.ts";

export interface RestoreTarget {
  pool: pg.Pool;
  databaseUrl: string;
  dataDir: string;
  storage: Pick<Storage, "put" | "sizeBytes" | "delete" | "readMark" | "writeMark">;
  log: Pick<Logger, "warn" | "error">;
}

/** What the instance is before it. */
export interface PlanTarget {
  /** Null: it has no database yet. */
  pool: pg.Pool | null;
  storage: Pick<Storage, "list">;
  /** IDs of the encryption keys that it has. */
  keyIds: readonly string[];
}

export interface RestorePlan {
  /** What the instance has now; null if it is empty. */
  replaces: { users: number; posts: number } | null;
  /** Media that the backup names and neither it nor the storage has. */
  missingFiles: number;
  /** Migrations that run after the load, because the backup was made by an older version. */
  migrations: string[];
  /** Whether processes of Ampost are running on its database: they must be stopped first. */
  isInUse: boolean;
  /** What else prevents restoring it here, in sentences that say what to do. */
  problems: string[];
}

/** Compares a checked backup with the instance that it is to be restored into. Changes nothing. */
export async function planRestore(target: PlanTarget, backup: CheckedBackup, replace: boolean): Promise<RestorePlan> {
  const known = await ownMigrations();
  const replaces = await findContent(target.pool);
  const problems = [
    findMigrationProblem(backup, known),
    await findNewerProblem(target.pool),
    findKeyProblem(target, backup),
    replaces !== null && !replace ? NOT_EMPTY : null,
  ].filter((problem) => problem !== null);
  return {
    replaces,
    missingFiles: await countMissing(target.storage, backup.absent),
    migrations: pendingAfter(backup, known).map(({ name }) => name),
    isInUse: target.pool !== null && (await countOthers(target.pool)) > 0,
    problems,
  };
}

const NOT_EMPTY = "This instance is not empty. To replace everything in it, run the same command with --replace.";

/**
 * Replaces everything in the instance by a backup that `planRestore` has no problem with. Until the last moment nothing
 * of the instance is changed, and then all of it. Publishing is on hold afterwards: whatever was due by now may already
 * be live, and is read back first.
 */
export async function restoreBackup(target: RestoreTarget, backup: CheckedBackup, bytes: Readable): Promise<void> {
  const known = await ownMigrations();
  await using staging = await openStaging(target.databaseUrl);
  const applied = new Set(backup.header.migrations.map(({ version }) => version));
  await migrate(staging.pool, { migrations: known.filter(({ version }) => applied.has(version)) });
  const added: string[] = [];
  try {
    await load(target.storage, staging, backup, bytes, added);
    await migrate(staging.pool);
    await holdRestored(staging, target);
  } catch (error) {
    for (const key of added) await target.storage.delete(key);
    throw error;
  }
  const jobs = await startJobQueue({ pool: target.pool, log: target.log });
  try {
    await staging.replaceCurrent(known, (tx) => sendJobs(tx, jobs));
  } finally {
    await jobs.stop();
  }
  await target.pool.query("analyze");
}

/** `added` gets the keys of files that were not there before. */
async function load(
  storage: RestoreTarget["storage"],
  staging: Staging,
  backup: CheckedBackup,
  bytes: Readable,
  added: string[],
): Promise<void> {
  const { header, parts, checks } = await openBackup(bytes);
  const tables = new Map(header.tables.map((table) => [table.name, table]));
  await staging.beginLoad();
  for await (const part of parts) {
    if (part.kind === "file") {
      // Objects never change, so one of that size is the same.
      const isThere = (await storage.sizeBytes(part.key)) === part.sizeBytes;
      if (!isThere) added.push(part.key);
      await (isThere ? drain(part.bytes) : storage.put(part.key, part.bytes));
      continue;
    }
    const table = tables.get(part.table);
    if (table === undefined) throw new BackupRefused(`The backup does not describe its table ${part.table}.`);
    await staging.load(table.name === JOBS.name ? { ...table, name: WAITING_JOBS } : table, part.rows);
  }
  if (checks().sha256 !== backup.checks.sha256) throw new BackupRefused("The backup has changed since it was checked.");
  await staging.finishLoad();
}

/** Whatever was due by now may already have been published, and all that is noted and the backup does not know. */
async function holdRestored({ pool }: Staging, places: Places): Promise<void> {
  await forgetPast.run(pool);
  const { noted, publishers } = await readOutside(pool, places);
  const reason = noted.openings.length > 0 || noted.mark !== null ? "behind" : "moved";
  const lost = findLost({ noted, publishers });
  await transaction(pool, (tx) => holdPublishing(tx, { reason, until: new Date(), lost }));
}

/** Jobs that waited are sent as new ones, in place of those that were here. */
async function sendJobs(tx: pg.PoolClient, jobs: JobSender): Promise<void> {
  await tx.query("delete from jobs.job");
  for (;;) {
    const { rows } = await tx.query<WaitingJob>(TAKE_JOBS);
    if (rows.length === 0) return;
    for (const { name, data, group, priority } of rows)
      if (isQueueName(name)) await jobs.send(tx, name, data, group ?? undefined, priority);
  }
}

interface WaitingJob {
  name: string;
  priority: number;
  group: string | null;
  data: object;
}

const TAKE_JOBS = `delete from ${WAITING_JOBS} where ctid = any (array(select ctid from ${WAITING_JOBS} limit 1000))
  returning name, priority, group_id as group, data`;

async function findContent(pool: pg.Pool | null): Promise<RestorePlan["replaces"]> {
  if (pool === null) return null;
  const { rows } = await pool.query<{ there: boolean }>("select to_regclass('posts') is not null as there");
  const found = rows[0]?.there === true ? await countContent.one(pool) : undefined;
  return found === undefined || (found.users === 0 && found.posts === 0) ? null : found;
}

/** Files that are neither in the backup nor here. */
async function countMissing(storage: PlanTarget["storage"], absent: ReadonlySet<string>): Promise<number> {
  const missing = new Set(absent);
  if (missing.size > 0) for await (const { key } of storage.list()) missing.delete(key);
  return missing.size;
}

function pendingAfter({ header }: CheckedBackup, known: readonly Migration[]): Migration[] {
  return known.filter(({ version }) => !header.migrations.some((ran) => ran.version === version));
}

function findMigrationProblem({ header }: CheckedBackup, known: readonly Migration[]): string | null {
  for (const ran of header.migrations) {
    const migration = known.find(({ version }) => version === ran.version);
    if (migration === undefined)
      return (
        `The backup was made by a newer Ampost (${header.version}): its database has had migration ${ran.name}, which ` +
        "this version does not have. Install that version or a newer one, and restore with it."
      );
    if (migration.checksum !== ran.checksum)
      return (
        `The backup's database has had another form of migration ${ran.name} than this version has. ` +
        `Restore it with the Ampost that made it (${header.version}).`
      );
  }
  return null;
}

/** What newer versions have created there is not known here, so it could not be replaced. */
async function findNewerProblem(pool: pg.Pool | null): Promise<string | null> {
  if (pool === null) return null;
  const known = await ownMigrations();
  const { applied } = await migrationState(pool);
  const newer = applied.find((ran) => !known.some(({ version }) => version === ran.version));
  if (newer === undefined) return null;
  return (
    `The database of this instance has had migration ${newer.name}, which this version does not have. ` +
    "Restore with the version that the database was migrated by."
  );
}

function findKeyProblem({ keyIds }: PlanTarget, { header: { encryptionKey } }: CheckedBackup): string | null {
  if (encryptionKey === null || keyIds.includes(encryptionKey)) return null;
  return (
    `The tokens in the backup are encrypted with the key ${encryptionKey}, which this instance does not have. ` +
    "Set AMPOST_ENCRYPTION_KEY to it, or copy the file encryption-key of that instance into the data folder."
  );
}

async function drain(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) void chunk;
}
