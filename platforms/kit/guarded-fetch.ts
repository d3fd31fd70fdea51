import { lookup } from "node:dns";
import type { LookupAddress, LookupOptions } from "node:dns";
import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import type { Readable } from "node:stream";

import type { Agent, buildConnector } from "undici";

import { type AllowPrivate, isAllowedAddress, isLoopbackHost, isRefusedPort } from "./addresses.ts";
import { ADDRESS_MILLISECONDS, loadUndici } from "./undici.ts";

export interface GuardedFetchOptions {
  method?: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** Allows loopback addresses, or all private ones: for development. */
  allowPrivate: AllowPrivate;
  /**
   * URLs with this prefix (which ends in a slash) are the operator's own: they are allowed wherever the host leads,
   * without following redirects.
   */
  ownUrl?: string;
  /** More bytes than these are not read. */
  maxBytes: number;
  /**
   * Accepts a response with a larger or compressed body: only its status counts, and at most the beginning of the body
   * is read.
   */
  anyBody?: boolean;
  /** Maximum redirects, each checked like the first URL. With 0, a redirect is a response like any other. */
  maxRedirects?: number;
  /** For the whole exchange, the body included. */
  totalSeconds: number;
  /** For each of: connecting, the response headers, and any pause in the body. */
  pauseSeconds?: number;
  /** After this long, a body must arrive at this rate, or it is aborted: a slow drip must not occupy a place. */
  leastRate?: { bytesPerSecond: number; afterSeconds: number };
  signal?: AbortSignal;
  /** How names are resolved; by default by the name servers alone unless private addresses are allowed. */
  resolve?: Resolve;
}

export type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

export interface GuardedAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The URL that responded, after redirects. */
  url: string;
  /**
   * Rejects with a GuardedFetchError. Either read it (to its end or until a `for await` is left), or call `discard`.
   */
  body: AsyncIterable<Uint8Array>;
  discard(): void;
}

export type GuardedFailure =
  | "bad_url"
  | "refused_address"
  | "redirects"
  | "too_large"
  | "encoded"
  | "timeout"
  | "unreachable";

/**
 * `message` is a sentence for the user who provided the URL; it reveals nothing about what is behind a forbidden
 * address.
 */
export class GuardedFetchError extends Error {
  readonly failure: GuardedFailure;

  constructor(failure: GuardedFailure, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "GuardedFetchError";
    this.failure = failure;
  }

  /** Whether asking again can only bring the same. */
  get final(): boolean {
    return (
      this.failure === "bad_url" ||
      this.failure === "refused_address" ||
      this.failure === "too_large" ||
      this.failure === "encoded"
    );
  }
}

/**
 * The only way to request user-provided URLs, for the server and the sandbox. Only http and https, without credentials
 * in the URL, on port 80, 443 or above 1023, to public addresses. The checked address is the one connected to, on every
 * redirect, so changing a name's address in between has no effect. Bodies are never decompressed.
 */
export async function guardedFetch(address: string, options: GuardedFetchOptions): Promise<GuardedAnswer> {
  const { Agent, buildConnector } = await loadUndici();
  const pause = (options.pauseSeconds ?? 15) * 1000;
  const deadline = AbortSignal.timeout(options.totalSeconds * 1000);
  const isOwn = options.ownUrl !== undefined && URL.parse(address)?.href.startsWith(options.ownUrl) === true;
  const patience = { timeout: pause, autoSelectFamilyAttemptTimeout: ADDRESS_MILLISECONDS };
  const connect = isOwn
    ? patience
    : guardedConnector(buildConnector({ ...patience, lookup: guardedLookup(options) }), options);
  const agent = new Agent({ connect, headersTimeout: pause, bodyTimeout: pause, pipelining: 1 });
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  try {
    return await follow(
      isOwn ? new URL(address) : checkUrl(address, options.allowPrivate),
      isOwn ? { ...options, maxRedirects: 0 } : options,
      agent,
      signal,
    );
  } catch (error) {
    void agent.destroy();
    throw explain(error, options);
  }
}

