import type { AmpostError } from "./errors.ts";
import { failureOf, isPassing, refusalOf } from "./errors.ts";

/** What every call goes by. */
export interface Connection {
  apiKey: string;
  /** Without a slash at the end. */
  baseUrl: string;
  fetch: typeof fetch;
  /** How often a call that may be repeated is tried again. */
  retries: number;
  /** How long one try of a call may take. */
  timeoutSeconds: number;
  /** From 0 up to 1: scatters the pauses between tries. */
  random(): number;
  pause(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** What any call takes. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What a call takes that changes something. */
export interface WriteOptions extends CallOptions {
  /**
   * Any text of your own for this one write, up to 255 characters of ASCII: the same key with the same input does it
   * once, however often it is sent. Without one each call makes its own, and only the tries of that call are one.
   */
  idempotencyKey?: string;
}

export interface Call extends WriteOptions {
  method: "GET" | "HEAD" | "POST" | "PATCH" | "DELETE";
  path: string;
  query?: object;
  /** Sent as JSON, or as it is where it is a form or bytes. */
  body?: object;
  headers?: Record<string, string>;
  /** False: it is sent once, whatever comes of it. */
  repeatable?: boolean;
  /** Longer than usual, where the server is asked to wait. */
  timeoutSeconds?: number;
}

export interface Answered<Answer> {
  answer: Answer;
  headers: Headers;
}

/** A call that changes nothing. */
export async function read<Answer>(
  connection: Connection,
  path: string,
  options: CallOptions & { query?: object } = {},
): Promise<Answer> {
  return (await call<Answer>(connection, { ...options, method: "GET", path })).answer;
}

/** A call that changes something, once, however often it has to be sent. */
export async function write<Answer>(
  connection: Connection,
  method: "POST" | "PATCH" | "DELETE",
  path: string,
  options: WriteOptions & Pick<Call, "body" | "headers" | "timeoutSeconds"> = {},
): Promise<Answered<Answer>> {
  const { idempotencyKey = newKey() } = options;
  if (!/^[\x20-\x7e]{1,255}$/.test(idempotencyKey))
    throw new TypeError("idempotencyKey must be 1 to 255 printable ASCII characters.");
  return await call<Answer>(connection, { ...options, method, path, idempotencyKey });
}

/** Sends a call, again where that is safe and may help, and reads the answer. Rejects with an AmpostError. */
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

/** Sends one request. Only headers and status have been read of what it resolves with. */
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
      authorization: `Bearer ${apiKey}`,
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...headers,
    },
    // Whoever follows a redirect may hand the key or the body to somebody else.
    redirect: "manual",
    signal: signal === undefined ? ended : AbortSignal.any([signal, ended]),
    ...(body !== undefined && { body }),
  });
}

const PAGE_SIZE = 100;

/**
 * All that a list has, fetched page by page as it is asked for. What is added meanwhile moves the rest on, so each is
 * told only once.
 */
export async function* everyItem<Item extends { id: string }>(
  fetchPage: (page: { limit: number; offset: number }) => Promise<readonly Item[]>,
  limit = PAGE_SIZE,
): AsyncGenerator<Item, void> {
  const told = new Set<string>();
  for (let offset = 0; ; offset += limit) {
    const items = await fetchPage({ limit, offset });
    for (const item of items) {
      if (told.has(item.id)) continue;
      told.add(item.id);
      yield item;
    }
    if (items.length < limit) return;
  }
}

/** Tries until it succeeds, fails for good, or has been tried often enough. */
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

/** Longer than this a caller decides whether to wait. */
const LONGEST_PAUSE_SECONDS = 60;

/** Waits before the next try, as long as the server asks; throws the failure where there is to be none. */
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

/** A path with what is put in encoded, so that an id can never name another path. */
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
