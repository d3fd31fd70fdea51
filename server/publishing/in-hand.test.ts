import assert from "node:assert/strict";
import { once } from "node:events";
import { mock, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import pg from "pg";
import { pino } from "pino";

import { newId } from "../../model/ids.ts";
import type { QuietStep } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, liveCount, type PublishingWorld, untilLocked, withWorld } from "../../tests/publishing-world.ts";
import { addPublisher } from "../db/queries/publishers.ts";
import { instant, secondsSince } from "./claim.ts";
import type { Publisher } from "./continuity.ts";
import { startWatching, watch } from "./reading.ts";
import { persist, RESULT_PATIENCE } from "./settle.ts";
import { LEASE_SECONDS } from "./timing.ts";

function databaseError(code: string): Error {
  return Object.assign(new pg.DatabaseError("as a database says it", 0, "error"), { code });
}

/** The pool, of which every use fails while `trouble` says so. */
function troubled(pool: pg.Pool, trouble: () => Error | null): pg.Pool {
  return new Proxy(pool, {
    get(target, name) {
      const error = name === "query" || name === "connect" ? trouble() : null;
      if (error !== null) return () => Promise.reject(error);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

for (const { what, error } of [
  { what: "is away", error: new Error("Connection terminated unexpectedly") },
  { what: "is read-only after a failover", error: databaseError("25006") },
  { what: "has no disk left", error: databaseError("53100") },
  { what: "cancels statements", error: databaseError("57014") },
  {
    what: "cannot be reached over the network",
    error: Object.assign(new Error("connect ENETUNREACH 10.0.0.1:5432"), { code: "ENETUNREACH", syscall: "connect" }),
  },
]) {
  test(`a response in hand is stored once the database accepts writes again: it ${what}`, async () => {
    await withWorld(async (world) => {
      world.ledger.readBack = "cannot_tell";
      let until = 0;
      await world.startEngine({
        pool: troubled(world.pool, () => (performance.now() < until ? error : null)),
        faultPoint: ({ point }) => {
          if (point === "result.before") until = performance.now() + 1000;
        },
      });
      const post = await world.addPost({ text: "in hand" });
      await world.publish(post);
      const state = await world.until(post, isOver);
      assert.equal(state.platformPosts[0]?.status, "published");
      assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    });
  });
}

test("a duplicate error in hand says that the first request was live, also if the database is away when it comes", async () => {
  await withWorld(async (world) => {
    world.ledger.refusesRepeats = true;
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    let results = 0;
    let until = 0;
    const away = new Error("Connection terminated unexpectedly");
    await world.startEngine({
      broker: ledgerBroker(world.ledger, { identicalRepeat: true }),
      pool: troubled(world.pool, () => (performance.now() < until ? away : null)),
      faultPoint: ({ point }) => {
        if (point !== "result.before") return;
        results += 1;
        if (results === 2) until = performance.now() + 1000;
      },
    });
    const post = await world.addPost({ text: "in hand" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.deepEqual([state.platformPosts[0]?.status, state.platformPosts[0]?.platform_post_id], ["published", "p1"]);
    assert.equal(results, 2);
  });
});

test("a response in hand is kept whatever the database says, but not if it never will accept it", async () => {
  const attemptsUntil = async (error: Error) => {
    let attempts = 0;
    const began = Date.now();
    const clock = mock.method(Date, "now", () => began + attempts * 600_000);
    try {
      return await persist(async () => {
        attempts += 1;
        if (attempts < 4) throw error;
        return "stored";
      }, RESULT_PATIENCE).catch(() => attempts);
    } finally {
      clock.mock.restore();
    }
  };
  const kept = ["57014", "58030", "XX000", "53200", "40P01"].map(databaseError);
  for (const error of [new Error("Connection terminated unexpectedly"), ...kept])
    assert.equal(await attemptsUntil(error), "stored", String(Object(error).code));
  for (const code of ["22P02", "23505", "54000", "42703"])
    assert.equal(await attemptsUntil(databaseError(code)), 1, code);
});

test("a response that the database rejects for a minute is reported with its ID until it is stored", async () => {
  await withWorld(async (world) => {
    const { lines, reported, answered } = await publishRejected(world, { code: "XX000", times: 20, seconds: 60 });
    assert.equal(answered?.platform_post_id, "p1");
    const told = lines.filter(({ msg }) => msg.includes("cannot be stored"));
    assert.deepEqual(
      told.map(({ remoteId, platformPostId }) => [remoteId, platformPostId]),
      // Rejected for 20 minutes: after one, and then every ten.
      [1, 2].map(() => ["p1", answered.id]),
    );
    assert.deepEqual(reported, [true, true, false]);
  });
});

test("a response that is given up because the schema does not fit is in the log with its ID", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    const { lines, reported } = await publishRejected(world, { code: "42703", times: Infinity, seconds: 20 });
    const told = lines.filter(({ msg }) => msg.includes("given up"));
    assert.deepEqual(
      told.map(({ remoteId, outcome }) => [remoteId, outcome]),
      [["p1", "ok"]],
    );
    assert.deepEqual(reported, [true, false]);
  });
});

interface LogLine {
  msg: string;
  remoteId?: string;
  platformPostId?: string;
  outcome?: string;
}

/** Publishes a post whose result is rejected so many times, each of which takes so long. */
async function publishRejected(
  world: PublishingWorld,
  { code, times, seconds }: { code: string; times: number; seconds: number },
) {
  const lines: LogLine[] = [];
  const reported: boolean[] = [];
  const ended = Promise.withResolvers<void>();
  let [rejections, aheadMilliseconds] = [0, 0];
  const realNow = Date.now.bind(Date);
  const clock = mock.method(Date, "now", () => realNow() + aheadMilliseconds);
  const rejecting = troubled(world.pool, () => {
    if (rejections >= times) return null;
    rejections += 1;
    aheadMilliseconds += seconds * 1000;
    return databaseError(code);
  });
  try {
    await world.startEngine({
      resultPool: rejecting,
      log: pino({ level: "error" }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
      metrics: {
        commitStarted: () => undefined,
        settled: () => undefined,
        setAside: () => undefined,
        faulted: () => undefined,
        resultStuck: (_id, isStuck) => {
          reported.push(isStuck);
          if (!isStuck) ended.resolve();
        },
      },
    });
    const post = await world.addPost({ text: "in hand" });
    await world.publish(post);
    await ended.promise;
    if (times === Infinity) while (!lines.some(({ msg }) => msg.includes("given up"))) await pause(20);
    const { platformPosts } = times === Infinity ? await world.read(post) : await world.until(post, isOver);
    return { lines, reported, answered: platformPosts[0] };
  } finally {
    clock.mock.restore();
  }
}

test("a refusal in hand is stored before the account is asked about", async () => {
  await withWorld(async (world) => {
    const [asked, renewed] = [Promise.withResolvers<void>(), Promise.withResolvers<{ accessToken: string }>()];
    await world.startEngine({
      freshAccess: () => {
        if (!world.ledger.expiredTokens.has("token")) return Promise.resolve({ accessToken: "token" });
        asked.resolve();
        return renewed.promise;
      },
      faultPoint: ({ point }) => {
        if (point === "intent.written") world.ledger.expiredTokens.add("token");
      },
    });
    const post = await world.addPost({ text: "refused" });
    await world.publish(post);
    await asked.promise;
    const { rows } = await world.pool.query(
      "select result, lane from publish_steps s join platform_posts p on p.id = s.platform_post_id where effect = 'visible'",
    );
    // Whoever takes it over asks first whether it is too late.
    assert.deepEqual(rows, [{ result: "definite_failure", lane: "commit" }]);
    renewed.resolve({ accessToken: "renewed" });
    assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("a refusal in hand is stored whoever holds its account, and before the limit that it brings", async () => {
  await withWorld(async (world) => {
    const asked = Promise.withResolvers<void>();
    const post = await world.addPost({ text: "limited", dueAt: new Date(Date.now() + 600_000) });
    world.ledger.faults.push({ call: "publish", kind: "rate_limit", seconds: 30 });
    const refused = Promise.withResolvers<void>();
    await world.startEngine({
      faultPoint: async ({ point }) => {
        if (point !== "result.before") return;
        asked.resolve();
        await refused.promise;
      },
    });
    await world.until(post, ({ platformPosts: [part] }) => part?.step === "publish-0");
    await world.bringForward(post, 0);
    await asked.promise;
    const other = await world.pool.connect();
    try {
      await other.query("begin");
      await other.query("select from accounts for update");
      refused.resolve();
      const { platformPosts } = await world.until(post, ({ platformPosts: [part] }) => (part?.error ?? null) !== null);
      assert.equal(platformPosts[0]?.error?.code, "RATE_LIMITED");
      const { rows } = await world.pool.query("select result from publish_steps where effect = 'visible'");
      assert.deepEqual(rows, [{ result: "definite_failure" }]);
    } finally {
      await other.query("rollback");
      other.release();
    }
  });
});

test("a response whose claim is lost while it is stored without its details is recorded all the same", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    await breakJournal(world, "new.effect = 'visible' and new.result is not null and new.evidence ? 'exchanges'");
    let lost: Promise<unknown> | undefined;
    const loseClaim = async () => {
      await world.pool.query("drop trigger broken on publish_steps");
      await world.pool.query("update platform_posts set fence = fence + 1, lease_until = null, lease_owner = null");
    };
    const pool = new Proxy(world.pool, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...given: unknown[]) =>
          lost === undefined
            ? Reflect.apply(value, target, given)
            : lost.then(() => Reflect.apply(value, target, given));
      },
    });
    await world.startEngine({ pool, log: pino({ level: "error" }, { write: () => void (lost ??= loseClaim()) }) });
    const post = await world.addPost({ text: "in hand" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.platformPosts[0]?.status, "published");
    assert.notEqual(lost, undefined);
  });
});

test("an intent that is withdrawn while its statement is still under way is withdrawn", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    const lock = await world.pool.connect();
    let intending: Promise<unknown> | undefined;
    const pool = new Proxy(world.pool, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...given: [{ name?: string }]) => {
          const result: unknown = Reflect.apply(value, target, given);
          if (name !== "query" || given[0].name !== "publish_steps.intend" || intending !== undefined) return result;
          intending = Promise.resolve(result);
          return untilLocked(world, 1).then(() => Promise.reject(new Error("Connection terminated unexpectedly")));
        };
      },
    });
    let isLocked = false;
    await world.startEngine({
      pool,
      faultPoint: async ({ point }) => {
        if (point !== "intent.before" || isLocked) return;
        isLocked = true;
        await lock.query("begin");
        await lock.query("select from platform_posts for update");
      },
    });
    const post = await world.addPost({ text: "withdrawn" });
    await world.publish(post);
    // The intent and what withdraws it.
    await untilLocked(world, 2);
    await lock.query("commit");
    lock.release();
    await intending;
    assert.equal((await world.until(post, isOver)).status, "published");
    const { rows } = await world.pool.query(
      "select result from publish_steps where effect = 'visible' order by intent_at",
    );
    assert.deepEqual(rows, [{ result: "definite_failure" }, { result: "ok" }]);
    assert.equal(world.ledger.publishCalls.get("withdrawn"), 1);
  });
});

