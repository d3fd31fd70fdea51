import type { MediaRule } from "../../model/capabilities.ts";
import type { PublishMedia, Rendition } from "../platform.ts";

/**
 * What has to be made of an image before a platform with this rule takes it: a JPEG where its type is not taken as it
 * is, where it is larger than the rule fits, or where it lies on its side. Undefined where it may go as it is.
 */
export function renditionFor(media: PublishMedia, rule: MediaRule): Rendition | undefined {
  const taken = rule.types.some((type) => type === media.mimeType);
  const { sizeBytes, width, height } = rule.fitted;
  const oversize = exceeds(media.sizeBytes, sizeBytes?.max) || exceeds(media.width, width?.max) || exceeds(media.height, height?.max);
  if (media.type !== "image" || (taken && !oversize && media.orientation === 1)) return undefined;
  return {
    mimeType: "image/jpeg",
    ...(width?.max === undefined ? {} : { maxWidth: width.max }),
    ...(height?.max === undefined ? {} : { maxHeight: height.max }),
    ...(sizeBytes?.max === undefined ? {} : { maxSizeBytes: sizeBytes.max }),
  };
}

function exceeds(value: number | null, max: number | undefined): boolean {
  return value !== null && max !== undefined && value > max;
}
