import { COUNTABLES, type Countable, type PlatformPrices } from "../model/capabilities.ts";
import type { PlatformName } from "../model/platform-names.ts";
import type { PlatformContent } from "../model/post.ts";
import { catalog } from "./catalog.ts";
import type { MeasuredMedia } from "./definition.ts";
import { findUrls } from "./kit/urls.ts";

/** What platforms count of a post: how much of each it has. */
export function countablesOf(content: PlatformContent<MeasuredMedia>): Record<Countable, number> {
  const parts = [content, ...content.thread];
  const media = parts.flatMap((part) => part.media);
  const replies = content.thread.length + (content.settings.replyTo === undefined ? 0 : 1);
  const linked = parts.filter(({ text }) => findUrls(text).next().done !== true).length;
  const videos = media.filter(({ type }) => type === "video").length;
  return {
    post: 1,
    part: parts.length,
    opening: parts.length - replies,
    reply: replies,
    container: parts.reduce((sum, part) => sum + 1 + (part.media.length > 1 ? part.media.length : 0), 0),
    reel: content.placement === "reel" ? 1 : 0,
    image: media.length - videos,
    video: videos,
    firstComment: content.settings.firstComment === undefined ? 0 : 1,
    plainPart: parts.length - linked,
    linkedPart: linked,
    // Of a video, no platform that charges takes one.
    altText: media.filter(({ type, altText }) => type !== "video" && (altText ?? "") !== "").length,
  };
}

/** The sum of what counts for a quota, or costs something. */
export function weigh(counted: Record<Countable, number>, weights: Partial<Record<Countable, number>>): number {
  return COUNTABLES.reduce((sum, what) => sum + counted[what] * (weights[what] ?? 0), 0);
}

/** Prices that the operator has set for platforms, instead of the declared ones; in millionths of a US dollar. */
export type SetPrices = Partial<Record<PlatformName, PlatformPrices["microUsd"]>>;

/** Limits that the operator has set for platforms, instead of the declared ones, by the quota's name. */
export type SetLimits = Partial<Record<PlatformName, Partial<Record<string, number>>>>;

/** What the platform charges for a post, in millionths of a US dollar; null if publishing there is free. */
export function priceOf(
  platform: PlatformName,
  counted: Record<Countable, number>,
  setPrices: SetPrices,
): number | null {
  const { prices } = catalog[platform].capabilities;
  if (prices === undefined && setPrices[platform] === undefined) return null;
  return weigh(counted, { ...prices?.microUsd, ...setPrices[platform] });
}
