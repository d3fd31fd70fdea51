import type { QuietStep, VisibleStep } from "../../platforms/platform.ts";
import type { Lane } from "../db/queries/claims.ts";
import type { Changes } from "../db/queries/publishing.ts";
import type { Work } from "./work.ts";

/** A place in a platform post's list of steps, and what it means to be there. */
export type Position = VisiblePosition | QuietPosition | EndPosition;

export type VisiblePosition = PositionInfo & { effect: "visible"; step: VisibleStep };
export type QuietPosition = PositionInfo & { effect: QuietStep["effect"]; step: QuietStep };
export type EndPosition = PositionInfo & { effect: null; step: null };

interface PositionInfo {
  index: number;
  /** prepare before a visible step, commit at it, observe once every visible step is live. */
  lane: Lane;
  /** Every visible step is live: the rest only observes. */
  isCommitted: boolean;
  /** Only cosmetic steps are left: to callers it is published. */
  isOnlyCosmetic: boolean;
}

type Steps = Pick<Work, "steps" | "row">;

/** The position of a step as things are, or as they will be once `lastLiveStep` is live. */
export function positionAt({ steps, row }: Steps, index: number, lastLiveStep = row.last_live_step): Position {
  const rest = steps.slice(index);
  const isCommitted =
    steps.some(({ name }) => name === lastLiveStep) &&
    !rest.some(({ effect, name }) => effect === "visible" && name !== lastLiveStep);
  const isOnlyCosmetic = isCommitted && rest.every((step) => step.effect !== "visible" && step.cosmetic === true);
  const [step] = rest;
  const lane = step?.effect === "visible" ? "commit" : isCommitted ? "observe" : "prepare";
  const place: PositionInfo = { index, lane, isCommitted, isOnlyCosmetic };
  if (step === undefined) return { ...place, effect: null, step: null };
  return step.effect === "visible" ? { ...place, effect: step.effect, step } : { ...place, effect: step.effect, step };
}

/**
 * The step to run: the one stored in the row, otherwise the first after what is live. Never an earlier one, which
 * would publish twice.
 */
export function currentPosition(work: Steps): Position {
  return positionAt(work, Math.max(indexOf(work, work.row.step), lastLiveIndex(work) + 1));
}

/** The position of a step by its name; the end if the broker has no such step. */
export function positionOf(work: Steps, name: string): Position {
  const index = indexOf(work, name);
  return positionAt(work, index === -1 ? work.steps.length : index);
}

/** The position after this one; `lastLiveStep` is what will be live by then. */
export function nextPosition(work: Steps, { index }: Position, lastLiveStep?: string): Position {
  return positionAt(work, index + 1, lastLiveStep ?? work.row.last_live_step);
}

/** -1 if nothing is live. */
export function lastLiveIndex(work: Steps): number {
  return indexOf(work, work.row.last_live_step);
}

/** How many visible steps are live. */
export function liveParts(
  { steps, row }: Steps,
  lastLiveStep: string | null = row.last_live_step,
): { parts: number; of: number } {
  const visible = steps.filter(({ effect }) => effect === "visible");
  return { parts: visible.findIndex(({ name }) => name === lastLiveStep) + 1, of: visible.length };
}

/** The changes that make this the current step. */
export function goTo({ step, lane }: Position): Required<Pick<Changes, "step" | "lane">> {
  return { step: step?.name ?? null, lane };
}

function indexOf({ steps }: Pick<Steps, "steps">, name: string | null): number {
  return steps.findIndex((step) => step.name === name);
}
