import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import type { Exchange } from "./description.ts";

/** Longer request bodies are not kept, since they carry media. */
const KEPT_BYTES = 1024 * 1024;

const watched = new WeakSet<IncomingMessage>();

/**
 * Hands over an API request with its response once that has been sent. Call it before the body is read. It changes
 * neither.
 */
export function watchAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  done: (exchange: Exchange) => void,
): void {
  const { method = "", url = "" } = request;
  if (watched.has(request) || !/^\/(api|admin)\//.test(url)) return;
  watched.add(request);
  const [received, sent]: [Buffer[], Buffer[]] = [[], []];
  const given: OutgoingHttpHeaders = {};
  let isEnding = false;
  // Injected requests have a text as their body.
  before(request, "push", ([chunk]) => keep(received, toBuffer(chunk)));
  before(
    response,
    "writeHead",
    (values) => void Object.assign(given, ...values.filter((value) => typeof value === "object")),
  );
  // Some servers write while ending.
  before(response, "write", ([chunk]) => void (isEnding || sent.push(toBuffer(chunk))));
  before(response, "end", ([chunk]) => {
    if (!isEnding) sent.push(toBuffer(chunk));
    isEnding = true;
  });
  response.once("finish", () => {
    const headers = toHeaders({ ...response.getHeaders(), ...given });
    const requestBody = lengthOf(received) > KEPT_BYTES ? null : Buffer.concat(received);
    done({
      method,
      url,
      requestHeaders: toHeaders(request.headers),
      requestBody,
      status: response.statusCode,
      headers,
      body: unpacked(Buffer.concat(sent), headers.get("content-encoding")),
    });
  });
}

/** Observes the arguments of a method's calls. */
function before(target: object, name: string, look: (given: unknown[]) => void): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== "function") throw new Error(`There is no method ${name}`);
  const value = (...given: unknown[]): unknown => {
    look(given);
    return Reflect.apply(method, target, given);
  };
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

function keep(chunks: Buffer[], chunk: Buffer): void {
  if (lengthOf(chunks) <= KEPT_BYTES) chunks.push(chunk);
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function toBuffer(chunk: unknown): Buffer {
  return typeof chunk === "string" || chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
}

function toHeaders(given: OutgoingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given))
    for (const each of [value ?? []].flat()) headers.append(name, String(each));
  return headers;
}

function unpacked(body: Buffer, encoding: string | null): string {
  return (encoding === "br" ? brotliDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body).toString();
}
