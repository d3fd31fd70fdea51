import { brokerErrorOf, callGraph, findRowByCode, graphRequest } from "../kit/meta-graph.ts";
import type { BrokerError, OpenIntent, StepContext, Verdict } from "../platform.ts";
import { cannotSeeYet, kindOf, partsOf, repliesTo, stepNames, type Part } from "./container.ts";
import { graph, NOT_THERE } from "./errors.ts";
import { containerStatus, mediaList, type ListedMedia } from "./wire.ts";

/**
 * Finds out what became of a publishing call: by the container's state first, which alone can prove that nothing is
 * live, and by the account's list of posts or replies for the id of what is. Source: Threads docs, troubleshooting, 2026.
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
    return { verdict: "not_published", definitive: true, proof: "The container was still being processed.", redoFrom: names.ready, ...refusal(intent) };
  }
  const { hits, complete } = await findCandidates(context, part, intent.intentAt);
  const [hit] = hits;
  if (hits.length > 1 && status !== "PUBLISHED") return { verdict: "cannot_tell", reason: "Several posts of the account look like this one." };
  if (hit !== undefined && hits.length === 1) return published(part, hit);
  if (status === "PUBLISHED") {
    // The next part of a chain has to reply to this one by its id.
    const isLast = part.index === context.content.thread.length;
    return isLast ? { verdict: "published", done: {}, remoteId: null } : { verdict: "pending", reason: "It is live, and not listed yet." };
  }
  if (!complete) return { verdict: "cannot_tell", reason: "The account has published too much since to find this post." };
  if (status === "FINISHED") {
    return { verdict: "not_published", definitive: refused, proof: "The container is still FINISHED and the post is not listed.", ...refusal(intent) };
  }
  if (status === "ERROR" || status === "EXPIRED") {
    return { verdict: "not_published", definitive: true, proof: `The container is ${status}.`, redoFrom: names.first, ...refusal(intent) };
  }
  if (context.now.getTime() - intent.intentAt.getTime() < UNREADABLE_MILLISECONDS) {
    return { verdict: "pending", reason: "The container cannot be read, and the post is not listed yet." };
  }
  return { verdict: "cannot_tell", reason: "The container cannot be read, and the post is not listed." };
}

/** A container that cannot be read proves nothing: after this long the user is asked. */
const UNREADABLE_MILLISECONDS = 15 * 60 * 1000;
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
async function findCandidates(context: StepContext, part: Part, intentAt: Date): Promise<{ hits: ListedMedia[]; complete: boolean }> {
  const replyTo = repliesTo(context, part);
  const since = Math.floor(intentAt.getTime() / 1000) - 120;
  const fields = `id,media_type,permalink,text,timestamp${replyTo === null ? "" : ",replied_to"}`;
  const path = replyTo === null ? "me/threads" : "me/replies";
  const request = graphRequest(graph, context.accessToken, "GET", path, { fields, since: String(since), limit: String(LIST_LIMIT) });
  const { data } = await callGraph(graph, context.http, mediaList, request);
  const known = new Set(Object.values(context.checkpoint));
  const hits = data.filter(
    (media) =>
      !known.has(media.id) &&
      Date.parse(media.timestamp) >= intentAt.getTime() - 60_000 &&
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
  const first = part.index === 0 ? { platformPostId: id, ...(typeof permalink === "string" ? { publishedUrl: permalink } : {}) } : {};
  return { verdict: "published", done: { [stepNames(part).publish]: id }, remoteId: id, ...first };
}

/** What the lost call was refused with, where it was: it says whether trying again can help. */
function refusal({ answer: { platformError } }: OpenIntent): { error?: BrokerError } {
  if (typeof platformError?.code !== "string") return {};
  // Of a container that is there, this says no more than that the call came too early.
  const row = findRowByCode(graph, platformError.code === "100/33" ? "24/4279009" : platformError.code);
  return row === undefined ? {} : { error: brokerErrorOf(row, platformError) };
}
