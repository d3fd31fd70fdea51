import type { PlatformPostError } from "../../model/errors.ts";
import { isSettled } from "../../model/status.ts";
import { SET_ASIDE_TAKEOVERS } from "../db/queries/claims.ts";
import type { Changes } from "../db/queries/publishing.ts";
import type { Claim } from "./claim.ts";
import { describeFailure, toPublicError, unknownOutcome } from "./failure.ts";
import { settle } from "./settle.ts";
import { findUncertainCommit } from "./uncertain-commit.ts";
import type { ClaimedWork } from "./work.ts";

/** What to do about a post that was set aside. */
export const SET_ASIDE_CURE =
  "Report what the log says before each crash. The post's owner can retry it: `ampost posts retry ID`, " +
  "with --force if it is unknown and not on the platform.";

/** Whether so many processes died holding it that no other should try, and none of them has turned out to be alive. */
export function isPoison({ takeovers }: Claim): boolean {
  return takeovers > SET_ASIDE_TAKEOVERS;
}

/**
 * Gives up a platform post without running any of its code, not even the code that builds its steps: any of that may be
 * what kills processes. pending, queued or posting → failed, or → unknown if a commit may have gone through, or →
 * published if only cosmetic steps were left. The caller can retry what is not published.
 */
export async function setAside(work: ClaimedWork): Promise<void> {
  const { deps, claim, row } = work;
  await giveUp(work);
  deps.log.error(
    { platformPostId: row.id, platform: row.platform, step: row.step, takeovers: claim.takeovers },
    "a platform post was set aside: processes crashed on it repeatedly",
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
  if (row.status === "published" || (row.status === "posting" && row.is_live))
    return await settle(
      work,
      {
        ...changes,
        status: "published",
        error: null,
        warnings: [...row.warnings, { code: "INTERNAL_ERROR", message: SENTENCE }],
      },
      { intent },
    );
  if (isSettled(row.status)) return await settle(work, changes, { intent });
  const status = (await mayBeLive(work, changes)) ? "unknown" : "failed";
  await settle(work, { ...changes, status, error: errorOf(status, row) }, { intent });
}

/** Whether a commit has an unknown outcome, or was accepted by the platform and not confirmed. */
async function mayBeLive(work: ClaimedWork, changes: Changes): Promise<boolean> {
  const { deps, claim, row } = work;
  if (claim.lane === "observe" && row.last_live_step !== null) return true;
  return (await findUncertainCommit(deps.pool, work, changes)) !== null;
}

const SENTENCE = "The server stopped repeatedly while working on this post, so it was set aside.";

function errorOf(status: "unknown" | "failed", row: ClaimedWork["row"]): PlatformPostError {
  if (status === "unknown") return unknownOutcome(`${SENTENCE} It is not known whether the post is live.`, null, null);
  const error = { ...toPublicError(describeFailure(undefined), { retryAt: null }), message: SENTENCE };
  return row.last_live_step === null
    ? error
    : { ...error, action: `${error.action} A retry continues after the parts that are live.` };
}
