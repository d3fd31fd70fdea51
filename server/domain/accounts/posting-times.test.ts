import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";

import { z } from "zod";

import { type PostingTimes, WEEKDAYS } from "../../../model/posting-times.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld({ scheduling: "all" });
});
after(() => world.close());

const HOUR = 3_600_000;
const everyDay = (times: readonly string[]) => Object.fromEntries(WEEKDAYS.map((day) => [day, times]));
/** In UTC, at a quarter past the hours. */
const quarterPast = (isHour: (hour: number) => boolean = () => true): PostingTimes => ({
  timeZone: "UTC",
  times: everyDay(
    Array.from({ length: 24 }, (_, hour) => (isHour(hour) ? [`${String(hour).padStart(2, "0")}:15`] : [])).flat(),
  ),
});
const isEven = (hour: number) => hour % 2 === 0;

/** With accounts on three platforms. */
async function newTenant() {
  const { test: tenant } = await world.makeTenants();
  const [facebook, threads, linkedin] = [
    await world.connect(tenant, "facebook"),
    await world.connect(tenant, "threads"),
    await world.connect(tenant, "linkedin"),
  ];
  return { ...tenant, accounts: { facebook, threads, linkedin } };
}

const pathOf = (accountId: string) => `/api/v1/accounts/${accountId}/posting-times`;
async function put(tenant: TestTenant, path: string, body: object) {
  const answer = await world.call(tenant, "PUT", path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return objectIn(answer.body, "postingTimes");
}
const setOwn = (tenant: TestTenant, accountId: string, postingTimes: PostingTimes | null) =>
  put(tenant, pathOf(accountId), { postingTimes });
const setTimes = (tenant: TestTenant, postingTimes: PostingTimes) =>
  put(tenant, `/api/v1/platform-sets/${tenant.platformSetId}/posting-times`, postingTimes);
const timesOf = async (tenant: TestTenant, accountId: string) =>
  objectIn((await world.call(tenant, "GET", pathOf(accountId))).body, "postingTimes");
const draft = ({ platformSetId }: TestTenant, platforms: readonly string[], more: object = {}) => ({
  content: { text: "Queued" },
  platforms,
  platformSetId,
  nextPostingTime: true,
  ...more,
});
const create = (tenant: TestTenant, platforms: readonly string[], headers: Record<string, string> = {}) =>
  world.call(tenant, "POST", "/api/v1/posts", draft(tenant, platforms), headers);
const timeOf = (body: unknown) => Date.parse(z.string().parse(objectIn(body, "post").scheduledFor));
const iso = (at: number) => new Date(at).toISOString();
const nextQuarterPast = (isHour: (hour: number) => boolean = () => true) => {
  const next = new Date();
  if (next.getUTCMinutes() >= 15) next.setUTCHours(next.getUTCHours() + 1);
  while (!isHour(next.getUTCHours())) next.setUTCHours(next.getUTCHours() + 1);
  return next.setUTCMinutes(15, 0, 0);
};
/** No posting time passes between a test's requests. */
beforeEach(async () => {
  const left = nextQuarterPast() - Date.now();
  if (left < 10_000) await new Promise((passed) => setTimeout(passed, left));
});

test("an account follows its set until it has times of its own, and again afterwards; each change is recorded", async () => {
  const tenant = await newTenant();
  const { facebook, threads } = tenant.accounts;
  assert.deepEqual(await timesOf(tenant, facebook), { timeZone: "UTC", times: {}, nextFreeAt: null, isOwn: false });
  await setTimes(tenant, quarterPast());
  const followed = await timesOf(tenant, facebook);
  assert.deepEqual([followed.isOwn, followed.nextFreeAt], [false, iso(nextQuarterPast())]);
  const own = await setOwn(tenant, facebook, {
    timeZone: "Asia/Tokyo",
    times: { friday: ["17:00", "09:30", "17:00"] },
  });
  assert.deepEqual([own.isOwn, own.timeZone, own.times], [true, "Asia/Tokyo", { friday: ["09:30", "17:00"] }]);
  assert.deepEqual(await timesOf(tenant, facebook), own);
  assert.equal((await timesOf(tenant, threads)).isOwn, false);
  assert.deepEqual(await setOwn(tenant, facebook, null), followed);
  const { rows } = await world.services.pool.query(
    `select target, data from audit_events where action = 'account.posting_times_changed' and user_id = $1 order by id`,
    [tenant.userId],
  );
  const first = { timeZone: "Asia/Tokyo", times: { friday: ["09:30", "17:00"] } };
  assert.deepEqual(rows, [
    { target: facebook, data: { postingTimes: first } },
    { target: facebook, data: { postingTimes: null } },
  ]);
});

test("own times without a time, and malformed ones, are rejected with what to send instead", async () => {
  const tenant = await newTenant();
  const refused = async (body: object) =>
    asRefusal(await world.call(tenant, "PUT", pathOf(tenant.accounts.threads), body), 400).issues;
  const [empty] = await refused({ postingTimes: { timeZone: "UTC", times: { monday: [] } } });
  assert.equal(empty?.path, "/postingTimes");
  assert.match(empty.message, /Send null to follow the platform set/);
  const issues = await refused({ postingTimes: { timeZone: "Mars/Olympus", times: { monday: ["25:00"] } } });
  assert.deepEqual(issues.map(({ path }) => path).sort(), ["/postingTimes/timeZone", "/postingTimes/times/monday/0"]);
  assert.deepEqual(
    (await refused({})).map(({ path }) => path),
    ["/postingTimes"],
  );
  assert.equal((await timesOf(tenant, tenant.accounts.threads)).isOwn, false);
});

test("a post is scheduled for the first time that all of its accounts have and none of them has taken", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, quarterPast());
  await setOwn(tenant, tenant.accounts.threads, quarterPast(isEven));
  const [first, even] = [nextQuarterPast(), nextQuarterPast(isEven)];
  // Facebook follows the set, so only Threads decides.
  assert.equal(timeOf((await create(tenant, ["facebook", "threads"])).body), even);
  assert.equal(timeOf((await create(tenant, ["threads"])).body), even + 2 * HOUR);
  assert.equal((await timesOf(tenant, tenant.accounts.threads)).nextFreeAt, iso(even + 4 * HOUR));
  // Posts of other accounts take nothing from an account.
  assert.equal(timeOf((await create(tenant, ["linkedin"])).body), first);
  const facebook = [first, first + HOUR, first + 2 * HOUR].filter((at) => at !== even);
  assert.equal(timeOf((await create(tenant, ["facebook"])).body), facebook[0]);
  assert.equal(timeOf((await create(tenant, ["facebook"])).body), facebook[1]);
  // Another post of the account takes it, at whatever times that one was scheduled.
  const scheduledFor = iso(even + 4 * HOUR);
  const byHand = draft(tenant, ["linkedin"], { nextPostingTime: false, scheduledFor });
  assert.equal((await world.call(tenant, "POST", "/api/v1/posts", byHand)).status, 201);
  assert.equal(timeOf((await create(tenant, ["threads", "linkedin"])).body), even + 6 * HOUR);
});

