import type { BrokerError, OpenIntent, StepContext, StepDone, Verdict } from "../../platform.ts";
import type { HttpAnswer } from "../http.ts";
import { earliestDate, searchedDates, wholeSeconds } from "../search.ts";
import { readContainer, type Containers } from "./containers.ts";
import { findRowByCode, graphError, type Graph } from "./graph.ts";

/** What a lost call of `publishContainer` is settled by. */
export interface LostContainer<Listed> {
  /** The steps that made the container and waited for it, and the first of its preparation. */
  steps: { container: string; ready: string; first: string };
  /** Posts of the account that look like this one; not complete where the list may go on. */
  find(state: string | null): Promise<{ hits: Listed[]; complete: boolean }>;
  publishedAs(hit: Listed): StepDone;
  /** Something of the post is still to come that has to know this part's id. */
  mustBeNamed: boolean;
}

/**
 * Finds out what became of a publishing call: by the container's state, which alone can prove that nothing is live, and
 * by the account's list for the id of what is.
 */
export async function reconcileContainer<Listed>(
  containers: Containers,
  context: StepContext,
  intent: OpenIntent,
  { steps, find, publishedAs, mustBeNamed }: LostContainer<Listed>,
): Promise<Verdict> {
  const { label } = containers.graphOf(context);
  const container = await readContainer(containers, context, steps.container);
  const state = container?.state ?? null;
  // The call was refused with "not there" or "not ready": it did nothing if the container is still to be published.
  const refused = containers.notThere.has(intent.answer.platformError?.code ?? "");
  const error = refusal(containers, context, intent);
  if (state === "IN_PROGRESS") {
    if (!refused) return { verdict: "pending", reason: `${label} is still processing the post.` };
    const proof = "The container was still being processed.";
    return { verdict: "not_published", definitive: true, proof, redoFrom: steps.ready, error };
  }
  const { hits, complete } = await find(state);
  const [hit] = hits.length === 1 ? hits : [];
  if (state === "PUBLISHED") {
    if (hit !== undefined) return { verdict: "published", ...publishedAs(hit) };
    return mustBeNamed
      ? { verdict: "pending", reason: "It is live, but not listed yet." }
      : { verdict: "published", done: {}, remoteId: null };
  }
  if (hits.length > 0 && state === "FINISHED") {
    const reason = "The container is still FINISHED, and a post on the account matches this one.";
    return { verdict: "pending", reason };
  }
  if (hit !== undefined) return { verdict: "published", ...publishedAs(hit) };
  if (hits.length > 1) return { verdict: "cannot_tell", reason: "Several posts on the account match this one." };
  if (!complete)
    return { verdict: "cannot_tell", reason: "The account has published too many posts since then to find this one." };
  if (state === "FINISHED") {
    const proof = "The container is still FINISHED and the post is not listed.";
    return { verdict: "not_published", definitive: refused, proof, error };
  }
  if (state === "ERROR" || state === "EXPIRED") {
    const proof = `The container is ${state}, and the post is not listed.`;
    const cause = state === "ERROR" ? containers.failure(container?.reason ?? "", steps.first) : error;
    return { verdict: "not_published", definitive: false, proof, redoFrom: steps.first, error: cause };
  }
  return intent.ageSeconds < UNREADABLE_SECONDS
    ? { verdict: "pending", reason: "The container cannot be read, and the post is not listed yet." }
    : { verdict: "cannot_tell", reason: "The container cannot be read, and the post is not listed." };
}

/** A container that cannot be read proves nothing: after this long the user is asked. */
const UNREADABLE_SECONDS = 900;

/**
 * From when on a listed post may be this one: a container that says it is still to be published outweighs what may be
 * older.
 */
export function earliestOf(intent: OpenIntent, answer: HttpAnswer, state: string | null) {
  return earliestDate(intent, answer, state === "FINISHED" ? 5 : 60);
}

/** What the lost call was refused with, where it was: it says whether trying again can help. */
function refusal(
  { graphOf, notReady }: Containers,
  context: StepContext,
  { answer: { platformError } }: OpenIntent,
): BrokerError | undefined {
  // Of a container that is there, this says no more than that the call came too early.
  return refusalOf(graphOf(context), platformError, platformError?.code === "100/33" ? notReady : undefined);
}

/** The error that a call was refused with, by what was noted of its answer; undefined where that says nothing. */
export function refusalOf(
  graph: Graph,
  platformError: OpenIntent["answer"]["platformError"],
  code = platformError?.code,
): BrokerError | undefined {
  const row = typeof code === "string" ? findRowByCode(graph, code) : undefined;
  return row === undefined || platformError === null ? undefined : graphError(graph, row, platformError);
}

/** The parameters that keep a list to the time in which a lost call may have published. */
export function listedWithin(intent: OpenIntent, now: Date, limit: number): Record<string, string> {
  const { since, until } = searchedDates(intent, now);
  const end: Record<string, string> = until === null ? {} : { until: String(wholeSeconds(until)) };
  return { since: String(wholeSeconds(since)), ...end, limit: String(limit) };
}
