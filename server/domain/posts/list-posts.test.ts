import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import type pg from "pg";
import { z } from "zod";

import { asRefusal, idOf } from "../../../tests/answers.ts";
import { type Called, createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { foldPostCounts } from "../../db/queries/cleanup.ts";
import { listPage, listSummaries, type PostFilter } from "../../db/queries/list-posts.ts";
import { blockPosts } from "../../jobs/search-blocks.ts";
import { listPosts, type PostQuery } from "./list-posts.ts";
import { searchPosts } from "./search-posts.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const page = z.object({
  posts: z.array(z.looseObject({ id: z.string(), textPreview: z.string(), status: z.string() })),
  total: z.int(),
  nextCursor: z.string().nullable(),
});

async function newTenant(): Promise<TestTenant> {
  const tenant = (await world.makeTenants()).test;
  await world.connect(tenant, "threads");
  await world.connect(tenant, "linkedin");
  return tenant;
}

async function create(tenant: TestTenant, text: string, changed: object = {}): Promise<string> {
  const answer = await world.call(tenant, "POST", POSTS, {
    content: { text },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
    ...changed,
  });
  return idOf(answer.body, "post");
}

const list = async (tenant: TestTenant, query = "") =>
  page.parse((await world.call(tenant, "GET", `${POSTS}${query}`)).body);

