import type { PlatformContent } from "../../model/post.ts";
import { platformWords } from "../kit/errors.ts";
import type { RequestParameters } from "../kit/http.ts";
import type { Containers } from "../kit/meta/containers.ts";
import { findErrorRow, graphError, type Graph } from "../kit/meta/graph.ts";
import { renditionFor, ruleFor } from "../kit/rendition.ts";
import { settingsReader } from "../kit/settings.ts";
import { coverOf } from "../kit/steps.ts";
import type { BrokerError, PublishMedia, Rendition, StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { graphs, NOT_THERE, unknownContainerError, type Login } from "./errors.ts";
import { settings } from "./settings.ts";
import { containerState } from "./wire.ts";

export const settingsOf = settingsReader(settings);

/** How a post is published on Instagram, in its own terms for placements. */
export type Kind = "feed" | "reel" | "carousel" | "story";

/** A step stores its ID under its own name. Children are numbered from 1, as people count the items. */
export const stepNames = {
  child: (item: number): string => `child-${item + 1}`,
  container: "container",
  ready: "ready",
  publish: "publish",
};

/** Where the preparation of a post starts. */
export function firstStep(content: PlatformContent<PublishMedia>): string {
  return kindOf(content) === "carousel" ? stepNames.child(0) : stepNames.container;
}

export function kindOf({ placement }: PlatformContent<PublishMedia>): Kind {
  return placement === "reel" || placement === "carousel" || placement === "story" ? placement : "feed";
}

/** The host for this account: it depends on how the user signed in. */
export function graphOf({ account }: StepContext): Graph {
  return graphs[loginOf(account.metadata)];
}

/** Only Facebook Login's upload host accepts bytes; otherwise Instagram fetches the video. */
export function takesBytes({ account }: StepContext, media: PublishMedia): boolean {
  return media.type === "video" && loginOf(account.metadata) === "facebook";
}

/**
 * The parameters of `POST /{ig-user-id}/media`: of one carousel item if `child` is given, otherwise of the post itself.
 * Source: Instagram docs, POST /{ig-user-id}/media, 2026-09-11.
 */
export async function containerFields(context: StepContext, child: number | null): Promise<RequestParameters> {
  const { isAiGenerated, isPaidPartnership, thumbOffsetMs } = settingsOf(context);
  if (child !== null) {
    const item = context.content.media[child];
    return {
      ...(item?.type === "video" && { media_type: "VIDEO", thumb_offset: thumbOffsetMs?.toString() }),
      ...(await mediaFields(context, item, child)),
      is_carousel_item: "true",
    };
  }
  // Instagram rejects the labels on the items of a carousel.
  return {
    ...(await postFields(context)),
    is_ai_generated: isAiGenerated === true ? "true" : undefined,
    is_paid_partnership: isPaidPartnership === true ? "true" : undefined,
  };
}

async function postFields(context: StepContext): Promise<RequestParameters> {
  const { content } = context;
  const { media } = content;
  switch (kindOf(content)) {
    case "carousel":
      return {
        media_type: "CAROUSEL",
        children: media.map((_, item) => String(context.checkpoint[stepNames.child(item)])).join(","),
        ...captionFields(context),
      };
    case "reel":
      return {
        media_type: "REELS",
        ...(await mediaFields(context, media[0], 0)),
        ...(await reelFields(context)),
        ...captionFields(context),
      };
    case "story":
      return { media_type: "STORIES", ...(await mediaFields(context, media[0], 0)) };
    case "feed":
      return { ...(await mediaFields(context, media[0], 0)), ...captionFields(context) };
  }
}

/** Source: Instagram docs, POST /{ig-user-id}/media and content publishing, 2026-09-11. */
export const containers: Containers = {
  graphOf,
  edges: { create: "media", publish: "media_publish", limit: "content_publishing_limit" },
  state: { fields: "status_code,status", schema: containerState },
  notThere: NOT_THERE,
  notReady: "24/2207008",
  // The account itself does not appear by waiting: for that, Meta returns 100/33.
  mayAppear: (code) => NOT_THERE.has(code) && code !== "100/33",
  // Meta says to poll once a minute.
  patience: {
    image: { waits: [2, 3, 5, 10, 20, 40], giveUpSeconds: 1800 },
    video: { waits: [10, 10, 20, 60], giveUpSeconds: 1800 },
  },
  givenUpAfter: "half an hour",
  failure: containerError,
};

/** The reason is a number in the message. Source: observed in responses; the docs promise the bare number. */
function containerError(status: string, redoFrom: string): BrokerError {
  const code = /\b2207\d{3}\b/.exec(status)?.[0] ?? null;
  const named = {
    code: null,
    subcode: code === null ? null : Number(code),
    texts: [status],
    isTransient: false,
    traceId: null,
    exchange: false,
  };
  const row = (code === null ? undefined : findErrorRow(graphs.instagram, named)) ?? unknownContainerError;
  const detail = { status: 200, code, message: platformWords(status), requestId: null };
  return graphError(graphs.instagram, row, detail, { redoFrom });
}

function loginOf(metadata: Record<string, unknown>): Login {
  return metadata.login === "facebook" ? "facebook" : "instagram";
}

function captionFields(context: StepContext): RequestParameters {
  const { collaborators = [], locationId } = settingsOf(context);
  return {
    caption: context.content.text || undefined,
    collaborators: collaborators.length === 0 ? undefined : JSON.stringify(collaborators),
    location_id: locationId,
  };
}

/** Whether a reel appears in the feed is always set. A cover image takes precedence over a frame. */
async function reelFields(context: StepContext): Promise<RequestParameters> {
  const { thumbOffsetMs, shareToFeed = true } = settingsOf(context);
  const cover = coverOf(context.content);
  return {
    share_to_feed: String(shareToFeed),
    cover_url: cover === null ? undefined : await imageUrl(context, cover),
    thumb_offset: thumbOffsetMs?.toString(),
  };
}

/** Alternative text is only for images in feed and carousel; reels and stories reject it. */
async function mediaFields(
  context: StepContext,
  media: PublishMedia | undefined,
  item: number,
): Promise<RequestParameters> {
  if (media === undefined) return {};
  const tags = tagsOf(context, media, item);
  const user_tags = tags.length === 0 ? undefined : JSON.stringify(tags);
  if (takesBytes(context, media)) return { upload_type: "resumable", user_tags };
  if (media.type === "video")
    return { video_url: await context.media.publicUrl(media, videoRendition(media)), user_tags };
  const altText = kindOf(context.content) === "story" ? null : media.altText;
  return { image_url: await imageUrl(context, media), alt_text: altText || undefined, user_tags };
}

/** On a video a tag has no place. */
function tagsOf(
  context: StepContext,
  media: PublishMedia,
  item: number,
): { username: string; x?: number; y?: number }[] {
  return (settingsOf(context).userTags ?? [])
    .filter(({ mediaIndex = 0 }) => mediaIndex === item)
    .map(({ username, x, y }) => ({
      username,
      ...(media.type === "image" && x !== undefined && y !== undefined ? { x, y } : {}),
    }));
}

/** Every placement with videos requires the same container format. */
export function videoRendition(media: PublishMedia): Rendition | undefined {
  return renditionFor(media, ruleFor(capabilities, "video"));
}

function imageUrl(context: StepContext, media: PublishMedia): Promise<string> {
  return context.media.publicUrl(media, renditionFor(media, ruleFor(capabilities, "image")));
}