test("an update looks at the accounts that the post has then, and not at the post itself", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, quarterPast());
  await setOwn(tenant, tenant.accounts.threads, quarterPast(isEven));
  const [first, even] = [nextQuarterPast(), nextQuarterPast(isEven)];
  const made = await create(tenant, ["threads"]);
  assert.equal(timeOf(made.body), even);
  const path = `/api/v1/posts/${idOf(made.body, "post")}`;
  const update = async (body: object) =>
    timeOf((await world.call(tenant, "PATCH", path, { nextPostingTime: true, ...body })).body);
  assert.equal(await update({}), even);
  assert.equal(await update({ platforms: ["facebook"] }), first);
  assert.equal(await update({ platforms: ["facebook", "threads"] }), even);
});

test("an account that is connected in another's place has its own times, and the posts of its platform", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, quarterPast());
  await setOwn(tenant, tenant.accounts.threads, quarterPast(isEven));
  const first = nextQuarterPast();
  const taken = timeOf((await create(tenant, ["threads"])).body);
  await world.services.pool.query("update accounts set status = 'revoked' where id = $1", [tenant.accounts.threads]);
  await world.connect(tenant, "threads");
  assert.equal((await timesOf(tenant, tenant.accounts.threads)).isOwn, true);
  assert.equal(timeOf((await create(tenant, ["threads"])).body), taken === first ? first + HOUR : first);
});

