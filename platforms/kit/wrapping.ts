import type { MediaRule } from "../../model/capabilities.ts";
import type { MediaFacts } from "../../model/post.ts";

/** Whether a video goes to a platform with this rule in another wrapping. */
export function isRewrapped(
  { mimeType, indexFirst }: Pick<MediaFacts, "mimeType" | "indexFirst">,
  rule: MediaRule,
): boolean {
  return rule.converted.some((type) => type === mimeType) || (rule.indexFirst === true && indexFirst === false);
}
