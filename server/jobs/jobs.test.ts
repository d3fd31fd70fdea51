import assert from "node:assert/strict";
import { once, EventEmitter } from "node:events";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { PgBoss } from "pg-boss";

import { MAX_WEBHOOKS } from "../../contract/operations/webhooks.ts";
import { firstIdAt } from "../../model/ids.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { CHANNELS, createListener } from "../db/listen.ts";
import { foldPostCounts } from "../db/queries/cleanup.ts";
import { countSetAside, MOST_TRIES } from "../db/queries/tries.ts";
import { transaction } from "../db/sql.ts";
import { MAIL_QUEUE } from "../mail/queues.ts";
import { INGEST_QUEUE } from "../media/queues.ts";
import { UNENDED } from "./deadly-jobs.ts";
import { groupOf, startFairWorker } from "./fair-worker.ts";
import { startJobQueue } from "./jobs.ts";
import { type JobHandler, QUEUES, type QueueName, WEBHOOK_QUEUE } from "./queues.ts";
import { TABLES_VERSION } from "./send-job.ts";
import { keepPostCountsFolded, sweepAuditLog, sweepIdempotencyKeys, sweepOutbox } from "./sweeps.ts";

const silent = () => undefined;
const noGroups = () => Promise.resolve([]);
const log = { warn: silent, error: silent };
const [QUEUE] = Object.keys(QUEUES) as [QueueName];

test("what the queue notes of a job whose process died is what is counted", async () => {
  const plans = await readFile(new URL("plans.js", import.meta.resolve("pg-boss")), "utf8");
  for (const message of UNENDED) assert.ok(plans.includes(`{ "message": "${message}" }`), message);
});

test("a job runs when the transaction that queued it commits, and only then", async () => {
  const database = await createTestDatabase();
  const sender = await startJobQueue({ pool: database.pool, log });
  const worker = await startJobQueue({ pool: database.pool, log, works: true });
  const done = new EventEmitter();
  await worker.work(
    handlers(async (data) => void done.emit("job", data)),
    noGroups,
  );
  const next = once(done, "job");
  await assert.rejects(
    transaction(database.pool, async (tx) => {
      await sender.send(tx, QUEUE, { asked: "in vain" });
      throw new Error("rolled back");
    }),
    /rolled back/,
  );
  await transaction(database.pool, (tx) => sender.send(tx, QUEUE, { asked: "for real" }));
  assert.deepEqual(await next, [{ asked: "for real" }]);
  await worker.stop();
  await sender.stop();
  await database.drop();
});

test("a queued job wakes its workers after the transaction, in which nobody is notified", async (t) => {
  const database = await createTestDatabase();
  const listener = await createListener(database.url, { warn: silent, debug: silent });
  const worker = await startJobQueue({ pool: database.pool, log, works: true, listener });
  t.after(async () => {
    await worker.stop();
    await listener.close();
    await database.drop();
  });
  const done = new EventEmitter();
  const idle = handlers(() => Promise.resolve());
  await worker.work({ ...idle, [MAIL_QUEUE]: async (data) => void done.emit("job", data) }, noGroups);
  const [heard, next] = [Promise.withResolvers<string>(), once(done, "job")];
  listener.on(CHANNELS.jobs, heard.resolve);
  await transaction(database.pool, async (tx) => {
    const queried = t.mock.method(tx, "query");
    await worker.send(tx, MAIL_QUEUE, { n: 1 });
    const texts = queried.mock.calls.map(({ arguments: [text] }) => String(text));
    queried.mock.restore();
    assert.equal(texts.length, 1);
    assert.doesNotMatch(String(texts), /notify/i);
  });
  assert.equal(await heard.promise, MAIL_QUEUE);
  assert.deepEqual(await next, [{ n: 1 }]);
});

