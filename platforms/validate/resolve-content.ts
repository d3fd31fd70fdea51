import {
  COVER_MEDIA_ID,
  isMimeType,
  mediaTypeOf,
  type Capabilities,
  type LinkHandling,
  type Placement,
  type Shape,
} from "../../model/capabilities.ts";
import {
  MEDIA_TYPES,
  type MediaEntry,
  type MediaFacts,
  type MediaType,
  type PlatformContent,
  type PostContent,
} from "../../model/post.ts";
import { settingPath, type MeasuredMedia, type Settings } from "../definition.ts";
import { find } from "../kit/find.ts";

/** Far more than anyone posts at a time. */
export const MAX_CHAIN_PARTS = 500;

/** The measured values of a media entry, null if not available. */
export type Measured = (entry: MediaEntry) => MediaFacts | null;

/** Replaces the media entries of a resolved content, for example with the stored objects. */
export function mapMedia<A, B>(content: PlatformContent<A>, replace: (media: A) => B): PlatformContent<B> {
  return {
    ...content,
    media: content.media.map(replace),
    cover: content.cover === null ? null : replace(content.cover),
    thread: content.thread.map((part) => ({ ...part, media: part.media.map(replace) })),
  };
}

/**
 * What one platform actually gets: overrides merged, default placement chosen, link placed, the parts of a thread
 * separated, and the type of each media item determined. `settings` excludes `placement` and `thread`, which have their
 * own fields, and null fields. Validation checks this and brokers receive it. With what resolving found out.
 */
export interface Resolved {
  content: PlatformContent<MeasuredMedia>;
  /** The placement that the caller set, even if the platform does not have it. Null if none is set. */
  namedPlacement: string | null;
  /** The placements the post can have: the one set, or those that may be the default. */
  placements: readonly Placement[];
  /** The shapes of those placements that support this number and these types of media. */
  shapes: readonly Shape[];
  link: LinkHandling;
  /** The text as the caller sent it, before a link was appended or a story hid it. */
  ownText: string;
  /** JSON Pointer of `ownText`. */
  textPath: string;
  /** Where the media stand, as a JSON Pointer: the override's, or the common ones. */
  mediaPath: string;
  textHidden: boolean;
}

export function resolve(capabilities: Capabilities, content: PostContent, measured?: Measured): Resolved {
  const { platform } = capabilities;
  const override = content.platformOverrides[platform];
  const { placement: named, thread, ...settings } = withoutNulls(override?.settings);
  const namedPlacement = capabilities.placements.length > 1 && typeof named === "string" ? named : null;
  const known = capabilities.placements.find((placement) => placement.name === namedPlacement);
  const placements = known === undefined ? capabilities.placements.filter((placement) => placement.byDefault) : [known];
  const media = (override?.media ?? content.media).map((entry) => withFacts(entry, measured));
  const placement =
    placements.find((candidate) => candidate.shapes.some((shape) => fits(shape, media))) ?? placements[0];
  const shapes = fittingShapes(placement === undefined ? [] : [placement], media);
  const link = shapes[0]?.link ?? "field";
  const linkUrl = isBlank(content.linkUrl) ? null : content.linkUrl;
  const textHidden = shapes[0]?.text === "hidden";
  const { text, textPath } = chooseText(capabilities, content, settings);
  return {
    content: {
      text: textHidden ? "" : link === "appended" && linkUrl !== null ? appendLink(text, linkUrl) : text,
      media,
      linkUrl: link === "field" ? linkUrl : null,
      placement: capabilities.placements.length > 1 ? (placement?.name ?? null) : null,
      settings,
      cover: coverOf(capabilities, settings, measured),
      thread: capabilities.chain === undefined ? [] : readChain(thread, measured),
    },
    namedPlacement,
    placements,
    shapes,
    link,
    ownText: text,
    textPath,
    mediaPath: override?.media ? `/content/platformOverrides/${platform}/media` : "/content/media",
    textHidden,
  };
}

/**
 * The shapes that support this number and these types of media. If several do (images, a GIF), only those that support
 * the MIME types, if any. Sizes and other measures are validated later.
 */
export function fittingShapes(placements: readonly Placement[], media: readonly MeasuredMedia[]): Shape[] {
  const fitting = placements.flatMap((placement) => placement.shapes.filter((shape) => fits(shape, media)));
  const exact = fitting.filter((shape) => media.every((entry) => takesType(shape, entry)));
  return exact.length > 0 ? exact : fitting;
}

function takesType(shape: Shape, entry: MeasuredMedia): boolean {
  const rule = shape[mediaKind(entry)];
  const type = entry.measured?.mimeType ?? entry.mimeType;
  return rule === undefined || !isMimeType(type) || rule.types.includes(type) || rule.converted.includes(type);
}

