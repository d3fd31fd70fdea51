import type { PublicCode } from "./errors.ts";
import type { PlatformName } from "./platform-names.ts";
import type { MediaType } from "./post.ts";

/**
 * What a network can do, as pure data. Validation, docs, error texts, `GET /api/v1/platforms` and the dashboard's
 * live hints are all read from it, so no rule is written twice. Ability follows from presence: a shape without
 * `video` takes no video, a platform without `chain` publishes no chains.
 */
export interface Capabilities {
  platform: PlatformName;
  /** The name people read: "X (Twitter)". */
  label: string;
  /** What the launch state means for users; `sentence` is the one the docs print. */
  launch: { state: "general" | "beta" | "member-only" | "audit-sensitive"; sentence: string };
  /** Whether the contract lets this platform's posts carry `scheduledFor`. */
  scheduling: boolean;
  text: TextRule;
  /**
   * In the order in which a default is looked for. Where there is more than one, callers choose with
   * `settings.placement`; where there is one, the platform has no such setting and its name is for the docs.
   */
  placements: readonly [Placement, ...Placement[]];
  /** Texts in the settings that have a limit. Values that are not strings are left to the settings schema. */
  settingTexts: readonly SettingText[];
  /** The setting that names a cover picture by its address: it is taken in as media, and never handed on as it is. */
  cover?: string;
  /** Ability to publish a post followed by its own replies, the parts after the first in `settings.thread`. */
  chain?: ChainRule;
  /**
   * Members that a media entry has to declare where its bytes are not at hand. `message` is the sentence used
   * instead of the general one.
   */
  declares?: { image?: readonly DeclaredMember[]; video?: readonly DeclaredMember[]; message?: string };
  /** What publishing asks of the account's grant, by the platform's own names. */
  publishScopes: readonly string[];
  /** The same for grants of the platform's other ways to sign in, which have names of their own. */
  otherPublishScopes?: readonly (readonly string[])[];
  /** The platform's own limits on how much an account or an app may publish. */
  quotas: readonly PlatformQuota[];
}

/** How a platform counts the length of a text. The functions are in `platforms/kit/text.ts`. */
export type Counting = "weighted" | "utf16" | "codePoints" | "graphemes" | "bytes" | "threads";

export interface TextLimit {
  max: number;
  counting: Counting;
  /** Where the number comes from, as the reference table shows it. */
  source: string;
  /** A higher limit that some accounts have. */
  raised?: Raised;
}

export interface TextRule extends TextLimit {
  /** When a post needs a text: always, only where it has no media, or never by this rule. */
  required: "always" | "withoutMedia" | "never";
  /** The setting that stands in for the text where it is given (YouTube's title). */
  replacedBy?: string;
}

export interface SettingText extends TextLimit {
  /** The path below the settings: "title", "poll.options.*" (`*` is every member of an array). */
  at: string;
  /** The words of the sentence: "The LinkedIn article title is too long". */
  label: string;
}

export interface Placement {
  name: string;
  /** Whether it may be chosen where the caller sets no placement. */
  byDefault: boolean;
  /** A post fits the placement if one of these fits. */
  shapes: readonly [Shape, ...Shape[]];
}

/** One kind of post: how many media of which kinds, and what becomes of text and link beside them. */
export interface Shape {
  /** What a user calls it, as it is listed in sentences: "text", "1 to 4 images", "one video". */
  name: string;
  /** Number of media entries, images and videos together. */
  items: { min: number; max: number };
  /** What images have to be; absent where the shape takes none. With `video` present too, both may be mixed. */
  image?: MediaRule;
  video?: MediaRule;
  /** Absent: the platform's text rule. "hidden": the audience sees no text, so none is sent. */
  text?: TextLimit | "hidden";
  link: LinkHandling;
}

/**
 * What becomes of `content.linkUrl`: a field of its own, appended to the text (unless it is in it already), left out
 * with a warning, or refused with a code.
 */
export type LinkHandling = "field" | "appended" | "dropped" | { refusedWith: PublicCode };

export interface MediaRule {
  /** MIME types the platform takes as they are. */
  types: readonly MimeType[];
  /**
   * MIME types that are converted before they are sent, so that callers need not care. Videos are rewrapped as MP4,
   * never encoded anew.
   */
  converted: readonly MimeType[];
  /** The platform wants a video's index in front of its pictures: other videos are rewrapped, too. */
  indexFirst?: true;
  /** What breaks one of these is refused. */
  limits: Partial<Record<Quantity, Limit>>;
  /**
   * What breaks one of these is mended by conversion (scaled down, compressed harder) and never refused. Images only.
   */
  fitted: Partial<Record<Quantity, Limit>>;
  /** Names as `MediaFacts` has them: avc, hevc, vp8, vp9, av1. Absent: any. */
  videoCodecs?: readonly string[];
  /** aac, mp3, opus, … A video without sound always passes. Absent: any. */
  audioCodecs?: readonly string[];
  /** Absent where the platform takes no alternative text for this kind; it is not sent then. */
  altText?: TextLimit;
  source: string;
}

/** What is measured of a medium. `ratio` is width over height, `pixels` width times height. */
export type Quantity =
  | "sizeBytes"
  | "width"
  | "height"
  | "shortSide"
  | "longSide"
  | "pixels"
  | "ratio"
  | "durationSeconds"
  | "frameRate"
  | "bitRate"
  | "audioChannels"
  | "audioSampleRate";

/** Both ends included. */
export interface Limit {
  min?: number;
  max?: number;
  source: string;
  /** The limit in words where the bare number says little: "between 4:5 and 1.91:1". */
  words?: string;
  raised?: Raised;
}

/** A limit's higher value for accounts whose stored metadata has one of `values` under `metadata`. */
export interface Raised {
  max: number;
  metadata: string;
  values: readonly string[];
}

export interface ChainRule {
  /** Parts in all, the first included. Absent: the platform names no limit. */
  maxParts?: number;
  source: string;
}

export type DeclaredMember = "type" | "mimeType" | "sizeBytes" | "durationSeconds";

export interface PlatformQuota {
  /** "posts", "replies", "requests", … */
  name: string;
  max: number;
  windowSeconds: number;
  per: "account" | "app";
  source: string;
}

/** The file types the product takes. `image/gif` is taken for platforms that list it and for no other. */
export const MIME_TYPES = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "video/mp4",
  "video/quicktime",
  "image/gif",
] as const;

export type MimeType = (typeof MIME_TYPES)[number];

export function isMimeType(value: unknown): value is MimeType {
  return (MIME_TYPES as readonly unknown[]).includes(value);
}

/** 200 MB a file, on every platform. */
export const MAX_FILE_BYTES = 209_715_200;

export function mediaTypeOf(mimeType: MimeType): MediaType {
  return mimeType.startsWith("video/") ? "video" : "image";
}