test("posts are listed newest first, in pages by offset or cursor without duplicates or gaps", async () => {
  const tenant = await newTenant();
  const ids: string[] = [];
  for (let index = 0; index < 25; index += 1) ids.unshift(await create(tenant, `Post ${index}`));
  const first = await list(tenant);
  assert.deepEqual([first.posts.map(({ id }) => id), first.total], [ids.slice(0, 20), 25]);
  const byOffset = await list(tenant, "?limit=10&offset=20");
  assert.deepEqual([byOffset.posts.map(({ id }) => id), byOffset.nextCursor], [ids.slice(20), null]);
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { posts, nextCursor, total } = await list(tenant, `?limit=7${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...posts.map(({ id }) => id));
    assert.equal(total, 25);
    cursor = nextCursor;
  }
  assert.deepEqual(seen, ids);
  assert.deepEqual((await list(tenant, "?offset=100")).posts, []);
  asRefusal(await world.call(tenant, "GET", `${POSTS}?cursor=nonsense`), 400);
});

test("scheduled posts that were missed, or whose account is no longer connected, are found", async () => {
  const tenant = await newTenant();
  await world.connect(tenant, "facebook");
  const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
  const platforms = ["facebook"];
  const post = (text: string) => create(tenant, text, { platforms, scheduledFor });
  const [fine, missed, left] = [await post("Fine"), await post("Missed"), await post("Left")];
  const set = (columns: string, id: string) =>
    world.services.pool.query(`update platform_posts set ${columns} where post_id = $1`, [id]);
  await set("next_action_at = null", missed);
  const { rows } = await world.services.pool.query<{ id: string }>(
    `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id, status)
     values (gen_random_uuid(), $1, $2, $3, 'facebook', 'former', 'revoked') returning id`,
    [tenant.userId, tenant.mode, tenant.platformSetId],
  );
  await set(`account_id = '${rows[0]?.id}', lane = 'commit'`, left);
  await create(tenant, "Draft", { platforms });
  const { posts } = await list(tenant, "");
  assert.equal(posts.find(({ id }) => id === fine)?.blockedCount, 0);
  for (const query of ["?outcome=blocked", "?outcome=blocked&status=scheduled&platform=facebook&search=e"]) {
    const found = await list(tenant, query);
    const counts = found.posts.map(({ id, blockedCount }) => [id, blockedCount]);
    assert.deepEqual([found.total, ...counts], [2, [left, 1], [missed, 1]]);
  }
});

test("posts that may be live although no platform has confirmed them are told apart from failed ones, and found", async () => {
  const tenant = await newTenant();
  const settle = async (text: string, status: string, ...outcomes: readonly string[]) => {
    const id = await create(tenant, text, { platforms: ["threads", "linkedin"] });
    await world.services.pool.query("update posts set status = $2 where id = $1", [id, status]);
    for (const [index, platform] of ["threads", "linkedin"].entries())
      await world.services.pool.query("update platform_posts set status = $3 where post_id = $1 and platform = $2", [
        id,
        platform,
        outcomes[index],
      ]);
    return id;
  };
  const lost = await settle("Lost", "failed", "unknown", "failed");
  const half = await settle("Half", "partial", "published", "unknown");
  const going = await settle("Going", "posting", "unknown", "posting");
  const failed = await settle("Failed", "failed", "failed", "failed");
  await settle("Ended", "discarded", "unknown", "discarded");
  const found = async (query: string) => {
    const { posts, total } = await list(tenant, query);
    assert.equal(total, posts.length, query);
    return posts.map(({ id, failedCount, unknownCount }) => [id, failedCount, unknownCount]);
  };
  assert.deepEqual(await found("?outcome=unknown"), [
    [going, 1, 1],
    [half, 1, 1],
    [lost, 2, 1],
  ]);
  assert.deepEqual(await found("?outcome=unknown&status=failed"), [[lost, 2, 1]]);
  assert.deepEqual(await found("?outcome=unknown&search=half"), [[half, 1, 1]]);
  assert.deepEqual(await found("?status=failed"), [
    [failed, 2, 0],
    [lost, 2, 1],
  ]);
  asRefusal(await world.call(tenant, "GET", `${POSTS}?outcome=failed`), 400);
});

test("status and platform filter, and total counts what they match", async () => {
  const tenant = await newTenant();
  const both = await create(tenant, "Both", { platforms: ["threads", "linkedin"] });
  const gone = await create(tenant, "Gone");
  await world.call(tenant, "DELETE", `${POSTS}/${gone}`);
  const found = async (query: string) => {
    const { posts, total } = await list(tenant, query);
    assert.equal(total, posts.length, query);
    return posts.map(({ id }) => id);
  };
  assert.deepEqual(await found("?platform=linkedin"), [both]);
  assert.deepEqual(await found("?platform=threads"), [gone, both]);
  assert.deepEqual(await found("?status=discarded"), [gone]);
  assert.deepEqual(await found("?status=draft&platform=threads"), [both]);
  assert.deepEqual(await found("?status=published"), []);
});

test("posts of one platform set are found, alone and with other filters", async () => {
  const tenant = await newTenant();
  const here = await create(tenant, "Here");
  const { body } = await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Elsewhere" });
  const platformSetId = idOf(body, "set");
  await world.connect(tenant, "threads", { platformSetId });
  const there = await create(tenant, "There", { platformSetId });
  const found = async (query: string) => {
    const { posts, total } = await list(tenant, query);
    assert.equal(total, posts.length, query);
    return posts.map(({ id }) => id);
  };
  assert.deepEqual(await found(`?platformSetId=${platformSetId}`), [there]);
  assert.deepEqual(await found(`?platformSetId=${tenant.platformSetId}&status=draft`), [here]);
  assert.deepEqual(await found(`?platformSetId=${platformSetId}&search=here`), [there]);
});

test("posts are found by the times they are scheduled for, the earliest first", async () => {
  const tenant = await newTenant();
  await world.connect(tenant, "facebook");
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const schedule = (hours: number) =>
    create(tenant, `In ${hours} hours`, { platforms: ["facebook"], scheduledFor: at(hours) });
  const last = await schedule(30);
  const first = await schedule(10);
  const next = await schedule(20);
  await create(tenant, "A draft");
  const found = async (query: string) => {
    const { posts, total, nextCursor } = await list(tenant, query);
    assert.equal(nextCursor, null);
    return [posts.map(({ id }) => id), total];
  };
  assert.deepEqual(await found(`?scheduledFrom=${at(0)}`), [[first, next, last], 3]);
  assert.deepEqual(await found(`?scheduledFrom=${at(15)}&scheduledTo=${at(25)}`), [[next], 1]);
  assert.deepEqual(await found(`?scheduledTo=${at(25)}&status=scheduled&limit=1`), [[first], 2]);
  assert.deepEqual(await found(`?scheduledTo=${at(25)}&limit=1&offset=1`), [[next], 2]);
});

test("posts are found by their times: when they were published, otherwise when they are scheduled for", async () => {
  const tenant = await newTenant();
  await world.connect(tenant, "facebook");
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const next = await create(tenant, "Next", { platforms: ["facebook"], scheduledFor: at(20) });
  const now = await create(tenant, "Published at once");
  const late = await create(tenant, "Published late", { platforms: ["facebook"], scheduledFor: at(30) });
  await create(tenant, "A draft");
  const publishAt = async (id: string, hours: number) =>
    await world.services.pool.query("update posts set status = 'published', published_at = $2 where id = $1", [
      id,
      at(hours),
    ]);
  await publishAt(now, -5);
  await publishAt(late, 40);
  const found = async (query: string) => {
    const { posts, total, nextCursor } = await list(tenant, query);
    assert.equal(nextCursor, null);
    return [posts.map(({ id }) => id), total];
  };
  assert.deepEqual(await found(`?timeFrom=${at(-10)}`), [[now, next, late], 3]);
  assert.deepEqual(await found(`?timeFrom=${at(15)}&timeTo=${at(35)}`), [[next], 1]);
  assert.deepEqual(await found(`?timeTo=${at(50)}&limit=1&offset=2`), [[late], 3]);
  assert.deepEqual(await found(`?timeFrom=${at(-10)}&platform=facebook`), [[next, late], 2]);
});

test("a search finds any text of the post, case-insensitively, and treats % _ and \\ as plain characters", async () => {
  const tenant = await newTenant();
  const plain = await create(tenant, "Grüße aus Köln, 100% sicher, a_b and c\\d");
  const override = await create(tenant, "Something", {
    platforms: ["linkedin"],
    content: {
      text: "Something",
      linkUrl: "https://example.com",
      platformOverrides: { linkedin: { text: "Overridden words", settings: { articleTitle: "Headline" } } },
    },
  });
  const chain = await create(tenant, "Start", {
    content: {
      text: "Start",
      platformOverrides: { threads: { settings: { thread: [{ text: "Then the second part" }] } } },
    },
  });
  const alt = await create(tenant, "Picture", {
    content: { text: "Picture", media: [{ url: "https://example.com/a.jpg", altText: "A lighthouse" }] },
  });
  const search = async (words: string) =>
    (await list(tenant, `?search=${encodeURIComponent(words)}`)).posts.map(({ id }) => id);
  assert.deepEqual(await search("GRÜSSE"), []);
  assert.deepEqual(await search("grüße AUS köln"), [plain]);
  assert.deepEqual(await search("100%"), [plain]);
  assert.deepEqual(await search("a_b"), [plain]);
  assert.deepEqual(await search("c\\d"), [plain]);
  assert.deepEqual(await search("a%b"), []);
  assert.deepEqual(await search("overridden"), [override]);
  assert.deepEqual(await search("headline"), [override]);
  assert.deepEqual(await search("second part"), [chain]);
  assert.deepEqual(await search("lighthouse"), [alt]);
  assert.equal((await list(tenant, "?search=e")).total, (await list(tenant, "?search=e")).posts.length);
});

test("from and to limit the creation time", async () => {
  const tenant = await newTenant();
  const id = await create(tenant, "Now");
  const at = (milliseconds: number) => encodeURIComponent(new Date(Date.now() + milliseconds).toISOString());
  assert.deepEqual(
    (await list(tenant, `?from=${at(-60_000)}&to=${at(60_000)}`)).posts.map((post) => post.id),
    [id],
  );
  assert.equal((await list(tenant, `?to=${at(-60_000)}`)).total, 0);
  assert.equal((await list(tenant, `?from=${at(60_000)}`)).total, 0);
});

test("the preview is the first hundred characters as people count them", async () => {
  const tenant = await newTenant();
  const family = "👨‍👩‍👧‍👦";
  await create(tenant, family.repeat(101), { platforms: ["linkedin"] });
  const [post] = (await list(tenant)).posts;
  assert.equal(post?.textPreview, family.repeat(100));
});

test("the preview of a post without text is the first text or title of a platform", async () => {
  const tenant = await newTenant();
  for (const [override, preview] of [
    [{ youtube: { settings: { title: "Our release" } } }, "Our release"],
    [{ youtube: { text: "", settings: {} }, linkedin: { text: "For LinkedIn" } }, "For LinkedIn"],
    [{ linkedin: { text: "x".repeat(60_000) } }, "x".repeat(100)],
    [{}, ""],
  ] as const) {
    const id = await create(tenant, "Words");
    const content = { text: "", media: [], linkUrl: null, platformOverrides: override };
    await world.services.pool.query("update posts set content = $2 where id = $1", [id, content]);
    const listed = (await list(tenant)).posts.find((post) => post.id === id);
    assert.equal(listed?.textPreview, preview);
    const [row] = await listSummaries.all(world.services.pool, [tenant.userId, tenant.mode, [id]]);
    assert.ok(JSON.stringify(row).length < 2_000, "a list reads no whole overrides");
  }
});

test("a page and its total read no more rows with many stored posts than with few, whatever the filter", async (t) => {
  const tenant = await newTenant();
  const { pool } = world.services;
  await storeMany(tenant, daysAgo(40));
  await storeMany(tenant, daysAgo(50), "failed");
  for (let others = 0; others < 4; others += 1) await storeMany(await newTenant(), daysAgo(40));
  const lost = await create(tenant, "The only one", { platforms: ["linkedin"] });
  const { body } = await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Of one post" });
  const rareSet = idOf(body, "set");
  await pool.query("update posts set platform_set_id = $2, status = 'failed', scheduled_for = now() where id = $1", [
    lost,
    rareSet,
  ]);
  await pool.query("update platform_posts set status = 'unknown' where post_id = $1", [lost]);
  await foldPostCounts.one(pool, [1_000]);
  await pool.query("vacuum analyze posts, platform_posts, post_counts");
  const minutes = (count: number) => new Date(daysAgo(40).getTime() + count * 60_000).toISOString();
  const [commonSet, start] = [tenant.platformSetId, daysAgo(60).toISOString()];
  const all = 2 * STORED + 1;
  const queries: Record<string, [query: Partial<PostQuery>, total: number]> = {
    "without a filter": [{}, all],
    "a status": [{ status: "published" }, STORED],
    "a status of none": [{ status: "draft" }, 0],
    "a platform": [{ platform: "threads" }, 2 * STORED],
    "a platform of one post": [{ platform: "linkedin" }, 1],
    "a platform of none": [{ platform: "tiktok" }, 0],
    "a status and a platform": [{ status: "published", platform: "threads" }, STORED],
    "a status and a platform of none together": [{ status: "published", platform: "linkedin" }, 0],
    "a platform set": [{ platformSetId: commonSet }, 2 * STORED],
    "a platform set of one post": [{ platformSetId: rareSet }, 1],
    "a platform set of none": [{ platformSetId: lost }, 0],
    "a status and a platform set": [{ status: "published", platformSetId: commonSet }, STORED],
    "a status and a platform set of one post": [{ status: "failed", platformSetId: rareSet }, 1],
    "a platform of one post and a platform set": [{ platform: "linkedin", platformSetId: commonSet }, 0],
    "an outcome": [{ outcome: "unknown" }, 1],
    "the last day": [{ from: daysAgo(1).toISOString() }, 1],
    "before them": [{ to: start }, 0],
    "scheduled times": [{ scheduledFrom: minutes(10), scheduledTo: minutes(20) }, 10],
    "all scheduled times": [{ scheduledFrom: start }, all],
    times: [{ timeFrom: minutes(10), timeTo: minutes(20) }, 10],
    "all times": [{ timeFrom: start }, all],
    "all times and a platform of one post": [{ timeFrom: start, platform: "linkedin" }, 1],
    "all times and a platform set of one post": [{ scheduledFrom: start, platformSetId: rareSet }, 1],
    "all times and an outcome": [{ timeFrom: start, outcome: "unknown" }, 1],
    "a common word and a platform of one post": [{ search: "o", platform: "linkedin" }, 1],
    "a common word and an outcome": [{ search: "o", outcome: "unknown" }, 1],
  };
  const client = await pool.connect();
  // Each kind of page is prepared, and its plan serves all values.
  await client.query("set plan_cache_mode = force_generic_plan");
  for (const [name, [query, total]] of Object.entries(queries))
    await t.test(name, async () => {
      await client.query("begin");
      const before = await rowsRead(client);
      const { body: found } = await listPosts({ pool: client }, tenant, { limit: 20, offset: 0, ...query });
      const read = (await rowsRead(client)) - before;
      await client.query("commit");
      assert.deepEqual([found.posts.length, found.total], [Math.min(total, 20), total]);
      assert.ok(read < 100, `${read} rows were read`);
    });
  await t.test("a platform set of almost all, whose posts are not counted in its index either", async () => {
    const filter = { ...ALL, platformSetId: commonSet };
    const { statement, values } = listPage(tenant.userId, tenant.mode, filter, { after: null, limit: 21, offset: 0 });
    const { rows } = await client.query<Record<string, string>>(`explain (analyze) ${statement.text}`, values);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    assert.match(plan, /rows=21\b/);
    assert.doesNotMatch(plan, /actual[^\n]* rows=\d{4}/);
  });
  client.release(true);
});

test("a search reads only posts that may match, and finds those of any age, edited ones too", async () => {
  const tenant = await newTenant();
  const { pool } = world.services;
  const edited = await create(tenant, "Before the edit");
  // The newest posts are in no block.
  for (let index = 0; index < 80; index += 1) await create(tenant, "Made later");
  await storeMany(tenant, daysAgo(40));
  const ids = async (words: string, more = "") => {
    const { posts, total, nextCursor } = await list(tenant, `?search=${encodeURIComponent(words)}${more}`);
    return { ids: posts.map(({ id }) => id), total, nextCursor };
  };
  const search = async (more = "") => {
    const found = [];
    for (const words of [
      "word 77 ",
      "WORD 4321 ",
      'a "quoted"\\',
      "77 of",
      "d 5000 o",
      "absent",
      "edit",
      "東京",
      "京",
      "~",
    ])
      found.push(await ids(words, more));
    return found;
  };
  const inTime = `&timeFrom=${daysAgo(41).toISOString()}`;
  const walked = await search("&limit=100");
  const byTime = await search(`&limit=100${inTime}`);
  assert.deepEqual(
    walked.map(({ total }) => total),
    [1, 1, 1, 50, 1, 0, 1, 5, 5, 0],
  );
  assert.deepEqual(
    byTime.map((found) => found.ids),
    walked.map((found) => found.ids.filter((id) => id !== edited).toReversed()),
  );
  await blockPosts(world.services, new AbortController().signal, -60);
  const blocks = await pool.query("select sum(posts)::int as posts from post_blocks where user_id = $1", [
    tenant.userId,
  ]);
  assert.ok(blocks.rows[0].posts > STORED - 500, JSON.stringify(blocks.rows));
  assert.deepEqual(await search("&limit=100"), walked);
  assert.deepEqual(await search(`&limit=100${inTime}`), byTime);
  const fresh = await create(tenant, "Word 77 again, after the blocks");
  assert.deepEqual((await ids("word 77 ")).ids, [fresh, ...(walked[0]?.ids ?? [])]);
  await world.call(tenant, "PATCH", `${POSTS}/${edited}`, { content: { text: "Now ünlike the others" } });
  assert.deepEqual((await ids("ünlike")).ids, [edited]);
  assert.deepEqual((await ids("word 77 ", "&status=draft")).ids, [fresh]);

  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await ids("of the words", `&limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...page.ids);
    assert.equal(page.total, 1000);
    cursor = page.nextCursor;
  }
  assert.deepEqual([seen.length, new Set(seen).size, seen.toSorted().toReversed()], [STORED, STORED, seen]);
  assert.deepEqual((await ids("of the words", "&offset=1500&limit=2")).ids, seen.slice(1500, 1502));
  const earliest = seen.toReversed();
  for (const times of [inTime, `&scheduledFrom=${daysAgo(41).toISOString()}`]) {
    const { ids: page, total } = await ids("of the words", `${times}&limit=2&offset=1500`);
    assert.deepEqual([page, total], [earliest.slice(1500, 1502), 1000]);
  }

  const other = await newTenant();
  assert.equal((await list(other, "?search=word")).total, 0);
  await pool.query("vacuum analyze posts, post_blocks");
  const client = await pool.connect();
  const start = daysAgo(40).getTime();
  const [from, to] = [new Date(start + 100 * 60_000), new Date(start + 110 * 60_000)];
  for (const [words, limits, total, most] of [
    ["absent", {}, 0, 500],
    ["word 77 ", {}, 2, 500],
    ["word 4321 ", {}, 1, 500],
    ["absent", { timeFrom: daysAgo(41) }, 0, 500],
    ["word 4321 ", { timeFrom: daysAgo(41) }, 1, 500],
    ["word 4321 ", { scheduledFrom: daysAgo(41) }, 1, 500],
    ["of the words", { timeFrom: from, timeTo: to }, 10, 500],
    ["of the words", { from, to }, 10, 500],
    ["absent", { from, to }, 0, 20],
  ] as const) {
    await client.query("begin");
    const before = await rowsRead(client);
    const found = await searchPosts(
      client,
      tenant,
      { ...ALL, ...limits, texts: ["$.text"], search: words },
      { after: null, limit: 21, offset: 0 },
    );
    const read = (await rowsRead(client)) - before;
    await client.query("commit");
    const what = JSON.stringify([words, limits]);
    assert.equal(found.total, total, what);
    assert.ok(read < most, `${what}: ${read} rows were read`);
  }
  client.release();
});

