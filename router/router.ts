import { randomInt } from "node:crypto";
import {
  Agent as HttpAgent,
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { type CellAddress, createFinder, type Finder, type Place } from "./cells.ts";
import {
  callerTeller,
  createStrangers,
  limitConnections,
  ROUTER_LIMITS,
  type RouterLimits,
  type TrustProxy,
} from "./strangers.ts";
import { cluesInBody, whoseIs } from "./whose.ts";

export interface RouterOptions {
  cells: readonly CellAddress[];
  /** The names of cells that get new tenants; one that is named twice gets twice as many. */
  newcomers: readonly string[];
  /** Shared with the cells. */
  secret: string;
  /** Without it, only one with a private address is a proxy. */
  trustProxy?: TrustProxy;
  onProblem: (problem: string) => void;
  limits?: RouterLimits;
}

/** Where browsers that are not signed in, and may have begun something, go on. */
const COOKIE = "ampost_cell";

/** What is in no one's cell: every cell is told. Each knows its own people and customers. */
const FOR_ALL = /^\/meta\/(?:deauthorize|data-deletion)\/|^\/api\/billing\/stripe-events/;

/** Forms are small. Whatever is larger is sent on as it arrives. */
const MOST_FORM_BYTES = 256 * 1024;

const HOP_BY_HOP = /^(?:connection|expect|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

/** One server in front of all cells. It stores nothing, so there can be any number of it. Not yet listening. */
export function createRouter(options: RouterOptions): Server {
  const { limits = ROUTER_LIMITS, trustProxy = false } = options;
  const callerOf = callerTeller(trustProxy);
  const finder = createFinder(options.cells, { ...options, strangers: createStrangers(limits) });
  const agents = { "http:": new HttpAgent(IDLE), "https:": new HttpsAgent(IDLE) };
  const server = createServer({ connectionsCheckingInterval: (limits.headSeconds * 1000) / 3 }, (request, response) => {
    request.url = originForm(request.url ?? "/");
    void route(options, finder, callerOf(request), request, response)
      .then(async (routed) => {
        if (routed === null) return;
        const { cells, body, cookie } = routed;
        for (const cell of cells.slice(1)) await told(agents, cell, request, body);
        await sendOn(agents, cells[0] ?? NOWHERE, request, response, body, cookie);
      })
      .catch((error: Error) => fail(response, options, error));
  });
  limitConnections(server, limits, trustProxy);
  // Uploads take as long as they take, and event streams do not end. Cells cut off what arrives too slowly.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 72_000;
  server.once("close", () => Object.values(agents).forEach((agent) => agent.destroy()));
  return server;
}

/** Shorter than cells keep idle connections, so that no request is sent on one that is being closed. */
const IDLE = { keepAlive: true, timeout: 60_000 };

const NOWHERE: CellAddress = { name: "", url: "http://localhost:9" };

interface Routed {
  cells: readonly CellAddress[];
  /** What has been read of the request. */
  body: Buffer | null;
  cookie: string | null;
}

/** Null if it was answered. */
async function route(
  options: RouterOptions,
  finder: Finder,
  network: string | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Routed | null> {
  const { method = "GET", url = "/", headers } = request;
  if (url === "/healthz") return answer(response, 200, { status: "ok" });
  if (isOfCells(url)) return answer(response, 404, { error: "Not found.", code: "NOT_FOUND" });
  const { formSeconds } = options.limits ?? ROUTER_LIMITS;
  if (method === "POST" && FOR_ALL.test(url)) {
    const body = await read(request, response, formSeconds);
    return body === null ? null : { cells: options.cells, body, cookie: null };
  }
  const whose = whoseIs(method, url, headers);
  let place: Place = "unknown";
  for (const clues of whose.clues) {
    place = await finder.find(clues, whose.isCredential, network);
    if (place !== "unknown") break;
  }
  let body: Buffer | null = null;
  if (place === "unknown" && whose.isInBody && isSmall(request)) {
    body = await read(request, response, formSeconds);
    if (body === null) return null;
    place = await finder.find(cluesInBody(body.toString()), false, network);
  }
  if (place === "moving") return unavailable(response, "This user is being moved to another server.");
  if (place === "away") return unavailable(response, "A part of the service is temporarily unavailable.");
  const begun = options.cells.find(({ name }) => name === cookieOf(headers.cookie ?? ""));
  // A browser that has come before needs no one to be asked. Its cell has limits of its own.
  if (place === "refused" && begun === undefined) return tooMany(response);
  const found = typeof place === "string" ? null : place.cell;
  const cell = found ?? begun ?? newcomer(options);
  const isBrowser = headers.accept?.includes("text/html") === true || headers.cookie !== undefined;
  const isSecure = headers["x-forwarded-proto"] === "https" ? "; Secure" : "";
  const cookie =
    isBrowser && begun !== cell
      ? `${COOKIE}=${cell.name}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax${isSecure}`
      : null;
  return { cells: [cell], body, cookie };
}

function newcomer({ cells, newcomers }: RouterOptions): CellAddress {
  const name = newcomers[randomInt(Math.max(newcomers.length, 1))];
  return cells.find((cell) => cell.name === name) ?? cells[0] ?? NOWHERE;
}

function cookieOf(cookies: string): string | undefined {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]+)`).exec(cookies)?.[1];
}

function isSmall({ headers }: IncomingMessage): boolean {
  return Number(headers["content-length"] ?? Infinity) <= MOST_FORM_BYTES;
}

/** Null if it was answered. */
async function read(request: IncomingMessage, response: ServerResponse, seconds: number): Promise<Buffer | null> {
  const refuse = (status: number, error: string, code: string) =>
    answer(response.setHeader("connection", "close"), status, { error, code });
  if (!isSmall(request)) return refuse(413, "The form is too large.", "PAYLOAD_TOO_LARGE");
  const isRead = new AbortController();
  const late = sleep(seconds * 1000, null, { signal: isRead.signal }).catch(() => null);
  try {
    const body = await Promise.race([buffer(request), late]);
    return body ?? refuse(408, "The request took too long to arrive.", "VALIDATION_FAILED");
  } finally {
    isRead.abort();
  }
}

/** What only routers may ask cells, however it is written. */
function isOfCells(url: string): boolean {
  const path = url.split(/[?#]/, 1)[0] ?? "";
  try {
    return decodeURIComponent(path).startsWith("/cell/");
  } catch {
    return false;
  }
}

/** The path and query of a request line, which can have a complete URL (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, "");
  return path.startsWith("/") ? path : `/${path}`;
}

type Agents = { "http:": HttpAgent; "https:": HttpsAgent };

/** Sends the request on as it arrives, and the response. */
async function sendOn(
  agents: Agents,
  cell: CellAddress,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | null,
  cookie: string | null,
): Promise<void> {
  const outgoing = open(agents, cell, request, body);
  response.once("close", () => outgoing.destroy());
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once("response", answered.resolve).once("error", answered.reject);
  // A cell may answer before it has read everything, such as what is too large.
  if (body === null) void pipeline(request, outgoing).catch(answered.reject);
  else outgoing.end(body);
  const incoming = await answered.promise;
  const headers = passed(incoming.rawHeaders);
  if (cookie !== null) headers.push("set-cookie", cookie);
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers);
  await pipeline(incoming, response);
}

/** One that does not answer makes the whole request fail, so that it is sent again. */
async function told(agents: Agents, cell: CellAddress, request: IncomingMessage, body: Buffer | null): Promise<void> {
  const outgoing = open(agents, cell, request, body).end(body);
  await new Promise<void>((resolve, reject) => {
    outgoing.once("error", reject).once("response", (incoming) => {
      incoming.resume().once("end", resolve);
    });
  });
}

function open(agents: Agents, { url }: CellAddress, request: IncomingMessage, body: Buffer | null) {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === "https:";
  const address = request.socket.remoteAddress ?? "";
  const before = request.headers["x-forwarded-for"];
  const headers = passed(request.rawHeaders, "x-forwarded-for");
  headers.push("X-Forwarded-For", before === undefined ? address : `${String(before)}, ${address}`);
  if (body === null && request.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  return (isSecure ? requestHttps : requestHttp)({
    hostname,
    port,
    path: request.url,
    method: request.method,
    headers,
    setHost: false,
    agent: agents[isSecure ? "https:" : "http:"],
  });
}

/** The headers that are for the other end, as they were sent. */
function passed(raw: readonly string[], omitted = ""): string[] {
  const headers: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!HOP_BY_HOP.test(name) && name.toLowerCase() !== omitted) headers.push(name, raw[at + 1] ?? "");
  }
  return headers;
}

function tooMany(response: ServerResponse): null {
  response.setHeader("retry-after", "60");
  const error = "Too many requests from your address had no valid key, session or link.";
  return answer(response, 429, { error, code: "RATE_LIMITED" });
}

function unavailable(response: ServerResponse, error: string): null {
  response.setHeader("retry-after", "2");
  return answer(response, 503, { error, code: "UNAVAILABLE" });
}

function answer(response: ServerResponse, status: number, body: object): null {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
  return null;
}

/** The cell is away, or the caller is gone. What has begun cannot be taken back. */
function fail(response: ServerResponse, { onProblem }: RouterOptions, error: Error): void {
  if (response.destroyed) return;
  onProblem(`A request could not be sent on: ${error.message}`);
  if (response.headersSent) response.destroy();
  else unavailable(response, "A part of the service is temporarily unavailable.");
}
