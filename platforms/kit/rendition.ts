import type { Capabilities, MediaRule, Shape } from "../../model/capabilities.ts";
import type { MediaType } from "../../model/post.ts";
import type { PublishMedia, Rendition, StepContext } from "../platform.ts";
import { isRewrapped } from "./wrapping.ts";

/**
 * What must be created from a file before a platform with this rule accepts it: for an image a JPEG, if its type is not
 * supported, it is too large or rotated; for a video another container format. Undefined if it can be used unchanged.
 */
export function renditionFor(media: PublishMedia, rule: MediaRule): Rendition | undefined {
  if (media.type === "video") return isRewrapped(media, rule) ? { mimeType: "video/mp4" } : undefined;
  const taken = rule.types.some((type) => type === media.mimeType);
  const maxSizeBytes = rule.fitted.sizeBytes?.max;
  const { maxWidth, maxHeight } = box(media, rule);
  const oversize =
    exceeds(media.sizeBytes, maxSizeBytes) || exceeds(media.width, maxWidth) || exceeds(media.height, maxHeight);
  if (taken && !oversize && media.orientation === 1) return undefined;
  return { mimeType: "image/jpeg", maxWidth, maxHeight, maxSizeBytes };
}

/**
 * A platform's requirements for images or videos: those of the first shape that accepts any. Their type and size are
 * the same in all.
 */
export function ruleFor({ platform, placements }: Capabilities, kind: MediaType): MediaRule {
  const shapes: readonly Shape[] = placements.flatMap((placement) => placement.shapes);
  const rule = shapes.find((shape) => shape[kind] !== undefined)?.[kind];
  if (rule === undefined) throw new Error(`${platform} declares no shape with ${kind}`);
  return rule;
}

/** The file as the platform gets it: how large it is then, and its bytes from `start` on. */
export async function fileFor(
  { media: source }: Pick<StepContext, "media">,
  media: PublishMedia,
  rendition?: Rendition,
  start = 0,
) {
  const { mimeType, sizeBytes } = await source.describe(media, rendition);
  const open = () => source.open(media, { rendition, start });
  return { contentType: mimeType, sizeBytes: sizeBytes - start, open };
}

/** The box that the image must fit in, rotated like the image. */
function box(
  { width, height }: PublishMedia,
  { fitted }: MediaRule,
): { maxWidth: number | undefined; maxHeight: number | undefined } {
  const { longSide, shortSide, pixels } = fitted;
  const lying = (width ?? 0) >= (height ?? 0);
  const shrink = Math.sqrt((pixels?.max ?? Number.POSITIVE_INFINITY) / ((width ?? 0) * (height ?? 0)));
  return {
    maxWidth:
      fitted.width?.max ??
      (lying ? longSide : shortSide)?.max ??
      (shrink < 1 ? Math.floor((width ?? 0) * shrink) : undefined),
    maxHeight:
      fitted.height?.max ??
      (lying ? shortSide : longSide)?.max ??
      (shrink < 1 ? Math.floor((height ?? 0) * shrink) : undefined),
  };
}

function exceeds(value: number | null, max: number | undefined): boolean {
  return value !== null && max !== undefined && value > max;
}