test("a search finds an edit that was under way while its post became part of a block", async () => {
  const tenant = await newTenant();
  const { pool } = world.services;
  await storeMany(tenant, daysAgo(40));
  const edit = await pool.connect();
  await edit.query("begin");
  const edited = await edit.query<{ id: string }>(
    `update posts set content = jsonb_set(content, '{text}', '"Unheard of"')
     where user_id = $1 and content ->> 'text' like 'word 40 %' returning id`,
    [tenant.userId],
  );
  const blocked = blockPosts(world.services, new AbortController().signal, 0);
  for (let isWaiting = false; !isWaiting;) {
    const { rowCount } = await edit.query(
      "select from pg_locks where locktype = 'advisory' and classid = 145 and not granted and database = (select oid from pg_database where datname = current_database())",
    );
    isWaiting = rowCount === 1 || (await Promise.race([blocked.then(() => true), setImmediate(false)]));
  }
  await edit.query("commit");
  edit.release();
  await blocked;
  const { posts } = await list(tenant, "?search=unheard");
  assert.deepEqual(
    posts.map(({ id }) => id),
    edited.rows.map(({ id }) => id),
  );
});

/** So far, by the transaction. */
async function rowsRead(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ read: number }>(
    `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
     from pg_stat_xact_user_tables where relname in ('posts', 'post_counts', 'post_blocks')`,
  );
  return rows[0]?.read ?? 0;
}

