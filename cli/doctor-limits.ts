import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";

import type pg from "pg";

import { BOUNDS } from "../model/bounds.ts";
import { OPEN_LIMITS, OPEN_MAX_USERS, type UserLimits } from "../model/user-limits.ts";
import { GROWTH } from "../server/db/growth.ts";
import { countUsers } from "../server/db/queries/users.ts";
import type { Config } from "../server/start/config.ts";
import { existingFolder } from "./doctor-storage.ts";
import { type Finding, ok, warning } from "./finding.ts";

const SETTINGS: Readonly<Record<keyof UserLimits, { variable: string; what: string }>> = {
  maxStorageBytes: { variable: "AMPOST_USER_STORAGE", what: "bytes of media" },
  postsPerDay: { variable: "AMPOST_USER_POSTS_PER_DAY", what: "posts per day" },
  contentBytesPerDay: { variable: "AMPOST_USER_CONTENT_PER_DAY", what: "bytes of post content per day" },
  maxScheduledPosts: { variable: "AMPOST_USER_SCHEDULED_POSTS", what: "scheduled posts" },
  callsPerMinute: { variable: "AMPOST_USER_CALLS_PER_MINUTE", what: "requests per minute and rate class" },
};

/** Who can sign up, and each user's limits. */
export function checkLimits({
  signUp,
  maxUsers,
  userLimits,
  maxPlatformSets,
}: Pick<Config, "signUp" | "maxUsers" | "userLimits" | "maxPlatformSets">): Finding[] {
  const names = [
    "maxStorageBytes",
    "postsPerDay",
    "contentBytesPerDay",
    "maxScheduledPosts",
    "callsPerMinute",
  ] as const;
  const limits = names.flatMap((name) =>
    userLimits[name] === null ? [] : [`${userLimits[name]} ${SETTINGS[name].what}`],
  );
  const who =
    signUp === "open" ? "anyone can sign up" : signUp === "invite" ? "sign-up is by invitation" : "sign-up is closed";
  const sets = maxPlatformSets === null ? [] : [`${maxPlatformSets} platform sets in each mode`];
  const all = [...limits, ...sets];
  const most = maxUsers === null ? "" : `, ${maxUsers} users at most`;
  const finding = ok("people", `${who}${most}; limits per user: ${all.length === 0 ? "none" : all.join(", ")}`);
  if (signUp !== "open") return [finding];
  const open = names.filter((name) => userLimits[name] === null);
  const unlimited = warning(
    "people",
    "anyone can sign up, and the number of users is not limited",
    `Unset AMPOST_MAX_USERS (the default is ${OPEN_MAX_USERS}), or set it to a number.`,
  );
  return [
    finding,
    ...(maxUsers === null ? [unlimited] : []),
    ...open.map((name) =>
      warning(
        "people",
        `anyone can sign up, and ${SETTINGS[name].what} are not limited`,
        `Unset ${SETTINGS[name].variable} (the default is ${OPEN_LIMITS[name]}), or set it to a number.`,
      ),
    ),
  ];
}

const ENOUGH = { bytes: 1e9, share: 0.1 };

/** Whether the disks of the database, media and sandbox have free space. */
export async function checkDisk({ dataDir }: Pick<Config, "dataDir">): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(await existingFolder(dataDir));
  const free = bavail * bsize;
  const message = `${inGigabytes(free)} of ${inGigabytes(blocks * bsize)} free on the disk of ${dataDir}`;
  if (free > ENOUGH.bytes && bavail > blocks * ENOUGH.share) return ok("disk", message);
  return warning(
    "disk",
    message,
    "Free up space, move AMPOST_DATA_DIR to a larger disk, store media elsewhere with AMPOST_STORAGE=s3, " +
      "or lower AMPOST_USER_STORAGE. A full disk stops the database.",
  );
}

const LARGE_BYTES = 10e9;

