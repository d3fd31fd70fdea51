import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";

import type pg from "pg";

import { ownMigrations } from "../../db/migration-files.ts";
import { openSnapshot, selectFrom, type Snapshot } from "../../db/snapshot.ts";
import { QUEUES } from "../../jobs/queues.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
import { MissingObjectError, type Storage } from "../../storage/storage.ts";
import {
  type BackupChecks,
  type BackupHeader,
  CHECKS_NAME,
  chunkName,
  countRows,
  FORMAT_VERSION,
  HEADER_NAME,
  JOBS,
  SUM_NAME,
} from "./format.ts";
import { TAR_END, tarEntry } from "./tar.ts";

export interface BackupSource {
  pool: pg.Pool;
  /** Null: media is not included, because it is in a bucket that is backed up by itself. */
  storage: Pick<Storage, "open" | "sizeBytes"> | null;
  /** Whether PostgreSQL runs on this machine, for this instance. */
  isEmbedded?: boolean;
  /** Of Ampost. */
  version: string;
  signal?: AbortSignal;
}

/** What a backup has, once it is written. */
export interface BackupSummary {
  takenAt: string;
  encryptionKey: string | null;
  posts: number;
  files: number;
  /** Media that was deleted while the backup was taken. */
  gone: number;
  sizeBytes: number;
}

/**
 * Writes a backup of the database as it is at this moment, and of the media that belongs to it, while everything keeps
 * running. At any time a few megabytes of it are in memory, and the names of the media.
 */
