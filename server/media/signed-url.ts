import { createHmac, timingSafeEqual } from "node:crypto";
import type { Readable } from "node:stream";

import type pg from "pg";

import type { Tenant } from "../../model/tenant.ts";
import { findSignedMedia } from "../db/queries/media.ts";
import { MissingObjectError } from "../storage/storage.ts";
import type { Storage } from "../storage/storage.ts";
import { makeThumbnail } from "./rendition.ts";
import { imageSlots } from "./slots.ts";
import { findOrMake, type StoredMedia } from "./stored-rendition.ts";
import { UnreadableMediaError } from "./unreadable-media-error.ts";

/** Where signed URLs lead and what they are signed with. */
export interface MediaUrls {
  /** AMPOST_MEDIA_URL, without a trailing slash. */
  baseUrl: string;
  secret: string | Uint8Array;
}

/** What is signed; `name` ends the path. */
export interface SignedMedia {
  /** The stored file, or the small image of it. */
  of: "media" | "thumbnail";
  mediaId: string;
  name: string;
  /** Seconds since 1970. */
  expires: number;
}

/** Minimum validity of a URL. Platforms fetch within minutes of getting one, and again while they process. */
const LIFETIME_SECONDS = 24 * 3600;

/**
 * A public URL of stored bytes that works for the next day. It ends like a file name, for platforms that look at the
 * extension. It stays the same within an hour, so that caches work.
 */
export function signMediaUrl(
  urls: MediaUrls,
  media: { id: string; filename: string; mimeType: string },
  now: Date = new Date(),
): string {
  return signUrl(urls, "media", media, now);
}

/** The same of a small image of a stored image, which is made when it is first read. */
export function signThumbnailUrl(
  urls: MediaUrls,
  media: { id: string; filename: string },
  now: Date = new Date(),
): string {
  return signUrl(urls, "thumbnail", { ...media, mimeType: THUMBNAIL_TYPE }, now);
}

const THUMBNAIL_TYPE = "image/webp";

function signUrl(
  urls: MediaUrls,
  of: SignedMedia["of"],
  media: { id: string; filename: string; mimeType: string },
  now: Date,
): string {
  const expires = Math.ceil((now.getTime() / 1000 + LIFETIME_SECONDS) / 3600) * 3600;
  const name = readableName(media.filename, media.mimeType);
  const signature = sign(urls.secret, { of, mediaId: media.id, name, expires });
  const folder = of === "thumbnail" ? "/thumbnail" : "";
  return `${urls.baseUrl}/media/${media.id}${folder}/${name}?expires=${expires}&signature=${signature}`;
}

/** Whether it was signed with one of these secrets. */
export function verifyMediaUrl(
  secrets: readonly MediaUrls["secret"][],
  signed: SignedMedia,
  signature: string,
): boolean {
  const given = Buffer.from(signature);
  return secrets.some((secret) => {
    const expected = Buffer.from(sign(secret, signed));
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function sign(secret: MediaUrls["secret"], { of, mediaId, name, expires }: SignedMedia): string {
  return createHmac("sha256", secret).update(`${of}\n${mediaId}\n${name}\n${expires}`).digest("base64url");
}

const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["image/jpeg", "jpg"],
  ["image/png", "png"],
  ["image/webp", "webp"],
  ["image/gif", "gif"],
  ["video/mp4", "mp4"],
  ["video/quicktime", "mov"],
]);

/** Plain ASCII, since some platforms reject anything else in a URL. */
function readableName(filename: string, mimeType: string): string {
  const stem = filename
    .replace(/\.[^.]*$/, "")
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^-+|(?<!-)-+$/g, "")
    .slice(0, 60);
  return `${stem === "" ? "media" : stem}.${ENDINGS.get(mimeType) ?? "bin"}`;
}

/** As in path and query. */
export interface SignedUrl {
  /** By default, the stored file. */
  of?: SignedMedia["of"];
  mediaId: string;
  name: string;
  expires: string | undefined;
  signature: string | undefined;
}

export interface SignedRequest extends SignedUrl {
  method: "GET" | "HEAD";
  /** The request's headers of these names. */
  range?: string | undefined;
  ifRange?: string | undefined;
  ifNoneMatch?: string | undefined;
}

export interface SignedAnswer {
  status: 200 | 206 | 304 | 403 | 404 | 410 | 416;
  headers: Record<string, string>;
  /** Must be sent or destroyed; null if there is none. */
  body: Readable | null;
  /** The error message. */
  message: string | null;
}

/**
 * Serves a signed URL: whole or one range, GET and HEAD. Throws RATE_LIMITED if it is of a small image that is still to
 * be made, and too much of its owner's work waits already.
 */
