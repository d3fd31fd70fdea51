import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * A request body. Files and plain bytes are in the spool folder until the call ends; they are never held in memory.
 */
export type Body =
  | { kind: "none" }
  | { kind: "json"; value: unknown }
  | { kind: "fields"; fields: Readonly<Record<string, string | string[]>>; files: readonly BodyFile[] }
  | { kind: "bytes"; bytes: StoredBytes }
  /** Declared as JSON or multipart, but malformed. */
  | { kind: "unreadable" };

export interface BodyFile extends StoredBytes {
  field: string;
  filename: string;
}

export interface StoredBytes {
  contentType: string;
  /** A file that a route can move away or append from; otherwise it is deleted after the call. */
  path: string;
  sizeBytes: number;
  sha256: string;
  /** False if the client disconnected before all of it arrived. */
  complete: boolean;
}

/** The body is too large to be held as fields. */
export class BodyTooLarge extends Error {}

const FIELDS_MAX_BYTES = 10 * 1024 * 1024;

/**
 * Rejects if the client disconnects in the middle of a form; plain bytes that end early are returned as far as they
 * came.
 */
export async function readBody(request: IncomingMessage, spoolDir: string, { raw = false } = {}): Promise<Body> {
  const length = request.headers["content-length"];
  const hasBody = request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
  const contentType = request.headers["content-type"] ?? "";
  if (!hasBody) return { kind: "none" };
  if (raw) return { kind: "bytes", bytes: await spool(request, contentType, spoolDir) };
  if (/^application\/x-www-form-urlencoded/i.test(contentType))
    return { kind: "fields", fields: formFields(await readText(request)), files: [] };
  if (/^application\/([a-z.-]+\+)?json/i.test(contentType)) return jsonBody(await readText(request));
  if (/^multipart\/form-data/i.test(contentType)) return readMultipart(request, contentType, spoolDir);
  return { kind: "bytes", bytes: await spool(request, contentType, spoolDir) };
}

/** The body as shown in the request log. */
export function bodyForLog(body: Body): unknown {
  if (body.kind === "json") return body.value;
  if (body.kind !== "fields") return null;
  const files = body.files.map(({ field, filename, contentType, sizeBytes }) => [
    field,
    { filename, contentType, sizeBytes },
  ]);
  return { ...body.fields, ...Object.fromEntries(files) };
}

/** The spooled files of a body, so that they can be deleted. */
export function spooledPaths(body: Body): string[] {
  if (body.kind === "bytes") return [body.bytes.path];
  return body.kind === "fields" ? body.files.map((file) => file.path) : [];
}

function jsonBody(text: string): Body {
  try {
    return { kind: "json", value: JSON.parse(text) };
  } catch {
    return { kind: "unreadable" };
  }
}

function formFields(text: string): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) addField(fields, name, value);
  return fields;
}

function addField(fields: Record<string, string | string[]>, name: string, value: string): void {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const all = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  Object.defineProperty(fields, name, { value: all, enumerable: true, writable: true, configurable: true });
}

/** The whole body as text. Rejects if it is too large or the client disconnects. */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > FIELDS_MAX_BYTES) reject(new BodyTooLarge());
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(chunks.length === 1 ? String(chunks[0]) : Buffer.concat(chunks).toString()));
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(new Error("the client went away"));
    });
  });
}

async function readMultipart(request: IncomingMessage, contentType: string, spoolDir: string): Promise<Body> {
  const fields: Record<string, string | string[]> = {};
  const files: Promise<BodyFile>[] = [];
  const { Busboy } = await import("@fastify/busboy");
  try {
    const parser = new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      limits: { fieldSize: FIELDS_MAX_BYTES },
    });
    parser.on("field", (name, value) => addField(fields, name, value));
    parser.on("file", (field, stream, filename, _encoding, mimeType) => {
      files.push(spool(stream, mimeType, spoolDir).then((bytes) => ({ ...bytes, field, filename })));
    });
    await pipeline(request, parser);
    return { kind: "fields", fields, files: await Promise.all(files) };
  } catch {
    await Promise.allSettled(files);
    return { kind: "unreadable" };
  }
}

/** Writes a stream to a file while measuring it. An interrupted stream leaves what arrived. */
async function spool(stream: Readable, contentType: string, spoolDir: string): Promise<StoredBytes> {
  const path = join(spoolDir, randomUUID());
  const digest = createHash("sha256");
  let sizeBytes = 0;
  let complete = true;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      digest.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(stream, measure, createWriteStream(path)).catch(() => {
    complete = false;
  });
  return { contentType, path, sizeBytes, sha256: digest.digest("hex"), complete };
}
