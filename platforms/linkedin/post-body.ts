import type { StepContext } from "../platform.ts";
import { escapeLittleText } from "./little-text.ts";
import { settings, type LinkedinSettings } from "./settings.ts";

/** The body of `POST /rest/posts`. The same content gives the same bytes. Source: LinkedIn docs, posts API, 2026-09. */
export function postBody(context: StepContext): Record<string, unknown> {
  const given = settingsOf(context);
  const content = contentOf(context, given);
  return {
    author: authorOf(context),
    commentary: escapeLittleText(context.content.text),
    visibility: given.visibility ?? "PUBLIC",
    distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
    ...(content === null ? {} : { content }),
    lifecycleState: "PUBLISHED",
    isReshareDisabledByAuthor: given.isReshareDisabledByAuthor ?? false,
  };
}

/** Also the owner of all media. */
export function authorOf({ account }: StepContext): string {
  return `urn:li:person:${account.platformAccountId}`;
}

/** The names under which the upload steps leave the media's URNs. */
export const imageStep = (index: number): string => `image-${index + 1}`;
export const VIDEO = "video";

function contentOf(context: StepContext, given: LinkedinSettings): Record<string, unknown> | null {
  const { media, linkUrl } = context.content;
  const [first] = media;
  if (linkUrl !== null) return { article: articleOf(context, given, linkUrl) };
  if (first === undefined) return null;
  if (first.type === "video")
    return { media: { id: urnAt(context, VIDEO), ...(isBlank(given.videoTitle) ? {} : { title: given.videoTitle }) } };
  const images = media.map((_, index) => ({
    id: urnAt(context, imageStep(index)),
    ...named("altText", altTextOf(context, given, index)),
  }));
  return images.length === 1 ? { media: images[0] } : { multiImage: { images } };
}

/** LinkedIn fetches nothing of the page, so the card has what is given here. */
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

const TITLE_MAX = 400;

/** The text's first line that says something, else the host's name. */
function titleOf(text: string, source: string): string {
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

/** The setting stands before what the media entries say. */
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

/** The judge has accepted them at create. */
function settingsOf(context: StepContext): LinkedinSettings {
  return settings.parse(context.content.settings);
}
