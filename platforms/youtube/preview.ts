import type { MediaEntry } from "../../model/post.ts";
import { shownPost, type Preview } from "../kit/card/preview.ts";
import { card } from "./card.ts";
import { isShort } from "./short.ts";

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
