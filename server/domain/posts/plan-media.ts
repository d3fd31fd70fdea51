import type { PostDraft } from "../../../contract/operations/posts.ts";
import { issueOf, type Issue } from "../../../model/errors.ts";
import type { MediaFacts, PostContent } from "../../../model/post.ts";
import { dotted } from "../../../platforms/validate/files.ts";
import { imageSlots, mediaSlots, type ImageSlot, type MediaSlot } from "../../../platforms/validate/media-slots.ts";
import type { Measured } from "../../../platforms/validate/resolve-content.ts";
import type { MediaRow } from "../../db/queries/media.ts";
import type { Upload } from "../media/upload.ts";

/** Where the bytes of an entry come from. */
export type MediaSourceRef = { upload: number } | { mediaId: string } | { url: string; filename: string | null };

/** A post's content as stored, and the source of each of its media entries. */
export interface MediaPlan {
  content: PostContent;
  links: { path: string; source: MediaSourceRef }[];
  measured: Measured;
  /** Entries without bytes, unknown IDs, and rejected files. */
  issues: Issue[];
}

/** Media that the post may use: stored objects by ID, and its previous media. */
export interface KnownMedia {
  byId: ReadonlyMap<string, MediaRow>;
  /** Media that the post has fetched, or is fetching, by URL. */
  byUrl: ReadonlyMap<string, MediaRow>;
  /** The media object of one of our own URLs; null for any other URL. */
  idOfUrl(url: string): string | null;
  /** Whether a URL is known to lead to an address that is never fetched. */
  isRefused(url: string): boolean;
}

/**
 * Gives every entry its source: a file of the request with its name, or its URL, or the stored object with its ID.
 * Files that match no entry are appended. An entry with its own bytes loses its URL.
 */
export function planMedia(sent: PostDraft["content"], uploads: readonly Upload[], known: KnownMedia): MediaPlan {
  const content = fillIn(sent);
  const plan: MediaPlan = { content, links: [], measured: measuredBy(uploads, known), issues: [] };
  const unused = new Set(uploads.keys());
  for (const place of mediaSlots(content)) linkPlace(place, plan, uploads, unused, known);
  for (const slot of imageSlots(content)) linkImage(slot, plan, known);
  for (const index of unused) append(index, plan, uploads);
  if (plan.links.length > MAX_MEDIA) plan.issues.push(tooMany(plan.links.length));
  return plan;
}

/** Far above any platform's limit, including parts of threads and thumbnails. */
const MAX_MEDIA = 500;

function tooMany(actual: number): Issue {
  const message = `The post has ${actual} media files; the limit is ${MAX_MEDIA}`;
  return {
    rule: "media.count",
    code: "UNSUPPORTED_MEDIA_CONFIG",
    platform: null,
    path: "/content",
    message,
    actual,
    limit: MAX_MEDIA,
    fix: "Remove some media.",
  };
}

/** The IDs of stored media objects that a content may refer to. */
export function referencedMediaIds(sent: PostDraft["content"], idOfUrl: KnownMedia["idOfUrl"]): string[] {
  const content = sent ?? {};
  const ids = mediaSlots(content).map(({ entry }) => (isText(entry.url) ? idOfUrl(entry.url) : entry.id));
  const imageIds = imageSlots(content).map(({ source }) => ("url" in source ? idOfUrl(source.url) : source.id));
  return [...ids, ...imageIds].filter((id) => isText(id)).filter((id) => UUID.test(id));
}

/** A copy, if something must be written into it. */
function fillIn(sent: PostDraft["content"] = {}): PostContent {
  const { text = "", media, linkUrl, platformOverrides } = mediaSlots(sent).length === 0 ? sent : structuredClone(sent);
  return { text, media: [...(media ?? [])], linkUrl: linkUrl ?? null, platformOverrides: platformOverrides ?? {} };
}

