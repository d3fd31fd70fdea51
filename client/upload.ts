import { call, type CallOptions, type Connection, path, pauseAfter, read, write, type WriteOptions } from "./call.ts";
import { AmpostError, failureOf, isPassing } from "./errors.ts";
import type { Media } from "./types.ts";

/**
 * What to upload. A `File` has its own name; in Node.js, `openAsBlob` of `node:fs` reads from disk while it is being
 * sent.
 */
export type UploadSource = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

export interface UploadOptions extends WriteOptions {
  /** A name for the file, if the source has none. */
  filename?: string;
  /** The file's type; the server goes by its bytes. */
  mimeType?: string;
  /** Called when bytes have been stored by the server. */
  onProgress?(progress: UploadProgress): void;
  /** Called with the value for `resume`, once the upload has started. */
  onBegin?(upload: string): void;
  /** Continues an upload of the same bytes that was started within the last 24 hours. */
  resume?: string;
  /** How much is sent in one request. Default: 8 MB. */
  chunkBytes?: number;
}

export interface UploadProgress {
  sentBytes: number;
  totalBytes: number;
}

const UPLOADS = "/api/v1/media/uploads/";
/** The tus protocol (https://tus.io/protocols/resumable-upload). */
const TUS = { "tus-resumable": "1.0.0" };

/** Sends a file in chunks, so that a lost connection costs one chunk and not the file. */
export async function upload(
  connection: Connection,
  source: UploadSource,
  options: UploadOptions,
): Promise<{ media: Media }> {
  const file = source instanceof Blob ? source : new Blob([source]);
  const callOptions: CallOptions = { signal: options.signal };
  const address =
    options.resume === undefined
      ? await begin(connection, file, options)
      : path`/api/v1/media/uploads/${options.resume}`;
  if (options.resume === undefined) options.onBegin?.(address.slice(UPLOADS.length));
  const mediaId = await sendAll(connection, address, file, options, callOptions);
  return await read<{ media: Media }>(connection, path`/api/v1/media/${mediaId}`, callOptions);
}

async function begin(
  connection: Connection,
  file: Blob,
  { filename, mimeType, idempotencyKey, signal }: UploadOptions,
): Promise<string> {
  const name = filename ?? ("name" in file && typeof file.name === "string" ? file.name : "media");
  const type = mimeType ?? file.type;
  const metadata = [`filename ${toBase64(name)}`, ...(type === "" ? [] : [`filetype ${toBase64(type)}`])].join(",");
  const { headers } = await write(connection, "POST", "/api/v1/media", {
    headers: { ...TUS, "upload-length": String(file.size), "upload-metadata": metadata },
    idempotencyKey,
    signal,
  });
  // Only its path is used, so that the key is not sent to another host.
  const location = new URL(headers.get("location") ?? "", connection.baseUrl).pathname;
  const at = location.indexOf(UPLOADS);
  if (at === -1) throw new AmpostError("UNEXPECTED_ANSWER", "The server did not return an upload URL.");
  return location.slice(at);
}

/** How much of an upload the server has. */
interface State {
  offsetBytes: number;
  mediaId: string | null;
}

async function sendAll(
  connection: Connection,
  address: string,
  file: Blob,
  { onProgress, resume, chunkBytes = 8 * 1024 * 1024 }: UploadOptions,
  options: CallOptions,
): Promise<string> {
  const look = () => lookUp(connection, address, options);
  let state: State = resume === undefined ? { offsetBytes: 0, mediaId: null } : await look();
  const tell = () => onProgress?.({ sentBytes: state.offsetBytes, totalBytes: file.size });
  tell();
  for (let failures = 0; state.mediaId === null;) {
    try {
      const next = await sendChunk(
        connection,
        address,
        file.slice(state.offsetBytes, state.offsetBytes + chunkBytes),
        state.offsetBytes,
        options,
      );
      if (next.mediaId === null && next.offsetBytes <= state.offsetBytes)
        throw new AmpostError(
          "UNEXPECTED_ANSWER",
          "The server accepts no more bytes and has not created a media object.",
        );
      state = next;
      failures = 0;
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = failureOf(error);
      // Another client is sending it too, or an earlier request of ours is still being read.
      const isCrossed = failure.status === 409 || failure.status === 423;
      if (!isCrossed && !isPassing(failure)) throw failure;
      await pauseAfter(connection, failure, failures, options.signal);
      const before = state.offsetBytes;
      state = await look();
      failures = state.offsetBytes > before ? 0 : failures + 1;
    }
    tell();
  }
  return state.mediaId;
}

async function lookUp(connection: Connection, address: string, options: CallOptions): Promise<State> {
  try {
    return stateOf((await call(connection, { ...options, method: "HEAD", path: address, headers: TUS })).headers);
  } catch (error) {
    const { status, requestId } = failureOf(error);
    // A HEAD response has no body with the reason.
    if (status === 404 || status === 400)
      throw new AmpostError(
        "NOT_FOUND",
        "Upload not found: its file was rejected, or it was started more than a day ago.",
        { status, requestId },
      );
    throw error;
  }
}

async function sendChunk(
  connection: Connection,
  address: string,
  body: Blob,
  offsetBytes: number,
  options: CallOptions,
): Promise<State> {
  const headers = { ...TUS, "upload-offset": String(offsetBytes), "content-type": "application/offset+octet-stream" };
  return stateOf(
    (
      await call(connection, {
        ...options,
        method: "PATCH",
        path: address,
        body,
        headers,
        repeatable: false,
        timeoutSeconds: connection.timeoutSeconds + body.size / SLOWEST_BYTES_PER_SECOND,
      })
    ).headers,
  );
}

/** A slower connection than this counts as lost. */
const SLOWEST_BYTES_PER_SECOND = 20_000;

function stateOf(headers: Headers): State {
  if (!/^\d+$/.test(headers.get("upload-offset") ?? ""))
    throw new AmpostError("UNEXPECTED_ANSWER", "The server did not return an offset.");
  return { offsetBytes: Number(headers.get("upload-offset")), mediaId: headers.get("media-id") };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