test("a start changes only queues and schedules that are not as declared", async (t) => {
  const database = await createTestDatabase();
  const { pool } = database;
  t.after(() => database.drop());
  const cron = Object.entries(QUEUES).find(([, settings]) => "cron" in settings)?.[0];
  const startOnce = async () => {
    const queried = t.mock.method(pool, "query");
    const worker = await startJobQueue({ pool, log, works: true });
    await worker.work(
      handlers(() => Promise.resolve()),
      noGroups,
    );
    const changes = queried.mock.calls
      .map(({ arguments: [text] }) => String(text))
      .filter((text) => /update jobs\.queue\s+set\s+retry_limit|insert into jobs\.schedule/i.test(text));
    queried.mock.restore();
    await worker.stop();
    return changes.length;
  };
  assert.ok((await startOnce()) > 0, "the check works");
  assert.equal(await startOnce(), 0);
  const declared = "select q.retry_limit, s.cron from jobs.queue q, jobs.schedule s where q.name = $1 and s.name = $2";
  const before = await pool.query(declared, [MAIL_QUEUE, cron]);
  await pool.query("update jobs.queue set retry_limit = 99 where name = $1", [MAIL_QUEUE]);
  await pool.query("update jobs.schedule set cron = '0 0 1 1 *' where name = $1", [cron]);
  assert.equal(await startOnce(), 2);
  assert.deepEqual((await pool.query(declared, [MAIL_QUEUE, cron])).rows, before.rows);
});

test("a failed job is kept for a retry", async () => {
  const database = await createTestDatabase();
  const outcomes = new EventEmitter();
  const worker = await startJobQueue({
    pool: database.pool,
    log,
    works: true,
    onJob: (queue, outcome) => outcomes.emit("job", queue, outcome),
  });
  const next = once(outcomes, "job");
  await worker.send(database.pool, QUEUE, {});
  await worker.work(
    handlers(async () => Promise.reject(new Error("not today"))),
    noGroups,
  );
  assert.deepEqual(await next, [QUEUE, "failed"]);
  await worker.stop(30);
  const { rows } = await database.pool.query(
    "select state, output->>'message' as message from jobs.job where name = $1",
    [QUEUE],
  );
  assert.deepEqual(rows, [{ state: "retry", message: "not today" }]);
  await database.drop();
});

test("a tenant's receivers that never respond block neither its others nor anyone else's, and live deliveries go first", async () => {
  const database = await createTestDatabase();
  const worker = await startJobQueue({ pool: database.pool, log, works: true });
  const held = Promise.withResolvers<void>();
  const begun: string[] = [];
  const jobs = new EventEmitter();
  const send = async (owner: string, webhook: string, answers: boolean, priority = 0) =>
    await worker.send(database.pool, WEBHOOK_QUEUE, { owner, webhook, answers }, groupOf(owner, webhook), priority);
  const count = (owner: string, webhook = "") => begun.filter((each) => each.startsWith(`${owner}/${webhook}`)).length;
  const until = async (reached: () => boolean) => {
    while (!reached()) await once(jobs, "begun");
  };
  const slow = Array.from({ length: MAX_WEBHOOKS - 1 }, (_, n) => `slow${n}`);
  const { atOnce, shares } = QUEUES[WEBHOOK_QUEUE];
  const flood = async (owner: string) => {
    for (const webhook of slow) for (let sent = 0; sent < 4; sent += 1) await send(owner, webhook, false);
  };
  await flood("b test");
  await worker.work(
    handlers(async (data) => {
      const { owner, webhook, answers } = Object(data);
      begun.push(groupOf(owner, webhook));
      jobs.emit("begun");
      if (answers !== true) await held.promise;
    }, WEBHOOK_QUEUE),
    async (owner) => [...slow, "quick"].map((webhook) => groupOf(owner, webhook)),
  );
  await until(() => count("b test") === slow.length * shares.ofGroup);
  await send("b test", "quick", true);
  await until(() => count("b test", "quick") === 1);
  const crowd = ["c test", "d test"];
  for (const owner of crowd) await flood(owner);
  await send("a test", "quick", true);
  await send("a live", "quick", true, 1);
  await until(() => count("a test") === 1 && count("a live") === 1);
  for (const owner of crowd)
    assert.ok(count(owner) <= (atOnce - shares.reserve - count("b test") + 2) / 2, `${owner}: ${count(owner)}`);
  // The reserve is for live mode, however many there are in test mode.
  for (let n = 0; n < 40; n += 1) await send(`x${n} test`, "slow", false);
  await until(() => begun.length === atOnce - shares.reserve + 3);
  for (let n = 0; n < 3; n += 1) await send(`y${n} live`, "quick", true, 1);
  await until(() => begun.filter((each) => each.startsWith("y")).length === 3);
  held.resolve();
  await worker.stop();
  await database.drop();
});

