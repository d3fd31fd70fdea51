import { isText, shownPost, type Preview } from "../kit/card/preview.ts";
import { titleOf } from "./article-title.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  card,
  postsOf: (content, author) => {
    const { text, media, linkUrl, settings } = content;
    const { visibility, isReshareDisabledByAuthor, articleTitle, videoTitle, altText, firstComment } = settings;
    const described = media.map((entry, place) => {
      const given: unknown = Array.isArray(altText) ? altText[place] : altText;
      return isText(given) ? { ...entry, altText: given } : entry;
    });
    return [
      shownPost(
        author,
        { ...content, media: described },
        {
          ...(linkUrl !== null && { kind: "article" }),
          link:
            linkUrl === null
              ? null
              : { url: linkUrl, title: isText(articleTitle) ? articleTitle : titleOf(text, linkUrl) },
          visibility: visibility === "CONNECTIONS" ? "CONNECTIONS" : "PUBLIC",
          settings: { isReshareDisabledByAuthor, ...(media[0]?.type === "video" && { title: videoTitle }) },
          notes: isReshareDisabledByAuthor === true ? ["Reposts are off"] : [],
          firstComment,
        },
      ),
    ];
  },
};
