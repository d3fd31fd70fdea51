import assert from "node:assert/strict";
import { test } from "node:test";

import type pg from "pg";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { ledgerBroker, type LedgerFault } from "../../tests/ledger-platform.ts";
import {
  isOver,
  type PostState,
  type PublishingWorld,
  type TestPost,
  withWorld,
} from "../../tests/publishing-world.ts";
import { createPool } from "../db/pool.ts";
import { claimDue, findNextDue, type Lane, LANES } from "../db/queries/claims.ts";
import { statements } from "../db/sql.ts";
import { LEASE_SECONDS } from "./timing.ts";

const SLOTS = { prepare: 4, commit: 4, observe: 4 };

test("a platform that hangs blocks no other platform", async () => {
  await withHanging("create", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    await hang(Array.from({ length: 20 }, () => ({})));
    for (const platform of ["linkedin", "facebook"] as const)
      await publishes(world, await anybody(world, { platform }));
  });
});

test("a platform whose commits hang blocks no other platform's commits or preparations", async () => {
  await withHanging("publish", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    await hang(Array.from({ length: 20 }, () => ({})));
    for (const platform of ["linkedin", "facebook"] as const)
      await publishes(world, await anybody(world, { platform }));
  });
});

test("a user whose posts hang on every platform blocks no other user", async () => {
  await withHanging("create", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    const userId = await world.addUser();
    const platforms = ["threads", "linkedin", "facebook", "twitter"] as const;
    await hang(Array.from({ length: 24 }, (_, n) => ({ userId, platform: platforms[n % 4] ?? "threads" })));
    for (const platform of platforms) await publishes(world, await anybody(world, { platform }));
  });
});

test("live mode never waits for test mode, whoever and whatever hangs there", async () => {
  await withHanging("create", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    const platforms = ["threads", "linkedin", "facebook", "twitter"] as const;
    await hang(Array.from({ length: 24 }, (_, n) => ({ platform: platforms[n % 4] ?? "threads" })));
    for (const platform of platforms) await publishes(world, await anybody(world, { platform, mode: "live" }));
  });
});

test("a user's live posts never wait for the same user's test posts", async () => {
  await withHanging("create", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    const userId = await world.addUser();
    const platforms = ["threads", "linkedin", "facebook", "twitter"] as const;
    await hang(Array.from({ length: 24 }, (_, n) => ({ userId, platform: platforms[n % 4] ?? "threads" })));
    for (const platform of platforms) await publishes(world, await anybody(world, { userId, platform, mode: "live" }));
  });
});

test("while test mode holds the slots, one user has half as many in live mode, and others are not kept waiting", async () => {
  await withHanging("create", async (world, hang) => {
    const slots = { prepare: 8, commit: 8, observe: 8 };
    await world.startEngine({ slots, broker: patient(world) });
    const userId = await world.addUser();
    const hung = () => world.ledger.calls.filter((call) => call.startsWith("create hung")).length;
    const [first = assert.fail()] = await hang(Array.from({ length: 8 }, () => ({ userId })));
    await world.until(first, () => hung() === 8);
    await hang(Array.from({ length: 8 }, () => ({ userId, mode: "live" })));
    for (const platform of ["threads", "linkedin"] as const)
      await publishes(world, await anybody(world, { mode: "live", platform }));
    assert.equal(hung(), 8 + 4);
  });
});

test("one user has all slots if nobody else is waiting", async () => {
  await withHanging("create", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    const userId = await world.addUser();
    await hang(Array.from({ length: 4 }, () => ({ userId })));
    assert.equal(world.ledger.calls.length, 4);
  });
});

test("a commit does not wait for uploads of other posts of the account, however many there are", async () => {
  await withHanging("create", async (world) => {
    await world.startEngine({ broker: patient(world) });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const over = Promise.withResolvers<void>();
    for (let n = 0; n < 6; n += 1) {
      world.ledger.faults.push({ call: "create", text: `film ${n}`, kind: "slow", until: over.promise });
      const film = await world.addPost({ text: `film ${n}`, userId, accountId });
      await addFile(world, film, userId);
      await world.publish(film);
      if (n < 3) await world.until(film, () => world.ledger.calls.includes(`create film ${n}`));
    }
    await publishes(world, await world.addPost({ text: "small", userId, accountId }));
    assert.equal(world.ledger.calls.filter((call) => call.startsWith("create film")).length, 3);
    over.resolve();
  });
});