function linkPlace(
  { path, entry }: MediaSlot,
  plan: MediaPlan,
  uploads: readonly Upload[],
  unused: Set<number>,
  known: KnownMedia,
): void {
  const index = [...unused].find((candidate) => uploads[candidate]?.filename === entry.filename);
  if (index !== undefined) {
    unused.delete(index);
    delete entry.url;
    entry.id = uploadId(index);
    plan.issues.push(...(uploads[index]?.issues.map((issue) => ({ ...issue, path })) ?? []));
    plan.links.push({ path, source: { upload: index } });
  } else {
    const mediaId = isText(entry.url) ? known.idOfUrl(entry.url) : isText(entry.id) ? entry.id : null;
    if (mediaId !== null && known.byId.has(mediaId)) {
      delete entry.url;
      entry.id = mediaId;
      plan.links.push({ path, source: { mediaId } });
    } else if (isText(entry.url)) {
      linkUrl(`${path}/url`, path, entry.url, isText(entry.filename) ? entry.filename : null, plan, known);
    } else {
      plan.issues.push(isText(entry.id) ? unknownMedia(`${path}/id`, entry.id) : withoutBytes(path));
    }
  }
}

function linkImage({ path, source }: ImageSlot, plan: MediaPlan, known: KnownMedia): void {
  if ("url" in source) linkUrl(path, path, source.url, null, plan, known);
  else if (known.byId.has(source.id)) plan.links.push({ path, source: { mediaId: source.id } });
  else plan.issues.push(unknownMedia(path, source.id));
}

/** A URL that will not be fetched is an issue now, and not a failure when the post is published. */
function linkUrl(
  member: string,
  path: string,
  url: string,
  filename: string | null,
  plan: MediaPlan,
  known: KnownMedia,
): void {
  const source = sourceOf(url, filename, known);
  if ("url" in source && known.isRefused(url)) plan.issues.push(refusedUrl(member, url));
  plan.links.push({ path, source });
}

function sourceOf(url: string, filename: string | null, known: KnownMedia): MediaSourceRef {
  const stored = storedAt(url, known);
  return stored === undefined ? { url, filename } : { mediaId: stored.id };
}

/** The existing object for a URL: the URL is ours, or the post has fetched it. */
function storedAt(url: string, known: KnownMedia): MediaRow | undefined {
  return known.byId.get(known.idOfUrl(url) ?? "") ?? known.byUrl.get(url);
}

function append(index: number, { content, links, issues }: MediaPlan, uploads: readonly Upload[]): void {
  const upload = uploads[index];
  if (upload === undefined) return;
  issues.push(...upload.issues);
  if (upload.received === null) return;
  links.push({ path: `/content/media/${content.media.length}`, source: { upload: index } });
  content.media.push({ id: uploadId(index), filename: upload.filename });
}

function measuredBy(uploads: readonly Upload[], known: KnownMedia): Measured {
  const byId = new Map<string, MediaFacts | null>([...known.byId].map(([id, { facts }]) => [id, facts]));
  for (const [index, { received }] of uploads.entries()) byId.set(uploadId(index), received?.facts ?? null);
  return (entry) =>
    isText(entry.url)
      ? (storedAt(entry.url, known)?.facts ?? null)
      : isText(entry.id)
        ? (byId.get(entry.id) ?? null)
        : null;
}

/** Stands for an uploaded file's media object until that has an id. */
function uploadId(index: number): string {
  return `upload:${index}`;
}

function withoutBytes(path: string): Issue {
  const name = dotted(path);
  return issueOf({
    rule: "media.bytes",
    path,
    message: `${name} has no url, uploaded file or ID of a stored media object`,
    fix: `Set ${name}.url, or upload a file named ${name}.filename, or set ${name}.id to a stored media object.`,
  });
}

function unknownMedia(path: string, id: string): Issue {
  return issueOf({
    rule: "media.unknown",
    path,
    message: `${dotted(path)} does not match a stored media object`,
    actual: id,
    fix: "Use the ID of a media object from GET /api/v1/media, or send a url.",
  });
}

/** The URL at `path` leads to an address that is never fetched. */
export function refusedUrl(path: string, url: string): Issue {
  return issueOf({
    rule: "media.url.private",
    path,
    message: `${dotted(path)} leads to an address that is not public`,
    actual: url,
    fix: "Use a URL that anyone can reach, or upload the file.",
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
