import type { Mode } from "../../model/platform-names.ts";
import { jsonb } from "../db/jsonb.ts";
import { recordPostEvents } from "../db/queries/outbox.ts";
import { markPlatformPostsMissed } from "../db/queries/post-actions.ts";
import { holdPost } from "../db/queries/publishing.ts";
import { transaction } from "../db/sql.ts";
import { secondsSince } from "./claim.ts";
import { settle } from "./settle.ts";
import { USUAL_LATEST_SECONDS } from "./timing.ts";
import { type ClaimedWork, isDue } from "./work.ts";

/** The code of the error or warning on a post that was not published because it was too late. */
export const PUBLISH_MISSED = "PUBLISH_MISSED";

/**
 * How long the platform post may still be published automatically; negative once it is too late. With `pace` the
 * instance's limit is scaled as the engine's pauses are.
 */
export function secondsLeft({ deps, row, loadedAt }: ClaimedWork, pace = 1): number {
  return (
    (row.last_in_seconds ?? row.due_in_seconds + (deps.latestSeconds ?? USUAL_LATEST_SECONDS) / pace) -
    secondsSince(loadedAt)
  );
}

/** What is in progress is written more often, unless a pause, a limit or an outage holds it back. */
const ABANDONED_SECONDS = 600;

/**
 * Whether it was waiting to begin or to be retried, or was abandoned before anything was live, and its turn has come
 * only now, when it may no longer be wanted; or its time came during a pause, after which it is not wanted.
 */
export function isTooLate(work: ClaimedWork): boolean {
  const { claim, row } = work;
  if (claim.lane === "observe" || row.intent?.result === null) return false;
  const isWaiting = row.status === "pending" || row.status === "queued";
  if (isWaiting && isSkipped(work)) return true;
  if (secondsLeft(work) >= 0) return false;
  if (isWaiting) return true;
  if (row.status !== "posting") return false;
  const isAbandoned = row.last_live_step === null && row.idle_seconds > ABANDONED_SECONDS;
  return isAbandoned || row.intent?.evidence.withheld !== undefined || (row.error !== null && row.polls === 0);
}

function isSkipped(work: ClaimedWork): boolean {
  return work.row.is_skipped && work.row.last_live_step === null && isDue(work);
}

/**
 * Too late to be published automatically. A scheduled post stays pending with nothing due, for someone to publish, edit
 * or cancel. If publishing was asked for or has begun, on any platform, or only this account was paused: → failed.
 */
export async function expire(work: ClaimedWork): Promise<void> {
  const { deps, claim, row } = work;
  if (row.status === "pending" && (await miss(work))) return;
  const error =
    row.error !== null && row.status === "posting"
      ? { ...row.error, retryAt: null }
      : ({
          code: PUBLISH_MISSED,
          message: sentence(work),
          category: "internal",
          retryable: true,
          retryAt: null,
          action: "Retry the post if you still want it.",
          platformError: null,
        } as const);
  deps.log.warn({ platformPostId: claim.id }, "a post was not published because it was too late");
  await settle(work, { status: "failed", error, next: { at: "never" } });
}

/** Decided under the post's lock: meanwhile, publishing may have begun on another platform. */
async function miss(work: ClaimedWork): Promise<boolean> {
  const { deps, claim, row } = work;
  const owner: [postId: string, userId: string, mode: Mode] = [row.post_id, row.user_id, row.mode];
  const message = `${sentence(work)} Publish the post if you still want it, or reschedule or cancel it.`;
  const isMissed = await transaction(deps.pool, async (tx) => {
    if ((await holdPost.one(tx, owner))?.status !== "scheduled") return false;
    const warnings = jsonb([{ code: PUBLISH_MISSED, message }]);
    const claimed = [claim.id, claim.fence, claim.leaseOwner] as const;
    if ((await markPlatformPostsMissed.run(tx, [...owner, warnings, ...claimed, isSkipped(work)])) === 0) return false;
    await recordPostEvents(tx, { userId: row.user_id, mode: row.mode, postId: row.post_id }, [
      { type: "post.missed", platform_post_id: null },
    ]);
    return true;
  });
  if (isMissed)
    deps.log.warn(
      { postId: row.post_id },
      "a scheduled post was not published because it was too late; it waits for its owner",
    );
  return isMissed;
}

function sentence(work: ClaimedWork): string {
  const dueAt = new Date(work.loadedAt.wall + work.row.due_in_seconds * 1000).toISOString();
  return isSkipped(work)
    ? `The post was due at ${dueAt}, while publishing was paused, and was not to be published after that.`
    : `The post was due at ${dueAt} and could not be published in time.`;
}