test("a post waiting for its account's turn hides nobody else's due time", async () => {
  await withHanging("publish", async (world, hang) => {
    await world.startEngine({ slots: SLOTS, broker: patient(world) });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    await hang([{ userId, accountId }]);
    const waits = await world.addPost({ text: "waits", userId, accountId });
    await world.publish(waits);
    const scheduled = await world.addPost({ text: "on time", dueAt: new Date(Date.now() + 600_000) });
    for (const post of [waits, scheduled])
      await world.until(post, ({ platformPosts: [each] }) => each?.step === "publish-0" && each.lease_until === null);
    const commits = (await findNextDue.all(world.pool)).find(({ lane }) => lane === "commit") ?? assert.fail();
    assert.equal(commits.is_due, true);
    assert.ok(Number(commits.next_in_seconds) > 0 && Number(commits.next_in_seconds) <= 600);
  });
});

test("preparing does not wait for a commit of another post of the account, and does not commit concurrently", async () => {
  await withHanging("publish", async (world, hang) => {
    await world.startEngine({ broker: patient(world) });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const [committing = assert.fail()] = await hang([{ userId, accountId }]);
    const beside = await world.addPost({ text: "beside", userId, accountId });
    await world.publish(beside);
    await world.until(beside, ({ platformPosts }) => platformPosts[0]?.step === "publish-0");
    await renewed(world, committing);
    await publishes(world, await anybody(world, {}));
    assert.equal(world.ledger.publishCalls.get("beside"), undefined);
  });
});

test("an account connected in two platform sets commits one post at a time", async () => {
  await withWorld(async (world) => {
    let committing = 0;
    let most = 0;
    await Promise.all(
      [1, 2].map(() =>
        world.startEngine({
          faultPoint: async ({ point }) => {
            if (point === "intent.written") most = Math.max(most, (committing += 1));
            if (point === "answer.received") await new Promise((resolve) => setTimeout(resolve, 100));
            if (point === "result.before") committing -= 1;
          },
        }),
      ),
    );
    const userId = await world.addUser();
    const accounts = [
      await world.addAccount(userId, { platformAccountId: "page" }),
      await world.addAccount(userId, { platformAccountId: "page" }),
    ];
    const posts = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) => world.addPost({ text: `page ${n}`, userId, accountId: accounts[n % 2] ?? "" })),
    );
    await Promise.all(posts.map((post) => world.publish(post)));
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(most, 1);
  });
});

test("claiming never waits for a locked row", async () => {
  await withWorld(async (world) => {
    const held = await world.addPost({ text: "held" });
    const free = await world.addPost({ text: "free" });
    await Promise.all([world.publish(held), world.publish(free)]);
    const holder = await world.pool.connect();
    try {
      await holder.query("begin");
      await holder.query("select from platform_posts where id = $1 for update", [held.platformPostId]);
      await world.startEngine();
      await publishes(world, free, false);
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    assert.equal((await world.until(held, isOver)).status, "published");
  });
});

test("a lease is renewed while its step runs, hides nothing that becomes due, and what follows continues", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    world.ledger.faults.push({ call: "create", text: "slow", kind: "slow", until: answering.promise });
    const options = { broker: patient(world), speed: 5, floorSeconds: 600 };
    await Promise.all([world.startEngine(options), world.startEngine(options)]);
    const post = await world.addPost({ text: "slow" });
    await world.publish(post);
    await world.until(post, () => world.ledger.calls.includes("create slow"));
    await renewed(world, post);
    world.ledger.faults.push({ call: "create", text: "again", kind: "http_500" });
    await publishes(world, await world.addPost({ text: "again" }));
    answering.resolve();
    const state = await world.until(post, isOver);
    assert.deepEqual([state.status, state.platformPosts[0]?.attempt_count], ["published", 1]);
    assert.equal(world.ledger.calls.filter((call) => call === "create slow").length, 1);
  });
});

test("a row being written while leases are renewed is not considered lost", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    for (const text of ["written", "other"])
      world.ledger.faults.push({ call: "create", text, kind: "slow", until: answering.promise });
    await world.startEngine({ broker: patient(world) });
    const [written, other] = [await world.addPost({ text: "written" }), await world.addPost({ text: "other" })];
    for (const post of [written, other]) await world.publish(post);
    await world.until(other, () => world.ledger.calls.length === 2);
    const writer = await world.pool.connect();
    try {
      await writer.query("begin");
      await writer.query("select from platform_posts where id = $1 for update", [written.platformPostId]);
      await renewed(world, other, 1);
    } finally {
      await writer.query("rollback");
      writer.release();
    }
    answering.resolve();
    for (const post of [written, other]) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.calls.filter((call) => call === "create written").length, 1);
  });
});

