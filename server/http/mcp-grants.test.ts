import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";

import pino from "pino";
import { z } from "zod";

import { apiKey as keyShape } from "../../contract/operations/api-keys.ts";
import { dump } from "../../tests/visitor.ts";
import { createWorld, PASSWORD, type TestTenant, type World } from "../../tests/world.ts";
import { findTokenHolder } from "../db/queries/mcp-tokens.ts";
import { exportUser } from "../domain/users/export-user.ts";
import { sweepSignIn } from "../jobs/sweeps.ts";
import { addMcp } from "../mcp/mcp-routes.ts";
import { createHttpApp } from "./app.ts";

let world: World;
let cookie: string;
let documents: Server;
/** How the metadata server responds at a path. */
const served = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();

before(async () => {
  world = await createWorld({ allowPrivateUrls: true });
  cookie = await world.signIn(world.test);
  documents = createServer((request, response) => {
    const answer = served.get(request.url ?? "");
    if (answer === undefined) response.writeHead(404).end();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => documents.listen(0, "127.0.0.1", resolve));
});
// This user is asked more often than a real one would be.
beforeEach(async () => void (await world.services.pool.query("delete from throttles")));
after(async () => {
  documents.closeAllConnections();
  documents.close();
  await world.close();
});

const OWN = "http://localhost:3000";
const CALLBACK = "http://127.0.0.1:9/callback";
const random = () => randomBytes(32).toString("base64url");
const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");

/** A client with a metadata document at its own URL. */
function describeClient(members: Record<string, unknown> = {}, send: { status?: number; type?: string } = {}): string {
  const address = documents.address();
  assert.ok(address !== null && typeof address !== "string");
  const { port }: AddressInfo = address;
  const path = `/${random()}.json`;
  const id = `http://127.0.0.1:${port}${path}`;
  const body = JSON.stringify({
    client_id: id,
    client_name: "Writing Desk",
    redirect_uris: [CALLBACK, "https://desk.example/callback"],
    ...members,
  });
  served.set(path, (_request, response) =>
    response.writeHead(send.status ?? 200, { "content-type": send.type ?? "application/json" }).end(body),
  );
  return id;
}

interface Request {
  clientId: string;
  verifier: string;
  params: URLSearchParams;
}

function ask(clientId: string, changes: Record<string, string | null> = {}): Request {
  const verifier = random();
  const params = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: CALLBACK,
    code_challenge: challengeOf(verifier),
    code_challenge_method: "S256",
    resource: `${OWN}/mcp`,
    state: "a state",
  });
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name);
    else params.set(name, value);
  }
  return { clientId, verifier, params };
}

const open = (params: URLSearchParams, headers: Record<string, string> = { cookie }) =>
  fetch(`${world.url}/oauth/authorize?${params}`, { headers, redirect: "manual" });
const answer = (fields: Record<string, string>, headers: Record<string, string> = { origin: OWN, cookie }) =>
  fetch(`${world.url}/oauth/authorize`, {
    method: "POST",
    headers,
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
const post = (path: string, fields: Record<string, string>) =>
  fetch(world.url + path, { method: "POST", body: new URLSearchParams(fields) });

/** The form on a consent page. */
async function formOf(page: Response): Promise<string> {
  const text = await page.text();
  const sealed = /name="asked" value="([^"]+)"/.exec(text)?.[1];
  assert.ok(sealed !== undefined, text.slice(-2000));
  return sealed;
}

/** Where the page of a rejected request leads back to. */
async function wayBack(page: Response): Promise<{ text: string; back: string }> {
  const text = await page.text();
  const href = /<a class="button" href="([^"]+)" rel="noreferrer">/.exec(text)?.[1];
  assert.ok(href !== undefined, text.slice(-2000));
  return { text, back: href.replaceAll("&#38;", "&") };
}

const queryAt = (response: Response) =>
  Object.fromEntries(new URL(response.headers.get("location") ?? "").searchParams);

/** Authorizes a client. Returns its code. */
async function letIn({ params }: Request, chosen: Record<string, string> = {}, as = cookie): Promise<string> {
  const asked = await formOf(await open(params, { cookie: as }));
  const allowed = await answer({ asked, answer: "allow", mode: "test", ...chosen }, { origin: OWN, cookie: as });
  assert.equal(allowed.status, 303, await allowed.text());
  return queryAt(allowed)["code"] ?? "";
}

const tokens = z.strictObject({
  access_token: z.string().regex(/^amp_access_[\w-]{43}$/),
  token_type: z.literal("Bearer"),
  expires_in: z.literal(3600),
  refresh_token: z.string().regex(/^amp_refresh_[\w-]{43}$/),
  scope: z.literal("mcp"),
});
type Tokens = z.output<typeof tokens>;

const redeem = ({ clientId, verifier }: Request, code: string, changes: Record<string, string> = {}) =>
  post("/oauth/token", {
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
    ...changes,
  });
const refresh = (clientId: string, refreshToken: string, changes: Record<string, string> = {}) =>
  post("/oauth/token", { grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken, ...changes });

