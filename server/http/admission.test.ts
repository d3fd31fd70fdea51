import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { PassThrough } from "node:stream";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import fastify from "fastify";
import pino from "pino";
import { z } from "zod";

import { BOUNDS } from "../../model/bounds.ts";
import { type Mode, MODES } from "../../model/platform-names.ts";
import { sendFailure } from "../calls/refusals.ts";
import { addAdmissionControl, type AdmissionOptions } from "./admission.ts";

const quiet = { log: pino({ level: "silent" }), settings: { appUrl: "http://localhost" } };

const tenant = z.object({ userId: z.string(), mode: z.enum(MODES) });

/**
 * Requests that end when told to, in a process where each key belongs to a different user. Long holders are only looked
 * for when told to, so that a slow machine affects nothing.
 */
async function open(t: TestContext, options: AdmissionOptions = {}) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const answers = new Map<string, Promise<{ statusCode: number; headers: object; body: string }>>();
  const app = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, asked, reply) => sendFailure(quiet, error, asked, reply));
  addAdmissionControl(app, options);
  app.get<{ Params: { name: string } }>("/calls/:name", async ({ params: { name } }) => {
    begun.push(name);
    await new Promise<void>((end) => ends.set(name, end));
    return name;
  });
  app.get<{ Params: { mode: Mode; userId: string } }>("/keys/:mode/:userId", async (asked) => {
    asked.admission?.belongsTo(asked.params);
    return "remembered";
  });
  app.get<{ Params: { name: string } }>("/bodies/:name", async ({ admission, params: { name } }) => {
    const coming = new Promise<void>((come) => ends.set(name, come));
    await admission?.without(coming);
    begun.push(name);
    return name;
  });
  app.get("/failures", async (asked) => {
    asked.admission?.belongsTo(null);
    return "not valid";
  });
  app.get<{ Params: { name: string } }>("/wrong/:name", async (asked) => {
    begun.push(asked.params.name);
    await new Promise<void>((end) => ends.set(asked.params.name, end));
    asked.admission?.belongsTo(null);
    return "not valid";
  });
  app.get<{ Params: { status: string } }>("/refusals/:status", async ({ params }, reply) =>
    reply.code(Number(params.status)).send("not now"),
  );
  app.get("/streams", async (_asked, reply) => await reply.send(new PassThrough()));
  app.get("/files/:id/:name", { config: { admission: "files" } }, async () => "bytes");
  for (const admission of ["files", "thumbnails"] as const)
    app.get<{ Params: { mode: Mode; userId: string; name: string } }>(
      `/${admission}/:mode/:userId/:name`,
      { config: { admission, fileOwner: async ({ params }) => tenant.parse(params) } },
      async ({ params: { name } }) => {
        begun.push(name);
        await new Promise<void>((end) => ends.set(name, end));
        return name;
      },
    );
  app.get("/healthz", { config: { admission: "open" } }, async () => "ok");
  await app.ready();
  t.after(() => app.close());

  /** Long enough for every request that was sent to begin or wait, however slow the machine is. */
  const tick = async () => {
    await sleep(10);
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  };
  return {
    app,
    begun,
    answers,
    tick,
    lookForHeld: () => t.mock.timers.tick(1000),
    /** Requests that wait or are in progress. Without a key, each comes from its own address. */
    async call(names: readonly string[], key?: string, path = "calls") {
      for (const name of names) {
        const from = key === undefined ? { remoteAddress: name } : { headers: { authorization: `Bearer ${key}` } };
        answers.set(name, app.inject({ url: `/${path}/${name}`, ...from }));
      }
      await tick();
    },
    async remember(key: string, mode: Mode, userId: string) {
      await app.inject({ url: `/keys/${mode}/${userId}`, headers: { authorization: `Bearer ${key}` } });
    },
    async end(...names: string[]) {
      for (const name of names) {
        ends.get(name)?.();
        await tick();
      }
    },
  };
}

