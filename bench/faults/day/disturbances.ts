import { setTimeout as sleep } from "node:timers/promises";

import { transaction } from "../../../server/db/sql.ts";
import { pick } from "../scenario.ts";
import type { WorkerPool } from "../worker-pool.ts";
import type { Person, World } from "../world.ts";
import type { Length } from "./plan.ts";

/** A period in which due posts may have to wait for a lease, a restart or a platform. Milliseconds since 1970. */
export interface Window {
  from: number;
  to: number;
}

/** A change of the platforms' clock: from then on, it is this far ahead of ours. */
export interface Move {
  at: number;
  ahead: number;
}

export interface Disturbed {
  /** How often each disturbance occurred. */
  counts: Record<string, number>;
  windows: Window[];
}

const KINDS = ["worker killed", "PostgreSQL ended", "network cut", "worker stopped", "token endpoints hang"] as const;

/** Work in progress when it started also counts: a video takes two seconds even alone. */
const BEFORE_MILLISECONDS = 5_000;
/** A dead process's work is taken over within this time. */
const AFTER_MILLISECONDS = 10_000;
/** Longer than a lease. */
const STOP_SECONDS = 8;
const CUT_SECONDS = 3;
const HANG_MILLISECONDS = 8_000;
/** Its access ends every two hours, and it has posts all the time: a fault that nothing meets outlasts its window. */
const RENEWING = "twitter";
/** Access may just have been renewed. */
const MOST_HANGS = 10;

/** Moves the platforms' clock after every hour of the day. */
export async function keepClock(
  { sandbox, pool }: World,
  tenants: readonly Person[],
  { seconds, hours }: Length,
): Promise<Move[]> {
  const moves: Move[] = [{ at: 0, ahead: 0 }];
  const beganAt = performance.now();
  let ahead = 0;
  for (let hour = 1; hour < hours; hour += 1) {
    await sleep(Math.max(0, (hour * seconds * 1000) / hours - (performance.now() - beganAt)));
    const step = 3600 - seconds / hours;
    await whileNoneIsOpen(pool, openCommits(tenants), async () => {
      ahead += step * 1000;
      moves.push({ at: Date.now(), ahead });
      await sandbox.advance(step);
    });
  }
  return moves;
}

/**
 * What is being looked for must not be an hour older than the time since its request: lists are searched by the
 * platform's clock, and LinkedIn rejects duplicates for ten minutes. TikTok is asked by ID. Of the neighbors' posts, only
 * those on LinkedIn could be sent twice for it; others hang for as long as the day.
 */
function openCommits(tenants: readonly Person[]): Moment {
  return {
    table: "publish_steps",
    open: `select from publish_steps s join platform_posts pp on pp.id = s.platform_post_id
     where s.effect = 'visible' and pp.platform <> 'tiktok'
       and (pp.user_id = any($1) or pp.platform = 'linkedin')
       and (pp.status = 'posting' and coalesce(s.result, 'unknown') = 'unknown'
         or pp.status = 'published' and s.result = 'ok' and s.remote_id is null and pp.published_url is null) limit 1`,
    values: [tenants.map(({ userId }) => userId)],
  };
}

/**
 * If the response to a renewal is lost, with the process or on the way, so is the account's access where each renewal
 * replaces the refresh token: nothing but reconnecting helps.
 */
const RENEWALS: Moment = {
  table: "connections",
  open: "select from connections where renewing_until > now() limit 1",
};

interface Moment {
  table: string;
  /** Selects what is open. */
  open: string;
  values?: unknown[];
}

/** None is open meanwhile, and none begins. */
async function whileNoneIsOpen(pool: World["pool"], moment: Moment, act: () => Promise<void>): Promise<void> {
  for (let done: Promise<void> | null = null; done === null; await sleep(50)) {
    await transaction(pool, async (tx) => {
      await tx.query(`lock table ${moment.table} in share mode`);
      if ((await tx.query(moment.open, moment.values)).rowCount === 0) await (done = act());
      // The database may be restarting.
    }).catch(() => undefined);
    await done;
  }
}

/** Converts a time on the platforms' clock to ours. */
export function ourTime(moves: readonly Move[], theirs: number): number {
  const found = moves.findLast(({ at, ahead }) => theirs - ahead >= at - 1_000);
  return theirs - (found?.ahead ?? 0);
}

/** Runs one disturbance after another, in every other hour. */
export async function disturb(
  world: World,
  workers: WorkerPool,
  { seconds, hours }: Length,
  random: () => number,
): Promise<Disturbed> {
  const counts: Record<string, number> = {};
  const windows: Window[] = [];
  const beganAt = performance.now();
  for (let number = 0; 2 * number + 1.2 < hours; number += 1) {
    const at = 2 * number + 0.2 + 0.6 * random();
    await sleep(Math.max(0, (at * seconds * 1000) / hours - (performance.now() - beganAt)));
    const kind = pick(KINDS, number);
    const from = Date.now() - BEFORE_MILLISECONDS;
    await make(world, workers, kind, random);
    windows.push({ from, to: Date.now() + AFTER_MILLISECONDS });
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return { counts, windows };
}

/** Resolves when it is over. */
async function make(
  world: World,
  workers: WorkerPool,
  kind: (typeof KINDS)[number],
  random: () => number,
): Promise<void> {
  while (workers.running().length < 2) await sleep(20);
  const one = pick(workers.running(), Math.floor(2 * random()));
  switch (kind) {
    case "worker killed":
      return await whileNoneIsOpen(world.pool, RENEWALS, () => one.kill());
    case "worker stopped":
      one.signal("SIGSTOP");
      await sleep(STOP_SECONDS * 1000);
      return one.signal("SIGCONT");
    case "PostgreSQL ended":
      await world.breakDatabase();
      while (
        !(await world.pool.query("select 1").then(
          () => true,
          () => false,
        ))
      )
        await sleep(20);
      return;
    case "network cut":
      await whileNoneIsOpen(world.pool, RENEWALS, async () => world.proxy?.refuse());
      await sleep(CUT_SECONDS * 1000);
      return await world.proxy?.accept();
    case "token endpoints hang":
      return await hangTokens(world);
  }
}

/** The next refresh gets a late response; ends when it has. */
async function hangTokens({ sandbox }: World): Promise<void> {
  await sandbox.fault({ platform: RENEWING, operation: "refresh", kind: "slow", delayMs: HANG_MILLISECONDS });
  const end = performance.now() + MOST_HANGS * HANG_MILLISECONDS;
  while ((await sandbox.pending()).includes("refresh") && performance.now() < end) await sleep(200);
  await sleep(HANG_MILLISECONDS);
}
