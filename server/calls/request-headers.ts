import { createHash } from "node:crypto";

import type { FastifyRequest } from "fastify";

import { refuseRequest } from "./refusals.ts";

const MAX_KEY_LENGTH = 255;

/** The caller's Idempotency-Key, or null. */
export function readIdempotencyKey(request: FastifyRequest): string | null {
  const key = headerValue(request.headers["idempotency-key"]);
  if (key === undefined) return null;
  if (key === "")
    throw refuseRequest(
      "request.idempotencyKey",
      "The Idempotency-Key is empty",
      "Send a unique key for each request, such as a UUID.",
    );
  if (key.length > MAX_KEY_LENGTH)
    throw refuseRequest(
      "request.idempotencyKey",
      `The Idempotency-Key is longer than ${MAX_KEY_LENGTH} characters`,
      "Send a shorter key, such as a UUID.",
    );
  return key;
}

/** Seconds from `Prefer: wait=N`, 0 to 60; null if there is none or it is invalid (RFC 7240: then it is ignored). */
export function readWaitSeconds(request: FastifyRequest): number | null {
  const preferred = /(?:^|[,;]\s*)wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(
    headerValue(request.headers.prefer) ?? "",
  )?.[1];
  return preferred === undefined ? null : Math.min(60, Number(preferred));
}

/** The revision required by `If-Match`; null for any. A tag that was never a revision matches none. */
export function readIfRevision(request: FastifyRequest): number | null {
  return revisionOf(headerValue(request.headers["if-match"]));
}

/** The same of an `If-Match` that came another way. */
export function revisionOf(ifMatch: string | undefined): number | null {
  const header = ifMatch?.trim();
  if (header === undefined || header === "*") return null;
  const revisions = header.split(",").flatMap((tag) => /^(?:W\/)?"(\d{1,9})(?:-[^"]*)?"$/.exec(tag.trim())?.[1] ?? []);
  if (revisions.length > 1)
    throw refuseRequest(
      "request.ifMatch",
      "If-Match has more than one ETag",
      "Send only the ETag of the post as you last read it.",
    );
  return revisions[0] === undefined ? -1 : Number(revisions[0]);
}

/** The tags in `If-Match`; undefined for any. */
export function readIfMatch(request: FastifyRequest): string[] | undefined {
  const header = headerValue(request.headers["if-match"])?.trim();
  return header === undefined || header === "*"
    ? undefined
    : header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
}

/** Whether `If-None-Match` names this ETag. */
export function isUnchanged(request: FastifyRequest, etag: string): boolean {
  const header = headerValue(request.headers["if-none-match"]);
  if (header === undefined) return false;
  const plain = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => plain(tag) === plain(etag));
}

/** Identifies repeated requests: path, body and files, regardless of the order of keys in the body. */
export function hashRequest(
  path: string,
  body: unknown,
  files: readonly { field: string; filename: string; sha256: string | null }[],
): string {
  const hash = createHash("sha256");
  hash.update(canonical([path, body ?? null, files.map(({ field, filename, sha256 }) => [field, filename, sha256])]));
  return hash.digest("hex");
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A header's value; repeated ones are joined, as HTTP reads them. */
export function headerValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(", ") : header;
}