test("claiming reads only the beginning of the queue, and costs the same before a table was ever analyzed", async () => {
  for (const due of [1_000, 5_000, 20_000]) {
    for (const lane of LANES) {
      await withWorld(async (world) => {
        await addDue(world, due, [lane]);
        const before = await costOfClaiming(world.pool, lane);
        await world.pool.query("analyze");
        const after = await costOfClaiming(world.pool, lane);
        const said = `${JSON.stringify(before)} before, ${JSON.stringify(after)} after, of ${due} in ${lane}`;
        assert.ok(before.rows < 1_000 && after.rows < 1_000, said);
        assert.ok(before.pages < 2 * after.pages, said);
      });
    }
  }
});

test("claiming reads only the beginning of a queue that was empty when the table was analyzed", async () => {
  for (const lane of LANES) {
    await withWorld(async (world) => {
      const others = LANES.filter((other) => other !== lane);
      await addDue(world, 4_000, others);
      await world.pool.query("analyze");
      await addPosts(world, 5_000, lane, "now()");
      const cost = await costOfClaiming(world.pool, lane);
      assert.ok(cost.rows < 1_000, `${JSON.stringify(cost)} in ${lane}`);
    });
  }
});

test("a pool that keeps plans plans each claim once", async () => {
  await withWorld(async (world) => {
    await addDue(world, 6_000, LANES);
    await world.pool.query("analyze");
    const pool = createPool(world.databaseUrl, { max: 1, keepsPlans: true });
    try {
      for (const lane of LANES) {
        for (let n = 0; n < 10; n += 1) await claimDue[lane].all(pool, valuesOfClaim(n * 20));
        const { rows } = await pool.query<{ custom: number }>(
          "select custom_plans::int as custom from pg_prepared_statements where name = $1",
          [claimDue[lane].name],
        );
        assert.deepEqual(rows, [{ custom: 0 }], lane);
      }
    } finally {
      await pool.end();
    }
  });
});

test("what is due next is found at the beginning of each queue, however many are due or over", async () => {
  await withWorld(async (world) => {
    await addDue(world, 5_000, ["prepare"]);
    await addPosts(world, 5_000, "observe", "null");
    await world.pool.query("analyze");
    const read = rowsRead(await planOf(world.pool, findNextDue.text, []));
    assert.ok(read <= 2 * LANES.length, `read ${read} rows`);
    assert.deepEqual(
      (await findNextDue.all(world.pool)).filter(({ is_due: isDue }) => isDue).map(({ lane }) => lane),
      ["prepare"],
    );
  });
});

test("posts of a platform that are due at the same moment take no more than its share of the reserve", async () => {
  await withWorld(async (world) => {
    await addUsers(world, 16);
    await addPosts(world, 16, "prepare", "date_trunc('second', now())");
    for (const platform of ["linkedin", "linkedin", "linkedin"] as const)
      await world.publish(await anybody(world, { platform }));
    const claimed = await claimIdly(world, "prepare", { free: 4, reserve: 8, ofUser: 1, ofGroup: 2 });
    const platforms = claimed.map(({ platform }) => platform).toSorted();
    assert.deepEqual(platforms, ["linkedin", "linkedin", "threads", "threads", "threads", "threads"]);
  });
});

test("a post that is due at a moment of its own does not wait for a crowd, however late that is, nor the crowd for such posts", async () => {
  for (const [singles, claimedOfThem] of [
    [1, 1],
    [12, 8],
  ] as const) {
    await withWorld(async (world) => {
      await addUsers(world, 300);
      await addPosts(world, 299, "commit", "now() - interval '1 minute'");
      const single = new Set<string | null>();
      for (let number = 0; number < singles; number += 1) {
        const { platformPostId } = await anybody(world, {}, `single ${number}`);
        single.add(platformPostId);
        await world.pool.query(
          `update platform_posts set lane = 'commit', status = 'queued', due_at = now(), next_action_at = now()
           where id = $1`,
          [platformPostId],
        );
      }
      // The pass through all accounts is at its end.
      const last = "ffffffff-ffff-ffff-ffff-ffffffffffff";
      const claimed = await claimIdly(world, "commit", { free: 16, reserve: 0, ofUser: 16, ofGroup: 32, after: last });
      assert.equal(claimed.length, 16);
      assert.equal(claimed.filter(({ id }) => single.has(id)).length, claimedOfThem);
    });
  }
});