const many = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
/** Fills all slots, each from another address. */
const ALL = many(16, "192.0.2.");

test("a client that floods waits for its own requests, and others are served meanwhile", async (t) => {
  const { call, end, begun, remember } = await open(t);
  await remember("a", "test", "a");
  await remember("b", "test", "b");
  await call(many(40, "flood"), "a");
  const flood = begun.length;
  assert.ok(flood < 8, `${flood} of 40 calls of one caller were begun at once`);
  await call(["b1"], "b");
  assert.deepEqual(begun.slice(flood), ["b1"]);
  // While another caller's request is in progress, at most one of the flood's continues.
  await end(...begun.slice(0, flood - 1));
  assert.equal(begun.filter((name) => name.startsWith("flood")).length, flood);
  await end("b1");
  assert.ok(begun.filter((name) => name.startsWith("flood")).length > flood);
});

test("several keys of a user are one caller, and unknown keys share their IP address", async (t) => {
  const { call, remember, begun } = await open(t);
  for (const key of many(30, "key")) await remember(key, "test", "one person");
  for (const key of many(30, "key")) await call([`of ${key}`], key);
  assert.ok(begun.length < 8);
  const before = begun.length;
  for (const key of many(30, "made up")) await call([`of ${key}`], key);
  assert.ok(begun.length < before + 8);
});

test("a call of live mode waits for none of test mode, light or heavy, and goes before those that wait", async (t) => {
  const { call, end, begun, remember } = await open(t);
  await remember("amp_test", "test", "tester");
  for (const user of many(20, "live")) await remember(user, "live", user);
  await call(ALL);
  await call(["test1", "test2"], "amp_test");
  assert.equal(begun.length, ALL.length);
  for (const user of many(20, "live")) await call([`of ${user}`], user);
  const ofLive = begun.slice(ALL.length);
  assert.deepEqual(
    ofLive,
    many(ALL.length, "live").map((user) => `of ${user}`),
    "as many as if nobody else called",
  );
  await end(...ofLive.slice(0, 2));
  await end(...ALL.slice(0, 2));
  assert.deepEqual(begun.slice(2 * ALL.length), ["of live16", "of live17"]);
});

test("live mode has no more places than test mode where it is alone", async (t) => {
  const { call, begun, remember } = await open(t);
  for (const user of many(20, "user")) await remember(user, "live", user);
  for (const user of many(20, "user")) await call([`of ${user}`], user);
  assert.equal(begun.length, ALL.length);
});

test("files and health checks wait for no request", async (t) => {
  const { app, call, begun } = await open(t);
  await call([...ALL, "192.0.2.100"]);
  assert.equal(begun.length, ALL.length);
  assert.equal((await app.inject("/files/1/a.jpg")).body, "bytes");
  assert.equal((await app.inject("/healthz")).body, "ok");
});

test("files of live mode wait for none of test mode, nor any file for thumbnails or all of another user's files", async (t) => {
  const { call, end, begun } = await open(t);
  await call(many(30, "small"), "any", "thumbnails/test/a");
  assert.ok(begun.length < 8, `${begun.length} of 30 thumbnails of one user were begun at once`);
  await call(many(30, "a"), "any", "files/test/a");
  await call(["b1"], "any", "files/test/b");
  const ofA = begun.filter((name) => /^a\d/.test(name)).length;
  assert.ok(ofA > 4 && ofA < 12 && begun.includes("b1"), begun.join());
  for (const user of ["c", "d", "e"]) await call(many(30, user), "any", `files/test/${user}`);
  await call(["waits"], "any", "files/test/f");
  assert.ok(!begun.includes("waits"));
  await call(["live"], "any", "files/live/a");
  await call(["live small"], "any", "thumbnails/live/a");
  assert.deepEqual(begun.slice(-2), ["live", "live small"]);
  // Users take turns.
  await end("a0", "a1", "a2", "a3", "b1");
  assert.ok(begun.includes("waits"), begun.join());
});