async function tokensOf(response: Response): Promise<Tokens> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  assert.equal(response.headers.get("cache-control"), "no-store");
  return tokens.parse(JSON.parse(text));
}

/** An authorized client with its tokens. */
async function connected(
  chosen: Record<string, string> = {},
  as = cookie,
): Promise<Request & { code: string; held: Tokens }> {
  const request = ask(describeClient());
  const code = await letIn(request, chosen, as);
  return { ...request, code, held: await tokensOf(await redeem(request, code)) };
}

async function refused(response: Response, error: string, status = 400): Promise<void> {
  const body = z.strictObject({ error: z.string(), error_description: z.string().min(1) }).parse(await response.json());
  assert.deepEqual([response.status, body.error], [status, error], body.error_description);
}

/** Calls an MCP tool with a key or token. */
async function callTool(
  token: string,
  name: string,
  given: object = {},
): Promise<{ status: number; text: string; challenge: string | null }> {
  const response = await fetch(`${world.url}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name,
        arguments: given,
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  return { status: response.status, text: await response.text(), challenge: response.headers.get("www-authenticate") };
}

const works = async (token: string) => (await callTool(token, "account_context")).status;
const listKeys = async (as = cookie) =>
  z.object({ keys: z.array(z.strictObject(keyShape.shape)) }).parse((await world.callAs(as, "GET", "/api/keys")).body)
    .keys;
const grantOf = async (clientId: string) => (await listKeys()).find((key) => key.clientId === clientId);

test("clients learn where to go: from the 401, the endpoint's metadata, and the server's", async () => {
  const challenged = await callTool("", "account_context");
  assert.equal(challenged.status, 401);
  assert.match(
    challenged.challenge ?? "",
    /^Bearer resource_metadata="http:\/\/localhost:3000\/\.well-known\/oauth-protected-resource\/mcp", scope="mcp"/,
  );
  for (const [path, endpoint] of [
    ["/.well-known/oauth-protected-resource/mcp", "/mcp"],
    ["/.well-known/oauth-protected-resource", "/mcp"],
    ["/.well-known/oauth-protected-resource/mcp/readonly", "/mcp/readonly"],
  ] as const) {
    const { headers } = await fetch(world.url + endpoint, { method: "POST" });
    const named = /resource_metadata="([^"]*)"/.exec(headers.get("www-authenticate") ?? "")?.[1];
    if (path.endsWith(endpoint)) assert.equal(named, OWN + path);
    const resource = z
      .looseObject({
        resource: z.string(),
        authorization_servers: z.array(z.string()),
        scopes_supported: z.array(z.string()),
      })
      .parse(await (await fetch(world.url + path)).json());
    assert.deepEqual(
      [resource.resource, resource.authorization_servers, resource.scopes_supported],
      [OWN + endpoint, [OWN], ["mcp"]],
    );
  }
  const answered = await fetch(`${world.url}/.well-known/oauth-authorization-server`);
  assert.equal(answered.headers.get("access-control-allow-origin"), "*");
  const server = z.record(z.string(), z.unknown()).parse(await answered.json());
  assert.equal(server["issuer"], OWN);
  for (const name of ["authorization_endpoint", "token_endpoint", "revocation_endpoint", "registration_endpoint"])
    assert.ok(String(server[name]).startsWith(`${OWN}/oauth/`), name);
  assert.deepEqual(
    [
      server["code_challenge_methods_supported"],
      server["token_endpoint_auth_methods_supported"],
      server["response_types_supported"],
    ],
    [["S256"], ["none"], ["code"]],
  );
  assert.deepEqual(
    [server["client_id_metadata_document_supported"], server["authorization_response_iss_parameter_supported"]],
    [true, true],
  );
  // Clients must get a 404 for missing documents, so that they continue with the next URL.
  for (const path of [
    "/.well-known/openid-configuration",
    "/mcp/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/mcp",
  ])
    assert.equal((await fetch(world.url + path)).status, 404, path);
});

test("clients in a browser may call, and can read every response", async () => {
  const origin = "https://desk.example";
  const paths = [
    "/oauth/token",
    "/oauth/register",
    "/oauth/revoke",
    ...["oauth-protected-resource/mcp", "oauth-authorization-server", "openid-configuration"].map(
      (name) => `/.well-known/${name}`,
    ),
  ];
  for (const path of paths) {
    const preflight = await fetch(world.url + path, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": path.startsWith("/oauth/") ? "POST" : "GET",
        "access-control-request-headers": "content-type,mcp-protocol-version",
      },
    });
    const granted = ["allow-origin", "allow-methods", "allow-headers"].map((name) =>
      preflight.headers.get(`access-control-${name}`),
    );
    assert.deepEqual([preflight.status, ...granted], [204, "*", "GET, POST", "Authorization, *"], path);
    const answered = await fetch(world.url + path, {
      method: path.startsWith("/oauth/") ? "POST" : "GET",
      headers: { origin, "mcp-protocol-version": "2026-07-28" },
    });
    assert.equal(answered.headers.get("access-control-allow-origin"), "*", path);
  }
});

test("the app's host is the authorization server; the API's host only refers to it", async () => {
  const settings = { ...world.services.settings, apiUrl: "https://api.example.com", appUrl: "https://example.com" };
  const app = await createHttpApp(
    { ...world.services, settings },
    {
      mcp: addMcp,
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  try {
    const get = async (host: string, url: string) => await app.inject({ url, headers: { host } });
    assert.deepEqual(
      z
        .looseObject({ resource: z.string(), authorization_servers: z.array(z.string()) })
        .parse((await get("api.example.com", "/.well-known/oauth-protected-resource/mcp")).json())
        .authorization_servers,
      ["https://example.com"],
    );
    for (const host of ["api.example.com", "example.com"]) {
      const server = z
        .looseObject({ issuer: z.string(), token_endpoint: z.string(), protected_resources: z.array(z.string()) })
        .parse((await get(host, "/.well-known/oauth-authorization-server")).json());
      assert.deepEqual(
        [server.issuer, server.token_endpoint, server.protected_resources],
        [
          "https://example.com",
          "https://example.com/oauth/token",
          ["https://api.example.com/mcp", "https://api.example.com/mcp/readonly"],
        ],
      );
    }
    assert.equal((await get("api.example.com", "/oauth/authorize")).statusCode, 404);
    for (const url of ["/oauth/token", "/oauth/revoke", "/oauth/register"])
      assert.equal(
        (await app.inject({ method: "POST", url, headers: { host: "api.example.com" } })).statusCode,
        404,
        url,
      );
  } finally {
    await app.close();
  }
});

test("a user authorizes a client, which then acts for them only over MCP, until they revoke it", async () => {
  const request = ask(describeClient());
  const visitor = await open(request.params, {});
  assert.deepEqual(
    [visitor.status, visitor.headers.get("location")],
    [303, `/sign-in?${new URLSearchParams({ returnTo: `/oauth/authorize?${request.params}` })}`],
  );
  const page = await open(request.params);
  assert.equal(page.status, 200);
  const policy = page.headers.get("content-security-policy") ?? "";
  for (const part of ["form-action 'self' http://127.0.0.1:9;", "frame-ancestors 'none'", "default-src 'none'"])
    assert.ok(policy.includes(part), policy);
  assert.equal(page.headers.get("x-frame-options"), "DENY");
  const text = await page.clone().text();
  for (const shown of [
    "Authorize “Writing Desk”?",
    "not verified",
    new URL(request.clientId).host,
    "a program on this computer",
    "127.0.0.1:9",
  ])
    assert.ok(text.includes(shown), shown);
  assert.match(text, /value="test"\s+checked/);
  const allowed = await answer({ asked: await formOf(page), answer: "allow", mode: "test" });
  assert.deepEqual(
    [allowed.status, allowed.headers.get("cache-control"), allowed.headers.get("referrer-policy")],
    [303, "no-store", "no-referrer"],
  );
  const { code = "", ...rest } = queryAt(allowed);
  assert.deepEqual(rest, { state: "a state", iss: OWN });
  const held = await tokensOf(await redeem(request, code));

  const called = await callTool(held.access_token, "account_context");
  assert.equal(called.status, 200);
  assert.ok(called.text.includes(world.test.userId) && called.text.includes('"mode":"test"'), called.text);
  for (const token of [held.access_token, held.refresh_token, code]) {
    assert.equal(
      (await fetch(`${world.url}/api/v1/platform-sets`, { headers: { authorization: `Bearer ${token}` } })).status,
      401,
    );
    assert.equal(
      (await fetch(`${world.url}/api/posts`, { headers: { authorization: `Bearer ${token}` } })).status,
      401,
    );
    assert.equal((await fetch(`${world.url}/api/keys`, { headers: { authorization: `Bearer ${token}` } })).status, 401);
  }
  for (const token of [held.refresh_token, code]) assert.equal(await works(token), 401);

  const grant = await grantOf(request.clientId);
  assert.deepEqual([grant?.name, grant?.mode, grant?.prefix, grant?.revokedAt], ["Writing Desk", "test", null, null]);
  assert.equal((await world.callAs(cookie, "DELETE", `/api/keys/${grant?.id}`)).status, 200);
  const shutOut = await callTool(held.access_token, "account_context");
  assert.equal(shutOut.status, 401);
  assert.match(shutOut.challenge ?? "", /error="invalid_token"/);
  await refused(await refresh(request.clientId, held.refresh_token), "invalid_grant");
  assert.notEqual((await grantOf(request.clientId))?.revokedAt, null);
});

test("the user's choice of mode and policies is enforced", async () => {
  const { clientId, held } = await connected({ mode: "live", draftOnly: "1", platforms: "threads", postsPerDay: "3" });
  const grant = await grantOf(clientId);
  assert.equal(grant?.mode, "live");
  assert.deepEqual(grant?.policies, {
    draftOnly: true,
    platforms: ["threads"],
    postsPerDay: 3,
    feesPerMonthMicroUsd: null,
    oauthApps: false,
    approvalRequired: false,
  });
  assert.ok((await callTool(held.access_token, "account_context")).text.includes('"mode":"live"'));
  const scheduled = await callTool(held.access_token, "posts_create", {
    content: { text: "Hello" },
    platforms: ["linkedin"],
    platformSetId: world.live.platformSetId,
  });
  assert.ok(scheduled.text.includes("key.policy.platforms"), scheduled.text);
  const asked = await formOf(await open(ask(describeClient()).params));
  const wrong = await answer({ asked, answer: "allow", mode: "test", postsPerDay: "0" });
  assert.equal(wrong.status, 400);
  assert.ok(/id="postsPerDay-error"/.test(await wrong.clone().text()));
  assert.equal(
    (await answer({ asked: await formOf(wrong), answer: "allow", mode: "test", postsPerDay: "1" })).status,
    303,
  );
});

test("tokens are renewed, and the second use of a refresh token ends the grant for everyone", async () => {
  const { clientId, held } = await connected();
  await refused(await refresh("https://other.example/client.json", held.refresh_token), "invalid_grant");
  await refused(
    await refresh(clientId, held.refresh_token, { resource: "https://other.example/mcp" }),
    "invalid_target",
  );
  await refused(await refresh(clientId, held.refresh_token, { resource: `${OWN}/mcp/other` }), "invalid_target");
  const read = await tokensOf(await refresh(clientId, held.refresh_token, { resource: `${OWN}/mcp/readonly` }));
  const resource = `${OWN}/mcp?tools=posts`;
  const renewed = await tokensOf(await refresh(clientId, read.refresh_token, { resource }));
  const again = await tokensOf(await refresh(clientId, renewed.refresh_token));
  for (const token of [held, renewed, again]) assert.equal(await works(token.access_token), 200);
  await refused(await refresh(clientId, held.refresh_token), "invalid_grant");
  for (const token of [held, renewed, again]) assert.equal(await works(token.access_token), 401);
  await refused(await refresh(clientId, again.refresh_token), "invalid_grant");
  const { rows } = await world.services.pool.query(
    "select data->>'reason' as reason from audit_events where action = 'api_key.revoked' and target = $1",
    [(await grantOf(clientId))?.id],
  );
  assert.deepEqual(rows, [{ reason: "an old refresh token was used again" }]);
});

test("of two concurrent uses of a refresh token one succeeds, and then neither", async () => {
  const { clientId, held } = await connected();
  const answers = await Promise.all([refresh(clientId, held.refresh_token), refresh(clientId, held.refresh_token)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  assert.equal(await works(held.access_token), 401);
});

test("a code works for its client, redirect URI and verifier, once: a second use revokes what the first returned", async () => {
  const request = ask(describeClient());
  const code = await letIn(request);
  await refused(await redeem(request, code, { client_id: describeClient() }), "invalid_grant");
  await refused(await redeem(request, code, { code_verifier: random() }), "invalid_grant");
  await refused(await redeem(request, code, { redirect_uri: "https://desk.example/callback" }), "invalid_grant");
  await refused(await redeem(request, code, { resource: `${OWN}/api` }), "invalid_target");
  const held = await tokensOf(await redeem(request, code));
  assert.equal(await works(held.access_token), 200);
  await refused(await redeem(request, code), "invalid_grant");
  assert.equal(await works(held.access_token), 401);
  await refused(await refresh(request.clientId, held.refresh_token), "invalid_grant");
  await refused(await redeem(request, "amp_code_made-up"), "invalid_grant");
});

test("anything not fetched in time expires", async () => {
  const request = ask(describeClient());
  const code = await letIn(request);
  const { expiresAt } = z.object({ expiresAt: z.string() }).parse(await grantOf(request.clientId));
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 300_000) < 60_000);
  await world.services.pool.query("update api_keys set expires_at = now() where client_id = $1", [request.clientId]);
  await refused(await redeem(request, code), "invalid_grant");
  const { clientId, held } = await connected();
  const ends = Date.parse((await grantOf(clientId))?.expiresAt ?? "");
  assert.ok(Math.abs(ends - Date.now() - 90 * 86_400_000) < 60_000);
  await world.services.pool.query(
    `update mcp_tokens set expires_at = now()
     where kind = 'access' and grant_id in (select id from api_keys where client_id = $1)`,
    [clientId],
  );
  assert.equal(await works(held.access_token), 401);
  const renewed = await tokensOf(await refresh(clientId, held.refresh_token));
  assert.equal(await works(renewed.access_token), 200);
  await sweepSignIn(world.services.pool, new AbortController().signal);
  const { rows } = await world.services.pool.query<{ kind: string; used: boolean }>(
    `select kind, used_at is not null as used from mcp_tokens
     where grant_id in (select id from api_keys where client_id = $1) order by 1, 2`,
    [clientId],
  );
  assert.deepEqual(rows, [
    { kind: "access", used: false },
    { kind: "code", used: true },
    { kind: "refresh", used: false },
    { kind: "refresh", used: true },
  ]);
});

test("a grant whose client never fetched its code is deleted; used grants that ended stay", async () => {
  const own = await world.signIn((await world.makeTenants()).test);
  const [unbegun, fresh] = [ask(describeClient()), ask(describeClient({ client_name: "Just Let In" }))];
  await letIn(unbegun, {}, own);
  const ended = await connected({}, own);
  await letIn(fresh, {}, own);
  const { pool } = world.services;
  await pool.query(
    `update api_keys set created_at = now() - interval '100 days', expires_at = now() - interval '10 days'
     where client_id = $1`,
    [ended.clientId],
  );
  await pool.query(
    `update api_keys set created_at = now() - interval '2 hours', expires_at = now() - interval '115 minutes'
     where client_id = $1`,
    [unbegun.clientId],
  );
  await sweepSignIn(pool, new AbortController().signal);
  assert.deepEqual(
    (await listKeys(own)).flatMap(({ clientId }) => clientId ?? []).sort(),
    [ended.clientId, fresh.clientId].sort(),
  );
});

test("a client revokes what it no longer needs: one access token, or all", async () => {
  const { clientId, held } = await connected();
  const revoke = (token: string, as = clientId) => post("/oauth/revoke", { token, client_id: as });
  await refused(await revoke(held.refresh_token, "https://other.example/client.json"), "invalid_grant");
  assert.equal((await revoke("amp_access_unknown")).status, 200);
  const renewed = await tokensOf(await refresh(clientId, held.refresh_token));
  for (const token of [held, renewed]) assert.equal(await works(token.access_token), 200);
  assert.equal((await revoke(held.access_token)).status, 200);
  assert.deepEqual([await works(held.access_token), await works(renewed.access_token)], [401, 200]);
  assert.equal((await revoke(renewed.refresh_token)).status, 200);
  assert.equal(await works(renewed.access_token), 401);
  assert.notEqual((await grantOf(clientId))?.revokedAt, null);
});

test("if a redirect URI is not certainly the client's, nobody is sent there", async () => {
  const id = describeClient();
  const cases: [string, URLSearchParams][] = [
    ["no client", ask(id, { client_id: null }).params],
    ["an unknown client", ask("client-7").params],
    ["a document without a path", ask("https://desk.example/").params],
    ["a document over http", ask("http://desk.example/client.json").params],
    ["a document with a fragment", ask(`${id}#x`).params],
    ["a document in another form", ask("https://desk.example/a/../client.json").params],
    [
      "a registration of nobody",
      ask(
        `mcp_${Buffer.from('{"name":"Evil","redirectUris":["https://evil.example/"]}').toString("base64url")}.${random()}`,
        { redirect_uri: "https://evil.example/" },
      ).params,
    ],
    ["no address", ask(id, { redirect_uri: null }).params],
    ["another address", ask(id, { redirect_uri: "https://evil.example/callback" }).params],
    ["a longer address", ask(id, { redirect_uri: "https://desk.example/callback/../evil" }).params],
    ["an address that runs", ask(id, { redirect_uri: "javascript:alert(1)" }).params],
    ["two clients", new URLSearchParams(`${ask(id).params}&client_id=${encodeURIComponent(id)}`)],
    ["two addresses", new URLSearchParams(`${ask(id).params}&redirect_uri=${encodeURIComponent(CALLBACK)}`)],
  ];
  for (const [name, params] of cases) {
    const page = await open(params);
    assert.deepEqual([page.status, page.headers.get("location")], [400, null], name);
    const text = await page.text();
    assert.ok(
      text.includes("Something went wrong") && !text.includes('name="asked"') && !text.includes('href="https://evil'),
      name,
    );
  }
});