function fits(shape: Shape, media: readonly MeasuredMedia[]): boolean {
  if (media.length < shape.items.min || media.length > shape.items.max) return false;
  return media.every((entry) => shape[mediaKind(entry)] !== undefined);
}

/**
 * Image or video: from the bytes, else as declared, else by the file extension. Without any of them, an image is
 * assumed until the bytes are available.
 */
export function mediaKind(entry: MeasuredMedia): MediaType {
  if (entry.measured) return entry.measured.type;
  if (entry.type) return entry.type;
  if (isMimeType(entry.mimeType)) return mediaTypeOf(entry.mimeType);
  return endsLikeVideo(entry.filename ?? entry.url ?? "") ? "video" : "image";
}

/** Whether a path or URL has the extension of a video, ignoring query and case. */
export function endsLikeVideo(name: string): boolean {
  return /\.(mp4|m4v|mov|qt|webm|avi|mkv|wmv|flv|mpe?g|3gp|ogv)$/i.test(name.replace(/[?#].*$/s, ""));
}

export function isBlank(text: string | null | undefined): boolean {
  return (text ?? "").trim() === "";
}

function withFacts(entry: MeasuredMedia, measured?: Measured): MeasuredMedia {
  const known = measure(entry, measured);
  return { ...known, type: mediaKind(known) };
}

/**
 * Adds what was measured of the file and its thumbnail, if available. A thumbnail is found by its entry's ID, by its URL
 * or by its own ID.
 */
export function measure(entry: MeasuredMedia, measured?: Measured): MeasuredMedia {
  const { id, thumbnailUrl: url, thumbnailMediaId } = entry;
  const thumbnail = !isBlank(url)
    ? measured?.({ id: `${id ?? ""}/thumbnailUrl`, url: url ?? null })
    : isBlank(thumbnailMediaId)
      ? null
      : measured?.({ id: thumbnailMediaId });
  return {
    ...entry,
    measured: entry.measured ?? measured?.(entry) ?? null,
    thumbnail: entry.thumbnail ?? thumbnail ?? null,
  };
}

/** The JSON Pointer of a cover by URL serves as its ID, since callers cannot set one. */
function coverOf({ platform, cover }: Capabilities, settings: Settings, measured?: Measured): MeasuredMedia | null {
  if (cover === undefined) return null;
  const { [cover]: url, [COVER_MEDIA_ID]: id } = settings;
  if (typeof url === "string") return withFacts({ id: settingPath(platform, cover), url }, measured);
  return typeof id === "string" ? withFacts({ id }, measured) : null;
}

function withoutNulls(settings: Settings | null | undefined): Settings {
  return Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== null));
}

function chooseText(
  { platform, text: rule }: Capabilities,
  content: PostContent,
  settings: Settings,
): { text: string; textPath: string } {
  const replacement = rule.replacedBy === undefined ? undefined : settings[rule.replacedBy];
  if (rule.replacedBy !== undefined && typeof replacement === "string" && !isBlank(replacement)) {
    return { text: replacement, textPath: settingPath(platform, rule.replacedBy) };
  }
  const own = content.platformOverrides[platform]?.text;
  return own === undefined || own === null
    ? { text: content.text, textPath: "/content/text" }
    : { text: own, textPath: `/content/platformOverrides/${platform}/text` };
}

function appendLink(text: string, linkUrl: string): string {
  if (find(text, linkUrl) !== -1) return text;
  return isBlank(text) ? linkUrl : `${text} ${linkUrl}`;
}

/** The parts after the first. Malformed parts are left empty and reported by the settings schema. */
function readChain(thread: unknown, measured?: Measured): { text: string; media: MeasuredMedia[] }[] {
  if (!Array.isArray(thread) || thread.length > MAX_CHAIN_PARTS) return [];
  return thread.map((part: unknown) => {
    const { text, media } = asRecord(part);
    return {
      text: typeof text === "string" ? text : "",
      media: Array.isArray(media)
        ? media.map((entry: unknown) => withFacts(isEntry(entry) ? entry : {}, measured))
        : [],
    };
  });
}

/** Whether its fields have the types of a media entry's. The settings schema validates their values. */
function isEntry(value: unknown): value is MediaEntry {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([name, field]) =>
    name === "type"
      ? field === null || MEDIA_TYPES.some((each) => each === field)
      : field === null || typeof field === FIELD_TYPES[name],
  );
}

const FIELD_TYPES: Readonly<Record<string, string>> = {
  id: "string",
  url: "string",
  filename: "string",
  mimeType: "string",
  sizeBytes: "number",
  width: "number",
  height: "number",
  durationSeconds: "number",
  altText: "string",
  thumbnailUrl: "string",
  thumbnailMediaId: "string",
};

function asRecord(value: unknown): Settings {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