test("whoever has the URL of a file holds up nobody else who fetches its owner's files", async (t) => {
  const { call, end, begun } = await open(t);
  await call(many(40, "flood"), "any", "files/live/a");
  const flood = begun.length;
  assert.ok(flood < 12, `${flood} of 40 were begun at once`);
  await call(["192.0.2.1"], undefined, "files/live/a");
  await end("flood0", "flood1");
  assert.ok(begun.includes("192.0.2.1"), begun.join());
});

test("what is still arriving, streaming or waiting for something else blocks nobody", async (t) => {
  const { app, call, end, begun, answers, lookForHeld } = await open(t);
  await call(many(20, "198.51.100."), undefined, "bodies");
  for (let count = 0; count < 20; count += 1)
    void app.inject({ url: "/streams", remoteAddress: `203.0.113.${count}` }).catch(() => undefined);
  await call(ALL);
  assert.deepEqual(begun, ALL);
  // Its body has arrived, and it waits for its turn like all others.
  await end("198.51.100.0");
  assert.equal(begun.length, ALL.length);
  await call(["192.0.2.200"]);
  while (!begun.includes("192.0.2.200")) {
    await sleep(50);
    lookForHeld();
  }
  assert.equal((await answers.get("198.51.100.0"))?.statusCode, 200);
});

test("a limited number of requests wait per caller and in total, and further ones are told to wait", async (t) => {
  const { app, call, tick } = await open(t);
  await call(ALL);
  const since = performance.now();
  const ask = (remoteAddress: string) => app.inject({ url: "/calls/more", remoteAddress });
  for (let count = 0; count < BOUNDS.waitingCalls; count += 1) void ask("198.51.100.1");
  await tick();
  // Later, like every error of a client that goes on.
  let isAnswered = false;
  const refused = ask("198.51.100.1").then((answer) => ((isAnswered = true), answer));
  await tick();
  // A machine that stood still meanwhile has answered already.
  if (performance.now() - since < 1_000) assert.ok(!isAnswered);
  const mine = await refused;
  assert.equal(mine.statusCode, 429);
  assert.equal(mine.headers["retry-after"], "1");
  assert.match(mine.body, /"code":"RATE_LIMITED".*"rule":"request\.turn"/);
  for (let count = BOUNDS.waitingCalls; count < BOUNDS.waitingCallsOfAll; count += 1)
    void ask(`198.51.${count % 50}.2`);
  await tick();
  const other = await ask("203.0.113.1");
  assert.equal(other.statusCode, 503);
  assert.match(other.body, /"code":"UNAVAILABLE"/);
});

for (const status of [401, 429, 503]) {
  test(`persistent clients get a ${status} later, however many they ask for, and others immediately`, async (t) => {
    const { app, tick, remember } = await open(t);
    await remember("stubborn", "test", "stubborn");
    await remember("other", "test", "other");
    const answered: string[] = [];
    const ask = async (key: string) => {
      await app.inject({ url: `/refusals/${status}`, headers: { authorization: `Bearer ${key}` } });
      answered.push(key);
    };
    const since = performance.now();
    // However little work a rejection is, several in a row use up the caller's share.
    for (let count = 0; count < 4; count += 1) await ask("stubborn");
    for (let count = 0; count <= BOUNDS.waitingCalls; count += 1) void ask("stubborn");
    await tick();
    await ask("other");
    // A machine that stood still meanwhile has told the others, too.
    if (performance.now() - since < 1_000) assert.equal(answered.length, 5);
    while (answered.length < 5 + BOUNDS.waitingCalls) await tick();
  });
}

