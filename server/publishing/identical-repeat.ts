import { requestHash } from "../../platforms/kit/http.ts";
import type { StepContext } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import type { Changes } from "../db/queries/publishing.ts";
import type { IntentEvidence, IntentRow } from "../db/queries/work-rows.ts";
import { instant } from "./claim.ts";
import { declare, sendDeclared } from "./commit.ts";
import { commitContext, renewToken } from "./context.ts";
import { noteFailure } from "./fail.ts";
import { describeFailure, unknownOutcome } from "./failure.ts";
import type { VisiblePosition } from "./position.ts";
import { ageSeconds, isKnown, nextEvidence, nextReadSeconds, underWaySeconds, watch } from "./reading.ts";
import type { Sending } from "./send.ts";
import { RESULT_PATIENCE, settle, write } from "./settle.ts";
import { readAt, stillOpen } from "./still-open.ts";
import { traced } from "./traced.ts";
import type { Progress, Work } from "./work.ts";

/**
 * Sends the request of an open commit once more: only byte for byte, only where the platform documents that it refuses
 * the very same bytes within this time, never while the first call may still be in flight, and never again unless this
 * call has certainly done nothing. It needs what a first send needs; while that is refused, the commit stays open and is
 * looked at again on the schedule for reading back. "no": it may not be repeated.
 */
export async function repeat(work: Work, at: VisiblePosition, intent: IntentRow): Promise<Progress | "no"> {
  if (!mayRepeat(work, intent)) return "no";
  const sending = await sameRequest(work, at, intent);
  if (sending === null) return "no";
  const { evidence } = intent;
  const seconds = underWaySeconds(work, evidence);
  const { seconds: afterSeconds, watched } = watch(evidence);
  if (seconds > 0) {
    await write(work, { next: { at: "seconds", seconds } }, { intent: { id: intent.id, evidence: { watched } } });
    return "released";
  }
  const declared = { watched, endedAfterSeconds: null, repeat: { afterSeconds } };
  if (!(await declare(work, at, sending, declared)))
    return await putOff(work, intent, evidence, "The identical request has to wait.");
  const repeated = { since: intent.intentAt, afterSeconds };
  return await traced(work, "commit", { step: at.step.name }, (note) =>
    sendDeclared(work, at, sending, {
      note,
      repeated,
      earlier: evidence,
      unsent: ({ error }, details) => {
        const { message } = describeFailure(error);
        const known = { ...evidence, watched, ...details, repeat: { afterSeconds, proof: message } };
        return hadNoEffect(work, at, { ...intent, evidence: known }, error);
      },
    }),
  );
}

function mayRepeat(work: Work, intent: IntentRow): boolean {
  const { identicalRepeat } = work.broker;
  const { evidence } = intent;
  if (identicalRepeat === undefined || work.row.status !== "posting" || isKnown(evidence)) return false;
  const isRepeated = evidence.repeat !== undefined && evidence.repeat.proof === undefined;
  if (isRepeated || evidence.repeatOf !== undefined) return false;
  return Math.max(ageSeconds(work, intent), watch(evidence).seconds) < identicalRepeat.withinSeconds;
}

/** Null if it cannot be built, or is not the same. */
async function sameRequest(work: Work, { step }: VisiblePosition, intent: IntentRow): Promise<Sending | null> {
  try {
    const context: StepContext = { ...(await commitContext(work)), mayBeLive: true };
    const request = step.request(context);
    const isSame = requestHash(request) === intent.requestHash;
    return isSame ? { id: intent.id, request, context, writtenAfter: instant() } : null;
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    return null;
  }
}

async function putOff(work: Work, intent: IntentRow, evidence: IntentEvidence, reason: string): Promise<"released"> {
  const looked = nextEvidence(work, { ...intent, evidence }, { verdict: "pending", reason }, []);
  return await stillOpen(work, { ...intent, evidence: looked }, reason, false);
}

/** The repeat was refused, or not sent. That says nothing about the first call. posting → unknown if it always will be. */
async function hadNoEffect(work: Work, at: VisiblePosition, intent: IntentRow, error: unknown): Promise<Progress> {
  const failure = describeFailure(error);
  await write(work, {}, { intent: { id: intent.id, evidence: intent.evidence } }, RESULT_PATIENCE);
  if (failure.brokerCode === "AUTH_EXPIRED" && !work.tokenRenewed) {
    const isRenewed = await renewToken(work).then(
      () => true,
      (reason: unknown) => {
        if (isDatabaseAway(reason)) throw reason;
        return false;
      },
    );
    const again = isRenewed ? await repeat(work, at, intent) : "no";
    if (again !== "no") return again;
  }
  if (failure.retryable || failure.retryAfterSeconds !== null || failure.brokerCode === null)
    await putOff(work, intent, intent.evidence, failure.message);
  else {
    const message = `It is not known whether an earlier request published the post. ${failure.message}`;
    const changes: Changes = {
      status: "unknown",
      lane: "observe",
      error: unknownOutcome(message, failure.platformError, null),
      next: readAt(nextReadSeconds({ ...work, row: { ...work.row, status: "unknown" } }, intent)),
    };
    await settle(work, changes);
  }
  await noteFailure(work, error);
  return "released";
}