async function follow(
  first: URL,
  options: GuardedFetchOptions,
  agent: Agent,
  signal: AbortSignal,
): Promise<GuardedAnswer> {
  const { method = "GET", maxRedirects = 5 } = options;
  let url = first;
  for (let redirects = 0; ; redirects += 1) {
    const { request } = await loadUndici();
    const { statusCode, headers, body } = await request(url, {
      method,
      headers: { "user-agent": "Ampost", accept: "*/*", "accept-encoding": "identity", ...options.headers },
      body: options.body ?? null,
      dispatcher: agent,
      signal,
    });
    const location = REDIRECTS.has(statusCode) ? headers.location : undefined;
    if (typeof location !== "string" || maxRedirects === 0) {
      if (options.anyBody !== true) checkHead(headers, options, body);
      return {
        status: statusCode,
        headers,
        url: url.href,
        body: readBody(body, agent, options),
        discard: () => letGo(body, agent),
      };
    }
    body.on("error", () => {}).destroy();
    if (redirects === maxRedirects)
      throw new GuardedFetchError("redirects", `The URL redirects more than ${maxRedirects} times.`);
    url = checkUrl(location, options.allowPrivate, url);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function checkUrl(address: string, allowPrivate: AllowPrivate, base?: URL): URL {
  const url = URL.parse(address, base?.href);
  if (url === null) throw new GuardedFetchError("bad_url", "The URL is invalid.");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new GuardedFetchError("bad_url", "The URL must begin with https:// or http://.");
  if (url.username !== "" || url.password !== "")
    throw new GuardedFetchError("bad_url", "The URL must not contain a user name or password.");
  if (isRefusedPort(url, allowPrivate)) throw refusedAddress();
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isLocalName = isIP(host) === 0 && allowPrivate === false && isLoopbackHost(host);
  if (isLocalName || (isIP(host) !== 0 && !isAllowedAddress(host, allowPrivate))) throw refusedAddress();
  return url;
}

/** Connects only to allowed addresses: checked when the name is resolved, and again on the socket. */
function guardedConnector(
  connect: buildConnector.connector,
  { allowPrivate }: GuardedFetchOptions,
): buildConnector.connector {
  return (target, callback) => {
    connect(target, (error, socket) => {
      if (error !== null) return callback(error, null);
      if (socket.remoteAddress === undefined || !isAllowedAddress(socket.remoteAddress, allowPrivate)) {
        socket.destroy();
        return callback(refusedAddress(), null);
      }
      callback(null, socket);
    });
  };
}

/** A name with even one forbidden address is rejected entirely. */
function guardedLookup(options: GuardedFetchOptions): LookupFunction {
  const { allowPrivate, resolve = allowPrivate === false ? askNameServers : lookup } = options;
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isAllowedAddress(address, allowPrivate)))
        return callback(refusedAddress(), "");
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

const NAME_SECONDS = 5;
const NAME_SECONDS_OF_LOOK = 1;

/**
 * The addresses of a name that a user has chosen. The machine's own lookup would also know /etc/hosts, but it takes one
 * of two threads until it has given up, and the platforms' names need these threads, too.
 */
const askNameServers: Resolve = (hostname, _options, callback) => {
  void resolveName(hostname, NAME_SECONDS, 2).then((found) => {
    const addresses = found.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
    if (addresses.length > 0)
      return callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );
    const isUnknown = found.every((each) => each.status === "rejected" && UNKNOWN_NAMES.has(Object(each.reason).code));
    const code = isUnknown ? "ENOTFOUND" : "EAI_AGAIN";
    callback(Object.assign(new Error(`${code} ${hostname}`), { code }), []);
  });
};

/** What a name server says of a name that has no address. */
const UNKNOWN_NAMES: ReadonlySet<unknown> = new Set(["ENOTFOUND", "ENODATA"]);

