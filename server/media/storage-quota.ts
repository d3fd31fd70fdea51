import type pg from "pg";

import type { PublicError } from "../../model/errors.ts";
import type { PlanOf } from "../../model/plans.ts";
import { type Mode, MODES } from "../../model/platform-names.ts";
import type { Tenant } from "../../model/tenant.ts";
import { type LimitsOf, standingLimits, usedUp } from "../../model/user-limits.ts";
import type { JobSender } from "../db/job-sender.ts";
import { noteStanding } from "../db/note-usage.ts";
import { sumStoredOfUser } from "../db/queries/user-limits.ts";
import { lockUser } from "../db/queries/users.ts";
import type { Db } from "../db/sql.ts";

/** Where the limits of storage are looked up. */
export interface StorageLimits {
  limitsOf: LimitsOf;
  planOf: PlanOf;
}

/** Storage reserved for what arrives with one request. */
export interface Reservation {
  /** Counts bytes that are about to be stored. Throws RATE_LIMITED if they exceed the user's limits. */
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
  reserve(owner: Tenant, announcedBytes?: number): Promise<Reservation>;
}

const UNLIMITED: Reservation = { add: () => undefined, release: () => undefined };

export function createStorageQuota(deps: StorageLimits & { pool: pg.Pool }): StorageQuota {
  const arriving = new Map<string, number>();
  const keyOf = (userId: string, mode: Mode) => `${mode} ${userId}`;
  const add = ({ userId, mode }: Tenant, bytes: number) => {
    const key = keyOf(userId, mode);
    const now = (arriving.get(key) ?? 0) + bytes;
    if (now > 0) arriving.set(key, now);
    else arriving.delete(key);
  };
  return {
    async reserve(owner, announcedBytes = 0) {
      const limits = await Promise.all(
        (await standingLimits(deps, owner, "maxStorageBytes")).map(async ({ most, modes }) => {
          return { most, modes, stored: await storedBytes(deps.pool, owner.userId, modes) };
        }),
      );
      if (limits.length === 0) return UNLIMITED;
      const refuseBeyond = (bytes: number) => {
        for (const { most, modes, stored } of limits) {
          const coming = modes.reduce((sum, mode) => sum + (arriving.get(keyOf(owner.userId, mode)) ?? 0), bytes);
          if (stored + coming > most) throw quotaExceeded(most);
        }
      };
      refuseBeyond(announcedBytes);
      let taken = 0;
      return {
        add(bytes) {
          refuseBeyond(bytes);
          taken += bytes;
          add(owner, bytes);
        },
        release() {
          add(owner, -taken);
          taken = 0;
        },
      };
    },
  };
}

/** Bytes stored for a user, including renditions and uploads in progress. */
export async function storedBytes(db: Db, userId: string, modes: readonly Mode[] = MODES): Promise<number> {
  return (await sumStoredOfUser.one(db, [userId, modes]))?.size_bytes ?? 0;
}

/**
 * The final check of what a transaction has stored, regardless of concurrency: locks the user's row until it ends.
 * Throws RATE_LIMITED.
 */
export async function enforceStorageQuota(
  tx: Db,
  deps: StorageLimits & { jobs: JobSender },
  owner: Tenant,
  addedBytes: number,
): Promise<void> {
  const limits = await standingLimits(deps, owner, "maxStorageBytes");
  if (limits.length === 0) return;
  const notified = (await lockUser.one(tx, [owner.userId]))?.storage_notified ?? 0;
  for (const { most, modes, isQuota } of limits) {
    const used = await storedBytes(tx, owner.userId, modes);
    if (used > most) throw quotaExceeded(most);
    const usage = { userId: owner.userId, quota: "maxStorageBytes", used, before: used - addedBytes } as const;
    if (isQuota) await noteStanding(deps, tx, { ...usage, limit: most, notified });
  }
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
