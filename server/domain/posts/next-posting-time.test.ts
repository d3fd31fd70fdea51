import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";

import { z } from "zod";

import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const HOURLY = Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:15`);
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const EVERY_HOUR = { timeZone: "Europe/Berlin", times: Object.fromEntries(DAYS.map((day) => [day, HOURLY])) };

async function newTenant(): Promise<TestTenant> {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "facebook");
  await world.connect(tenant, "threads");
  return tenant;
}

const pathOf = ({ platformSetId }: TestTenant) => `/api/v1/platform-sets/${platformSetId}/posting-times`;
const setTimes = async (tenant: TestTenant, body: object) => {
  const answer = await world.call(tenant, "PUT", pathOf(tenant), body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return objectIn(answer.body, "postingTimes");
};
const draft = ({ platformSetId }: TestTenant, more: object = {}) => ({
  content: { text: "Queued" },
  platforms: ["facebook"],
  platformSetId,
  nextPostingTime: true,
  ...more,
});
const create = (tenant: TestTenant, more: object = {}, headers: Record<string, string> = {}) =>
  world.call(tenant, "POST", "/api/v1/posts", draft(tenant, more), headers);
const timeOf = (body: unknown) => Date.parse(z.string().parse(objectIn(body, "post").scheduledFor));
const nextQuarterPast = () => {
  const next = new Date();
  if (next.getUTCMinutes() >= 15) next.setUTCHours(next.getUTCHours() + 1);
  return next.setUTCMinutes(15, 0, 0);
};
/** No posting time passes between a test's requests. */
beforeEach(async () => {
  const left = nextQuarterPast() - Date.now();
  if (left < 10_000) await new Promise((passed) => setTimeout(passed, left));
});
const HOUR = 3_600_000;

test("posts that are created at the same time take one posting time each, without a gap", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, EVERY_HOUR);
  const first = nextQuarterPast();
  const keyed = (index: number): Record<string, string> => (index % 2 === 0 ? {} : { "idempotency-key": randomUUID() });
  const all = await Promise.all(Array.from({ length: 16 }, (_, index) => create(tenant, {}, keyed(index))));
  for (const { status, body } of all) assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual(
    all.map(({ body }) => timeOf(body)).sort((a, b) => a - b),
    Array.from({ length: 16 }, (_, index) => first + index * HOUR),
  );
});

test("a post at a posting time takes it, however it was scheduled, until it is moved or discarded", async () => {
  const tenant = await newTenant();
  const set = await setTimes(tenant, EVERY_HOUR);
  const first = nextQuarterPast();
  assert.equal(set.nextFreeAt, new Date(first).toISOString());
  const scheduledFor = new Date(first).toISOString();
  const byHand = await create(tenant, { nextPostingTime: false, scheduledFor });
  const second = await create(tenant);
  assert.deepEqual([timeOf(byHand.body), timeOf(second.body)], [first, first + HOUR]);
  await world.call(tenant, "POST", `/api/v1/posts/${idOf(byHand.body, "post")}/cancel`);
  assert.equal(timeOf((await create(tenant)).body), first);
  const path = `/api/v1/posts/${idOf(second.body, "post")}`;
  await world.call(tenant, "PATCH", path, { scheduledFor: new Date(first + 30 * 60_000).toISOString() });
  assert.equal(timeOf((await create(tenant)).body), first + HOUR);
  const other = await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Another" });
  const another = { ...tenant, platformSetId: idOf(other.body, "set") };
  await world.connect(another, "facebook", { platformSetId: another.platformSetId });
  await setTimes(another, EVERY_HOUR);
  assert.equal(timeOf((await create(another)).body), first);
});

test("an update moves a post to the next free posting time, which is its own if it has it", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, EVERY_HOUR);
  const first = nextQuarterPast();
  await create(tenant);
  const made = await create(tenant, { nextPostingTime: false });
  assert.equal(objectIn(made.body, "post").scheduledFor, null);
  const path = `/api/v1/posts/${idOf(made.body, "post")}`;
  for (const _ of [1, 2]) {
    const moved = await world.call(tenant, "PATCH", path, { nextPostingTime: true });
    assert.deepEqual([objectIn(moved.body, "post").status, timeOf(moved.body)], ["scheduled", first + HOUR]);
  }
});

test("validating shows the next free posting time and takes nothing", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, EVERY_HOUR);
  const at = new Date(nextQuarterPast()).toISOString();
  for (const _ of [1, 2]) {
    const { body } = await world.call(tenant, "POST", "/api/v1/posts/validate", draft(tenant));
    assert.partialDeepStrictEqual(body, { valid: true, issues: [], scheduledFor: at });
  }
});

test("without posting times, with all of them taken, or with two times, the request says what to do", async () => {
  const tenant = await newTenant();
  const refused = async (more: object = {}) => {
    const { issues } = asRefusal(await create(tenant, more), 400);
    const validated = await world.call(tenant, "POST", "/api/v1/posts/validate", draft(tenant, more));
    const rules = issues.map(({ rule, path }) => [rule, path]);
    assert.deepEqual(
      z
        .object({ issues: z.array(z.object({ rule: z.string(), path: z.string() })) })
        .parse(validated.body)
        .issues.map(({ rule, path }) => [rule, path]),
      rules,
    );
    return { rules, fix: issues[0]?.fix ?? "" };
  };
  const none = await refused();
  assert.deepEqual(none.rules, [["nextPostingTime.none", "/nextPostingTime"]]);
  assert.ok(none.fix.includes(`${world.services.settings.appUrl}/platforms`) && none.fix.includes(pathOf(tenant)));
  await setTimes(tenant, EVERY_HOUR);
  const scheduledFor = new Date(Date.now() + 7 * 24 * HOUR).toISOString();
  assert.deepEqual((await refused({ scheduledFor })).rules, [["nextPostingTime.scheduledFor", "/nextPostingTime"]]);
  assert.deepEqual((await refused({ platformSetId: randomUUID() })).rules, [
    ["platformSetId.unknown", "/platformSetId"],
  ]);
  const { times } = await setTimes(tenant, { timeZone: "UTC", times: { monday: ["09:30"] } });
  assert.deepEqual(times, { monday: ["09:30"] });
  await world.services.pool.query(
    `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for)
     select gen_random_uuid(), $1, $2, $3, 'scheduled', '{}', '{facebook}', at
     from generate_series(date_trunc('week', now()) + interval '9.5 hours', now() + interval '1 year', '7 days') as at`,
    [tenant.userId, tenant.mode, tenant.platformSetId],
  );
  assert.deepEqual((await refused()).rules, [["nextPostingTime.taken", "/nextPostingTime"]]);
});

test("a platform that this instance does not schedule, and a key that cannot schedule, are rejected as with a time", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, EVERY_HOUR);
  const unscheduled = asRefusal(await create(tenant, { platforms: ["threads"] }), 400);
  assert.match(unscheduled.issues[0]?.message ?? "", /Threads posts cannot be scheduled yet/);
  const cookie = await world.signIn(tenant);
  const made = await world.callAs(cookie, "POST", "/api/keys", {
    name: "writer",
    mode: "test",
    policies: { draftOnly: true },
  });
  const key = z.string().parse(objectIn(made.body, "key").apiKey);
  asRefusal(await create({ ...tenant, key }), 403);
  assert.equal(
    objectIn((await world.call(tenant, "GET", pathOf(tenant))).body, "postingTimes").nextFreeAt,
    new Date(nextQuarterPast()).toISOString(),
  );
});

test("posting times are sorted, without duplicates, and recorded; invalid ones are rejected", async () => {
  const tenant = await newTenant();
  assert.deepEqual((await world.call(tenant, "GET", pathOf(tenant))).body, {
    postingTimes: { timeZone: "UTC", times: {}, nextFreeAt: null },
  });
  const { times } = await setTimes(tenant, {
    timeZone: "America/New_York",
    times: { sunday: ["17:00", "09:30", "17:00"], monday: [] },
  });
  assert.deepEqual(times, { sunday: ["09:30", "17:00"] });
  const { issues } = asRefusal(
    await world.call(tenant, "PUT", pathOf(tenant), {
      timeZone: "Mars/Olympus",
      times: { monday: ["24:00", "9:30"], someday: ["09:30"] },
    }),
    400,
  );
  assert.deepEqual(issues.map(({ path }) => path).sort(), [
    "/timeZone",
    "/times/monday/0",
    "/times/monday/1",
    "/times/someday",
  ]);
  const { rows } = await world.services.pool.query(
    "select data from audit_events where action = 'platform_set.posting_times_changed' and user_id = $1",
    [tenant.userId],
  );
  assert.deepEqual(rows, [
    { data: { timeZone: "America/New_York", times: { sunday: ["09:30", "17:00"], monday: [] } } },
  ]);
});