export async function openSigned(
  deps: { pool: pg.Pool; storage: Storage; secrets: readonly MediaUrls["secret"][] },
  request: SignedRequest,
  now: Date = new Date(),
): Promise<SignedAnswer> {
  const signed = readSigned(deps.secrets, request);
  if (signed === null) return refuse(403, "The signature of this URL is invalid.");
  const { of, expires } = signed;
  const secondsLeft = expires - Math.floor(now.getTime() / 1000);
  if (secondsLeft <= 0) return refuse(410, "This URL has expired.");
  const row = await findSignedMedia.one(deps.pool, [request.mediaId]);
  if (row?.deleted_at) return refuse(410, "The file has been deleted.");
  if (!row?.storage_key || row.facts === null) return refuse(404, "File not found.");
  const original = { id: request.mediaId, storageKey: row.storage_key, facts: row.facts };
  const file = of === "media" ? original : await findThumbnail(deps, { ...row, userId: row.user_id }, original);
  if (file === null) return refuse(404, "File not found.");
  const { mimeType, sizeBytes } = file.facts;
  const etag = `"${file.id}"`;
  const headers = {
    ...SAFE_HEADERS,
    "content-type": mimeType,
    etag,
    "cache-control": `private, max-age=${secondsLeft}, immutable`,
    "content-disposition": `inline; filename="${request.name}"`,
  };
  if (matches(request.ifNoneMatch, etag)) return { status: 304, headers, body: null, message: null };
  const range = request.ifRange === undefined || request.ifRange === etag ? readRange(request.range, sizeBytes) : null;
  if (range === "unsatisfiable")
    return {
      ...refuse(416, `The file has ${sizeBytes} bytes.`),
      headers: { ...SAFE_HEADERS, "content-range": `bytes */${sizeBytes}` },
    };
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  const partly: Record<string, string> =
    range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` };
  const body =
    request.method === "HEAD" ? null : await deps.storage.open(file.storageKey, { start, end }).catch(missingAsNull);
  if (body === null && request.method === "GET") return refuse(404, "File not found.");
  return {
    status: range === null ? 200 : 206,
    headers: { ...headers, ...partly, "content-length": String(end - start) },
    body,
    message: null,
  };
}

/** What a URL leads to; null if its signature is invalid. */
function readSigned(secrets: readonly MediaUrls["secret"][], url: SignedUrl): SignedMedia | null {
  const expires = /^\d{1,12}$/.test(url.expires ?? "") ? Number(url.expires) : NaN;
  const signed = { of: url.of ?? "media", mediaId: url.mediaId, name: url.name, expires };
  return !Number.isNaN(expires) && verifyMediaUrl(secrets, signed, url.signature ?? "") ? signed : null;
}

/** Tells whose file a URL leads to, which is looked up once. Null if its signature is invalid, or nobody has the file. */
export function createFileOwners(
  pool: pg.Pool,
): (secrets: readonly MediaUrls["secret"][], url: SignedUrl) => Promise<Tenant | null> {
  const owners = new Map<string, Tenant>();
  return async (secrets, url) => {
    const signed = readSigned(secrets, url);
    if (signed === null) return null;
    const known = owners.get(signed.mediaId);
    if (known !== undefined) return known;
    const row = await findSignedMedia.one(pool, [signed.mediaId]);
    if (row === undefined) return null;
    if (owners.size >= MOST_REMEMBERED) owners.clear();
    const owner = { userId: row.user_id, mode: row.mode };
    owners.set(signed.mediaId, owner);
    return owner;
  };
}

/** The small image of a stored image, made once and kept with it. Null if there can be none. */
async function findThumbnail(
  deps: { pool: pg.Pool; storage: Storage },
  { userId, mode, filename }: Tenant & { filename: string },
  original: StoredMedia,
): Promise<StoredMedia | null> {
  const { id, facts } = original;
  if (facts.type !== "image" || withoutThumbnail.has(id)) return null;
  try {
    return await findOrMake(
      deps,
      { userId, mode },
      { ...facts, id, filename },
      { name: "thumbnail", slots: imageSlots, isImpatient: true, make: () => makeThumbnail(deps.storage, original) },
    );
  } catch (error) {
    if (!(error instanceof UnreadableMediaError)) throw error;
    if (withoutThumbnail.size >= MOST_REMEMBERED) withoutThumbnail.clear();
    withoutThumbnail.add(id);
    return null;
  }
}

/** Images that were too costly to make small: viewing them again does not try again. */
const withoutThumbnail = new Set<string>();
const MOST_REMEMBERED = 10_000;

/** The bytes are a user's: nothing in them may run in our origin. Pages of the dashboard's origin can show them. */
const SAFE_HEADERS = {
  "accept-ranges": "bytes",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
};

function refuse(status: 403 | 404 | 410 | 416, message: string): SignedAnswer {
  return { status, headers: { "cache-control": "no-store" }, body: null, message };
}

function missingAsNull(error: unknown): null {
  if (error instanceof MissingObjectError) return null;
  throw error;
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? "")
    .split(",")
    .some((given) => given.trim() === "*" || given.trim().replace(/^W\//, "") === etag);
}

/**
 * One range, exclusive of its end. Null if there is none, or it has a form that may be answered with the whole file.
 * Source: RFC 9110, section 14.
 */
function readRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | "unsatisfiable" | null {
  const parts = /^bytes=\s*(?:(\d+)\s*)?-\s*(?:(\d+)\s*)?$/i.exec(header ?? "");
  if (parts === null) return null;
  const [, first = "", last = ""] = parts;
  if (first === "" && last === "") return null;
  if (first === "")
    return Number(last) === 0 ? "unsatisfiable" : { start: Math.max(0, sizeBytes - Number(last)), end: sizeBytes };
  if (last !== "" && Number(last) < Number(first)) return null;
  if (Number(first) >= sizeBytes) return "unsatisfiable";
  return { start: Number(first), end: last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}
