import { DOUBTED_STEP, nameDoubtedStep } from "../db/hold.ts";
import type { WorkRow } from "../db/publishing.ts";
import { settle } from "./settle.ts";
import { beginChanges, liveIndex, type Work } from "./work.ts";

/** Whether the database has lost what became of it: its open commit stands for one whose answer nobody has. */
export function isDoubted({ intent }: WorkRow): boolean {
  return intent?.result === null && intent.step === DOUBTED_STEP;
}

/** It may be live, so publishing has begun for the public. */
export async function beginDoubted(work: Pick<Work, "deps" | "claim" | "row">): Promise<void> {
  if (work.row.status !== "posting") await settle(work, beginChanges({ ...work, attemptCounted: false }), null);
}

/** The commit that it would have been: the first that is not known to be live. */
export async function nameDoubted({ deps, row, steps }: Work): Promise<void> {
  const step = steps.slice(liveIndex({ row, steps }) + 1).find(({ effect }) => effect === "visible");
  if (step === undefined || row.intent === null) return;
  await nameDoubtedStep.run(deps.pool, [row.intent.id, step.name]);
  row.intent = { ...row.intent, step: step.name };
}
