import { setTimeout as pause } from "node:timers/promises";

import type pg from "pg";

import type { EventType } from "../../model/events.ts";
import { foldStatus, mayBecome, type PlatformPostStatus, type PostStatus } from "../../model/status.ts";
import { isDatabaseAway, isFromDatabase, isRefusedForGood } from "../db/away.ts";
import { reopenCommit } from "../db/commits.ts";
import type { PostEvent } from "../db/outbox.ts";
import { type Along, type Changes, findSiblings, holdPost, writeClaimed } from "../db/publishing.ts";
import { transaction } from "../db/sql.ts";
import type { WorkRow } from "../db/work-rows.ts";
import { instant, LostClaim, secondsSince } from "./claim.ts";
import { findDoubt, inDoubt } from "./doubt.ts";
import { faultPoint } from "./fault-points.ts";
import type { ClaimedWork } from "./work.ts";

type Also = Omit<Along, "post">;

/** Writes what only the engine sees. Throws LostClaim where the platform post is no longer ours. */
export async function write(
  work: ClaimedWork,
  changes: Changes,
  also: Also = {},
  patienceSeconds = QUIET_PATIENCE_SECONDS,
): Promise<void> {
  const written = await persist(() => writeClaimed(poolFor(work, also), work.claim, changes, also), patienceSeconds);
  if (written === undefined) throw new LostClaim();
  Object.assign(work.row, written);
}

/** What happened to a platform post when it came to a status. */
const PLATFORM_POST_EVENTS: Partial<Record<PlatformPostStatus, EventType>> = {
  published: "platform_post.published",
  failed: "platform_post.failed",
  unknown: "platform_post.unknown",
};

/** What happened to a post when it came to a status. */
const POST_EVENTS: Partial<Record<PostStatus, EventType>> = {
  posting: "post.publishing",
  published: "post.published",
  partial: "post.partial",
  failed: "post.failed",
};

/**
 * Writes what a caller can see: the platform post, its post's status as the fold of all of them, the events of both, in one
 * transaction with the journal. What may still be live is never said to have failed: see `inDoubt`. Throws LostClaim where
 * the platform post is no longer ours.
 */
export async function settle(
  work: ClaimedWork,
  changes: Changes,
  also: Also & { event?: EventType } = {},
  patienceSeconds = QUIET_PATIENCE_SECONDS,
): Promise<void> {
  const { deps, claim, row } = work;
  const { step } = row;
  await faultPoint(deps, "settle.before", claim, step);
  const { written, becomes } = await persist(
    () =>
      transaction(poolFor(work, also), async (tx) => {
        const post = await holdPost.one(tx, [row.post_id, row.user_id, row.mode]);
        if (post === undefined) throw new LostClaim();
        const doubt = changes.status === "failed" ? await findDoubt(tx, work, changes, also.intent) : null;
        const said = doubt === null ? changes : inDoubt(work, changes, doubt);
        const { status, folded } = await foldWith(tx, row, post.status, said.status);
        if (!mayBecome(status, said.status ?? status))
          throw new Error(`A platform post cannot go from ${status} to ${said.status}`);
        const becomes = said.status === status ? undefined : said.status;
        const events = [
          ...eventOf(row.id, also.event ?? (becomes && PLATFORM_POST_EVENTS[becomes])),
          ...eventOf(null, folded === post.status ? undefined : POST_EVENTS[folded]),
        ];
        const written = await writeClaimed(tx, claim, said, { ...also, post: { status: folded, events } });
        if (written === undefined) throw new LostClaim();
        if (doubt !== null && doubt.nextReadSeconds !== null)
          await reopenCommit.run(tx, [doubt.id, row.user_id, row.mode]);
        return { written, becomes };
      }),
    patienceSeconds,
  );
  Object.assign(row, written);
  if (becomes === "published" || becomes === "failed" || becomes === "unknown")
    deps.metrics?.settled(row.platform, becomes);
  await faultPoint(deps, "settle.after", claim, step);
}

function eventOf(platformPostId: string | null, type: EventType | undefined): PostEvent[] {
  return type === undefined ? [] : [{ type, platform_post_id: platformPostId }];
}

/** What became of a commit does not wait for connections that others are using. */
function poolFor({ deps }: ClaimedWork, { intent }: Also): pg.Pool {
  return (intent === undefined ? undefined : deps.urgentPool) ?? deps.pool;
}

/** What the post will be when this platform post is `next`, and what that is now. The post's row must be held. */
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
