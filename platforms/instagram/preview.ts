import { shownPost, textsIn, type Preview } from "../kit/card/preview.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) => {
    const { placement, settings } = content;
    const { locationId, collaborators, userTags, shareToFeed, isAiGenerated, isPaidPartnership, firstComment } =
      settings;
    const isStory = placement === "story";
    const tags: unknown[] = Array.isArray(userTags) ? userTags : [];
    const tagged = textsIn(tags.map((tag) => Object(tag).username));
    return [
      shownPost(author, content, {
        ...((isStory || placement === "reel") && { kind: placement }),
        topic: typeof locationId === "string" && !isStory ? `Place ${locationId}` : null,
        notes: [
          ...textsIn(collaborators).map((name) => `with ${name}`),
          ...(tagged.length > 0 ? [`Tagged: ${tagged.map((name) => `@${name}`).join(", ")}`] : []),
          ...(placement === "reel" && shareToFeed === false ? ["Reels tab only"] : []),
          ...(isPaidPartnership === true ? ["Paid partnership"] : []),
          ...(isAiGenerated === true ? ["AI info"] : []),
        ],
        firstComment: isStory ? null : firstComment,
      }),
    ];
  },
};
