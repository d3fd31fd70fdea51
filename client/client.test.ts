import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../contract/index.ts";
import { EXAMPLES } from "../contract/openapi/examples.ts";
import { keyPolicies } from "../contract/operations/api-keys.ts";
import { createApiKey } from "../server/domain/api-keys/api-keys.ts";
import { startTcpProxy, type TcpProxy } from "../tests/tcp-proxy.ts";
import { createWorld, type World } from "../tests/world.ts";
import { AmpostError, createClient, type Client, type NewPost } from "./index.ts";

const UNKNOWN_ID = "01980b7a-6c00-7000-8000-000000000001";

let world: World;
let proxy: TcpProxy;
/** Delays between attempts, which are not waited for here. */
let pauses: number[];
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  proxy = await startTcpProxy(Number(new URL(world.url).port));
});
after(async () => {
  await proxy.close();
  await world.close();
});

const clientAt = (baseUrl: string, options: Partial<Parameters<typeof createClient>[0]> = {}): Client => {
  pauses = [];
  return createClient({
    apiKey: world.test.key,
    baseUrl,
    random: () => 0,
    pause: async (seconds) => void pauses.push(seconds),
    ...options,
  });
};
/** A separate connection for each request, because the proxy inspects the first bytes of each. */
const brokenClient = () =>
  clientAt(proxy.url, {
    fetch: async (input, init) => await fetch(input, { ...init, headers: { ...init?.headers, connection: "close" } }),
  });
const struckBy = async (work: () => Promise<unknown>) => {
  const before = proxy.struck();
  await work();
  return proxy.struck() - before;
};
const draft = (text: string): NewPost => ({
  platformSetId: world.test.platformSetId,
  platforms: ["threads"],
  content: { text },
});
const refusedWith = (code: AmpostError["code"]) => (error: unknown) =>
  error instanceof AmpostError && error.code === code;
const countOf = async (text: string) => (await clientAt(world.url).posts.list({ search: text })).total;

