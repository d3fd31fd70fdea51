import "../compose/jitless.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import { catalog } from "../../platforms/catalog.ts";
import type { Look } from "../../platforms/kit/card/card.ts";
import type { Markup } from "../../platforms/kit/card/markup.ts";
import { CARD_STYLE } from "../../platforms/kit/card/style.ts";
import { resolveContent } from "../../platforms/validate/resolve-content.ts";

/** A post as a platform will show it. Each medium has the `url` at which it can be seen, if there is one. */
export function drawPost(
  platform: PlatformName,
  content: PostContent,
  author: Look["author"],
  coverUrl: string | undefined,
): Markup {
  const { preview, capabilities } = catalog[platform];
  const resolved = resolveContent(platform, content);
  const cover = coverUrl === undefined ? resolved.cover : { url: coverUrl };
  return preview.card.draw(preview.postsOf({ ...resolved, cover }, author), {
    href: () => null,
    picture: (url) => url,
    now: Date.now(),
    label: capabilities.label,
    focus: null,
  });
}

const sheets = new Map<PlatformName, CSSStyleSheet>();

export function sheetOf(platform: PlatformName): CSSStyleSheet {
  const known = sheets.get(platform);
  if (known !== undefined) return known;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CARD_STYLE + catalog[platform].preview.card.style);
  sheets.set(platform, sheet);
  return sheet;
}
