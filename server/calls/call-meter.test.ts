import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";

import pino from "pino";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { type PlanLimits, type PlanName, PLANS, type RateClass } from "../../model/plans.ts";
import { NO_LIMITS, OPEN_LIMITS, type UserLimits } from "../../model/user-limits.ts";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { createLimitsOf, readRates } from "../domain/users/rates.ts";
import { createCallMeter } from "./call-meter.ts";
import { createRequestBlocks } from "./request-blocks.ts";
import type { Asked, Counts } from "./request-counter.ts";

let database: TestDatabase;
const jobs: { queue: string; data: object }[] = [];
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

type Who = Parameters<ReturnType<typeof createCallMeter>["count"]>[1];

/** A new user with these limits, and as many processes as asked for. */
async function open({
  plan = "self-hosted",
  limits = {},
  own = {},
}: { plan?: PlanName; limits?: Partial<PlanLimits>; own?: Partial<UserLimits> } = {}) {
  const userId = newId();
  await database.pool.query("insert into users (id, email) values ($1, $2)", [userId, `${userId}@example.com`]);
  const userPlan = { name: plan, limits: { ...PLANS[plan].limits, ...limits } };
  const services = {
    pool: database.pool,
    jobs: { send: async (_db: unknown, queue: string, data: object) => void jobs.push({ queue, data }) },
    log: pino({ level: "silent" }),
    planOf: async () => userPlan,
    limitsOf: async () => ({ ...NO_LIMITS, ...own }),
  };
  const live: Who = { userId, mode: "live", actor: { kind: "key", id: newId() } };
  return {
    userId,
    userPlan,
    services,
    live,
    test: { ...live, mode: "test" as const },
    meter: createCallMeter(services),
  };
}

type Meter = ReturnType<typeof createCallMeter>;

/** What a request is told: its limit, what remains, and the refusal's limit and message if it is refused. */
async function count(meter: Meter, who: Who, rateClass: RateClass, what?: Parameters<Meter["count"]>[3]) {
  const headers = new Map<string, string>();
  const reply = { header: (name: string, value: string) => headers.set(name.replace("x-ratelimit-", ""), value) };
  const refused = await meter.count(reply, who, rateClass, what).then(
    () => null,
    (error: unknown) => (error instanceof PublicError ? error : Promise.reject(error)),
  );
  const told = { limit: headers.get("limit"), remaining: headers.get("remaining"), reset: headers.get("reset") };
  return { ...told, refused };
}

const many = async (times: number, one: (index: number) => ReturnType<typeof count>) =>
  await Promise.all(Array.from({ length: times }, (_, index) => one(index)));
const passed = (all: readonly Awaited<ReturnType<typeof count>>[]) => all.filter(({ refused }) => refused === null);
const limitOf = (refused: PublicError | null) => Object(refused?.extra)["limit"];

/** The statements that this database is sent meanwhile. */
async function statementsOf(t: TestContext, work: () => Promise<unknown>): Promise<number> {
  const query = t.mock.method(database.pool, "query");
  await work();
  const calls = query.mock.callCount();
  query.mock.restore();
  return calls;
}

/** Within one minute, so that its requests are counted together. */
async function inOneMinute(): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000);
  if (left < 20_000) await new Promise((passes) => setTimeout(passes, left));
}

test("exactly as many requests of each class pass as the plan allows, over several processes and after a restart", async () => {
  const { services, live, test: tester } = await open({ plan: "free" });
  await inOneMinute();
  const processes = [1, 2, 3].map(() => createCallMeter(services));
  for (const [rateClass, limit] of [
    ["createPost", 10],
    ["publishPost", 10],
    ["connectPlatform", 10],
    ["mediaUpload", 10],
    ["apiRead", 60],
  ] as const) {
    const all = await many(limit * 3, (index) =>
      count(processes[index % 3] ?? assert.fail(), index % 2 === 0 ? live : tester, rateClass),
    );
    assert.equal(passed(all).length, limit, rateClass);
    // Each of them is told another number.
    const remaining = passed(all).map((told) => Number(told.remaining));
    assert.deepEqual(
      remaining.sort((a, b) => a - b),
      Array.from({ length: limit }, (_, index) => index),
    );
    const { refused } = await count(createCallMeter(services), live, rateClass);
    const { kind, name, limit: most } = limitOf(refused);
    assert.deepEqual({ kind, name, most }, { kind: "rate", name: rateClass, most: limit });
  }
  const rates = await readRates(services, live.userId);
  assert.deepEqual(
    Object.values(rates).map(({ limit, remaining, windowSeconds }) => [limit, remaining, windowSeconds]),
    [
      [10, 0, 60],
      [10, 0, 60],
      [10, 0, 3600],
      [10, 0, 60],
      [60, 0, 60],
    ],
  );
});

