import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, GRAPH, openThreads, type ThreadsWorld } from "../platforms/threads/sandbox/threads.fixture.ts";
import { codesOf } from "./meta/errors.fixture.ts";
import { listAt, valueAt } from "./sandbox.fixture.ts";

/** Every kind of fault, on the call where it matters most, and on others where it differs. */
const TEXT = { media_type: "TEXT", text: "x" };

async function ready(world: ThreadsWorld, text = "x"): Promise<() => ReturnType<ThreadsWorld["post"]>> {
  const id = await world.create({ media_type: "TEXT", text });
  await world.advance(1);
  return () => world.post("/me/threads_publish", { creation_id: id });
}

const pending = async (world: ThreadsWorld) => listAt((await world.sandbox.control("GET", "faults")).json);

test("after lets calls pass, times affects that many, and then calls succeed again", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "http_500", after: 2, times: 2 });
  const statuses: number[] = [];
  for (let number = 0; number < 6; number += 1) statuses.push((await world.post("/me/threads", TEXT)).status);
  assert.deepEqual(statuses, [200, 200, 500, 500, 200, 200]);
  assert.deepEqual(await pending(world), []);
});

test("a fault only affects its own operation", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "publish", kind: "http_500" });
  const publish = await ready(world);
  assert.equal((await world.get("/me")).status, 200);
  assert.equal((await publish()).status, 500);
  assert.equal((await publish()).status, 200);
});

test("reject without a name is the platform's bad parameter", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "reject" });
  assert.deepEqual(codesOf(await world.post("/me/threads", TEXT)), [400, 100]);
  await world.fault({ operation: "token", kind: "reject" });
  const exchange = await world.sandbox.call("POST", `${GRAPH}/oauth/access_token`, { form: {} });
  assert.equal(valueAt(exchange.json, "error_type"), "OAuthException");
});

test("rate_limit returns the usage headers, which no other response has", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "rate_limit" });
  const limited = await world.post("/me/threads", TEXT);
  assert.deepEqual(codesOf(limited), [400, 4]);
  assert.match(limited.headers.get("x-business-use-case-usage") ?? "", /"estimated_time_to_regain_access":1/);
  assert.equal((await world.post("/me/threads", TEXT)).headers.get("x-app-usage"), null);
});

test("drop_before has no effect; drop_after, error_after, cut_body and broken_json have the full effect", async (t) => {
  const world = await openThreads(t);
  for (const kind of ["drop_before", "drop_after", "error_after", "cut_body", "broken_json"]) {
    const before = (await world.posts()).length;
    const publish = await ready(world, kind);
    await world.fault({ operation: "publish", kind });
    if (kind === "error_after") assert.equal((await publish()).status, 500);
    else if (kind === "broken_json")
      assert.deepEqual(await publish().then(({ status, json }) => [status, json]), [200, undefined]);
    else await assert.rejects(publish(), Error, kind);
    assert.equal((await world.posts()).length - before, kind === "drop_before" ? 0 : 1, kind);
    assert.equal((await publish()).status, kind === "drop_before" ? 200 : 400, kind);
    assert.equal((await world.posts())[0]?.["publishCalls"], 2, kind);
  }
});

test("timeout performs the call and never responds", async (t) => {
  const world = await openThreads(t);
  const publish = await ready(world);
  await world.fault({ operation: "publish", kind: "timeout" });
  const hanging = publish();
  while ((await world.posts()).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const first = await Promise.race([
    hanging.then(() => "answered"),
    new Promise((resolve) => setTimeout(() => resolve("silent"), 150)),
  ]);
  assert.equal(first, "silent");
  const logged = listAt((await world.sandbox.control("GET", "requests?operation=publish")).json);
  assert.equal(logged[0]?.["status"], null);
  await Promise.all([assert.rejects(hanging), world.sandbox.close()]);
});

test("slow responds later, and correctly", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "slow", delayMs: 10_000 });
  let answered = false;
  const slow = world.post("/me/threads", TEXT).finally(() => (answered = true));
  assert.equal((await world.get("/me")).status, 200);
  assert.equal(answered, false);
  assert.equal((await slow).status, 200);
});

