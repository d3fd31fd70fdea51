import { jsonb } from "../db/jsonb.ts";
import { UNNAMED_STEP, nameCommitStep, openNextDoubt } from "../db/queries/hold.ts";
import type { IntentRow, WorkRow } from "../db/queries/work-rows.ts";
import { lastLiveIndex } from "./position.ts";
import type { Work } from "./work.ts";

/**
 * Whether the database was restored to a state from before its outcome was recorded: its open commit stands in for one
 * that may have been sent.
 */
export function isDoubted({ intent }: WorkRow): boolean {
  return intent?.result === null && intent.step === UNNAMED_STEP;
}

/** Gives the open commit the name of its step: the first visible one that is not known to be live. */
export async function nameDoubted(work: Work): Promise<IntentRow | null> {
  const { intent } = work.row;
  const step = work.steps.slice(lastLiveIndex(work) + 1).find(({ effect }) => effect === "visible");
  if (step === undefined || intent === null) return intent;
  await nameCommitStep.run(work.deps.pool, [intent.id, step.name]);
  return { ...intent, step: step.name };
}

/**
 * A step that was in doubt is live, so the visible steps after it may be, too: the next is put into doubt before it can
 * be sent. False if there is none.
 */
export async function doubtNext({ deps, claim, row, steps }: Work, found: IntentRow): Promise<boolean> {
  const { doubted, unplanned } = found.evidence;
  if (found.result !== null && found.result !== "ok") return false;
  const after = steps.slice(steps.findIndex(({ name }) => name === found.step) + 1);
  if (doubted === undefined || row.last_live_step !== found.step || !after.some(({ effect }) => effect === "visible"))
    return false;
  const evidence = jsonb({ doubted, unplanned });
  await openNextDoubt.run(deps.pool, [claim.id, claim.fence, claim.leaseOwner, new Date(found.intentAt), evidence]);
  return true;
}

/** Quiet steps that are not repeated may have run as well: they look first whether they have. */
export function startedSteps({ steps }: Pick<Work, "steps">): Record<string, true> {
  return Object.fromEntries(
    steps.flatMap((step) => (step.effect !== "visible" && step.once === true ? [[startMark(step.name), true]] : [])),
  );
}

/** The member of a checkpoint that says that a step has started. */
export function startMark(step: string): string {
  return `${step}-begun`;
}
