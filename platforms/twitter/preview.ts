import { chainOf, textsIn, type Preview } from "../kit/card/preview.ts";
import { findUrls } from "../kit/urls.ts";
import { capabilities } from "./capabilities.ts";
import { card } from "./card.ts";
import type { TwitterSettings } from "./settings.ts";

const REPLIES: Readonly<Record<NonNullable<TwitterSettings["replySettings"]>, string>> = {
  following: "Accounts you follow can reply",
  mentionedUsers: "Only accounts you mention can reply",
  subscribers: "Only your subscribers can reply",
  verified: "Only verified accounts can reply",
};

export const preview: Preview = {
  capabilities,
  card,
  postsOf: (content, author) =>
    chainOf(author, content, ({ text, media }, isFirst) => {
      const { poll: given, replySettings }: Record<string, unknown> = isFirst ? content.settings : {};
      const poll = textsIn(Object(given).options);
      const [link] = media.length === 0 && poll.length === 0 ? findUrls(text) : [];
      const replies = Object.entries(REPLIES).find(([name]) => name === replySettings);
      return {
        poll,
        link: link === undefined ? null : { url: withScheme(link.url), title: null },
        notes: [...(poll.length > 0 ? ["0 votes"] : []), ...(replies === undefined ? [] : [replies[1]])],
      };
    }),
};

function withScheme(url: string): string {
  return /^https?:/i.test(url) ? url : `http://${url}`;
}
