import type { MediaEntry, MediaFacts } from "../../model/post.ts";
import { shownPost, type Preview } from "../kit/card/preview.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  card,
  postsOf: (content, author) => {
    const { settings, media } = content;
    const { privacyStatus, firstComment, ...shown } = settings;
    return [
      shownPost(author, content, {
        visibility: privacyStatus === "public" || privacyStatus === "unlisted" ? privacyStatus : "private",
        settings: shown,
        notes: media.some(isShownAsShort) ? ["Short"] : [],
        firstComment,
      }),
    ];
  },
};

function isShownAsShort({ width = null, height = null, durationSeconds = null }: MediaEntry): boolean {
  return isShort({ width, height, durationSeconds });
}

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
