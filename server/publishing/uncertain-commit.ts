import { findUncertainCommits } from "../db/queries/commits.ts";
import type { Changes, IntentChanges } from "../db/queries/publishing.ts";
import type { Db } from "../db/sql.ts";
import { instant } from "./claim.ts";
import { unknownOutcome } from "./failure.ts";
import { nextReadSeconds, type ReadingContext } from "./reading.ts";
import { paceOf } from "./timing.ts";
import type { ClaimedWork } from "./work.ts";

/** A commit whose outcome is unknown. While there is one, the platform post must not be called failed. */
export interface UncertainCommit {
  id: string;
  /** When it is next read back; null after a day, or if the account that sent it is no longer connected. */
  nextReadSeconds: number | null;
}

/**
 * The newest commit that is open or was given up, whose step no other commit has made live. Found as things will be
 * once `changes` are written and the commit `settled` has its result.
 */
export async function findUncertainCommit(
  db: Db,
  { deps, row }: ClaimedWork,
  changes: Changes,
  settled?: IntentChanges,
): Promise<UncertainCommit | null> {
  const uncertain = await findUncertainCommits.all(db, [
    row.id,
    row.user_id,
    row.mode,
    changes.reset === true ? null : row.last_live_step,
  ]);
  const made = settled?.result === "ok" ? uncertain.find(({ id }) => id === settled.id)?.step : undefined;
  const newest = uncertain.find(
    ({ id, step }) => (settled?.result === undefined || id !== settled.id) && step !== made,
  );
  if (newest === undefined) return null;
  const reading: ReadingContext = {
    row: { ...row, status: "unknown" },
    loadedAt: instant(),
    pace: paceOf(row.mode, deps.speed),
  };
  return { id: newest.id, nextReadSeconds: newest.readable ? nextReadSeconds(reading, newest) : null };
}

/** What is written instead of a failure: → unknown, with the reason why it was not retried. Reading back continues. */
export function asUnknown({ row }: ClaimedWork, changes: Changes, uncertain: UncertainCommit): Changes {
  const { status: _, ...rest } = changes;
  const reason = changes.error?.message ?? "";
  const message = `It is not known whether an earlier request published the post. ${reason}`.trim();
  const { nextReadSeconds: seconds } = uncertain;
  return {
    ...rest,
    ...(row.status === "unknown" ? {} : { status: "unknown" }),
    lane: "observe",
    error: unknownOutcome(message, changes.error?.platformError ?? null, null),
    next: seconds === null ? { at: "never" } : { at: "seconds", seconds },
  };
}