test("jobs cut off by a stop run again elsewhere", async () => {
  const database = await createTestDatabase();
  const [first, second] = [
    await startJobQueue({ pool: database.pool, log, works: true }),
    await startJobQueue({ pool: database.pool, log, works: true }),
  ];
  const begun = new EventEmitter();
  const next = once(begun, "begun");
  await first.send(database.pool, WEBHOOK_QUEUE, {}, groupOf("a test", "hook"));
  await first.work(
    handlers(async (_data, signal) => {
      begun.emit("begun");
      await once(signal, "abort");
      throw new Error("The process is stopping");
    }, WEBHOOK_QUEUE),
    noGroups,
  );
  await next;
  await first.stop(0);
  const states = async () =>
    (
      await database.pool.query<{ state: string; retry_count: number }>(
        "select state, retry_count from jobs.job where name = $1",
        [WEBHOOK_QUEUE],
      )
    ).rows;
  // On a slow machine, it is written a little later how the job ended.
  while ((await states())[0]?.state === "active") await setImmediate();
  assert.deepEqual(await states(), [{ state: "retry", retry_count: 0 }]);
  await database.pool.query("update jobs.job set start_after = now() where name = $1", [WEBHOOK_QUEUE]);
  const again = once(begun, "done");
  await second.work(
    handlers(async () => void begun.emit("done"), WEBHOOK_QUEUE),
    noGroups,
  );
  await again;
  await second.stop();
  await database.drop();
});

test("media that never arrives, of many users, blocks nobody else's, and live media is fetched first", async () => {
  const database = await createTestDatabase();
  const worker = await startJobQueue({ pool: database.pool, log, works: true });
  const begun: string[] = [];
  const done = new EventEmitter();
  const held = Promise.withResolvers<void>();
  const slow = ["a test", "b test", "c test", "d test", "e live"];
  for (const owner of slow)
    for (let sent = 0; sent < 40; sent += 1)
      await worker.send(database.pool, INGEST_QUEUE, { owner }, owner, owner.endsWith("live") ? 1 : 0);
  await worker.send(database.pool, INGEST_QUEUE, { owner: "y test" }, "y test", 0);
  await worker.send(database.pool, INGEST_QUEUE, { owner: "z live" }, "z live", 1);
  const both = new Promise<void>((resolve) =>
    done.on("done", () => begun.includes("y test") && begun.includes("z live") && resolve()),
  );
  await worker.work(
    handlers(async (data) => {
      const { owner } = Object(data);
      begun.push(owner);
      if (slow.includes(owner)) await held.promise;
      else done.emit("done");
    }, INGEST_QUEUE),
    noGroups,
  );
  await both;
  assert.ok(begun.indexOf("z live") < begun.indexOf("a test"), begun.join());
  for (const owner of slow)
    assert.ok(begun.filter((each) => each === owner).length <= QUEUES[INGEST_QUEUE].shares.ofGroup, begun.join());
  held.resolve();
  await worker.stop();
  await database.drop();
});

test(
  "a slow job keeps its claim while its process lives, is done again where that has died, " +
    "and ends where it was taken",
  async () => {
    const database = await createTestDatabase();
    const worker = await startJobQueue({ pool: database.pool, log, works: true });
    const boss = new PgBoss({ connectionString: database.url, schema: "jobs", supervise: false, schedule: false });
    await boss.start();
    const unheard = `update jobs.job set heartbeat_on = now() - interval '1 hour' where name = '${INGEST_QUEUE}'`;
    const states = async () =>
      (await database.pool.query<{ state: string }>("select state from jobs.job where name = $1", [INGEST_QUEUE])).rows;

    await worker.send(database.pool, INGEST_QUEUE, { of: "a process that died" }, "a live", 1);
    assert.equal((await boss.fetch(INGEST_QUEUE)).length, 1);
    await database.pool.query(unheard);
    await boss.supervise(INGEST_QUEUE);
    assert.deepEqual(await states(), [{ state: "retry" }]);
    await database.pool.query("update jobs.job set start_after = now() where name = $1", [INGEST_QUEUE]);

    const begun = Promise.withResolvers<AbortSignal>();
    const settings = { atOnce: 2, shares: { ofGroup: 2, reserve: 0 }, expireInSeconds: 600, heartbeatSeconds: 0.1 };
    const work = startFairWorker(boss, INGEST_QUEUE, settings, noGroups, async (job) => {
      begun.resolve(job.signal);
      await once(job.signal, "abort");
      return { id: job.id, status: "failed" };
    });
    const signal = await begun.promise;
    await database.pool.query(unheard);
    const isHeard = "select from jobs.job where name = $1 and heartbeat_on > now() - interval '1 minute'";
    while ((await database.pool.query(isHeard, [INGEST_QUEUE])).rowCount === 0);
    await boss.supervise(INGEST_QUEUE);
    assert.deepEqual(await states(), [{ state: "active" }]);

    await database.pool.query("update jobs.job set retry_count = retry_count + 1 where name = $1", [INGEST_QUEUE]);
    if (!signal.aborted) await once(signal, "abort");
    await work.stop(1);
    // What the one that lost it says of it is not listened to.
    assert.deepEqual(await states(), [{ state: "active" }]);
    await boss.stop({ graceful: false });
    await worker.stop();
    await database.drop();
  },
);

