import type { Account } from "../../contract/operations/accounts.ts";
import type { Capabilities, Counting, Shape, TextLimit } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaEntry } from "../../model/post.ts";
import { settingPath } from "../../platforms/definition.ts";
import { countWithin } from "../../platforms/kit/text.ts";
import { fittingShapes, mediaKind, resolve } from "../../platforms/validate/resolve-content.ts";
import { textLimit } from "../../platforms/validate/text-limit.ts";
import { findTexts } from "../../platforms/validate/text.ts";
import { contentOf, type Draft, shownEntry } from "./draft.ts";

export { cutTo } from "./counting.ts";

/** How long a text that a platform gets of a draft is there; null if that is far beyond its maximum. */
export interface Count {
  platform: PlatformName;
  /** Where the text is in a request, as a JSON Pointer. */
  path: string;
  length: number | null;
  max: number;
  counting: Counting;
}

/** Counts, as the server does, each text that has a limit: of the post, of its settings and of its media. */
export function countsOf(draft: Draft, capabilities: Capabilities, account: Account | undefined): Count[] {
  const { platform, placements, settingTexts } = capabilities;
  const limitOf = (shape: Shape | undefined) => textLimit(capabilities, shape, account?.platformMetadata);
  const count = (path: string, text: string, limit: TextLimit): Count => {
    const { max, counting } = limit;
    return { platform, path, length: countWithin(text, limit), max, counting };
  };
  const countAltTexts = (media: readonly MediaEntry[], path: string, shape: Shape | undefined) =>
    media.flatMap((entry, place) => {
      const limit = shape?.[mediaKind(entry)]?.altText;
      return limit === undefined || !entry.altText ? [] : [count(`${path}/${place}/altText`, entry.altText, limit)];
    });
  // Files on their way are not sent, and have no place among the others.
  const sent = contentOf(draft, (item) => (item.entry === null ? null : shownEntry(item)));
  const { content, shapes, textPath, mediaPath, textHidden } = resolve(capabilities, sent);
  const open = placements.filter(({ byDefault }) => byDefault);
  return [
    ...(textHidden ? [] : [count(textPath, content.text, limitOf(shapes[0]))]),
    ...countAltTexts(content.media, mediaPath, shapes[0]),
    ...settingTexts.flatMap((limit) =>
      findTexts(content.settings, limit.at.split("."))
        .map(({ text, path }) => count(settingPath(platform, ...path), text, limit))
        .filter(({ path }) => path !== textPath),
    ),
    ...content.thread.flatMap(({ text, media }, part) => {
      const [shape] = fittingShapes(open, media);
      return [
        count(settingPath(platform, "thread", part, "text"), text, limitOf(shape)),
        ...countAltTexts(media, settingPath(platform, "thread", part, "media"), shape),
      ];
    }),
  ];
}
