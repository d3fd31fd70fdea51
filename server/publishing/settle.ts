import { setTimeout as pause } from "node:timers/promises";

import type pg from "pg";

import type { EventType } from "../../model/events.ts";
import { foldStatus, mayBecome, type PlatformPostStatus, type PostStatus } from "../../model/status.ts";
import { isDatabaseAway, isFromDatabase, isRefusedForGood } from "../db/away.ts";
import type { PostEvent } from "../db/outbox.ts";
import {
  type Along,
  type Changes,
  findSiblings,
  holdPost,
  reopenCommit,
  type WorkRow,
  writeClaimed,
} from "../db/publishing.ts";
import { transaction } from "../db/sql.ts";
import { instant, LostClaim, secondsSince } from "./claim.ts";
import { findDoubt, inDoubt } from "./doubt.ts";
import { faultPoint, type Work } from "./work.ts";

type Also = Omit<Along, "post">;

type Written = Pick<Work, "deps" | "claim" | "row">;

/** Writes what only the engine sees. Throws LostClaim where the platform post is no longer ours. */
export async function write(
  work: Written,
  changes: Changes,
  also: Also = {},
  patienceSeconds = QUIET_PATIENCE_SECONDS,
): Promise<void> {
  await persist(async () => {
    if (!(await writeClaimed(poolFor(work, also), work.claim, changes, also))) throw new LostClaim();
  }, patienceSeconds);
  follow(work, changes);
}

/**
 * Writes what a caller can see: the platform post, its post's status as the fold of all of them, what happened to the
 * outbox, in one transaction with the journal. Throws LostClaim where the platform post is no longer ours.
 */
export async function settle(
  work: Written,
  changes: Changes,
  event: EventType | null,
  also: Also = {},
  patienceSeconds = QUIET_PATIENCE_SECONDS,
): Promise<void> {
  const { deps, claim, row } = work;
  const { step } = row;
  await faultPoint(deps, "settle.before", claim, step);
  const written = await persist(
    () =>
      transaction(poolFor(work, also), async (tx) => {
        const post = await holdPost.one(tx, [row.post_id, row.user_id, row.mode]);
        if (post === undefined) throw new LostClaim();
        const doubt = changes.status === "failed" ? await findDoubt(tx, work, changes, also.intent) : null;
        const said = doubt === null ? changes : inDoubt(work, changes, doubt);
        const told = doubt === null ? event : row.status === "unknown" ? null : "platform_post.unknown";
        const { status, folded } = await foldWith(tx, row, post.status, said.status);
        if (!mayBecome(status, said.status ?? status))
          throw new Error(`A platform post cannot go from ${status} to ${said.status}`);
        const events = eventsOf(row.id, told, post.status, folded);
        if (!(await writeClaimed(tx, claim, said, { ...also, post: { status: folded, events } })))
          throw new LostClaim();
        if (doubt !== null && doubt.nextReadSeconds !== null)
          await reopenCommit.run(tx, [doubt.id, row.user_id, row.mode]);
        return { postStatus: folded, said };
      }),
    patienceSeconds,
  );
  row.post_status = written.postStatus;
  follow(work, written.said);
  const { status } = written.said;
  if (status === "published" || status === "failed" || status === "unknown")
    deps.metrics?.settled(row.platform, status);
  await faultPoint(deps, "settle.after", claim, step);
}

/** What became of a commit does not wait for connections that others are using. */
function poolFor({ deps }: Written, { intent }: Also): pg.Pool {
  return (intent === undefined ? undefined : deps.urgentPool) ?? deps.pool;
}

/** What the post will be when this platform post is `next`, and what that is now. The post's row must be held. */
export async function foldWith(
  tx: pg.PoolClient,
  row: WorkRow,
  post: PostStatus,
  next?: PlatformPostStatus,
): Promise<{ status: PlatformPostStatus; folded: PostStatus }> {
  if (row.alone) return { status: row.status, folded: foldStatus(post, [next ?? row.status]) };
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

/** Long enough for a database that restarts; a lease that ends meanwhile is noticed by the write itself. */
const QUIET_PATIENCE_SECONDS = 8;

/** The result of a commit is worth waiting for. */
export const RESULT_PATIENCE_SECONDS = 60;

const LONGEST_PAUSE_MILLISECONDS = 1000;

/** Repeats a write, never a call, while the database is away; with a longer patience whatever it says but that it never will. */
export async function persist<Result>(attempt: () => Promise<Result>, patienceSeconds: number): Promise<Result> {
  const since = instant();
  for (let pauseMilliseconds = 25; ; pauseMilliseconds = Math.min(pauseMilliseconds * 2, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await attempt();
    } catch (error) {
      const isWorth =
        isWorthRepeating(error) ||
        (patienceSeconds > QUIET_PATIENCE_SECONDS && isFromDatabase(error) && !isRefusedForGood(error));
      if (!isWorth || secondsSince(since) > patienceSeconds) throw error;
      await pause(pauseMilliseconds);
    }
  }
}

/** A deadlock or a serialization failure has done nothing either. */
function isWorthRepeating(error: unknown): boolean {
  return (
    isDatabaseAway(error) ||
    (error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001"))
  );
}

const POST_EVENTS: Partial<Record<PostStatus, EventType>> = {
  posting: "post.publishing",
  published: "post.published",
  partial: "post.partial",
  failed: "post.failed",
};

function eventsOf(id: string, event: EventType | null, before: PostStatus, after: PostStatus): PostEvent[] {
  const ofPost = before === after ? undefined : POST_EVENTS[after];
  return [
    ...(event === null ? [] : [{ type: event, platform_post_id: id }]),
    ...(ofPost === undefined ? [] : [{ type: ofPost, platform_post_id: null }]),
  ];
}

/** The row in memory says what the row in the database says, as far as the engine reads it again. */
function follow({ row }: Written, changes: Changes): void {
  if (changes.status !== undefined) row.status = changes.status;
  if (changes.step !== undefined) row.step = changes.step;
  if (changes.liveThrough !== undefined) row.live_through = changes.liveThrough;
  if (changes.afresh === true) Object.assign(row, { live_through: null, platform_post_id: null, published_url: null });
  if (changes.polls === "none") {
    row.polls = 0;
    row.waited_seconds = 0;
  }
  if (changes.failures !== undefined) row.failures = changes.failures;
  if (changes.checkpoint !== undefined) row.checkpoint = changes.checkpoint;
  if (changes.attemptCount !== undefined) row.attempt_count = changes.attemptCount;
  if (changes.platformPostId !== undefined) row.platform_post_id = changes.platformPostId;
  if (changes.publishedUrl !== undefined) row.published_url = changes.publishedUrl;
  if (changes.error !== undefined) row.error = changes.error;
  if (changes.warnings !== undefined) row.warnings = changes.warnings;
}
