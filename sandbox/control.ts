import { once } from "node:events";
import { mkdir, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";

import { z } from "zod";

import { FAULT_KINDS, MOST_ACCOUNT_FAULTS } from "../model/fault-kinds.ts";
import { PLATFORM_NAMES, type PlatformName } from "../model/platform-names.ts";
import { isLoopbackHost } from "../platforms/kit/addresses.ts";
import { BodyTooLarge, readText } from "./body.ts";
import type { CallContext } from "./call.ts";
import { FaultRequest, findSwitch } from "./faults.ts";
import { answerPage, type PageContext } from "./page.ts";
import {
  htmlAnswer,
  jsonAnswer,
  OPERATIONS,
  type FaultKind,
  type Operation,
  type PlatformAnswer,
  type SandboxPlatform,
} from "./platform.ts";

/**
 * The control API under `/_sandbox/`: without a key, for loopback clients only, except to register an app and for the
 * faults of an account.
 */
export interface ControlContext extends CallContext {
  platforms: readonly SandboxPlatform[];
  page: PageContext;
  thumbnailDir: string;
  /** Folders emptied by a reset. */
  emptied: readonly string[];
}

/** Returns undefined if the response is a streamed list, which it sends itself. */
export async function answerControl(
  context: ControlContext,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<PlatformAnswer | undefined> {
  const path = url.pathname.slice("/_sandbox/".length);
  const method = request.method ?? "GET";
  try {
    if (path.startsWith("media/") && method === "GET") return await thumbnail(context, path.slice("media/".length));
    if (path === "page" && method === "POST") return await showPage(context, request);
    if (path === "health" && method === "GET") return jsonAnswer({ status: "ok" });
    const stranger = isOfInstance(path, request) ? undefined : refuseStranger(request);
    if (stranger) return stranger;
    const methods = ROUTES[path];
    if (!methods)
      return refusal(404, `The sandbox has no /_sandbox/${path}.`, {
        paths: Object.keys(ROUTES).map((name) => `/_sandbox/${name}`),
      });
    const run = methods[method];
    if (!run)
      return {
        ...refusal(405, `/_sandbox/${path} takes ${Object.keys(methods).join(", ")}.`),
        headers: { allow: Object.keys(methods).join(", ") },
      };
    return await run({ context, request, response, query: url.searchParams });
  } catch (error) {
    if (error instanceof ControlError) return refusal(400, error.message, error.details);
    throw error;
  }
}

interface Control {
  context: ControlContext;
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
}

type ControlRun = (control: Control) => Promise<PlatformAnswer | undefined>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, ControlRun>>>> = {
  faults: { GET: listFaults, POST: addFault, DELETE: clearFaults },
  "account-faults": { PUT: setAccountFaults },
  posts: { GET: listPosts },
  requests: { GET: listRequests },
  clock: { GET: readClock, POST: advanceClock },
  reset: { POST: reset },
  apps: { POST: addApp, PATCH: changeApp },
  removals: { POST: removeApp },
  callbacks: { GET: listCallbacks },
};

class ControlError extends Error {
  readonly details: Record<string, unknown>;

  constructor(message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.details = details;
  }
}

async function addFault({ context, request }: Control): Promise<PlatformAnswer> {
  const fault = await readJson(request, FaultRequest);
  const platform = sandboxOf(context, fault.platform);
  if (typeof fault.error === "string") {
    if (fault.kind !== "reject") throw new ControlError('"error" goes with kind "reject" only.');
    const known = platform.switches.map((one) => one.name.replace("{n}", "N"));
    const named = findSwitch(platform, fault.error);
    if (!named) throw new ControlError(`${platform.label} has no error "${fault.error}".`, { known });
    const { operations } = named.faultSwitch;
    if (!operations.includes(fault.operation)) {
      throw new ControlError(`"${fault.error}" strikes ${operations.join(", ")}, not ${fault.operation}.`, {
        operations,
      });
    }
  }
  const pointless = POINTLESS[fault.kind]?.includes(fault.operation);
  if (pointless) throw new ControlError(`Kind "${fault.kind}" means nothing for ${fault.operation} calls.`);
  return jsonAnswer(
    context.world.store.transaction(() => context.faults.add(fault)),
    { status: 201 },
  );
}

/** Operations without processing, and operations without a token. */
const POINTLESS: Partial<Record<FaultKind, readonly Operation[]>> = {
  process_forever: ["authorize", "token", "refresh", "read", "delete", "revoke"],
  expire_token: ["authorize"],
  revoke_token: ["authorize"],
};

async function listFaults({ context, query }: Control): Promise<PlatformAnswer> {
  readQuery(query, z.strictObject({}));
  return jsonAnswer(context.faults.list());
}

async function clearFaults({ context }: Control): Promise<PlatformAnswer> {
  return jsonAnswer({ cleared: context.world.store.transaction(() => context.faults.clear()) });
}

const AccountFaults = z.strictObject({
  platform: z.enum(PLATFORM_NAMES),
  accessToken: z.string(),
  kinds: z.array(z.enum(FAULT_KINDS)).max(MOST_ACCOUNT_FAULTS).optional(),
});

/** Replaces what the next calls with this access meet; without `kinds`, only returns it. */
async function setAccountFaults({ context, request }: Control): Promise<PlatformAnswer> {
  const { platform, accessToken, kinds } = await readJson(request, AccountFaults);
  const { identity, store, clock } = context.world;
  const token = identity.token(platform, accessToken);
  if (!token) throw new ControlError("No account has this token.");
  const faults = store.transaction(() => {
    if (kinds) context.faults.setOfAccount(token, kinds, clock.now());
    return context.faults.ofAccount(token, clock.now());
  });
  return jsonAnswer({ faults });
}

const PageRequest = z.strictObject({
  path: z.string().startsWith("/"),
  accounts: z.array(z.strictObject({ platform: z.enum(PLATFORM_NAMES), accountId: z.string() })).nullable(),
});

/**
 * What people look at, with the posts of these accounts: the front page and permalinks, and never a platform's route.
 * For servers that put the page behind a login.
 */
async function showPage({ page, routes }: ControlContext, request: IncomingMessage): Promise<PlatformAnswer> {
  const { path, accounts } = await readJson(request, PageRequest);
  const url = new URL(`http://sandbox${path}`);
  const host = routes.canonicalHost((url.pathname.split("/", 2)[1] ?? "").toLowerCase());
  return answerPage({ ...page, accounts }, url, host) ?? htmlAnswer("There is no such page.", 404);
}

const PAGE = 200;

const PostsQuery = z.strictObject({
  platform: z.enum(PLATFORM_NAMES).optional(),
  limit: z.coerce.number().int().min(1).optional(),
});

async function listPosts({ context, response, query }: Control): Promise<undefined> {
  const { platform, limit = Infinity } = readQuery(query, PostsQuery);
  const { ledger, clock } = context.world;
  let before: number | undefined;
  await streamList(response, limit, (left) => {
    const page = ledger.list({ platform, before, limit: Math.min(PAGE, left), now: clock.now() });
    before = page.at(-1)?.seq ?? before;
    return page.map(({ post }) => post);
  });
}

const RequestsQuery = z.strictObject({
  platform: z.enum(PLATFORM_NAMES).optional(),
  operation: z.enum(OPERATIONS).optional(),
  limit: z.coerce.number().int().min(1).optional(),
});

async function listRequests({ context, response, query }: Control): Promise<undefined> {
  const { platform, operation, limit = Infinity } = readQuery(query, RequestsQuery);
  let after = 0;
  await streamList(response, limit, (left) => {
    const page = context.requests.list({ after, platform, operation, limit: Math.min(PAGE, left) });
    after = page.at(-1)?.number ?? after;
    return page.map((one) => one.request);
  });
}

async function readClock({ context }: Control): Promise<PlatformAnswer> {
  return jsonAnswer({ now: new Date(context.world.clock.now()).toISOString() });
}

const TEN_YEARS_SECONDS = 10 * 366 * 86_400;

async function advanceClock(control: Control): Promise<PlatformAnswer> {
  const Advance = z.strictObject({ advanceSeconds: z.number().min(0).max(TEN_YEARS_SECONDS) });
  const { advanceSeconds } = await readJson(control.request, Advance);
  control.context.world.clock.advance(advanceSeconds);
  return readClock(control);
}

async function reset({ context }: Control): Promise<PlatformAnswer> {
  const { world, platforms } = context;
  world.store.transaction(() => {
    const tables = [
      "posts",
      "post_changes",
      "publish_calls",
      "requests",
      "faults",
      "account_faults",
      "magic_strikes",
      "uses",
      ...platforms.flatMap(({ resets }) => Object.keys(resets)),
    ];
    for (const table of tables) world.store.run(`DELETE FROM ${table}`);
    world.clock.reset();
  });
  for (const folder of context.emptied) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  return jsonAnswer({ now: new Date(world.clock.now()).toISOString() });
}

const AppRequest = z.looseObject({
  platform: z.enum(PLATFORM_NAMES),
  redirectUris: z.array(z.string()).min(1).max(50),
  programmaticRefresh: z.boolean().default(false),
  scopes: z.array(z.string()).min(1).nullable().default(null),
});

async function addApp({ context, request }: Control): Promise<PlatformAnswer> {
  const { platform: name, scopes, redirectUris, programmaticRefresh, ...rest } = await readJson(request, AppRequest);
  const app = { platform: name, redirectUris, programmaticRefresh };
  const settings = portalSettings(context, name, rest);
  const wrong = app.redirectUris.find((uri) => !isRedirectUri(uri, context.page.appUrl));
  if (wrong !== undefined)
    throw new ControlError(
      `"${wrong}" can be no redirect URI: it has to be https, or http on loopback, without a fragment.`,
    );
  const platform = sandboxOf(context, app.platform);
  return context.world.store.transaction(() => {
    const { clientId, clientSecret } = platform.newApp(context.world);
    context.world.identity.addApp({ ...app, clientId, clientSecret });
    context.world.identity.approveScopes(app.platform, clientId, scopes);
    context.world.identity.setAppSettings(app.platform, clientId, settings);
    return jsonAnswer({ clientId, clientSecret }, { status: 201 });
  });
}

const AppChange = z.looseObject({
  platform: z.enum(PLATFORM_NAMES),
  clientId: z.string(),
  scopes: z.array(z.string()).min(1).nullish(),
});

/** As when the platform's review of an app ends. What is left out stays as it is; `null` resets it. */
async function changeApp({ context, request }: Control): Promise<PlatformAnswer> {
  const { platform, clientId, scopes, ...rest } = await readJson(request, AppChange);
  const { identity, store } = context.world;
  return store.transaction(() => {
    if (!identity.app(platform, clientId)) throw new ControlError(`${platform} has no app "${clientId}".`);
    if (scopes !== undefined) identity.approveScopes(platform, clientId, scopes);
    identity.setAppSettings(platform, clientId, portalSettings(context, platform, rest));
    const app = identity.app(platform, clientId);
    return jsonAnswer({ platform, clientId, scopes: app?.approvedScopes ?? null, ...app?.settings });
  });
}

const Removal = z.strictObject({
  platform: z.enum(PLATFORM_NAMES),
  accountId: z.string(),
  clientId: z.string().optional(),
  requestDeletion: z.boolean().default(false),
});

async function removeApp({ context, request }: Control): Promise<PlatformAnswer> {
  const { platform, ...removal } = await readJson(request, Removal);
  const callbacks = await removalsOf(context, platform).remove(context.world, removal);
  if (!callbacks) throw new ControlError("No such app has access to this account.");
  return jsonAnswer({ callbacks });
}

async function listCallbacks({ context, query }: Control): Promise<PlatformAnswer> {
  const { platform } = readQuery(query, z.strictObject({ platform: z.enum(PLATFORM_NAMES) }));
  return jsonAnswer(removalsOf(context, platform).list(context.world));
}

function removalsOf(context: ControlContext, name: PlatformName): NonNullable<SandboxPlatform["removals"]> {
  const { label, removals } = sandboxOf(context, name);
  if (!removals) throw new ControlError(`${label} does not tell apps when a person removes them.`);
  return removals;
}

function portalSettings(context: ControlContext, name: PlatformName, rest: object): Record<string, unknown> {
  return parse(sandboxOf(context, name).appSettings ?? z.strictObject({}), rest);
}

/** The dashboard's own URL may be http anywhere: what platforms reject must not keep test mode from working. */
function isRedirectUri(uri: string, appUrl: string | null): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, hash, origin } = new URL(uri);
  const isOpen = isLoopbackHost(hostname) || (appUrl !== null && origin === new URL(appUrl).origin);
  return hash === "" && (protocol === "https:" || (protocol === "http:" && isOpen));
}

