import assert from "node:assert/strict";
import { test } from "node:test";
import { openInstallation } from "./installation.fixture.ts";

test("one command starts everything, the lines it prints publish a text, an image and a carousel, and SIGTERM ends it with 0", async () => {
  const installation = await openInstallation();
  const server = await installation.start("start");
  const lines = server.output().split("another terminal in this folder:")[1] ?? "";
  const { stdout } = await installation.shell(lines);
  const published = stdout.split(/(?=\{"post":)/).map((text) => JSON.parse(text));
  assert.deepEqual(published.map(({ post }) => post.status), ["published", "published", "published"]);
  const shown: unknown = await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json();
  assert.ok(Array.isArray(shown));
  assert.deepEqual(shown.map(({ kind }) => kind), ["carousel", "image", "text"]);
  assert.ok(!server.output().includes("amp_test_"), "a key was printed");

  assert.equal(await server.end("SIGTERM"), 0);
  assert.deepEqual(await installation.processes(), []);
  await installation.remove();
});

test("instance commands work without a server and beside one, and do not stop it", async () => {
  const installation = await openInstallation();
  const first = await installation.json("bootstrap", "--json");
  const server = await installation.start("start");
  const second = await installation.json("bootstrap", "--json");
  assert.equal(second.platformSetId, first.platformSetId);
  assert.deepEqual(second.accounts, first.accounts);
  assert.notEqual(second.apiKey, first.apiKey);

  const call = (key: unknown) => fetch(`${installation.url}/api/v1/accounts`, { headers: { authorization: `Bearer ${String(key)}` } });
  const key = await installation.json("keys", "create", "--mode", "test", "--name", "laptop", "--json");
  assert.deepEqual(Object.keys(key), ["id", "apiKey", "mode", "name"]);
  assert.equal((await call(key.apiKey)).status, 200);
  await installation.json("keys", "revoke", String(key.id), "--json");
  assert.equal((await call(key.apiKey)).status, 401);
  const other = await installation.json("bootstrap", "--email", "other@example.com", "--json");
  assert.notEqual(other.platformSetId, first.platformSetId);
  const { keys } = await installation.json("keys", "list", "--json");
  assert.ok(Array.isArray(keys) && keys.length === 3);
  assert.ok(!JSON.stringify(keys).includes(String(second.apiKey)));

  assert.equal((await fetch(`${installation.url}/readyz`)).status, 200);
  assert.equal(await server.end("SIGTERM"), 0);
  await installation.remove();
});

test("a killed server leaves no sandbox behind, and the next start goes on with its database", async () => {
  const installation = await openInstallation();
  const { apiKey } = await installation.json("bootstrap", "--json");
  const killed = await installation.start("start");
  await killed.end("SIGKILL");
  await installation.until(async () => !(await installation.processes()).some((command) => command.includes("sandbox")));
  const next = await installation.start("start");
  const answer = await fetch(`${installation.url}/api/v1/accounts`, { headers: { authorization: `Bearer ${String(apiKey)}` } });
  assert.equal(answer.status, 200);
  assert.equal(await next.end("SIGINT"), 0);
  assert.deepEqual(await installation.processes(), []);
  await installation.remove();
});

test("a sandbox that dies is started again", async () => {
  const installation = await openInstallation();
  const server = await installation.start("start");
  await installation.killSandbox();
  await installation.until(async () => (await fetch(`${installation.url}/readyz`)).status === 503);
  await installation.until(async () => (await fetch(`${installation.url}/readyz`)).status === 200);
  await server.end("SIGTERM");
  await installation.remove();
});

test("API, workers and sandbox run as processes of their own on one database", async () => {
  const installation = await openInstallation({ ownDatabase: true });
  const sandbox = await installation.start("sandbox");
  const api = await installation.start("api");
  const workers = await Promise.all([installation.start("worker", { AMPOST_WORKER_PORT: "0" }), installation.start("worker")]);
  const { apiKey, platformSetId, accounts } = await installation.json("bootstrap", "--json");
  assert.ok(Array.isArray(accounts));
  const headers = { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json", prefer: "wait=30" };
  const platforms = accounts.map(({ platform }) => platform);
  const created = await fetch(`${installation.url}/api/v1/posts`, { method: "POST", headers, body: JSON.stringify({ platformSetId, platforms, content: { text: "From four processes" } }) });
  const { post } = Object(await created.json());
  const published = await fetch(`${installation.url}/api/v1/posts/${post.id}/publish`, { method: "POST", headers });
  assert.equal(Object(await published.json()).post.status, "published");
  const workerUrl = /"url":"(http:[^"]*)"/.exec(workers[0].output())?.[1];
  assert.match(await (await fetch(`${workerUrl}/metrics`)).text(), /ampost_due_platform_posts 0/);
  assert.equal((await fetch(`${workerUrl}/readyz`)).status, 200);
  for (const each of [...workers, api, sandbox]) assert.equal(await each.end("SIGTERM"), 0);
  await installation.remove();
});

test("a wrong configuration is told whole, and a taken port with what to do", async () => {
  const installation = await openInstallation();
  const wrong = await installation.run(["start"], { PORT: "eighty", AMPOST_SCHEDULING: "some" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /2 problems:\n {2}PORT takes .*\n {2}AMPOST_SCHEDULING takes /);
  const server = await installation.start("start");
  const taken = await installation.run(["api"]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /Port \d+ on 127\.0\.0\.1 is taken by another program\. Stop that, or set PORT/);
  await server.end("SIGTERM");
  await installation.remove();
});

test("the doctor finds nothing wrong with a fresh installation, and a wrong key in an old one", async () => {
  const installation = await openInstallation();
  assert.equal((await installation.json("doctor", "--json")).ok, true);
  await installation.json("bootstrap", "--json");
  assert.equal((await installation.json("doctor", "--json")).ok, true);
  const { code, stdout } = await installation.run(["doctor", "--json"], { AMPOST_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString("base64") });
  assert.equal(code, 1);
  const { checks } = JSON.parse(stdout);
  assert.deepEqual(checks.filter(({ status }: { status: string }) => status === "failed").map(({ name }: { name: string }) => name), ["encryption key"]);
  await installation.remove();
});

test("a command line that is wrong exits with 2 and says what was meant", async () => {
  const installation = await openInstallation();
  const unknown = await installation.run(["statr"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Did you mean start\?/);
  assert.equal((await installation.run(["keys", "create"])).code, 2);
  assert.equal((await installation.run(["keys", "revoke", "x"])).code, 1);
  assert.equal((await installation.run(["--help"])).code, 0);
  await installation.remove();
});
