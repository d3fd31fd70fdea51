import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { openInstallation } from "./installation.fixture.ts";

test("one command starts everything, the lines it prints publish a text, an image and a carousel, and SIGTERM ends it with 0", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  const server = await installation.start("start");
  const lines = server.output().split("another terminal in this folder:")[1] ?? "";
  const { stdout } = await installation.shell(lines);
  const published = stdout.split(/(?=\{"post":)/).map((text) => JSON.parse(text));
  assert.deepEqual(
    published.map(({ post }) => post.status),
    ["published", "published", "published"],
  );
  const shown: unknown = await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json();
  assert.ok(Array.isArray(shown));
  assert.deepEqual(
    shown.map(({ kind }) => kind),
    ["carousel", "image", "text"],
  );
  assert.ok(!server.output().includes("amp_test_"), "a key was printed");

  assert.equal(await server.end("SIGTERM"), 0);
  assert.deepEqual(await installation.processes(), []);
});

test("a review pack has the addresses to enter, each permission with its use, and what is still open on this instance", async (t) => {
  const installation = await openInstallation(t);
  const env = {
    AMPOST_APP_URL: "https://app.example.com",
    THREADS_CLIENT_ID: "1",
    THREADS_CLIENT_SECRET: "2",
    THREADS_SCOPES: "threads_basic,threads_content_publish",
  };
  const { code, stdout } = await installation.run(["review-pack", "--platform", "threads"], env);
  assert.equal(code, 0);
  for (const line of [
    "| Redirect URI | `https://app.example.com/api/platforms/threads/callback` |",
    "| Deauthorize callback | `https://app.example.com/meta/deauthorize/threads` |",
    "| Data deletion callback | `https://app.example.com/meta/data-deletion/threads` |",
    "| Privacy policy | `https://app.example.com/privacy` |",
    "- Required for publishing; asked for by this instance.",
    "- Not required for publishing; not asked for by this instance.",
    "- [x] `AMPOST_APP_URL` is a public https URL. It is https://app.example.com.",
    "- [x] `THREADS_CLIENT_ID` and `THREADS_CLIENT_SECRET` are set.",
    "- [ ] An account is connected in live mode.",
  ])
    assert.ok(stdout.split("\n").includes(line), `${line}\n${stdout}`);
  assert.match(stdout, /- Used by: .*publishing: `container-1`/);
  assert.doesNotMatch(stdout, /AMPOST_APP_URL\//);
  const pack = await installation.json("review-pack", "--platform", "tiktok", "--json");
  assert.partialDeepStrictEqual(pack, { platform: "tiktok", addresses: { deauthorize: null, dataDeletion: null } });
  assert.equal((await installation.run(["review-pack", "--platform", "myspace"])).code, 2);
});

test("instance commands work with and without a running server, and do not stop it", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  const first = await installation.json("bootstrap", "--json");
  const server = await installation.start("start");
  const second = await installation.json("bootstrap", "--json");
  assert.equal(second.platformSetId, first.platformSetId);
  assert.deepEqual(second.accounts, first.accounts);
  assert.notEqual(second.apiKey, first.apiKey);

  const call = (key: unknown) =>
    fetch(`${installation.url}/api/v1/accounts`, { headers: { authorization: `Bearer ${String(key)}` } });
  const key = await installation.json("keys", "create", "--mode", "test", "--name", "laptop", "--json");
  assert.deepEqual(Object.keys(key), ["id", "apiKey", "mode", "name"]);
  assert.equal((await call(key.apiKey)).status, 200);
  const rolled = await installation.json("keys", "roll", String(key.id), "--overlap", "3600", "--json");
  assert.deepEqual([rolled.mode, rolled.name], ["test", "laptop"]);
  for (const { apiKey } of [key, rolled]) assert.equal((await call(apiKey)).status, 200);
  for (const { id } of [key, rolled]) await installation.json("keys", "revoke", String(id), "--json");
  for (const { apiKey } of [key, rolled]) assert.equal((await call(apiKey)).status, 401);
  const other = await installation.json("bootstrap", "--email", "other@example.com", "--json");
  assert.notEqual(other.platformSetId, first.platformSetId);
  const held = await installation.json(
    "keys",
    "create",
    "--mode",
    "live",
    "--name",
    "writer",
    "--draft-only",
    "--platforms",
    EXAMPLE_PLATFORM,
    "--posts-per-day",
    "5",
    "--json",
  );
  const { keys } = await installation.json("keys", "list", "--json");
  assert.ok(Array.isArray(keys) && keys.length === 5);
  assert.deepEqual(keys.find(({ id }) => id === held.id)?.policies, {
    draftOnly: true,
    platforms: [EXAMPLE_PLATFORM],
    postsPerDay: 5,
    feesPerMonthMicroUsd: null,
    approvalRequired: false,
    oauthApps: false,
  });
  assert.ok(!JSON.stringify(keys).includes(String(second.apiKey)));

  await installation.until(async () => (await fetch(`${installation.url}/readyz`)).status === 200);
  assert.equal(await server.end("SIGTERM"), 0);
});

test("a killed server leaves neither worker nor sandbox behind, and the next start continues with its database", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  const { apiKey } = await installation.json("bootstrap", "--json");
  const killed = await installation.start("start");
  await killed.end("SIGKILL");
  await installation.until(
    async () => !(await installation.processes()).some((command) => command.includes("--attached")),
  );
  const next = await installation.start("start");
  const answer = await fetch(`${installation.url}/api/v1/accounts`, {
    headers: { authorization: `Bearer ${String(apiKey)}` },
  });
  assert.equal(answer.status, 200);
  assert.equal(await next.end("SIGINT"), 0);
  assert.deepEqual(await installation.processes(), []);
});

