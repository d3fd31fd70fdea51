import type pg from "pg";

import { PublicError, type PlatformPostError, type WarningCode } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { type PostAction, foldStatus, isAllowed, refusalOf } from "../../../model/status.ts";
import type { PostKey } from "../../../model/tenant.ts";
import { jsonb } from "../../db/jsonb.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import { closeCommits } from "../../db/queries/commits.ts";
import { recordPostEvents } from "../../db/queries/outbox.ts";
import {
  discardPlatformPosts,
  findUncertainPlatformPosts,
  type HeldPlatformPostRow,
  type HeldPost,
  holdPlatformPosts,
  publishPlatformPosts,
  reschedulePlatformPosts,
  retryPlatformPosts,
  setPostStatus,
  settleLivePlatformPosts,
  withdrawForcedRetries,
} from "../../db/queries/post-actions.ts";
import { releasePost } from "../../db/queries/usage.ts";
import type { Db } from "../../db/sql.ts";
import { unknownOutcome } from "../../publishing/failure.ts";
import { POLL_SECONDS, PREPARE_AHEAD_SECONDS } from "../../publishing/timing.ts";

/**
 * What a caller can do with a post's publishing. Each action runs in the caller's transaction, which has already locked
 * the post's row (`for update`), and is linearizable with the engine: a commit is written under the lock of the same
 * row or of the platform post's. So either the action sees the commit and is refused, or the engine finds its claim
 * lost and sends nothing. Refusals are PublicErrors; the transaction must then be rolled back.
 */

/** When the engine first looks at a platform post that is due then. */
export function firstActionAt(dueAt: Date): Date {
  return new Date(dueAt.getTime() - PREPARE_AHEAD_SECONDS * 1000);
}

/** Wakes the engine for a new due time that it would otherwise learn of too late: it polls anyway. */
export function notifyIfDue(db: Db, dueAt: Date | null): void {
  if (dueAt !== null && firstActionAt(dueAt).getTime() <= Date.now() + POLL_SECONDS * 1000) notify(db, CHANNELS.due);
}

/** Throws INVALID_STATUS_TRANSITION if the post's status does not allow the action. */
export function assertAllowed(post: Pick<HeldPost, "status">, action: PostAction): void {
  if (!isAllowed(post.status, action)) throw refusal(action, post);
}

/** Publish: draft or scheduled → queued, due now. What was prepared ahead of a scheduled time is used. */
export async function publishNow(tx: pg.PoolClient, post: HeldPost): Promise<void> {
  assertAllowed(post, "publish");
  await publishPlatformPosts.run(tx, [post.id, post.user_id, post.mode]);
  await setPostStatus.run(tx, [post.id, post.user_id, post.mode, "queued"]);
  await recordPostEvents(tx, ownerOf(post), []);
  notify(tx, CHANNELS.due);
}

/**
 * Retry: failed → queued for the platform posts that are named, or for all of them, starting after the parts that are
 * already live. unknown → queued only if it is named and `force` is set; otherwise OUTCOME_UNKNOWN. Returns the
 * platforms that are retried.
 */
export async function retry(
  tx: pg.PoolClient,
  post: HeldPost,
  options: { platforms?: readonly PlatformName[] | null; force?: boolean } = {},
): Promise<PlatformName[]> {
  assertAllowed(post, "retry");
  const held = await holdPlatformPosts.all(tx, values(post));
  const chosen = chooseForRetry(held, options.platforms ?? [], options.force ?? false);
  const ids = chosen.map(({ id }) => id);
  await closeCommits.run(tx, [ids, post.user_id, post.mode, jsonb({ closed: "The caller retried with force." })]);
  await retryPlatformPosts.run(tx, [ids, post.user_id, post.mode]);
  const status = foldStatus(
    post.status,
    held.map((platformPost) => (ids.includes(platformPost.id) ? "queued" : platformPost.status)),
  );
  await setPostStatus.run(tx, [...values(post), status]);
  await recordPostEvents(tx, ownerOf(post), []);
  notify(tx, CHANNELS.due);
  return chosen.map(({ platform }) => platform);
}

/**
 * Cancel and delete: → discarded; what is not published never will be. A post that is posting can be discarded only
 * while none of its platform posts is in progress, meaning that no step is running and no commit is in doubt. One whose
 * outcome is unknown stays unknown. `error` is shown on the discarded platform posts if there is more to say than that
 * the caller wanted it.
 */