test("a database outage during a step costs no attempt, and the step is repeated", async () => {
  await withWorld(async (world) => {
    let failures = 0;
    await world.startEngine({
      freshAccess: () => {
        failures += 1;
        return failures <= 4
          ? Promise.reject(new Error("timeout exceeded when trying to connect"))
          : Promise.resolve({ accessToken: "token" });
      },
    });
    const post = await world.addPost({ text: "away" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.attempt_count, 1);
    assert.ok(!state.events.includes("platform_post.retry_scheduled"));
  });
});

test("an internal error counts, and in the end the post has failed and the operator is informed", async () => {
  await withWorld(async (world) => {
    await breakJournal(world, "new.step = 'create-0'");
    const faulted: string[] = [];
    await world.startEngine({
      metrics: {
        commitStarted: () => undefined,
        settled: () => undefined,
        setAside: () => undefined,
        faulted: (platform) => faulted.push(platform),
      },
    });
    const post = await world.addPost({ text: "ours" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.deepEqual(
      [state.platformPosts[0]?.status, state.platformPosts[0]?.error?.code, state.platformPosts[0]?.next_action_at],
      ["failed", "INTERNAL_ERROR", null],
    );
    assert.equal(faulted.length, 3);
    assert.equal(liveCount(world.ledger, "ours"), 0);
  });
});

test("an internal error during an open commit ends as unknown, and its outcome is still found", async () => {
  await withWorld(async (world) => {
    await breakJournal(world, "new.result = 'ok' and new.effect = 'visible'");
    await world.startEngine();
    const post = await world.addPost({ text: "ours" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    await world.pool.query("drop trigger broken on publish_steps");
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("ours"), 1);
  });
});

test("a response whose details the database rejects is stored without them", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    await breakJournal(world, "new.effect = 'visible' and new.result is not null and new.evidence ? 'exchanges'");
    await world.startEngine();
    const [live, refused] = [await world.addPost({ text: "live" }), await world.addPost({ text: "refused" })];
    world.ledger.faults.push({ call: "publish", text: "refused", kind: "refuse_for_good" });
    for (const post of [live, refused]) await world.publish(post);
    assert.equal((await world.until(live, isOver)).platformPosts[0]?.platform_post_id, "p1");
    assert.equal((await world.until(refused, isOver)).platformPosts[0]?.status, "failed");
    const { rows } = await world.pool.query(
      `select result, (evidence ->> 'endedAfterSeconds')::float8 >= 0 as ended from publish_steps
       where effect = 'visible' order by result`,
    );
    assert.deepEqual(rows, [
      { result: "definite_failure", ended: true },
      { result: "ok", ended: true },
    ]);
  });
});

test("a response after the post was reported as failed makes it published again, and is reported in the log", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "absent";
    const worker = await world.startWorker({
      FAULT: "answer.received",
      FAULT_SIGNAL: "SIGSTOP",
      ENGINE_LOG: "error",
    });
    let logged = "";
    worker.stdout?.on("data", (bytes) => (logged += String(bytes)));
    const post = await world.addPost({ text: "late" });
    await world.publish(post);
    await world.until(
      post,
      ({ platformPosts }) =>
        platformPosts[0]?.lease_until !== null &&
        new Date(platformPosts[0]?.lease_until ?? 0) < new Date() &&
        platformPosts[0]?.status === "posting",
    );
    await world.startEngine({ speed: 20 });
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "failed");
    worker.kill("SIGCONT");
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.deepEqual(state.events.slice(-2), ["platform_post.published", "post.published"]);
    assert.equal(world.ledger.publishCalls.get("late"), 1);
    await world.until(post, () => logged.endsWith("}\n"));
    const { level, platformPostId, remoteId, takenFor, msg } = JSON.parse(logged);
    assert.deepEqual(
      [level, platformPostId, remoteId, takenFor],
      [50, state.platformPosts[0]?.id, "p1", "definite_failure"],
    );
    assert.match(msg, /^a commit was live: its response arrived after/);
    worker.kill("SIGKILL");
    await once(worker, "exit");
  });
});

