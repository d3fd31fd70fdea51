import { toBrokerError } from "../kit/errors.ts";
import { BrokerError, type QuietStep, type StepContext, type StepDone, type StepOutcome } from "../platform.ts";
import { bearer, callX, MEDIA_API } from "./api.ts";
import type { File } from "./content.ts";
import { uploaded, type Processing } from "./wire.ts";

/** X names no number; ten minutes are plenty for the largest file that is taken here. */
const GIVE_UP_SECONDS = 600;

/** Waits until X has processed an uploaded file, for as long as X says. */
export function awaitProcessing(file: File, redoFrom: string): QuietStep {
  const { prefix, key } = file;
  return {
    name: `${prefix}processed-${key}`,
    effect: "read",
    async run(context): Promise<StepOutcome> {
      if (context.checkpoint[`processing-${key}`] !== true) return { done: {} };
      const state = await retryUpload(redoFrom, () => readProcessing(context, file));
      if (state === null || state.state === "succeeded") return ready(file, sessionOf(context, file), context.now);
      if (state.state === "failed") throw processingFailed(state, redoFrom);
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: Math.max(1, state.check_after_secs ?? 2) };
      const message = "X did not finish processing the media within 10 minutes.";
      throw new BrokerError("MEDIA_FAILED", message, { redoFrom, maxAttempts: 2 });
    },
  };
}

/** Null if X says nothing about processing: the file is ready then. */
export async function readProcessing(context: StepContext, file: File): Promise<Processing | null> {
  const query = { command: "STATUS", media_id: sessionOf(context, file) };
  const request = { method: "GET", url: `${MEDIA_API}/upload`, query, headers: bearer(context) } as const;
  return (await callX(context.http, uploaded, request, "upload")).data.processing_info ?? null;
}

/** What a file stores once it can be attached. */
export function ready({ key }: File, id: string, now: Date): StepDone {
  return { done: { [`media-${key}`]: id, [`uploaded-${key}`]: now.toISOString(), [`processing-${key}`]: false } };
}

export function sessionOf({ checkpoint }: StepContext, { key }: File): string {
  return String(checkpoint[`session-${key}`]);
}

/** What X no longer knows is uploaded again from the beginning. */
export async function retryUpload<T>(redoFrom: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const status = error instanceof BrokerError ? error.platformError?.status : undefined;
    throw status === 400 || status === 404 ? uploadAnew(error, redoFrom) : error;
  }
}

export function uploadAnew(error: unknown, redoFrom: string): unknown {
  return error instanceof BrokerError ? error.with({ code: "MEDIA_FAILED", redoFrom, maxAttempts: 2 }) : error;
}

function processingFailed({ error }: Processing, redoFrom: string): BrokerError {
  const detail = { status: 200, code: error?.name ?? null, message: error?.message ?? null, requestId: null };
  const isInternal = /internal/i.test(`${detail.code ?? ""} ${detail.message ?? ""}`);
  const row = { brokerCode: "MEDIA_FAILED", message: "X could not process the media." } as const;
  return toBrokerError("X", row, detail, isInternal ? { redoFrom, maxAttempts: 2 } : { retryable: false });
}