test("every operation that accepts a key has a method, and no method calls anything else", async () => {
  const called = new Set<string>();
  const watched: typeof fetch = async (input, init) => {
    const path = new URL(String(input)).pathname
      .replace(/(?<=tenants\/)[^/]+/, ":id")
      .replace(/(?<=keys\/)[^/]+/, ":keyId")
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ":id");
    called.add(`${init?.method} ${path.replace("/threads", "/:platform")}`);
    return await fetch(input, init);
  };
  const policies = keyPolicies.parse({ oauthApps: true });
  const { apiKey } = await createApiKey(world.services, world.test, { name: "all", policies });
  const client = clientAt(world.url, { apiKey, fetch: watched });
  const { posts, publishing, platformSets, accounts, media, platforms, connectLinks, apps, webhooks, usage } = client;
  const { requests, sandboxFaults } = client;
  const { tenants } = clientAt(world.url, { apiKey: await world.operatorKey(), fetch: watched });
  const app = { clientId: "1", clientSecret: "2" };
  const { post } = await posts.create(draft("Every method"));
  for await (const _ of posts.events(post.id)) break;
  const retry = Object(EXAMPLES.posts_retry);
  const calls = [
    posts.list(),
    posts.validate(draft("")),
    posts.createMany({ posts: [{ ...draft(""), idempotencyKey: "one of many" }], dryRun: true }),
    posts.cancelMany({ ids: [UNKNOWN_ID] }),
    posts.get(post.id),
    posts.update(post.id, {}),
    posts.publish(UNKNOWN_ID),
    posts.retry(UNKNOWN_ID, retry),
    posts.resolve(UNKNOWN_ID, { platform: "threads", isLive: false }),
    posts.cancel(UNKNOWN_ID),
    posts.delete(UNKNOWN_ID),
    posts.attempts(post.id),
    publishing.get(),
    publishing.pause().then(() => publishing.resume()),
    publishing.stats({ days: 7 }),
    platformSets.list(),
    platformSets.create({ name: "Another" }),
    platformSets.rename(UNKNOWN_ID, "Other"),
    platformSets.getPostingTimes(world.test.platformSetId),
    platformSets.setPostingTimes(UNKNOWN_ID, { timeZone: "UTC", times: {} }),
    platformSets.delete(UNKNOWN_ID),
    accounts.list(),
    accounts.get(UNKNOWN_ID),
    accounts.getPostingTimes(UNKNOWN_ID),
    accounts.setPostingTimes(UNKNOWN_ID, { postingTimes: null }),
    accounts.context(),
    usage.get(),
    requests.list(),
    requests.get(UNKNOWN_ID),
    sandboxFaults.get(UNKNOWN_ID),
    sandboxFaults.set(UNKNOWN_ID, { faults: [] }),
    media.create({ url: "https://cdn.example.com/photo.jpg" }),
    media.uploadUrl(),
    media.list(),
    media.get(UNKNOWN_ID),
    media.update(UNKNOWN_ID, {}),
    media.posts(UNKNOWN_ID),
    media.crop(UNKNOWN_ID, { x: 0, y: 0, width: 1, height: 1 }),
    media.delete(UNKNOWN_ID),
    platforms.list(),
    platforms.get("threads"),
    connectLinks.create({ platformSetId: world.test.platformSetId, returnUrl: "https://app.example.com" }),
    connectLinks.list(),
    connectLinks.get(UNKNOWN_ID),
    connectLinks.revoke(UNKNOWN_ID),
    webhooks.create({ url: "https://app.example.com" }),
    webhooks.list(),
    webhooks.get(UNKNOWN_ID),
    webhooks.update(UNKNOWN_ID, {}),
    webhooks.delete(UNKNOWN_ID),
    webhooks.rotateSecret(UNKNOWN_ID),
    webhooks.test(UNKNOWN_ID),
    webhooks.deliveries(UNKNOWN_ID),
    webhooks.redeliver(UNKNOWN_ID),
    apps.list(),
    apps.save("threads", app).then(() => apps.delete("threads")),
    tenants.list(),
    tenants.create({ name: "Acme" }),
    tenants.get(UNKNOWN_ID),
    tenants.update(UNKNOWN_ID, {}),
    tenants.delete(UNKNOWN_ID),
    tenants.usage(UNKNOWN_ID),
    tenants.listKeys(UNKNOWN_ID),
    tenants.createKey(UNKNOWN_ID, { name: "key", mode: "test" }),
    tenants.rollKey(UNKNOWN_ID, UNKNOWN_ID),
    tenants.revokeKey(UNKNOWN_ID, UNKNOWN_ID),
    tenants.listApps(UNKNOWN_ID),
    tenants.saveApp(UNKNOWN_ID, "threads", app),
    tenants.deleteApp(UNKNOWN_ID, "threads"),
  ];
  for (const settled of await Promise.allSettled(calls))
    if (settled.status === "rejected") assert.match(settled.reason.code, /NOT_FOUND$/);
  const offered = OPERATIONS.filter(
    ({ auth = "key", successor, path }) =>
      auth === "operator" || (auth !== "session" && successor === undefined && path.startsWith("/api/v1/")),
  ).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual([...called].sort(), offered.sort());
});

test("a post is created, updated, listed and discarded, with the API's responses", async () => {
  const { posts } = clientAt(world.url);
  const made = await posts.create(draft("From the client"));
  assert.equal(made.post.status, "draft");
  assert.deepEqual(made.warnings, []);
  const changed = await posts.update(
    made.post.id,
    { content: { text: "Changed by the client" } },
    { ifMatch: String(made.etag) },
  );
  assert.equal(changed.post.content.text, "Changed by the client");
  await assert.rejects(
    posts.update(made.post.id, {}, { ifMatch: String(made.etag) }),
    refusedWith("PRECONDITION_FAILED"),
  );
  assert.equal((await posts.cancel(made.post.id)).post.status, "discarded");
});

test("an error has code, status, every issue and the request ID in the server's log", async () => {
  const { posts } = clientAt(world.url);
  const refused = posts.create({ ...draft(""), platforms: ["threads", "youtube"] });
  const error = await refused.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AmpostError);
  assert.equal(error.status, 400);
  assert.ok(error.issues.length > 1);
  assert.equal(error.message, error.issues[0]?.message);
  assert.match(String(error.requestId), /^[0-9a-f-]{36}$/);
  assert.equal((await posts.validate(draft(""))).valid, false);
  await assert.rejects(
    createClient({ apiKey: "amp_test_wrong", baseUrl: world.url }).posts.list(),
    refusedWith("UNAUTHORIZED"),
  );
  await assert.rejects(posts.get(".."), TypeError);
  await assert.rejects(posts.cancel(UNKNOWN_ID, { idempotencyKey: "ключ" }), TypeError);
});

