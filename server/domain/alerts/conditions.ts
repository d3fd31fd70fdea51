import type pg from "pg";

import type { PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { deprecationsAhead } from "../../../platforms/deprecations.ts";
import { findOperatorPauses, readBacklog, readLateness } from "../../db/queries/operator-alerts.ts";
import { listSetAside } from "../../db/queries/set-aside.ts";
import { countSetAside } from "../../db/queries/tries.ts";
import { HOLD_REASONS, holdCure, readHold } from "../../publishing/hold.ts";
import { SET_ASIDE_CURE } from "../../publishing/set-aside.ts";
import { readBackupState } from "../backups/scheduled-backups.ts";
import type { Condition } from "./alerts.ts";

export interface ConditionDeps {
  pool: pg.Pool;
  /** The operator's settings as brokers read them. */
  environment: Readonly<Record<string, string>>;
  /** Platforms that do not respond to this process, in live mode. */
  platformsDown: ReadonlySet<PlatformName>;
  /** Platform posts whose results this process cannot store. */
  stuckResults?: ReadonlySet<string>;
}

/** Due for this long without being worked on. */
const BACKLOG_SECONDS = 300;

/** Late is a post that began to be published this long after its time, of those of the last minutes. */
const LATE_SECONDS = 300;
const LATE_WINDOW_MINUTES = 15;
/** The latest requests tell, however many there were. */
const LATE_REQUESTS = 10_000;
/** A few are late for reasons of their own, such as a long video: this many must be, and one in ten. */
const LEAST_LATE = 5;

/** A post that was set aside may stay so: it is told for this long. */
const SET_ASIDE_HOURS = 24;
const NAMED = 5;

/** What the operator must know now. */
export async function findConditions(
  { pool, environment, platformsDown, stuckResults }: ConditionDeps,
  now = new Date(),
): Promise<Condition[]> {
  const held = await readHold(pool);
  const pauses = await findOperatorPauses.one(pool);
  const { failed } = await readBackupState(pool);
  return [
    ...(held === null ? [] : [onHold(held.reason)]),
    ...(pauses?.instance ? [PAUSED] : []),
    ...(pauses?.parts ? [PAUSED_IN_PART] : []),
    ...(held !== null || pauses?.instance ? [] : [...(await backlog(pool)), ...(await lateness(pool, now))]),
    ...[...platformsDown].map(notResponding),
    ...(stuckResults === undefined || stuckResults.size === 0 ? [] : [notStored(stuckResults.size)]),
    ...(failed === null ? [] : [backupFailed(failed)]),
    ...(await postsSetAside(pool, now)),
    ...(await workSetAside(pool)),
    ...deprecationsAhead(environment, now).map(({ what, message, cure }) => ({
      name: `retirement ${what}`,
      title: `${what} is being retired`,
      message: `${message} ${cure}`,
    })),
  ];
}

function onHold(reason: keyof typeof HOLD_REASONS): Condition {
  return {
    name: "held",
    title: "Publishing is on hold",
    message:
      `${HOLD_REASONS[reason]} Ampost is checking with the platforms which overdue posts are already live, ` +
      `so that nothing is published twice. ${holdCure(reason)}`,
  };
}

const RESUME = "`ampost publishing status` lists what is paused, and `ampost publishing resume` continues.";

const PAUSED: Condition = {
  name: "paused",
  title: "Publishing is paused",
  message: `Nothing is published. ${RESUME}`,
};

const PAUSED_IN_PART: Condition = {
  name: "paused in part",
  title: "Publishing is paused in part",
  message: `The operator has paused users, platform sets or accounts. ${RESUME}`,
};

async function backlog(pool: pg.Pool): Promise<Condition[]> {
  const found = await readBacklog.one(pool, [BACKLOG_SECONDS]);
  if (found === undefined || found.posts === 0) return [];
  const minutes = Math.floor(found.oldest_seconds / 60);
  return [
    {
      name: "backlog",
      title: "Posts are waiting",
      message:
        `${found.posts === 1 ? "1 post is" : `${found.posts} posts are`} due and not being worked on; ` +
        `the oldest has been due for ${minutes} minutes. Check that a worker is running, and its log. ` +
        "If it cannot keep up, start more workers or raise AMPOST_WORKER_SLOTS.",
    },
  ];
}

async function lateness(pool: pg.Pool, now: Date): Promise<Condition[]> {
  const since = firstIdAt(now.getTime() - LATE_WINDOW_MINUTES * 60_000);
  const { posts, late } = (await readLateness.one(pool, [since, LATE_SECONDS, LATE_REQUESTS])) ?? { posts: 0, late: 0 };
  if (late < LEAST_LATE || late * 10 < posts) return [];
  return [
    {
      name: "late",
      title: "Posts are published late",
      message:
        `${late} of the latest ${posts} posts were published more than ${LATE_SECONDS / 60} minutes late. ` +
        "Look at the load of the workers and the database. " +
        "If they cannot keep up, start more workers or raise AMPOST_WORKER_SLOTS.",
    },
  ];
}

function notResponding(platform: PlatformName): Condition {
  const { label } = catalog[platform].capabilities;
  return {
    name: `platform ${platform}`,
    title: `${label} is not responding`,
    message:
      `Posts on ${label} are postponed, and one is tried every minute. ` +
      "They are published automatically when it responds, unless they are too late by then.",
  };
}

function notStored(count: number): Condition {
  return {
    name: "results",
    title: "Results of publishing cannot be stored",
    message:
      `The database has not stored what platforms responded to ${count === 1 ? "1 request" : `${count} requests`} ` +
      "for a minute or longer. Only the worker knows these responses and keeps trying, so do not restart it. " +
      "Its log has the database's error, the posts, and their IDs on the platforms.",
  };
}

async function postsSetAside(pool: pg.Pool, now: Date): Promise<Condition[]> {
  const found = await listSetAside.all(pool, [new Date(now.getTime() - SET_ASIDE_HOURS * 3_600_000)]);
  if (found.length === 0) return [];
  const named = found.slice(0, NAMED).map(({ postId, platform, status }) => `${postId} (${platform}, ${status})`);
  return [
    {
      name: "posts set aside",
      title: "Posts were set aside",
      message:
        `Workers crashed repeatedly on ${named.join(", ")}${found.length > NAMED ? " and others" : ""}. ` +
        `\`ampost publishing status\` lists all. ${SET_ASIDE_CURE}`,
    },
  ];
}

async function workSetAside(pool: pg.Pool): Promise<Condition[]> {
  const found = await countSetAside.all(pool);
  if (found.length === 0) return [];
  return [
    {
      name: "set aside",
      title: "Work was set aside",
      message:
        "What failed or crashed its process repeatedly is set aside, or is tried once a minute, " +
        "so that it holds up nothing else: " +
        `${found.map(({ work, count }) => `${work} (${count})`).join(", ")}. The worker's log says whose it is, and why.`,
    },
  ];
}

function backupFailed({ at, message }: { at: string; message: string }): Condition {
  return {
    name: "backup",
    title: "A backup failed",
    message: `The scheduled backup of ${at} failed: ${message} It is tried again every hour. See \`ampost doctor\`.`,
  };
}

/** The lowest UUIDv7 of a time. */
function firstIdAt(milliseconds: number): string {
  const hex = milliseconds.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
