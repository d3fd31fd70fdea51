import type pg from "pg";
import { z } from "zod";

import { FINISHED_MEDIA_DAYS, UNUSED_MEDIA_DAYS } from "../../model/lifetimes.ts";
import { findStillUnneeded, findStorageKeys, lockUnneeded, releaseMedia, removeReleased } from "../db/queries/media.ts";
import { transaction } from "../db/sql.ts";
import type { Storage } from "../storage/storage.ts";
import { dropExpiredUploads } from "./uploads/resumable-uploads.ts";

export interface SweepDeps {
  pool: pg.Pool;
  storage: Storage;
}

/** A file is stored before its row is written; one without a row for this long will never get one. */
const UNFINISHED_HOURS = 24;
const BATCH = 200;

/** The job of SWEEP_QUEUE: deletes unused media, in small transactions, concurrently with creates and other sweeps. */
export async function sweepMedia(
  deps: SweepDeps,
): Promise<{ releasedObjects: number; strayObjects: number; unfinishedUploads: number }> {
  let releasedObjects = 0;
  for (;;) {
    const { held, storageKeys } = await releaseBatch(deps.pool);
    await dropBytes(deps, { storageKeys });
    releasedObjects += storageKeys.length;
    if (held < BATCH) break;
  }
  const expiredUploads = await dropExpiredUploads(deps);
  const before = new Date(Date.now() - UNFINISHED_HOURS * 3_600_000);
  return {
    releasedObjects,
    strayObjects: await dropStrays(deps, before),
    unfinishedUploads: expiredUploads + (await deps.storage.deleteUnfinished(before)),
  };
}

const drop = z.object({ storageKeys: z.array(z.string()) });

/** The job of DROP_BYTES_QUEUE: bytes that their row no longer references. */
export async function dropBytes({ storage }: Pick<SweepDeps, "storage">, job: unknown): Promise<void> {
  for (const key of drop.parse(job).storageKeys) await storage.delete(key);
}

/** A row is held first and validated after, so that a post which began to name it in between keeps it. */
function releaseBatch(pool: pg.Pool): Promise<{ held: number; storageKeys: string[] }> {
  return transaction(pool, async (tx) => {
    const days = [FINISHED_MEDIA_DAYS, UNUSED_MEDIA_DAYS] as const;
    const held = (await lockUnneeded.all(tx, [...days, BATCH])).map((row) => row.id);
    const unneeded = (await findStillUnneeded.all(tx, [...days, held])).map((row) => row.id);
    const released = await releaseMedia.all(tx, [unneeded]);
    await removeReleased.run(tx, [unneeded]);
    return { held: held.length, storageKeys: released.map((row) => row.storage_key) };
  });
}

/** Objects without a row: of requests that failed, and of processes that died between the two. */
async function dropStrays({ pool, storage }: SweepDeps, before: Date): Promise<number> {
  let dropped = 0;
  let keys: string[] = [];
  const dropUnknown = async () => {
    const known = new Set((await findStorageKeys.all(pool, [keys])).map((row) => row.storage_key));
    for (const key of keys.filter((key) => !known.has(key))) {
      await storage.delete(key);
      dropped += 1;
    }
    keys = [];
  };
  for await (const { key, writtenAt } of storage.list()) {
    if (writtenAt >= before) continue;
    keys.push(key);
    if (keys.length === BATCH) await dropUnknown();
  }
  await dropUnknown();
  return dropped;
}