function sandboxOf(context: ControlContext, name: PlatformName): SandboxPlatform {
  const platform = context.platforms.find((one) => one.name === name);
  if (!platform)
    throw new ControlError(`There is no sandbox of ${name} yet.`, {
      platforms: context.platforms.map((one) => one.name),
    });
  return platform;
}

async function thumbnail(context: ControlContext, name: string): Promise<PlatformAnswer> {
  const bytes = /^[0-9a-f]{64}\.webp$/.test(name)
    ? await readFile(join(context.thumbnailDir, name)).catch(() => undefined)
    : undefined;
  if (!bytes) return refusal(404, "There is no such picture.");
  return {
    status: 200,
    headers: { "content-type": "image/webp", "cache-control": "private, max-age=86400, immutable" },
    body: bytes,
  };
}

/**
 * Instances on other machines register their apps, and set the faults of accounts whose tokens they have. A page in a
 * browser would send its origin.
 */
function isOfInstance(path: string, { method, headers }: IncomingMessage): boolean {
  const isOpen = (path === "apps" && method === "POST") || (path === "account-faults" && method === "PUT");
  return isOpen && headers.origin === undefined;
}

/** Neither other machines, nor web pages of other origins, nor names rebound to loopback can control the sandbox. */
function refuseStranger(request: IncomingMessage): PlatformAnswer | undefined {
  const address = request.socket.remoteAddress ?? "";
  const local = /^(::ffff:)?127\.|^::1$/.test(address);
  const named = [`http://${request.headers.host ?? ""}`, request.headers.origin].every(
    (origin) => origin === undefined || (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname)),
  );
  return local && named ? undefined : refusal(403, "The control API answers loopback clients only.");
}

