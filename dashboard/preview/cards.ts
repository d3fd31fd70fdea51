import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import type { Look } from "../../platforms/kit/card/card.ts";
import type { Markup } from "../../platforms/kit/card/markup.ts";
import type { Preview } from "../../platforms/kit/card/preview.ts";
import { CARD_STYLE } from "../../platforms/kit/card/style.ts";
import { mediaKind, resolve } from "../../platforms/validate/resolve-content.ts";

/** Draws the posts of one platform. */
export interface Card {
  /**
   * A post as it will be shown, or as it is shown since `publishedAt`. Each medium has the `url` at which it can be
   * seen, if there is one.
   */
  draw(
    content: PostContent,
    author: Look["author"],
    more: { coverUrl: string | undefined; publishedAt: string | null },
  ): Markup;
  sheet: CSSStyleSheet;
}

/** One file for each platform, so that nobody loads all of them. */
const files = import.meta.glob<{ preview: Preview }>("../../platforms/*/preview.ts");
const cards = new Map<PlatformName, Promise<Card | undefined>>();

/** Undefined if it cannot be loaded now. */
export function cardOf(platform: PlatformName): Promise<Card | undefined> {
  const known = cards.get(platform);
  if (known !== undefined) return known;
  const loading = loadCard(platform).catch(() => {
    cards.delete(platform);
    return undefined;
  });
  cards.set(platform, loading);
  return loading;
}

async function loadCard(platform: PlatformName): Promise<Card | undefined> {
  const file = await files[`../../platforms/${platform}/preview.ts`]?.();
  if (file === undefined) return undefined;
  const { card, capabilities, postsOf } = file.preview;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CARD_STYLE + card.style);
  return {
    sheet,
    draw(content, author, { coverUrl, publishedAt }) {
      const { content: resolved, shapes } = resolve(capabilities, content);
      const cover = coverUrl === undefined ? resolved.cover : { url: coverUrl };
      // An alt text that the platform does not take is not sent.
      const media = resolved.media.map((entry) =>
        shapes[0]?.[mediaKind(entry)]?.altText === undefined ? { ...entry, altText: null } : entry,
      );
      const posts = postsOf({ ...resolved, media, cover }, author).map((each) => ({
        ...each,
        post: { ...each.post, createdAt: publishedAt },
      }));
      return card.draw(posts, {
        href: () => null,
        picture: (url) => url,
        now: Date.now(),
        label: capabilities.label,
        focus: null,
      });
    },
  };
}