test("a response that arrives while the outcome of its repeat is unknown settles the post", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    const worker = await world.startWorker({ FAULT: "answer.received", FAULT_SIGNAL: "SIGSTOP" });
    const post = await world.addPost({ text: "late" });
    await world.publish(post);
    await world.until(
      post,
      ({ platformPosts: [given] }) =>
        given?.status === "posting" && new Date(given.lease_until ?? Infinity) < new Date(),
    );
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    await world.startEngine({ speed: 20, broker: ledgerBroker(world.ledger, { identicalRepeat: true }) });
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    worker.kill("SIGCONT");
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("late"), 2);
    worker.kill("SIGKILL");
    await once(worker, "exit");
  });
});

test("a stop waits for a commit in progress, and releases everything else early", async () => {
  await withWorld(async (world) => {
    const [answering, creating] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    world.ledger.faults.push(
      { call: "publish", kind: "slow", until: answering.promise },
      { call: "create", kind: "slow", text: "quiet", until: creating.promise },
    );
    world.ledger.readBack = "cannot_tell";
    const engine = await world.startEngine({ broker: ledgerBroker(world.ledger, { timeoutSeconds: 60 }) });
    const [commit, quiet] = [await world.addPost({ text: "commit" }), await world.addPost({ text: "quiet" })];
    for (const post of [commit, quiet]) await world.publish(post);
    await world.until(
      commit,
      () => world.ledger.publishCalls.has("commit") && world.ledger.calls.includes("create quiet"),
    );
    const stopped = engine.stop(60);
    await world.until(quiet, ({ platformPosts }) => platformPosts[0]?.lease_until === null);
    answering.resolve();
    await stopped;
    creating.resolve();
    const [given] = (await world.read(commit)).platformPosts;
    assert.deepEqual([given?.live_through, given?.platform_post_id], ["publish-0", "p1"]);
  });
});

