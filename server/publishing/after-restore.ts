import { DOUBTED_STEP, nameDoubtedStep } from "../db/hold.ts";
import type { IntentRow, WorkRow } from "../db/work-rows.ts";
import { beginChanges } from "./changes.ts";
import { lastLiveIndex } from "./position.ts";
import { settle } from "./settle.ts";
import type { ClaimedWork, Work } from "./work.ts";

/** Whether the database has lost what became of it: its open commit stands for one whose answer nobody has. */
export function isDoubted({ intent }: WorkRow): boolean {
  return intent?.result === null && intent.step === DOUBTED_STEP;
}

/** It may be live, so publishing has begun for the public: pending or queued becomes posting. */
export async function beginDoubted(work: ClaimedWork): Promise<void> {
  if (work.row.status !== "posting") await settle(work, beginChanges(work));
}

/** The open commit, by the step that it would have been: the first that is not known to be live. */
export async function nameDoubted(work: Work): Promise<IntentRow | null> {
  const { intent } = work.row;
  const step = work.steps.slice(lastLiveIndex(work) + 1).find(({ effect }) => effect === "visible");
  if (step === undefined || intent === null) return intent;
  await nameDoubtedStep.run(work.deps.pool, [intent.id, step.name]);
  return { ...intent, step: step.name };
}
