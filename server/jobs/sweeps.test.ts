import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { newId } from "../../model/ids.ts";
import { idOf } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { setBudgetLimit } from "../db/queries/budgets.ts";
import { foldPostCounts } from "../db/queries/cleanup.ts";
import { insertApp } from "../db/queries/oauth-apps.ts";
import { deleteUser } from "../db/queries/users.ts";
import { sweepMedia } from "../media/sweep.ts";
import {
  sweepAuditLog,
  sweepAuthorizations,
  sweepIdempotencyKeys,
  sweepJournal,
  sweepOutbox,
  sweepSignIn,
} from "./sweeps.ts";

let world: World;
before(async () => {
  world = await createWorld({ scheduling: "all" });
});
after(() => world.close());

test("after years of sweeping, a user's posts, counts, sets, accounts and keys are unchanged, and a repeated request finds its post", async () => {
  const { pool, storage } = world.services;
  await world.connect(world.test, "threads");
  const post = { content: { text: "Long ago" }, platforms: ["threads"], platformSetId: world.test.platformSetId };
  const ids: string[] = [];
  for (const key of ["draft", "discarded", "queued", "scheduled"]) {
    const scheduledFor = key === "scheduled" ? { scheduledFor: new Date(Date.now() + 86_400_000).toISOString() } : {};
    const made = await world.call(
      world.test,
      "POST",
      "/api/v1/posts",
      { ...post, ...scheduledFor },
      { "idempotency-key": key },
    );
    assert.equal(made.status, 201, JSON.stringify(made.body));
    ids.push(idOf(made.body, "post"));
  }
  const [, discarded, queued] = ids;
  await world.call(world.test, "DELETE", `/api/v1/posts/${discarded}`);
  await world.call(world.test, "POST", `/api/v1/posts/${queued}/publish`);
  await pool.query("update users set email_verified = true");
  await pool.query("update outbox set relayed_at = now()");
  await passYears(world, 3);

  const before = await everything(world, ids);
  const signal = new AbortController().signal;
  await foldPostCounts.one(pool, [1_000]);
  await sweepIdempotencyKeys(pool, signal);
  await sweepOutbox(pool, signal);
  await sweepAuthorizations(pool, signal);
  await sweepSignIn(pool, signal);
  await sweepJournal(pool, 30, signal);
  await sweepAuditLog(pool, 730, signal);
  await sweepMedia({ pool, storage });
  assert.deepEqual(await everything(world, ids), before);
  const { rows } = await pool.query("select count(*)::int as events from outbox");
  assert.deepEqual(rows, [{ events: 0 }]);

  const again = await world.call(world.test, "POST", "/api/v1/posts", post, { "idempotency-key": "draft" });
  assert.deepEqual([again.headers.get("idempotency-replayed"), idOf(again.body, "post")], ["true", ids[0]]);
});

test("limits go with their user or app, and what a platform said of an account when nobody uses it anymore", async () => {
  const { pool } = world.services;
  const [kept, gone] = [(await world.makeTenants()).live, (await world.makeTenants()).live];
  const apps = [newId(), newId()] as const;
  for (const [id, mode] of [
    [apps[0], "live"],
    [apps[1], "test"],
  ] as const)
    await insertApp.run(pool, [id, kept.userId, mode, null, "youtube", id, "sealed", "https://x.test", null, null]);
  const wanted = [
    `live fees user ${kept.userId}`,
    `live youtube uploads app ${apps[0]}`,
    "live youtube uploads app instance",
    "live instagram posts account used",
  ];
  const [unused, ...unwanted] = [
    "live instagram posts account unused",
    `live fees user ${gone.userId}`,
    `test fees user ${gone.userId}`,
    `test youtube uploads app ${apps[1]}`,
  ];
  for (const budget of [...wanted, ...unwanted]) await setBudgetLimit.run(pool, [budget, 5]);
  await pool.query("update budget_limits set set_by = 'platform' where budget = 'live instagram posts account used'");
  await pool.query("insert into budget_limits values ($1, 5, 'platform', 1, now() - interval '70 days')", [unused]);
  await deleteUser.run(pool, [gone.userId]);
  await pool.query("delete from oauth_apps where id = $1", [apps[1]]);
  await sweepOutbox(pool, new AbortController().signal);
  const { rows } = await pool.query<{ budget: string }>("select budget from budget_limits");
  assert.deepEqual(rows.map(({ budget }) => budget).sort(), wanted.sort());
});

/** Makes everything that is stored so much older. */
async function passYears({ services: { pool } }: World, years: number): Promise<void> {
  const { rows } = await pool.query<{ change: string }>(
    `select format('update %I set %s', table_name,
       string_agg(format('%1$I = %1$I - interval ''%2$s years''', column_name, $1::int), ', ')) as change
     from information_schema.columns
     where table_schema = 'public' and data_type = 'timestamp with time zone' and table_name <> 'audit_events'
     group by table_name`,
    [years],
  );
  assert.ok(rows.length > 20);
  for (const { change } of rows) await pool.query(change);
}

/** What the user sees of it all. */
async function everything({ call, test: tenant }: World, ids: readonly string[]): Promise<unknown[]> {
  const paths = [
    "/api/v1/posts?limit=100",
    "/api/v1/posts?status=draft",
    "/api/v1/posts?status=discarded",
    ...ids.map((id) => `/api/v1/posts/${id}`),
    "/api/v1/accounts",
    "/api/v1/platform-sets",
  ];
  return await Promise.all(
    paths.map(async (path) => {
      const { status, body } = await call(tenant, "GET", path);
      assert.equal(status, 200, path);
      return body;
    }),
  );
}
