import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FastifyInstance } from "fastify";
import pino from "pino";

import { errorsOf } from "../contract/operation.ts";
import { NO_BRAND } from "../model/brand.ts";
import { newId } from "../model/ids.ts";
import { MODES, type Mode, type PlatformName } from "../model/platform-names.ts";
import { unlimited } from "../model/user-limits.ts";
import { catalog } from "../platforms/catalog.ts";
import { loginOf } from "../platforms/index.ts";
import { createHttpClient } from "../platforms/kit/http.ts";
import { askedScopes } from "../platforms/kit/scopes.ts";
import type { Billing } from "../server/billing/billing.ts";
import type { RequestLogOptions } from "../server/calls/request-log.ts";
import { createListener } from "../server/db/listen.ts";
import { saveAccount, saveConnection } from "../server/db/queries/connections.ts";
import { listSets } from "../server/db/queries/platform-sets.ts";
import { savePassword } from "../server/db/queries/sign-in-methods.ts";
import { verifyEmail } from "../server/db/queries/users.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import { createKeyHolders } from "../server/domain/api-keys/key-holders.ts";
import { createOperatorKey } from "../server/domain/operator-keys/operator-keys.ts";
import { createKnownSets } from "../server/domain/posts/known-sets.ts";
import type { Services, Settings } from "../server/domain/services.ts";
import { ensureUser } from "../server/domain/users/ensure-user.ts";
import { openAuth, sessionsOf } from "../server/domain/users/open-auth.ts";
import { createPlanOf } from "../server/domain/users/plans.ts";
import { createHttpApp } from "../server/http/app.ts";
import { addMcp } from "../server/mcp/mcp-routes.ts";
import type { OAuthServices } from "../server/oauth/services.ts";
import { openStorage } from "../server/storage/open-storage.ts";
import { createVault } from "../server/vault/vault.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { type Exchange, ourDescription } from "./description.ts";
import { watchAnswer } from "./watch-answers.ts";

/** A user in one mode, with a key, the default platform set and its connected accounts. */
export interface TestTenant {
  userId: string;
  mode: Mode;
  key: string;
  platformSetId: string;
}