/** A claim by a process that holds nothing; its pass through all accounts continues after one. */
function claimIdly(
  { pool }: PublishingWorld,
  lane: "prepare" | "commit",
  room: { free: number; reserve: number; ofUser: number; ofGroup: number; after?: string },
) {
  const { free, reserve, ofUser, ofGroup, after = "00000000-0000-0000-0000-000000000000" } = room;
  return claimDue[lane].all(pool, [
    free,
    free,
    LEASE_SECONDS,
    after,
    [],
    [],
    [],
    [],
    [],
    reserve,
    reserve,
    ofUser,
    ofGroup,
    [],
    [],
    false,
    [],
  ]);
}

/** As many platform posts of 100 users that are due, in these lanes alike. */
async function addDue(world: PublishingWorld, count: number, lanes: readonly Lane[]): Promise<void> {
  for (const table of ["platform_posts", "posts", "accounts"])
    await world.pool.query(`alter table ${table} set (autovacuum_enabled = false)`);
  await addUsers(world, 100);
  for (const lane of lanes) await addPosts(world, count / lanes.length, lane, "now() - random() * interval '1 hour'");
}

/** Users with an account each. */
async function addUsers({ pool }: PublishingWorld, count: number): Promise<void> {
  await pool.query("insert into users (id, email) select 'user ' || n, n from generate_series(1, $1::integer) n", [
    count,
  ]);
  await pool.query(
    `with s as (insert into platform_sets (id, user_id, mode, name)
       select gen_random_uuid(), 'user ' || n, 'test', 'set' from generate_series(1, $1::integer) n
       returning id, user_id)
     insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id)
     select gen_random_uuid(), user_id, 'test', id, 'threads', user_id from s`,
    [count],
  );
}

/** As many posts, of those users in turn. */
async function addPosts({ pool }: PublishingWorld, count: number, lane: Lane, nextActionAt: string): Promise<void> {
  await pool.query(
    `with a as (select id, user_id, row_number() over () as n, count(*) over () as users from accounts),
       p as (insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
         select gen_random_uuid(), a.user_id, 'test', gen_random_uuid(), 'queued', '{}', '{threads}'
         from generate_series(1, $1::integer) post join a on a.n = 1 + post % a.users returning id, user_id)
     insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at, next_action_at,
       status, lane)
     select gen_random_uuid(), p.id, p.user_id, 'test', 'threads', 0, a.id, now(), ${nextActionAt}, 'queued', $2
     from p join a on a.user_id = p.user_id`,
    [count, lane],
  );
}

/** The rows of platform posts and the pages of all tables that a claim of 16 reads, by the plan that is kept for it. */
async function costOfClaiming(pool: pg.Pool, lane: Lane): Promise<{ rows: number; pages: number }> {
  const plan = await planOf(pool, claimDue[lane].text, valuesOfClaim(100));
  return { rows: rowsRead(plan), pages: plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] };
}

/** For a claim of up to 16 by a process that holds one post each of so many users. */
function valuesOfClaim(running: number): Parameters<(typeof claimDue)[Lane]["all"]>[1] {
  const users = Array.from({ length: running }, (_, n) => `test user ${n + 1}`);
  const ones = users.map(() => 1);
  const first = "00000000-0000-0000-0000-000000000000";
  return [16, 16, 6, first, users, ones, ones, ["test threads"], [running], 16, 4, 2, 4, [], [], true, []];
}

/** What the statement does by the plan that is kept for it. Nothing of that is kept. */
async function planOf(pool: pg.Pool, text: string, values: readonly unknown[]): Promise<PlanNode> {
  const connection = await pool.connect();
  try {
    await connection.query("set plan_cache_mode = force_generic_plan");
    await connection.query(`prepare explained as ${text}`);
    await connection.query("begin");
    const literals = values.map((value) =>
      Array.isArray(value) ? `'{${value.map((item) => `"${item}"`).join()}}'` : `'${value}'`,
    );
    const { rows } = await connection.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
      `explain (analyze, buffers, format json) execute explained${literals.length === 0 ? "" : `(${literals.join(", ")})`}`,
    );
    return rows[0]?.["QUERY PLAN"][0].Plan ?? assert.fail();
  } finally {
    await connection.query("rollback");
    await connection.query("deallocate all");
    connection.release();
  }
}

