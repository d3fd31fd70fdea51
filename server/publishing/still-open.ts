import type { Changes, Next } from "../db/queries/publishing.ts";
import type { IntentRow } from "../db/queries/work-rows.ts";
import { type Checking, checkingMessage, unknownOutcome } from "./failure.ts";
import { ageSeconds, nextReadSeconds } from "./reading.ts";
import { settle } from "./settle.ts";
import { readsUntilUnknown, unknownAfterSeconds } from "./timing.ts";
import type { ClaimedWork } from "./work.ts";

/**
 * This read did not settle the commit. It is read again, and given up after a day. posting → unknown once that takes
 * too long, or as soon as further reads cannot help.
 */
export async function stillOpen(
  work: ClaimedWork,
  intent: IntentRow,
  reason: string,
  cannotTell: boolean,
  untilProof: number | null = null,
): Promise<"released"> {
  const { row } = work;
  const seconds = nextReadSeconds(work, intent, untilProof);
  const isUnknown =
    row.status === "posting" &&
    (cannotTell || seconds === null || ageSeconds(work, intent) >= unknownAfterSeconds(work.pace));
  const { answer, doubted } = intent.evidence;
  const message = checkingMessage({ isDoubted: doubted === true, isOver: isUnknown });
  const error = unknownOutcome(message, answer?.platformError ?? null, isUnknown ? null : checkingOf(work, intent));
  const changes: Changes = {
    lane: "observe",
    ...(isUnknown ? { status: "unknown" } : {}),
    ...(row.status === "posting" ? { error } : {}),
    next: readAt(seconds),
  };
  const evidence = { ...intent.evidence, lastReason: reason };
  await settle(work, changes, {
    intent: { id: intent.id, evidence, ...(seconds === null ? { result: "unknown" } : {}) },
  });
  return "released";
}

export function readAt(seconds: number | null): Next {
  return seconds === null ? { at: "never" } : { at: "seconds", seconds };
}

function checkingOf(work: ClaimedWork, intent: IntentRow): Checking {
  return {
    checks: readsUntilUnknown(intent.evidence.reads ?? 0, work.pace),
    decidedInSeconds: unknownAfterSeconds(work.pace) - ageSeconds(work, intent),
  };
}
