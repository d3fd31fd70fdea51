import { type HttpAnswer, type HttpExchange, type HttpRequest, TransportError } from "../../platforms/kit/http.ts";
import { BrokerError, type StepContext, type StepDone, type VisibleStep } from "../../platforms/platform.ts";
import type { WrittenIntent } from "../db/queries/commits.ts";
import type { IntentEvidence } from "../db/queries/work-rows.ts";
import { type Instant, isLeaseOver, secondsSince } from "./claim.ts";
import { commitClient } from "./context.ts";
import { faultPoint } from "./fault-points.ts";
import { COMMIT_DEADLINE_SECONDS } from "./timing.ts";
import type { Work } from "./work.ts";

/** A request whose intent is written. */
export interface Sending {
  /** The intent's ID. */
  id: string;
  request: HttpRequest;
  context: StepContext;
  /** Read before the intent was written, so the deadline never ends too late. */
  writtenAfter: Instant;
  /** Once it is. */
  written?: WrittenIntent;
}

/** What an answer proves about the commit. */
export type Outcome =
  | { outcome: "ok"; done: StepDone }
  | { outcome: "not_published"; error: unknown }
  /** It could not be noted outside the database that it would be sent, so it was not. */
  | { outcome: "withheld"; error: unknown }
  | { outcome: "unknown"; answer: NonNullable<IntentEvidence["answer"]> };

/** (b) and (c): one request, sent before the deadline and within the lease, or not at all. */
export async function send(
  work: Work,
  step: VisibleStep,
  { request, context, writtenAfter, written }: Sending,
  exchanges: HttpExchange[],
): Promise<Outcome> {
  const { deps, claim } = work;
  const withheld: unknown[] = [];
  const beforeSend = (): void => {
    void deps.faultPoint?.({ point: "send.before", platformPostId: claim.id, step: step.name });
    if (secondsSince(writtenAfter) >= COMMIT_DEADLINE_SECONDS)
      throw new Error("The deadline of the commit has passed.");
    if (isLeaseOver(claim)) throw new Error("The lease is over.");
    try {
      if (written === undefined) throw new Error("The intent has not been written.");
      deps.publisher?.note(claim.id, written);
    } catch (error) {
      withheld.push(error);
      throw error;
    }
  };
  let answer: HttpAnswer;
  try {
    answer = await commitClient(work, exchanges, beforeSend).send(request);
  } catch (error) {
    if (withheld.length > 0) return { outcome: "withheld", error: withheld[0] };
    if (error instanceof TransportError && !error.sent) return { outcome: "not_published", error };
    const failure = error instanceof TransportError ? error.failure : "unexpected";
    return { outcome: "unknown", answer: { status: null, brokerCode: null, platformError: null, failure } };
  }
  await faultPoint(deps, "answer.received", claim, step.name);
  return classifyAnswer(step, answer, context);
}

function classifyAnswer(step: VisibleStep, answer: HttpAnswer, context: StepContext): Outcome {
  try {
    return { outcome: "ok", done: step.accept(answer, context) };
  } catch (error) {
    if (!(error instanceof BrokerError))
      return {
        outcome: "unknown",
        answer: { status: answer.status, brokerCode: null, platformError: null, failure: null },
      };
    if (error.notPublished) return { outcome: "not_published", error };
    return { outcome: "unknown", answer: { ...answerOf(error), status: answer.status } };
  }
}

export function answerOf({ code, platformError }: BrokerError): NonNullable<IntentEvidence["answer"]> {
  return { status: null, brokerCode: code, platformError, failure: null };
}
