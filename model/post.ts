import type { PlatformName } from "./platform-names.ts";

/** One media entry of a post, as the caller sends it. Only `url`, `filename` or `id` says where its bytes are. */
export interface MediaEntry {
  /** A stored media object's id where neither `url` nor a file is given; beside a `url` the caller's own label. */
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
}

export const MEDIA_TYPES = ["image", "video"] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** What the caller wants said; `content` of a post. */
export interface PostContent {
  text: string;
  media: MediaEntry[];
  linkUrl: string | null;
  platformOverrides: PlatformOverrides;
}

/** What one platform gets differently. `text` replaces `content.text` there. */
export interface PlatformOverride {
  text?: string | null;
  settings?: Record<string, unknown> | null;
}

export type PlatformOverrides = Partial<Record<PlatformName, PlatformOverride>>;

/** What the bytes say about a media object, once they are here. Pixels as displayed, after rotation. */
export interface MediaFacts {
  type: MediaType;
  mimeType: string;
  sizeBytes: number;
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Frames a second of a video. */
  frameRate: number | null;
  /** Bits a second of a video. */
  bitRate: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  audioChannels: number | null;
  /** Hertz. */
  audioSampleRate: number | null;
  /** Whether an image has more than one frame. */
  animated: boolean;
  /** The EXIF orientation of an image, 1 where it has none. */
  orientation: number;
  /** Whether a video's index lies in front of its pictures. Not known of videos that earlier versions measured. */
  indexFirst?: boolean;
  /**
   * Why a video cannot be put into another wrapping without a change, completing "The video …"; absent where it can.
   */
  rewrapObstacle?: string;
}

/**
 * The content one platform gets: overrides merged, placement chosen, links placed, chain parts apart. `M` is what
 * stands for a media entry: the entry itself while validating, the stored media object while publishing.
 */
export interface PlatformContent<M = MediaEntry> {
  /** The text as the platform is to show it, before the platform's own escaping. */
  text: string;
  media: M[];
  /** The link the platform takes as a field of its own; null where it goes into the text or nowhere. */
  linkUrl: string | null;
  placement: string | null;
  settings: Record<string, unknown>;
  /** The cover picture that a setting names by its address. */
  cover: M | null;
  /** The parts after the first, for platforms that publish chains. */
  thread: { text: string; media: M[] }[];
}
