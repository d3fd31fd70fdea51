import type { PlatformName } from "../model/platform-names.ts";
import { integer, type Store } from "./store.ts";

/** Counts how much of their quotas accounts have used. Records older than two days are deleted. */
export interface Uses {
  /** Adds one use. `at` can be rounded down, so that frequent uses share a row. */
  add(use: Use): void;
  /** The number of uses at or after `since`. */
  count(of: { platform: PlatformName; accountId: string; name: string; since: number }): number;
}

export interface Use {
  platform: PlatformName;
  accountId: string;
  name: string;
  /** Milliseconds since 1970. */
  at: number;
}

const KEEP_MS = 48 * 3600 * 1000;

export function openUses(store: Store): Uses {
  return {
    add({ platform, accountId, name, at }) {
      store.run(
        "DELETE FROM uses WHERE platform = ? AND account_id = ? AND name = ? AND at < ?",
        platform,
        accountId,
        name,
        at - KEEP_MS,
      );
      store.run(
        "INSERT INTO uses VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET number = number + 1",
        platform,
        accountId,
        name,
        at,
      );
    },
    count({ platform, accountId, name, since }) {
      const row = store.get(
        `SELECT coalesce(sum(number), 0) AS number FROM uses
         WHERE platform = ? AND account_id = ? AND name = ? AND at >= ?`,
        platform,
        accountId,
        name,
        since,
      );
      return integer(row, "number");
    },
  };
}
