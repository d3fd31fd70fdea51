import { Readable } from "node:stream";

import type { Agent, Dispatcher } from "undici";

import { ADDRESS_MILLISECONDS, loadUndici } from "./undici.ts";

export type TransportFailure =
  /** Before a connection existed, or before a byte went out. */
  | "invalid_request"
  | "forbidden"
  | "name_resolution"
  | "refused"
  | "unreachable"
  | "connect_timeout"
  | "tls"
  | "connect_failed"
  /** After bytes may have been sent. */
  | "timeout"
  | "reset"
  | "cut"
  | "answer_too_large"
  | "malformed_answer"
  /** Either. */
  | "body_failed"
  | "aborted";

/**
 * There was no complete response. `sent: false` proves that the platform did not receive the request; `true` proves
 * nothing.
 */
export class TransportError extends Error {
  readonly sent: boolean;
  readonly failure: TransportFailure;

  constructor(message: string, options: { sent: boolean; failure: TransportFailure; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "TransportError";
    this.sent = options.sent;
    this.failure = options.failure;
  }
}

/** A request as it goes over the wire. */
export interface WireRequest {
  address: URL;
  method: Dispatcher.HttpMethod;
  headers: Record<string, string>;
  body: string | Readable | null;
  timeoutSeconds: number;
  /** How errors name the request; without secrets. */
  name: string;
}

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/**
 * Sends the request exactly once. One that `beforeSend` guards gets a new connection, or one whose last response came
 * within a second. Throws TransportErrors.
 */
export type Transmit = (
  request: WireRequest,
  guards: { beforeSend?: () => void; signal?: AbortSignal },
) => Promise<WireAnswer>;

export const transmit: Transmit = async (request, guards) => {
  const undici = await loadUndici();
  shared ??= new undici.Agent({ ...CONNECTION, connections: 64 });
  guarded ??= new undici.Agent({ ...CONNECTION, ...FRESH });
  try {
    return await dispatch(guards.beforeSend === undefined ? shared : guarded, request, guards);
  } finally {
    if (request.body instanceof Readable) request.body.destroy();
  }
};

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/**
 * HTTP/1.1 only: HTTP/2 clients send a refused stream again by themselves. Idle connections end well before servers
 * close them.
 */
const CONNECTION = {
  allowH2: false,
  pipelining: 1,
  connectTimeout: CONNECT_TIMEOUT_MILLISECONDS,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: ADDRESS_MILLISECONDS,
  keepAliveTimeout: 2_000,
  keepAliveMaxTimeout: 2_000,
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

/** No server closes a connection as soon as this for being idle. */
const FRESH = { keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000 } as const;

let shared: Agent | undefined;
let guarded: Agent | undefined;

/**
 * The library calls `onRequestStart` when a connection is there and before the first byte: what fails before it was
 * certainly not sent. A second call of it would be a second request on the wire, and is refused.
 */
function dispatch(
  dispatcher: Dispatcher,
  request: WireRequest,
  { beforeSend, signal }: { beforeSend?: () => void; signal?: AbortSignal },
): Promise<WireAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<WireAnswer>();
  let state: "waiting" | "sent" | "over" = "waiting";
  let controller: Dispatcher.DispatchController | null = null;
  let status = 0;
  let headers: Record<string, string> = {};
  const chunks: Buffer[] = [];
  let receivedBytes = 0;

  const finish = (act: () => void): void => {
    if (state === "over") return;
    state = "over";
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    act();
  };
  const fail = (failure: TransportFailure, cause?: unknown): void => {
    const sent = state === "sent";
    finish(() => reject(transportError(request.name, failure, sent, cause)));
    controller?.abort(new Error(failure));
  };
  const onAbort = (): void => fail("aborted", signal?.reason);
  const timer = setTimeout(() => fail(state === "sent" ? "timeout" : "connect_timeout"), request.timeoutSeconds * 1000);
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) {
    onAbort();
    return promise;
  }

  const { origin, pathname, search } = request.address;
  dispatcher.dispatch(
    { origin, path: pathname + search, method: request.method, headers: request.headers, body: request.body },
    {
      onRequestStart(started) {
        controller = started;
        if (state !== "waiting") {
          fail("reset");
          throw new Error("refused to send a request twice, or after its time");
        }
        try {
          beforeSend?.();
        } catch (error) {
          fail("forbidden", error);
          throw error;
        }
        state = "sent";
      },
      onResponseStart(_controller, statusCode, answered) {
        status = statusCode;
        headers = flatten(answered);
      },
      onResponseData(_controller, chunk) {
        receivedBytes += chunk.length;
        if (receivedBytes > MAX_ANSWER_BYTES) fail("answer_too_large");
        else chunks.push(chunk);
      },
      onResponseEnd() {
        finish(() => resolve({ status, headers, text: Buffer.concat(chunks).toString("utf8") }));
      },
      onResponseError(_controller, error) {
        if (request.body instanceof Readable && request.body.errored !== null) fail("body_failed", error);
        else fail(state === "sent" ? failureAfterSending(error) : failureBeforeSending(error), error);
      },
    },
  );
  return promise;
}

export function transportError(
  name: string,
  failure: TransportFailure,
  sent: boolean,
  cause?: unknown,
): TransportError {
  return new TransportError(`${name}: ${failure.replaceAll("_", " ")}`, { sent, failure, cause });
}

function failureBeforeSending(error: Error): TransportFailure {
  const code = errorCode(error);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "name_resolution";
  if (code === "ECONNREFUSED") return "refused";
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return "connect_timeout";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH") return "unreachable";
  if (code === "UND_ERR_INVALID_ARG") return "invalid_request";
  return /TLS|SSL|CERT|SIGNATURE|EPROTO/.test(code) ? "tls" : "connect_failed";
}

function failureAfterSending(error: Error): TransportFailure {
  const code = errorCode(error);
  if (error.name === "HTTPParserError" || code === "UND_ERR_HEADERS_OVERFLOW") return "malformed_answer";
  if (code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH") return "body_failed";
  return code === "UND_ERR_SOCKET" || code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" ? "cut" : "reset";
}

function errorCode(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

function flatten(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name.toLowerCase()] = String(value);
  return flat;
}
