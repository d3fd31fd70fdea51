import { callGraph, findRowByCode, graphError, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { earliestDate, searchedDates, wholeSeconds } from "../kit/search.ts";
import type { BrokerError, OpenIntent, StepContext, Verdict } from "../platform.ts";
import { cannotSeeYet, kindOf, partsOf, repliesTo, stepNames, type Part } from "./container.ts";
import { graph, NOT_THERE } from "./errors.ts";
import { containerStatus, mediaList, type ListedMedia } from "./wire.ts";

/**
 * Finds out what became of a publishing call: by the container's state, which alone can prove that nothing is live, and by
 * the account's list of posts or replies for the id of what is. Source: Threads docs, troubleshooting, 2026.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const part = partsOf(context.content).find((candidate) => stepNames(candidate).publish === intent.step);
  if (part === undefined) return { verdict: "cannot_tell", reason: `The post has no step ${intent.step}.` };
  const names = stepNames(part);
  const status = await readStatus(context, String(context.checkpoint[names.container]));
  // The call was refused with "not there": it did nothing if the container is still to be published.
  const refused = NOT_THERE.has(intent.answer.platformError?.code ?? "");

  if (status === "IN_PROGRESS") {
    if (!refused) return { verdict: "pending", reason: "Threads is still processing the post." };
    return {
      verdict: "not_published",
      definitive: true,
      proof: "The container was still being processed.",
      redoFrom: names.ready,
      ...refusal(intent),
    };
  }
  const { hits, complete } = await findCandidates(context, part, intent, status);
  const [hit] = hits;
  if (status === "PUBLISHED") {
    if (hit !== undefined && hits.length === 1) return published(part, hit);
    // The next part of a chain has to reply to this one by its id.
    const isLast = part.index === context.content.thread.length;
    return isLast
      ? { verdict: "published", done: {}, remoteId: null }
      : { verdict: "pending", reason: "It is live, and not listed yet." };
  }
  if (hit !== undefined && status === "FINISHED")
    return {
      verdict: "pending",
      reason: "The container is still FINISHED, and a post of the account looks like this one.",
    };
  if (hits.length > 1) return { verdict: "cannot_tell", reason: "Several posts of the account look like this one." };
  if (hit !== undefined) return published(part, hit);
  if (!complete)
    return { verdict: "cannot_tell", reason: "The account has published too much since to find this post." };
  if (status === "FINISHED") {
    return {
      verdict: "not_published",
      definitive: refused,
      proof: "The container is still FINISHED and the post is not listed.",
      ...refusal(intent),
    };
  }
  if (status === "ERROR" || status === "EXPIRED") {
    return {
      verdict: "not_published",
      definitive: false,
      proof: `The container is ${status}, and the post is not listed.`,
      redoFrom: names.first,
      ...refusal(intent),
    };
  }
  if (intent.ageSeconds < UNREADABLE_SECONDS) {
    return { verdict: "pending", reason: "The container cannot be read, and the post is not listed yet." };
  }
  return { verdict: "cannot_tell", reason: "The container cannot be read, and the post is not listed." };
}

/** A container that cannot be read proves nothing: after this long the user is asked. */
const UNREADABLE_SECONDS = 900;
const LIST_LIMIT = 100;

const LISTED_KINDS = { TEXT: "TEXT_POST", IMAGE: "IMAGE", VIDEO: "VIDEO", CAROUSEL: "CAROUSEL_ALBUM" } as const;

/** Null where Threads says no more than that the container is not there. */
async function readStatus(context: StepContext, container: string): Promise<string | null> {
  try {
    const request = graphRequest(graph, context.accessToken, "GET", container, { fields: "status,error_message" });
    return (await callGraph(graph, context.http, containerStatus, request)).status;
  } catch (error) {
    if (cannotSeeYet(error)) return null;
    throw error;
  }
}

/** Replies and the parts of a chain are not among the posts, and the posts not among the replies. */
async function findCandidates(
  context: StepContext,
  part: Part,
  intent: OpenIntent,
  status: string | null,
): Promise<{ hits: ListedMedia[]; complete: boolean }> {
  const replyTo = repliesTo(context, part);
  const { since, until } = searchedDates(intent, context.now);
  const answer = await context.http.send(
    graphRequest(graph, context.accessToken, "GET", replyTo === null ? "me/threads" : "me/replies", {
      fields: `id,media_type,permalink,text,timestamp${replyTo === null ? "" : ",replied_to"}`,
      since: String(wholeSeconds(since)),
      ...(until === null ? {} : { until: String(wholeSeconds(until)) }),
      limit: String(LIST_LIMIT),
    }),
  );
  const { data } = readGraphAnswer(graph, mediaList, answer);
  // A container that says it is still to be published outweighs what may be older.
  const earliest = earliestDate(intent, answer, status === "FINISHED" ? 5 : 60);
  const hits = data.filter(
    (media) =>
      !intent.accountedIds.has(media.id) &&
      Date.parse(media.timestamp) >= earliest &&
      media.media_type === LISTED_KINDS[kindOf(part)] &&
      plain(media.text ?? "") === plain(part.text) &&
      (replyTo === null || media.replied_to?.id === replyTo),
  );
  return { hits, complete: data.length < LIST_LIMIT };
}

/** A topic in the text loses its # in display, and white space may be collapsed. */
function plain(text: string): string {
  return text.replaceAll("#", "").replace(/\s+/g, " ").trim();
}

function published(part: Part, { id, permalink }: ListedMedia): Verdict {
  const first =
    part.index === 0
      ? { platformPostId: id, ...(typeof permalink === "string" ? { publishedUrl: permalink } : {}) }
      : {};
  return { verdict: "published", done: { [stepNames(part).publish]: id }, remoteId: id, ...first };
}

/** What the lost call was refused with, where it was: it says whether trying again can help. */
function refusal({ answer: { platformError } }: OpenIntent): { error?: BrokerError } {
  if (typeof platformError?.code !== "string") return {};
  // Of a container that is there, this says no more than that the call came too early.
  const row = findRowByCode(graph, platformError.code === "100/33" ? "24/4279009" : platformError.code);
  return row === undefined ? {} : { error: graphError(graph, row, platformError) };
}
