import type { PublicCode } from "./errors.ts";
import type { PlatformName } from "./platform-names.ts";
import type { MediaType } from "./post.ts";

/**
 * A network's capabilities, as pure data. Validation, docs, error messages, `GET /api/v1/platforms` and the dashboard's
 * live hints are all derived from it, so no rule is written twice. Presence means support: a shape without `video`
 * accepts no video, a platform without `chain` publishes no chains.
 */
export interface Capabilities {
  platform: PlatformName;
  /** The display name: "X (Twitter)". */
  label: string;
  /** What the launch state means for users; the docs print `sentence`. */
  launch: { state: "general" | "beta" | "member-only" | "audit-sensitive"; sentence: string };
  /** Whether the contract allows `scheduledFor` on this platform's posts. */
  scheduling: boolean;
  text: TextRule;
  /**
   * In the order in which a default is chosen. If there are several, callers choose with `settings.placement`; if there
   * is one, the platform has no such setting and its name is for the docs.
   */
  placements: readonly [Placement, ...Placement[]];
  /** Texts in the settings that have a limit. Values that are not strings are left to the settings schema. */
  settingTexts: readonly SettingText[];
  /** Requirements for the cover picture of a post's one video. Absent: the platform supports none, and none is sent. */
  thumbnail?: MediaRule;
  /**
   * The setting with the URL of a cover picture, which takes precedence over the video's thumbnail; `coverMediaId` names
   * a stored media object instead. It is imported as media, and never passed on as is.
   */
  cover?: "coverUrl";
  /** The setting that chooses a frame of the video as its cover, by its time in milliseconds. */
  coverFrame?: string;
  /** Support for publishing a post followed by its own replies, the parts after the first in `settings.thread`. */
  chain?: ChainRule;
  /**
   * Fields that a media entry must declare if its bytes are not available. `message` replaces the general message.
   */
  declares?: { image?: readonly DeclaredMember[]; video?: readonly DeclaredMember[]; message?: string };
  /** The platform's own limits on how much an account or an app may publish. */
  quotas: readonly PlatformQuota[];
  /** Absent: publishing is free. */
  prices?: PlatformPrices;
  /** Settings that allow only what the account offers, and the account's metadata that lists it. */
  choices?: Readonly<Record<string, string>>;
  /** What the platform requires of apps in which people write posts for it. */
  sharing?: SharingDuties;
}

/** What people must see and choose themselves before an app may publish for them. */
export interface SharingDuties {
  /** The account's metadata with the name to show. */
  creatorName: string;
  /** A setting that has to be chosen, without a default, and the names of its values. */
  audience: { setting: string; label: string; values: Readonly<Record<string, string>> };
  /** Settings that turn something off: it is off until the person turns it on. */
  interactions: { label: string; items: readonly Interaction[] };
  /** Asked only if the person says that the post is commercial. */
  disclosure: { label: string; hint: string; missing: string; kinds: readonly DisclosureKind[] };
  /** What the person agrees to by publishing. */
  consent: readonly Policy[];
  /** Told whoever publishes. */
  notice: string;
  source: string;
}

export interface Interaction {
  label: string;
  setting: string;
  /** The account's metadata that says whether the account has turned it off. */
  lockedBy: string;
  /** Only posts with this kind of media have it. */
  only?: MediaType;
}

export interface DisclosureKind {
  setting: string;
  label: string;
  hint: string;
  /** How the platform labels the post. The last kind that is chosen wins. */
  marks: string;
  /** Audiences that it excludes, and why. */
  excludes?: { audiences: readonly string[]; reason: string };
  consent?: Policy;
}

export interface Policy {
  name: string;
  url: string;
}

/** The setting beside `coverUrl` with the ID of a stored media object. */
export const COVER_MEDIA_ID = "coverMediaId";

/** How a platform counts the length of a text. The functions are in `platforms/kit/text.ts`. */
export type Counting = "weighted" | "utf16" | "codePoints" | "graphemes" | "bytes" | "threads";

export interface TextLimit {
  max: number;
  counting: Counting;
  /** The source of the number, as shown in the reference table. */
  source: string;
  /** A higher limit for some accounts. */
  raised?: Raised;
}

export interface TextRule extends TextLimit {
  /** When a post needs a text: always, only without media, or never by this rule. */
  required: "always" | "withoutMedia" | "never";
  /** The setting that replaces the text if given (YouTube's title). */
  replacedBy?: string;
}

export interface SettingText extends TextLimit {
  /** The path below the settings: "title", "poll.options.*" (`*` is every member of an array). */
  at: string;
  /** The subject of the message: "The LinkedIn article title is too long". */
  label: string;
}