test("other errors in a request are shown to the user, who can return to the client, but is never redirected", async () => {
  const id = describeClient();
  const cases: [string, URLSearchParams, string][] = [
    ["no response type", ask(id, { response_type: null }).params, "invalid_request"],
    ["a token at once", ask(id, { response_type: "token" }).params, "unsupported_response_type"],
    ["another response mode", ask(id, { response_mode: "fragment" }).params, "invalid_request"],
    ["no PKCE", ask(id, { code_challenge: null }).params, "invalid_request"],
    ["plain PKCE", ask(id, { code_challenge_method: "plain" }).params, "invalid_request"],
    ["PKCE by default plain", ask(id, { code_challenge_method: null }).params, "invalid_request"],
    ["no digest", ask(id, { code_challenge: "short" }).params, "invalid_request"],
    ["another resource", ask(id, { resource: "https://other.example/mcp" }).params, "invalid_target"],
    ["another path", ask(id, { resource: OWN }).params, "invalid_target"],
    [
      "one more resource",
      new URLSearchParams(`${ask(id).params}&resource=https://other.example/mcp`),
      "invalid_target",
    ],
    ["a scope twice", new URLSearchParams(`${ask(id).params}&scope=a&scope=b`), "invalid_request"],
  ];
  for (const [name, params, error] of cases) {
    const sent = await open(params);
    assert.deepEqual(
      [sent.status, sent.headers.get("location"), sent.headers.get("referrer-policy")],
      [400, null, "same-origin"],
      name,
    );
    const { text, back } = await wayBack(sent);
    assert.ok(
      text.includes("“Writing Desk” was not authorized") &&
        text.includes("Back to 127.0.0.1:9") &&
        !text.includes('name="asked"'),
      name,
    );
    assert.ok(back.startsWith(`${CALLBACK}?`), name);
    const query = Object.fromEntries(new URL(back).searchParams);
    assert.deepEqual(
      [query["error"], query["state"], query["iss"], query["code"]],
      [error, "a state", OWN, undefined],
      name,
    );
  }
  const withQuery = describeClient({ redirect_uris: ["https://desk.example/callback?tenant=7"] });
  const kept = await open(
    ask(withQuery, { redirect_uri: "https://desk.example/callback?tenant=7", response_type: "token", state: null })
      .params,
  );
  const { text, back } = await wayBack(kept);
  assert.match(back, /^https:\/\/desk\.example\/callback\?tenant=7&error=/);
  assert.ok(text.includes("Back to desk.example") && !new URL(back).searchParams.has("state"));
  // Clients of the oldest revision do not know the parameter. There is only one resource.
  assert.equal((await open(ask(id, { resource: null, scope: "mcp anything else" }).params)).status, 200);
});

