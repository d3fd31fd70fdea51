import type { PlatformContent } from "../../model/post.ts";
import { settingsReader } from "../kit/settings.ts";
import type { PublishMedia, StepContext } from "../platform.ts";
import { settings } from "./settings.ts";

export const settingsOf = settingsReader(settings);

/** How a post is published on Facebook: each kind has its own requests. */
export type Kind = "text" | "photos" | "video" | "reel" | "photoStory" | "videoStory";

export function kindOf({ placement, media }: PlatformContent<PublishMedia>): Kind {
  const isVideo = media[0]?.type === "video";
  if (placement === "story") return isVideo ? "videoStory" : "photoStory";
  if (placement === "reel") return "reel";
  if (media.length === 0) return "text";
  return isVideo ? "video" : "photos";
}

/** A step stores its result under its own name. Photos are numbered from 1, as people count them. */
export const stepNames = {
  photo: (item: number): string => `photo-${item + 1}`,
  start: "start",
  publish: "publish",
};

/** An edge of the Page. */
export function edgeOf({ account }: StepContext, edge: string): string {
  return `${account.platformAccountId}/${edge}`;
}

/** The ids of the photos that were uploaded for the post, in its order. */
export function photoIds({ content, checkpoint }: StepContext): string[] {
  return content.media.map((_, item) => String(checkpoint[stepNames.photo(item)]));
}