test("no byte of a commit is sent after its deadline, however valid the lease", async () => {
  await withWorld(async (world) => {
    let waited = false;
    await world.startEngine({
      faultPoint: async ({ point }) => {
        if (point !== "intent.written" || waited) return;
        waited = true;
        await new Promise((resolve) => setTimeout(resolve, 5200));
        assert.equal(world.ledger.publishCalls.get("slow"), undefined);
      },
    });
    const post = await world.addPost({ text: "slow" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(await resultsOf(world), ["definite_failure", "ok"]);
    assert.equal(world.ledger.publishCalls.get("slow"), 1);
  });
});

test("no byte of a commit is sent before its mark is written", async () => {
  await withWorld(async (world) => {
    const noted: string[] = [];
    const sent: (number | undefined)[] = [];
    let isFull = true;
    const publisher = await publisherThat(world, (platformPostId) => {
      sent.push(world.ledger.publishCalls.get("marked"));
      if (!isFull) return void noted.push(platformPostId);
      isFull = false;
      throw new Error("There is no space left for the mark");
    });
    await world.startEngine({ publisher });
    const post = await world.addPost({ text: "marked" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    // That was the server's own trouble: it is no failed attempt of the post.
    assert.equal(state.platformPosts[0]?.attempt_count, 1);
    assert.ok(!state.events.includes("platform_post.retry_scheduled"));
    assert.deepEqual(sent, [undefined, undefined]);
    assert.equal(world.ledger.publishCalls.get("marked"), 1);
    assert.deepEqual(noted, [post.platformPostId]);
    // It counted both.
    const { rows } = await world.pool.query("select seq from publishers");
    assert.deepEqual(rows, [{ seq: 2 }]);
  });
});

test("a post whose mark cannot be written until it is too late fails as missed, and nothing is sent", async () => {
  await withWorld(async (world) => {
    const tried = Promise.withResolvers<void>();
    const publisher = await publisherThat(world, () => {
      tried.resolve();
      throw new Error("There is no space left for the mark");
    });
    await world.startEngine({ publisher });
    const post = await world.addPost({ text: "marked" });
    await world.publish(post);
    await tried.promise;
    await world.until(post, ({ platformPosts: [part] }) => part?.status === "posting" && part.error === null);
    await world.pool.query("update platform_posts set due_at = now() - interval '1 day'");
    const state = await world.until(post, isOver);
    assert.deepEqual([state.status, state.platformPosts[0]?.error?.code], ["failed", "PUBLISH_MISSED"]);
    assert.equal(world.ledger.publishCalls.get("marked"), undefined);
  });
});

test("an intent that cannot be confirmed is withdrawn: nothing was sent, so the post is published, not unknown", async () => {
  await withWorld((world) => publishUnconfirmed(world, "unconfirmed"));
});

test("an intent that cannot be confirmed is withdrawn even if another worker has taken the post", async () => {
  await withWorld((world) =>
    publishUnconfirmed(world, "taken over", () =>
      world.pool.query("update platform_posts set fence = fence + 1, lease_until = null, lease_owner = null"),
    ),
  );
});

/** The response to its first intent is lost, after something else has happened. */
async function publishUnconfirmed(
  world: PublishingWorld,
  text: string,
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  world.ledger.readBack = "cannot_tell";
  let isLost = false;
  const query = async (...given: unknown[]): Promise<unknown> => {
    const result: unknown = await Reflect.apply(world.pool.query, world.pool, given);
    if (isLost || !/"publish_steps\.intend/.test(JSON.stringify(given[0]))) return result;
    isLost = true;
    await meanwhile();
    throw new Error("Connection terminated unexpectedly");
  };
  await world.startEngine({
    pool: new Proxy(world.pool, {
      get(target, name) {
        const value: unknown = name === "query" ? query : Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  });
  const post = await world.addPost({ text });
  await world.publish(post);
  assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "published");
  assert.equal(isLost, true);
  assert.deepEqual(await resultsOf(world), ["definite_failure", "ok"]);
  assert.equal(world.ledger.publishCalls.get(text), 1);
}

test("no byte of a commit is sent after the lease was lost", async () => {
  await withWorld(async (world) => {
    let waited = false;
    await world.startEngine({
      faultPoint: async ({ point, platformPostId }) => {
        if (point !== "intent.written" || waited) return;
        waited = true;
        await world.pool.query(
          "update platform_posts set fence = fence + 1, lease_owner = null, lease_until = null where id = $1",
          [platformPostId],
        );
        // The next heartbeat tells.
        await new Promise((resolve) => setTimeout(resolve, 3500));
      },
    });
    const post = await world.addPost({ text: "lost lease" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(await resultsOf(world), ["definite_failure", "ok"]);
    assert.equal(world.ledger.publishCalls.get("lost lease"), 1);
  });
});

test("no request of a step is sent once its lease is over, as after a machine has slept", async () => {
  await withWorld(async (world) => {
    const broker = ledgerBroker(world.ledger);
    let calls: string[] | undefined;
    const sleepBefore = (step: QuietStep): QuietStep => ({
      ...step,
      run: async (context) => {
        if (calls !== undefined) return step.run(context);
        const later = Date.now() + LEASE_SECONDS * 1000;
        mock.method(Date, "now", () => later);
        try {
          return await step.run(context);
        } finally {
          mock.restoreAll();
          calls = [...world.ledger.calls];
        }
      },
    });
    await world.startEngine({
      broker: {
        ...broker,
        steps: (content) => broker.steps(content).map((step) => (step.effect === "visible" ? step : sleepBefore(step))),
      },
    });
    const post = await world.addPost({ text: "slept" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(calls, []);
  });
});

for (const definitive of [true, false]) {
  test(`a database clock that jumps ahead proves nothing about a commit in progress, by ${definitive ? "a handle" : "two reads"}`, async () => {
    await withWorld(async (world) => {
      const answering = Promise.withResolvers<void>();
      world.ledger.readBack = definitive ? "absent" : "truth";
      world.ledger.faults.push({ call: "publish", kind: "slow", until: answering.promise });
      const broker = ledgerBroker(world.ledger, { timeoutSeconds: 6000 });
      await Promise.all([world.startEngine({ broker }), world.startEngine({ broker })]);
      const post = await world.addPost({ text: "under way" });
      await world.publish(post);
      await world.until(post, () => world.ledger.publishCalls.has("under way"));
      await world.pool.query(
        `update publish_steps set intent_at = intent_at - interval '5 min', deadline_at = deadline_at - interval '5 min'
         where effect = 'visible'`,
      );
      const reads = async () => {
        await world.pool.query(
          `update platform_posts set lease_until = now(), next_action_at = now()
           where id = $1 and lane = 'observe' and fence = 1`,
          [post.platformPostId],
        );
        const { rows } = await world.pool.query<{ reads: number }>(
          "select coalesce((evidence ->> 'reads')::int, 0) as reads from publish_steps where effect = 'visible'",
        );
        return rows[0]?.reads ?? 0;
      };
      while ((await reads()) < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      const { rows } = await world.pool.query(
        "select result, evidence -> 'negativeReads' as counted from publish_steps where effect = 'visible'",
      );
      assert.deepEqual(rows, [{ result: null, counted: [] }]);
      answering.resolve();
      const state = await world.until(post, ({ status }) => status === "published");
      assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
      assert.equal(world.ledger.publishCalls.get("under way"), 1);
    });
  });
}

test("two immediate negative reads count as one", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    await world.startEngine({ speed: 10 });
    const post = await world.addPost({ text: "at once" });
    await world.publish(post);
    const counted = await hurried(world);
    assert.ok((counted[1] ?? 0) - (counted[0] ?? 0) >= 1.5, JSON.stringify(counted));
  });
});

test("of both clocks, the later one is used", () => {
  const start = instant();
  for (const [monotonic, wall] of [
    [9000, 0],
    [0, 9000],
  ] as const) {
    mock.method(performance, "now", () => start.monotonic + monotonic);
    mock.method(Date, "now", () => start.wall + wall);
    // The clocks' own numbers are no whole ones.
    assert.equal(Math.round(secondsSince(start) * 1000), 9000);
    mock.restoreAll();
  }
});

test("unobserved time does not count, and time observed by others does", () => {
  const since = { monotonic: performance.now() - 60_000, wall: Date.now() - 60_000 };
  assert.ok(watch({ watched: startWatching(since) }).seconds >= 60);
  assert.equal(watch({}).seconds, 0);
  assert.equal(watch({ watched: { other: { at: 1, seconds: 7 } } }).seconds, 7);
});

/**
 * Has an open commit read back without a pause until its absence is proved; answers when the reads that proved it were.
 */
async function hurried({ pool }: PublishingWorld): Promise<number[]> {
  for (;;) {
    const { rows } = await pool.query<{ counted: number[] }>(
      "select evidence -> 'negativeReads' as counted from publish_steps where evidence ? 'proof'",
    );
    if (rows[0] !== undefined) return rows[0].counted;
    await pool.query("update platform_posts set next_action_at = now() where lease_until is null and lane = 'observe'");
    await pool.query("notify ampost_due");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every write of such a row of the journal fails, as if the server were wrong. */
async function breakJournal({ pool }: PublishingWorld, when: string): Promise<void> {
  await pool.query(
    `create function break() returns trigger language plpgsql as $$
     begin raise exception 'broken' using errcode = 'check_violation'; end $$`,
  );
  await pool.query(
    `create trigger broken before insert or update on publish_steps for each row
       when (${when}) execute function break()`,
  );
}

async function resultsOf({ pool }: PublishingWorld): Promise<unknown[]> {
  const { rows } = await pool.query<{ result: string }>(
    `select coalesce(case when evidence -> 'late' ->> 'outcome' = 'not_published' then 'definite_failure' end,
       result) as result
     from publish_steps where effect = 'visible' order by intent_at`,
  );
  return rows.map(({ result }) => result);
}

/** A process that the database knows, and what it does when it notes a commit. */
async function publisherThat({ pool }: PublishingWorld, note: Publisher["note"]): Promise<Publisher> {
  const id = newId();
  await addPublisher.run(pool, [id]);
  return { id, noted: () => 0, note };
}