test("a job whose process dies five times in a row is set aside and the operator told, in every queue, and failures count for nothing", async (t) => {
  const database = await createTestDatabase();
  const { pool } = database;
  const told: object[] = [];
  const dropped: unknown[] = [];
  const worker = await startJobQueue({
    pool,
    log: { ...log, error: (entry: object) => told.push(entry) },
    works: true,
  });
  t.after(async () => {
    await worker.stop(0);
    await database.drop();
  });
  for (const queue of [MAIL_QUEUE, WEBHOOK_QUEUE] as const)
    for (const subject of ["deadly", "unlucky"]) await worker.send(pool, queue, { subject, sealed: "secret" }, subject);
  const attempts: string[] = [];
  const fails = async (data: unknown) => {
    attempts.push(Object(data).subject);
    throw new Error("The receiver is down");
  };
  const all = { ...handlers(fails, MAIL_QUEUE), [WEBHOOK_QUEUE]: fails };
  await worker.work(all, noGroups, { [WEBHOOK_QUEUE]: async (data) => void dropped.push(Object(data).subject) });
  const count = async (where: string) => (await pool.query(`select from jobs.job where ${where}`)).rowCount;
  /** An attempt of every job, after which those of this subject are as if their process had died over it again. */
  const attempt = async (diesOver: string, deathsBefore: number) => {
    // The first attempt begins by itself.
    if (deathsBefore > 0) await pool.query("update jobs.job set start_after = now() where state = 'retry'");
    while ((await count("state in ('created', 'active') or state = 'retry' and start_after <= now()")) !== 0)
      await setImmediate();
    await pool.query(
      `update jobs.job set output = '{"value": {"message": "job heartbeat timeout"}}' where data ->> 'subject' = $1`,
      [diesOver],
    );
    // Nothing was written of how the attempt ended.
    await pool.query(
      `insert into tries (work, subject, tries, unended, not_before)
       select name, id, $2, $2, now() from jobs.job where data ->> 'subject' = $1 and state = 'retry' and $2 > 0
       on conflict (work, subject) do update set unended = excluded.unended`,
      [diesOver, deathsBefore],
    );
  };
  for (let deaths = 0; deaths < MOST_TRIES; deaths += 1) await attempt("deadly", deaths);
  await attempt("nobody", MOST_TRIES);
  assert.equal(attempts.filter((each) => each === "deadly").length, 2 * MOST_TRIES);
  assert.ok(attempts.filter((each) => each === "unlucky").length > 2 * MOST_TRIES);
  assert.equal(await count("data ->> 'subject' = 'deadly' and state = 'completed'"), 2);
  assert.equal(await count("data ->> 'subject' = 'unlucky' and state = 'retry'"), 2);
  assert.deepEqual(dropped, ["deadly"]);
  assert.deepEqual(
    told.map((entry) => Object(entry).data),
    [{ subject: "deadly" }, { subject: "deadly" }],
  );
  assert.deepEqual(await countSetAside.all(pool), [
    { work: MAIL_QUEUE, count: 1 },
    { work: WEBHOOK_QUEUE, count: 1 },
  ]);
});

test("a queue that only sends looks after its tables without errors", async () => {
  const database = await createTestDatabase();
  const errors: unknown[] = [];
  const queue = await startJobQueue({
    pool: database.pool,
    log: { warn: silent, error: (...error: unknown[]) => void errors.push(error) },
  });
  // It begins right after it has started, and ends before it stops.
  await setImmediate();
  await queue.stop();
  assert.deepEqual(errors, []);
  await database.drop();
});

