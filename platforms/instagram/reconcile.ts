import { readGraphAnswer, sendRead } from "../kit/meta/graph.ts";
import { earliestOf, listedWithin, reconcileContainer } from "../kit/meta/reconcile.ts";
import { collapseSpaces } from "../kit/text.ts";
import type { OpenIntent, StepContext, StepDone, Verdict } from "../platform.ts";
import { containers, firstStep, graphOf, kindOf, stepNames, type Kind } from "./content.ts";
import { mediaList, type ListedMedia } from "./wire.ts";

/**
 * By the container's state and the account's list of posts or stories. Source: Instagram docs, content publishing and
 * ig-user/media, 2026-09-11; false errors and posts that were live despite 4/2207051 were observed by open-source
 * clients.
 */
export function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const { container, ready } = stepNames;
  return reconcileContainer(containers, context, intent, {
    steps: { container, ready, first: firstStep(context.content) },
    find: (state) => findCandidates(context, intent, state),
    publishedAs,
    listTells: kindOf(context.content) !== "story",
    mustBeNamed: false,
  });
}

const LIST_LIMIT = 100;

/**
 * Stories are not among the posts. If no captions are returned, a post known to be live is found without, unless the
 * outcome of others is unknown as well.
 */
async function findCandidates(
  context: StepContext,
  intent: OpenIntent,
  state: string | null,
): Promise<{ hits: ListedMedia[]; complete: boolean }> {
  const graph = graphOf(context);
  const kind = kindOf(context.content);
  const isStory = kind === "story";
  const path = `${context.account.platformAccountId}/${isStory ? "stories" : "media"}`;
  const window = isStory ? {} : listedWithin(intent, context.now, LIST_LIMIT);
  const fields = `id,${isStory ? "" : "caption,"}media_type,media_product_type,permalink,timestamp`;
  const answer = await sendRead(graph, context, path, { fields, ...window });
  const { data } = readGraphAnswer(graph, mediaList, answer);
  const earliest = earliestOf(intent, answer, state);
  const wanted = comparable(isStory ? "" : context.content.text);
  const ignoresCaption =
    isStory || (state === "PUBLISHED" && !intent.hasOthers && data.every(({ caption }) => typeof caption !== "string"));
  const hits = data.filter(
    (media) =>
      !intent.accountedIds.has(media.id) &&
      Date.parse(media.timestamp) >= earliest &&
      isOfKind(media, kind, context.content.media[0]?.type === "video") &&
      (ignoresCaption || comparable(media.caption ?? "") === wanted),
  );
  return { hits, complete: isStory || data.length < LIST_LIMIT };
}

const LISTED_PRODUCTS = { feed: "FEED", carousel: "FEED", reel: "REELS", story: "STORY" } as const;

/** Not every connection gets the product type. */
function isOfKind(
  { media_type: type, media_product_type: product }: ListedMedia,
  kind: Kind,
  isVideo: boolean,
): boolean {
  const expected = kind === "carousel" ? "CAROUSEL_ALBUM" : isVideo ? "VIDEO" : "IMAGE";
  return type === expected && (typeof product !== "string" || product === LISTED_PRODUCTS[kind]);
}

/** The same for posts that may be the same to the list. */
export function lookOf({ content }: StepContext): string {
  const kind = kindOf(content);
  const isVideo = kind !== "carousel" && content.media[0]?.type === "video";
  return JSON.stringify([kind, isVideo, kind === "story" ? "" : comparable(content.text)]);
}

/** Some connections see captions without "@", and whitespace may be collapsed. */
export function comparable(text: string): string {
  return collapseSpaces(text.replaceAll("@", ""));
}

function publishedAs({ id, permalink }: ListedMedia): StepDone {
  return { done: { [stepNames.publish]: id }, remoteId: id, platformPostId: id, publishedUrl: permalink ?? undefined };
}
