import { setTimeout as pause } from "node:timers/promises";

import type pg from "pg";

import type { EventType } from "../../model/events.ts";
import { mayBecome, type PlatformPostStatus } from "../../model/status.ts";
import { isDatabaseAway, isFromDatabase, isMisfit, isRefusedForGood } from "../db/away.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { type Along, type Changes, type IntentChanges, record, type WrittenRow } from "../db/queries/publishing.ts";
import { instant, LostClaim, secondsSince } from "./claim.ts";
import { faultPoint } from "./fault-points.ts";
import { asUnknown, findUncertainCommit } from "./uncertain-commit.ts";
import type { ClaimedWork } from "./work.ts";

type Also = Omit<Along, "settles" | "reopens">;

/** Writes changes that callers cannot see. Throws LostClaim if the claim no longer holds. */
export async function write(
  work: ClaimedWork,
  changes: Changes,
  also: Also = {},
  patience = QUIET_PATIENCE,
): Promise<void> {
  const asked = { claim: work.claim, changes, along: also };
  const written = await persistFor(work, also, patience, () => record(poolFor(work, also), asked));
  if (written === undefined) throw new LostClaim();
  Object.assign(work.row, written);
}

/** The event of a platform post that reaches a status. */
const PLATFORM_POST_EVENTS: Partial<Record<PlatformPostStatus, EventType>> = {
  published: "platform_post.published",
  failed: "platform_post.failed",
  unknown: "platform_post.unknown",
};

/**
 * Writes changes that callers can see, in one statement: the platform post, the post's status as the fold of all its
 * platform posts, the events of both, and the journal. A post that may be live is never marked as failed: see
 * `asUnknown`. Throws LostClaim if the claim is no longer valid.
 */
export async function settle(
  work: ClaimedWork,
  changes: Changes,
  also: Also = {},
  patience = QUIET_PATIENCE,
): Promise<void> {
  const { deps, claim, row } = work;
  const { step, status } = row;
  await faultPoint(deps, "settle.before", claim, step);
  const { status: becomes = status } = await persistFor(work, also, patience, () => settleOnce(work, changes, also));
  if (becomes !== status && (becomes === "published" || becomes === "failed" || becomes === "unknown"))
    deps.metrics?.settled(row.platform, becomes);
  await faultPoint(deps, "settle.after", claim, step);
}

async function settleOnce(work: ClaimedWork, changes: Changes, also: Also): Promise<WrittenRow> {
  const { claim, row } = work;
  const pool = poolFor(work, also);
  const uncertain = changes.status === "failed" ? await findUncertainCommit(pool, work, changes, also.intent) : null;
  const said = uncertain === null ? changes : asUnknown(work, changes, uncertain);
  if (!mayBecome(row.status, said.status ?? row.status))
    throw new Error(`A platform post cannot go from ${row.status} to ${said.status}`);
  const becomes = said.status === row.status ? undefined : said.status;
  const along = {
    ...also,
    settles: true,
    event: also.event ?? (becomes && PLATFORM_POST_EVENTS[becomes]),
    reopens: uncertain !== null && uncertain.nextReadSeconds !== null ? uncertain.id : undefined,
  };
  const written = await record(pool, { claim, changes: said, along });
  if (written === undefined) throw new LostClaim();
  Object.assign(row, written);
  notify(pool, CHANNELS.post, row.post_id);
  return written;
}

/** The result of a commit does not wait behind other queries for a connection. */
function poolFor({ deps }: ClaimedWork, { intent }: Also): pg.Pool {
  return (intent === undefined ? undefined : deps.resultPool) ?? deps.pool;
}

/** For how long a write is repeated while the database is away, and after any other database error that may pass. */
export interface Patience {
  awaySeconds: number;
  otherSeconds: number;
}

/** Long enough for a database restart. If the lease ends in the meantime, the write itself notices. */
const QUIET_PATIENCE: Patience = { awaySeconds: 8, otherSeconds: 0 };

/** Nobody else knows the result of a commit: it is kept for as long as the process runs. */
export const RESULT_PATIENCE: Patience = { awaySeconds: Infinity, otherSeconds: Infinity };

/** For this long at most if the statement does not fit the schema: another version may just be starting. */
const MISFIT_SECONDS = 120;

const LONGEST_PAUSE_MILLISECONDS = 1000;

/** A result that has not been stored for so long is reported, and then every so often. */
const REPORTED_AFTER_SECONDS = 60;
const REPORTED_EVERY_SECONDS = 600;

function persistFor<Result>(
  work: ClaimedWork,
  { intent }: Also,
  patience: Patience,
  attempt: () => Promise<Result>,
): Promise<Result> {
  return intent !== undefined && patience === RESULT_PATIENCE
    ? persistResult(work, intent, attempt)
    : persist(attempt, patience);
}

/** Stores the result of a commit. If that takes long, the operator is told what only this process knows. */
export async function persistResult<Result>(
  { deps, row }: Pick<ClaimedWork, "deps" | "row">,
  { id, result, remoteId }: Pick<IntentChanges, "id" | "result" | "remoteId">,
  attempt: () => Promise<Result>,
): Promise<Result> {
  let reportAfter = REPORTED_AFTER_SECONDS;
  const report = (error: unknown, seconds: number): void => {
    if (seconds < reportAfter) return;
    reportAfter = seconds + REPORTED_EVERY_SECONDS;
    deps.log.error(
      { err: error, platformPostId: row.id, stepId: id, result, remoteId, seconds: Math.round(seconds) },
      "the result of a commit cannot be stored; only this process knows it, and keeps trying",
    );
    deps.metrics?.resultStuck?.(row.id, true);
  };
  try {
    return await persist(attempt, RESULT_PATIENCE, report);
  } finally {
    if (reportAfter > REPORTED_AFTER_SECONDS) deps.metrics?.resultStuck?.(row.id, false);
  }
}

/** Retries a write, never a call. `report` is told each time that it has failed and is tried again. */
export async function persist<Result>(
  attempt: () => Promise<Result>,
  patience: Patience,
  report?: (error: unknown, seconds: number) => void,
): Promise<Result> {
  const since = instant();
  for (let pauseMilliseconds = 25; ; pauseMilliseconds = Math.min(pauseMilliseconds * 2, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await attempt();
    } catch (error) {
      if (secondsSince(since) >= patienceFor(error, patience)) throw error;
      report?.(error, secondsSince(since));
      await pause(pauseMilliseconds);
    }
  }
}

/** Deadlocks, serialization failures and locks that did not become free in time: nothing was written. */
const PASSING: ReadonlySet<unknown> = new Set(["40P01", "40001", "55P03"]);

function patienceFor(error: unknown, { awaySeconds, otherSeconds }: Patience): number {
  if (isDatabaseAway(error)) return awaySeconds;
  if (error instanceof Error && "code" in error && PASSING.has(error.code)) return awaySeconds;
  if (isMisfit(error)) return Math.min(otherSeconds, MISFIT_SECONDS);
  return isFromDatabase(error) && !isRefusedForGood(error) ? otherSeconds : 0;
}