/** The addresses of a host name, as far as the name servers tell within a second. No connection is made to them. */
export async function addressesOf(hostname: string): Promise<string[]> {
  const found = await resolveName(hostname, NAME_SECONDS_OF_LOOK, 1);
  return found.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
}

/** IPv4 before IPv6: of those, a machine always has the first, and a connection tries all of them. */
async function resolveName(
  hostname: string,
  seconds: number,
  tries: number,
): Promise<PromiseSettledResult<string[]>[]> {
  const resolver = new Resolver({ tries });
  const timer = setTimeout(() => resolver.cancel(), seconds * 1000);
  try {
    return await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  } finally {
    clearTimeout(timer);
  }
}

function refusedAddress(): GuardedFetchError {
  return new GuardedFetchError("refused_address", "The URL leads to an address that is not public.");
}

function checkHead(headers: GuardedAnswer["headers"], options: GuardedFetchOptions, body: Readable): void {
  const encoding = headers["content-encoding"];
  const refusal =
    Number(headers["content-length"] ?? 0) > options.maxBytes
      ? tooLarge(options)
      : encoding !== undefined && encoding !== "identity"
        ? new GuardedFetchError("encoded", "The URL returned compressed data although the request did not allow it.")
        : null;
  if (refusal === null) return;
  body.on("error", () => {}).destroy();
  throw refusal;
}

async function* readBody(body: Readable, agent: Agent, options: GuardedFetchOptions): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  let waitedMs = 0;
  let askedAt = performance.now();
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) throw new Error("undici gave something other than bytes");
      sizeBytes += chunk.byteLength;
      if (sizeBytes > options.maxBytes) throw tooLarge(options);
      // The time we take to process a chunk does not count as the sender's slowness.
      waitedMs += performance.now() - askedAt;
      if (isDrip(sizeBytes, waitedMs / 1000, options))
        throw new GuardedFetchError("timeout", "The URL responds too slowly.");
      yield chunk;
      askedAt = performance.now();
    }
  } catch (error) {
    throw explain(error, options);
  } finally {
    letGo(body, agent);
  }
}

function isDrip(sizeBytes: number, seconds: number, { leastRate }: GuardedFetchOptions): boolean {
  return leastRate !== undefined && seconds > leastRate.afterSeconds && sizeBytes < leastRate.bytesPerSecond * seconds;
}

function letGo(body: Readable, agent: Agent): void {
  body.on("error", () => {}).destroy();
  void agent.destroy();
}

function tooLarge(options: GuardedFetchOptions): GuardedFetchError {
  return new GuardedFetchError("too_large", `The URL returned more than ${options.maxBytes} bytes.`);
}

function explain(error: unknown, options: GuardedFetchOptions): unknown {
  if (error instanceof GuardedFetchError) return error;
  if (options.signal?.aborted === true) return options.signal.reason;
  if (isTimeout(error)) return new GuardedFetchError("timeout", "The URL did not respond in time.", { cause: error });
  const why = nameCause(error);
  const message = why === null ? "The URL could not be fetched." : `The URL could not be fetched: ${why}.`;
  return new GuardedFetchError("unreachable", message, { cause: error });
}

function isTimeout(error: unknown): boolean {
  if (error instanceof Error && "code" in error && TIMEOUTS.has(error.code)) return true;
  return error instanceof DOMException && error.name === "TimeoutError";
}

const TIMEOUTS: ReadonlySet<unknown> = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

function nameCause(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const isOfCertificate = code.includes("CERT") || code.startsWith("ERR_TLS");
  return CAUSES.get(code) ?? (isOfCertificate ? "its certificate is invalid" : null);
}

const CAUSES: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "its host name does not exist"],
  ["EAI_AGAIN", "its host name could not be resolved"],
  ["ECONNREFUSED", "the connection was refused"],
  ["ECONNRESET", "the connection was closed"],
  ["UND_ERR_SOCKET", "the connection was closed"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "it sent fewer bytes than it declared"],
]);
