import type { PlatformPostError } from "../../model/errors.ts";
import { isSettled } from "../../model/status.ts";
import { SET_ASIDE_TAKEOVERS } from "../db/claims.ts";
import type { Changes } from "../db/publishing.ts";
import { transaction } from "../db/sql.ts";
import type { Claim } from "./claim.ts";
import { findDoubt } from "./doubt.ts";
import { describeFailure, toPublicError, unknownOutcome } from "./failure.ts";
import { settle } from "./settle.ts";
import type { ClaimedWork } from "./work.ts";

/** Whether so many processes ended with it in hand that no other is to begin with it. */
export function isPoison({ takeovers }: Claim): boolean {
  return takeovers >= SET_ASIDE_TAKEOVERS;
}

/**
 * Gives a platform post up without running anything of it, not even what makes its steps: any of that may be what ends
 * processes. It is `unknown` where a commit may have come through, and the caller may retry it.
 */
export async function setAside(work: ClaimedWork): Promise<void> {
  const { deps, claim, row } = work;
  await giveUp(work);
  deps.log.error(
    { platformPostId: row.id, platform: row.platform, step: row.step, takeovers: claim.takeovers },
    "a platform post was set aside: processes that worked on it ended again and again",
  );
  deps.metrics?.setAside(row.platform);
}

async function giveUp(work: ClaimedWork): Promise<void> {
  const { row } = work;
  const open = row.intent?.result === null ? row.intent : null;
  const intent =
    open === null
      ? undefined
      : ({ id: open.id, result: "unknown", evidence: { ...open.evidence, lastReason: SENTENCE } } as const);
  const changes: Changes = { attemptCount: Math.max(row.attempt_count, 1), next: { at: "never" } };
  if (row.status === "published")
    return await settle(
      work,
      { ...changes, warnings: [...row.warnings, { code: "INTERNAL_ERROR", message: SENTENCE }] },
      { intent },
    );
  if (isSettled(row.status)) return await settle(work, changes, { intent });
  const status = (await mayBeLive(work, changes)) ? "unknown" : "failed";
  await settle(work, { ...changes, status, error: errorOf(status, row) }, { intent });
}

/** A commit whose outcome is not known, or one that the platform took and has not confirmed. */
async function mayBeLive(work: ClaimedWork, changes: Changes): Promise<boolean> {
  const { deps, claim, row } = work;
  if (claim.lane === "observe" && row.last_live_step !== null) return true;
  return (await transaction(deps.pool, (tx) => findDoubt(tx, work, changes))) !== null;
}

const SENTENCE =
  "The server stopped again and again while it worked on this post, so what was still to be done was given up.";

function errorOf(status: "unknown" | "failed", row: ClaimedWork["row"]): PlatformPostError {
  if (status === "unknown") return unknownOutcome(`${SENTENCE} It is not known whether the post is live.`, null, null);
  const error = { ...toPublicError(describeFailure(undefined), { retryAt: null }), message: SENTENCE };
  return row.last_live_step === null
    ? error
    : { ...error, action: `${error.action} A retry goes on after the parts that are live.` };
}
