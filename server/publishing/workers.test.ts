import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { pino } from "pino";

import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { CHANNELS, createListener } from "../db/listen.ts";
import type { FaultPlace } from "./fault-points.ts";

test("a few posts of an account are prepared at a time, and those of several accounts concurrently", async () => {
  await withWorld(async (world) => {
    let now = 0;
    let most = 0;
    const together = Promise.withResolvers<void>();
    const runningIn = new Map<string, number>();
    const broker = ledgerBroker(world.ledger);
    await world.startEngine({
      broker: {
        ...broker,
        steps: (content) => [
          {
            name: "count",
            effect: "read",
            async run({ account: { platformAccountId } }) {
              now += 1;
              most = Math.max(most, now);
              if (most > 1) together.resolve();
              const inAccount = (runningIn.get(platformAccountId) ?? 0) + 1;
              runningIn.set(platformAccountId, inAccount);
              assert.ok(inAccount <= 3, `${inAccount} in one account`);
              await new Promise((resolve) => setTimeout(resolve, 50));
              await Promise.race([together.promise, new Promise((resolve) => setTimeout(resolve, 3_000).unref())]);
              runningIn.set(platformAccountId, inAccount - 1);
              now -= 1;
              return { done: {} };
            },
          },
          ...broker.steps(content),
        ],
      },
    });
    const userId = await world.addUser();
    const accounts = [await world.addAccount(userId), await world.addAccount(userId), await world.addAccount(userId)];
    const posts = await Promise.all(
      accounts.flatMap((accountId) =>
        [1, 2, 3, 4].map((n) => world.addPost({ text: `${accountId} ${n}`, userId, accountId })),
      ),
    );
    await Promise.all(posts.map((post) => world.publish(post)));
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.ok(most > 1, `at most ${most} at once`);
    assert.equal(world.ledger.posts.length, 12);
  });
});

test("a user with five thousand due posts does not starve a user with one", async () => {
  await withWorld(async (world) => {
    const busy = await world.addUser();
    const accounts = await Promise.all(Array.from({ length: 40 }, () => world.addAccount(busy)));
    await world.pool.query(
      `with p as (
         insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
         select gen_random_uuid(), $1, 'test', gen_random_uuid(),
           'queued', '{"text":"many","media":[],"linkUrl":null,"platformOverrides":{}}', '{threads}'
         from generate_series(1, 5000) returning id
       )
       insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at,
         next_action_at, status)
       select gen_random_uuid(), id, $1, 'test', 'threads', 0, ($2::uuid[])[1 + floor(random() * 40)::int],
         now() - interval '1 minute', now() - interval '1 minute', 'queued' from p`,
      [busy, accounts],
    );
    const post = await world.addPost({ text: "only one" });
    await world.publish(post);
    await world.startEngine({ slots: { prepare: 2, commit: 2, observe: 2 } });
    await world.until(post, isOver);
    const before = world.ledger.posts.findIndex(({ text }) => text === "only one");
    assert.ok(before < 200, `${before} posts of the other user came first`);
  });
});

test("in a rush, what is due is committed before the links of what is live are read", async () => {
  await withWorld(async (world) => {
    await world.startEngine({ slots: { commit: 8, observe: 64 } });
    const dueAt = new Date(Date.now() + 600_000);
    const posts = await Promise.all(Array.from({ length: 60 }, (_, n) => world.addPost({ text: `rush ${n}`, dueAt })));
    for (const post of posts)
      await world.until(post, ({ platformPosts: [each] }) => each?.step === "publish-0" && each.lease_until === null);
    await world.pool.query(
      "update platform_posts set due_at = now() + interval '1 s', next_action_at = now() + interval '1 s'",
    );
    await world.pool.query("notify ampost_due");
    for (const post of posts) {
      const { status, platformPosts } = await world.until(post, isOver);
      assert.equal(status, "published");
      assert.notEqual(platformPosts[0]?.published_url, null);
    }
    const calls = world.ledger.calls.map((call) => call.split(" ")[0]);
    const links = calls.slice(0, calls.lastIndexOf("publish")).filter((call) => call === "permalink").length;
    assert.ok(links < 45, `${links} links were read before the last commit`);
    assert.equal(world.ledger.posts.length, 60);
  });
});