test("a user who declines is sent back without a code, and nothing is stored", async () => {
  const request = ask(describeClient());
  const sent = await answer({ asked: await formOf(await open(request.params)), answer: "refuse" });
  assert.deepEqual(
    { ...queryAt(sent), error_description: "" },
    { error: "access_denied", error_description: "", state: "a state", iss: OWN },
  );
  assert.equal(await grantOf(request.clientId), undefined);
});

test("only the user who was asked can answer, to what was shown, and once", async () => {
  const request = ask(describeClient());
  const asked = await formOf(await open(request.params));
  const stranger = await world.signIn((await world.makeTenants()).test);
  for (const [name, fields, headers] of [
    ["another session", { asked }, { origin: OWN, cookie: stranger }],
    ["another session of the same person", { asked }, { origin: OWN, cookie: await world.signIn(world.test) }],
    ["a changed form", { asked: `${asked.slice(0, -6)}AAAAAA` }, { origin: OWN, cookie }],
    ["no form", { asked: "" }, { origin: OWN, cookie }],
  ] as const) {
    const response = await answer({ ...fields, answer: "allow", mode: "test" }, headers);
    assert.deepEqual([response.status, response.headers.get("location")], [400, null], name);
  }
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    {},
  ];
  for (const headers of foreign)
    assert.equal((await answer({ asked, answer: "allow", mode: "test" }, { cookie, ...headers })).status, 401);
  assert.equal(
    (await answer({ asked, answer: "allow", mode: "test" }, { origin: OWN })).headers.get("location"),
    "/sign-in?returnTo=%2F",
  );
  assert.equal(await grantOf(request.clientId), undefined);
  assert.equal((await answer({ asked, answer: "allow", mode: "test" })).status, 303);
  assert.equal((await answer({ asked, answer: "allow", mode: "live" })).status, 400);
  assert.equal((await listKeys()).filter(({ clientId }) => clientId === request.clientId).length, 1);
});

