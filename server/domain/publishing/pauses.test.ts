import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type pg from "pg";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
import { post as postShape } from "../../../contract/operations/posts.ts";
import { publishing as publishingShape } from "../../../contract/operations/publishing.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { isOver, type PublishingWorld, type TestPost, withWorld } from "../../../tests/publishing-world.ts";
import { type Called, createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { transaction } from "../../db/sql.ts";
import { createApiKey } from "../api-keys/api-keys.ts";
import { BY_INSTANCE } from "../call.ts";
import { type PauseTarget, startPause, stopPause } from "./pauses.ts";

const INSTANCE: PauseTarget = {
  user_id: null,
  mode: null,
  platform_set_id: null,
  account_id: null,
  by_operator: true,
};

for (const scope of ["instance", "user", "platform_set", "account"] as const) {
  test(`while the ${scope} is paused nothing of it is sent, and after a resume it is, once`, async () => {
    await withWorld(async (world) => {
      const post = await world.addPost({ text: "paused" });
      const target = await targetOf(world, post, scope);
      await pause(world.pool, target);
      await world.startEngine();
      await world.publish(post);
      if (scope !== "instance") {
        // Others are not affected, and come after it.
        await world.until(post, ({ platformPosts: [part] }) => isPutOff(part?.next_action_at));
        const neighbor = await world.addPost({ text: "neighbor" });
        await world.publish(neighbor);
        await world.until(neighbor, isOver);
      }
      assert.equal((await world.read(post)).status, "queued");
      await resume(world.pool, target);
      assert.equal((await world.until(post, isOver)).status, "published");
      assert.equal(world.ledger.publishCalls.get("paused"), 1);
      assert.equal(await beganAfterPause(world.pool, post), true);
    });
  });
}

test("a commit that is about to begin is not sent, and nothing counts against the post", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "just in time" });
    const target = await targetOf(world, post, "account");
    let paused = false;
    await world.startEngine({
      faultPoint: async ({ point }) => {
        if (point !== "intent.before" || paused) return;
        paused = true;
        await pause(world.pool, target);
      },
    });
    await world.publish(post);
    await world.until(post, ({ platformPosts: [part] }) => paused && isPutOff(part?.next_action_at));
    const { rows } = await world.pool.query(
      "select takeovers, failures, lease_owner from platform_posts where id = $1",
      [post.platformPostId],
    );
    assert.deepEqual(rows, [{ takeovers: 0, failures: 0, lease_owner: null }]);
    assert.equal(world.ledger.publishCalls.get("just in time"), undefined);
    await resume(world.pool, target);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(await beganAfterPause(world.pool, post), true);
  });
});

test("of the posts whose time comes during a pause, those with onPause skip are not published after it", async () => {
  await withWorld(async (world) => {
    await pause(world.pool, INSTANCE);
    const dueAt = new Date(Date.now() + 300);
    const [late, skipped] = [
      await world.addPost({ text: "late", dueAt }),
      await world.addPost({ text: "skip", dueAt }),
    ];
    const after = await world.addPost({ text: "after", dueAt: new Date(Date.now() + 3_600_000) });
    await world.pool.query("update posts set skip_when_paused = true where id = any($1)", [[skipped.id, after.id]]);
    await world.startEngine();
    await world.until(late, () => Date.now() > dueAt.getTime() + 100);
    await resume(world.pool, INSTANCE);
    assert.equal((await world.until(late, isOver)).status, "published");
    const missed = await world.until(skipped, ({ events }) => events.includes("post.missed"));
    assert.equal(missed.status, "scheduled");
    assert.match(missed.platformPosts[0]?.warnings[0]?.message ?? "", /while publishing was paused/);
    await world.bringForward(after, 0);
    assert.equal((await world.until(after, isOver)).status, "published");
    assert.deepEqual([...world.ledger.publishCalls.keys()].sort(), ["after", "late"]);
  });
});

