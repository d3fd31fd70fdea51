import type { QuietStep, VisibleStep } from "../../platforms/platform.ts";
import type { Lane } from "../db/claims.ts";
import type { Changes } from "../db/publishing.ts";
import type { Work } from "./work.ts";

/** A place in a platform post's list of steps, and what being there means. Nothing of it changes while a step runs. */
export type Position = VisiblePosition | QuietPosition | EndPosition;

export type VisiblePosition = Place & { effect: "visible"; step: VisibleStep };
export type QuietPosition = Place & { effect: QuietStep["effect"]; step: QuietStep };
export type EndPosition = Place & { effect: null; step: null };

interface Place {
  index: number;
  /** Preparing up to a visible step, committing at it, observing once every visible step is live. */
  lane: Lane;
  /** Every visible step is live: what is left only observes. */
  isCommitted: boolean;
  /** All that is left is nice to have: for the public it is published. */
  isOnlyCosmetic: boolean;
}

type Steps = Pick<Work, "steps" | "row">;

/** The place of a step as things stand, or as they will be once `lastLiveStep` is live. */
export function positionAt({ steps, row }: Steps, index: number, lastLiveStep = row.last_live_step): Position {
  const rest = steps.slice(index);
  const isCommitted =
    steps.some(({ name }) => name === lastLiveStep) &&
    !rest.some(({ effect, name }) => effect === "visible" && name !== lastLiveStep);
  const isOnlyCosmetic = isCommitted && rest.every((step) => step.effect !== "visible" && step.cosmetic === true);
  const [step] = rest;
  const lane = step?.effect === "visible" ? "commit" : isCommitted ? "observe" : "prepare";
  const place: Place = { index, lane, isCommitted, isOnlyCosmetic };
  if (step === undefined) return { ...place, effect: null, step: null };
  return step.effect === "visible" ? { ...place, effect: step.effect, step } : { ...place, effect: step.effect, step };
}

/** The step to run: the one written down, else the first after what is live. Never one before that: it would be published twice. */
export function currentPosition(work: Steps): Position {
  return positionAt(work, Math.max(indexOf(work, work.row.step), lastLiveIndex(work) + 1));
}

/** The place of a step by its name; the end where the broker does not know it. */
export function positionOf(work: Steps, name: string): Position {
  const index = indexOf(work, name);
  return positionAt(work, index === -1 ? work.steps.length : index);
}

/** The step after this one; `lastLiveStep` is what will be live by then. */
export function nextPosition(work: Steps, { index }: Position, lastLiveStep?: string): Position {
  return positionAt(work, index + 1, lastLiveStep ?? work.row.last_live_step);
}

/** -1 where nothing is live. */
export function lastLiveIndex(work: Steps): number {
  return indexOf(work, work.row.last_live_step);
}

/** How many of the visible steps are live. */
export function liveParts(
  { steps, row }: Steps,
  lastLiveStep: string | null = row.last_live_step,
): { parts: number; of: number } {
  const visible = steps.filter(({ effect }) => effect === "visible");
  return { parts: visible.findIndex(({ name }) => name === lastLiveStep) + 1, of: visible.length };
}

/** What to write so that the work goes on there. */
export function goTo({ step, lane }: Position): Required<Pick<Changes, "step" | "lane">> {
  return { step: step?.name ?? null, lane };
}

function indexOf({ steps }: Pick<Steps, "steps">, name: string | null): number {
  return steps.findIndex((step) => step.name === name);
}
