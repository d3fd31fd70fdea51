import { createReadStream, createWriteStream } from "node:fs";
import { open, rename } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

import type { StoredBytes } from "../../../sandbox/body.ts";

const HEAD_BYTES = 1024 * 1024;

/**
 * Splits a `multipart/related` body of JSON and bytes: the JSON is parsed, and the file is reduced to the bytes.
 * Undefined if it does not have that format.
 */
export async function splitRelated(body: StoredBytes): Promise<{ metadata: unknown; media: StoredBytes } | undefined> {
  const boundary = /^multipart\/related\s*;.*boundary="?([^";]+)"?/i.exec(body.contentType)?.[1];
  if (boundary === undefined) return undefined;
  const head = await readPart(body.path, 0, HEAD_BYTES);
  const metadataAt = afterHeaders(head, head.indexOf(`--${boundary}\r\n`));
  const metadataEnd = metadataAt === -1 ? -1 : head.indexOf(`\r\n--${boundary}\r\n`, metadataAt);
  const mediaAt = metadataEnd === -1 ? -1 : afterHeaders(head, metadataEnd + 2);
  const tailAt = Math.max(0, body.sizeBytes - boundary.length - 16);
  const end = (await readPart(body.path, tailAt, body.sizeBytes - tailAt)).lastIndexOf(`\r\n--${boundary}--`);
  if (mediaAt === -1 || end === -1 || tailAt + end < mediaAt) return undefined;
  const metadata = parse(head.subarray(metadataAt, metadataEnd).toString());
  const sizeBytes = tailAt + end - mediaAt;
  const path = `${body.path}-media`;
  if (sizeBytes > 0)
    await pipeline(
      createReadStream(body.path, { start: mediaAt, end: mediaAt + sizeBytes - 1 }),
      createWriteStream(path),
    );
  if (sizeBytes > 0) await rename(path, body.path);
  return metadata === undefined ? undefined : { metadata, media: { ...body, sizeBytes } };
}

/** Where the content after a part's headers starts; -1 if there is none. */
function afterHeaders(head: Buffer, from: number): number {
  const end = from === -1 ? -1 : head.indexOf("\r\n\r\n", from);
  return end === -1 ? -1 : end + 4;
}

async function readPart(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
