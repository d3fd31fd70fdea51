import type pg from "pg";

import { findUncertainCommits } from "../db/commits.ts";
import type { Changes, IntentChanges } from "../db/publishing.ts";
import { instant } from "./claim.ts";
import { unknownOutcome } from "./failure.ts";
import { paceOf } from "./pace.ts";
import { nextReadSeconds, type ReadingContext } from "./reading.ts";
import type { ClaimedWork } from "./work.ts";

/** A commit of which nobody knows what came of it, so that the platform post must not be said to have failed. */
export interface Doubt {
  id: string;
  /** When it is read back next; null where that has gone on for a day, or would be by another account. */
  nextReadSeconds: number | null;
}

/**
 * A commit of the platform post that is open or was given up, of a step that is not live by another, once the same write
 * has made its changes and settled the commit `settled`.
 */
export async function findDoubt(
  tx: pg.PoolClient,
  { deps, row }: ClaimedWork,
  changes: Changes,
  settled?: IntentChanges,
): Promise<Doubt | null> {
  const uncertain = await findUncertainCommits.all(tx, [
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

/** What is said instead of a failure: it becomes unknown, with the reason why it was not tried further. Reading back goes on. */
export function inDoubt({ row }: ClaimedWork, changes: Changes, doubt: Doubt): Changes {
  const { status: _, ...rest } = changes;
  const reason = changes.error?.message ?? "";
  const message = `It is not known whether an earlier call has published the post. ${reason}`.trim();
  const { nextReadSeconds: seconds } = doubt;
  return {
    ...rest,
    ...(row.status === "unknown" ? {} : { status: "unknown" }),
    lane: "observe",
    error: unknownOutcome(message, changes.error?.platformError ?? null, null),
    next: seconds === null ? { at: "never" } : { at: "seconds", seconds },
  };
}