test("a job is queued as pg-boss would queue it, without pg-boss", async () => {
  const database = await createTestDatabase();
  const queue = await startJobQueue({ pool: database.pool, log });
  const boss = new PgBoss({ connectionString: database.url, schema: "jobs", supervise: false, schedule: false });
  await boss.start();
  for (const name of Object.keys(QUEUES)) {
    await database.pool.query("delete from jobs.job");
    await boss.send(name, { text: "\u2028 ü" }, { priority: 3, group: { id: "a live" } });
    await queue.send(database.pool, name, { text: "\u2028 ü" }, "a live", 3);
    const { rows } = await database.pool.query<{ job: Record<string, unknown> }>(
      `select to_jsonb(j) - '{id,created_on}'::text[]
         || jsonb_build_object('start_after', start_after - created_on, 'keep_until', keep_until - created_on) as job
       from jobs.job j`,
    );
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[0], rows[1]);
  }
  const { rows } = await database.pool.query("select version from jobs.version");
  assert.deepEqual(rows, [{ version: TABLES_VERSION }]);
  await boss.stop({ graceful: false });
  await database.drop();
});

test("queues that are there are not created again, and those that are not, are", async (t) => {
  const database = await createTestDatabase();
  const start = async () => (await startJobQueue({ pool: database.pool, log })).stop();
  await start();
  const queried = t.mock.method(database.pool, "query");
  await start();
  assert.equal(queried.mock.callCount(), 1);
  queried.mock.restore();
  await database.pool.query("delete from jobs.queue where name = $1", [QUEUE]);
  await start();
  const { rows } = await database.pool.query<{ count: number }>("select count(*)::int as count from jobs.queue");
  assert.ok((rows[0]?.count ?? 0) >= Object.keys(QUEUES).length);
  await database.drop();
});

test("processes that start together share one set of tables, and an unknown queue is rejected", async () => {
  const database = await createTestDatabase();
  const queues = await Promise.all(
    [1, 2, 3, 4].map((n) => startJobQueue({ pool: database.pool, log, ...(n === 1 ? { works: true } : {}) })),
  );
  await assert.rejects(async () => queues[0]?.send(database.pool, "no.such", {}), /There is no queue named no.such/);
  await Promise.all(queues.map((queue) => queue.stop()));
  await database.drop();
});

test("old idempotency keys and events are swept, and those still needed stay", async () => {
  const database = await createTestDatabase();
  await database.pool.query(`
    insert into users (id, email) values ('u', 'u@example.com');
    insert into idempotency_keys (user_id, mode, key, operation, request_hash, claim, claimed_until, created_at)
    select 'u', 'test', 'k' || days, 'posts_create', 'h', gen_random_uuid(), now(), now() - make_interval(days => days)
    from generate_series(0, 60) days;
    insert into outbox (user_id, mode, type, created_at, relayed_at)
    select 'u', 'test', 'post.failed', now() - make_interval(days => days), now() from generate_series(0, 60) days`);
  const signal = new AbortController().signal;
  await sweepIdempotencyKeys(database.pool, signal);
  await sweepOutbox(database.pool, signal);
  const { rows } = await database.pool.query(
    "select (select count(*) from idempotency_keys)::int as keys, (select count(*) from outbox)::int as events",
  );
  assert.deepEqual(rows, [{ keys: 30, events: 30 }]);
  await database.drop();
});

test("a job is deleted a day after it has finished, and one that waits is not", async () => {
  const database = await createTestDatabase();
  const worker = await startJobQueue({ pool: database.pool, log, works: true });
  const boss = new PgBoss({ connectionString: database.url, schema: "jobs", supervise: false, schedule: false });
  await boss.start();
  for (const n of [1, 2, 3]) await worker.send(database.pool, QUEUE, { n });
  const finished = [...(await boss.fetch(QUEUE)), ...(await boss.fetch(QUEUE))];
  for (const { id } of finished) await boss.complete(QUEUE, id);
  await database.pool.query(
    "update jobs.job set completed_on = completed_on - make_interval(hours => $2) where id = $1",
    [finished[0]?.id, 25],
  );
  const left = async () =>
    (await database.pool.query<{ id: string }>("select id from jobs.job where name = $1", [QUEUE])).rows;
  assert.equal((await left()).length, 3);
  await boss.supervise(QUEUE);
  const after = (await left()).map(({ id }) => id);
  assert.equal(after.length, 2);
  assert.ok(!after.includes(finished[0]?.id ?? ""));
  await boss.stop({ graceful: false });
  await worker.stop();
  await database.drop();
});

