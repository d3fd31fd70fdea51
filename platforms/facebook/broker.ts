import type { z } from "zod";

import type { PlatformContent } from "../../model/post.ts";
import type { HttpAnswer } from "../kit/http.ts";
import { callGraph, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { paced } from "../kit/meta-usage.ts";
import { multipartBytes } from "../kit/multipart.ts";
import { renditionFor } from "../kit/rendition.ts";
import {
  BrokerError,
  type Broker,
  type PublishMedia,
  type QuietStep,
  type Step,
  type StepContext,
  type VisibleStep,
} from "../platform.ts";
import { imageRule, kindOf, photoIds, stepNames, titleOf, videoOf } from "./content.ts";
import { graph, isRepeat, videoGraph } from "./errors.ts";
import { reconcile } from "./reconcile.ts";
import {
  acceptedAs,
  awaitUploaded,
  progressOf,
  readVideoIfThere,
  reasonOf,
  sendBytes,
  sendChunks,
  startBytes,
  startChunks,
} from "./video.ts";
import { accepted, created, posted, postLink, storyList, storyPublished, type VideoState } from "./wire.ts";

/**
 * Facebook knows no container. What can be is made invisible first (photos that are not published, the sessions of
 * videos), so that the one call that publishes carries ids by which its outcome is found again. Only a plain text or
 * link has none.
 */
export const broker: Broker = {
  steps: (content) => paced(stepsOf(content)),
  reconcile,
  // Meta names no number; new posts were seen to be listed late, so no look before two minutes counts.
  indexingLagSeconds: 120,
};

function stepsOf(content: PlatformContent<PublishMedia>): Step[] {
  const photos = content.media.map((_, item) => uploadPhoto(item));
  const cover = content.media[0]?.thumbnail ? [setCover()] : [];
  switch (kindOf(content)) {
    case "text":
    case "photos":
      return [...photos, publishPost(), readPermalink()];
    case "video":
      return [startChunks(), sendChunks(), publishVideo(), awaitLive(), ...cover];
    case "reel":
      return [startBytes("video_reels"), sendBytes(), awaitUploaded(), publishReel(), awaitLive(), ...cover];
    case "photoStory":
      return [...photos, publishPhotoStory(), readStoryLink()];
    case "videoStory":
      return [startBytes("video_stories"), sendBytes(), awaitUploaded(), publishVideoStory(), readStoryLink()];
  }
}

/** A photo that nobody sees until a post or a story takes it. */
function uploadPhoto(item: number): QuietStep {
  return {
    name: stepNames.photo(item),
    effect: "hidden",
    async run(context) {
      const media = context.content.media[item];
      if (media === undefined) throw new Error("The post has no such photo");
      const altText: Record<string, string> =
        media.altText === null || media.altText === "" || context.content.placement === "story"
          ? {}
          : { alt_text_custom: media.altText };
      const { id } = readGraphAnswer(
        graph,
        created,
        await sendImage(
          context,
          `${context.account.platformAccountId}/photos`,
          { published: "false", ...altText },
          media,
        ),
      );
      return { done: { [stepNames.photo(item)]: id } };
    },
  };
}

async function sendImage(context: StepContext, path: string, fields: Record<string, string>, media: PublishMedia) {
  const rendition = renditionFor(media, imageRule());
  const { mimeType, sizeBytes } = await context.media.describe(media, rendition);
  const open = () => context.media.open(media, rendition === undefined ? {} : { rendition });
  return context.http.send({
    method: "POST",
    url: `${graph.baseUrl}/${path}`,
    headers: { authorization: `Bearer ${context.accessToken}` },
    bytes: multipartBytes(fields, { name: "source", filename: media.filename, contentType: mimeType, sizeBytes, open }),
    timeoutSeconds: 120,
  });
}

/** A text, a link or photos. The answer carries the link at once where Facebook can. */
function publishPost(): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request(context) {
      const { text, linkUrl, media } = context.content;
      const fields: Record<string, string> = {
        ...(text === "" ? {} : { message: text }),
        ...(linkUrl === null ? {} : { link: linkUrl }),
        ...(media.length === 0
          ? {}
          : { attached_media: JSON.stringify(photoIds(context).map((id) => ({ media_fbid: id }))) }),
        published: "true",
      };
      const request = graphRequest(
        graph,
        context.accessToken,
        "POST",
        `${context.account.platformAccountId}/feed`,
        fields,
      );
      return { ...request, query: { fields: "id,permalink_url" }, timeoutSeconds: 60 };
    },
    accept(answer, context) {
      const { id, permalink_url: link } = readCommit(posted, answer, context);
      return {
        done: { [stepNames.publish]: id, hasLink: link !== null },
        remoteId: id,
        platformPostId: id,
        ...(link === null ? {} : { publishedUrl: link }),
      };
    },
  };
}

/** What Facebook calls posted before may be what an earlier call published. */
function readCommit<T>(schema: z.ZodType<T>, answer: HttpAnswer, { mayBeLive }: StepContext): T {
  try {
    return readGraphAnswer(graph, schema, answer);
  } catch (error) {
    if (mayBeLive !== true || !(error instanceof BrokerError) || !isRepeat(error)) throw error;
    throw error.with({ notPublished: false });
  }
}

