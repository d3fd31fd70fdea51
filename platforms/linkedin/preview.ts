import { factsOf, isText, shownPost, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  capabilities,
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
          settings: {
            isReshareDisabledByAuthor,
            ...(media.some((entry) => factsOf(entry).type === "video") && { title: videoTitle }),
          },
          notes: isReshareDisabledByAuthor === true ? ["Reposts are off"] : [],
          firstComment,
        },
      ),
    ];
  },
};

const TITLE_MAX = 400;

/** The title of a link without one of its own: the text's first meaningful line, otherwise the host's name. */
export function titleOf(text: string, source: string): string {
  const line = text
    .split(/[\r\n]+/)
    .map((one) => one.trim())
    .find((one) => one !== "");
  return cut(line ?? URL.parse(source)?.hostname ?? source, TITLE_MAX);
}

/** To so many UTF-16 units, between two characters. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter("und").segment(text)) {
    if (kept.length + segment.length > max - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