test("invalid options are rejected when the client is created", () => {
  const missing: { apiKey: string } = JSON.parse("{}");
  for (const wrong of [{ apiKey: "" }, missing, { apiKey: "two words" }])
    assert.throws(() => createClient(wrong), TypeError);
  for (const baseUrl of [
    "",
    "localhost:3000",
    "ftp://api.example.com",
    "http://user:password@localhost",
    "http://localhost/?x",
  ])
    assert.throws(() => createClient({ apiKey: "amp_test_x", baseUrl }), TypeError, baseUrl);
  for (const timeoutSeconds of [0, -1, Number.NaN, Infinity])
    assert.throws(() => createClient({ apiKey: "amp_test_x", timeoutSeconds }), TypeError);
});

test("iterating returns all pages, in order and without duplicates", async () => {
  const { posts } = clientAt(world.url);
  for (const number of [1, 2, 3, 4, 5]) await posts.create(draft(`Page by page ${number}`));
  const seen: string[] = [];
  for await (const { textPreview } of posts.iterate({ search: "Page by page", limit: 2 })) seen.push(textPreview);
  assert.deepEqual(
    seen,
    [5, 4, 3, 2, 1].map((number) => `Page by page ${number}`),
  );
});

test("lists paged by offset are iterated, each item once, even if they grow meanwhile, and can be stopped early", async () => {
  const { webhooks, connectLinks } = clientAt(world.url);
  const { webhook } = await webhooks.create({ url: "https://app.example.com" });
  const sent: string[] = [];
  for (let number = 0; number < 5; number += 1) sent.unshift((await webhooks.test(webhook.id)).delivery.id);
  const seen: string[] = [];
  for await (const { id } of webhooks.iterateDeliveries(webhook.id, { limit: 2 })) {
    seen.push(id);
    if (seen.length === 2) await webhooks.test(webhook.id);
  }
  assert.deepEqual(seen, sent);
  await webhooks.delete(webhook.id);
  for (const externalId of ["one", "two", "three"])
    await connectLinks.create({
      platformSetId: world.test.platformSetId,
      returnUrl: "https://app.example.com",
      externalId,
    });
  for await (const { externalId } of connectLinks.iterate({ limit: 1 })) {
    seen.push(String(externalId));
    if (externalId === "two") break;
  }
  assert.deepEqual(seen.slice(5), ["three", "two"]);
});

test("a create whose response is lost is retried and creates one post", async () => {
  const client = brokenClient();
  proxy.trouble({ match: /^POST \/api\/v1\/posts /, times: 2, act: { kind: "reset_after" } });
  assert.equal(await struckBy(() => client.posts.create(draft("Only once"))), 2);
  assert.deepEqual(pauses, [0.5, 1]);
  assert.equal(await countOf("Only once"), 1);
});

test("the caller's own key makes two calls one", async () => {
  const { posts } = clientAt(world.url);
  const [one, other] = [
    await posts.create(draft("By my key"), { idempotencyKey: "mine" }),
    await posts.create(draft("By my key"), { idempotencyKey: "mine" }),
  ];
  assert.equal(one.post.id, other.post.id);
  await assert.rejects(
    posts.create(draft("Something else"), { idempotencyKey: "mine" }),
    refusedWith("IDEMPOTENCY_KEY_REUSED"),
  );
});

test("delays increase, respect the server's, and end with the error after the last attempt or before a long delay", async () => {
  const answering = (status: number, headers: Record<string, string>) => ({
    fetch: async () =>
      new Response(
        JSON.stringify({
          error: "Not now",
          code: status === 429 ? "RATE_LIMITED" : "UNAVAILABLE",
          requestId: "",
          issues: [],
        }),
        { status, headers },
      ),
  });
  await assert.rejects(clientAt(world.url, answering(503, {})).platforms.list(), refusedWith("UNAVAILABLE"));
  assert.deepEqual(pauses, [0.5, 1, 2]);
  await assert.rejects(clientAt(world.url, answering(429, { "retry-after": "7" })).platforms.list(), {
    retryAfterSeconds: 7,
  });
  assert.deepEqual(pauses, [7, 7, 7]);
  await assert.rejects(clientAt(world.url, answering(429, { "retry-after": "3600" })).platforms.list(), {
    retryAfterSeconds: 3600,
  });
  assert.deepEqual(pauses, []);
  await assert.rejects(
    clientAt(world.url, { fetch: async () => new Response("<html>", { status: 400 }) }).platforms.list(),
    refusedWith("UNEXPECTED_ANSWER"),
  );
  await assert.rejects(
    clientAt(world.url, {
      fetch: async () => Response.redirect("https://elsewhere.example.com/", 302),
    }).platforms.list(),
    /elsewhere\.example\.com/,
  );
});

