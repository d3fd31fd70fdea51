import { setTimeout as pause } from "node:timers/promises";

import type pg from "pg";

import type { EventType } from "../../model/events.ts";
import { foldStatus, mayBecome, type PlatformPostStatus, type PostStatus } from "../../model/status.ts";
import { isDatabaseAway, isFromDatabase, isMisfit, isRefusedForGood } from "../db/away.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { reopenCommit } from "../db/queries/commits.ts";
import type { PostEvent } from "../db/queries/outbox.ts";
import {
  type Along,
  type Changes,
  findSiblings,
  holdPost,
  type IntentChanges,
  type PostChanges,
  writeClaimed,
  writeTogether,
  type WrittenRow,
} from "../db/queries/publishing.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import { transaction } from "../db/sql.ts";
import { instant, LostClaim, secondsSince } from "./claim.ts";
import { faultPoint } from "./fault-points.ts";
import { asUnknown, findUncertainCommit } from "./uncertain-commit.ts";
import type { ClaimedWork } from "./work.ts";

type Also = Omit<Along, "post">;

type Settling = Also & { event?: EventType };

/** Writes changes that callers cannot see. Throws LostClaim if the claim no longer holds. */
export async function write(
  work: ClaimedWork,
  changes: Changes,
  also: Also = {},
  patience = QUIET_PATIENCE,
): Promise<void> {
  const pool = poolFor(work, also);
  const asked = { claim: work.claim, changes, along: also };
  const written = await persistFor(
    work,
    also,
    patience,
    async () => (await writeTogether(pool, asked)) ?? (await writeClaimed(pool, work.claim, changes, also)),
  );
  if (written === undefined) throw new LostClaim();
  Object.assign(work.row, written);
}

/** The event of a platform post that reaches a status. */
const PLATFORM_POST_EVENTS: Partial<Record<PlatformPostStatus, EventType>> = {
  published: "platform_post.published",
  failed: "platform_post.failed",
  unknown: "platform_post.unknown",
};

/** The event of a post that reaches a status. */
const POST_EVENTS: Partial<Record<PostStatus, EventType>> = {
  posting: "post.publishing",
  published: "post.published",
  partial: "post.partial",
  failed: "post.failed",
};

/**
 * Writes changes that callers can see, in one transaction: the platform post, the post's status as the fold of all its
 * platform posts, the events of both, and the journal. A post that may be live is never marked as failed: see
 * `asUnknown`. Throws LostClaim if the claim is no longer valid.
 */
export async function settle(
  work: ClaimedWork,
  changes: Changes,
  also: Settling = {},
  patience = QUIET_PATIENCE,
): Promise<void> {
  const { deps, claim, row } = work;
  const { step } = row;
  await faultPoint(deps, "settle.before", claim, step);
  const { written, becomes } = await persistFor(
    work,
    also,
    patience,
    async () => (await settleTogether(work, changes, also)) ?? (await settleAlone(work, changes, also)),
  );
  Object.assign(row, written);
  if (becomes === "published" || becomes === "failed" || becomes === "unknown")
    deps.metrics?.settled(row.platform, becomes);
  await faultPoint(deps, "settle.after", claim, step);
}

interface Settled {
  written: WrittenRow;
  /** Its new status, if that is another. */
  becomes: PlatformPostStatus | undefined;
}

/** In a transaction of its own, with the post's row locked. */
async function settleAlone(work: ClaimedWork, changes: Changes, also: Settling): Promise<Settled> {
  const { claim, row } = work;
  return transaction(poolFor(work, also), async (tx) => {
    const post = await holdPost.one(tx, [row.post_id, row.user_id, row.mode]);
    if (post === undefined) throw new LostClaim();
    const uncertain = changes.status === "failed" ? await findUncertainCommit(tx, work, changes, also.intent) : null;
    const said = uncertain === null ? changes : asUnknown(work, changes, uncertain);
    const { status, folded } = await foldWith(tx, row, post.status, said.status);
    const becomes = becomesOf(status, said);
    const along = { ...also, post: postChanges(row, also.event, becomes, post.status, folded) };
    const written = await writeClaimed(tx, claim, said, along);
    if (written === undefined) throw new LostClaim();
    notify(tx, CHANNELS.post, row.post_id);
    if (uncertain !== null && uncertain.nextReadSeconds !== null)
      await reopenCommit.run(tx, [uncertain.id, row.user_id, row.mode]);
    return { written, becomes };
  });
}

/**
 * In one statement with others, if this is the post's only platform post and nothing else has to be read first.
 * Undefined if it was not written like this.
 */
async function settleTogether(work: ClaimedWork, changes: Changes, also: Settling): Promise<Settled | undefined> {
  const { deps, claim, row } = work;
  if (!row.is_only_platform_post || changes.status === "failed") return undefined;
  const becomes = becomesOf(row.status, changes);
  const folded = foldStatus(row.post_status, [changes.status ?? row.status]);
  const along = { ...also, post: postChanges(row, also.event, becomes, row.post_status, folded) };
  const written = await writeTogether(poolFor(work, also), { claim, changes, along, postWas: row.post_status });
  if (written === undefined) return undefined;
  notify(deps.pool, CHANNELS.post, row.post_id);
  return { written, becomes };
}

function becomesOf(status: PlatformPostStatus, changes: Changes): PlatformPostStatus | undefined {
  if (!mayBecome(status, changes.status ?? status))
    throw new Error(`A platform post cannot go from ${status} to ${changes.status}`);
  return changes.status === status ? undefined : changes.status;
}

function postChanges(
  { id }: WorkRow,
  event: EventType | undefined,
  becomes: PlatformPostStatus | undefined,
  before: PostStatus,
  after: PostStatus,
): PostChanges {
  return {
    status: after,
    events: [
      ...eventOf(id, event ?? (becomes && PLATFORM_POST_EVENTS[becomes])),
      ...eventOf(null, after === before ? undefined : POST_EVENTS[after]),
    ],
  };
}

function eventOf(platformPostId: string | null, type: EventType | undefined): PostEvent[] {
  return type === undefined ? [] : [{ type, platform_post_id: platformPostId }];
}

/** The result of a commit does not wait behind other queries for a connection. */
function poolFor({ deps }: ClaimedWork, { intent }: Also): pg.Pool {
  return (intent === undefined ? undefined : deps.resultPool) ?? deps.pool;
}

/**
 * The platform post's status now, and the post's status once this platform post is `next`. The post's row must be
 * locked.
 */
export async function foldWith(
  tx: pg.PoolClient,
  row: WorkRow,
  post: PostStatus,
  next?: PlatformPostStatus,
): Promise<{ status: PlatformPostStatus; folded: PostStatus }> {
  if (row.is_only_platform_post) return { status: row.status, folded: foldStatus(post, [next ?? row.status]) };
  const siblings = await findSiblings.all(tx, [row.post_id, row.user_id, row.mode]);
  const status = siblings.find(({ id }) => id === row.id)?.status ?? row.status;
  return {
    status,
    folded: foldStatus(
      post,
      siblings.map((sibling) => (sibling.id === row.id ? (next ?? status) : sibling.status)),
    ),
  };
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