/** Regardless of the content type, which is easily forgotten on a command line. */
async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(request).catch((error: unknown) => {
    throw error instanceof BodyTooLarge ? new ControlError("The body is too large.") : error;
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ControlError("The body has to be JSON.");
  }
  return parse(schema, value);
}

function readQuery<T>(query: URLSearchParams, schema: z.ZodType<T>): T {
  return parse(schema, Object.fromEntries(query));
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  throw new ControlError(problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), {
    problems,
  });
}

function refusal(status: number, error: string, details: Record<string, unknown> = {}): PlatformAnswer {
  return jsonAnswer({ error, ...details }, { status });
}

/** Writes a JSON array piece by piece, so that a log of any length needs no memory and holds no lock. */
async function streamList(
  response: ServerResponse,
  limit: number,
  nextPage: (left: number) => unknown[],
): Promise<void> {
  response.writeHead(200, { "content-type": "application/json; charset=UTF-8" });
  let written = 0;
  for (let page = nextPage(limit); page.length > 0; page = written < limit ? nextPage(limit - written) : []) {
    const chunk = page.map((one) => JSON.stringify(one)).join(",\n");
    const flowing = response.write(`${written === 0 ? "[" : ",\n"}${chunk}`);
    written += page.length;
    if (response.destroyed) return;
    if (!flowing) await once(response, "drain").catch(() => undefined);
  }
  response.end(written === 0 ? "[]" : "]");
}