test("many concurrent requests take a few statements, and those of a user at the limit none", async (t) => {
  const { services, meter, live } = await open({ limits: { apiRead: 400 } });
  await inOneMinute();
  const few = await statementsOf(t, () => many(300, () => count(meter, live, "apiRead")));
  assert.ok(few <= 3, `${few} statements for 300 requests`);
  assert.equal(passed(await many(200, () => count(meter, live, "apiRead"))).length, 100);
  const none = await statementsOf(t, async () => {
    const refused = await many(50, () => count(meter, live, "apiRead"));
    assert.equal(passed(refused).length, 0);
    assert.ok(refused.every(({ limit, remaining }) => limit === "400" && remaining === "0"));
  });
  assert.equal(none, 0);
  // A larger plan is seen immediately.
  services.planOf = async () => ({ name: "pro", limits: PLANS.pro.limits });
  assert.equal((await count(meter, live, "apiRead")).refused, null);
});

test("where nothing limits, nothing is counted", async (t) => {
  const { meter, live, services } = await open();
  const statements = await statementsOf(t, async () => {
    assert.deepEqual(await count(meter, live, "createPost"), {
      limit: undefined,
      remaining: undefined,
      reset: undefined,
      refused: null,
    });
  });
  assert.equal(statements, 0);
  assert.equal((await readRates(services, live.userId)).createPost.limit, null);
});

test("of the plan's limit and the operator's, the stricter applies, each in its own window", async () => {
  const stricter = await open({ plan: "creator", own: { callsPerMinute: 7 } });
  await inOneMinute();
  assert.equal((await count(stricter.meter, stricter.live, "createPost")).limit, "7");
  const looser = await open({ plan: "free", own: { callsPerMinute: 100 } });
  assert.equal((await count(looser.meter, looser.live, "createPost")).limit, "10");
  // 30 per hour, and 7 of them per minute.
  const all = await many(9, () => count(stricter.meter, stricter.live, "connectPlatform"));
  assert.equal(passed(all).length, 7);
  const { refused } = all.at(-1) ?? assert.fail();
  assert.match(String(refused?.message), /limit of 7 connectPlatform requests per minute/);
  const nextMinute = async () =>
    await database.pool.query(
      "update request_counts set time_window = time_window - 1 where user_id = $1 and seconds = 60",
      [stricter.userId],
    );
  for (let minutes = 1; minutes <= 3; minutes += 1) {
    await nextMinute();
    const process = createCallMeter(stricter.services);
    assert.ok(passed(await many(8, () => count(process, stricter.live, "connectPlatform"))).length <= 7);
  }
  await nextMinute();
  const last = await count(createCallMeter(stricter.services), stricter.live, "connectPlatform");
  assert.match(String(last.refused?.message), /limit of 30 connectPlatform requests per hour/);
  assert.ok(Number(last.refused?.headers["retry-after"]) <= 3600);
  assert.equal(Number(last.reset) % 3600, 0);
});

test("the default limits of open sign-up do not bind a paid plan, nor users whose limits the operator has set", async () => {
  const config = { userLimits: OPEN_LIMITS, setUserLimits: NO_LIMITS };
  const of = async (name: PlanName, limits: Partial<PlanLimits> = {}) => {
    const limitsOf = createLimitsOf(config, async () => ({ name, limits: { ...PLANS[name].limits, ...limits } }));
    const [live, tester] = [await limitsOf("somebody", "live"), await limitsOf("somebody", "test")];
    assert.equal(tester.postsPerDay, OPEN_LIMITS.postsPerDay);
    assert.equal(live.callsPerMinute, tester.callsPerMinute);
    assert.equal(live.postsPerDay === null, live.callsPerMinute === null);
    return live.callsPerMinute;
  };
  assert.deepEqual(
    [await of("free"), await of("self-hosted"), await of("scale"), await of("free", { apiRead: 900 })],
    [120, 120, null, null],
  );
  const set = createLimitsOf({ ...config, setUserLimits: { ...NO_LIMITS, callsPerMinute: 50 } }, async () => ({
    name: "scale",
    limits: PLANS.scale.limits,
  }));
  assert.equal((await set("somebody")).callsPerMinute, 50);
});

test("a window later, the previous one's requests no longer count", async () => {
  const { services, userId, live } = await open({ own: { callsPerMinute: 2 } });
  await inOneMinute();
  const meter = createCallMeter(services);
  assert.equal(passed(await many(3, () => count(meter, live, "apiRead"))).length, 2);
  const shift = (windows: number) =>
    database.pool.query("update request_counts set time_window = time_window + $2 where user_id = $1", [
      userId,
      windows,
    ]);
  await shift(-1);
  assert.equal((await count(createCallMeter(services), live, "apiRead")).remaining, "1");
  // A statement that waited is of the window before: it counts in the current one.
  await shift(1);
  const late = await count(createCallMeter(services), live, "apiRead");
  assert.equal(late.remaining, "0");
  assert.ok(Number(late.reset) * 1000 > Date.now() + 60_000);
  // A clock that was wrong for a while limits nobody for longer than a window.
  await shift(1_000);
  assert.equal((await count(createCallMeter(services), live, "apiRead")).remaining, "1");
});