test("entries of the audit log are deleted after the operator's time, never in their first year, and what the instance did stays", async () => {
  const database = await createTestDatabase();
  const { pool } = database;
  const signal = new AbortController().signal;
  const add = (kind: string, userId: string | null, days: number) =>
    pool.query(
      `insert into audit_events (id, user_id, actor_kind, action, created_at)
       values ($1, $2, $3, $4, now() - make_interval(days => $5))`,
      [firstIdAt(new Date(Date.now() - days * 86_400_000)), userId, kind, `${kind} ${days}`, days],
    );
  for (const days of [1, 300, 400, 800]) await add("session", "u", days);
  await add("instance", null, 801);
  await add("visitor", null, 802);
  const left = async () =>
    (await pool.query<{ action: string }>("select action from audit_events order by id desc")).rows.map(
      ({ action }) => action,
    );
  const all = await left();
  await sweepAuditLog(pool, null, signal);
  assert.deepEqual(await left(), all);
  await sweepAuditLog(pool, 730, signal);
  assert.deepEqual(await left(), ["session 1", "session 300", "session 400", "instance 801"]);
  await assert.rejects(sweepAuditLog(pool, 100, signal), /never deleted in their first year/);
  await sweepAuditLog(pool, 365, signal);
  assert.deepEqual(await left(), ["session 1", "session 300", "instance 801"]);
  await database.drop();
});

test("a post count is exact at every moment while changes arrive and are folded concurrently", async () => {
  const database = await createTestDatabase();
  const { pool } = database;
  await pool.query("insert into users (id, email) values ('u', 'u@example.com')");
  const folds = [keepPostCountsFolded(pool, log, 0.005), keepPostCountsFolded(pool, log, 0.003)];
  const count = async () =>
    (await pool.query<{ count: number }>("select coalesce(sum(change), 0)::int as count from post_counts")).rows[0]
      ?.count ?? 0;
  let sent = 0;
  let counted = 0;
  const adding = (async () => {
    for (; sent < 300; sent++)
      await pool.query("insert into post_counts values ('u', 'test', 'draft', '{threads}', 1)");
  })();
  while (counted < 300) {
    const before = sent;
    const now = await count();
    assert.ok(now >= before && now <= sent + 1 && now >= counted, `${before} ${counted} ${now} ${sent}`);
    counted = now;
  }
  await adding;
  await Promise.all(folds.map((end) => end()));
  assert.equal(await count(), 300);
  await database.drop();
});

test("folding counts reads what has changed, however many users there are", async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  const { rows } = await client.query<{ user_id: string }>(
    `insert into post_counts (user_id, mode, status, platforms, change, folded)
     select 'u' || n, 'test', 'draft', '{threads}', n, true from generate_series(1, 20000) as n returning user_id`,
  );
  await client.query("vacuum analyze post_counts");
  await client.query(
    "insert into post_counts values ('u7', 'test', 'draft', '{threads}', 1), ('u8', 'test', 'draft', '{threads}', -8)",
  );
  await client.query("begin");
  assert.deepEqual(await foldPostCounts.one(client, [1_000]), { changes: 2 });
  const read = await client.query<{ rows: number }>(
    `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as rows
     from pg_stat_xact_user_tables where relname = 'post_counts'`,
  );
  await client.query("commit");
  assert.ok((read.rows[0]?.rows ?? rows.length) < 50, `${read.rows[0]?.rows} rows were read`);
  const counts = await client.query(
    "select user_id, change::int, folded from post_counts where user_id in ('u7', 'u8')",
  );
  assert.deepEqual(counts.rows, [{ user_id: "u7", change: 8, folded: true }]);
  client.release();
  await database.drop();
});

function handlers(handler: JobHandler, queue: QueueName = QUEUE): Record<QueueName, JobHandler> {
  const all = Object.fromEntries(Object.keys(QUEUES).map((name) => [name, silent]));
  return { ...all, [queue]: handler } as Record<QueueName, JobHandler>;
}
