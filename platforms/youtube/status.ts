import type { QuietStep, StepContext, StepOutcome } from "../platform.ts";
import { readResource } from "./api.ts";
import { failureOf } from "./errors.ts";
import { processing, type Processing } from "./wire.ts";

/**
 * What YouTube does with a video after its last byte. From then on it is visible and can be linked to, so the post
 * counts as published unless processing fails soon. Source: YouTube docs, videos resource, 2026-10.
 */

/** After this time, the post counts as published even if still processing; later failures become warnings. */
const WAITS = [10, 30, 60];
const LATER_WAITS = [120, 300];
const GIVE_UP_SECONDS = 3600;

export function awaitProcessed(): QuietStep {
  return {
    name: "processed",
    effect: "read",
    async run(context) {
      const waitSeconds = WAITS[context.polls];
      if (context.polls === 0 && waitSeconds !== undefined) return { waitSeconds };
      if (isProcessed(await readProcessing(context))) return { done: { processed: true } };
      return waitSeconds === undefined ? { done: { processed: false } } : { waitSeconds };
    },
  };
}

/** Slower processing is checked for another hour, after the post is published. */
export function watchProcessing(): QuietStep {
  return {
    name: "processing",
    effect: "read",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      if (context.checkpoint.processed === true) return { done: {} };
      if (context.polls === 0) return { waitSeconds: LATER_WAITS[0] ?? 120 };
      const state = await readProcessing(context);
      if (isProcessed(state)) return { done: { processed: true } };
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: waitFor(state, context) };
      return {
        done: {},
        warnings: [
          { code: "STILL_PROCESSING", message: "YouTube has not finished processing the video within an hour." },
        ],
      };
    },
  };
}

/** Based on the remaining time that YouTube reports. */
function waitFor(state: Processing, { polls }: StepContext): number {
  const planned = LATER_WAITS[polls] ?? 300;
  const left = Number(state.processingDetails?.processingProgress?.timeLeftMs ?? NaN) / 1000;
  return Number.isFinite(left) && left > 0 ? Math.min(Math.max(Math.ceil(left), 60), 300) : planned;
}

async function readProcessing(context: StepContext): Promise<Processing> {
  const query = { part: "status,processingDetails", id: String(context.checkpoint.video) };
  const { items } = await readResource(context, processing, "videos", query);
  // Either not listed yet, or deleted: neither means that processing failed.
  return items?.[0] ?? {};
}

/** Throws if processing has failed permanently. */
function isProcessed({ status, processingDetails }: Processing): boolean {
  const states = [
    { state: status?.uploadStatus, reason: status?.failureReason ?? status?.rejectionReason },
    { state: `processing ${processingDetails?.processingStatus}`, reason: processingDetails?.processingFailureReason },
  ];
  // One of the two can say that it failed, and only the other why.
  const failed = states
    .toSorted((left, right) => Number(!left.reason) - Number(!right.reason))
    .map(({ state, reason }) => failureOf(state, reason))
    .find((error) => error !== null);
  if (failed !== undefined) throw failed;
  return status?.uploadStatus === "processed" || processingDetails?.processingStatus === "succeeded";
}
