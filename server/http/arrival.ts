import { type IncomingMessage, maxHeaderSize, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { FastifyInstance } from "fastify";

import type { PublicCode } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { errorBody, refuseRequest } from "../calls/refusals.ts";

/** How patiently a server waits for what is sent to it. */
export interface Patience {
  /** For a whole head. */
  headSeconds: number;
  /** For a whole body, unless it carries media. */
  bodySeconds: number;
  /** Of media at least so many bytes have to come in any such while. */
  mediaSeconds: number;
  mediaBytes: number;
  /** How many connections there may be at once. */
  connections: number;
}

export const PATIENCE: Patience = {
  headSeconds: 15,
  bodySeconds: 30,
  mediaSeconds: 30,
  mediaBytes: 64 * 1024,
  connections: 10_000,
};

/** What of it Node's server has to be told when it is made. */
export function headPatience({ headSeconds }: Patience) {
  return { headersTimeout: headSeconds * 1000, connectionsCheckingInterval: (headSeconds * 1000) / 3 };
}

/** Cuts callers off who hold a connection and send next to nothing, and refuses connections beyond the most. */
export function limitArrival(app: FastifyInstance, patience: Patience): void {
  let open = 0;
  app.server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
    if (open > patience.connections) answerSocket(socket, REFUSALS.full);
  });
  app.addHook("onRequest", (request, _reply, done) => {
    if (hasBody(request.raw)) watchArrival(request.raw, patience);
    done();
  });
}

function watchArrival(request: IncomingMessage, { bodySeconds, mediaSeconds, mediaBytes }: Patience): void {
  const { socket } = request;
  // What a page calls in this process comes over no connection.
  if (!("complete" in request)) return;
  const isMedia = /^(multipart\/form-data|application\/offset\+octet-stream)/i.test(
    request.headers["content-type"] ?? "",
  );
  let before = socket.bytesRead;
  const timer = setInterval(
    () => {
      if (request.complete) return clearInterval(timer);
      const came = socket.bytesRead - before;
      before = socket.bytesRead;
      // Where we take no more because the storage is slow, it is not the caller who is.
      if (isMedia && (came >= mediaBytes || request.readableLength >= request.readableHighWaterMark)) return;
      clearInterval(timer);
      answerSocket(socket, REFUSALS.late);
    },
    (isMedia ? mediaSeconds : bodySeconds) * 1000,
  );
  timer.unref();
  request.once("close", () => clearInterval(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

/** What cannot be read as HTTP at all: the socket gets an answer of the same shape. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET") return void socket.destroy();
  answerSocket(
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
    message: "The server has reached its connection limit",
    fix: "Try again shortly, and close connections you do not need.",
    code: "UNAVAILABLE",
  },
} as const satisfies Record<string, SocketRefusal>;

/** Says it on the bare connection, in the shape of every refusal, and ends that. */
function answerSocket(socket: Socket, { status, message, fix, code }: SocketRefusal): void {
  if (!socket.writable) return void socket.destroy();
  const requestId = newId();
  const body = JSON.stringify(errorBody(refuseRequest("request.http", message, fix, code), requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  // Whoever does not hang up is hung up on.
  setTimeout(() => socket.destroy(), 1_000).unref();
}
