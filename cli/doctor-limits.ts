import { statfs } from "node:fs/promises";

import type pg from "pg";

import { OPEN_LIMITS, type UserLimits } from "../model/user-limits.ts";
import type { Config } from "../server/config.ts";
import { type Finding, ok, warning } from "./finding.ts";

const SETTINGS: Readonly<Record<keyof UserLimits, { variable: string; what: string }>> = {
  maxStorageBytes: { variable: "AMPOST_USER_STORAGE", what: "bytes of media" },
  postsPerDay: { variable: "AMPOST_USER_POSTS_PER_DAY", what: "posts a day" },
  maxScheduledPosts: { variable: "AMPOST_USER_SCHEDULED_POSTS", what: "posts scheduled at once" },
  callsPerMinute: { variable: "AMPOST_USER_CALLS_PER_MINUTE", what: "calls of a class a minute" },
};

/** Who may come, and what each of them may take up. */
export function checkLimits({ signUp, userLimits }: Pick<Config, "signUp" | "userLimits">): Finding[] {
  const names = ["maxStorageBytes", "postsPerDay", "maxScheduledPosts", "callsPerMinute"] as const;
  const told = names.flatMap((name) =>
    userLimits[name] === null ? [] : [`${userLimits[name]} ${SETTINGS[name].what}`],
  );
  const who =
    signUp === "open"
      ? "anybody may make an account"
      : signUp === "invite"
        ? "accounts are made by invitation"
        : "no more accounts are made";
  const finding = ok("people", `${who}; each may have ${told.length === 0 ? "as much as they like" : told.join(", ")}`);
  if (signUp !== "open") return [finding];
  const open = names.filter((name) => userLimits[name] === null);
  return [
    finding,
    ...open.map((name) =>
      warning(
        "people",
        `anybody may make an account, and nothing limits their ${SETTINGS[name].what}`,
        `Unset ${SETTINGS[name].variable} (then it is ${OPEN_LIMITS[name]}), or set it to a number.`,
      ),
    ),
  ];
}

const ENOUGH = { bytes: 1e9, share: 0.1 };

/** Whether there is room left where database, media and sandbox lie. */
export async function checkDisk({ dataDir }: Pick<Config, "dataDir">): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const message = `${inGigabytes(free)} of ${inGigabytes(blocks * bsize)} are free where ${dataDir} lies`;
  if (free > ENOUGH.bytes && bavail > blocks * ENOUGH.share) return ok("disk", message);
  return warning(
    "disk",
    message,
    "Make room, move AMPOST_DATA_DIR to a larger disk, store media elsewhere with AMPOST_STORAGE=s3, or let people store less with AMPOST_USER_STORAGE. A full disk stops the database.",
  );
}

const LARGE_BYTES = 10e9;

/** Which tables take the most, once they are large. */
export async function checkTables(pool: pg.Pool): Promise<Finding> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    `select relname as name, pg_total_relation_size(oid)::float8 as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 2 desc limit 3`,
  );
  const largest = rows.map(({ name, bytes }) => `${name} (${inGigabytes(bytes)})`).join(", ");
  if (!rows.some(({ bytes }) => bytes > LARGE_BYTES)) return ok("tables", `the largest are ${largest}`);
  return warning(
    "tables",
    `the largest are ${largest}`,
    "See who takes them up: `select user_id, count(*) from posts group by 1 order by 2 desc limit 10`. AMPOST_USER_POSTS_PER_DAY and AMPOST_USER_CALLS_PER_MINUTE bound how fast they grow.",
  );
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
