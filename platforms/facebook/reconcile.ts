import { find, isMadeOf } from "../kit/find.ts";
import { getGraph, graphRequest, readGraphAnswer } from "../kit/meta/graph.ts";
import { listedWithin, refusalOf } from "../kit/meta/reconcile.ts";
import { earliestDate } from "../kit/search.ts";
import { collapseSpaces, composed } from "../kit/text.ts";
import type { OpenIntent, StepContext, Verdict } from "../platform.ts";
import { edgeOf, kindOf, photoIds, stepNames } from "./content.ts";
import { graph } from "./errors.ts";
import { acceptedAs, failedVideo, progressOf, readVideoIfThere } from "./status.ts";
import { postList, storyList, type ListedPost } from "./wire.ts";

/**
 * Checks the outcome of a publishing request: a video by its own state, a story by its media in the list of stories,
 * everything else among the Page's published posts, photos by their IDs and texts by their words. Only a video's state
 * can show that nothing is live: no list does. Source: Facebook docs, Page feed, publishing reels and Page stories,
 * 2026-09-11.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  switch (kindOf(context.content)) {
    case "text":
    case "photos":
      return reconcilePost(context, intent);
    case "video":
    case "reel":
      return reconcileVideo(context, intent);
    case "photoStory":
      return reconcileStory(context, photoIds(context)[0] ?? "");
    case "videoStory":
      return reconcileStory(context, String(context.checkpoint[stepNames.start]));
  }
}

const LIST_LIMIT = 100;

async function reconcilePost(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const answer = await context.http.send(
    graphRequest(graph, context.accessToken, "GET", edgeOf(context, "published_posts"), {
      fields:
        "id,message,created_time,permalink_url,status_type,is_published,attachments{media_type,url,target{id},subattachments{target{id}}}",
      ...listedWithin(intent, context.now, LIST_LIMIT),
    }),
  );
  const { data } = readGraphAnswer(graph, postList, answer);
  const earliest = earliestDate(intent, answer, 60);
  const others = data.filter((post) => ![post.id, ...targetsOf(post)].some((id) => intent.accountedIds.has(id)));
  const hits = others.filter((post) => isThisPost(context, post, earliest));
  const [hit] = hits;
  if (hits.length > 1) return { verdict: "cannot_tell", reason: "Several posts on the Page match this one." };
  if (hit !== undefined && intent.hasTwin)
    return { verdict: "cannot_tell", reason: "The Page has one matching post, but two were sent." };
  if (hit !== undefined) {
    const { id, permalink_url: link } = hit;
    return {
      verdict: "published",
      done: { [stepNames.publish]: id, hasLink: link !== null },
      remoteId: id,
      platformPostId: id,
      publishedUrl: link ?? undefined,
    };
  }
  if (data.length >= LIST_LIMIT)
    return { verdict: "cannot_tell", reason: "The Page has published too many posts since then to find this one." };
  return { verdict: "not_listed", reason: "The post is not among the Page's published posts." };
}

/** The ids of the photos and the video in it; by a video's own its post is known. */
function targetsOf({ attachments }: ListedPost): string[] {
  const targets = (attachments?.data ?? []).flatMap(({ target, subattachments }) => [
    target,
    ...(subattachments?.data ?? []).map((sub) => sub.target),
  ]);
  return targets.flatMap((target) => target?.id ?? []);
}

/**
 * One of the post's photos in it is proof. Without photos, the words must be the same, and the link if there are no
 * words.
 */
function isThisPost(context: StepContext, post: ListedPost, earliest: number): boolean {
  const { text, linkUrl, media } = context.content;
  if (media.length > 0) {
    const ours = photoIds(context);
    return targetsOf(post).some((id) => ours.includes(id));
  }
  if (Date.parse(post.created_time) < earliest) return false;
  if (text !== "" || linkUrl === null) return saysTheSame(text, post.message ?? "");
  return (
    comparable(post.message ?? "") === "" &&
    (post.attachments?.data ?? []).some(
      ({ url }) =>
        typeof url === "string" && (find(url, linkUrl) !== -1 || find(url, encodeURIComponent(linkUrl)) !== -1),
    )
  );
}

/** The same for texts that may be the same: whatever they link to. */
export const lookOf = (text: string) => comparable(text).split(MENTION).join("@");

/** A mention is written with the Page's id and read back as its name. */
export function saysTheSame(sent: string, read: string): boolean {
  return isMadeOf(comparable(read), comparable(sent).split(MENTION));
}

const MENTION = /@\[\d+\]/;

export const comparable = (text: string) => collapseSpaces(composed(text));

async function reconcileVideo(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const id = context.checkpoint[stepNames.start];
  if (typeof id !== "string") return { verdict: "cannot_tell", reason: "The video's ID is not known." };
  const video = await readVideoIfThere(context);
  if (video === null) {
    const verdict = intent.ageSeconds < UNREADABLE_SECONDS ? "pending" : "cannot_tell";
    return { verdict, reason: "The video cannot be read." };
  }
  switch (progressOf(video)) {
    case "live":
    case "publishing":
      return { verdict: "published", ...acceptedAs(id) };
    case "failed":
    case "dead": {
      const error = failedVideo(video, "Facebook could not process the video.", { maxAttempts: 2 });
      const proof = "The video has failed.";
      return { verdict: "not_published", definitive: true, proof, redoFrom: stepNames.start, error };
    }
    case "processing":
      return { verdict: "pending", reason: "Facebook is still processing the video." };
    case "waiting":
      return {
        verdict: "not_published",
        definitive: false,
        proof: "The video has been uploaded, but publishing has not started.",
        error: refusalOf(graph, intent.answer.platformError),
      };
  }
}

/** A video that cannot be read proves nothing: after this long, the outcome is unknown. */
const UNREADABLE_SECONDS = 900;

async function reconcileStory(context: StepContext, mediaId: string): Promise<Verdict> {
  const { data } = await getGraph(graph, context, storyList, edgeOf(context, "stories"));
  const story = data.find(({ media_id: id }) => id === mediaId);
  if (story === undefined)
    return { verdict: "not_listed", reason: "None of the Page's stories has this photo or video." };
  const { post_id: id, url } = story;
  return {
    verdict: "published",
    done: { [stepNames.publish]: id },
    remoteId: id,
    platformPostId: id,
    publishedUrl: url ?? undefined,
  };
}