test("a client's document is accepted only if complete, small, its own and without redirects", async () => {
  const base = new URL(describeClient()).origin;
  const big = describeClient({ padding: "x".repeat(20_000) });
  served.set("/moved.json", (_request, response) => response.writeHead(302, { location: describeClient() }).end());
  served.set("/broken.json", (_request, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end("{"),
  );
  const cases: [string, string][] = [
    ["not there", `${base}/nothing.json`],
    ["another's", describeClient({ client_id: "https://other.example/client.json" })],
    ["a page", describeClient({}, { type: "text/html" })],
    ["a failure", describeClient({}, { status: 500 })],
    ["too large", big],
    ["a redirect", `${base}/moved.json`],
    ["no JSON", `${base}/broken.json`],
    ["without addresses", describeClient({ redirect_uris: [] })],
    [
      "with foreign addresses only",
      describeClient({ redirect_uris: ["http://desk.example/callback", "javascript:alert(1)"] }),
    ],
    ["with a secret", describeClient({ client_secret: "secret" })],
    ["of one that proves itself otherwise", describeClient({ token_endpoint_auth_method: "private_key_jwt" })],
    ["for another flow", describeClient({ grant_types: ["client_credentials"] })],
  ];
  for (const [name, id] of cases) {
    const page = await open(ask(id).params);
    assert.deepEqual([page.status, page.headers.get("location")], [400, null], name);
    assert.match(await page.text(), /metadata at 127\.0\.0\.1:\d+ (could not be read|is invalid)/, name);
  }
  const hidden = describeClient({ client_name: "\u202eksed gnitirW\u0000\n<b>x</b>" });
  const page = await (await open(ask(hidden).params)).text();
  assert.ok(page.includes("ksed gnitirW &#60;b&#62;x&#60;/b&#62;") && !page.includes("\u202e"));
  for (const name of ["a" + "\ud83d\ude80".repeat(80), "", undefined]) {
    const request = ask(describeClient({ client_name: name }));
    await letIn(request);
    assert.ok((await grantOf(request.clientId))?.name.isWellFormed());
  }
});

test("no document is fetched for a visitor, from private addresses, or too often", async () => {
  let fetched = 0;
  const id = describeClient();
  const path = new URL(id).pathname;
  const plain = served.get(path);
  served.set(path, (request, response) => {
    fetched += 1;
    plain?.(request, response);
  });
  await open(ask(id).params, {});
  assert.equal(fetched, 0);
  const settings = { ...world.services.settings, allowPrivateUrls: false };
  const strict = await createHttpApp(
    { ...world.services, settings },
    {
      mcp: addMcp,
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  try {
    for (const local of [id, id.replace("http:", "https:"), "https://localhost/client.json"]) {
      const page = await strict.inject({
        url: `/oauth/authorize?${ask(local).params}`,
        headers: { cookie, host: "localhost:3000" },
      });
      assert.equal(page.statusCode, 400, local);
    }
  } finally {
    await strict.close();
  }
  assert.equal(fetched, 0);
  for (let times = 0; times < 3; times += 1) assert.equal((await open(ask(id).params)).status, 200);
  assert.equal(fetched, 1, "a document is remembered for a little while");
  const busy = await world.signIn((await world.makeTenants()).test);
  let status = 0;
  for (let tries = 0; tries < 40 && status !== 429; tries += 1)
    ({ status } = await open(ask(describeClient({}, { status: 404 })).params, { cookie: busy }));
  assert.equal(status, 429);
});

test("a client without a document registers itself, and is identified by its ID", async () => {
  const register = (body: unknown) =>
    fetch(`${world.url}/oauth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const registered = await register({
    client_name: "Old Desk",
    redirect_uris: ["http://127.0.0.1/callback", "cursor://desk/callback"],
    token_endpoint_auth_method: "client_secret_post",
    grant_types: ["authorization_code", "refresh_token"],
    application_type: "native",
  });
  assert.deepEqual([registered.status, registered.headers.get("cache-control")], [201, "no-store"]);
  const said = z
    .looseObject({ client_id: z.string(), token_endpoint_auth_method: z.literal("none") })
    .parse(await registered.json());
  assert.ok(!("client_secret" in said));
  const request = ask(said.client_id, { redirect_uri: "http://127.0.0.1:9/callback" });
  const text = await (await open(request.params)).text();
  assert.ok(text.includes("Old Desk") && text.includes("Unknown. Anyone can use this name."));
  const held = await tokensOf(await redeem(request, await letIn(request)));
  assert.equal(await works(held.access_token), 200);
  const toApp = await open(ask(said.client_id, { redirect_uri: "cursor://desk/callback" }).params);
  assert.match(toApp.headers.get("content-security-policy") ?? "", /form-action 'self' cursor:;/);
  assert.ok((await toApp.text()).includes("an app on this device"));
  assert.equal(
    (await open(ask(`${said.client_id.slice(0, -2)}AA`, { redirect_uri: "http://127.0.0.1:9/callback" }).params))
      .status,
    400,
  );
  for (const [body, error] of [
    ["{", "invalid_client_metadata"],
    [[], "invalid_client_metadata"],
    [{ client_name: "x" }, "invalid_redirect_uri"],
    [{ redirect_uris: [] }, "invalid_redirect_uri"],
    [{ redirect_uris: ["http://desk.example/callback"] }, "invalid_redirect_uri"],
    [{ redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri"],
    [
      { redirect_uris: Array.from({ length: 20 }, (_, index) => `https://desk.example/${"x".repeat(100)}/${index}`) },
      "invalid_client_metadata",
    ],
    [
      { redirect_uris: ["https://desk.example/callback"], grant_types: ["client_credentials"] },
      "invalid_client_metadata",
    ],
  ] as const)
    await refused(await register(body), error);
  // Only the first of thousands of problems is described.
  const zeros = Array.from({ length: 4_000 }, () => 0);
  const wrong = await register({ redirect_uris: ["cursor://desk/callback"], grant_types: zeros });
  assert.deepEqual(await wrong.json(), {
    error: "invalid_client_metadata",
    error_description: "grant_types[0] must be a string, not a number",
  });
  await refused(await register({ client_name: "x".repeat(20_000) }), "invalid_request", 413);
  await refused(await register({ client_name: "\0", redirect_uris: ["cursor://desk"] }), "invalid_client_metadata");
});

test("invalid requests get the protocol's errors, and guessing is slowed down", async () => {
  await refused(
    await fetch(`${world.url}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    }),
    "invalid_request",
  );
  await refused(await post("/oauth/token", {}), "invalid_request");
  await refused(await post("/oauth/token", { grant_type: "password", client_id: "x" }), "unsupported_grant_type");
  await refused(await post("/oauth/token", { grant_type: "refresh_token", refresh_token: "x" }), "invalid_client", 401);
  await refused(
    await post("/oauth/token", { grant_type: "authorization_code", client_id: "x", code: "x", code_verifier: "short" }),
    "invalid_request",
  );
  await refused(
    await fetch(`${world.url}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams("grant_type=refresh_token&client_id=x&client_id=y&refresh_token=z"),
    }),
    "invalid_request",
  );
  await refused(await post("/oauth/revoke", { client_id: "x" }), "invalid_request");
  await refused(await post("/oauth/token", { grant_type: "x".repeat(70_000) }), "invalid_request", 413);
  for (const path of ["/oauth/token", "/oauth/revoke", "/oauth/register"])
    assert.equal((await fetch(world.url + path)).status, 404, path);
  const guess = async () =>
    await world.app.inject({
      method: "POST",
      url: "/oauth/token",
      remoteAddress: "192.0.2.77",
      headers: { host: "localhost:3000", "content-type": "application/x-www-form-urlencoded" },
      payload: "grant_type=refresh_token&client_id=x&refresh_token=amp_refresh_guess",
    });
  let answered = await guess();
  for (let tries = 0; tries < 150 && answered.statusCode !== 429; tries += 1) answered = await guess();
  assert.equal(answered.statusCode, 429);
  assert.ok(Number(answered.headers["retry-after"]) > 0);
});