test("writes read only their own rows, on tables that were never analyzed", async () => {
  await withWorld(async (world) => {
    await addDue(world, 6_000, LANES);
    const { rows: claimed } = await world.pool.query<{ id: string; owner: string }>(
      `update platform_posts set lease_owner = gen_random_uuid(), lease_until = now() + interval '1 hour', fence = 1
       where id = any (array(select id from platform_posts limit 16)) returning id, lease_owner as owner`,
    );
    const common = { fence: 1, settles: true };
    const changes = { step: "written", next: { at: "never" } };
    const intent = {
      step: "intended",
      requestHash: "hash",
      evidence: {},
      deadlineSeconds: 5,
      quarantineSeconds: 15,
      leaseSeconds: 6,
      attempt: 1,
      failures: 0,
      warnings: [],
    };
    const given = {
      "platform_posts.write_many": claimed.map((claim) => ({ ...claim, ...common, changes })),
      "publish_steps.intend_many": claimed.map((claim) => ({
        ...claim,
        ...common,
        intent: { ...intent, id: claim.id },
      })),
    };
    for (const [name, rows] of Object.entries(given)) {
      const text = statements.get(name)?.text ?? assert.fail();
      const plan = await planOf(world.pool, text, [JSON.stringify(rows)]);
      const read = rowsRead(plan);
      assert.ok(read >= 16 && read < 300, `${name} read ${read} rows of platform_posts`);
    }
  });
});

interface PlanNode {
  "Relation Name"?: string;
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
}

/** Index scans below bitmap scans name no table. */
function rowsRead(node: PlanNode): number {
  const own =
    node["Relation Name"] === "platform_posts"
      ? (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"]
      : 0;
  return (node.Plans ?? []).reduce((sum, child) => sum + rowsRead(child), own);
}

type Whose = { userId?: string; accountId?: string; platform?: PlatformName; mode?: Mode };

/** In the world calls hang by the text of their posts; they end with it. `hang` resolves once as many hang as can. */
async function withHanging(
  call: LedgerFault["call"],
  work: (world: PublishingWorld, hang: (posts: Whose[]) => Promise<TestPost[]>) => Promise<void>,
): Promise<void> {
  const over = Promise.withResolvers<void>();
  await withWorld(async (world) => {
    const hang = async (whose: Whose[]) => {
      world.ledger.faults.push(
        ...whose.map((_, n) => ({ call, text: `hung ${n}`, kind: "slow", until: over.promise }) as const),
      );
      const posts = await Promise.all(whose.map((each, n) => anybody(world, each, `hung ${n}`)));
      await Promise.all(posts.map((post) => world.publish(post)));
      const calls = () => world.ledger.calls.filter((each) => each.startsWith(`${call} hung`)).length;
      await world.until(posts[0] ?? assert.fail(), () => calls() >= Math.min(whose.length, SLOTS.prepare));
      return posts;
    };
    await work(world, hang).finally(over.resolve);
  });
}

/** The ledger's broker uploads no file: what counts here is that the post has one. */
async function addFile(world: PublishingWorld, { id }: TestPost, userId: string): Promise<void> {
  await world.pool.query(
    "insert into media (id, user_id, mode, status, filename) values ($1, $2, 'test', 'ready', 'film.mp4')",
    [id, userId],
  );
  await world.pool.query(
    "insert into post_media (post_id, path, media_id, user_id) values ($1, '/content/media/0', $1, $2)",
    [id, userId],
  );
}

async function anybody(
  world: PublishingWorld,
  { userId, accountId, ...account }: Whose,
  text = `of others ${account.platform}`,
): Promise<TestPost> {
  const user = userId ?? (await world.addUser());
  return world.addPost({ text, userId: user, accountId: accountId ?? (await world.addAccount(user, account)) });
}

async function publishes(world: PublishingWorld, post: TestPost, publish = true): Promise<void> {
  if (publish) await world.publish(post);
  assert.equal((await world.until(post, isOver)).status, "published");
}

/** Waits until its lease has been renewed by so much; by default for longer than one holds. */
async function renewed(world: PublishingWorld, post: TestPost, seconds = LEASE_SECONDS): Promise<void> {
  const leaseOf = ({ platformPosts }: PostState) => Date.parse(String(platformPosts[0]?.lease_until));
  const lease = leaseOf(await world.read(post));
  await world.until(post, (state) => leaseOf(state) > lease + seconds * 1000);
}

/** Waits for its calls for longer than a test takes. */
function patient(world: PublishingWorld) {
  return ledgerBroker(world.ledger, { timeoutSeconds: 600 });
}