test("a rush in test mode takes no slots from live mode, not even while reads of both hang", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const never = Promise.withResolvers<void>();
    const hang = async (posts: TestPost[]): Promise<void> => {
      const read = () => ledger.calls.filter((call) => call.startsWith("permalink")).length;
      const hung = read() + posts.length;
      for (const _ of posts) ledger.faults.push({ call: "permalink", kind: "slow", until: never.promise });
      for (const post of posts) await world.publish(post);
      await world.until(live, () => read() >= hung);
    };
    await world.startEngine({
      slots: { prepare: 8, commit: 4, observe: 64 },
      broker: ledgerBroker(ledger, { timeoutSeconds: 600 }),
      faultPoint: async ({ point, platformPostId }) => {
        if (point === "answer.received" && platformPostId !== live.platformPostId) await pause(120);
      },
    });
    const dueAt = new Date(Date.now() + 600_000);
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId, { mode: "live" });
    const live = await world.addPost({ text: "live", userId, accountId });
    const hangingLive = await world.addPost({ text: "hangs live", userId, accountId });
    const posts: TestPost[] = [];
    for (let n = 0; n < 80; n += 1) posts.push(await world.addPost({ text: `rush ${n}`, dueAt }));
    for (const post of posts)
      await world.until(post, ({ platformPosts: [each] }) => each?.step === "publish-0" && each.lease_until === null);
    await hang(await Promise.all([1, 2, 3].map((n) => world.addPost({ text: `hangs ${n}` }))));
    await world.pool.query("update platform_posts set due_at = now(), next_action_at = now() where due_at > now()");
    await world.pool.query("notify ampost_due");
    const committed = () => ledger.calls.filter((call) => call.startsWith("publish rush")).length;
    await world.until(live, () => committed() > 4);
    await hang([hangingLive]);
    await world.publish(live);
    await world.until(live, ({ platformPosts: [each] }) => typeof each?.published_url === "string");
    assert.ok(committed() < posts.length, "the link of the live post was read after the rush");
    never.resolve();
  });
});

