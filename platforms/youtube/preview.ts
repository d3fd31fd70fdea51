import type { MediaEntry } from "../../model/post.ts";
import { factsOf, shownPost, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) => {
    const { settings, media } = content;
    const { privacyStatus, firstComment, ...shown } = settings;
    return [
      shownPost(author, content, {
        visibility: privacyStatus === "public" || privacyStatus === "unlisted" ? privacyStatus : "private",
        settings: shown,
        notes: media.map(factsOf).some(isShort) ? ["Short"] : [],
        firstComment,
      }),
    ];
  },
};

/** Source: YouTube help 15424877: at most three minutes, square or vertical. */
const SHORT_MAX_SECONDS = 180;

/** Whether YouTube shows a video as a Short. Unknown measures mean no. */
export function isShort({
  width,
  height,
  durationSeconds,
}: Pick<MediaEntry, "width" | "height" | "durationSeconds">): boolean {
  return (
    typeof width === "number" &&
    typeof height === "number" &&
    height >= width &&
    typeof durationSeconds === "number" &&
    durationSeconds <= SHORT_MAX_SECONDS
  );
}
