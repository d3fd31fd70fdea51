import type { MediaRule } from "../../model/capabilities.ts";
import type { PlatformContent } from "../../model/post.ts";
import type { PublishMedia, StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { settings } from "./settings.ts";

/** What Facebook makes of a post: each kind goes out by calls of its own. */
export type Kind = "text" | "photos" | "video" | "reel" | "photoStory" | "videoStory";

export function kindOf({ placement, media }: PlatformContent<PublishMedia>): Kind {
  const isVideo = media[0]?.type === "video";
  if (placement === "story") return isVideo ? "videoStory" : "photoStory";
  if (placement === "reel") return "reel";
  if (media.length === 0) return "text";
  return isVideo ? "video" : "photos";
}

/** A step leaves what it got under its own name. Photos are numbered from 1, as people count them. */
export const stepNames = {
  photo: (item: number): string => `photo-${item + 1}`,
  start: "start",
  publish: "publish",
};

/** The one video of a post that has one. */
export function videoOf({ content }: StepContext): PublishMedia {
  const [media] = content.media;
  if (media === undefined) throw new Error("The post has no video");
  return media;
}

/** The ids of the photos that were uploaded for the post, in its order. */
export function photoIds({ content, checkpoint }: StepContext): string[] {
  return content.media.map((_, item) => String(checkpoint[stepNames.photo(item)]));
}

/** The judge has accepted it at create. */
export function titleOf({ content }: StepContext): string | undefined {
  return settings.parse(content.settings).title;
}

/** Every shape with images asks the same of a file's type and size. */
export function imageRule(): MediaRule {
  return capabilities.placements[0].shapes[1].image;
}
