import { renditionFor, ruleFor } from "../kit/rendition.ts";
import { settingsReader } from "../kit/settings.ts";
import { videoOf } from "../kit/steps.ts";
import type { StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { settings } from "./settings.ts";
import { planChunks } from "./upload.ts";

export const settingsOf = settingsReader(settings);

/** Source: TikTok docs, direct post, 2026-09-11. */
export function videoBody(context: StepContext): Record<string, unknown> {
  const { sizeBytes } = videoOf(context);
  const { chunkBytes, count } = planChunks(sizeBytes);
  const { videoCoverTimestampMs, isAigc = false } = settingsOf(context);
  return {
    post_info: {
      title: context.content.text || undefined,
      ...audienceOf(context),
      disable_duet: isOff(context, "disableDuet", "duetDisabled"),
      disable_stitch: isOff(context, "disableStitch", "stitchDisabled"),
      video_cover_timestamp_ms: videoCoverTimestampMs,
      is_aigc: isAigc,
    },
    source_info: { source: "FILE_UPLOAD", video_size: sizeBytes, chunk_size: chunkBytes, total_chunk_count: count },
  };
}

/** Source: TikTok docs, photo post, 2026-09-11. */
export function photoBody(context: StepContext): Record<string, unknown> {
  const { photoTitle, photoCoverIndex = 0, autoAddMusic = false, isAigc = false } = settingsOf(context);
  return {
    post_mode: "DIRECT_POST",
    media_type: "PHOTO",
    // Unlike a video's, a photo's label is at the top level.
    is_aigc: isAigc,
    post_info: {
      title: photoTitle,
      description: context.content.text || undefined,
      ...audienceOf(context),
      auto_add_music: autoAddMusic,
    },
    source_info: {
      source: "PULL_FROM_URL",
      photo_cover_index: photoCoverIndex,
      photo_images: context.checkpoint.photoUrls,
    },
  };
}

/** TikTok fetches the photos within the hour, from a domain that is verified for the app. */
export function photoUrls({ content, media: source }: StepContext): Promise<string[]> {
  const rule = ruleFor(capabilities, "image");
  return Promise.all(content.media.map((media) => source.publicUrl(media, renditionFor(media, rule))));
}

/** Both brand fields are always sent: the docs disagree on whether they are optional. */
function audienceOf(context: StepContext): Record<string, unknown> {
  const { privacyLevel, brandContentToggle, brandOrganicToggle } = settingsOf(context);
  return {
    privacy_level: privacyLevel,
    disable_comment: isOff(context, "disableComment", "commentDisabled"),
    brand_content_toggle: brandContentToggle ?? false,
    brand_organic_toggle: brandOrganicToggle ?? false,
  };
}

/**
 * What the creator has turned off stays off, and TikTok's audit requires the rest to be off until a person turns it on.
 * Source: audits
 * reported by open-source clients, 2026.
 */
function isOff(
  context: StepContext,
  setting: "disableComment" | "disableDuet" | "disableStitch",
  flag: "commentDisabled" | "duetDisabled" | "stitchDisabled",
): boolean {
  return settingsOf(context)[setting] !== false || context.checkpoint[flag] === true;
}
