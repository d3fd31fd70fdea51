import { videoOf } from "../kit/steps.ts";
import { BrokerError, type Broker, type QuietStep, type VisibleStep } from "../platform.ts";
import { apiRequest, callTikTok, readTikTok } from "./api.ts";
import { photoBody, photoUrls, settingsOf, videoBody } from "./content.ts";
import { accepted, reconcile } from "./reconcile.ts";
import { awaitLive, awaitPostId } from "./status.ts";
import { chunkRequest, classifyUpload, planChunks, sendChunks } from "./upload.ts";
import { creatorInfo, photoTask, uploadTask } from "./wire.ts";

/**
 * A video's bytes are sent to a URL that TikTok returns together with the post's ID; the post is published once the
 * last of them have arrived, so sending those is the publishing request. TikTok fetches photos itself: the request that
 * lists them publishes, and the ID is only in its response. Nothing is published before the creator info has been read.
 */
export const broker: Broker = {
  steps: ({ media }) =>
    media[0]?.type === "image"
      ? [readCreator(), nameImages(), publishPhotos(), awaitLive(), awaitPostId()]
      : [readCreator(), init(), upload(), publishVideo(), awaitLive(), awaitPostId()],
  reconcile,
  // The state of an upload is TikTok's own count, without bytes in transit.
  indexingLagSeconds: 10,
};

/**
 * TikTok requires it before every post, and requires its restrictions to be enforced. Source: TikTok docs, content
 * sharing guidelines, 2026-09-11.
 */
function readCreator(): QuietStep {
  return {
    name: "creator",
    effect: "read",
    async run(context) {
      const creator = await callTikTok(context.http, creatorInfo, {
        ...apiRequest(context.accessToken, "/v2/post/publish/creator_info/query/", {}),
        timeoutSeconds: 15,
      });
      const { privacyLevel } = settingsOf(context);
      const offered = creator.privacy_level_options;
      if (!offered.includes(privacyLevel)) {
        throw new BrokerError(
          "CONTENT_REJECTED",
          `The TikTok account does not currently offer privacyLevel "${privacyLevel}". ` +
            `It offers ${offered.join(", ")}.`,
        );
      }
      const limit = creator.max_video_post_duration_sec ?? null;
      const durationSeconds = context.content.media[0]?.durationSeconds ?? null;
      if (limit !== null && durationSeconds !== null && durationSeconds > limit) {
        throw new BrokerError(
          "MEDIA_REJECTED",
          `TikTok allows this creator to post videos of at most ${limit} seconds.`,
        );
      }
      return {
        done: {
          creatorUsername: creator.creator_username,
          commentDisabled: creator.comment_disabled ?? false,
          duetDisabled: creator.duet_disabled ?? false,
          stitchDisabled: creator.stitch_disabled ?? false,
        },
      };
    },
  };
}

/** This publishes nothing by itself, so it can be repeated, at the cost of one of six requests a minute. */
function init(): QuietStep {
  return {
    name: "init",
    effect: "hidden",
    async run(context) {
      const request = apiRequest(context.accessToken, "/v2/post/publish/video/init/", videoBody(context));
      const task = await callTikTok(context.http, uploadTask, request);
      return { done: { publishId: task.publish_id, uploadUrl: task.upload_url, startedAt: context.now.toISOString() } };
    },
  };
}

function upload(): QuietStep {
  return {
    name: "upload",
    effect: "hidden",
    async run(context) {
      await sendChunks(context, videoOf(context), "init");
      return { done: {} };
    },
  };
}

/** The last bytes. TikTok may return 200 instead of the documented 201. */
function publishVideo(): VisibleStep {
  return {
    name: "publish",
    effect: "visible",
    request(context) {
      const media = videoOf(context);
      return chunkRequest(context, media, planChunks(media.sizeBytes).count - 1);
    },
    accept(answer, context) {
      if (answer.status === 201 || answer.status === 200) return accepted(context);
      throw classifyUpload(answer, "init");
    },
  };
}

function nameImages(): QuietStep {
  return {
    name: "photos",
    effect: "hidden",
    run: async (context) => ({ done: { photoUrls: await photoUrls(context) } }),
  };
}

function publishPhotos(): VisibleStep {
  return {
    name: "publish",
    effect: "visible",
    request(context) {
      const request = apiRequest(context.accessToken, "/v2/post/publish/content/init/", photoBody(context));
      return { ...request, timeoutSeconds: 60 };
    },
    accept(answer) {
      const { publish_id: publishId } = readTikTok(photoTask, answer);
      return { done: { publishId }, remoteId: publishId };
    },
  };
}