test("a sandbox that dies is restarted", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  await installation.kill("sandbox");
  await installation.until(async () => server.output().includes("The sandbox stopped; restarting it"));
  await installation.until(async () => (await fetch(`${installation.url}/readyz`)).status === 200);
  await server.end("SIGTERM");
});

const OPERATOR = { authorization: "Bearer a-token-of-the-operator" };

test("API, workers and sandbox run as separate processes on one database", async (t) => {
  const installation = await openInstallation(t, { database: "empty" });
  const sandbox = await installation.start("sandbox");
  const api = await installation.start("api");
  const workers = await Promise.all([
    installation.start("worker", {
      AMPOST_WORKER_PORT: "0",
      AMPOST_METRICS_TOKEN: OPERATOR.authorization.slice("Bearer ".length),
    }),
    installation.start("worker"),
  ]);
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const headers = { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json", prefer: "wait=30" };
  const created = await fetch(`${installation.url}/api/v1/posts`, {
    method: "POST",
    headers,
    body: JSON.stringify({ platformSetId, platforms: [EXAMPLE_PLATFORM], content: { text: "From four processes" } }),
  });
  const { post } = Object(await created.json());
  const published = await fetch(`${installation.url}/api/v1/posts/${post.id}/publish`, { method: "POST", headers });
  assert.equal(Object(await published.json()).post.status, "published");
  const workerUrl = /"url":"(http:[^"]*)"/.exec(workers[0].output())?.[1];
  assert.match(
    await (await fetch(`${workerUrl}/metrics`, { headers: OPERATOR })).text(),
    /ampost_due_platform_posts 0/,
  );
  assert.deepEqual(await (await fetch(`${workerUrl}/readyz`, { headers: OPERATOR })).json(), {
    status: "ready",
    publishing: "running",
    publishingDetail: null,
    checks: { process: "ok", database: "ok", migrations: "ok", queue: "ok", worker: "ok" },
  });
  for (const each of [...workers, api, sandbox]) assert.equal(await each.end("SIGTERM"), 0);
});

test("a worker is ready only once each of its pools responds: its own, and those for results and leases", async (t) => {
  const installation = await openInstallation(t);
  const environment = { AMPOST_WORKER_PORT: "0", AMPOST_METRICS_TOKEN: OPERATOR.authorization.slice("Bearer ".length) };
  const worker = await installation.start("worker", environment);
  const url = /"url":"(http:[^"]*)"/.exec(worker.output())?.[1];
  const waiting = new Set(["ampost", "ampost worker results", "ampost worker leases"]);
  // Whichever pool asked last for something else has not asked for this.
  await installation.until(async () => {
    if ((await fetch(`${url}/readyz`)).status !== 200) return false;
    const asked = await installation.database?.pool.query<{ name: string }>(
      `select application_name as name from pg_stat_activity
       where datname = current_database() and query = 'select 1' and now() - query_start < interval '1 second'`,
    );
    for (const { name } of asked?.rows ?? []) waiting.delete(name);
    return waiting.size === 0;
  });
  assert.equal(await worker.end("SIGTERM"), 0);
});

test("all configuration errors are reported, and a port in use with what to do", async (t) => {
  const installation = await openInstallation(t);
  const wrong = await installation.run(["start"], { PORT: "eighty", AMPOST_SCHEDULING: "some" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /2 problems:\n {2}PORT must be .*\n {2}AMPOST_SCHEDULING must be /);
  const server = await installation.start("start");
  const taken = await installation.run(["api"]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /Ampost is already running on port \d+ of 127\.0\.0\.1\. .* set PORT/);
  await server.end("SIGTERM");
  const other = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => other.listen(Number(new URL(installation.url).port), "127.0.0.1", resolve));
  const foreign = await installation.run(["api"]);
  assert.match(
    foreign.stderr,
    /Port \d+ on 127\.0\.0\.1 is in use by another program\. Stop that program, or set PORT/,
  );
  await new Promise((resolve) => other.close(resolve));
});

test("doctor finds no problem in a new installation, and a wrong key in an old one", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  assert.equal((await installation.json("doctor", "--json")).ok, true);
  await installation.json("bootstrap", "--json");
  assert.equal((await installation.json("doctor", "--json")).ok, true);
  const { code, stdout } = await installation.run(["doctor", "--json"], {
    AMPOST_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString("base64"),
  });
  assert.equal(code, 1);
  const { checks } = JSON.parse(stdout);
  assert.deepEqual(
    checks.filter(({ status }: { status: string }) => status === "failed").map(({ name }: { name: string }) => name),
    ["encryption key"],
  );
});

test("a wrong command line exits with 2 and suggests the right one", async (t) => {
  const installation = await openInstallation(t);
  const unknown = await installation.run(["statr"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Did you mean start\?/);
  assert.equal((await installation.run(["keys", "create"])).code, 2);
  assert.equal((await installation.run(["keys", "revoke", "x"])).code, 1);
  assert.equal((await installation.run(["--help"])).code, 0);
  const unread = await installation.shell(`"${process.execPath}" cli/ampost.js --help | true`);
  assert.equal(unread.stderr, "");
});