/** The largest tables, and, if they are large, what limits their growth. */
export async function checkTables(pool: pg.Pool, largeBytes = LARGE_BYTES): Promise<Finding> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    `select case when n.nspname = 'public' then c.relname else n.nspname || '.' || c.relname end as name,
       pg_total_relation_size(c.oid)::float8 as bytes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname in ('public', 'jobs') order by 2 desc limit 3`,
  );
  const largest = rows.map(({ name, bytes }) => `${name} (${inGigabytes(bytes)})`).join(", ");
  const large = rows.filter(({ bytes }) => bytes > largeBytes).map(({ name }) => name);
  const [first] = large;
  if (first === undefined) return ok("tables", `the largest are ${largest}`);
  const settings = [...new Set(large.flatMap((name) => GROWTH[name]?.limits ?? []))].map(
    (limit) => SETTINGS[limit].variable,
  );
  const bounded = settings.length === 0 ? "" : ` To limit how fast they grow, set ${settings.join(", ")}.`;
  return warning(
    "tables",
    `the largest are ${largest}`,
    first.startsWith("jobs.")
      ? "Background jobs are piling up there. Check the log."
      : `See which users they belong to: \`select user_id, count(*) from ${first} group by 1 order by 2 desc ` +
          `limit 10\`.${bounded}`,
  );
}

/** The share of a bound from which on a user is near it. */
const NEAR = 0.8;
const MOST_NAMED = 5;

/** How many users there are, and whether nobody can sign up soon. */
export async function checkUsers(pool: pg.Pool, { maxUsers }: Pick<Config, "maxUsers">): Promise<Finding> {
  const { count } = (await countUsers.one(pool)) ?? { count: 0 };
  const message = maxUsers === null ? String(count) : `${count} of at most ${maxUsers}`;
  if (maxUsers === null || count < maxUsers * NEAR) return ok("users", message);
  return warning(
    "users",
    message,
    "Raise AMPOST_MAX_USERS: beyond it, nobody can create an account. Those who never confirmed their address are " +
      "counted, and make room for new ones.",
  );
}

/** Users who are near a bound of every instance beyond which something of theirs is rejected or dropped. */
export async function checkBounds(pool: pg.Pool): Promise<Finding> {
  const { rows } = await pool.query<{ userId: string; what: string; count: number; most: number }>(
    `select user_id as "userId", what, count, most from (
       select user_id, 'active keys and grants' as what, count(*)::int as count, $1::int as most
         from api_keys where revoked_at is null and (expires_at is null or expires_at > now()) group by user_id
       union all
       select user_id, 'members and invitations', count(*)::int, $2::int
         from (select user_id from members union all select user_id from member_invites) people group by user_id
       union all
       select user_id, 'usable connect links', count(*)::int, $3::int from connect_links
         where connected_at is null and revoked_at is null and expires_at > now() group by user_id, mode
       union all
       select w.user_id, 'pending deliveries of a webhook', count(*)::int, $4::int
         from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.status = 'pending' group by w.id
     ) counts where count >= most * $5::float8 order by count::float8 / most desc, user_id, what`,
    [BOUNDS.activeKeys, BOUNDS.members, BOUNDS.pendingConnectLinks, BOUNDS.pendingDeliveries, NEAR],
  );
  if (rows.length === 0) return ok("bounds", "no user is near one");
  const named = rows
    .slice(0, MOST_NAMED)
    .map(({ userId, what, count, most }) => `${userId} has ${count} of ${most} ${what}`);
  const others = rows.length > named.length ? [`${rows.length - named.length} more`] : [];
  return warning(
    "bounds",
    [...named, ...others].join(", "),
    "Tell these users: beyond it, new ones are rejected, and the oldest deliveries are dropped. Bounds are the same in " +
      "every instance. Keys, invitations and links that are not needed can be revoked, and deliveries are pending " +
      "because a receiver does not accept them.",
  );
}

const LARGE_SANDBOX_BYTES = 2e9;

/**
 * How much the sandbox in this folder has stored. The sandbox enforces its own limits: anything beyond them is a fault,
 * or space that the disk must provide.
 */
export async function checkSandboxStore(
  { dataDir, sandbox }: Pick<Config, "dataDir" | "sandbox">,
  largeBytes = LARGE_SANDBOX_BYTES,
): Promise<Finding[]> {
  if (sandbox.elsewhere) return [];
  const bytes = await sizeOf(join(dataDir, "sandbox"));
  const message = `the sandbox has ${inGigabytes(bytes)} in ${join(dataDir, "sandbox")}`;
  if (bytes <= largeBytes) return [ok("sandbox", message)];
  return [
    warning(
      "sandbox",
      message,
      "It deletes old data every ten minutes while it runs. To start over, stop Ampost and delete the folder: " +
        "test posts are kept, but the sandbox no longer knows them.",
    ),
  ];
}

/** The total of all files in a folder; nothing if it does not exist. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

function inGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
