import type { AmpostError } from "./errors.ts";
import { failureOf, isPassing, refusalOf } from "./errors.ts";

/** The settings of every request. */
export interface Connection {
  /** Null: the browser's session cookie. */
  apiKey: string | null;
  /** Without a trailing slash. */
  baseUrl: string;
  fetch: typeof fetch;
  /** How often a repeatable request is retried. */
  retries: number;
  /** The timeout of one attempt. */
  timeoutSeconds: number;
  /** From 0 up to 1: randomizes the delays between attempts. */
  random(): number;
  pause(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Options of a call that changes something. */
export interface WriteOptions extends CallOptions {
  /**
   * Any text that identifies this write, up to 255 ASCII characters: the same key with the same input runs once,
   * however often it is sent. Without one, each call generates its own, which covers only that call's retries.
   */
  idempotencyKey?: string;
}

export interface Call extends WriteOptions {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: object;
  /** Sent as JSON, or as is if it is a form or bytes. */
  body?: object;
  headers?: Record<string, string>;
  /** False: it is sent once, whatever the outcome. */
  repeatable?: boolean;
  /** Longer than usual if the server is asked to wait. */
  timeoutSeconds?: number;
}

export interface Answered<Answer> {
  answer: Answer;
  headers: Headers;
}

/** A request that changes nothing. */
export async function read<Answer>(
  connection: Connection,
  path: string,
  options: CallOptions & { query?: object } = {},
): Promise<Answer> {
  return (await call<Answer>(connection, { ...options, method: "GET", path })).answer;
}

/** A request that makes its change once, however often it is sent. With `ifMatch`, only if that is still the ETag. */
export async function write<Answer>(
  connection: Connection,
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  { ifMatch, ...options }: WriteOptions & Pick<Call, "body" | "headers" | "timeoutSeconds"> & { ifMatch?: string } = {},
): Promise<Answered<Answer>> {
  const { idempotencyKey = newKey() } = options;
  if (!/^[\x20-\x7e]{1,255}$/.test(idempotencyKey))
    throw new TypeError("idempotencyKey must be 1 to 255 printable ASCII characters.");
  const headers = ifMatch === undefined ? options.headers : { ...options.headers, "if-match": ifMatch };
  return await call<Answer>(connection, { ...options, headers, method, path, idempotencyKey });
}

/** An answer with the ETag of its response. */
export function withEtag<Answer extends object>({
  answer,
  headers,
}: Answered<Answer>): Answer & { etag: string | null } {
  return { ...answer, etag: headers.get("etag") };
}

/** Sends a request, retries it when that is safe and useful, and reads the response. Rejects with an AmpostError. */
export async function call<Answer>(connection: Connection, asked: Call): Promise<Answered<Answer>> {
  const { body, ...request } = asked;
  const isJson = body !== undefined && !(body instanceof FormData) && !(body instanceof Blob);
  const sent = isJson
    ? { ...request, body: JSON.stringify(body), headers: { "content-type": "application/json", ...request.headers } }
    : { ...request, ...(body !== undefined && { body }) };
  return await repeated(connection, asked, async () => {
    const response = await send(
      connection,
      sent,
      AbortSignal.timeout(Math.ceil((asked.timeoutSeconds ?? connection.timeoutSeconds) * 1000)),
    );
    const text = await response.text();
    if (!response.ok) throw refusalOf(response, text);
    const answer: Answer = text === "" ? null : JSON.parse(text);
    return { answer, headers: response.headers };
  });
}

/** Sends one request. Resolves once headers and status have been read. */
export async function send(
  { apiKey, baseUrl, fetch }: Connection,
  {
    method,
    path,
    query = {},
    body,
    idempotencyKey,
    headers = {},
    signal,
  }: Omit<Call, "body"> & { body?: string | FormData | Blob },
  ended: AbortSignal,
): Promise<Response> {
  return await fetch(`${baseUrl}${path}${queryOf(query)}`, {
    method,
    headers: {
      ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...headers,
    },
    // Following a redirect could leak the key or the body to another server.
    redirect: "manual",
    signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
    ...(body !== undefined && { body }),
  });
}

const PAGE_SIZE = 100;

/**
 * All items of a list, fetched page by page as needed. Items added in the meantime shift the pages, so each item is
 * returned only once.
 */
export async function* everyItem<Item extends { id: string }>(
  fetchPage: (page: { limit: number; offset: number }) => Promise<readonly Item[]>,
  limit = PAGE_SIZE,
): AsyncGenerator<Item, void> {
  const seen = new Set<string>();
  for (let offset = 0; ; offset += limit) {
    const items = await fetchPage({ limit, offset });
    for (const item of items) {
      if (seen.has(item.id)) continue;
      seen.add(item.id);
      yield item;
    }
    if (items.length < limit) return;
  }
}

/** Retries until it succeeds, fails permanently, or runs out of attempts. */
export async function repeated<Result>(
  connection: Connection,
  { signal, repeatable = true }: Pick<Call, "signal" | "repeatable">,
  attempt: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      const failure = failureOf(error);
      if (!repeatable || !isPassing(failure)) throw failure;
      await pauseAfter(connection, failure, failures, signal);
    }
  }
}

/** For a longer delay, the caller decides whether to wait. */
const LONGEST_PAUSE_SECONDS = 60;

/** Waits before the next attempt, as long as the server asks; throws the failure if it should not be retried. */
export async function pauseAfter(
  { retries, random, pause }: Connection,
  failure: AmpostError,
  failures: number,
  signal?: AbortSignal,
): Promise<void> {
  const seconds = Math.max(failure.retryAfterSeconds ?? 0, Math.min(8, 0.5 * 2 ** failures)) * (1 + random() / 4);
  if (failures >= retries || (failure.retryAfterSeconds ?? 0) > LONGEST_PAUSE_SECONDS) throw failure;
  await pause(seconds, signal);
}

/** A path with encoded parameters, so that an ID can never address another path. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((whole, part, index) => whole + encoded(values[index - 1] ?? "") + part);
}

function encoded(value: string): string {
  if (value === "" || value === "." || value === "..") throw new TypeError(`"${value}" is not a valid ID.`);
  return encodeURIComponent(value);
}

function queryOf(query: object): string {
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return asked.length === 0
    ? ""
    : `?${new URLSearchParams(asked.map(([name, value]): [string, string] => [name, String(value)]))}`;
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
