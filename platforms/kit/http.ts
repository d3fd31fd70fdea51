import { createHash } from "node:crypto";
import { Readable } from "node:stream";

import { cutText } from "../../model/cut-text.ts";
import { isSecretParameter, redact, redactUrl, REDACTED } from "./redaction.ts";
import { transmit, type Transmit, TransportError, transportError, type TransportFailure } from "./transport.ts";

export { TransportError, type TransportFailure } from "./transport.ts";

/**
 * The only way to call a platform. One call is one request: no retries, no redirects, a hard timeout, a limited
 * response. In test mode, `https://HOST/PATH` goes to `{sandbox}/HOST/PATH`, so brokers run the same code in both
 * modes.
 */
export interface HttpClient {
  /** Sends one request. Resolves with any complete response, whatever its status. Throws a TransportError otherwise. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** Of a query or a form. Those that are undefined are left out. */
export type RequestParameters = Readonly<Record<string, string | undefined>>;

export interface HttpRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The platform's real URL. */
  url: string;
  query?: RequestParameters;
  headers?: Record<string, string>;
  /** At most one of these three. */
  form?: RequestParameters;
  json?: unknown;
  bytes?: { contentType: string; sizeBytes: number; open(): Promise<ReadableStream<Uint8Array>> };
  /**
   * For the whole exchange; by default 15 s for a GET, which usually takes less than one, and 30 s for everything else.
   */
  timeoutSeconds?: number;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  /** The body as JSON, with integers beyond 2^53 as strings of digits; undefined if it is not JSON. */
  json(): unknown;
}

export interface HttpClientOptions {
  /** Where test mode's requests go; absent in live mode. */
  sandboxUrl?: string | null;
  /**
   * Called right before the first byte is sent, once connected; throwing cancels the request. With it, a request uses a
   * new connection or one with a response of the last second, so that no commit is lost on one that the other side was
   * just closing.
   */
  beforeSend?: () => void;
  /** Told of every exchange, without secrets. Must not throw. */
  onExchange?: (exchange: HttpExchange) => void;
  /** Also allows http URLs, for servers of our own: the sandbox's control API. */
  allowHttp?: boolean;
  userAgent?: string;
  /** Aborts requests in progress. */
  signal?: AbortSignal;
  /** How a request is transmitted, if not over the network. */
  transmit?: Transmit;
}

/** What is stored of an exchange: no secrets, and truncated. */
export interface HttpExchange {
  method: HttpRequest["method"];
  url: string;
  requestExcerpt: string | null;
  startedAt: Date;
  durationMilliseconds: number;
  /** Null if there was no complete response; `failure` then says why. */
  status: number | null;
  answerExcerpt: string | null;
  failure: TransportFailure | null;
  /** False only if the platform certainly did not receive the request. */
  sent: boolean;
}

export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  return {
    async send(request) {
      const url = realUrl(request, options.allowHttp ?? false);
      const shownUrl = redactUrl(url);
      const secrets = secretsOf(request, url);
      const startedAt = new Date();
      const started = performance.now();
      const record = (outcome: Pick<HttpExchange, "status" | "answerExcerpt" | "failure" | "sent">): void =>
        options.onExchange?.({
          method: request.method,
          url: shownUrl,
          requestExcerpt: bodyExcerpt(request, secrets),
          startedAt,
          durationMilliseconds: Math.round(performance.now() - started),
          ...outcome,
        });
      try {
        const answer = await exchange(request, url, `${request.method} ${shownUrl}`, options);
        record({ status: answer.status, answerExcerpt: excerpt(answer.text, secrets), failure: null, sent: true });
        return answer;
      } catch (error) {
        if (error instanceof TransportError)
          record({ status: null, answerExcerpt: null, failure: error.failure, sent: error.sent });
        throw error;
      }
    },
  };
}

/** The same for the same request in every process and at any time: tokens and signatures are excluded. */
export function requestHash(request: HttpRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([request.method, redactUrl(realUrl(request)), canonicalBody(request)]))
    .digest("hex");
}

/** As many digits as the first integer that is not exact. */
const LONG_NUMBER = /\d{16}/;