/** A running HTTP server with its own database and storage. It has no engine and no sandbox. */
export interface World {
  url: string;
  services: Services;
  app: FastifyInstance;
  database: TestDatabase;
  /** The same user in both modes. */
  live: TestTenant;
  test: TestTenant;
  /** The jobs that were queued. */
  jobs: { queue: string; data: object }[];
  makeTenants(): Promise<Record<Mode, TestTenant>>;
  /** Connects an account to the tenant's default set or another. Returns its ID. */
  connect(
    tenant: TestTenant,
    platform: PlatformName,
    options?: { platformSetId?: string; metadata?: Record<string, unknown> },
  ): Promise<string>;
  /** Sends a request with the tenant's key. A body is sent as JSON. */
  call(
    tenant: TestTenant,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Called>;
  /** An operator key. */
  operatorKey(): Promise<string>;
  /** Signs in as the tenant's user does in a browser. Returns the new session's Cookie header. */
  signIn(tenant: TestTenant): Promise<string>;
  /** Calls a session endpoint as a page of the dashboard does. If the mode matters, it is in the path's query. */
  callAs(
    cookie: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Called>;
  /**
   * Cleans up. Rejects if an operation failed, returned an error code that it does not declare, or responded other than
   * described in OpenAPI.
   */
  close(): Promise<void>;
}

export interface Called {
  status: number;
  headers: Headers;
  /** The parsed JSON. Null without a body. */
  body: unknown;
}

export async function createWorld(
  settings: Partial<Settings> = {},
  { billing = null, requestLog }: { billing?: Billing | null; requestLog?: RequestLogOptions } = {},
): Promise<World> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "ampost-world-"));
  const log = pino({ level: "silent" });
  const listener = await createListener(database.url, log);
  const storage = await openStorage({ kind: "disk", folder });
  const jobs: World["jobs"] = [];
  const strange: string[] = [];
  const vault = createVault([randomBytes(32)]);
  const queue: Services["jobs"] = { send: async (_db, queue, data) => void jobs.push({ queue, data }) };
  const appUrl = settings.appUrl ?? DEFAULTS.appUrl;
  const auth = openAuth({ pool: database.pool, log, vault, jobs: queue, appUrl, brand: settings.brand ?? NO_BRAND });
  const services: Services = {
    pool: database.pool,
    log,
    storage,
    listener,
    jobs: queue,
    knownSets: createKnownSets(),
    keyHolders: createKeyHolders({ pool: database.pool, listener }),
    sessions: sessionsOf(auth),
    auth,
    vault,
    oauth: oauthOn({ pool: database.pool, vault, log, appUrl, sandboxUrl: settings.sandboxUrl ?? DEFAULTS.sandboxUrl }),
    oauthOf: () => undefined,
    settings: { ...DEFAULTS, mediaSecrets: () => [MEDIA_SECRET], ...settings },
    addressesOf: (hostname) => Promise.resolve(hostname === "inside.example" ? ["93.184.216.34", "10.0.0.1"] : []),
    limitsOf: unlimited,
    planOf: createPlanOf({ pool: database.pool, listener }, billing === null ? "self-hosted" : "free"),
    billing,
  };
  const app = await createHttpApp(services, {
    mcp: addMcp,
    // A slow machine refuses nobody.
    turnPatienceSeconds: 120,
    ...(requestLog !== undefined && { requestLog }),
    probes: {
      ready: async () => ({ ready: true, checks: {} }),
      metrics: async () => ({ contentType: "text/plain", text: "" }),
    },
    onRefusal: (operation, { code }) => {
      if (code === "INTERNAL_ERROR" || !errorsOf(operation).includes(code)) strange.push(`${operation.name}: ${code}`);
    },
  });
  const differences = watchApp(app);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  if (settings.mediaUrl === undefined) services.settings.mediaUrl = url;
  const makeTenants = () => makeUser(services);
  const tenants = await makeTenants();
  let operatorKey: Promise<string> | undefined;
  return {
    url,
    services,
    app,
    database,
    ...tenants,
    jobs,
    makeTenants,
    connect: (tenant, platform, options = {}) => connectAccount(services, tenant, platform, options),
    call: (tenant, method, path, body, headers) => call(url, tenant, method, path, body, headers),
    operatorKey: () => (operatorKey ??= createOperatorKey(services, { name: "test" }).then((key) => key.operatorKey)),
    signIn: (tenant) => signIn(services, url, tenant),
    callAs: (cookie, method, path, body, headers) =>
      send(url, method, path, body, { cookie, origin: appUrl, ...headers }),
    close: async () => {
      await app.close();
      await listener.close();
      storage.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
      assert.deepEqual(strange, [], "operations fail with the codes of their entries only");
      assert.deepEqual(await differences(), [], "everything is answered as it is described");
    },
  };
}

/** Observes all responses, those over HTTP and injected ones. Reports those not as described. */
function watchApp(app: FastifyInstance): () => Promise<string[]> {
  const checked: Promise<string[]>[] = [];
  const check = (exchange: Exchange) => void checked.push(ourDescription().findDifferences(exchange));
  app.server.prependListener("request", (request, response) => watchAnswer(request, response, check));
  app.addHook("onRequest", async (request, reply) => watchAnswer(request.raw, reply.raw, check));
  return async () => [...new Set((await Promise.all(checked)).flat())];
}

/** Both modes use the sandbox, and no app is configured: tests never reach a platform. */
function oauthOn(parts: Pick<OAuthServices, "pool" | "vault" | "log" | "appUrl" | "sandboxUrl">): OAuthServices {
  const http = createHttpClient({ sandboxUrl: parts.sandboxUrl });
  return {
    ...parts,
    httpFor: () => http,
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: loginOf,
    liveApp: () => null,
  };
}

const MEDIA_SECRET = randomBytes(32);