test("process_forever keeps a container in progress", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "process_forever" });
  const id = await world.create(TEXT);
  await world.advance(3600);
  for (let read = 0; read < 3; read += 1) assert.equal(valueAt((await world.status(id)).json, "status"), "IN_PROGRESS");
  await world.fault({ operation: "status", kind: "process_forever" });
  const other = await world.create(TEXT);
  assert.equal(valueAt((await world.status(other)).json, "status"), "IN_PROGRESS");
});

test("expire_token and revoke_token apply to the token that made the call", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "expire_token" });
  assert.deepEqual(codesOf(await world.post("/me/threads", TEXT)), [400, 190, 463]);
  assert.deepEqual(codesOf(await world.get("/me")), [400, 190, 463]);
  const other = await openThreads(t);
  await other.fault({ operation: "read", kind: "reject", error: "token-458" });
  assert.deepEqual(codesOf(await other.get("/me")), [400, 190, 458]);
});

test("the platform's switches: not live, live despite an error, live twice, unlisted, without a link", async (t) => {
  const world = await openThreads(t);
  const named = async (error: string, more = {}) => {
    const before = (await world.posts()).length;
    const publish = await ready(world, error);
    await world.fault({ operation: "publish", kind: "reject", error, ...more });
    const answer = await publish();
    return { answer, publish, made: (await world.posts()).length - before };
  };
  assert.deepEqual(await named("publish-500-not-live").then(({ answer, made }) => [answer.status, made]), [500, 0]);
  assert.deepEqual(await named("publish-500-but-live").then(({ answer, made }) => [answer.status, made]), [500, 1]);
  assert.deepEqual(
    await named("spam-2207051").then(({ answer, made }) => [...codesOf(answer), made]),
    [400, 4, 2207051, 0],
  );
  assert.deepEqual(
    await named("spam-2207051-but-live").then(({ answer, made }) => [...codesOf(answer), made]),
    [400, 4, 2207051, 1],
  );
  assert.deepEqual(await named("quota-full").then(({ answer, made }) => [...codesOf(answer), made]), [400, 9, 0]);

  const early = await named("publish-4279009-n-times", { times: 2 });
  assert.deepEqual(codesOf(early.answer), [400, 24, 4279009]);
  assert.deepEqual([(await early.publish()).status, (await early.publish()).status], [400, 200]);

  await ready(world, "twice").then(async (publish) => {
    assert.equal((await publish()).status, 200);
    await world.fault({ operation: "publish", kind: "reject", error: "republish-accepts" });
    assert.equal((await publish()).status, 200);
  });
  assert.deepEqual(
    (await world.posts()).slice(0, 2).map((one) => [one["text"], one["publishCalls"]]),
    [
      ["twice", 2],
      ["twice", 2],
    ],
  );

  const listed = async () => listAt((await world.get("/me/threads", { fields: "text" })).json, "data")[0]?.["text"];
  await named("list-lag-60s");
  assert.equal(await listed(), "twice");
  await world.advance(60);
  assert.equal(await listed(), "list-lag-60s");

  const id = String((await world.posts())[0]?.["id"]);
  await world.fault({ operation: "read", kind: "reject", error: "permalink-missing" });
  assert.deepEqual((await world.get(`/${id}`, { fields: "permalink" })).json, { id });
  assert.notDeepEqual((await world.get(`/${id}`, { fields: "permalink" })).json, { id });
});