test("no client secret is stored or logged", async () => {
  const { code, held, clientId } = await connected();
  await refresh(clientId, held.refresh_token);
  const stored = await dump(world);
  for (const secret of [code, held.access_token, held.refresh_token])
    assert.ok(!stored.includes(secret.replace(/^amp_[a-z]+_/, "")));
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => void lines.push(line) });
  const app = await createHttpApp(
    { ...world.services, log },
    {
      mcp: addMcp,
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  try {
    const request = ask(clientId, { state: "a-state-of-the-client" });
    await app.inject({ url: `/oauth/authorize?${request.params}`, headers: { cookie, host: "localhost:3000" } });
    await app.inject({ url: `/oauth/nothing?code=${code}`, headers: { cookie, host: "localhost:3000" } });
    await app.inject({
      method: "POST",
      url: "/oauth/token",
      headers: { host: "localhost:3000", "content-type": "application/x-www-form-urlencoded" },
      payload: `grant_type=authorization_code&client_id=${clientId}&code=${code}&code_verifier=${request.verifier}`,
    });
    await app.inject({
      method: "POST",
      url: "/mcp",
      headers: { host: "localhost:3000", authorization: `Bearer ${held.access_token}` },
    });
    assert.ok(lines.length >= 4);
    for (const secret of [code, held.access_token, request.verifier, "a-state-of-the-client"])
      assert.ok(!lines.join("").includes(secret));
  } finally {
    await app.close();
  }
});

