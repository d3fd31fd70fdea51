import assert from "node:assert/strict";
import { test } from "node:test";

import { pino } from "pino";

import { newId } from "../../model/ids.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type PublishingWorld, withWorld } from "../../tests/publishing-world.ts";
import type { Lane } from "../db/queries/claims.ts";
import { type Claim, instant } from "./claim.ts";
import type { EngineMetrics } from "./deps.ts";
import { createOutages, type Outages } from "./outages.ts";
import { backOffSeconds } from "./timing.ts";

test("a platform that is down is asked a few times, not by every due post, and gets them all when it is back", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const said: boolean[] = [];
    ledger.faults.push(...Array.from({ length: 1_000 }, () => ({ call: "create", kind: "http_500" }) as const));
    const posts = await Promise.all(Array.from({ length: 40 }, (_, n) => world.addPost({ text: `due ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    await world.startEngine({ speed: 2, slots: { prepare: 4, commit: 4, observe: 4 }, metrics: metricsOf(said) });
    const last = posts.at(-1) ?? assert.fail();
    await world.until(last, () => said.length > 0);
    await world.until(last, ({ platformPosts }) => Date.parse(String(platformPosts[0]?.next_action_at)) > Date.now());
    assert.ok(ledger.calls.length < 20, `${ledger.calls.length} calls`);
    ledger.faults.splice(0);
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(said.at(-1), false);
  });
});

test("while a platform is down few posts are tried at a time, and once it responds they run in parallel again", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const [tried, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const texts = Array.from({ length: 12 }, (_, n) => `due ${n}`);
    const creates = () => ledger.calls.filter((call) => call.startsWith("create due")).length;
    const hang = (until: Promise<void>) => {
      ledger.faults.splice(
        0,
        Infinity,
        ...texts.map((text) => ({ call: "create", text, kind: "slow", until }) as const),
      );
      return creates();
    };
    const said: boolean[] = [];
    ledger.faults.push(...Array.from({ length: 1_000 }, () => ({ call: "create", kind: "http_500" }) as const));
    const posts = await Promise.all(texts.map((text) => world.addPost({ text })));
    await Promise.all(posts.map((post) => world.publish(post)));
    const [first = assert.fail()] = posts;
    let ownFaults = 0;
    const engine = await world.startEngine({
      // The first probe says nothing about the platform.
      freshAccess: () =>
        ownFaults-- > 0 ? Promise.reject(new Error("a fault of ours")) : Promise.resolve({ accessToken: "token" }),
      speed: 2,
      slots: { prepare: 12, commit: 12, observe: 12 },
      broker: ledgerBroker(ledger, { timeoutSeconds: 600 }),
      metrics: metricsOf(said),
    });
    await world.until(first, () => said.length > 0 && engine.running() === 0);
    const before = hang(tried.promise);
    const dueIn = (seconds: number) =>
      world.pool.query(
        `update platform_posts set next_action_at = now() + make_interval(secs => $1)
         where lease_until is null and platform = 'threads'`,
        [seconds],
      );
    ownFaults = 1;
    // All at one moment, beyond the pause.
    await dueIn(4);
    await world.until(first, () => creates() > before);
    for (const text of ["one", "another"]) {
      await dueIn(0);
      const elsewhere = await world.addPost({ text, platform: "linkedin" });
      await world.publish(elsewhere);
      assert.equal((await world.until(elsewhere, isOver)).status, "published");
      // One, or another beside it if that one takes long.
      assert.ok(creates() <= before + 3, `${creates() - before} were tried`);
    }
    const answered = hang(over.promise);
    tried.resolve();
    await world.until(first, () => creates() >= answered + 3);
    over.resolve();
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(said.at(-1), false);
  });
});

test("a probe that hangs because of its content does not delay the posts of other users", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const hung = Promise.withResolvers<void>();
    const said: boolean[] = [];
    const faults = Array.from({ length: 1_000 }, () => ({ call: "create", kind: "http_500" }) as const);
    ledger.faults.push(...faults);
    const posts = await Promise.all(Array.from({ length: 8 }, (_, n) => world.addPost({ text: `due ${n}` })));
    await Promise.all(posts.map((post) => world.publish(post)));
    const [first = assert.fail()] = posts;
    const engine = await world.startEngine({
      speed: 10,
      broker: ledgerBroker(ledger, { timeoutSeconds: 600 }),
      metrics: metricsOf(said),
    });
    await world.until(first, () => said.length > 0 && engine.running() === 0);
    ledger.faults.splice(0, Infinity, { call: "create", kind: "slow", until: hung.promise });
    // All but the one that hangs.
    await world.until(first, () => ledger.posts.length === posts.length - 1);
    hung.resolve();
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("after a pause a step is tried first, and a commit only if none comes along", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const { outages, closed, pauses } = outagesOf();
  for (let n = 0; n < 5; n += 1) outages.down(claimOf(`user ${n}`));
  const group = closed();
  assert.equal(group.length, 1);
  const tried = () => (["prepare", "commit"] as const).map((lane) => outages.forClaims(lane).probing);
  assert.deepEqual(tried(), [[], []]);
  t.mock.timers.tick((pauses.at(-1) ?? assert.fail()) * 1000);
  assert.deepEqual(tried(), [group, []]);
  t.mock.timers.tick(1000);
  assert.deepEqual(tried(), [group, group]);
  const probe = claimOf("user 1");
  outages.begun(probe);
  assert.deepEqual(tried(), [[], []]);
  outages.down(probe);
  t.mock.timers.tick((pauses.at(-1) ?? assert.fail()) * 1000);
  assert.deepEqual(tried(), [group, []]);
});

test("once the platform answers a read, one commit at a time is tried, and it is reported as up when one gets through", () => {
  const { outages, closed, pauses } = outagesOf();
  for (let n = 0; n < 5; n += 1) outages.down(claimOf(`user ${n}`));
  const group = closed();
  const [refused, accepted] = [claimOf("user 1", "shared", "commit"), claimOf("user 2", "shared", "commit")];
  const tried = () => outages.forClaims("commit").probing;
  for (const commit of [refused, accepted]) {
    assert.ok(outages.isOutage(commit));
    outages.begun(commit);
    outages.answered(commit);
    assert.deepEqual([outages.isOutage(commit), pauses.includes(null), tried()], [false, false, []]);
    if (commit === refused) outages.down(commit);
    outages.ended(commit);
  }
  assert.deepEqual([closed(), tried()], [[], group]);
  outages.up(accepted);
  assert.deepEqual([closed(), pauses.at(-1), tried()], [[], null, []]);
});

test("nothing is committed to a platform that is down: first, an account must be readable", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const prepared = await Promise.all(
      Array.from({ length: 4 }, (_, n) =>
        world.addPost({ text: `prepared ${n}`, dueAt: new Date(Date.now() + 600_000) }),
      ),
    );
    // What the platform answered or was sent, and when the breaker opened and closed, in order.
    const order: string[] = [];
    const note = (what: string) => void (order.at(-1) !== what && order.push(what));
    let [isUp, reads] = [false, 0];
    await world.startEngine({
      speed: 10,
      // However slow a commit is, none is tried beside it.
      slots: { commit: 1 },
      metrics: { ...metricsOf([]), platformDown: (_platform, _mode, isDown) => note(isDown ? "open" : "closed") },
      readAccount: async () => {
        reads += 1;
        if (!isUp) throw new BrokerError("PLATFORM_UNAVAILABLE", "The platform does not answer.");
        note("read");
      },
      faultPoint: async ({ point }) => void (point === "intent.before" && order.push("commit")),
    });
    for (const post of prepared) await world.until(post, ({ platformPosts }) => platformPosts[0]?.step === "publish-0");
    ledger.faults.push(...Array.from({ length: 1_000 }, () => ({ call: "create", kind: "http_500" }) as const));
    const others = await Promise.all(Array.from({ length: 8 }, (_, n) => world.addPost({ text: `other ${n}` })));
    await Promise.all(others.map((post) => world.publish(post)));
    const [first = assert.fail()] = prepared;
    await world.until(first, () => order.length > 0);
    await leaveOnlyCommits(world);
    for (const post of prepared) await world.bringForward(post, 0);
    await world.until(first, () => reads >= 2);
    assert.deepEqual([order, [...ledger.publishCalls]], [["open"], []]);
    // Reads work before commits do. It is not up before a commit gets through.
    ledger.faults.splice(
      0,
      Infinity,
      ...Array.from({ length: 2 }, () => ({ call: "publish", kind: "refuse" }) as const),
    );
    isUp = true;
    for (const post of prepared) assert.equal((await world.until(post, isOver)).status, "published");
    assert.match(order.join(" "), /^open read commit open read commit open read commit closed(?: commit)*$/);
  });
});

test("an own app that its platform has blocked holds back only its own posts", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const said: boolean[] = [];
    const logged: string[] = [];
    const userId = await world.addUser();
    const texts = Array.from({ length: 24 }, (_, n) => `blocked ${n}`);
    const blocked = await Promise.all(texts.map((text) => world.addPost({ text, userId })));
    await world.pool.query("update accounts set granted_through = $2 where user_id = $1", [userId, OWN_APP]);
    ledger.faults.push(
      ...texts.flatMap((text) =>
        Array.from({ length: 50 }, () => ({ call: "create", text, kind: "http_500" }) as const),
      ),
    );
    await world.startEngine({
      speed: 2,
      slots: { prepare: 4, commit: 4, observe: 4 },
      metrics: metricsOf(said),
      log: pino({ level: "warn" }, { write: (line) => logged.push(line) }),
    });
    await Promise.all(blocked.map((post) => world.publish(post)));
    const [first = assert.fail()] = blocked;
    await world.until(first, () => logged.some((line) => line.includes("one is tried later")));
    const others = await Promise.all(["one", "another", "a third"].map((text) => world.addPost({ text })));
    for (const post of others) {
      await world.publish(post);
      assert.equal((await world.until(post, isOver)).status, "published");
    }
    const calls = ledger.calls.filter((call) => call.startsWith("create blocked")).length;
    assert.ok(calls < 20, `${calls} calls`);
    assert.deepEqual(said, []);
    ledger.faults.splice(0);
    for (const post of blocked) assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("an outage is reported even if all accounts are connected through the instance's app at the sandbox", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const said: boolean[] = [];
    const logged: string[] = [];
    const posts = await Promise.all(Array.from({ length: 8 }, (_, n) => world.addPost({ text: `due ${n}` })));
    await world.pool.query(
      `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri)
       values ($1, 'test', 'threads', 'id', '', '')`,
      [OWN_APP],
    );
    await world.pool.query("update accounts set granted_through = $1", [OWN_APP]);
    ledger.faults.push(...Array.from({ length: 1_000 }, () => ({ call: "create", kind: "http_500" }) as const));
    await world.startEngine({
      speed: 2,
      metrics: metricsOf(said),
      log: pino({ level: "warn" }, { write: (line) => logged.push(line) }),
    });
    await Promise.all(posts.map((post) => world.publish(post)));
    const [first = assert.fail()] = posts;
    await world.until(first, () => logged.some((line) => line.includes("one is tried later")));
    assert.deepEqual([said[0], logged.filter((line) => line.includes("own app"))], [true, []]);
    ledger.faults.splice(0);
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(said.at(-1), false);
  });
});

test("the answers that one app gets do not hide that the platform is down for another", () => {
  const { outages, closed } = outagesOf();
  for (let n = 0; n < 8; n += 1) {
    outages.up(claimOf("tenant", OWN_APP));
    outages.down(claimOf(`user ${n}`));
  }
  assert.deepEqual(closed(), ["test threads shared"]);
  outages.up(claimOf("tenant", OWN_APP));
  assert.deepEqual(closed(), ["test threads shared"]);
  outages.up(claimOf("user 1"));
  assert.deepEqual(closed(), []);
});

test("once a platform is down for one app, two posts through others show that it is down for all of them", () => {
  const { outages, closed } = outagesOf();
  for (let n = 0; n < 5; n += 1) outages.down(claimOf(`user ${n}`));
  assert.deepEqual(closed(), ["test threads shared"]);
  outages.down(claimOf("tenant", OWN_APP));
  assert.deepEqual(closed(), ["test threads shared"]);
  outages.down(claimOf("another tenant", "00000000-0000-0000-0000-00000000000b"));
  assert.deepEqual(closed(), ["test threads"]);
  outages.up(claimOf("tenant", OWN_APP));
  assert.deepEqual(closed(), []);
});

test("two blocked apps of many are not an outage of the platform", () => {
  const { outages, closed } = outagesOf();
  const apps = Array.from({ length: 5 }, (_, n) => `00000000-0000-0000-0000-00000000000${n}`);
  for (const app of apps) outages.up(claimOf(`tenant of ${app}`, app));
  const [one = "", another = ""] = apps;
  for (let n = 0; n < 8; n += 1) for (const app of [one, another]) outages.down(claimOf(`tenant ${n} of ${app}`, app));
  assert.deepEqual(closed(), [`test threads ${one}`, `test threads ${another}`]);
});

test("a probe of one app remains one when the platform turns out to be down for all", () => {
  const { outages, closed, pauses } = outagesOf();
  for (let n = 0; n < 5; n += 1) outages.down(claimOf(`user ${n}`));
  const [probe, other] = [claimOf("user 1"), claimOf("user 1")];
  outages.begun(probe);
  for (let n = 0; n < 2; n += 1) outages.down(claimOf(`tenant ${n}`, OWN_APP));
  assert.deepEqual(closed(), ["test threads"]);
  const before = pauses.length;
  outages.down(other);
  assert.equal(pauses.length, before);
  outages.down(probe);
  assert.equal(pauses.length, before + 1);
});

test("posts that fail together are not retried together", () => {
  for (const failures of [1, 2, 3, 4, 5, 6])
    assert.ok(backOffSeconds(failures, () => 0) < 0.9 * backOffSeconds(failures, () => 1), `${failures}`);
});

test("the failing posts of one user are not an outage", async () => {
  await withWorld(async (world) => {
    const said: boolean[] = [];
    await world.startEngine({ speed: 1, metrics: metricsOf(said) });
    const first = await world.addPost({ text: "first" });
    await world.publish(first);
    await world.until(first, isOver);
    const userId = await world.addUser();
    const bad = await Promise.all(Array.from({ length: 8 }, (_, n) => world.addPost({ text: `bad ${n}`, userId })));
    world.ledger.faults.push(...bad.map((_, n) => ({ call: "create", text: `bad ${n}`, kind: "http_500" }) as const));
    await Promise.all(bad.map((post) => world.publish(post)));
    for (const post of bad) await world.until(post, ({ platformPosts }) => platformPosts[0]?.error !== null);
    const good = await world.addPost({ text: "good" });
    await world.publish(good);
    await world.until(good, isOver);
    assert.deepEqual(said, []);
  });
});

test("the failing posts of a few users among many are not an outage", async () => {
  await withWorld(async (world) => {
    const said: boolean[] = [];
    await world.startEngine({ speed: 1, metrics: metricsOf(said) });
    const publish = async (text: string) => {
      const post = await world.addPost({ text });
      await world.publish(post);
      await world.until(post, isOver);
    };
    for (const text of ["one", "two", "three"]) await publish(text);
    const users = [await world.addUser(), await world.addUser()];
    const bad = await Promise.all(
      Array.from({ length: 8 }, (_, n) => world.addPost({ text: `bad ${n}`, userId: users[n % 2] ?? assert.fail() })),
    );
    world.ledger.faults.push(...bad.map((_, n) => ({ call: "create", text: `bad ${n}`, kind: "http_500" }) as const));
    await Promise.all(bad.map((post) => world.publish(post)));
    for (const post of bad) await world.until(post, ({ platformPosts }) => platformPosts[0]?.error !== null);
    await publish("good");
    assert.deepEqual(said, []);
  });
});

test("a limit detected by one post applies to the whole account, until the platform's time, after which posts are spread", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    ledger.faults.push({ call: "create", kind: "rate_limit", seconds: 600 });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const posts = await Promise.all(
      Array.from({ length: 10 }, (_, n) => world.addPost({ text: `limited ${n}`, userId, accountId })),
    );
    // One at a time, so that nothing is under way when the limit is learned.
    await world.startEngine({ speed: 1, slots: { prepare: 1, commit: 1, observe: 1 } });
    const [first = assert.fail(), ...others] = posts;
    await world.publish(first);
    await world.until(first, ({ platformPosts }) => platformPosts[0]?.error !== null);
    await Promise.all(others.map((post) => world.publish(post)));
    const waiting = async () => {
      const { rows } = await world.pool.query<{ at: Date }>(
        "select next_action_at as at from platform_posts where status = 'queued' and next_action_at >= (select max(limited_until) from accounts)",
      );
      return rows.map(({ at }) => at.getTime());
    };
    let times = await waiting();
    while (times.length < others.length) times = await waiting();
    assert.ok(new Set(times).size > 1, times.join());
    const end = await endLimits(world);
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(ledger.calls.filter((call) => call.startsWith("create")).length, 11);
    assert.ok(
      ledger.posts.every(({ at }) => at >= end - 100),
      "a post went out before the platform's time",
    );
  });
});

test("a post that was being prepared when a limit was learned is not sent before it ends", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const learned = Promise.withResolvers<void>();
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const [limited, prepared] = [
      await world.addPost({ text: "limited", userId, accountId }),
      await world.addPost({ text: "prepared", userId, accountId }),
    ];
    ledger.faults.push(
      { call: "publish", text: "limited", kind: "rate_limit", seconds: 600 },
      { call: "create", text: "prepared", kind: "slow", until: learned.promise },
    );
    await world.startEngine({ speed: 1, broker: ledgerBroker(ledger, { timeoutSeconds: 600 }) });
    await world.publish(prepared);
    await world.until(prepared, () => ledger.calls.includes("create prepared"));
    await world.publish(limited);
    await world.until(limited, ({ platformPosts }) => platformPosts[0]?.error !== null);
    learned.resolve();
    const inFiveMinutes = Date.now() + 300_000;
    const state = await world.until(
      prepared,
      (each) => isOver(each) || Date.parse(String(each.platformPosts[0]?.next_action_at)) > inFiveMinutes,
    );
    assert.deepEqual([state.status, ledger.publishCalls.get("prepared")], ["posting", undefined]);
    const end = await endLimits(world);
    for (const post of [limited, prepared]) assert.equal((await world.until(post, isOver)).status, "published");
    assert.ok(ledger.posts.every(({ at }) => at >= end - 100));
  });
});

test("a limit of the app applies to all accounts connected through it, of every user, and to no others", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const [first, same, other] = [
      await world.addPost({ text: "first" }),
      await world.addPost({ text: "same app" }),
      await world.addPost({ text: "other app" }),
    ];
    await world.pool.query(
      `insert into connections (account_id, user_id, mode, access_token_sealed, oauth_app_id)
       select a.id, a.user_id, a.mode, '', case when a.user_id = $1 then gen_random_uuid() end from accounts a`,
      [other.userId],
    );
    ledger.faults.push({ call: "create", text: "first", kind: "rate_limit", seconds: 600, limitOf: "app" });
    await world.startEngine({ speed: 1 });
    await world.publish(first);
    await world.until(first, ({ platformPosts }) => platformPosts[0]?.error !== null);
    for (const post of [same, other]) await world.publish(post);
    assert.equal((await world.until(other, isOver)).status, "published");
    assert.deepEqual(
      ledger.posts.map(({ text }) => text),
      ["other app"],
    );
    const end = await endLimits(world);
    for (const post of [first, same]) assert.equal((await world.until(post, isOver)).status, "published");
    assert.ok(
      ledger.posts.slice(1).every(({ at }) => at >= end - 100),
      "a post went out before the app's time",
    );
  });
});

const OWN_APP = "00000000-0000-0000-0000-00000000000a";

/** With the pauses that it has begun, in seconds; null when an outage was over. */
function outagesOf(): { outages: Outages; closed: () => string[]; pauses: (number | null)[] } {
  const pauses: (number | null)[] = [];
  const outages = createOutages({ speed: 0.01, onChange: (_group, seconds) => void pauses.push(seconds) });
  return { outages, closed: () => outages.forClaims("prepare").closed, pauses };
}

/** Postpones everything else, so that only commits are left to find out with whether the platform is up. */
async function leaveOnlyCommits({ pool }: PublishingWorld): Promise<void> {
  const postpone = `update platform_posts set next_action_at = now() + interval '1 hour'
    where lane = 'prepare' and lease_until is null and next_action_at is not null`;
  const soon = `select from platform_posts where lane = 'prepare' and next_action_at < now() + interval '30 minutes'`;
  do await pool.query(postpone);
  while ((await pool.query(soon)).rowCount !== 0);
}

/** Ends the platform's limits in a moment, and wakes what waits for them before. Returns when they end. */
async function endLimits({ pool }: PublishingWorld): Promise<number> {
  const { rows } = await pool.query<{ limited_until: Date }>(
    `update accounts set limited_until = now() + interval '2 seconds' where limited_until is not null
     returning limited_until`,
  );
  await pool.query(
    "update platform_posts set next_action_at = now() where next_action_at > now() and lease_until is null",
  );
  await pool.query("notify ampost_due");
  return rows[0]?.limited_until.getTime() ?? assert.fail();
}

function claimOf(userId: string, app = "shared", lane: Lane = "prepare"): Claim {
  return {
    id: newId(),
    fence: 1,
    leaseOwner: newId(),
    accountId: newId(),
    userId,
    mode: "test",
    platform: "threads",
    app,
    lane,
    takeovers: 0,
    lease: { takenAt: instant() },
    lost: new AbortController(),
  };
}

function metricsOf(said: boolean[]): EngineMetrics {
  return {
    commitStarted: () => undefined,
    settled: () => undefined,
    setAside: () => undefined,
    faulted: () => undefined,
    platformDown: (_platform, _mode, isDown) => said.push(isDown),
  };
}
