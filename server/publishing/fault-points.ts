/**
 * Where tests and the fault harness can stop, kill or delay the engine: before and after every step, and around every
 * line of the commit protocol. In production they do nothing.
 */
export const FAULT_POINTS = [
  "claim.before",
  "claim.after",
  "step.before",
  "step.after",
  "step.saved",
  "intent.before",
  "intent.written",
  /** Right before the first byte of the commit goes out. Must not wait. */
  "send.before",
  "answer.received",
  "result.before",
  "result.written",
  "reconcile.before",
  "reconcile.after",
  "settle.before",
  "settle.after",
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface FaultPlace {
  point: FaultPoint;
  /** Null before one is claimed. */
  platformPostId: string | null;
  /** The current step, if there is one. */
  step: string | null;
}

/** May throw, never return, or end the process. */
export type FaultHook = (place: FaultPlace) => void | Promise<void>;

/** Reaches a fault point with the claimed platform post, if there is one. */
export async function faultPoint(
  { faultPoint: hook }: { faultPoint?: FaultHook | undefined },
  point: FaultPoint,
  claim: { id: string } | null,
  step: string | null,
): Promise<void> {
  await hook?.({ point, platformPostId: claim?.id ?? null, step });
}