const ALL: PostFilter = {
  status: null,
  outcome: null,
  platform: null,
  platformSetId: null,
  from: null,
  to: null,
  scheduledFrom: null,
  scheduledTo: null,
  timeFrom: null,
  timeTo: null,
  search: null,
  texts: [],
};

const STORED = 5000;

const daysAgo = (days: number) => new Date(NOW - days * 86_400_000);
const NOW = Date.now();

/** Stores posts that were created, scheduled and published one minute after another. */
async function storeMany({ userId, mode, platformSetId }: TestTenant, first: Date, status = "published") {
  await world.services.pool.query(STORE_MANY, [userId, mode, platformSetId, STORED, first, status]);
}

const STORE_MANY = `
  with counted as (insert into post_counts (user_id, mode, status, platforms, change)
    values ($1, $2::text, $6::text, '{threads}', $4))
  insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for, published_at, created_at)
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || substr(md5($1 || n), 1, 16))::uuid,
    $1, $2::text, $3, $6::text, jsonb_build_object('text', 'word ' || n || ' of the words'
      || case when n % 1000 = 0 then ' 東京' else '' end || case when n = 4000 then ' a "quoted"\\' else '' end,
      'media', '[]'::jsonb, 'linkUrl', null, 'platformOverrides', '{}'::jsonb), '{threads}', at, at, at
  from generate_series(1, $4::int) as n, lateral (select $5::timestamptz + n * interval '1 minute' as at) as of`;