test("exactly as many API requests of a month pass as the plan allows: those of live keys that no rate limit refuses", async () => {
  const {
    services,
    userId,
    live,
    test: tester,
  } = await open({
    plan: "free",
    limits: { apiRequestsPerMonth: 25, apiRead: 20, createPost: 1_000, mediaUpload: 1_000 },
  });
  const ofMonth = async () =>
    (
      await database.pool.query<{ api_requests: number }>("select api_requests from usage_months where user_id = $1", [
        userId,
      ])
    ).rows[0]?.api_requests ?? 0;
  await inOneMinute();
  const processes = [createCallMeter(services), createCallMeter(services)];
  const process = (index: number) => processes[index % 2] ?? assert.fail();
  await many(5, (index) => count(process(index), tester, "createPost"));
  await many(5, (index) => count(process(index), { ...live, actor: { kind: "session", id: null } }, "createPost"));
  await many(5, (index) => count(process(index), live, "mediaUpload", { isFile: true }));
  assert.equal(await ofMonth(), 0);
  assert.equal(passed(await many(50, (index) => count(process(index), live, "apiRead"))).length, 20);
  assert.equal(await ofMonth(), 20);
  const all = await many(30, (index) => count(process(index), live, "createPost"));
  assert.equal(passed(all).length, 5);
  const last = createCallMeter(services);
  const { refused } = await count(last, live, "createPost");
  const known = await count(last, live, "createPost");
  assert.deepEqual([known.limit, known.remaining, known.refused?.message], ["1000", "0", refused?.message]);
  const { resetsAt, ...limit } = limitOf(refused);
  assert.deepEqual(limit, { kind: "quota", name: "apiRequestsPerMonth", limit: 25 });
  const now = new Date();
  assert.equal(resetsAt, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString());
  assert.equal((await count(process(0), tester, "createPost")).refused, null);
  // The last threshold was reached in passing the first.
  const events = async () =>
    (
      await database.pool.query<{ percent: number }>(
        "select (data->>'percent')::int as percent from outbox where user_id = $1 order by 1",
        [userId],
      )
    ).rows.map(({ percent }) => percent);
  while ((await events()).length < 2) await new Promise(setImmediate);
  assert.deepEqual(await events(), [80, 100]);
  assert.ok(jobs.length > 0);
});

test("requests that are sent together pass together or not at all", async () => {
  const { meter, live } = await open({ own: { callsPerMinute: 5 } });
  await inOneMinute();
  assert.equal((await count(meter, live, "apiRead", { requests: 3 })).remaining, "2");
  assert.equal((await count(meter, live, "apiRead", { requests: 3 })).remaining, "0");
  assert.notEqual((await count(meter, live, "apiRead")).refused, null);
});

test("a user whose counts are locked holds up nobody else", async () => {
  const [held, other] = [await open({ plan: "free" }), await open({ plan: "free" })];
  await inOneMinute();
  // One process for both.
  const meter = createCallMeter(held.services);
  await count(meter, held.live, "createPost");
  const holder = await database.pool.connect();
  try {
    await holder.query("begin");
    await holder.query("select 1 from usage_months where user_id = $1 for update", [held.userId]);
    const stuck = many(3, () => count(meter, held.live, "createPost"));
    for (let times = 1; times <= 5; times += 1)
      assert.equal((await count(meter, other.live, "createPost")).remaining, String(10 - times));
    await holder.query("rollback");
    assert.deepEqual(
      (await stuck).map(({ remaining }) => remaining),
      ["8", "7", "6"],
    );
  } finally {
    holder.release();
  }
});

test("a user who is deleted while counted fails nobody's request", async () => {
  const [gone, other] = [await open({ plan: "free" }), await open({ plan: "free" })];
  const meter = createCallMeter(gone.services);
  await database.pool.query("delete from users where id = $1", [gone.userId]);
  const told = await Promise.all([
    count(meter, gone.live, "apiRead"),
    count(meter, other.live, "apiRead"),
    count(meter, gone.live, "apiRead"),
  ]);
  assert.deepEqual(
    told.map(({ refused, remaining }) => [refused, remaining]),
    [
      [null, undefined],
      [null, "59"],
      [null, undefined],
    ],
  );
});

