import { COUNTABLES, type Countable, type PlatformPrices } from "../model/capabilities.ts";
import type { PlatformName } from "../model/platform-names.ts";
import type { PlatformContent } from "../model/post.ts";
import { catalog } from "./catalog.ts";
import type { MeasuredMedia } from "./definition.ts";
import { findUrls } from "./kit/urls.ts";

/** In UTF-16 units, more than any valid post has. Links are looked for only so far: all senders share one thread. */
const MAX_SEARCHED_UNITS = 300_000;

/** What platforms count of a post: how much of each it has. Links are only looked for if they are asked about. */
export function countablesOf(content: PlatformContent<MeasuredMedia>): Readonly<Record<Countable, number>> {
  const parts = [content, ...content.thread];
  const media = parts.flatMap((part) => part.media);
  const replies = content.thread.length + (content.settings.replyTo === undefined ? 0 : 1);
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
    get plainPart() {
      return parts.length - countLinked(parts);
    },
    get linkedPart() {
      return countLinked(parts);
    },
    // Of a video, no platform that charges takes one.
    altText: media.filter(({ type, altText }) => type !== "video" && (altText ?? "") !== "").length,
  };
}

function countLinked(parts: readonly { text: string }[]): number {
  let units = 0;
  const isLinked = ({ text }: { text: string }) =>
    (units += text.length) <= MAX_SEARCHED_UNITS && findUrls(text).next().done !== true;
  return parts.filter(isLinked).length;
}

/** The sum of what counts for a quota, or costs something. */
export function weigh(
  counted: Readonly<Record<Countable, number>>,
  weights: Partial<Record<Countable, number>>,
): number {
  return COUNTABLES.reduce((sum, what) => {
    const weight = weights[what] ?? 0;
    return weight === 0 ? sum : sum + counted[what] * weight;
  }, 0);
}

/** Prices that the operator has set for platforms, instead of the declared ones; in millionths of a US dollar. */
export type SetPrices = Partial<Record<PlatformName, PlatformPrices["microUsd"]>>;

/** Limits that the operator has set for platforms, instead of the declared ones, by the quota's name. */
export type SetLimits = Partial<Record<PlatformName, Partial<Record<string, number>>>>;

/** What the platform charges for a post, in millionths of a US dollar; null if publishing there is free. */
export function priceOf(
  platform: PlatformName,
  counted: Readonly<Record<Countable, number>>,
  setPrices: SetPrices,
): number | null {
  const { prices } = catalog[platform].capabilities;
  if (prices === undefined && setPrices[platform] === undefined) return null;
  return weigh(counted, { ...prices?.microUsd, ...setPrices[platform] });
}
