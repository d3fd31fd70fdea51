import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

import { openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { listAt, openSandbox, stringAt, valueAt } from "./sandbox.fixture.ts";

test("invalid input to the control API is rejected with a sentence", async (t) => {
  const { control } = await openSandbox(t);
  const fault = { platform: "threads", operation: "publish", kind: "http_500" };
  const bad: [string, unknown, RegExp][] = [
    ["faults", {}, /platform.*operation.*kind/s],
    ["faults", { ...fault, platform: "myspace" }, /platform/],
    ["faults", { ...fault, operation: "dance" }, /operation/],
    ["faults", { ...fault, kind: "explode" }, /kind/],
    ["faults", { ...fault, times: 0 }, /times/],
    ["faults", { ...fault, after: -1 }, /after/],
    ["faults", { ...fault, delayMs: -5 }, /delayMs/],
    ["faults", { ...fault, delay: 5 }, /delay/],
    ["faults", { ...fault, kind: "process_forever", operation: "read" }, /means nothing/],
    ["faults", { ...fault, error: "spam-2207051" }, /"reject" only/],
    ["faults", { ...fault, kind: "reject", error: "no-such-error" }, /no error "no-such-error"/],
    ["faults", { ...fault, kind: "reject", error: "parent-lag" }, /strikes create/],
    ["clock", { advanceSeconds: -1 }, /advanceSeconds/],
    ["clock", { advanceSeconds: "60" }, /advanceSeconds/],
    ["clock", {}, /advanceSeconds/],
    ["apps", { platform: "threads" }, /redirectUris/],
    ["apps", { platform: "threads", redirectUris: ["http://example.test/cb"] }, /no redirect URI/],
    ["apps", { platform: "threads", redirectUris: ["nonsense"] }, /no redirect URI/],
    ["apps", { platform: "threads", redirectUris: ["https://a.example.test"], scopes: [] }, /scopes/],
  ];
  for (const [path, body, sentence] of bad) {
    const answer = await control("POST", path, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(stringAt(answer.json, "error"), sentence, JSON.stringify(body));
  }
  assert.equal((await control("GET", "nothing")).status, 404);
  assert.equal((await control("PUT", "clock", {})).status, 405);
  assert.equal((await control("GET", "posts?platform=myspace")).status, 400);
  assert.equal((await control("GET", "posts?plattform=threads")).status, 400);
  const broken = await fetch(`${(await openSandbox(t)).url}/_sandbox/clock`, { method: "POST", body: "{" });
  assert.deepEqual([broken.status, await broken.json()], [400, { error: "The body has to be JSON." }]);
});

test("the control API rejects foreign hostnames and origins", async (t) => {
  const { port } = await openSandbox(t);
  const status = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/_sandbox/reset", method: "POST", headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end();
    });
  assert.equal(await status({ host: `evil.example.test:${port}` }), 403);
  assert.equal(await status({ origin: "https://evil.example.test" }), 403);
  assert.equal(await status({ origin: "null" }), 403);
  assert.equal(await status({ origin: "http://localhost:3000" }), 200);
});

test("an instance on another machine can register its app and ask whether the sandbox runs, and nothing else", async (t) => {
  const { port } = await openSandbox(t);
  const body = JSON.stringify({ platform: "threads", redirectUris: ["https://app.example.test/callback"] });
  const status = (method: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      const elsewhere = { host: `sandbox:${port}`, ...headers };
      request({ host: "127.0.0.1", port, path: `/_sandbox/${path}`, method, headers: elsewhere }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end(method === "POST" ? body : undefined);
    });
  assert.equal(await status("GET", "health"), 200);
  assert.equal(await status("POST", "apps"), 201);
  assert.equal(await status("POST", "apps", { origin: "https://evil.example.test" }), 403);
  assert.equal(await status("PUT", "account-faults"), 400);
  assert.equal(await status("PUT", "account-faults", { origin: "https://evil.example.test" }), 403);
  for (const path of ["faults", "account-faults", "posts", "requests", "clock", "callbacks"])
    assert.equal(await status("GET", path), 403);
  assert.equal(await status("PATCH", "apps"), 403);
});

