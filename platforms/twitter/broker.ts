import { weightedLength } from "../kit/text.ts";
import { BrokerError, type Broker, type QuietStep, type StepContext, type VisibleStep } from "../platform.ts";
import { API, bearer, postLimits, readX } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { bodyOf, doneOf, namesOf, partsOf, type Part } from "./content.ts";
import { isDuplicate } from "./errors.ts";
import { lookOf, reconcile, shownOf } from "./reconcile.ts";
import { uploadSteps } from "./upload.ts";
import { created } from "./wire.ts";

/**
 * X publishes in one request, and returns no ID before it. A thread is one post after another, each a reply to the
 * previous one; all its media is uploaded first.
 */
export const broker: Broker = {
  steps(content) {
    const parts = partsOf(content);
    const uploads = parts.flatMap((part) => uploadSteps(part, "first"));
    return [
      ...uploads,
      ...parts.flatMap((part) => [
        ...(part.number === 1 ? [] : uploadSteps(part, "again")),
        getReady(part),
        publish(part),
      ]),
    ];
  },
  reconcile,
  found(context, step, id) {
    const part = partsOf(context.content).find((candidate) => namesOf(candidate).post === step);
    return part === undefined ? { done: {}, remoteId: id } : doneOf(context, part, id);
  },
  // Timelines lag; X names no number.
  indexingLagSeconds: 60,
};

/** From here on, a request may have used the part's media: a retry uploads it again. */
function getReady(part: Part): QuietStep {
  const { ready, begun } = namesOf(part);
  return { name: ready, effect: "read", run: async () => ({ done: { [begun]: true } }) };
}

function publish(part: Part): VisibleStep {
  return {
    name: namesOf(part).post,
    effect: "visible",
    request: (context) => ({
      method: "POST",
      url: `${API}/tweets`,
      headers: bearer(context),
      json: bodyOf(context, part),
    }),
    look: (context) => lookOf(shownOf(context, part)),
    accept(answer, context) {
      const limits = postLimits(answer);
      try {
        return { ...doneOf(context, part, readX(created, answer).data.id), limits };
      } catch (error) {
        throw error instanceof BrokerError ? refusal(error, context, part).with({ limits }) : error;
      }
    },
  };
}

/** What X leaves open, the post itself may show. */
function refusal(error: BrokerError, context: StepContext, part: Part): BrokerError {
  if (isDuplicate(error) && context.mayBeLive === true) return error.with({ notPublished: false });
  if (error.code === "MEDIA_FAILED" && part.media.length > 0) {
    return error.with({
      redoFrom: uploadSteps(part, part.number === 1 ? "first" : "again")[0]?.name ?? namesOf(part).ready,
    });
  }
  const isTooLong =
    error.code === "CONTENT_REJECTED" &&
    /not permitted to perform/i.test(error.platformError?.message ?? "") &&
    weightedLength(part.text) > limitOf(context);
  return isTooLong ? error.with({ publicCode: "CONTENT_TOO_LONG" }) : error;
}

function limitOf({ account }: StepContext): number {
  const { max, raised } = capabilities.text;
  return raised.values?.some((value) => value === account.metadata[raised.metadata]) === true ? raised.max : max;
}
