import type pg from "pg";
import type { Logger } from "pino";
import { z } from "zod";

import { jsonOrNull } from "../../../model/json-or-null.ts";
import { jsonb } from "../../db/jsonb.ts";
import { findBackups, recordBackup, recordFailedBackup } from "../../db/queries/backups.ts";
import { openFiles } from "../../storage/files.ts";
import type { S3Access } from "../../storage/s3.ts";
import { type BackupSource, writeBackup } from "./write-backup.ts";

export interface BackupSchedule {
  /** A folder, or `s3://BUCKET/PREFIX`. */
  to: string;
  everyHours: number;
  /** How many of them; older ones are deleted. */
  keep: number;
}

/** How the scheduled backups are doing. Times are in ISO 8601. */
export interface BackupState {
  last: z.output<typeof lastBackup> | null;
  /** The latest one, if it failed. */
  failed: z.output<typeof failedBackup> | null;
}

const lastBackup = z.object({ name: z.string(), at: z.string(), sizeBytes: z.int(), posts: z.int(), files: z.int() });
const failedBackup = z.object({ at: z.string(), message: z.string() });

export async function readBackupState(pool: pg.Pool): Promise<BackupState> {
  const found = await findBackups.one(pool);
  return {
    last: lastBackup.safeParse(jsonOrNull(found?.last ?? "")).data ?? null,
    failed: failedBackup.safeParse(jsonOrNull(found?.failed ?? "")).data ?? null,
  };
}

/** How often it is looked whether one is due, so that much too early is early enough. */
const LOOK_MINUTES = 15;

/** After a failure. */
const RETRY_MINUTES = 60;

/** The job of BACKUP_QUEUE: takes a backup if one is due, and deletes those that are no longer kept. */
export async function takeDueBackup(
  source: BackupSource & { log: Pick<Logger, "info"> },
  { schedule, access }: { schedule: BackupSchedule | null; access: S3Access },
  now = new Date(),
): Promise<void> {
  if (schedule === null || !isDue(await readBackupState(source.pool), schedule, now)) return;
  try {
    await takeBackup(source, schedule, access, now);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // A process that is stopping is no failure: the next one continues.
    if (source.signal?.aborted !== true)
      await recordFailedBackup.run(source.pool, [jsonb({ at: now.toISOString(), message })]);
    throw error;
  }
}

async function takeBackup(
  source: BackupSource & { log: Pick<Logger, "info"> },
  { to, keep }: BackupSchedule,
  access: S3Access,
  now: Date,
): Promise<void> {
  const files = await openFiles(to, access);
  try {
    const name = `ampost-${now.toISOString().slice(0, 19).replaceAll(":", "-")}Z.tar`;
    const { sizeBytes, posts, files: count } = await writeBackup(source, (bytes) => files.write(name, bytes));
    const last = { name, at: now.toISOString(), sizeBytes, posts, files: count };
    await recordBackup.run(source.pool, [jsonb(last)]);
    source.log.info(last, "A backup was taken");
    const ours = (await files.list()).filter((each) => NAME.test(each)).sort();
    for (const old of ours.slice(0, -keep)) await files.delete(old);
  } finally {
    files.close();
  }
}

/** Sorted by name, they are sorted by time. */
const NAME = /^ampost-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.tar$/;

function isDue({ last, failed }: BackupState, { everyHours }: BackupSchedule, now: Date): boolean {
  const minutesSince = (at: string) => (now.getTime() - Date.parse(at)) / 60_000;
  if (failed !== null && minutesSince(failed.at) < RETRY_MINUTES) return false;
  return last === null || minutesSince(last.at) >= everyHours * 60 - LOOK_MINUTES / 2;
}
