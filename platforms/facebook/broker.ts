import type { z } from "zod";

import type { PlatformContent } from "../../model/post.ts";
import { firstComment, type Comments } from "../kit/first-comment.ts";
import type { HttpAnswer, RequestParameters } from "../kit/http.ts";
import { getGraph, graphRequest, postGraph, readGraphAnswer, type Graph } from "../kit/meta/graph.ts";
import { success } from "../kit/meta/upload.ts";
import { paced } from "../kit/meta/usage.ts";
import { coverOf } from "../kit/steps.ts";
import {
  BrokerError,
  type Broker,
  type PublishMedia,
  type Step,
  type StepContext,
  type VisibleStep,
} from "../platform.ts";
import { edgeOf, kindOf, photoIds, settingsOf, stepNames } from "./content.ts";
import { graph, isRepeat, videoGraph } from "./errors.ts";
import { lookOf, reconcile } from "./reconcile.ts";
import { scopes } from "./scopes.ts";
import { acceptedAs, awaitLive, awaitUploaded, readPermalink, readStoryLink } from "./status.ts";
import { sendBytes, sendChunks, setCover, startBytes, startChunks, uploadPhoto } from "./upload.ts";
import { commented, commentList, posted, storyPublished } from "./wire.ts";

/**
 * Facebook has no containers. Whatever can be prepared is first created unpublished (photos, sessions of videos), so
 * that the publishing request contains IDs by which its outcome can be found. Only a plain text or link has none.
 */
export const broker: Broker = {
  steps: (content) => paced([...stepsOf(content), ...firstComment(content, { label: "Facebook", scopes }, comments)]),
  reconcile,
  // Meta gives no number; new posts were observed to be listed late, so no check before two minutes counts.
  indexingLagSeconds: 120,
};

function stepsOf(content: PlatformContent<PublishMedia>): Step[] {
  const photos = content.media.map((_, item) => uploadPhoto(item));
  const cover = coverOf(content) === null ? [] : [setCover()];
  switch (kindOf(content)) {
    case "text":
    case "photos":
      return [...photos, publishPost(), readPermalink()];
    case "video":
      return [startChunks(), sendChunks(), publishVideo(), awaitLive(), ...cover];
    case "reel":
      return [startBytes("video_reels"), sendBytes(), awaitUploaded(), publishReel(), awaitLive(), ...cover];
    case "photoStory":
      return [...photos, publishStory("photo_stories", photoFields), readStoryLink()];
    case "videoStory":
      return [
        startBytes("video_stories"),
        sendBytes(),
        awaitUploaded(),
        publishStory("video_stories", finishFields),
        readStoryLink(),
      ];
  }
}

const comments: Comments = {
  postOf: ({ checkpoint }) => {
    const id = checkpoint[stepNames.publish];
    return typeof id === "string" ? id : null;
  },
  list: async (context, post) => {
    const { data } = await getGraph(graph, context, commentList, `${post}/comments`, { fields: "id,message" });
    return data.map(({ message }) => message ?? "");
  },
  add: (context, post, message) => postGraph(graph, context, commented, `${post}/comments`, { message }),
};

/** A text, a link or photos. The response contains the link if Facebook can return it. */
function publishPost(): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request(context) {
      const { text, linkUrl, media } = context.content;
      const photos = photoIds(context).map((id) => ({ media_fbid: id }));
      const fields = {
        message: text || undefined,
        link: linkUrl ?? undefined,
        attached_media: media.length === 0 ? undefined : JSON.stringify(photos),
        published: "true",
      };
      return { ...postTo(graph, context, "feed", fields, 60), query: { fields: "id,permalink_url" } };
    },
    look: ({ content }) => (content.media.length > 0 || content.text === "" ? null : lookOf(content.text)),
    accept(answer, context) {
      const { id, permalink_url: link } = readCommit(posted, answer, context);
      const done = { [stepNames.publish]: id, hasLink: link !== null };
      return { done, remoteId: id, platformPostId: id, publishedUrl: link ?? undefined };
    },
  };
}

function postTo(to: Graph, context: StepContext, edge: string, fields: RequestParameters, timeoutSeconds: number) {
  return { ...graphRequest(to, context.accessToken, "POST", edgeOf(context, edge), fields), timeoutSeconds };
}

/** What Facebook calls a duplicate may be what an earlier request published. */
function readCommit<T>(schema: z.ZodType<T>, answer: HttpAnswer, { mayBeLive }: StepContext): T {
  try {
    return readGraphAnswer(graph, schema, answer);
  } catch (error) {
    if (mayBeLive !== true || !(error instanceof BrokerError) || !isRepeat(error)) throw error;
    throw error.with({ notPublished: false });
  }
}

function publishVideo(): VisibleStep {
  return publishFilm(videoGraph, "videos", (context) => ({
    upload_session_id: String(context.checkpoint.uploadSession),
    ...wordsOf(context),
    published: "true",
  }));
}

function publishReel(): VisibleStep {
  return publishFilm(graph, "video_reels", (context) => ({
    video_id: String(context.checkpoint[stepNames.start]),
    video_state: "PUBLISHED",
    ...wordsOf(context),
  }));
}

function wordsOf(context: StepContext): RequestParameters {
  return { title: settingsOf(context).title, description: context.content.text || undefined };
}

/**
 * Success only means that the video was accepted; its state has the rest. After a duplicate, it does in any case: an
 * earlier request can have arrived after reads of the state have proved that it had no effect.
 */
function publishFilm(to: Graph, edge: string, fields: (context: StepContext) => RequestParameters): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) => postTo(to, context, edge, { upload_phase: "finish", ...fields(context) }, 120),
    accept(answer, context) {
      readCommit(success, answer, { ...context, mayBeLive: true });
      return acceptedAs(String(context.checkpoint[stepNames.start]));
    },
  };
}

const photoFields = (context: StepContext) => ({ photo_id: photoIds(context)[0] ?? "" });

const finishFields = ({ checkpoint }: StepContext) => ({
  upload_phase: "finish",
  video_id: String(checkpoint[stepNames.start]),
});

function publishStory(edge: string, fields: (context: StepContext) => RequestParameters): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) => postTo(graph, context, edge, fields(context), 60),
    accept(answer, context) {
      const { post_id: id } = readCommit(storyPublished, answer, context);
      return { done: { [stepNames.publish]: id }, remoteId: id, platformPostId: id };
    },
  };
}