test("a switch for replies does not affect other creates", async (t) => {
  const world = await openThreads(t);
  const parent = await world.publish(TEXT);
  await world.fault({ operation: "create", kind: "reject", error: "parent-lag", times: 2 });
  assert.equal((await world.post("/me/threads", TEXT)).status, 200);
  const reply = { ...TEXT, reply_to_id: parent };
  const statuses = [
    await world.post("/me/threads", reply),
    await world.post("/me/threads", reply),
    await world.post("/me/threads", reply),
  ].map((answer) => answer.status);
  assert.deepEqual(statuses, [400, 400, 200]);
});

test("magic words affect the call that carries the text, the first N times or until the text is edited", async (t) => {
  const world = await openThreads(t);
  const create = (text: string) => world.post("/me/threads", { media_type: "TEXT", text });
  const limited = "soon [[sandbox:rate_limit:2]]";
  assert.deepEqual(
    [(await create(limited)).status, (await create(limited)).status, (await create(limited)).status],
    [400, 400, 200],
  );
  const never = "never [[sandbox:reject]]";
  assert.deepEqual(
    [(await create(never)).status, (await create(never)).status, (await create("now")).status],
    [400, 400, 200],
  );
});

test("magic words about a lost response affect the call that publishes", async (t) => {
  const world = await openThreads(t);
  const publish = await ready(world, "lost [[sandbox:drop_after:1]]");
  await assert.rejects(publish());
  assert.equal((await world.posts()).length, 1);
  const unsent = await ready(world, "cut [[sandbox:drop_before:1]]");
  await assert.rejects(unsent());
  assert.equal((await unsent()).status, 200);
  const broken = await ready(world, "500 [[sandbox:error_after]]");
  assert.equal((await broken()).status, 500);
});

test("two faults of one kind affect one call each, and a fault counts every matching call", async (t) => {
  const world = await openThreads(t);
  await world.fault({ operation: "create", kind: "http_500" });
  await world.fault({ operation: "create", kind: "rate_limit", after: 1 });
  const statuses: number[] = [];
  for (let number = 0; number < 3; number += 1) statuses.push((await world.post("/me/threads", TEXT)).status);
  assert.deepEqual(statuses, [500, 400, 200]);
});

test("the faults of an account affect the next publishing calls with its grant, each once and in order, and nobody else's", async (t) => {
  const world = await openThreads(t);
  // The same person has connected the app of someone else.
  const other = await connect(world.sandbox, ["threads_basic", "threads_content_publish"]);
  const ask = (kinds?: string[], accessToken = world.token) =>
    world.sandbox.control("PUT", "account-faults", { platform: "threads", accessToken, ...(kinds && { kinds }) });
  const waiting = async () => listAt((await ask()).json, "faults").map(({ kind }) => kind);
  const create = async (token?: string) => (await world.post("/me/threads", TEXT, token)).status;

  assert.equal((await ask(["rate_limit", "drop_after"])).status, 200);
  assert.equal(await create(other), 200);
  assert.deepEqual(await waiting(), ["rate_limit", "drop_after"]);
  assert.deepEqual(codesOf(await world.post("/me/threads", TEXT)), [400, 4]);
  assert.deepEqual(await waiting(), ["drop_after"]);
  const publish = await ready(world);
  await assert.rejects(publish());
  assert.equal((await world.posts()).length, 1);
  assert.deepEqual(await waiting(), []);
  assert.equal(await create(), 200);

  await ask(["http_500"]);
  await ask(["reject", "http_500"]);
  assert.deepEqual(await waiting(), ["reject", "http_500"]);
  await ask([]);
  assert.equal(await create(), 200);

  await ask(["http_500"]);
  await world.advance(15 * 60 - 1);
  assert.deepEqual(await waiting(), ["http_500"]);
  await world.advance(1);
  assert.deepEqual(await waiting(), []);
  assert.equal(await create(), 200);

  for (const [kinds, token] of [
    [["http_500"], "nobody's"],
    [["explode"], world.token],
    [Array(11).fill("http_500"), world.token],
  ] as const)
    assert.equal((await ask([...kinds], token)).status, 400);
});