export interface Placement {
  name: string;
  /** Whether it can be chosen if the caller sets no placement. */
  byDefault: boolean;
  /** A post fits the placement if it fits one of these. */
  shapes: readonly [Shape, ...Shape[]];
}

/** One kind of post: how many media of which kinds, and how text and link are handled. */
export interface Shape {
  /** How it is called in lists for users: "text", "1 to 4 images", "one video". */
  name: string;
  /** Number of media entries, images and videos together. */
  items: { min: number; max: number };
  /** Image requirements; absent if the shape accepts none. If `video` is present too, both can be mixed. */
  image?: MediaRule;
  video?: MediaRule;
  /** Absent: the platform's text rule. "hidden": the audience sees no text, so none is sent. */
  text?: TextLimit | "hidden";
  link: LinkHandling;
  /** The platform shows the video without a cover picture, although it supports one elsewhere: none is sent. */
  cover?: "dropped";
}

/**
 * How `content.linkUrl` is handled: a separate field, appended to the text (unless already included), left out with a
 * warning, or rejected with a code.
 */
export type LinkHandling = "field" | "appended" | "dropped" | { refusedWith: PublicCode };

export interface MediaRule {
  /** MIME types the platform accepts as is. */
  types: readonly MimeType[];
  /**
   * MIME types that are converted automatically before they are sent. Videos are remuxed to MP4, never re-encoded.
   */
  converted: readonly MimeType[];
  /** The platform requires a video's index before its media data: other videos are remuxed, too. */
  indexFirst?: true;
  /** Violations of these are rejected. */
  limits: Partial<Record<Quantity, Limit>>;
  /**
   * Violations of these are fixed by conversion (scaling down, stronger compression) and never rejected. Images only.
   */
  fitted: Partial<Record<Quantity, Limit>>;
  /** Names as in `MediaFacts`: avc, hevc, vp8, vp9, av1. Absent: any. */
  videoCodecs?: readonly string[];
  /** aac, mp3, opus, … A video without audio always passes. Absent: any. */
  audioCodecs?: readonly string[];
  /** Absent if the platform does not support alt text for this kind; it is not sent then. */
  altText?: TextLimit;
  source: string;
}

/** The measurements of media. `ratio` is width over height, `pixels` width times height. */
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
  /** The limit in words if the number alone is unclear: "between 4:5 and 1.91:1". */
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
  /** Total parts, including the first. Absent: the platform documents no limit. */
  maxParts?: number;
  source: string;
}

export type DeclaredMember = "type" | "mimeType" | "sizeBytes" | "durationSeconds";

export interface PlatformQuota {
  /** "posts", "replies", "requests", … */
  name: string;
  max: number;
  windowSeconds: number;
  /** Whose midnight starts each window, which is a day then. Absent: the window is rolling. */
  timeZone?: "UTC" | "America/Los_Angeles";
  per: "account" | "app";
  /** How much of it one of each uses. */
  uses: Partial<Record<Countable, number>>;
  /** It counts requests that are already sent while a post is prepared, up to half an hour before its time. */
  whilePreparing?: true;
  source: string;
  confidence: Confidence;
}

/**
 * What a platform counts of a post: the post; the posts of a thread; those that are no replies and those that are;
 * Meta's containers; reels; images, videos and the first comment, which need requests of their own; and, for prices,
 * the posts of a thread without a link, those with one, and alt texts.
 */
export const COUNTABLES = [
  "post",
  "part",
  "opening",
  "reply",
  "container",
  "reel",
  "image",
  "video",
  "firstComment",
  "plainPart",
  "linkedPart",
  "altText",
] as const;
export type Countable = (typeof COUNTABLES)[number];

/**
 * The platform documents it; its documentation contradicts itself, and the lowest number is used until the account's own
 * is read; or users have reported it.
 */
export type Confidence = "documented" | "contradictory" | "reported";

/** What the platform charges the app's owner. */
export interface PlatformPrices {
  /** For each, in millionths of a US dollar. */
  microUsd: Partial<Record<Countable, number>>;
  source: string;
  confidence: Confidence;
}

/** The file types the product accepts. `image/gif` is accepted for platforms that list it and for no other. */
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

/** The supported types of the same kind: images or videos. All of them if it is neither. */
export function typesLike(mimeType: string | null | undefined): MimeType[] {
  const kind = /^(?:image|video)\//.exec(mimeType ?? "")?.[0] ?? "";
  return MIME_TYPES.filter((type) => type.startsWith(kind));
}

/** 200 MB per file, on every platform. */
export const MAX_FILE_BYTES = 209_715_200;

export function mediaTypeOf(mimeType: MimeType): MediaType {
  return mimeType.startsWith("video/") ? "video" : "image";
}