test("a disconnected client is not waited for", async (t) => {
  const { app, call, end, begun, tick } = await open(t);
  const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
  await call(ALL);
  const asked = request({ host: "127.0.0.1", port, path: "/calls/gone" }).on("error", () => undefined);
  asked.end();
  await once(asked, "finish");
  await sleep(50);
  asked.destroy();
  await sleep(50);
  await call(["192.0.2.100"]);
  await end(...ALL.slice(0, 2));
  await tick();
  assert.ok(begun.includes("192.0.2.100") && !begun.includes("gone"));
});

test("an address whose keys are not valid is refused before they are looked up, and a known key behind it is not", async (t) => {
  const limits = { callsPerMinute: null, failedKeysPerMinute: 3 };
  const { app } = await open(t, { addressLimits: limits });
  const ask = (url: string, key: string, remoteAddress = "203.0.113.7") =>
    app.inject({ url, remoteAddress, headers: { authorization: `Bearer ${key}` } });
  assert.equal((await ask("/keys/live/known", "known")).body, "remembered");
  for (const key of ["a", "b", "c"]) assert.equal((await ask("/failures", key)).body, "not valid");
  const refused = await ask("/failures", "d");
  assert.equal(refused.statusCode, 429);
  assert.match(refused.body, /"code":"RATE_LIMITED".*"rule":"request\.address"/);
  assert.ok(Number(refused.headers["retry-after"]) >= 1);
  assert.equal((await ask("/keys/live/known", "known")).body, "remembered");
  assert.equal((await ask("/failures", "d", "203.0.113.8")).body, "not valid");
  assert.equal((await ask("/failures", "d", "127.0.0.1")).body, "not valid");
});

test("keys that are not valid are refused when their turn comes, too, however many are sent at once", async (t) => {
  const { app, begun, end, tick } = await open(t, { addressLimits: { callsPerMinute: null, failedKeysPerMinute: 3 } });
  const answers = many(40, "wrong").map((key) =>
    app.inject({ url: `/wrong/${key}`, remoteAddress: "203.0.113.7", headers: { authorization: `Bearer ${key}` } }),
  );
  await tick();
  const atOnce = begun.length;
  assert.ok(atOnce < 8, `${atOnce} of 40 were begun at once`);
  for (const key of many(40, "wrong")) await end(key);
  assert.ok(begun.length < atOnce + 3, `${begun.length} of 40 keys were looked up`);
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
  assert.equal(statuses.filter((status) => status === 429).length, 40 - begun.length);
});

test("an address has a number of requests per minute without a valid key; those with one do not count", async (t) => {
  const limits = { callsPerMinute: 3, failedKeysPerMinute: null };
  const { app } = await open(t, { addressLimits: limits });
  const ask = async (url: string, headers = {}) =>
    (await app.inject({ url, remoteAddress: "2001:db8::1", headers })).statusCode;
  for (const key of ["a", "b", "c", "d", "e"])
    assert.equal(await ask(`/keys/live/${key}`, { authorization: `Bearer ${key}` }), 200);
  assert.deepEqual(
    [await ask("/failures"), await ask("/failures"), await ask("/failures"), await ask("/failures")],
    [200, 200, 200, 429],
  );
  assert.equal(await ask("/healthz"), 200);
  assert.equal(await ask("/files/1/a.jpg"), 200);
  assert.equal(await ask("/keys/live/a", { authorization: "Bearer a" }), 200);
});

test("while the process is late with everything nobody waits for a place: who cannot begin is told to come back", async (t) => {
  let isBusy = true;
  const { app, call, end, begun, tick } = await open(t, { isBusy: () => isBusy });
  await call(ALL);
  assert.deepEqual(begun, ALL);
  const refused = await app.inject({ url: "/calls/more", remoteAddress: "192.0.2.100" });
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.headers["retry-after"], "5");
  assert.match(refused.body, /"code":"UNAVAILABLE".*too busy/);
  isBusy = false;
  await call(["192.0.2.101"]);
  assert.equal(begun.length, ALL.length);
  await end(...ALL.slice(0, 2));
  await tick();
  assert.ok(begun.includes("192.0.2.101"));
});