test("a grant is in the user's export, and is deleted with them", async () => {
  const leaving: TestTenant = (await world.makeTenants()).test;
  const own = await world.signIn(leaving);
  const { clientId, held } = await connected({}, own);
  let exported = "";
  for await (const piece of await exportUser(world.services, {
    userId: leaving.userId,
    actor: { kind: "session", id: null },
    address: null,
    requestId: crypto.randomUUID(),
  }))
    exported += String(piece);
  assert.ok(exported.includes(clientId) && !exported.includes("digest"));
  assert.ok(!(await listKeys()).some((key) => key.clientId === clientId), "nobody else sees it");
  assert.equal(await works(held.access_token), 200);
  assert.equal((await world.callAs(own, "DELETE", "/api/me", { password: PASSWORD })).status, 200);
  assert.equal(await works(held.access_token), 401);
  const { rows } = await world.services.pool.query("select 1 from mcp_tokens where user_id = $1", [leaving.userId]);
  assert.deepEqual(rows, []);
});

test("another process learns immediately that a grant has ended", async () => {
  const { clientId, held } = await connected();
  const other = createHash("sha256").update(held.access_token).digest();
  assert.notEqual(await findTokenHolder.one(world.services.pool, [other]), undefined);
  const notified = new Promise<string>((resolve) => world.services.listener.on("ampost_keys", resolve));
  const grant = await grantOf(clientId);
  await refused(
    await refresh(
      clientId,
      (await tokensOf(await refresh(clientId, held.refresh_token))).refresh_token.replace(/.$/, "~"),
    ),
    "invalid_grant",
  );
  await refused(await refresh(clientId, held.refresh_token), "invalid_grant");
  assert.equal(await notified, grant?.id);
  assert.equal(await findTokenHolder.one(world.services.pool, [other]), undefined);
});