const DEFAULTS = {
  apiUrl: "http://localhost:3000",
  appUrl: "http://localhost:3000",
  mediaUrl: "http://localhost:3000",
  sandboxUrl: "http://127.0.0.1:9",
  sandboxPage: "open",
  allowPrivateUrls: false,
  scheduling: "contract",
  forcePrivateUploads: false,
  platformLimits: {},
  platformPrices: {},
  hasMailServer: true,
  signUp: "open",
  maxUsers: null,
  privacyUrl: null,
  termsUrl: null,
  brand: NO_BRAND,
  maxPlatformSets: 20,
} as const;

async function makeUser(services: Services): Promise<Record<Mode, TestTenant>> {
  const user = await ensureUser(services, `${randomBytes(6).toString("hex")}@example.com`);
  const [live, test] = await Promise.all(MODES.map((mode) => makeTenant(services, user.id, mode)));
  if (live === undefined || test === undefined) throw new Error("A user has two modes");
  return { live, test };
}

async function makeTenant(services: Services, userId: string, mode: Mode): Promise<TestTenant> {
  const [set] = await listSets.all(services.pool, [userId, mode]);
  const { apiKey } = await createApiKey(services, { userId, mode }, { name: "test" });
  return { userId, mode, key: apiKey, platformSetId: set?.id ?? "" };
}

/** Connects an account without asking the platform. Returns its ID. */
export async function connectAccount(
  { pool, vault }: Pick<Services, "pool"> & Partial<Pick<Services, "vault">>,
  tenant: Omit<TestTenant, "key">,
  platform: PlatformName,
  options: { platformSetId?: string; metadata?: Record<string, unknown> } = {},
): Promise<string> {
  const id = newId();
  const [scopes = []] = Object.values(catalog[platform].scopes);
  const metadata = options.metadata ?? METADATA[platform] ?? {};
  await saveAccount.run(pool, [
    id,
    tenant.userId,
    tenant.mode,
    options.platformSetId ?? tenant.platformSetId,
    platform,
    `${platform}-${id}`,
    "ampost",
    "Ampost",
    null,
    askedScopes(scopes),
    metadata,
  ]);
  const noTokens = [null, null, null, null, null, false] as const;
  const sealed = vault?.seal("token", { table: "connections", row: id, column: "access_token_sealed" }) ?? "sealed";
  await saveConnection.run(pool, [id, tenant.userId, tenant.mode, sealed, ...noTokens]);
  return id;
}

/** The fields of an account, besides its scopes, that validation needs. */
const METADATA: Partial<Record<PlatformName, Record<string, unknown>>> = {
  tiktok: { privacyLevelOptions: ["PUBLIC_TO_EVERYONE", "SELF_ONLY"], maxVideoPostDurationSeconds: 600 },
};

function call(
  url: string,
  tenant: TestTenant,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Called> {
  return send(url, method, path, body, { authorization: `Bearer ${tenant.key}`, ...headers });
}

async function send(
  url: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Called> {
  const isForm = body instanceof FormData;
  const response = await fetch(url + path, {
    method,
    redirect: "manual",
    headers: {
      // Compression has tests of its own.
      "accept-encoding": "identity",
      ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : isForm || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const answered: unknown =
    text === "" ? null : response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: answered };
}

/** The password of every test user. */
export const PASSWORD = "correct horse battery staple";

/** Hashed once, since hashing is slow on purpose. */
let passwordHash: Promise<string> | undefined;

async function signIn({ pool, auth, settings }: Services, url: string, { userId }: TestTenant): Promise<string> {
  passwordHash ??= (await auth()).hashPassword(PASSWORD);
  await savePassword.run(pool, [newId(), userId, await passwordHash]);
  const user = await verifyEmail.one(pool, [userId]);
  const answer = await send(
    url,
    "POST",
    "/api/auth/sign-in/email",
    { email: user?.email, password: PASSWORD },
    { origin: settings.appUrl },
  );
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return cookiesOf(answer);
}

/** The Cookie header that a browser would send after this response. */
export function cookiesOf({ headers }: Pick<Called, "headers">): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0] ?? "")
    .join("; ");
}