test("onPause skip concerns only the platforms whose own account was paused: the others are published", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "skip", dueAt: new Date(Date.now() + 3_600_000), also: ["linkedin"] });
    await world.pool.query("update posts set skip_when_paused = true");
    const { rows } = await world.pool.query<{ account_id: string }>(
      "select account_id from platform_posts where platform = 'linkedin'",
    );
    const account = { ...INSTANCE, user_id: post.userId, mode: "test", account_id: rows[0]?.account_id ?? "" } as const;
    await pause(world.pool, account);
    await world.startEngine();
    await world.bringForward(post, 0);
    // The other one is not sent before the paused one has been looked at.
    await world.pool.query(
      "update platform_posts set next_action_at = now() + interval '1 hour' where platform = 'threads'",
    );
    await resume(world.pool, account);
    await world.until(post, ({ platformPosts }) => platformPosts.some(({ status }) => status === "failed"));
    await world.pool.query("update platform_posts set next_action_at = now() where platform = 'threads'");
    await world.pool.query("notify ampost_due");
    const state = await world.until(post, isOver);
    assert.equal(state.status, "partial");
    assert.deepEqual(
      state.platformPosts.map(({ status, error }) => [status, error?.code]),
      [
        ["published", undefined],
        ["failed", "PUBLISH_MISSED"],
      ],
    );
    assert.match(state.platformPosts[1]?.error?.message ?? "", /while publishing was paused/);
    assert.deepEqual([...world.ledger.publishCalls.keys()], ["skip"]);
  });
});

let api: World;
let cookie: string;
let accountId: string;
before(async () => {
  api = await createWorld();
  accountId = await api.connect(api.test, "facebook");
  cookie = await api.signIn(api.test);
});
after(() => api.close());

const PUBLISHING = "/api/v1/publishing";
const call = (name: "pause" | "resume", body: object = {}, as: TestTenant = api.test) =>
  api.call(as, "POST", `${PUBLISHING}/${name}`, body);
const state = (answer: Called) => publishingShape.parse(objectIn(answer.body, "publishing"));
const scopes = (answer: Called) => state(answer).pauses.map(({ scope, byOperator }) => [scope, byOperator]);

test("what is paused says so: in its own state, in posts and in their validation", async () => {
  const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
  const draft = {
    content: { text: "Hello" },
    platforms: ["facebook"],
    platformSetId: api.test.platformSetId,
    scheduledFor,
    onPause: "skip",
  };
  const id = idOf((await api.call(api.test, "POST", "/api/v1/posts", draft)).body, "post");
  const warnings = async () => {
    const { body, headers } = await api.call(api.test, "GET", `/api/v1/posts/${id}`);
    const post = postShape.parse(objectIn(body, "post"));
    assert.equal(post.onPause, "skip");
    return [post.platformPosts[0]?.warnings.map(({ code }) => code), headers.get("etag")] as const;
  };
  const validated = async () =>
    JSON.stringify((await api.call(api.test, "POST", "/api/v1/posts/validate", draft)).body).includes(
      "publishing.paused",
    );
  const [none, unpaused] = await warnings();
  assert.deepEqual([none, await validated()], [[], false]);
  for (const [target, scope] of [
    [{}, "user"],
    [{ platformSetId: api.test.platformSetId }, "platform_set"],
    [{ accountId }, "account"],
  ] as const) {
    const answer = await call("pause", target);
    assert.deepEqual(scopes(answer), [[scope, false]]);
    assert.deepEqual(scopes(await call("pause", target)), [[scope, false]], "twice is the same");
    assert.equal(state(answer).status, scope === "user" ? "paused" : "running");
    const [some, paused] = await warnings();
    assert.deepEqual(some, ["PUBLISHING_PAUSED"], scope);
    assert.notEqual(paused, unpaused);
    assert.equal(await validated(), true, scope);
    assert.deepEqual(scopes(await call("resume", target)), []);
    assert.deepEqual((await warnings())[0], []);
  }
  const { rows } = await api.services.pool.query(
    "select type, count(*)::integer as count from outbox where type like 'publishing.%' group by 1 order by 1",
  );
  assert.deepEqual(rows, [
    { type: "publishing.paused", count: 3 },
    { type: "publishing.resumed", count: 3 },
  ]);
});

test("onPause is late by default, and can be changed", async () => {
  const draft = { content: { text: "Hello" }, platforms: ["facebook"], platformSetId: api.test.platformSetId };
  const { body } = await api.call(api.test, "POST", "/api/v1/posts", draft);
  const made = postShape.parse(objectIn(body, "post"));
  assert.equal(made.onPause, "late");
  const patched = async (sent: object) =>
    postShape.parse(objectIn((await api.call(api.test, "PATCH", `/api/v1/posts/${made.id}`, sent)).body, "post"))
      .onPause;
  assert.equal(await patched({ onPause: "skip" }), "skip");
  assert.equal(await patched({ content: { text: "Hi" } }), "skip");
  assert.equal(await patched({ onPause: "late" }), "late");
});

