import type { MediaFacts } from "../../model/post.ts";

/** Source: YouTube help 15424877: at most three minutes, square or vertical. */
const SHORT_MAX_SECONDS = 180;

/** Whether YouTube shows a video as a Short. Unknown measures mean no. */
export function isShort({
  width,
  height,
  durationSeconds,
}: Pick<MediaFacts, "width" | "height" | "durationSeconds">): boolean {
  return (
    width !== null &&
    height !== null &&
    height >= width &&
    durationSeconds !== null &&
    durationSeconds <= SHORT_MAX_SECONDS
  );
}