/** JSON with exact integers beyond 2^53, as strings of digits; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    if (!LONG_NUMBER.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
      if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
      return /^-?\d+$/.test(context?.source ?? "") ? context?.source : value;
    });
  } catch {
    return undefined;
  }
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const READ_TIMEOUT_SECONDS = 15;
const EXCERPT_LENGTH = 2000;

async function exchange(request: HttpRequest, url: URL, name: string, options: HttpClientOptions): Promise<HttpAnswer> {
  const { body, headers } = await encodeBody(request, name);
  const answer = await (options.transmit ?? transmit)(
    {
      address: typeof options.sandboxUrl === "string" ? sandboxAddress(url, options.sandboxUrl) : url,
      method: request.method,
      headers: {
        "user-agent": options.userAgent ?? "Ampost",
        accept: "application/json",
        ...headers,
        ...request.headers,
      },
      body,
      timeoutSeconds:
        request.timeoutSeconds ?? (request.method === "GET" ? READ_TIMEOUT_SECONDS : DEFAULT_TIMEOUT_SECONDS),
      name,
    },
    options,
  );
  let read: { json: unknown } | undefined;
  return { ...answer, json: () => (read ??= { json: parseJson(answer.text) }).json };
}

/** Platforms are only called over https, whatever URL their responses contain. */
function realUrl(request: HttpRequest, allowHttp = true): URL {
  const url = URL.parse(request.url);
  if (url?.protocol !== "https:" && !(allowHttp && url?.protocol === "http:"))
    throw transportError(`${request.method} to an address that is not https`, "invalid_request", false);
  for (const [name, value] of parametersIn(request.query)) url.searchParams.set(name, value);
  return url;
}

/** Those that are sent. */
export function parametersIn(given: RequestParameters = {}): [name: string, value: string][] {
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function sandboxAddress(url: URL, sandboxUrl: string): URL {
  return new URL(`${sandboxUrl.replace(/\/$/, "")}/${url.host}${url.pathname}${url.search}`);
}

async function encodeBody(
  request: HttpRequest,
  name: string,
): Promise<{ body: string | Readable | null; headers: Record<string, string> }> {
  if (request.form !== undefined) {
    return {
      body: new URLSearchParams(parametersIn(request.form)).toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
  }
  if (request.json !== undefined)
    return { body: JSON.stringify(request.json), headers: { "content-type": "application/json" } };
  if (request.bytes === undefined) return { body: null, headers: {} };
  const headers = { "content-type": request.bytes.contentType, "content-length": String(request.bytes.sizeBytes) };
  try {
    return { body: Readable.fromWeb(await request.bytes.open()), headers };
  } catch (error) {
    throw transportError(name, "body_failed", false, error);
  }
}

function canonicalBody(request: HttpRequest): unknown {
  if (request.form !== undefined)
    return parametersIn(request.form)
      .filter(([name]) => !isSecretParameter(name))
      .sort(byName);
  if (request.json !== undefined) return sortMembers(request.json);
  return request.bytes === undefined ? null : [request.bytes.contentType, request.bytes.sizeBytes];
}

function bodyExcerpt(request: HttpRequest, secrets: readonly string[]): string | null {
  if (request.bytes !== undefined) return `${request.bytes.sizeBytes} bytes of ${request.bytes.contentType}`;
  if (request.json !== undefined) return excerpt(JSON.stringify(request.json), secrets);
  if (request.form === undefined) return null;
  const shown = parametersIn(request.form).map(([name, value]) => [name, isSecretParameter(name) ? REDACTED : value]);
  return excerpt(JSON.stringify(Object.fromEntries(shown)), secrets);
}

/** The secret values in this request, so that they are recognized when a response quotes them. */
function secretsOf(request: HttpRequest, url: URL): string[] {
  const parameters = [...url.searchParams, ...parametersIn(request.form)];
  const headers = Object.entries(request.headers ?? {}).map(
    ([name, value]) => [name, value.replace(/^(?:Bearer|OAuth)\s+/i, "")] as const,
  );
  return [...parameters, ...headers].filter(([name]) => isSecretParameter(name)).map(([, value]) => value);
}

function excerpt(text: string, secrets: readonly string[]): string {
  const clean = redact(text, secrets);
  return clean.length > EXCERPT_LENGTH ? `${cutText(clean, EXCERPT_LENGTH)}…` : cutText(clean, EXCERPT_LENGTH);
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(byName)
    .map(([name, member]) => [name, sortMembers(member)]);
}

function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