test("posts that are created and moved at the same time never give an account one time twice", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, quarterPast());
  await setOwn(tenant, tenant.accounts.threads, quarterPast(isEven));
  const kinds = [["facebook"], ["threads"], ["facebook", "threads"], ["threads", "linkedin"]];
  const drafts = await Promise.all(
    kinds.map((platforms) =>
      world.call(tenant, "POST", "/api/v1/posts", draft(tenant, platforms, { nextPostingTime: false })),
    ),
  );
  const keyed = (index: number): Record<string, string> => (index % 2 === 0 ? {} : { "idempotency-key": randomUUID() });
  const all = await Promise.all([
    ...Array.from({ length: 16 }, (_, index) => create(tenant, kinds[index % kinds.length] ?? [], keyed(index))),
    ...drafts.map(({ body }) =>
      world.call(tenant, "PATCH", `/api/v1/posts/${idOf(body, "post")}`, { nextPostingTime: true }),
    ),
  ]);
  const taken = all.flatMap(({ status, body }) => {
    assert.ok(status === 200 || status === 201, JSON.stringify(body));
    const { platformPosts, scheduledFor } = objectIn(body, "post");
    const parts = z.array(z.object({ platform: z.string() })).parse(platformPosts);
    return parts.map(({ platform }) => `${platform} ${String(scheduledFor)}`);
  });
  assert.equal(taken.length, 30);
  assert.deepEqual(taken.toSorted(), [...new Set(taken)].sort());
  const hours = taken
    .filter((at) => at.startsWith("threads"))
    .map((at) => new Date(at.split(" ")[1] ?? "").getUTCHours());
  assert.ok(hours.every(isEven), String(hours));
});

test("accounts without a time in common, or with none at all, are named, by create, update and validate alike", async () => {
  const tenant = await newTenant();
  const all = ["facebook", "threads", "linkedin"];
  const issuesOf = async (platforms: readonly string[]) => {
    const { issues } = asRefusal(await create(tenant, platforms), 400);
    const validated = await world.call(tenant, "POST", "/api/v1/posts/validate", draft(tenant, platforms));
    assert.partialDeepStrictEqual(validated.body, { valid: false, issues, scheduledFor: null });
    const saved = await world.call(
      tenant,
      "POST",
      "/api/v1/posts",
      draft(tenant, platforms, { nextPostingTime: false }),
    );
    const path = `/api/v1/posts/${idOf(saved.body, "post")}`;
    assert.deepEqual(asRefusal(await world.call(tenant, "PATCH", path, { nextPostingTime: true }), 400).issues, issues);
    return issues;
  };
  await setOwn(tenant, tenant.accounts.threads, quarterPast(isEven));
  const [none, ...others] = await issuesOf(all);
  assert.deepEqual([none?.rule, none?.path, others], ["nextPostingTime.none", "/nextPostingTime", []]);
  assert.match(none?.message ?? "", /^Facebook and LinkedIn: the platform set has no posting times/);
  assert.match(
    none?.fix ?? "",
    /\/platforms or .*PUT \/api\/v1\/accounts\/:id\/posting-times, create a post for each, or/,
  );
  assert.equal((await create(tenant, ["threads"])).status, 201);
  await setTimes(
    tenant,
    quarterPast((hour) => !isEven(hour)),
  );
  const [differ] = await issuesOf(all);
  assert.deepEqual(
    [differ?.rule, differ?.path, differ?.message, differ?.fix],
    [
      "nextPostingTime.differ",
      "/nextPostingTime",
      "These accounts have no posting time in common: Facebook and LinkedIn; Threads",
      "Create 2 posts, one for each of them, or send scheduledFor.",
    ],
  );
  for (const group of [["facebook", "linkedin"], ["threads"]]) assert.equal((await create(tenant, group)).status, 201);
});

test("an account whose times of a year are all taken is told from one without common times", async () => {
  const tenant = await newTenant();
  await setTimes(tenant, quarterPast());
  await setOwn(tenant, tenant.accounts.threads, { timeZone: "UTC", times: { monday: ["09:15"] } });
  await world.services.pool.query(
    `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for)
     select gen_random_uuid(), $1, $2, $3, 'scheduled', '{}', '{threads}', at
     from generate_series(date_trunc('week', now()) + interval '9.25 hours', now() + interval '1 year', '7 days') as at`,
    [tenant.userId, tenant.mode, tenant.platformSetId],
  );
  const { issues } = asRefusal(await create(tenant, ["facebook", "threads"]), 400);
  assert.deepEqual(
    issues.map(({ rule }) => rule),
    ["nextPostingTime.taken"],
  );
  assert.equal((await timesOf(tenant, tenant.accounts.threads)).nextFreeAt, null);
  assert.equal(timeOf((await create(tenant, ["facebook"])).body), nextQuarterPast());
});