test("slow searches of one user take no connections that others need, and only so many wait", async () => {
  const [searching, other] = [await newTenant(), await newTenant()];
  const client = await world.services.pool.connect();
  let searches: Promise<Called>[] = [];
  try {
    await client.query("begin");
    // A statement that reads posts now takes as long as this transaction.
    await client.query("lock table posts in access exclusive mode");
    const range = "from=2020-01-01T00:00:00Z&scheduledFrom=2020-01-01T00:00:00Z";
    searches = Array.from({ length: 28 }, () => world.call(searching, "GET", `${POSTS}?search=word&${range}`));
    const isRefused = Promise.any(
      searches.map(async (search) => assert.equal(asRefusal(await search, 429).issues[0]?.rule, "request.searches")),
    );
    await isRefused;
    const began = performance.now();
    for (let calls = 0; calls < 5; calls += 1)
      assert.equal((await world.call(other, "GET", "/api/v1/platform-sets")).status, 200);
    const milliseconds = performance.now() - began;
    assert.ok(milliseconds < 20_000, `others waited for ${milliseconds} ms`);
  } finally {
    await client.query("rollback");
    client.release();
  }
  const statuses = new Set((await Promise.all(searches)).map(({ status }) => status));
  assert.deepEqual([...statuses].sort(), [200, 429]);
});

