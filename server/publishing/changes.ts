import type { Checkpoint, StepDone } from "../../platforms/platform.ts";
import type { Changes } from "../db/queries/publishing.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import { addToCheckpoint } from "./checkpoint.ts";
import type { ClaimedWork, Work } from "./work.ts";

/** The code of the warning that preparing ahead of the due time failed. */
export const PREPARATION_FAILED = "PREPARATION_FAILED";

/** pending or queued → posting, with a new attempt. Failures from preparing ahead of the due time no longer count. */
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

/** Called before a step runs. Running it again after a failure is a new attempt; waiting and reading back are not. */
export function countAttempt({ row, attempt }: ClaimedWork): void {
  if (attempt.isCounted || row.status !== "posting" || row.error === null || row.polls > 0) return;
  attempt.number += 1;
  attempt.isCounted = true;
}

/** What a step's result changes in the row, apart from which step is next. */
export function doneChanges(
  work: Pick<Work, "deps" | "broker" | "row">,
  done: StepDone,
  checkpoint: Checkpoint = work.row.checkpoint,
): Pick<Changes, "checkpoint" | "platformPostId" | "publishedUrl" | "parts" | "warnings"> {
  return {
    checkpoint: addToCheckpoint(work, checkpoint, done.done),
    ...(done.platformPostId === undefined ? {} : { platformPostId: done.platformPostId }),
    ...(done.publishedUrl === undefined ? {} : { publishedUrl: done.publishedUrl }),
    ...(done.parts === undefined ? {} : { parts: done.parts }),
    ...(done.warnings === undefined ? {} : { warnings: withWarnings(work.row.warnings, done.warnings) }),
  };
}

/** A hidden step that is run twice gives the same warning twice. */
function withWarnings(known: WorkRow["warnings"], more: WorkRow["warnings"]): WorkRow["warnings"] {
  return [
    ...known,
    ...more.filter(({ code, message }) => !known.some((other) => other.code === code && other.message === message)),
  ];
}
