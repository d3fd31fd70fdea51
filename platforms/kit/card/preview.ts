import type { Capabilities } from "../../../model/capabilities.ts";
import type { PlatformContent } from "../../../model/post.ts";
import type { MeasuredMedia } from "../../definition.ts";
import type { Look, PlatformCard, ShownMedia, ShownPost } from "./card.ts";

/** How a post will look on a platform, from what the platform gets. */
export interface Preview {
  capabilities: Capabilities;
  card: PlatformCard;
  /** The post, then the parts of its thread. Each medium has the `url` at which it can be seen, if there is one. */
  postsOf: (content: PlatformContent<MeasuredMedia>, author: Look["author"]) => ShownPost[];
}

/** What differs from a plain text. */
interface More extends Partial<Omit<Look, "author" | "media">> {
  kind?: string;
  visibility?: string;
  settings?: Readonly<Record<string, unknown>>;
  firstComment?: unknown;
}

interface Part {
  text: string;
  media: readonly MeasuredMedia[];
  cover?: MeasuredMedia | null;
}

/** One post. */
export function shownPost(author: Look["author"], { text, media, cover = null }: Part, more: More = {}): ShownPost {
  const { kind = kindOf(media), visibility = "public", settings = {}, firstComment, ...look } = more;
  return {
    post: {
      id: "1",
      url: "",
      text,
      media: media.map(({ altText }) => ({ altText: altText ?? null })),
      kind,
      visibility,
      settings,
      createdAt: null,
      publishCalls: 1,
      comments: isText(firstComment) ? [firstComment] : [],
    },
    rootId: "1",
    look: {
      author,
      media: media.map((entry) => mediaOf(entry, cover)),
      link: null,
      poll: [],
      attachment: null,
      topic: null,
      replyToId: null,
      quotedId: null,
      notes: [],
      ...look,
    },
  };
}

/** The post and the parts of its thread, each a reply to the one before. */
export function chainOf(
  author: Look["author"],
  content: PlatformContent<MeasuredMedia>,
  moreOf: (part: Part, isFirst: boolean) => More,
): ShownPost[] {
  return [content, ...content.thread].map((part, place) => {
    const isFirst = place === 0;
    const shown = shownPost(author, part, { ...moreOf(part, isFirst), ...(!isFirst && { replyToId: String(place) }) });
    return { ...shown, post: { ...shown.post, id: String(place + 1) } };
  });
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}

export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

function kindOf(media: readonly MeasuredMedia[]): string {
  const [first] = media;
  if (first === undefined) return "text";
  return media.length > 1 ? "carousel" : typeOf(first);
}

function mediaOf(entry: MeasuredMedia, cover: MeasuredMedia | null): ShownMedia {
  const { url = null, thumbnailUrl = null } = entry;
  const { width = null, height = null, durationSeconds = null, type } = factsOf(entry);
  const isVideo = type === "video";
  return {
    type: typeOf(entry),
    thumbnail: isVideo ? (cover?.url ?? thumbnailUrl) : url,
    width,
    height,
    durationSeconds: isVideo ? durationSeconds : null,
    hidden: false,
    ...(isVideo && url !== null && { video: url }),
  };
}

/** As measured, otherwise as the caller says. */
export function factsOf(entry: MeasuredMedia): MeasuredMedia {
  return { ...entry, ...entry.measured };
}

function typeOf(entry: MeasuredMedia): ShownMedia["type"] {
  const { type, mimeType } = factsOf(entry);
  return mimeType === "image/gif" ? "gif" : (type ?? "image");
}