test("two engines on one queue publish every post once", async () => {
  await withWorld(async (world) => {
    await Promise.all([world.startEngine(), world.startEngine()]);
    const posts = await Promise.all(Array.from({ length: 60 }, (_, n) => world.addPost({ text: `shared ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.posts.length, 60);
    assert.equal(new Set(world.ledger.posts.map(({ text }) => text)).size, 60);
  });
});

test("ten wake-ups for the same post publish it once", async () => {
  await withWorld(async (world) => {
    await Promise.all([world.startEngine(), world.startEngine()]);
    const post = await world.addPost({ text: "woken" });
    await world.publish(post);
    for (let n = 0; n < 10; n += 1) await world.pool.query("notify ampost_due");
    await world.until(post, isOver);
    assert.equal(world.ledger.publishCalls.get("woken"), 1);
  });
});

test("a wake-up claims nothing where nothing is due", async () => {
  await withWorld(async (world) => {
    let claims = 0;
    const faultPoint = ({ point }: FaultPlace) => void (claims += point === "claim.before" ? 1 : 0);
    await world.startEngine({ faultPoint });
    for (let n = 0; n < 10; n += 1) {
      await world.pool.query("notify ampost_due");
      await pause(20);
    }
    assert.equal(claims, 0);
    const post = await world.addPost({ text: "due" });
    await world.publish(post);
    await world.until(post, isOver);
    assert.ok(claims > 0);
  });
});

test("posts that come one after the other are claimed together", async () => {
  await withWorld(async (world) => {
    let claims = 0;
    const faultPoint = ({ point }: FaultPlace) => void (claims += point === "claim.after" ? 1 : 0);
    await world.startEngine({ faultPoint, slots: { prepare: 64, commit: 64, observe: 64 } });
    const posts = await Promise.all(Array.from({ length: 120 }, (_, n) => world.addPost({ text: `one of many ${n}` })));
    const begun = performance.now();
    for (const post of posts) await world.publish(post);
    await Promise.all(posts.map((post) => world.until(post, isOver)));
    const rounds = (performance.now() - begun) / 100;
    assert.ok(claims <= 4 + 2 * rounds, `${claims} claims in ${rounds} times 100 ms`);
    assert.equal(world.ledger.posts.length, posts.length);
  });
});

test("a stop waits for running work, starts nothing more, and the rest continues elsewhere", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    const slow = { kind: "slow", until: answering.promise } as const;
    world.ledger.faults.push(
      { call: "publish", text: "in flight", ...slow },
      { call: "create", text: "handed back", ...slow },
    );
    const engine = await world.startEngine({ broker: ledgerBroker(world.ledger, { timeoutSeconds: 60 }) });
    const inFlight = await world.addPost({ text: "in flight" });
    const handedBack = await world.addPost({ text: "handed back" });
    await Promise.all([world.publish(inFlight), world.publish(handedBack)]);
    await world.until(
      inFlight,
      () => world.ledger.calls.includes("publish in flight") && world.ledger.calls.includes("create handed back"),
    );
    const stopping = engine.stop();
    answering.resolve();
    await stopping;
    assert.equal(engine.running(), 0);
    assert.equal((await world.read(inFlight)).platformPosts[0]?.live_through, "publish-0");
    assert.equal((await world.read(handedBack)).platformPosts[0]?.step, "ready-0");
    assert.equal((await world.read(handedBack)).platformPosts[0]?.lease_until, null);
    await world.startEngine();
    for (const post of [inFlight, handedBack]) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.posts.length, 2);
  });
});

test("a worker that stops tells the others at once what they can continue", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    world.ledger.faults.push({ call: "create", text: "handed over", kind: "slow", until: answering.promise });
    const engine = await world.startEngine({ broker: ledgerBroker(world.ledger, { timeoutSeconds: 60 }) });
    const post = await world.addPost({ text: "handed over" });
    await world.publish(post);
    await world.until(post, () => world.ledger.calls.includes("create handed over"));
    const listener = await createListener(world.databaseUrl, pino({ level: "silent" }));
    let notifications = 0;
    listener.on(CHANNELS.due, () => (notifications += 1));
    const stopping = engine.stop();
    answering.resolve();
    await stopping;
    assert.equal((await world.read(post)).platformPosts[0]?.lease_until, null);
    try {
      await world.until(post, () => notifications > 0);
    } finally {
      await listener.close();
    }
  });
});

test("SIGTERM ends a worker cleanly while it publishes", async () => {
  await withWorld(async (world) => {
    const worker = await world.startWorker();
    const posts = await Promise.all(Array.from({ length: 5 }, (_, n) => world.addPost({ text: `stopped ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    worker.kill("SIGTERM");
    const [code] = await once(worker, "exit");
    assert.equal(code, 0);
    await world.startEngine();
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.posts.length, 5);
  });
});

test("a database that goes down and comes back loses and duplicates nothing", async () => {
  await withWorld(async (world) => {
    await world.startEngine({ speed: 20 });
    const posts = await Promise.all(Array.from({ length: 30 }, (_, n) => world.addPost({ text: `cut ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    for (let cut = 0; cut < 5; cut += 1) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await world.pool
        .query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid()`,
        )
        .catch(() => undefined);
    }
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.posts.length, 30);
    assert.equal(new Set(world.ledger.posts.map(({ text }) => text)).size, 30);
  });
});