export async function discard(
  tx: pg.PoolClient,
  post: HeldPost,
  error: PlatformPostError | null = null,
): Promise<void> {
  assertAllowed(post, "discard");
  const held = await holdPlatformPosts.all(tx, values(post));
  const uncertain = new Set((await findUncertainPlatformPosts.all(tx, values(post))).map(({ id }) => id));
  if (held.some(({ id, status, running }) => status === "posting" && (running || uncertain.has(id))))
    throw refusal("discard", post);
  const isLive = ({ status, live }: HeldPlatformPostRow) => status === "published" || (status === "posting" && live);
  // Everything is out already, and only the links are still being read: there is nothing left to cancel.
  if (held.length > 0 && held.every(isLive)) throw refusal("discard", post);
  const live = held.filter((each) => isLive(each) && each.status === "posting");
  const queuedInDoubt = held.filter(({ id, status }) => status === "queued" && uncertain.has(id));
  const discarded = held.filter((each) => !isLive(each) && !uncertain.has(each.id));
  const owned = (platformPosts: readonly HeldPlatformPostRow[]) =>
    [platformPosts.map(({ id }) => id), post.user_id, post.mode] as const;
  await settleLivePlatformPosts.run(tx, owned(live));
  await withdrawForcedRetries.run(tx, [...owned(queuedInDoubt), jsonb(RETRY_WITHDRAWN)]);
  await discardPlatformPosts.run(tx, [...owned(discarded), error === null ? null : jsonb(error), jsonb([PARTS_LIVE])]);
  if (post.mode === "live" && (post.status === "draft" || post.status === "scheduled"))
    await releasePost.run(tx, values(post));
  await setPostStatus.run(tx, [...values(post), "discarded"]);
  await recordPostEvents(tx, ownerOf(post), [
    ...live.map(({ id }) => ({ type: "platform_post.published" as const, platform_post_id: id })),
    ...queuedInDoubt.map(({ id }) => ({ type: "platform_post.unknown" as const, platform_post_id: id })),
    { type: "post.discarded", platform_post_id: null },
  ]);
}

const PARTS_LIVE = {
  code: "PARTS_LIVE",
  message: "Parts of the cancelled thread are live and stay.",
} as const satisfies { code: WarningCode; message: string };

const RETRY_WITHDRAWN = unknownOutcome(
  "The retry was cancelled before it started. It is not known whether the earlier request published the post.",
  null,
  null,
);

/**
 * After an edit of a draft or scheduled post: what was prepared is discarded, a step that is preparing loses its claim,
 * and the engine starts again ahead of `dueAt`, or not at all if it is null. The post's own row, including its status
 * and time, is written by the caller.
 */
export async function resetForEdit(tx: pg.PoolClient, post: HeldPost, dueAt: Date | null): Promise<void> {
  assertAllowed(post, "edit");
  await reschedulePlatformPosts.run(tx, [...values(post), dueAt, dueAt === null ? null : firstActionAt(dueAt)]);
  const moved = dueAt !== null && dueAt.getTime() !== post.scheduled_for?.getTime();
  await recordPostEvents(tx, ownerOf(post), moved ? [{ type: "post.scheduled", platform_post_id: null }] : []);
  notifyIfDue(tx, dueAt);
}

function chooseForRetry(
  held: readonly HeldPlatformPostRow[],
  platforms: readonly PlatformName[],
  force: boolean,
): HeldPlatformPostRow[] {
  if (platforms.length === 0) {
    const failed = held.filter(({ status }) => status === "failed");
    if (failed.length === 0) throw outcomeUnknown(held.filter(({ status }) => status === "unknown"));
    return failed;
  }
  return [...new Set(platforms)].map((platform, index) => {
    const found = held.find((candidate) => candidate.platform === platform);
    if (found === undefined) throw notTargeted(platform, index);
    if (found.status === "unknown" && !force) throw outcomeUnknown([found]);
    if (found.status !== "failed" && found.status !== "unknown") {
      throw new PublicError(
        "INVALID_STATUS_TRANSITION",
        `The platform post for ${platform} is in status "${found.status}": only failed ones can be retried.`,
      );
    }
    return found;
  });
}

function outcomeUnknown(unknown: readonly HeldPlatformPostRow[]): PublicError {
  const names = unknown.map(({ platform }) => platform).join(", ");
  return new PublicError(
    "OUTCOME_UNKNOWN",
    `It is not known whether the post is live on ${names}. ` +
      'Check the account; if it is not there, retry with it in "platforms" and "force": true.',
  );
}

function notTargeted(platform: PlatformName, index: number): PublicError {
  const message = `The post does not target ${platform}.`;
  return PublicError.of({
    rule: "retry.platforms.targeted",
    platform,
    path: `/platforms/${index}`,
    message,
    actual: platform,
    fix: "List platforms that the post targets, or omit `platforms` to retry all that failed.",
  });
}

function refusal(action: PostAction, post: Pick<HeldPost, "status">): PublicError {
  return new PublicError("INVALID_STATUS_TRANSITION", refusalOf(action, post.status));
}

function values(post: HeldPost): [postId: string, userId: string, mode: Mode] {
  return [post.id, post.user_id, post.mode];
}

function ownerOf(post: HeldPost): PostKey {
  return { userId: post.user_id, mode: post.mode, postId: post.id };
}
