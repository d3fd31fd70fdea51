import type { MediaRule } from "../../model/capabilities.ts";
import type { HttpRequest } from "../kit/http.ts";
import { renditionFor } from "../kit/rendition.ts";
import {
  BrokerError,
  type Broker,
  type PublishMedia,
  type QuietStep,
  type StepContext,
  type VisibleStep,
} from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { apiRequest, callTikTok, readTikTok } from "./errors.ts";
import { accepted, reconcile } from "./reconcile.ts";
import { settings, type TiktokSettings } from "./settings.ts";
import { awaitLive, awaitPostId } from "./status.ts";
import { chunkRequest, classifyUpload, planChunks, sendChunks } from "./upload.ts";
import { creatorInfo, photoTask, uploadTask } from "./wire.ts";

/**
 * A video's bytes are sent to an address that TikTok gives together with the post's id; the post goes out once the last
 * of them are there, so sending those is the call that publishes. Photos TikTok fetches by itself: there the call that
 * names them publishes, and the id comes only with its answer. Nothing goes out before the creator info has been read.
 */
export const broker: Broker = {
  steps: ({ media }) =>
    media[0]?.type === "image"
      ? [readCreator(), nameImages(), publishPhotos(), awaitLive(), awaitPostId()]
      : [readCreator(), init(), upload(), publishVideo(), awaitLive(), awaitPostId()],
  reconcile,
  secretCheckpoint: ["uploadUrl"],
  // The state of an upload is TikTok's own count; bytes that are still on their way are not in it yet.
  indexingLagSeconds: 10,
};

/** TikTok wants it asked before every post, and what it says enforced. Source: TikTok docs, content sharing guidelines, 2026-09-11. */
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
          `The TikTok account does not offer privacyLevel "${privacyLevel}" now, but ${offered.join(", ")}.`,
        );
      }
      const limit = creator.max_video_post_duration_sec ?? null;
      const durationSeconds = context.content.media[0]?.durationSeconds ?? null;
      if (limit !== null && durationSeconds !== null && durationSeconds > limit) {
        throw new BrokerError("MEDIA_REJECTED", `TikTok lets this creator post videos of at most ${limit} seconds.`);
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

/** Nothing can go out by this alone, so it may be done again, at the price of one of six calls a minute. */
function init(): QuietStep {
  return {
    name: "init",
    effect: "hidden",
    async run(context) {
      const { sizeBytes } = videoOf(context);
      const { chunkBytes, count } = planChunks(sizeBytes);
      const { videoCoverTimestampMs, isAigc } = settingsOf(context);
      const json = {
        post_info: {
          ...(context.content.text === "" ? {} : { title: context.content.text }),
          ...audienceOf(context),
          disable_duet: isOff(context, "disableDuet", "duetDisabled"),
          disable_stitch: isOff(context, "disableStitch", "stitchDisabled"),
          ...(videoCoverTimestampMs === undefined ? {} : { video_cover_timestamp_ms: videoCoverTimestampMs }),
          is_aigc: isAigc ?? false,
        },
        source_info: { source: "FILE_UPLOAD", video_size: sizeBytes, chunk_size: chunkBytes, total_chunk_count: count },
      };
      const task = await callTikTok(
        context.http,
        uploadTask,
        apiRequest(context.accessToken, "/v2/post/publish/video/init/", json),
      );
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

/** The last bytes. TikTok may answer 200 as well as the documented 201. */
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

/** TikTok fetches the photos within the hour, from a domain that is verified for the app. */
function nameImages(): QuietStep {
  return {
    name: "photos",
    effect: "hidden",
    async run(context) {
      const photoUrls = await Promise.all(
        context.content.media.map((media) => context.media.publicUrl(media, renditionFor(media, imageRule()))),
      );
      return { done: { photoUrls } };
    },
  };
}

function publishPhotos(): VisibleStep {
  return {
    name: "publish",
    effect: "visible",
    request(context): HttpRequest {
      const { photoTitle, photoCoverIndex, autoAddMusic, isAigc } = settingsOf(context);
      const json = {
        post_mode: "DIRECT_POST",
        media_type: "PHOTO",
        // Unlike a video's, a photo's label stands at the top. Source: TikTok docs, photo post, 2026-09-11.
        is_aigc: isAigc ?? false,
        post_info: {
          ...(photoTitle === undefined ? {} : { title: photoTitle }),
          ...(context.content.text === "" ? {} : { description: context.content.text }),
          ...audienceOf(context),
          auto_add_music: autoAddMusic ?? false,
        },
        source_info: {
          source: "PULL_FROM_URL",
          photo_cover_index: photoCoverIndex ?? 0,
          photo_images: context.checkpoint.photoUrls,
        },
      };
      return { ...apiRequest(context.accessToken, "/v2/post/publish/content/init/", json), timeoutSeconds: 60 };
    },
    accept(answer) {
      const { publish_id: publishId } = readTikTok(photoTask, answer);
      return { done: { publishId }, remoteId: publishId };
    },
  };
}

/** Both brand fields always go along: the docs disagree on whether they may be left out. */
function audienceOf(context: StepContext): Record<string, unknown> {
  const { privacyLevel, brandContentToggle, brandOrganicToggle } = settingsOf(context);
  return {
    privacy_level: privacyLevel,
    disable_comment: isOff(context, "disableComment", "commentDisabled"),
    brand_content_toggle: brandContentToggle ?? false,
    brand_organic_toggle: brandOrganicToggle ?? false,
  };
}

/** What the creator has switched off stays off. */
function isOff(
  context: StepContext,
  setting: "disableComment" | "disableDuet" | "disableStitch",
  flag: "commentDisabled" | "duetDisabled" | "stitchDisabled",
): boolean {
  return settingsOf(context)[setting] === true || context.checkpoint[flag] === true;
}

function videoOf(context: StepContext): PublishMedia {
  const [media] = context.content.media;
  if (media === undefined) throw new Error("The post has no video");
  return media;
}

function imageRule(): MediaRule {
  const rule = capabilities.placements[0].shapes.find((shape) => "image" in shape)?.image;
  if (rule === undefined) throw new Error("TikTok declares no shape with images");
  return rule;
}

/** The judge has accepted them at create. */
function settingsOf(context: StepContext): TiktokSettings {
  return settings.parse(context.content.settings);
}