/** A user far from every limit, whose next requests are counted ahead, and what the database has counted. */
async function openBusy(limits: Partial<PlanLimits> = {}) {
  const opened = await open({ plan: "scale", limits: { apiRead: 100_000, ...limits } });
  await inOneMinute();
  const inTurn = async (meter: Meter, times: number) => {
    const all = [];
    for (let time = 1; time <= times; time += 1) all.push(await count(meter, opened.live, "apiRead"));
    return all;
  };
  const counted = async () =>
    (
      await database.pool.query<{ window: number; month: number }>(
        `select c.requests as window, m.api_requests as month
         from request_counts c join usage_months m using (user_id) where user_id = $1`,
        [opened.userId],
      )
    ).rows[0];
  const used = async (requests: number) =>
    await database.pool.query("update request_counts set requests = $2 where user_id = $1", [opened.userId, requests]);
  return { ...opened, inTurn, counted, used };
}

test("a busy user's requests far from a limit take a few statements, and each has its own place", async (t) => {
  const { meter, inTurn, counted } = await openBusy();
  const remaining: number[] = [];
  const few = await statementsOf(t, async () => {
    for (const told of await inTurn(meter, 200)) remaining.push(Number(told.remaining));
  });
  assert.ok(few <= 20, `${few} statements for 200 requests`);
  assert.deepEqual(
    remaining,
    Array.from({ length: 200 }, (_, index) => 99_999 - index),
  );
  await meter.close();
  assert.deepEqual(await counted(), { window: 200, month: 200 });
  // Nothing is counted ahead any longer.
  await inTurn(meter, 5);
  assert.deepEqual(await counted(), { window: 205, month: 205 });
});

test("a user with little traffic, near a limit or near a threshold of the month has each request counted when it is made", async (t) => {
  for (const [limits, times] of [
    [{}, 2],
    [{ apiRead: 1_000 }, 20],
    [{ apiRequestsPerMonth: 1_250 }, 20],
  ] as const) {
    const { meter, inTurn, counted } = await openBusy(limits);
    assert.equal(await statementsOf(t, () => inTurn(meter, times)), times);
    assert.deepEqual(await counted(), { window: times, month: times });
  }
});

test("requests counted ahead never pass a limit, over several processes of which one is killed", async () => {
  const { services, live, inTurn, meter: killed } = await openBusy({ apiRead: 1_400 });
  let all = passed(await inTurn(killed, 60)).length;
  const processes = [createCallMeter(services), createCallMeter(services)];
  for (let round = 1; round <= 40; round += 1)
    for (const process of processes) all += passed(await many(20, () => count(process, live, "apiRead"))).length;
  // At most a hundredth of what was left is lost with the process.
  assert.ok(all <= 1_400 && all >= 1_400 - 14, `${all} of 1400 requests passed`);
});

test("a request passes even if others used up what was left for a block", async () => {
  const { meter, inTurn, used } = await openBusy();
  await inTurn(meter, 2);
  await used(99_998);
  const [last, beyond] = await inTurn(meter, 3);
  assert.deepEqual([last?.refused, last?.remaining], [null, "1"]);
  assert.deepEqual([beyond?.refused, beyond?.remaining], [null, "0"]);
});

test("what was counted ahead is used for two seconds, and then given back", async (t) => {
  const { meter, inTurn, counted } = await openBusy();
  const now = performance.now.bind(performance);
  await inTurn(meter, 4);
  assert.notDeepEqual(await counted(), { window: 4, month: 4 });
  t.mock.method(performance, "now", () => now() + 2_000);
  assert.notEqual(await statementsOf(t, () => inTurn(meter, 1)), 0);
  await meter.close();
  assert.deepEqual(await counted(), { window: 5, month: 5 });
});

test("what was counted ahead is not used in the next window, nor given back to it", async (t) => {
  const { userId, meter, inTurn, counted } = await openBusy();
  await inTurn(meter, 4);
  const before = await counted();
  await database.pool.query("update request_counts set time_window = time_window + 1 where user_id = $1", [userId]);
  await meter.close();
  assert.deepEqual(await counted(), { window: before?.window, month: 4 });

  t.mock.method(performance, "now", () => 1_000);
  let requests = 0;
  const count = t.mock.fn(async (asked: Asked): Promise<Counts> => {
    const resets = { resetsAt: new Date(), millisecondsLeft: 500 };
    return { windows: [{ ...resets, seconds: 60, limit: 1e6, requests: (requests += asked.requests) }], month: null };
  });
  const blocks = createRequestBlocks(database.pool, { count });
  const one = async () =>
    await blocks.count(
      { userId, rateClass: "apiRead", windows: [{ limit: 1e6, seconds: 60 }], requests: 1, isOfMonth: false },
      null,
    );
  for (let time = 1; time <= 4; time += 1) await one();
  assert.equal(count.mock.callCount(), 3);
  t.mock.method(performance, "now", () => 1_500);
  await one();
  assert.equal(count.mock.callCount(), 4);
  await blocks.close();
});
