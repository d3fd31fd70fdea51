import { UNNAMED_STEP, nameCommitStep } from "../db/queries/hold.ts";
import type { IntentRow, WorkRow } from "../db/queries/work-rows.ts";
import { beginChanges } from "./changes.ts";
import { lastLiveIndex } from "./position.ts";
import { settle } from "./settle.ts";
import type { ClaimedWork, Work } from "./work.ts";

/**
 * Whether the database was restored to a state from before its outcome was recorded: its open commit stands in for one
 * that may have been sent.
 */
export function isDoubted({ intent }: WorkRow): boolean {
  return intent?.result === null && intent.step === UNNAMED_STEP;
}

/** It may be live, so callers must see it as posting: pending or queued → posting. */
export async function beginDoubted(work: ClaimedWork): Promise<void> {
  if (work.row.status !== "posting") await settle(work, beginChanges(work));
}

/** Gives the open commit the name of its step: the first visible one that is not known to be live. */
export async function nameDoubted(work: Work): Promise<IntentRow | null> {
  const { intent } = work.row;
  const step = work.steps.slice(lastLiveIndex(work) + 1).find(({ effect }) => effect === "visible");
  if (step === undefined || intent === null) return intent;
  await nameCommitStep.run(work.deps.pool, [intent.id, step.name]);
  return { ...intent, step: step.name };
}
