import { isText, shownPost, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) => {
    const { placement, linkUrl, media, settings } = content;
    const { title, firstComment } = settings;
    const isStory = placement === "story";
    return [
      shownPost(author, content, {
        ...((isStory || placement === "reel") && { kind: placement }),
        ...(linkUrl !== null && media.length === 0 && { kind: "link" }),
        link: linkUrl === null ? null : { url: linkUrl, title: null },
        topic: isText(title) && !isStory ? title : null,
        firstComment: isStory ? null : firstComment,
      }),
    ];
  },
};
