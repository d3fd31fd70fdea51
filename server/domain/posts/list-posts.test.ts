import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { asRefusal, idOf } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { listPage } from "../../db/queries/list-posts.ts";

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
    [{}, ""],
  ] as const) {
    const id = await create(tenant, "Words");
    const content = { text: "", media: [], linkUrl: null, platformOverrides: override };
    await world.services.pool.query("update posts set content = $2 where id = $1", [id, content]);
    const listed = (await list(tenant)).posts.find((post) => post.id === id);
    assert.equal(listed?.textPreview, preview);
  }
});

test("a list of twenty reads no more rows with many stored posts than with few", async () => {
  const tenant = await newTenant();
  const { pool } = world.services;
  await pool.query(
    `with counted as (insert into post_counts (user_id, mode, status, platforms, change)
       values ($1, $2::text, 'draft', '{threads}', 5000))
     insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
     select gen_random_uuid(), $1, $2::text, $3,
       'draft', '{"text":"x","media":[],"linkUrl":null,"platformOverrides":{}}', '{threads}'
     from generate_series(1, 5000)`,
    [tenant.userId, tenant.mode, tenant.platformSetId],
  );
  await pool.query("analyze posts");
  const filter = {
    status: null,
    platform: null,
    from: null,
    to: null,
    scheduledFrom: null,
    scheduledTo: null,
    search: null,
    texts: [],
  };
  const { statement, values } = listPage(tenant.userId, tenant.mode, filter, { after: null, limit: 21, offset: 0 });
  const client = await pool.connect();
  try {
    await client.query("set plan_cache_mode = force_generic_plan");
    await client.query(`prepare page(text, text, int, int) as ${statement.text}`);
    const { rows } = await client.query(
      `explain (analyze, costs off, timing off, buffers off) execute page('${tenant.userId}', '${tenant.mode}', ` +
        `${values.slice(2).join(", ")})`,
    );
    const plan = rows.map((row: Record<string, unknown>) => row["QUERY PLAN"]).join("\n");
    assert.match(plan, /Index Scan using posts_list on posts/);
    assert.doesNotMatch(plan, /rows=5000/);
  } finally {
    client.release(true);
  }
  const { posts, total } = await list(tenant);
  assert.deepEqual([posts.length, total], [20, 5000]);
});