test("slow searches of one user in both modes hold up nobody else's, and those in test mode none in live mode", async () => {
  const [both, other, third] = [await world.makeTenants(), await world.makeTenants(), await world.makeTenants()];
  const client = await world.services.pool.connect();
  const searches: Promise<Called>[] = [];
  const range = "from=2020-01-01T00:00:00Z&scheduledFrom=2020-01-01T00:00:00Z";
  const search = (tenant: TestTenant) => searches.push(world.call(tenant, "GET", `${POSTS}?search=word&${range}`));
  /** Until so many searches have begun: they wait for the lock. */
  const haveBegun = async (count: number) => {
    const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    const until = performance.now() + 60_000;
    while (((await world.services.pool.query(waiting)).rowCount ?? 0) < count)
      assert.ok(performance.now() < until, `fewer than ${count} searches have begun`);
  };
  try {
    await client.query("begin");
    await client.query("lock table posts in access exclusive mode");
    for (const tenant of [both.live, both.live]) search(tenant);
    await haveBegun(2);
    for (const tenant of [both.test, both.test]) search(tenant);
    for (const tenant of [other.test, other.test]) search(tenant);
    await haveBegun(4);
    search(third.live);
    await haveBegun(5);
  } finally {
    await client.query("rollback");
    client.release();
    await Promise.all(searches);
  }
});
