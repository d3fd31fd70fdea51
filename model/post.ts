import type { PlatformName } from "./platform-names.ts";

/** One media entry of a post, as sent by the caller. Only `url`, `filename` or `id` says where its bytes are. */
export interface MediaEntry {
  /** A stored media object's ID if neither `url` nor a file is given; with a `url`, the caller's own label. */
  id?: string | null;
  url?: string | null;
  type?: MediaType | null;
  filename?: string | null;
  mimeType?: string | null;
  sizeBytes?: number | null;
  width?: number | null;
  height?: number | null;
  durationSeconds?: number | null;
  altText?: string | null;
  thumbnailUrl?: string | null;
  /** A stored media object's ID, instead of `thumbnailUrl`. */
  thumbnailMediaId?: string | null;
}

export const MEDIA_TYPES = ["image", "video"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** The `content` of a post. */
export interface PostContent {
  text: string;
  media: MediaEntry[];
  linkUrl: string | null;
  platformOverrides: PlatformOverrides;
}

/** Overrides for one platform. `text` and `media` replace those of the content there; an empty list means no media. */
export interface PlatformOverride {
  text?: string | null;
  media?: MediaEntry[] | null;
  settings?: Record<string, unknown> | null;
}

export type PlatformOverrides = Partial<Record<PlatformName, PlatformOverride>>;

/** The measurements of a media object, once its bytes are stored. Pixels as displayed, after rotation. */
export interface MediaFacts {
  type: MediaType;
  mimeType: string;
  sizeBytes: number;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Frames per second of a video. */
  frameRate: number | null;
  /** Bits per second of a video. */
  bitRate: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  audioChannels: number | null;
  /** Hertz. */
  audioSampleRate: number | null;
  /** Whether an image has more than one frame. */
  animated: boolean;
  /** The EXIF orientation of an image, 1 if it has none. */
  orientation: number;
  /** Whether a video's index comes before its media data. Unknown for videos measured by earlier versions. */
  indexFirst?: boolean;
  /**
   * Why a video cannot be remuxed as is, completing "The video …"; absent if it can.
   */
  rewrapObstacle?: string;
}

/**
 * The content for one platform: overrides merged, placement chosen, links placed, chain parts split. `M` represents a
 * media entry: the entry itself during validation, the stored media object during publishing.
 */
export interface PlatformContent<M = MediaEntry> {
  /** The text as the platform should show it, before the platform's own escaping. */
  text: string;
  media: M[];
  /** The link for the platform's separate link field; null if it is in the text or omitted. */
  linkUrl: string | null;
  placement: string | null;
  settings: Record<string, unknown>;
  /** The cover picture that a setting names. */
  cover: M | null;
  /** The parts after the first, for platforms that publish chains. */
  thread: { text: string; media: M[] }[];
}
