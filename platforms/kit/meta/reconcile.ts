import type { BrokerError, OpenIntent, StepContext, StepDone, Verdict } from "../../platform.ts";
import type { HttpAnswer, RequestParameters } from "../http.ts";
import { earliestDate, searchedDates, wholeSeconds } from "../search.ts";
import { readContainer, type Containers } from "./containers.ts";
import { findRowByCode, graphError, type Graph } from "./graph.ts";

/** What settles the outcome of a lost `publishContainer` request. */
export interface LostContainer<Listed> {
  /** The steps that created the container and waited for it, and the first of its preparation. */
  steps: { container: string; ready: string; first: string };
  /** Posts of the account that match this one; incomplete if the list may continue. */
  find(state: string | null): Promise<{ hits: Listed[]; complete: boolean }>;
  publishedAs(hit: Listed): StepDone;
  /** Whether the list shows enough of a post to tell it from those that people publish themselves. */
  listTells: boolean;
  /** A later part of the post needs this part's ID. */
  mustBeNamed: boolean;
}

/**
 * Checks the outcome of a publishing request: by the container's state, the only proof that nothing is live, and by the
 * account's list for the ID of a live post.
 */
export async function reconcileContainer<Listed>(
  containers: Containers,
  context: StepContext,
  intent: OpenIntent,
  { steps, find, publishedAs, listTells, mustBeNamed }: LostContainer<Listed>,
): Promise<Verdict> {
  const { label } = containers.graphOf(context);
  const container = await readContainer(containers, context, steps.container);
  const state = container?.state ?? null;
  // The request failed with "not found" or "not ready": it had no effect if the container is still unpublished.
  const refused = containers.notThere.has(intent.answer.platformError?.code ?? "");
  const error = refusal(containers, context, intent);
  if (state === "IN_PROGRESS") {
    if (!refused) return { verdict: "pending", reason: `${label} is still processing the post.` };
    const proof = "The container was still being processed.";
    return { verdict: "not_published", definitive: true, proof, redoFrom: steps.ready, error };
  }
  const { hits, complete } = await find(state);
  const [hit] = hits.length === 1 && !intent.hasTwin ? hits : [];
  if (state === "PUBLISHED") {
    const isListed = listTells || intent.ageSeconds >= LISTED_SECONDS;
    if (hit !== undefined && isListed) return { verdict: "published", ...publishedAs(hit) };
    return mustBeNamed
      ? { verdict: "pending", reason: "It is live, but not listed yet." }
      : { verdict: "published", done: {}, remoteId: null };
  }
  if (hits.length > 0 && state === "FINISHED") {
    const reason = "The container is still FINISHED, and a post on the account matches this one.";
    return { verdict: "pending", reason };
  }
  if (hit !== undefined && listTells) return { verdict: "published", ...publishedAs(hit) };
  if (state === null && intent.ageSeconds < UNREADABLE_SECONDS)
    return { verdict: "pending", reason: "The container cannot be read, and the list does not show that it is live." };
  if (hits.length > 0)
    return { verdict: "cannot_tell", reason: "What the account lists may be this post, or another one." };
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
  return { verdict: "cannot_tell", reason: "The container cannot be read, and the post is not listed." };
}

/** After this long, what is live is listed. */
const LISTED_SECONDS = 60;

/** A container that cannot be read proves nothing: after this long, the outcome is unknown. */
const UNREADABLE_SECONDS = 900;

/** From when a listed post can be this one: an unpublished container outweighs what may be older. */
export function earliestOf(intent: OpenIntent, answer: HttpAnswer, state: string | null) {
  return earliestDate(intent, answer, state === "FINISHED" ? 5 : 60);
}

/** The error of the lost request, if there was one: it says whether a retry can help. */
function refusal(
  { graphOf, notReady }: Containers,
  context: StepContext,
  { answer: { platformError } }: OpenIntent,
): BrokerError | undefined {
  // For an existing container, this only says that the request came too early.
  return refusalOf(graphOf(context), platformError, platformError?.code === "100/33" ? notReady : undefined);
}

/** A request's error, from what was recorded of its response; undefined if that has none. */
export function refusalOf(
  graph: Graph,
  platformError: OpenIntent["answer"]["platformError"],
  code = platformError?.code,
): BrokerError | undefined {
  const row = typeof code === "string" ? findRowByCode(graph, code) : undefined;
  return row === undefined || platformError === null ? undefined : graphError(graph, row, platformError);
}

/** The parameters that limit a list to the time in which a lost request may have published. */
export function listedWithin(intent: OpenIntent, now: Date, limit: number): RequestParameters {
  const { since, until } = searchedDates(intent, now);
  return {
    since: String(wholeSeconds(since)),
    until: until === null ? undefined : String(wholeSeconds(until)),
    limit: String(limit),
  };
}
