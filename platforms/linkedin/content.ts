import { settingsReader } from "../kit/settings.ts";
import type { StepContext } from "../platform.ts";
import { titleOf } from "./preview.ts";
import { settings, type LinkedinSettings } from "./settings.ts";

const settingsOf = settingsReader(settings);

/** The body of `POST /rest/posts`. The same content gives the same bytes. Source: LinkedIn docs, posts API, 2026-09. */
export function postBody(context: StepContext): Record<string, unknown> {
  const given = settingsOf(context);
  const content = contentOf(context, given);
  return {
    author: authorOf(context),
    commentary: escapeLittleText(context.content.text),
    visibility: given.visibility ?? "PUBLIC",
    distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
    content,
    lifecycleState: "PUBLISHED",
    isReshareDisabledByAuthor: given.isReshareDisabledByAuthor ?? false,
  };
}

/** Also the owner of all media. */
export function authorOf({ account }: StepContext): string {
  return `urn:li:person:${account.platformAccountId}`;
}

/** The names under which the upload steps store the media's URNs. */
export const imageStep = (index: number): string => `image-${index + 1}`;
export const VIDEO = "video";

function contentOf(context: StepContext, given: LinkedinSettings): Record<string, unknown> | undefined {
  const { media, linkUrl } = context.content;
  const [first] = media;
  if (linkUrl !== null) return { article: articleOf(context, given, linkUrl) };
  if (first === undefined) return undefined;
  if (first.type === "video") return { media: { id: urnAt(context, VIDEO), ...named("title", given.videoTitle) } };
  const images = media.map((_, index) => ({
    id: urnAt(context, imageStep(index)),
    ...named("altText", altTextOf(context, given, index)),
  }));
  return images.length === 1 ? { media: images[0] } : { multiImage: { images } };
}

/** LinkedIn does not fetch the page, so the card shows what is given here. */
function articleOf(context: StepContext, given: LinkedinSettings, source: string): Record<string, unknown> {
  const hasThumbnail = context.content.media.length > 0;
  return {
    source,
    title: isBlank(given.articleTitle) ? titleOf(context.content.text, source) : given.articleTitle,
    ...named("description", given.articleDescription),
    ...(hasThumbnail
      ? { thumbnail: urnAt(context, imageStep(0)), ...named("thumbnailAltText", altTextOf(context, given, 0)) }
      : {}),
  };
}

/** The setting takes precedence over the media entries. */
function altTextOf({ content }: StepContext, { altText }: LinkedinSettings, index: number): string | null | undefined {
  return (Array.isArray(altText) ? altText[index] : altText) ?? content.media[index]?.altText;
}

function named(name: string, text: string | null | undefined): Record<string, string> {
  return isBlank(text) ? {} : { [name]: text };
}

function isBlank(text: string | null | undefined): text is null | undefined | "" {
  return (text ?? "").trim() === "";
}

function urnAt({ checkpoint }: StepContext, name: string): string {
  return String(checkpoint[name]);
}

/**
 * LinkedIn's "little" text format: escapes a plain text so that it is shown as it is. An unescaped reserved character
 * does not fail a post: LinkedIn silently drops the text from there on. Source: LinkedIn docs, little-text-format,
 * 2026-05; the silent truncation from reports of clients, 2026.
 */
export function escapeLittleText(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n");
  let written = "";
  let from = 0;
  for (const { index, 0: element } of lines.matchAll(ELEMENT)) {
    written += escapePlain(lines.slice(from, index));
    // A hashtag keeps its sign, and its name is escaped like any text; a mention stays unchanged.
    written += element.startsWith("#") ? `#${escapePlain(element.slice(1))}` : element;
    from = index + element.length;
  }
  return written + escapePlain(lines.slice(from));
}

/** A name without reserved characters, as LinkedIn shows it, and whom it means. */
const MENTION = String.raw`@\[[^|{}@[\]()<>#\\*_~\n]+\]\(urn:li:(?:person|organization):[A-Za-z0-9-]+\)`;

/** At the start of the text, or after whitespace or an opening punctuation mark, with at least one letter. */
const HASHTAG = String.raw`(?<=^|[\s"'\p{Ps}\p{Pi}])#(?=[\p{N}_]*\p{L})[\p{L}\p{M}\p{N}_]+`;

const ELEMENT = new RegExp(`${MENTION}|${HASHTAG}`, "gu");

function escapePlain(text: string): string {
  return text.replace(/[|{}@[\]()<>#\\*_~]/g, String.raw`\$&`);
}
