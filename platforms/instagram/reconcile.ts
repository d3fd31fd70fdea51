import { callGraph, findRowByCode, graphError, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { earliestDate, searchedDates, wholeSeconds } from "../kit/search.ts";
import type { BrokerError, OpenIntent, StepContext, Verdict } from "../platform.ts";
import { cannotSeeYet, containerError, firstStep, graphOf, kindOf, stepNames, type Kind } from "./container.ts";
import { graphs, NOT_THERE } from "./errors.ts";
import { containerStatus, mediaList, type ListedMedia } from "./wire.ts";

/**
 * Finds out what became of a publishing call: by the container's state, which alone can prove that nothing is
 * live, and by the account's list of posts or stories for the id of what is. Source: Instagram docs, content publishing
 * and ig-user/media, 2026-09-11; false failures and posts that were live despite 4/2207051 were seen by open clients.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const container = await readStatus(context);
  // The call was refused with "not there" or "not ready": it did nothing if the container is still to be published.
  const refused = NOT_THERE.has(intent.answer.platformError?.code ?? "");
  if (container?.state === "IN_PROGRESS") {
    if (!refused) return { verdict: "pending", reason: "Instagram is still processing the post." };
    return {
      verdict: "not_published",
      definitive: true,
      proof: "The container was still being processed.",
      redoFrom: stepNames.ready,
      ...refusal(intent),
    };
  }
  const { hits, complete } = await findCandidates(context, intent, container?.state ?? null);
  const [hit] = hits;
  if (container?.state === "PUBLISHED")
    return hit !== undefined && hits.length === 1
      ? publishedAs(hit)
      : { verdict: "published", done: {}, remoteId: null };
  if (hit !== undefined && container?.state === "FINISHED")
    return {
      verdict: "pending",
      reason: "The container is still FINISHED, and a post of the account looks like this one.",
    };
  if (hit !== undefined && hits.length === 1) return publishedAs(hit);
  if (hits.length > 1) return { verdict: "cannot_tell", reason: "Several posts of the account look like this one." };
  if (!complete)
    return { verdict: "cannot_tell", reason: "The account has published too much since to find this post." };
  if (container?.state === "FINISHED") {
    return {
      verdict: "not_published",
      definitive: refused,
      proof: "The container is still FINISHED and the post is not listed.",
      ...refusal(intent),
    };
  }
  if (container?.state === "ERROR" || container?.state === "EXPIRED") {
    const redoFrom = firstStep(context.content);
    const error = container.state === "ERROR" ? { error: containerError(container.text, redoFrom) } : refusal(intent);
    return {
      verdict: "not_published",
      definitive: false,
      proof: `The container is ${container.state}, and the post is not listed.`,
      redoFrom,
      ...error,
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

/** Null where Instagram says no more than that the container is not there. */
async function readStatus(context: StepContext): Promise<{ state: string; text: string } | null> {
  const graph = graphOf(context);
  try {
    const request = graphRequest(graph, context.accessToken, "GET", String(context.checkpoint[stepNames.container]), {
      fields: "status_code,status",
    });
    const { status_code: state, status } = await callGraph(graph, context.http, containerStatus, request);
    return { state, text: status ?? "" };
  } catch (error) {
    if (cannotSeeYet(error)) return null;
    throw error;
  }
}

/** Stories are not among the posts. Where no caption is given at all, one that is known to be live is found without. */
async function findCandidates(
  context: StepContext,
  intent: OpenIntent,
  state: string | null,
): Promise<{ hits: ListedMedia[]; complete: boolean }> {
  const graph = graphOf(context);
  const kind = kindOf(context.content);
  const path = `${context.account.platformAccountId}/${kind === "story" ? "stories" : "media"}`;
  const { since, until } = searchedDates(intent, context.now);
  const part: Record<string, string> =
    kind === "story"
      ? {}
      : {
          since: String(wholeSeconds(since)),
          ...(until === null ? {} : { until: String(wholeSeconds(until)) }),
          limit: String(LIST_LIMIT),
        };
  const fields = `id,${kind === "story" ? "" : "caption,"}media_type,media_product_type,permalink,timestamp`;
  const answer = await context.http.send(graphRequest(graph, context.accessToken, "GET", path, { fields, ...part }));
  const { data } = readGraphAnswer(graph, mediaList, answer);
  // A container that says it is still to be published outweighs what may be older.
  const earliest = earliestDate(intent, answer, state === "FINISHED" ? 5 : 60);
  const wanted = plain(kind === "story" ? "" : context.content.text);
  const ignoresCaption =
    kind === "story" || (state === "PUBLISHED" && data.every(({ caption }) => typeof caption !== "string"));
  const hits = data.filter(
    (media) =>
      !intent.accountedIds.has(media.id) &&
      Date.parse(media.timestamp) >= earliest &&
      isOfKind(media, kind, context.content.media[0]?.type === "video") &&
      (ignoresCaption || plain(media.caption ?? "") === wanted),
  );
  return { hits, complete: kind === "story" || data.length < LIST_LIMIT };
}

const LISTED_PRODUCTS = { feed: "FEED", carousel: "FEED", reel: "REELS", story: "STORY" } as const;

/** The product is not told to every connection. */
function isOfKind(
  { media_type: type, media_product_type: product }: ListedMedia,
  kind: Kind,
  isVideo: boolean,
): boolean {
  const expected = kind === "carousel" ? "CAROUSEL_ALBUM" : isVideo ? "VIDEO" : "IMAGE";
  return type === expected && (typeof product !== "string" || product === LISTED_PRODUCTS[kind]);
}

/** Some connections are shown captions without "@", and white space may be collapsed. */
function plain(text: string): string {
  return text.replaceAll("@", "").replace(/\s+/g, " ").trim();
}

function publishedAs({ id, permalink }: ListedMedia): Verdict {
  return {
    verdict: "published",
    done: { [stepNames.publish]: id },
    remoteId: id,
    platformPostId: id,
    ...(typeof permalink === "string" ? { publishedUrl: permalink } : {}),
  };
}

/** What the lost call was refused with, where it was: it says whether trying again can help. */
function refusal({ answer: { platformError } }: OpenIntent): { error?: BrokerError } {
  if (typeof platformError?.code !== "string") return {};
  // Of a container that is there, this says no more than that the call came too early.
  const row = findRowByCode(graphs.instagram, platformError.code === "100/33" ? "24/2207008" : platformError.code);
  return row === undefined ? {} : { error: graphError(graphs.instagram, row, platformError) };
}
