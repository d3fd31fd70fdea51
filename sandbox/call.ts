import { rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

import { bodyForLog, BodyTooLarge, readBody, spooledPaths, type Body } from "./body.ts";
import { behaviourOf, type Faults, type Strike } from "./faults.ts";
import {
  jsonAnswer,
  type Call,
  type FaultKind,
  type Outcome,
  type PlatformAnswer,
  type SandboxPlatform,
} from "./platform.ts";
import type { Requests } from "./requests.ts";
import { decode, paramsOf, withoutVersion, type RouteMatch, type Routes } from "./routes.ts";
import type { World } from "./world.ts";

export interface CallContext {
  world: World;
  routes: Routes;
  requests: Requests;
  faults: Faults;
  spoolDir: string;
  /** Called with the sandbox's own errors. */
  log(message: string, error?: unknown): void;
}

/** How a response reaches the client, if at all. */
interface Delivery {
  answer: PlatformAnswer;
  how: "send" | "never" | "cut" | "half";
  delayMs: number;
}

/** Handles a call to a platform's host: reads it, logs it, applies the matching fault, and runs its route. */
export async function answerCall(
  context: CallContext,
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  url: URL,
): Promise<void> {
  let body: Body;
  try {
    const raw = context.routes.match(request.method ?? "GET", host, pathOf(url)).some(({ route }) => route.rawBody);
    body = await readBody(request, context.spoolDir, { raw });
  } catch (error) {
    if (error instanceof BodyTooLarge)
      send(
        response,
        jsonAnswer({ error: "The body is too large." }, { status: 413, headers: { connection: "close" } }),
      );
    else request.socket.destroy();
    return;
  }
  try {
    await deliver(await perform(context, request, host, url, body), request, response);
  } finally {
    for (const path of spooledPaths(body)) await rm(path, { force: true });
  }
}

export function send(response: ServerResponse, answer: PlatformAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/** At most two transactions: a call's effects are committed before its response is sent, or not at all. */
async function perform(
  context: CallContext,
  request: IncomingMessage,
  host: string,
  url: URL,
  body: Body,
): Promise<Delivery> {
  const { store } = context.world;
  const settled = (begun: Begun, outcome: PlatformAnswer | "cut"): Delivery => {
    const delivery = settle(begun, outcome);
    if (delivery.how === "send" || delivery.how === "half")
      context.requests.setStatus(begun.call.number, delivery.answer.status);
    return delivery;
  };
  try {
    const first = store.transaction((): { begun: Begun; later: Promise<() => PlatformAnswer> } | Delivery => {
      const begun = begin(context, request, host, url, body);
      return begun.outcome instanceof Promise ? { begun, later: begun.outcome } : settled(begun, begun.outcome);
    });
    if (!("later" in first)) return first;
    const finish = await first.later;
    return store.transaction(() => settled(first.begun, finish()));
  } catch (error) {
    context.log(`${request.method} ${host}${url.pathname} failed`, error);
    return {
      answer: jsonAnswer({ error: "The sandbox itself failed; its log says why." }, { status: 500 }),
      how: "send",
      delayMs: 0,
    };
  }
}

interface Begun {
  call: Call;
  strike: Strike | undefined;
  outcome: Outcome | "cut";
}

function begin(context: CallContext, request: IncomingMessage, host: string, url: URL, body: Body): Begun {
  const { world, requests, faults } = context;
  const path = pathOf(url);
  const matches = context.routes.match(request.method ?? "GET", host, path);
  const now = world.clock.now();
  const draft = (match: RouteMatch | undefined, platform: SandboxPlatform): Call =>
    toCall(world, platform, match, { request, host, path, url, body, now });
  const { match, call } = choose(context, matches, host, draft);

  call.number = requests.add({
    at: now,
    platform: call.platform.name,
    operation: match ? call.operation : null,
    method: call.method,
    url: call.url,
    headers: call.headers,
    body: bodyForLog(body),
  });
  if (!match) {
    const message = `The sandbox knows no ${call.method} ${path} on ${host}.`;
    return {
      call,
      strike: undefined,
      outcome: jsonAnswer({ error: { message, type: "SandboxUnknownPath" } }, { status: 404 }),
    };
  }
  const post = match.route.post?.(call);
  if (call.operation === "publish" && post?.handle) world.ledger.countPublishCall(call.platform.name, post.handle);
  const strike = faults.take(call, post);
  return { call, strike, outcome: run(call, match, strike) };
}

/** Without host and version. */
export function pathOf(url: URL): string {
  return withoutVersion(url.pathname.slice(url.pathname.indexOf("/", 1)));
}

function choose(
  context: CallContext,
  matches: RouteMatch[],
  host: string,
  draft: (match: RouteMatch | undefined, platform: SandboxPlatform) => Call,
): { match: RouteMatch | undefined; call: Call } {
  const shared = new Set(matches.map((match) => match.platform)).size > 1;
  for (const match of matches) {
    const call = draft(match, match.platform);
    if (!shared || match.platform.claims?.(call) !== false) return { match, call };
  }
  const platform = matches[0]?.platform ?? context.routes.platformOf(host);
  if (!platform) throw new Error(`no platform has ${host}`);
  return { match: undefined, call: draft(undefined, platform) };
}

function toCall(
  world: World,
  platform: SandboxPlatform,
  match: RouteMatch | undefined,
  got: { request: IncomingMessage; host: string; path: string; url: URL; body: Body; now: number },
): Call {
  const headers = Object.fromEntries(
    Object.entries(got.request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const query = got.url.searchParams;
  const params = paramsOf(query, got.body);
  const call: Call = {
    world,
    platform,
    number: 0,
    now: got.now,
    method: got.request.method ?? "GET",
    host: got.host,
    url: `https:/${got.url.pathname}${got.url.search}`,
    path: got.path,
    segments: match?.segments ?? {},
    query,
    headers,
    body: got.body,
    params,
    accessToken: tokenIn(headers["authorization"] ?? "") ?? params["access_token"] ?? null,
    operation: "read",
    behaviour: null,
  };
  const operation = match?.route.operation ?? "read";
  call.operation = typeof operation === "function" ? operation(call) : operation;
  return call;
}

/** Sent along, or the `oauth_token` of a call that is signed by OAuth 1.0a. */
function tokenIn(authorization: string): string | undefined {
  if (!/^OAuth\s+oauth_/i.test(authorization)) return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(authorization)?.[1];
  const token = /\boauth_token="([^"]*)"/.exec(authorization)?.[1];
  return token === undefined ? undefined : decode(token);
}

/** The platform's response, with the faults that come before the work already applied. */
function run(call: Call, match: RouteMatch, strike: Strike | undefined): Outcome | "cut" {
  const { platform, world } = call;
  if (strike) {
    const instead = insteadOfWork(call, strike);
    if (instead) return instead;
    call.behaviour = behaviourOf(strike);
    if (strike.kind === "expire_token" && call.accessToken) world.identity.expireToken(platform.name, call.accessToken);
    if (strike.kind === "revoke_token" && call.accessToken) world.identity.revokeToken(platform.name, call.accessToken);
  }
  const refusal = world.limits ? platform.refusal?.(call) : undefined;
  return refusal ?? match.route.run(call);
}

function insteadOfWork(call: Call, strike: Strike): PlatformAnswer | "cut" | undefined {
  if (strike.kind === "drop_before") return "cut";
  if (strike.kind === "rate_limit") return call.platform.rateLimited(call);
  if (strike.kind === "http_500") return call.platform.serverError(call);
  if (strike.kind !== "reject") return undefined;
  if (!strike.named) return call.platform.badParameter(call);
  const { answer, done } = strike.named.faultSwitch;
  return answer && !done ? answer(call) : undefined;
}

const AFTER_WORK: Partial<Record<FaultKind, Delivery["how"]>> = {
  timeout: "never",
  drop_after: "cut",
  cut_body: "half",
};

/** Applies the faults that come after the work. */
function settle({ call, strike }: Begun, outcome: PlatformAnswer | "cut"): Delivery {
  if (outcome === "cut") return { answer: jsonAnswer(null), how: "cut", delayMs: 0 };
  let answer = outcome;
  if (strike?.kind === "error_after") answer = call.platform.serverError(call);
  if (strike?.named?.faultSwitch.done) answer = strike.named.faultSwitch.answer?.(call) ?? answer;
  if (strike?.kind === "broken_json")
    answer = { ...answer, status: 200, body: `{"id": "${String(answer.body).slice(1, 12)}` };
  const how = strike?.named?.faultSwitch.cuts ? "cut" : ((strike && AFTER_WORK[strike.kind]) ?? "send");
  return {
    answer: { ...answer, headers: { date: new Date(call.now).toUTCString(), ...answer.headers } },
    how,
    delayMs: strike?.kind === "slow" ? strike.delayMs : 0,
  };
}

async function deliver(
  { answer, how, delayMs }: Delivery,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (delayMs > 0) await waitFor(delayMs, response);
  if (how === "never") return;
  if (how === "cut") {
    request.socket.resetAndDestroy();
  } else if (how === "half") {
    const bytes = Buffer.from(answer.body);
    response.writeHead(answer.status, { ...answer.headers, "content-length": bytes.length });
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.socket.destroy());
  } else {
    send(response, answer);
  }
}

/** Resolves early if the client disconnects. */
async function waitFor(delayMs: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  await delay(delayMs, undefined, { signal: gone.signal }).catch(() => undefined);
}