function readPermalink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    async run(context) {
      const id = context.checkpoint[stepNames.publish];
      if (typeof id !== "string" || context.checkpoint.hasLink === true) return { done: {} };
      const { permalink_url: link } = await callGraph(
        graph,
        context.http,
        postLink,
        graphRequest(graph, context.accessToken, "GET", id, { fields: "permalink_url" }),
      );
      // A plain address of the id leads to the post as well.
      return { done: {}, publishedUrl: link ?? `https://www.facebook.com/${id}` };
    },
  };
}

function publishVideo(): VisibleStep {
  return finishVideo((context) => {
    const fields = {
      upload_phase: "finish",
      upload_session_id: String(context.checkpoint.uploadSession),
      ...wordsOf(context),
      published: "true",
    };
    return graphRequest(videoGraph, context.accessToken, "POST", `${context.account.platformAccountId}/videos`, fields);
  });
}

function publishReel(): VisibleStep {
  return finishVideo((context) => {
    const fields = {
      upload_phase: "finish",
      video_id: String(context.checkpoint[stepNames.start]),
      video_state: "PUBLISHED",
      ...wordsOf(context),
    };
    return graphRequest(graph, context.accessToken, "POST", `${context.account.platformAccountId}/video_reels`, fields);
  });
}

function wordsOf(context: StepContext): Record<string, string> {
  const title = titleOf(context);
  return {
    ...(title === undefined ? {} : { title }),
    ...(context.content.text === "" ? {} : { description: context.content.text }),
  };
}

/** Success says no more than that the video is accepted; its state says the rest. */
function finishVideo(request: VisibleStep["request"]): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) => ({ ...request(context), timeoutSeconds: 120 }),
    accept(answer, context) {
      readCommit(accepted, answer, context);
      return acceptedAs(String(context.checkpoint[stepNames.start]));
    },
  };
}

const LIVE_WAITS = [3, 5, 10, 20, 30];
const LIVE_SECONDS = 840;

/** Facebook processes what it has accepted, and may yet refuse it. */
function awaitLive(): QuietStep {
  return {
    name: "live",
    effect: "read",
    async run(context) {
      const video = await readVideoIfThere(context);
      const progress = video === null ? "processing" : progressOf(video);
      if (progress === "live" || (video !== null && isReadyFeedVideo(video))) {
        return { done: {}, ...(video?.permalink_url ? { publishedUrl: video.permalink_url } : {}) };
      }
      if (video !== null && (progress === "failed" || progress === "dead")) {
        throw new BrokerError(
          "MEDIA_FAILED",
          "Facebook accepted the video and could not process it, so it is not live.",
          {
            retryable: false,
            neverLive: true,
            platformError: {
              status: 200,
              code: video.status?.video_status ?? null,
              message: reasonOf(video),
              requestId: null,
            },
          },
        );
      }
      if (context.waitedSeconds < LIVE_SECONDS) return { waitSeconds: LIVE_WAITS[context.polls] ?? 60 };
      throw new BrokerError("OUTCOME_UNKNOWN", "Facebook accepted the video and has not finished processing it.");
    },
  };
}

/** Of a feed video Facebook may say no more than that it is ready. */
function isReadyFeedVideo({ status, published }: VideoState): boolean {
  return status?.video_status === "ready" && !status.publishing_phase && published !== false;
}

/** Source: known of the Graph API; Meta's current guides leave it out. */
function setCover(): QuietStep {
  return {
    name: "cover",
    effect: "hidden",
    cosmetic: true,
    async run(context) {
      const cover = videoOf(context).thumbnail;
      if (cover === null) return { done: {} };
      readGraphAnswer(
        graph,
        accepted,
        await sendImage(
          context,
          `${String(context.checkpoint[stepNames.start])}/thumbnails`,
          { is_preferred: "true" },
          cover,
        ),
      );
      return { done: {} };
    },
  };
}

function publishPhotoStory(): VisibleStep {
  return publishStory((context) =>
    graphRequest(graph, context.accessToken, "POST", `${context.account.platformAccountId}/photo_stories`, {
      photo_id: photoIds(context)[0] ?? "",
    }),
  );
}

function publishVideoStory(): VisibleStep {
  return publishStory((context) => {
    const fields = { upload_phase: "finish", video_id: String(context.checkpoint[stepNames.start]) };
    return graphRequest(
      graph,
      context.accessToken,
      "POST",
      `${context.account.platformAccountId}/video_stories`,
      fields,
    );
  });
}

function publishStory(request: VisibleStep["request"]): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) => ({ ...request(context), timeoutSeconds: 60 }),
    accept(answer, context) {
      const { post_id: id } = readCommit(storyPublished, answer, context);
      return { done: { [stepNames.publish]: id }, remoteId: id, platformPostId: id };
    },
  };
}

const STORY_LINK_WAITS = [2, 10, 60];

/** A story's address stands in the Page's list of stories only. */
function readStoryLink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    async run(context) {
      const request = graphRequest(
        graph,
        context.accessToken,
        "GET",
        `${context.account.platformAccountId}/stories`,
        {},
      );
      const { data } = await callGraph(graph, context.http, storyList, request);
      const url = data.find(({ post_id: id }) => id === context.checkpoint[stepNames.publish])?.url;
      if (url) return { done: {}, publishedUrl: url };
      const waitSeconds = STORY_LINK_WAITS[context.polls];
      return waitSeconds === undefined ? { done: {} } : { waitSeconds };
    },
  };
}