export async function writeBackup(
  source: BackupSource,
  write: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<BackupSummary> {
  const hash = createHash("sha256");
  const summary: BackupSummary = {
    takenAt: "",
    encryptionKey: null,
    posts: 0,
    files: 0,
    gone: 0,
    sizeBytes: 0,
  };
  const checks: BackupChecks = { rows: {}, files: 0, gone: 0 };
  const counted = async function* () {
    for await (const bytes of whole()) {
      source.signal?.throwIfAborted();
      summary.sizeBytes += bytes.byteLength;
      yield bytes;
    }
  };
  const whole = async function* () {
    for await (const bytes of contents(source, summary, checks)) {
      hash.update(bytes);
      yield bytes;
    }
    yield* textEntry(SUM_NAME, hash.digest("hex"));
    yield TAR_END;
  };
  await write(counted());
  return { ...summary, posts: checks.rows.posts ?? 0, files: checks.files, gone: checks.gone };
}

/**
 * Signed out, asked again and counted anew: who had a session at the time may have ended it since, and nobody should be
 * signed in by a restore.
 */
const LEFT_OUT: ReadonlySet<string> = new Set(["sessions", "verifications", "throttles", "request_counts"]);

/** Recurring jobs are sent by their schedule, and an email that waited has most likely been sent since. */
const JOBS_LEFT_OUT = Object.entries(QUEUES)
  .filter(([name, settings]) => "cron" in settings || name === MAIL_QUEUE)
  .map(([name]) => name);

const WAITING_JOBS = `select ${JOBS.columns.join(", ")} from jobs.job
  where state in ('created', 'retry', 'active') and name not in (${JOBS_LEFT_OUT.map((name) => `'${name}'`).join(", ")})
  order by created_on`;

/** Files of media, and parts of uploads in progress. */
const STORED_KEYS = [
  "select storage_key from media where storage_key is not null",
  "select storage_key from resumable_upload_parts",
];

const compress = promisify(gzip);

const CHUNK_BYTES = 1024 * 1024;

/**
 * Requests find the database and the processors free between bursts of this much: with two processors, at most 2 MB of
 * rows and 16 MB of media per second are read.
 */
const BURST_BYTES = { rows: 128 * 1024, media: 1024 * 1024 };
const PAUSE_MILLISECONDS = Math.ceil(120 / availableParallelism());

type Summary = Pick<BackupSummary, "takenAt" | "encryptionKey">;

/** The snapshot ends before media is read: a long one would keep PostgreSQL from cleaning up. */
async function* contents(source: BackupSource, summary: Summary, checks: BackupChecks): AsyncGenerator<Uint8Array> {
  const keys: Buffer[] = [];
  yield* database(source, summary, checks, keys);
  if (source.storage !== null) yield* media(source.storage, keys, checks);
  yield* textEntry(CHECKS_NAME, JSON.stringify(checks, null, 2));
}

async function* database(
  source: BackupSource,
  summary: Summary,
  checks: BackupChecks,
  keys: Buffer[],
): AsyncGenerator<Uint8Array> {
  await using snapshot = await openSnapshot(source.pool, await ownMigrations(), {
    isPatient: source.isEmbedded === true,
  });
  if (snapshot.migrations.length === 0) throw new Error("The database is empty: there is nothing to back up.");
  const tables = snapshot.tables.filter(({ name }) => !LEFT_OUT.has(name));
  summary.takenAt = snapshot.takenAt.toISOString();
  summary.encryptionKey = await findSealingKey(snapshot);
  const header: BackupHeader = {
    format: "ampost backup",
    formatVersion: FORMAT_VERSION,
    version: source.version,
    takenAt: summary.takenAt,
    encryptionKey: summary.encryptionKey,
    hasMedia: source.storage !== null,
    migrations: snapshot.migrations,
    tables: [...tables, { name: JOBS.name, columns: [...JOBS.columns] }],
  };
  yield* textEntry(HEADER_NAME, JSON.stringify(header, null, 2));
  for (const table of tables) yield* rowsOf(table.name, snapshot.read(selectFrom(table)), checks);
  if (await snapshot.has("jobs.job")) yield* rowsOf(JOBS.name, snapshot.read(WAITING_JOBS), checks);
  if (source.storage === null) return;
  for (const query of STORED_KEYS) for await (const rows of snapshot.read(query)) keys.push(rows);
}

/** A table in chunks of whole rows. */
async function* rowsOf(table: string, rows: AsyncIterable<Buffer>, checks: BackupChecks): AsyncGenerator<Uint8Array> {
  let [number, count] = [0, 0];
  for await (const chunk of gathered(rows)) {
    count += countRows(chunk);
    const packed = await compress(chunk, { level: constants.Z_BEST_SPEED });
    number += 1;
    yield* tarEntry(chunkName(table, number), packed.length, [packed]);
  }
  checks.rows[table] = count;
}

async function* gathered(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of slowly(rows, BURST_BYTES.rows)) {
    parts.push(part);
    bytes += part.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    [parts, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(parts);
}

async function* media(
  storage: Pick<Storage, "open" | "sizeBytes">,
  keys: readonly Buffer[],
  checks: BackupChecks,
): AsyncGenerator<Uint8Array> {
  for (const some of keys) {
    for (const key of some.toString().trimEnd().split("\n")) {
      const sizeBytes = await storage.sizeBytes(key);
      const bytes = sizeBytes === null ? null : await storage.open(key).catch(ifMissing);
      if (sizeBytes === null || bytes === null) {
        checks.gone += 1;
        continue;
      }
      yield* tarEntry(key, sizeBytes, slowly(bytes, BURST_BYTES.media));
      checks.files += 1;
    }
  }
}

/** Sealed values name their key; this one is sealed by every instance at its first start, and anew by a rotation. */
async function findSealingKey(snapshot: Snapshot): Promise<string | null> {
  if (!(await snapshot.has("instance"))) return null;
  return await snapshot.find("select split_part(value, '.', 2) from instance where name = 'encryption_check'");
}

async function* textEntry(name: string, text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(`${text}\n`);
  yield* tarEntry(name, bytes.length, [bytes]);
}

/** Pauses after each burst. */
async function* slowly(bytes: AsyncIterable<Buffer>, burstBytes: number): AsyncGenerator<Buffer> {
  let burst = 0;
  for await (const part of bytes) {
    yield part;
    burst += part.length;
    if (burst < burstBytes) continue;
    await sleep(PAUSE_MILLISECONDS);
    burst = 0;
  }
}

function ifMissing(error: unknown): null {
  if (error instanceof MissingObjectError) return null;
  throw error;
}
