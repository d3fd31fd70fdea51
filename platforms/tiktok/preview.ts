import { isText, shownPost, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) => {
    const { settings } = content;
    const { photoTitle, isAigc, privacyLevel } = settings;
    const { disclosure, audience } = capabilities.sharing;
    const level = Object.entries(audience.values).find(([name]) => name === privacyLevel)?.[1];
    return [
      shownPost(author, content, {
        attachment: isText(photoTitle) && content.media[0]?.type !== "video" ? photoTitle : null,
        visibility: String(privacyLevel ?? ""),
        notes: [
          ...disclosure.kinds.filter(({ setting }) => settings[setting] === true).map(({ marks }) => marks),
          ...(isAigc === true ? ["Creator labeled as AI-generated"] : []),
          ...(level === undefined || level === audience.values.PUBLIC_TO_EVERYONE ? [] : [level]),
        ],
      }),
    ];
  },
};
