import type { FastifyRequest } from "fastify";

import { MAX_FILE_BYTES } from "../../../model/capabilities.ts";
import { cutText } from "../../../model/cut-text.ts";
import { PublicError, type PublicCode } from "../../../model/errors.ts";
import { refuseRequest } from "../../calls/refusals.ts";
import { headerValue } from "../../calls/request-headers.ts";
import type { AnnouncedFile } from "../../media/uploads/resumable-uploads.ts";

/** The version of the tus protocol that is spoken (https://tus.io/protocols/resumable-upload). */
export const TUS_VERSION = "1.0.0";

/** The OPTIONS response for resumable uploads. */
export const TUS_ABILITIES = {
  "tus-resumable": TUS_VERSION,
  "tus-version": TUS_VERSION,
  "tus-extension": "creation,creation-with-upload,expiration,termination",
  "tus-max-size": String(MAX_FILE_BYTES),
};

/** Headers that tus clients in browsers send and read. */
export const TUS_REQUEST_HEADERS = [
  "Tus-Resumable",
  "Upload-Length",
  "Upload-Metadata",
  "Upload-Offset",
  "X-HTTP-Method-Override",
  "X-Request-ID",
  "X-Requested-With",
];
export const TUS_RESPONSE_HEADERS = [
  "Location",
  "Media-Id",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Resumable",
  "Tus-Version",
  "Upload-Expires",
  "Upload-Length",
  "Upload-Metadata",
  "Upload-Offset",
];

/** The media type of a PATCH's body. */
export const OFFSET_STREAM = "application/offset+octet-stream";

/** Refuses a request of another version than ours. */
export function checkVersion(request: FastifyRequest): void {
  if (request.headers["tus-resumable"] === TUS_VERSION) return;
  const refusal = refuseRequest(
    "upload.version",
    `The header Tus-Resumable must be ${TUS_VERSION}`,
    `Send the header Tus-Resumable: ${TUS_VERSION}, as a client of tus 1.0 does.`,
    "PRECONDITION_FAILED",
  );
  throw new PublicError(refusal.code, refusal.message, {
    issues: refusal.issues,
    headers: { "tus-version": TUS_VERSION },
  });
}

/** The file that a creation announces. */
export function readAnnouncedFile(request: FastifyRequest): AnnouncedFile {
  // Ignored, it would make a file of each part, and the first one fail after all of its bytes.
  if (request.headers["upload-concat"] !== undefined)
    throw refuseRequest(
      "upload.concat",
      "Upload-Concat is not supported: a file is one upload",
      "Send the file as one upload, such as with tus-js-client's parallelUploads at 1.",
    );
  const lengthBytes = readBytes(request, "upload-length", "Upload-Length", "Send the file's size in bytes.");
  if (lengthBytes === 0) throw refuseRequest("media.readable", "The file is empty", "Send an image or a video.");
  if (lengthBytes > MAX_FILE_BYTES)
    throw refuseLength("PAYLOAD_TOO_LARGE", "media.size", "The file is larger than 200 MB", lengthBytes);
  const metadata = headerValue(request.headers["upload-metadata"]) ?? null;
  const values = readMetadata(metadata ?? "");
  // Clients differ in how they name the two.
  const filename = values.get("filename") ?? values.get("name") ?? "";
  const mimeType = values.get("filetype") ?? values.get("type") ?? "";
  return {
    filename: cutText(filename, 255) || "media",
    mimeType: mimeType === "" ? null : mimeType.slice(0, 255),
    metadata,
    lengthBytes,
  };
}

/** The offset in the file at which the body of a PATCH begins. */
export function readOffset(request: FastifyRequest): number {
  return readBytes(request, "upload-offset", "Upload-Offset", "Send the offset returned by HEAD.");
}

/** Whether the body is bytes of the file. */
export function carriesBytes(request: FastifyRequest): boolean {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() === OFFSET_STREAM;
}

/** The declared length of the body; null if there is none. */
export function announcedBytes(request: FastifyRequest): number | null {
  const length = request.headers["content-length"];
  return length === undefined ? null : Number(length);
}

function readBytes(request: FastifyRequest, name: string, words: string, fix: string): number {
  const given = headerValue(request.headers[name]);
  if (given === undefined) throw refuseRequest("upload.header", `The header ${words} is missing`, fix);
  if (!/^\d{1,15}$/.test(given))
    throw refuseRequest("upload.header", `The header ${words} must be a whole number of bytes`, fix);
  return Number(given);
}

/** Pairs of a key and a base64 value, which can be missing, separated by commas. */
function readMetadata(header: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of header.split(",").map((text) => text.trim())) {
    if (pair === "") continue;
    const [key = "", value = "", ...more] = pair.split(" ");
    if (more.length > 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
      throw refuseRequest(
        "upload.metadata",
        "The header Upload-Metadata cannot be read",
        "Send pairs of a key and a value in base64, such as: filename bGF1bmNoLm1wNA==,filetype dmlkZW8vbXA0",
      );
    values.set(key, Buffer.from(value, "base64").toString("utf8").replaceAll("\0", ""));
  }
  return values;
}

function refuseLength(code: PublicCode, rule: string, message: string, actual: number): PublicError {
  return PublicError.of({
    rule,
    code,
    message,
    actual,
    limit: MAX_FILE_BYTES,
    fix: `Send a file of at most ${MAX_FILE_BYTES} bytes.`,
  });
}
