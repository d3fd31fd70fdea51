import { chainOf, isText, textsIn, type Preview } from "../kit/card/preview.ts";
import { findUrls } from "../kit/urls.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";
import type { ThreadsSettings } from "./settings.ts";

const REPLIES: Readonly<Record<NonNullable<ThreadsSettings["replyControl"]>, string | null>> = {
  everyone: null,
  accounts_you_follow: "Profiles you follow can reply",
  mentioned_only: "Mentioned profiles can reply",
  parent_post_author_only: "The author of the post before can reply",
  followers_only: "Followers can reply",
};

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) =>
    chainOf(author, content, ({ text, media }, isFirst) => {
      const settings: Record<string, unknown> = isFirst ? content.settings : {};
      const { topicTag, quotePostId, poll, replyControl } = settings;
      const attached = isFirst ? content.linkUrl : null;
      const [found] = media.length === 0 ? findUrls(text) : [];
      const link = attached ?? found?.url;
      const replies = Object.entries(REPLIES).find(([name]) => name === replyControl)?.[1] ?? null;
      return {
        ...(attached !== null && media.length === 0 && { kind: "link" }),
        link: link === undefined ? null : { url: link, title: null },
        poll: textsIn(Object(poll).options),
        topic: isText(topicTag) ? topicTag : null,
        quotedId: isText(quotePostId) ? quotePostId : null,
        notes: replies === null ? [] : [replies],
      };
    }),
};
