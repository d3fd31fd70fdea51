import { z } from "zod";

import { invalid, isTrue, missing, parseJson, Refusal } from "../../../sandbox/meta/graph.ts";
import { pageById } from "../../../sandbox/meta/pages.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { igError } from "./errors.ts";
import type { Viewer } from "./viewer.ts";

/**
 * Validates the parameters of `POST /{IG_ID}/media`, except for the media's bytes.
 * Source: Instagram Platform docs, ig-user/media, 2026-09-11.
 */
export interface NewContainer {
  kind: (typeof KINDS)[number];
  isVideo: boolean;
  caption: string;
  /** A carousel child. */
  item: boolean;
  children: string[];
  /** Null if the bytes are uploaded, and for carousels. */
  mediaUrl: string | null;
  coverUrl: string | null;
  thumbOffsetMs: number | null;
  altText: string | null;
  resumable: boolean;
  /** All other fields sent, as shown in the ledger. */
  settings: Record<string, unknown>;
}

export const KINDS = ["IMAGE", "VIDEO", "REELS", "STORIES", "CAROUSEL"] as const;

const NO_SETTINGS = new Set([
  "access_token",
  "media_type",
  "caption",
  "image_url",
  "video_url",
  "alt_text",
  "is_carousel_item",
  "children",
  "upload_type",
  "fields",
  "appsecret_proof",
]);
const JSON_SETTINGS = new Set([
  "user_tags",
  "collaborators",
  "trial_params",
  "product_tags",
  "audio_configuration",
  "branded_content_sponsor_ids",
]);

export function validateCreate(call: Call, viewer: Viewer): NewContainer {
  const { params } = call;
  const kind = kindOf(params);
  const item = isTrue(params, "is_carousel_item");
  const caption = params["caption"] ?? "";
  if (item && kind !== "IMAGE" && kind !== "VIDEO") throw invalid(`media_type ${kind} can be no item of a carousel.`);
  if (kind === "VIDEO" && !item) throw new Refusal(igError("100/2207067"));
  const media = validateMedia(call, viewer, kind);
  validateCaption(caption);
  validateAltText(params, kind);
  const settings = settingsOf(params);
  validateUserTags(settings["user_tags"], media.isVideo ? "video" : kind === "STORIES" ? "story" : "image");
  validateCollaborators(settings["collaborators"], kind, item);
  validateLocation(call, kind, item);
  validateReel(params, kind);
  if (item && params["is_ai_generated"] !== undefined)
    throw invalid("is_ai_generated is not allowed on items of a carousel.");
  if (viewer.login === "instagram" && params["is_paid_partnership"] !== undefined)
    throw invalid("is_paid_partnership needs a login by Facebook.");
  if (viewer.login === "instagram" && params["product_tags"] !== undefined) throw new Refusal(igError("100/2207035"));
  return {
    kind,
    item,
    caption,
    ...media,
    settings,
    children: kind === "CAROUSEL" ? childrenOf(params["children"] ?? "") : [],
    altText: params["alt_text"] ?? null,
    coverUrl: params["cover_url"] ?? null,
    thumbOffsetMs: params["thumb_offset"] === undefined ? null : Number(params["thumb_offset"]),
  };
}

function kindOf(params: Call["params"]): NewContainer["kind"] {
  const asked = params["media_type"];
  if (asked === undefined || asked === "") return "IMAGE";
  const kind = KINDS.find((one) => one === asked);
  if (!kind) throw new Refusal(igError("100/2207023"));
  return kind;
}

/** Exactly one source: an image URL, a video URL, or a video that is uploaded afterwards. */
function validateMedia(
  call: Call,
  viewer: Viewer,
  kind: NewContainer["kind"],
): Pick<NewContainer, "isVideo" | "mediaUrl" | "resumable"> {
  const { params } = call;
  const { image_url: imageUrl, video_url: videoUrl, upload_type: uploadType } = params;
  if (kind === "CAROUSEL") {
    if (imageUrl !== undefined || videoUrl !== undefined)
      throw invalid("A carousel takes children in place of image_url and video_url.");
    return { isVideo: false, mediaUrl: null, resumable: false };
  }
  if (imageUrl !== undefined && videoUrl !== undefined)
    throw invalid("Exactly one of image_url and video_url is allowed.");
  if (uploadType !== undefined) {
    if (uploadType !== "resumable") throw invalid("upload_type has to be resumable.");
    if (kind === "IMAGE") throw invalid("upload_type resumable is for videos.");
    if (viewer.login === "instagram") throw invalid("upload_type resumable needs a login by Facebook.");
    if (imageUrl !== undefined || videoUrl !== undefined)
      throw invalid("upload_type resumable takes no image_url and no video_url.");
    return { isVideo: true, mediaUrl: null, resumable: true };
  }
  const wantsVideo = kind === "REELS" || kind === "VIDEO" || (kind === "STORIES" && videoUrl !== undefined);
  const url = wantsVideo ? videoUrl : imageUrl;
  if (!url)
    throw kind === "STORIES" ? missing("image_url or video_url") : missing(wantsVideo ? "video_url" : "image_url");
  if ((wantsVideo ? imageUrl : videoUrl) !== undefined)
    throw invalid(`media_type ${kind} does not take both kinds of media.`);
  if (!isMediaUrl(url)) throw new Refusal(igError("9004/2207052"));
  return { isVideo: wantsVideo, mediaUrl: url, resumable: false };
}

