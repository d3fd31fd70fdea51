import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";

import pg from "pg";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { RATE_CLASSES } from "../../model/plans.ts";
import { linkInEmail } from "../browser.ts";
import { startStripe } from "../stripe.ts";
import { secretOf, totp } from "../totp.ts";
import { startTraceCollector } from "../trace-collector.ts";
import { dumpOf } from "../visitor.ts";
import { inGroups } from "./routes.ts";

const EMAIL = "ada@example.com";
const random = () => randomBytes(24).toString("base64url");

test("after everything with a secret was used, none is in the database, the log, the attempts, the metrics, the traces, the export, the audit log or an error", async (t) => {
  const installation = await openInstallation(t);
  const collector = await startTraceCollector(t);
  const stripe = await startStripe();
  t.after(() => stripe.close());
  const { appUrl, url, dataDir } = installation;
  const [password, metricsToken, clientSecret] = [random(), random(), random()];
  const server = await installation.start("start", {
    AMPOST_LOG_LEVEL: "trace",
    AMPOST_METRICS_TOKEN: metricsToken,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ...stripe.environment,
  });
  /** What must not appear anywhere, by name. */
  const secrets = new Map([
    ["password", password],
    ["metrics token", metricsToken],
    ["secret of an app", clientSecret],
    ["key for Stripe", stripe.settings.secretKey],
    ["secret of Stripe's webhooks", stripe.settings.webhookSecret],
    ["encryption key", (await readFile(join(dataDir, "encryption-key"), "utf8")).trim()],
  ]);
  const keep = (what: string, secret: unknown) => {
    assert.ok(typeof secret === "string" && secret.length >= 6, `${what}: ${String(secret)}`);
    secrets.set(what, secret);
  };
  const answers: string[] = [];
  const jar = new Map<string, string>();
  const ask = async (
    path: string,
    body?: unknown,
    options: { method?: string; key?: string; headers?: Record<string, string> } = {},
  ) => {
    const response = await fetch(appUrl + path, {
      method: options.method ?? (body === undefined ? "GET" : "POST"),
      redirect: "manual",
      headers: {
        origin: appUrl,
        ...options.headers,
        ...(options.key === undefined
          ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") }
          : { authorization: `Bearer ${options.key}` }),
        ...(body === undefined || body instanceof URLSearchParams || body instanceof FormData
          ? {}
          : { "content-type": "application/json" }),
      },
      ...(body === undefined
        ? {}
        : { body: body instanceof URLSearchParams || body instanceof FormData ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    for (const [, name = "", value = ""] of response.headers
      .getSetCookie()
      .join("\n")
      .matchAll(/^([^=]+)=([^;]*)/gm))
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    if (response.status >= 400) answers.push(`${path} ${text}`);
    const json: unknown = /json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : {};
    return { status: response.status, text, json: Object(json), location: response.headers.get("location") ?? "" };
  };

  const keepCookies = (which: string) => {
    for (const [name, value] of jar) keep(`${which} ${name}`, decodeURIComponent(value).split(".").at(0));
  };

  // A user: password, session, two-factor authentication.
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--email", EMAIL, "--json");
  keep("API key", apiKey);
  const key = String(apiKey);
  const unlimited = RATE_CLASSES.flatMap((name) => ["--limit", `${name}=none`]);
  await installation.json("users", "plan", EMAIL, ...unlimited, "--json");
  await ask("/api/auth/request-password-reset", { email: EMAIL });
  const reset = new URL(await linkInEmail(installation, EMAIL, "/reset-password")).searchParams.get("token");
  keep("token of a letter", reset);
  assert.equal((await ask("/api/auth/reset-password", { token: reset, newPassword: password })).status, 200);
  assert.equal((await ask("/api/auth/sign-in/email", { email: EMAIL, password })).status, 200);
  keepCookies("first");
  const enabled = (await ask("/api/auth/two-factor/enable", { password })).json;
  const secret = secretOf(enabled.totpURI);
  keep("secret of the second factor", secret);
  for (const [index, code] of Object.entries(enabled.backupCodes)) keep(`backup code ${index}`, code);
  assert.equal((await ask("/api/auth/two-factor/verify-totp", { code: totp(secret) })).status, 200);
  keepCookies("second");

  // What Ampost issues: keys, links, webhook and app secrets, invitations.
  const second = await ask("/api/keys", { name: "second", mode: "test" });
  keep("second API key", second.json.key.apiKey);
  const third = await ask(`/api/keys/${second.json.key.id}/roll`, { overlapSeconds: 3600 });
  keep("rolled API key", third.json.key.apiKey);
  const app = { clientId: "client", clientSecret };
  assert.ok(
    (await ask(`/api/platform-sets/${platformSetId}/apps/threads?mode=test`, app, { method: "PUT" })).status < 300,
  );
  const hook = (
    await ask("/api/v1/webhooks", { url: "https://hooks.example.com/a", events: ["post.published"] }, { key })
  ).json;
  keep("secret of a webhook", hook.secret ?? hook.webhook?.secret);
  const rotated = (await ask(`/api/v1/webhooks/${hook.webhook?.id}/rotate-secret`, {}, { key })).json;
  keep("new secret of a webhook", rotated.secret ?? rotated.webhook?.secret);
  const link = (
    await ask("/api/v1/connect-links", { platformSetId, externalId: "a", returnUrl: "https://example.com/" }, { key })
  ).json;
  keep("connect link", new URL(link.connectLink.url).pathname.split("/").at(-1));
  await ask(new URL(link.connectLink.url).pathname);
  await ask("/api/invites", { email: "guest@example.com" });

  // An operator's program: a tenant with keys and an app, and what is refused.
  const { operatorKey } = await installation.json("operator-keys", "create", "--name", "backend", "--json");
  keep("operator key", operatorKey);
  const asOperator = { key: String(operatorKey) };
  const { tenant } = (await ask("/admin/v1/tenants", { name: "Acme" }, asOperator)).json;
  const tenantPath = `/admin/v1/tenants/${tenant.id}`;
  const made = (await ask(`${tenantPath}/keys`, { name: "backend", mode: "test" }, asOperator)).json;
  keep("key of a tenant", made.key.apiKey);
  const rolled = (await ask(`${tenantPath}/keys/${made.key.id}/roll`, {}, asOperator)).json;
  keep("rolled key of a tenant", rolled.key.apiKey);
  const ofTenant = { clientId: "client", clientSecret: random() };
  keep("secret of a tenant's app", ofTenant.clientSecret);
  const saved = await ask(`${tenantPath}/oauth-apps/threads`, ofTenant, { method: "PUT", ...asOperator });
  assert.equal(saved.status, 200, saved.text);
  assert.equal((await ask(tenantPath, { externalId: 1 }, { method: "PATCH", ...asOperator })).status, 400);
  assert.equal((await ask("/api/v1/platform-sets", undefined, asOperator)).status, 401);

  // Payments: a checkout that is paid, an event with a wrong signature, and Stripe refusing and being away.
  stripe.webhookUrl = `${url}/api/billing/stripe-events`;
  const checkout = await ask("/api/billing/checkout", { plan: "pro" });
  assert.equal(checkout.status, 200, checkout.text);
  await stripe.payCheckout(checkout.json.url.split("/").at(-1));
  assert.equal((await ask("/api/billing")).json.billing.status, "active");
  const forged = { headers: { "stripe-signature": `t=1,v1=${stripe.settings.webhookSecret}` } };
  assert.equal((await ask("/api/billing/stripe-events", {}, forged)).status, 400);
  for (const status of [401, 500]) {
    stripe.onRequest = () => ({ status, error: { type: "api_error", message: "Refused" } });
    assert.equal((await ask("/api/billing/portal", {})).status, 503);
  }
  stripe.onRequest = () => undefined;

  // An MCP client: code, access token and refresh token.
  const redirectUri = "http://127.0.0.1:9/callback";
  const verifier = random() + random();
  const client = (
    await ask("/oauth/register", {
      client_name: "Desk",
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: "none",
    })
  ).json;
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: client.client_id,
    redirect_uri: redirectUri,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    resource: `${appUrl}/mcp`,
    state: random(),
  });
  const consent = /name="asked" value="([^"]+)"/.exec((await ask(`/oauth/authorize?${asked}`)).text)?.[1] ?? "";
  const back = await ask("/oauth/authorize", new URLSearchParams({ asked: consent, answer: "allow", mode: "test" }));
  const code = new URL(back.location).searchParams.get("code");
  keep("code of an MCP client", code);
  const grant = (
    await ask(
      "/oauth/token",
      new URLSearchParams({
        grant_type: "authorization_code",
        client_id: client.client_id,
        code: code ?? "",
        code_verifier: verifier,
        redirect_uri: redirectUri,
      }),
    )
  ).json;
  keep("access token of an MCP client", grant.access_token);
  keep("refresh token of an MCP client", grant.refresh_token);

  // Posts whose platforms give upload URLs, and one whose image is downloaded by a signed URL.
  const publish = async (platforms: string[], text: string, file?: string, settings: object = {}) => {
    const form = new FormData();
    form.set("data", JSON.stringify({ content: { text, platformOverrides: settings }, platforms, platformSetId }));
    if (file !== undefined)
      form.set(
        "files",
        new Blob([new Uint8Array(await readFile(join(import.meta.dirname, "../fixtures", file)))]),
        file,
      );
    const created = await ask("/api/v1/posts", form, { key });
    assert.equal(created.status, 201, created.text);
    const { id } = created.json.post;
    await ask(`/api/v1/posts/${id}/publish`, {}, { key });
    await installation.until(async () =>
      ["published", "failed", "partial"].includes(
        (await ask(`/api/v1/posts/${id}`, undefined, { key })).json.post.status,
      ),
    );
    return String(id);
  };
  const tiktok = { privacyLevel: "SELF_ONLY", disableComment: true };
  const posts = [
    await publish(["threads", "linkedin", "twitter"], "A text"),
    await publish(["instagram", "threads"], "A picture", "photo-1x1.jpg"),
    await publish(["tiktok"], "A film", "portrait-9x16.mp4", { tiktok: { settings: tiktok } }),
    await publish(["tiktok"], "A photo", "photo-1x1.jpg", { tiktok: { settings: tiktok } }),
    await publish(["linkedin", "facebook"], "A film", "landscape-16x9.mp4"),
    await publish(["youtube"], "A longer film", "landscape-16x9.mp4", { youtube: { settings: { title: "A film" } } }),
  ];
  const upload = new FormData();
  upload.set(
    "file",
    new Blob([new Uint8Array(await readFile(join(import.meta.dirname, "../fixtures/photo-1x1.jpg")))]),
    "a.jpg",
  );
  const uploaded = await ask("/api/v1/media", upload, { key, headers: { "idempotency-key": "an upload" } });
  keep("address of an upload", new URL(uploaded.json.media.url).searchParams.get("signature"));
  // Webhooks refer to media by signed URLs, as this does.
  for (const id of posts) {
    const media = (await ask(`/api/v1/posts/${id}`, undefined, { key })).json.post.content.media;
    for (const { url: address } of media)
      keep(`address of a file of ${id}`, new URL(address).searchParams.get("signature"));
  }

  // Wherever a secret is put by mistake, it may be returned to its sender only.
  const refusals = answers.splice(0);
  for (const group of inGroups([...secrets.values()])) {
    await Promise.all(
      group.flatMap((value) => {
        const text = encodeURIComponent(value);
        return [
          ask(`/nothing/${text}?token=${text}`),
          ask(`/api/v1/posts/${text}`, undefined, { key: value.replace(/[^\x21-\x7e]/g, "") }),
          ask("/api/auth/sign-in/email", { email: EMAIL, password: value }),
          ask("/api/v1/posts", { [value]: value }, { key: String(grant.access_token) }),
        ];
      }),
    );
  }

  // The platforms' own tokens and upload URLs, as the sandbox issued them.
  const sandbox = new DatabaseSync(join(dataDir, "sandbox/sandbox.sqlite"), { readOnly: true });
  for (const { token, kind } of sandbox.prepare("select token, kind from tokens").all())
    keep(`${kind} ${token}`, token);
  // The token from TikTok's URLs, the session from Google's, LinkedIn's signature, and ours in what TikTok fetches.
  const uploads = new Set<string>();
  for (const { platform, url: address, body } of sandbox.prepare("select platform, url, body from requests").all()) {
    const { href, searchParams } = new URL(String(address), "http://sandbox");
    const value = searchParams.get(UPLOAD_KEYS[String(platform)] ?? "");
    const fetched = /[?&]signature=([\w%-]+)/.exec(String(body))?.[1] ?? null;
    for (const secret of [value, fetched]) {
      if (secret === null) continue;
      keep(`upload ${href}`, secret);
      uploads.add(`${platform} ${secret === fetched ? "fetches" : "receives"}`);
    }
  }
  sandbox.close();
  for (const known of ["tiktok receives", "tiktok fetches", "youtube receives", "linkedin receives"])
    assert.ok(uploads.has(known), `${known}, of ${[...uploads].join(", ")}`);
  assert.ok(secrets.size > 30, String(secrets.size));

  const database = new pg.Client(installation.database?.url);
  await database.connect();
  const read = async (path: string, as: { key?: string } = {}) => (await ask(path, undefined, as)).text;
  const dumped = await dumpOf(database);
  await database.end();
  const places: Record<string, string> = {
    database: dumped,
    attempts: (await Promise.all(posts.map((id) => read(`/api/v1/posts/${id}/attempts`, { key })))).join("\n"),
    metrics: await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })).text(),
    export: await read("/api/me/export"),
    "audit log": await read("/api/audit"),
    refusals: refusals.join("\n"),
  };
  assert.equal(await server.end("SIGTERM"), 0);
  places["log"] = server.output();
  places["traces"] = collector.received();
  for (const [where, text] of Object.entries(places)) assert.ok(text.length > 100, where);
  const found = Object.entries(places).flatMap(([where, text]) =>
    [...secrets].flatMap(([what, value]) =>
      formsOf(value).some((form) => text.includes(form)) ? [`${what} in ${where}`] : [],
    ),
  );
  assert.deepEqual(found, []);
});

/** The parameter of an upload URL that grants access, by platform. */
const UPLOAD_KEYS: Record<string, string> = { tiktok: "upload_token", youtube: "upload_id", linkedin: "ut" };

/** As it is, and as a bytea column or encoded text would show it. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [secret, encodeURIComponent(secret), bytes.toString("hex"), bytes.toString("base64").replace(/=+$/, "")];
}
