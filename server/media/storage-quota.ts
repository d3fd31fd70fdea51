import type pg from "pg";

import type { PublicError } from "../../model/errors.ts";
import { type LimitsOf, usedUp } from "../../model/user-limits.ts";
import { sumStoredOfUser } from "../db/queries/user-limits.ts";
import { lockUser } from "../db/queries/users.ts";
import type { Db } from "../db/sql.ts";

/** Storage reserved for what arrives with one request. */
export interface Reservation {
  /** Counts bytes that are about to be stored. Throws RATE_LIMITED if they exceed the user's limit. */
  add(bytes: number): void;
  /** They are counted by their rows now, or gone. */
  release(): void;
}

/**
 * What users can still store while files arrive: bytes in progress in this process count, although they have no row
 * yet.
 */
export interface StorageQuota {
  /** Throws RATE_LIMITED if this many bytes would not fit. */
  reserve(userId: string, announcedBytes?: number): Promise<Reservation>;
}

const UNLIMITED: Reservation = { add: () => undefined, release: () => undefined };

export function createStorageQuota({ pool, limitsOf }: { pool: pg.Pool; limitsOf: LimitsOf }): StorageQuota {
  const arriving = new Map<string, number>();
  const add = (userId: string, bytes: number) => {
    const now = (arriving.get(userId) ?? 0) + bytes;
    if (now > 0) arriving.set(userId, now);
    else arriving.delete(userId);
  };
  return {
    async reserve(userId, announcedBytes = 0) {
      const { maxStorageBytes: most } = await limitsOf(userId);
      if (most === null) return UNLIMITED;
      const stored = await storedBytes(pool, userId);
      const refuseBeyond = (bytes: number) => {
        if (stored + bytes > most) throw quotaExceeded(most);
      };
      refuseBeyond((arriving.get(userId) ?? 0) + announcedBytes);
      let taken = 0;
      return {
        add(bytes) {
          refuseBeyond((arriving.get(userId) ?? 0) + bytes);
          taken += bytes;
          add(userId, bytes);
        },
        release() {
          add(userId, -taken);
          taken = 0;
        },
      };
    },
  };
}

/** Bytes stored for a user in both modes, including renditions and uploads in progress. */
export async function storedBytes(db: Db, userId: string): Promise<number> {
  return (await sumStoredOfUser.one(db, [userId]))?.size_bytes ?? 0;
}

/**
 * The final check of what a transaction has stored, regardless of concurrency: locks the user's row until it ends.
 * Throws RATE_LIMITED.
 */
export async function enforceStorageQuota(tx: Db, limitsOf: LimitsOf, userId: string): Promise<void> {
  const { maxStorageBytes: most } = await limitsOf(userId);
  if (most === null) return;
  await lockUser.one(tx, [userId]);
  if ((await storedBytes(tx, userId)) > most) throw quotaExceeded(most);
}

function quotaExceeded(most: number): PublicError {
  return usedUp({
    kind: "quota",
    name: "maxStorageBytes",
    limit: most,
    resetsAt: null,
    message: `This upload would exceed your storage limit of ${most} bytes`,
    fix: "Delete media you no longer need and uploads you will not finish. Media of published posts are deleted automatically after 30 days.",
  });
}