test("users resume neither what the operator paused, nor with a restricted key, nor the instance", async () => {
  const target = { ...INSTANCE, user_id: api.test.userId, mode: api.test.mode };
  await pause(api.services.pool, target);
  assert.deepEqual(scopes(await call("pause")), [
    ["user", true],
    ["user", false],
  ]);
  assert.deepEqual(scopes(await call("resume")), [["user", true]]);
  await resume(api.services.pool, target);
  const { apiKey } = await createApiKey(
    api.services,
    { userId: api.test.userId, mode: api.test.mode },
    { name: "agent", policies: keyPolicies.parse({ draftOnly: true }) },
  );
  const agent = { ...api.test, key: apiKey };
  assert.equal((await call("pause", {}, agent)).status, 200);
  assert.deepEqual(
    asRefusal(await call("resume", {}, agent), 403).issues.map(({ rule }) => rule),
    ["policies.resume"],
  );
  assert.deepEqual(scopes(await call("resume")), []);
  assert.equal((await call("pause", { instance: true })).status, 404);
  assert.equal((await call("pause", { accountId, platformSetId: api.test.platformSetId })).status, 400);
});

test("the owner pauses the instance with their session, and its users see that", async () => {
  const send = async (what: string, mode: string, body: object) =>
    await fetch(`${api.url}${PUBLISHING}/${what}?mode=${mode}`, {
      method: "POST",
      headers: { cookie, origin: api.services.settings.appUrl, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  assert.equal((await send("pause", "live", { instance: true })).status, 404);
  await api.services.pool.query("update users set is_owner = true where id = $1", [api.test.userId]);
  assert.equal((await send("pause", "live", { instance: true })).status, 200);
  const stranger = (await api.makeTenants()).test;
  const seen = publishingShape.parse(objectIn((await api.call(stranger, "GET", PUBLISHING)).body, "publishing"));
  assert.deepEqual([seen.status, seen.pauses.map(({ byOperator }) => byOperator)], ["paused", [true]]);
  assert.equal((await send("resume", "live", { instance: true })).status, 200);
  assert.equal(state(await api.call(stranger, "GET", PUBLISHING)).status, "running");
});

async function targetOf(
  { pool }: PublishingWorld,
  post: TestPost,
  scope: "instance" | "user" | "platform_set" | "account",
): Promise<PauseTarget> {
  if (scope === "instance") return INSTANCE;
  const { rows } = await pool.query<{ account_id: string; platform_set_id: string }>(
    `select a.id as account_id, a.platform_set_id from platform_posts pp join accounts a on a.id = pp.account_id
     where pp.id = $1`,
    [post.platformPostId],
  );
  return {
    ...INSTANCE,
    user_id: post.userId,
    mode: "test",
    account_id: scope === "account" ? (rows[0]?.account_id ?? null) : null,
    platform_set_id: scope === "platform_set" ? (rows[0]?.platform_set_id ?? null) : null,
  };
}

async function pause(pool: pg.Pool, target: PauseTarget): Promise<void> {
  assert.equal(await transaction(pool, (tx) => startPause(tx, BY_INSTANCE, target)), true);
}

async function resume(pool: pg.Pool, target: PauseTarget): Promise<void> {
  assert.equal(await transaction(pool, (tx) => stopPause(tx, BY_INSTANCE, target)), true);
}

/** Far later than anything else would have been looked at. */
function isPutOff(at: Date | string | null | undefined): boolean {
  return at !== null && at !== undefined && new Date(at).getTime() > Date.now() + 30_000;
}

async function beganAfterPause(pool: pg.Pool, post: TestPost): Promise<boolean | undefined> {
  const { rows } = await pool.query<{ is_after: boolean }>(
    `select min(s.intent_at) >= max(p.until) as is_after from publish_steps s, publishing_pauses p
     where s.platform_post_id = $1 and s.effect = 'visible'`,
    [post.platformPostId],
  );
  return rows[0]?.is_after;
}