test("the clock is the machine's until it is moved, and createdAt and the Date header follow it", async (t) => {
  const world = await openThreads(t, { startAt: undefined });
  const off = (value: unknown, seconds: number) =>
    Math.abs(Date.parse(String(value)) - Date.now() - seconds * 1000) < 60_000;
  assert.ok(off(valueAt((await world.sandbox.control("GET", "clock")).json, "now"), 0));
  assert.ok(
    off(valueAt((await world.sandbox.control("POST", "clock", { advanceSeconds: 86_400 })).json, "now"), 86_400),
  );
  await world.publish({ media_type: "TEXT", text: "tomorrow" });
  assert.ok(off((await fetch(`${world.sandbox.url}/graph.threads.net/v1.0/me`)).headers.get("date"), 86_400));
  assert.ok(off((await world.posts())[0]?.["createdAt"], 86_400));
});

test("requests are listed in order of arrival and complete", async (t) => {
  const { sandbox, post, token } = await openThreads(t);
  await sandbox.control("POST", "reset");
  await post("/me/threads?fields=id", { media_type: "TEXT", text: "Hä?" });
  const form = new FormData();
  form.set("text", "x");
  form.set("file", new Blob(["12345"], { type: "image/png" }), "a.png");
  await sandbox.call("POST", "https://graph.threads.net/v1.0/me/threads", { token, body: form });
  await sandbox.call("POST", "https://graph.threads.net/v1.0/me/threads", {
    token,
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.alloc(3_000_000),
  });
  await sandbox.call("GET", "https://threads.com/nowhere");
  const [first, second, third, fourth] = listAt((await sandbox.control("GET", "requests?platform=threads")).json);
  const { headers, ...rest } = first ?? {};
  assert.deepEqual(rest, {
    at: "2026-11-01T12:00:00.000Z",
    platform: "threads",
    operation: "create",
    method: "POST",
    url: "https://graph.threads.net/v1.0/me/threads?fields=id",
    body: { media_type: "TEXT", text: "Hä?" },
    status: 200,
  });
  assert.equal(valueAt(headers, "authorization"), `Bearer ${token}`);
  assert.deepEqual(second?.["body"], {
    text: "x",
    file: { filename: "a.png", contentType: "image/png", sizeBytes: 5 },
  });
  assert.equal(third?.["body"], null);
  assert.deepEqual(
    [fourth?.["operation"], fourth?.["status"], fourth?.["url"]],
    [null, 404, "https://threads.com/nowhere"],
  );
});

test("a reset removes posts, requests and faults and resets the clock, and keeps grants and IDs", async (t) => {
  const { sandbox, publish, fault, get, posts } = await openThreads(t);
  const before = await publish({ media_type: "TEXT", text: "before" });
  await fault({ operation: "publish", kind: "http_500" });
  const answer = await sandbox.control("POST", "reset");
  assert.deepEqual(answer.json, { now: "2026-11-01T12:00:00.000Z" });
  assert.deepEqual(
    [await posts(), (await sandbox.control("GET", "requests")).json, (await sandbox.control("GET", "faults")).json],
    [[], [], []],
  );
  assert.equal((await get("/me")).status, 200);
  assert.notEqual(await publish({ media_type: "TEXT", text: "after" }), before);
});

test("pending faults are listed and can be removed", async (t) => {
  const { control } = await openSandbox(t);
  const added = await control("POST", "faults", {
    platform: "threads",
    operation: "create",
    kind: "slow",
    times: 3,
    after: 1,
  });
  assert.deepEqual(
    [added.status, added.json],
    [
      201,
      { id: 1, platform: "threads", operation: "create", kind: "slow", error: null, delayMs: 3000, times: 3, after: 1 },
    ],
  );
  assert.deepEqual((await control("GET", "faults")).json, [added.json]);
  assert.deepEqual((await control("DELETE", "faults")).json, { cleared: 1 });
  assert.deepEqual((await control("GET", "faults")).json, []);
});

test("an unknown host gets an explicit error", async (t) => {
  const { call } = await openSandbox(t);
  const answer = await call("GET", "https://graph.example.test/v1.0/me");
  assert.equal(answer.status, 404);
  assert.match(stringAt(answer.json, "error"), /No sandbox stands for graph.example.test/);
});

test("with limits off, no quota is exceeded", async (t) => {
  const { publish, get } = await openThreads(t, { limits: false });
  for (let number = 0; number < 255; number += 1) await publish({ media_type: "TEXT", text: `${number}` });
  assert.equal(valueAt(listAt((await get("/me/threads_publishing_limit")).json, "data")[0], "quota_usage"), 255);
});
