import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance, FastifyRequest } from "fastify";

import type { PublicCode } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { maxHeaderSize, STATUS_CODES } from "../../model/node-http.ts";
import { networkOf } from "../auth/throttle.ts";
import { sendUnlimited } from "../calls/call-meter.ts";
import { type Documented, errorBody, refuseRequest } from "../calls/refusals.ts";
import { isPublic } from "./strangers.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route's whole body is a file, whatever its type. */
    takesFile?: boolean;
  }
}

/** How long a server waits for a request to arrive. */
export interface Patience {
  /** For a whole head. */
  headSeconds: number;
  /** For a whole body, unless it carries media. */
  bodySeconds: number;
  /** Media must arrive with at least this many bytes in each such period. */
  mediaSeconds: number;
  mediaBytes: number;
  /** Maximum number of connections, and of those from one public address. */
  connections: number;
  connectionsOfAddress: number;
}

export const PATIENCE: Patience = {
  headSeconds: 15,
  bodySeconds: 30,
  mediaSeconds: 30,
  mediaBytes: 64 * 1024,
  connections: 10_000,
  connectionsOfAddress: 1_000,
};

/** Options of Node's server that must be set when it is created: headers must arrive soon. */
export function headPatience({ headSeconds }: Patience) {
  return { headersTimeout: headSeconds * 1000, connectionsCheckingInterval: (headSeconds * 1000) / 3 };
}

/**
 * Drops connections that send almost nothing, and rejects connections beyond the maximum. Behind a proxy, all come from
 * its address, which then has no maximum of its own.
 */
export function limitArrival(
  app: FastifyInstance,
  patience: Patience,
  settings: Documented,
  { isBehindProxy = false } = {},
): void {
  let open = 0;
  const openFrom = new Map<string, number>();
  app.server.on("connection", (socket) => {
    const { remoteAddress: address = "" } = socket;
    const from = isBehindProxy || !isPublic(address) ? null : networkOf(address);
    const openHere = from === null ? 0 : (openFrom.get(from) ?? 0) + 1;
    open += 1;
    if (from !== null) openFrom.set(from, openHere);
    socket.once("close", () => {
      open -= 1;
      if (from === null) return;
      const left = (openFrom.get(from) ?? 1) - 1;
      if (left === 0) openFrom.delete(from);
      else openFrom.set(from, left);
    });
    if (open > patience.connections || openHere > patience.connectionsOfAddress)
      answerSocket(settings, socket, REFUSALS.full);
  });
  app.addHook("onRequest", (request, _reply, done) => {
    if (hasBody(request.raw)) watchArrival(request, patience, settings);
    done();
  });
}

function watchArrival(
  { raw: request, routeOptions }: FastifyRequest,
  { bodySeconds, mediaSeconds, mediaBytes }: Patience,
  settings: Documented,
): void {
  const { socket } = request;
  // Requests from pages within this process have no connection.
  if (!("complete" in request)) return;
  const isMedia =
    routeOptions.config.takesFile === true ||
    /^(multipart\/form-data|application\/offset\+octet-stream)/i.test(request.headers["content-type"] ?? "");
  let before = socket.bytesRead;
  const timer = setInterval(
    () => {
      if (request.complete) return clearInterval(timer);
      const came = socket.bytesRead - before;
      before = socket.bytesRead;
      // If we stop reading because the storage is slow, the client is not at fault.
      if (isMedia && (came >= mediaBytes || request.readableLength >= request.readableHighWaterMark)) return;
      clearInterval(timer);
      answerSocket(settings, socket, REFUSALS.late, request.url);
    },
    (isMedia ? mediaSeconds : bodySeconds) * 1000,
  );
  timer.unref();
  request.once("close", () => clearInterval(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** For anything that is not valid HTTP: the socket gets an error in the standard format. */
export function refuseConnection(settings: Documented, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET") return void socket.destroy();
  answerSocket(
    settings,
    socket,
    error.code === "HPE_HEADER_OVERFLOW"
      ? REFUSALS.tooLarge
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? REFUSALS.late
        : REFUSALS.unreadable,
  );
}

interface SocketRefusal {
  status: number;
  message: string;
  fix: string;
  code?: PublicCode;
  retryAfter?: number;
}

const REFUSALS = {
  unreadable: { status: 400, message: "The request is not valid HTTP", fix: "Use an HTTP library." },
  tooLarge: {
    status: 431,
    message: `The request's headers are larger than ${maxHeaderSize} bytes`,
    fix: "Send shorter headers and a shorter URL.",
  },
  late: { status: 408, message: "The request took too long to arrive", fix: "Send it again." },
  full: {
    status: 503,
    retryAfter: 5,
    message: "The server has reached its connection limit",
    fix: "Try again shortly, and close connections you do not need.",
    code: "UNAVAILABLE",
  },
} as const satisfies Record<string, SocketRefusal>;

/** Sends the error on the raw connection, in the standard format, and ends it. */
function answerSocket(settings: Documented, socket: Socket, refusal: SocketRefusal, url = ""): void {
  const { status, message, fix, code, retryAfter } = refusal;
  if (!socket.writable) return void socket.destroy();
  const requestId = newId();
  const body = JSON.stringify(errorBody(settings, refuseRequest("request.http", message, fix, code), requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
  ];
  if (showsRates(url)) sendUnlimited({ header: (name, value) => head.push(`${name}: ${value}`) });
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Clients that do not disconnect are disconnected.
  setTimeout(() => socket.destroy(), 1_000).unref();
}

/** Whether every answer at this URL shows the state of a rate limit. */
export function showsRates(url: string): boolean {
  return /^\/(api\/v1|mcp)(?=[/?]|$)/.test(url);
}
