import type { Checkpoint, StepDone } from "../../platforms/platform.ts";
import type { Changes } from "../db/publishing.ts";
import type { WorkRow } from "../db/work-rows.ts";
import { addToCheckpoint } from "./checkpoint.ts";
import type { ClaimedWork, Work } from "./work.ts";

/** The code of the warning that says that preparing ahead of the due time did not go well. */
export const PREPARATION_FAILED = "PREPARATION_FAILED";

/** Publishing begins for the public, with an attempt: pending or queued becomes posting. What was tried ahead of the time does not count. */
export function beginChanges({ row, attempt }: Pick<ClaimedWork, "row" | "attempt">) {
  attempt.number = row.attempt_count + 1;
  attempt.isCounted = true;
  return {
    status: "posting",
    attemptCount: attempt.number,
    failures: 0,
    warnings: row.warnings.filter(({ code }) => code !== PREPARATION_FAILED),
  } as const satisfies Changes;
}

/** A step is about to run: after a failure that is a new attempt; a wait and reading back are none. */
export function countAttempt({ row, attempt }: ClaimedWork): void {
  if (attempt.isCounted || row.status !== "posting" || row.error === null || row.polls > 0) return;
  attempt.number += 1;
  attempt.isCounted = true;
}

/** What a step's result means for the row, beside where the work goes on. */
export function doneChanges(
  work: Pick<Work, "deps" | "broker" | "row">,
  done: StepDone,
  checkpoint: Checkpoint = work.row.checkpoint,
): Pick<Changes, "checkpoint" | "platformPostId" | "publishedUrl" | "warnings"> {
  return {
    checkpoint: addToCheckpoint(work, checkpoint, done.done),
    ...(done.platformPostId === undefined ? {} : { platformPostId: done.platformPostId }),
    ...(done.publishedUrl === undefined ? {} : { publishedUrl: done.publishedUrl }),
    ...(done.warnings === undefined ? {} : { warnings: withWarnings(work.row.warnings, done.warnings) }),
  };
}

/** A hidden step that is run again warns of the same again. */
function withWarnings(known: WorkRow["warnings"], more: WorkRow["warnings"]): WorkRow["warnings"] {
  return [
    ...known,
    ...more.filter(({ code, message }) => !known.some((other) => other.code === code && other.message === message)),
  ];
}