test("an aborted call is released, and a server that is down is reported", async () => {
  const client = clientAt("http://127.0.0.1:9");
  await assert.rejects(client.platforms.list(), refusedWith("CONNECTION_FAILED"));
  assert.equal(pauses.length, 3);
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
  await assert.rejects(
    clientAt(world.url, { fetch: silent, timeoutSeconds: 0.01, retries: 0 }).platforms.list(),
    refusedWith("TIMED_OUT"),
  );
  const reason = new Error("Enough");
  await assert.rejects(clientAt(world.url).platforms.list({ signal: AbortSignal.abort(reason) }), reason);
});

test("a post is followed until it is settled, over a connection that breaks", async () => {
  const client = brokenClient();
  const { post } = await client.posts.create(draft("Followed by the client"));
  proxy.trouble({ match: /^GET \/api\/v1\/posts\/.*\/events/, times: 1, act: { kind: "reset_before" } });
  const seen: string[] = [];
  const struck = await struckBy(async () => {
    for await (const { post: now } of client.posts.events(post.id)) {
      seen.push(now.status);
      if (seen.length === 1) await client.posts.cancel(post.id);
    }
  });
  assert.equal(struck, 1);
  assert.deepEqual(seen, ["draft", "discarded"]);
  await assert.rejects(client.posts.events(UNKNOWN_ID).next(), refusedWith("POST_NOT_FOUND"));
});

test("following a post continues through a restart of the server", async () => {
  const { post } = await clientAt(world.url).posts.create(draft("Followed through a restart"));
  let connections = 0;
  const restarting: typeof fetch = async (input, init) => {
    connections += 1;
    if (connections > 1 && connections < 10) throw new TypeError("fetch failed");
    const response = await fetch(input, init);
    if (connections > 1) return response;
    const reader = response.body?.getReader();
    const first = await reader?.read();
    await reader?.cancel();
    return new Response(first?.value);
  };
  const following = clientAt(world.url, { fetch: restarting });
  const seen: string[] = [];
  for await (const { post: now } of following.posts.events(post.id)) {
    seen.push(now.status);
    if (seen.length === 1) await clientAt(world.url).posts.cancel(post.id);
  }
  assert.deepEqual([seen, connections], [["draft", "discarded"], 10]);
});

test("files sent with a post become its media", async () => {
  const photo = new File([await readFile("tests/fixtures/photo-1x1.jpg")], "photo.jpg");
  const { post } = await clientAt(world.url).posts.create(draft("With a file"), { files: [photo] });
  assert.deepEqual(
    post.content.media.map(({ type, filename }) => [type, filename]),
    [["image", "photo.jpg"]],
  );
});

test("an upload resumes after a broken connection, reports its progress, and can be resumed by another client", async () => {
  const bytes = new Uint8Array(await readFile("tests/fixtures/landscape-16x9.mp4"));
  const client = brokenClient();
  const progress: number[] = [];
  proxy.trouble({ match: /^PATCH /, times: 1, act: { kind: "reset_after" } });
  const cut = client.media.upload(bytes, {
    filename: "Film für alle.mp4",
    chunkBytes: Math.ceil(bytes.length / 3),
    onProgress: ({ sentBytes }) => progress.push(sentBytes),
  });
  assert.equal(await struckBy(() => cut), 1);
  const { media } = await cut;
  assert.deepEqual(
    [media.status, media.type, media.filename, media.sizeBytes],
    ["ready", "video", "Film für alle.mp4", bytes.length],
  );
  assert.equal(progress[0], 0);
  assert.equal(progress.at(-1), bytes.length);

  let begun = "";
  const leaving = new AbortController();
  const left = client.media.upload(bytes, {
    chunkBytes: 1000,
    signal: leaving.signal,
    onBegin: (upload) => (begun = upload),
    onProgress: ({ sentBytes }) => sentBytes >= 2000 && leaving.abort(new Error("Gone")),
  });
  await assert.rejects(left, /Gone/);
  const resumed: number[] = [];
  const second = await clientAt(world.url).media.upload(bytes, {
    resume: begun,
    onProgress: ({ sentBytes }) => resumed.push(sentBytes),
  });
  assert.equal(second.media.sizeBytes, bytes.length);
  assert.ok(Number(resumed[0]) >= 2000);
  for (const resume of [UNKNOWN_ID, "no id"])
    await assert.rejects(client.media.upload(bytes, { resume }), refusedWith("NOT_FOUND"));
  await assert.rejects(
    client.media.upload(new TextEncoder().encode("no picture")),
    refusedWith("UNSUPPORTED_MEDIA_TYPE"),
  );
});
