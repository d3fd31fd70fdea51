import type { Measured } from "../media.ts";
import { jsonAnswer, type Call, type PlatformAnswer } from "../platform.ts";
import { Refusal } from "./graph.ts";

/** The host that receives video bytes. Source: Reels guide and Instagram's resumable uploads, 2026-09-11. */
export type UploadFault =
  | "NotAuthorizedError"
  | "ParameterValidationError"
  | "OffsetInvalidError"
  | "PartialRequestError"
  | "ProcessingFailedError";

/** It has its own error format. */
export function uploadError(type: UploadFault, message: string, retriable = false): PlatformAnswer {
  return jsonAnswer(
    { debug_info: { retriable, type, message } },
    { status: type === "NotAuthorizedError" ? 403 : 400 },
  );
}

export const PARTIAL = uploadError("PartialRequestError", "Partial request (did not match length of file)", true);

export function processingFailed(message: string): PlatformAnswer {
  return uploadError("ProcessingFailedError", JSON.stringify({ success: false, error: { message } }));
}

/** Runs a call that needs a token, sent after `OAuth` here; errors use this host's own format. */
export function authorized<T>(call: Call, work: () => T): T | PlatformAnswer {
  const denied = (message: string) =>
    uploadError("NotAuthorizedError", JSON.stringify({ success: false, error: { message } }));
  if (!/^OAuth\s/i.test(call.headers["authorization"] ?? "")) return denied("unauthorized user request");
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return denied(error.graph.message);
    throw error;
  }
}

export interface Received {
  /** How many bytes it has so far. */
  bytes: number;
  /** Set once all bytes have arrived; null before. */
  media: Measured | null;
}

/**
 * Receives the bytes of a call, which continue where the last call ended or restart at 0, and measures the file once it
 * is complete. An invalid call is rejected immediately.
 */
export function receiveBytes(
  call: Call,
  upload: { name: string; receivedBytes: number },
): PlatformAnswer | Promise<Received> {
  const offset = whole(call.headers["offset"]);
  const fileSize = whole(call.headers["file_size"]);
  if (offset === null)
    return uploadError(
      "ParameterValidationError",
      "HeaderValuePredicate: Header Offset not convertable to unsigned long",
    );
  if (fileSize === null || fileSize === 0)
    return uploadError(
      "ParameterValidationError",
      "HeaderValuePredicate: Header File_size not convertable to unsigned long",
    );
  if (offset !== 0 && offset !== upload.receivedBytes)
    return uploadError("OffsetInvalidError", `Invalid offset ${offset}, expected ${upload.receivedBytes}`, true);
  if (call.body.kind !== "bytes") return PARTIAL;
  return takeBytes(call, { ...upload, offset, fileSize, bytes: call.body.bytes });
}

/** Like `receiveBytes`, for offsets that are already validated. */
export async function takeBytes(
  call: Call,
  {
    name,
    offset,
    fileSize,
    bytes,
  }: { name: string; offset: number; fileSize: number; bytes: Parameters<Call["world"]["uploads"]["write"]>[1] },
): Promise<Received> {
  const cut =
    call.behaviour?.name === "upload-interrupt-at-{n}"
      ? Math.max(0, (call.behaviour.number ?? 0) - offset)
      : bytes.sizeBytes;
  const received = await call.world.uploads.write(name, bytes, { offset, takeBytes: cut });
  return { bytes: received, media: received === fileSize ? await call.world.uploads.finish(name) : null };
}

function whole(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,12}$/.test(value) ? Number(value) : null;
}
