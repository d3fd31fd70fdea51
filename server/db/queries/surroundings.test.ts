import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import type pg from "pg";

import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { findSurroundings } from "./surroundings.ts";

let database: TestDatabase;
let pool: pg.Pool;

before(async () => {
  database = await createTestDatabase();
  pool = database.pool;
});

after(() => database?.drop());

test("posts known to be live on the platform account are considered, in all of the user's sets, and nobody else's", async () => {
  const [user, other] = [await addUser(), await addUser()];
  const page = await addAccount(user);
  const lost = await addCommit(user, page);
  await addCommit(user, page, { remoteId: "same-account" });
  await addCommit(user, await addAccount(user), { remoteId: "other-set" });
  await addCommit(user, await addAccount(user, { platformAccountId: "202" }), { remoteId: "other-page" });
  await addCommit(user, await addAccount(user, { mode: "live" }), { remoteId: "other-mode", mode: "live" });
  await addCommit(other, await addAccount(other), { remoteId: "other-user" });
  await addCommit(user, page, { remoteId: "long-ago", hoursAgo: 25 });
  const found = await findSurroundings.one(pool, [lost.intent, user, "test"]);
  assert.deepEqual([found?.accounted_ids.toSorted(), found?.has_twin], [["other-set", "same-account"], false]);
  assert.equal(await findSurroundings.one(pool, [lost.intent, other, "test"]), undefined);
});

test("a twin is another post's lost request with the same bytes, and not a settled one", async () => {
  const user = await addUser();
  const page = await addAccount(user);
  const lost = await addCommit(user, page, { hash: "bytes" });
  await addCommit(user, page, { hash: "bytes", remoteId: "live" });
  await addCommit(user, page, { hash: "bytes", result: "definite_failure" });
  await addCommit(user, page, { hash: "other bytes" });
  assert.equal((await findSurroundings.one(pool, [lost.intent, user, "test"]))?.has_twin, false);
  await addCommit(user, page, { hash: "bytes", result: "unknown" });
  assert.equal((await findSurroundings.one(pool, [lost.intent, user, "test"]))?.has_twin, true);
});

test("a step is searched from its first request with an unknown outcome", async () => {
  const user = await addUser();
  const page = await addAccount(user);
  const first = await addCommit(user, page, { result: "unknown", hoursAgo: 5 });
  await addCommit(user, page, { result: "definite_failure", hoursAgo: 7, platformPost: first.platformPost });
  await addCommit(user, page, { result: "unknown", hoursAgo: 8, platformPost: first.platformPost, step: "another" });
  await addCommit(user, page, { remoteId: "before-it", hoursAgo: 6 });
  const last = await addCommit(user, page, { platformPost: first.platformPost });
  const found = await findSurroundings.one(pool, [last.intent, user, "test"]);
  assert.deepEqual(
    [Math.round((found?.age_seconds ?? 0) / 3600), found?.accounted_ids, found?.has_twin],
    [5, ["before-it"], false],
  );
  assert.equal(Math.round((Number(found?.last_intent_at) - Number(found?.intent_at)) / 3_600_000), 5);
});

async function addUser(): Promise<string> {
  const id = randomUUID();
  await pool.query("insert into users (id, email) values ($1, $1)", [id]);
  return id;
}

async function addAccount(userId: string, { platformAccountId = "101", mode = "test" } = {}): Promise<string> {
  const [set, account] = [randomUUID(), randomUUID()];
  await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, $3, 'Set')", [
    set,
    userId,
    mode,
  ]);
  await pool.query(
    `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id)
     values ($1, $2, $3, $4, 'facebook', $5)`,
    [account, userId, mode, set, platformAccountId],
  );
  return account;
}

interface NewCommit {
  mode?: string;
  remoteId?: string;
  hash?: string;
  result?: string;
  hoursAgo?: number;
  platformPost?: string;
  step?: string;
}

/** A commit of a post of its own; open unless it has a result or an id. */
async function addCommit(
  userId: string,
  accountId: string,
  { mode = "test", remoteId, hash, result, hoursAgo = 0, platformPost, step = "publish" }: NewCommit = {},
) {
  const intent = randomUUID();
  const [post, made] = [randomUUID(), platformPost ?? randomUUID()];
  if (platformPost === undefined) {
    await pool.query(
      `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
       select $1, user_id, mode, platform_set_id, 'queued', '{}', '{facebook}' from accounts where id = $2`,
      [post, accountId],
    );
    await pool.query(
      `insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id)
       values ($1, $2, $3, $4, 'facebook', 0, $5)`,
      [made, post, userId, mode, accountId],
    );
  }
  await pool.query(
    `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence,
       request_hash, intent_at, result, remote_id)
     values ($1, $2, $3, $4, $5, $6, 'visible', 1, 1, $7, now() - make_interval(hours => $8), $9, $10)`,
    [
      intent,
      made,
      accountId,
      userId,
      mode,
      step,
      hash ?? randomUUID(),
      hoursAgo,
      result ?? (remoteId === undefined ? null : "ok"),
      remoteId ?? null,
    ],
  );
  return { intent, platformPost: made };
}