/** http or https, ASCII only. */
function isMediaUrl(url: string): boolean {
  return /^[\x21-\x7e]+$/.test(url) && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}

/** Counted in code points. */
function validateCaption(caption: string): void {
  if ([...caption].length > 2200) throw new Refusal(igError("36004/2207010"));
  if ((caption.match(/#[\p{L}\p{N}_]+/gu) ?? []).length > 30) throw invalid("The caption has more than 30 hashtags.");
  if ((caption.match(/@[A-Za-z0-9._]+/g) ?? []).length > 20) throw new Refusal(igError("100/2207040"));
}

function validateAltText(params: Call["params"], kind: NewContainer["kind"]): void {
  const altText = params["alt_text"];
  if (altText === undefined) return;
  if (kind === "REELS" || kind === "STORIES") throw invalid(`alt_text is not allowed with media_type ${kind}.`);
  if ([...altText].length > 1000) throw invalid("alt_text must be at most 1000 characters long.");
}

const UserTags = z.array(
  z.object({
    username: z.string().min(1),
    x: z.number().min(0).max(1).optional(),
    y: z.number().min(0).max(1).optional(),
  }),
);

function validateUserTags(value: unknown, on: "image" | "video" | "story"): void {
  if (value === undefined) return;
  const { data: tags } = UserTags.safeParse(value);
  if (!tags) throw invalid("user_tags must be a list of {username, x, y} with x and y from 0.0 to 1.0.");
  if (tags.length > 20) throw new Refusal(igError("100/2207040"));
  if (on === "image" && tags.some((tag) => tag.x === undefined || tag.y === undefined))
    throw invalid("user_tags of an image need x and y.");
  if (on === "video" && tags.some((tag) => tag.x !== undefined || tag.y !== undefined))
    throw invalid("user_tags of a video take the username only.");
}

function validateCollaborators(value: unknown, kind: NewContainer["kind"], item: boolean): void {
  if (value === undefined) return;
  if (kind === "STORIES" || item) throw invalid("collaborators are not allowed here.");
  const { data: names } = z.array(z.string().min(1)).safeParse(value);
  if (!names) throw invalid("collaborators must be a list of usernames.");
  if (names.length > 3) throw invalid("There can be at most 3 collaborators.");
}

/** Any Page's ID is accepted as a place, except the sandbox's own Pages, which have no location data. */
function validateLocation(call: Call, kind: NewContainer["kind"], item: boolean): void {
  const place = call.params["location_id"];
  if (place === undefined) return;
  if (item || kind === "STORIES") throw invalid("location_id is not allowed here.");
  const isKnownPage = pageById(call.world, "instagram", place) ?? pageById(call.world, "facebook", place);
  if (!/^[1-9]\d{4,19}$/.test(place) || isKnownPage)
    throw new Refusal(igError("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID"));
}

const REEL_ONLY = ["share_to_feed", "cover_url", "audio_name", "trial_params", "audio_configuration"];
const BOOLEANS = ["share_to_feed", "is_ai_generated", "is_paid_partnership"];
const Trial = z.object({ graduation_strategy: z.enum(["MANUAL", "SS_PERFORMANCE"]) });

function validateReel(params: Call["params"], kind: NewContainer["kind"]): void {
  const extra = REEL_ONLY.find((name) => params[name] !== undefined);
  if (kind !== "REELS" && extra !== undefined) throw invalid(`${extra} is allowed with media_type REELS only.`);
  // Source: IG User media reference: "for videos and reels"; Postiz sends it for carousel videos.
  if (kind !== "REELS" && kind !== "VIDEO" && params["thumb_offset"] !== undefined)
    throw invalid("thumb_offset is allowed for videos and reels only.");
  if (params["thumb_offset"] !== undefined && !/^\d{1,9}$/.test(params["thumb_offset"]))
    throw invalid("thumb_offset must be a whole number of milliseconds.");
  const unclear = BOOLEANS.find((name) => params[name] !== undefined && !/^(true|false|0|1)$/.test(params[name]));
  if (unclear !== undefined) throw invalid(`${unclear} must be true or false.`);
  if (params["cover_url"] !== undefined && !isMediaUrl(params["cover_url"])) throw new Refusal(igError("9004/2207052"));
  const trial = params["trial_params"];
  if (trial !== undefined && !Trial.safeParse(parseJson("trial_params", trial)).success)
    throw invalid("trial_params.graduation_strategy must be MANUAL or SS_PERFORMANCE.");
}

/** A list as JSON, or comma-separated. */
function childrenOf(value: string): string[] {
  const list = value.trim().startsWith("[")
    ? z.array(z.coerce.string()).safeParse(parseJson("children", value)).data
    : value.split(",");
  if (!list) throw invalid("children must be a list of container ids.");
  return list.map((id) => id.trim()).filter(Boolean);
}

function settingsOf(params: Call["params"]): Record<string, unknown> {
  const settings = Object.entries(params).filter(([name]) => !NO_SETTINGS.has(name));
  return Object.fromEntries(
    settings.map(([name, value]) => [name, JSON_SETTINGS.has(name) ? listOrJson(name, value) : value]),
  );
}

function listOrJson(name: string, value: string): unknown {
  if (name === "collaborators" && !value.trim().startsWith("["))
    return value
      .split(",")
      .map((one) => one.trim())
      .filter(Boolean);
  return parseJson(name, value);
}
