import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

import { isOver, withWorld, type TestPost } from "../../tests/publishing-world.ts";

/** Where a worker is killed, and whether the post must be live already by then. */
const KILLED_AT = [
  "claim.after",
  "step.before create-0",
  "step.after create-0",
  "step.saved create-0",
  "step.after ready-0",
  "intent.before",
  "intent.written",
  "send.before",
  "answer.received",
  "result.before",
  "result.written",
  "step.before permalink",
  "settle.before permalink",
  "settle.after permalink",
];

/** The time to `unknown` is longer than several leases, which are not scaled, on a slow machine too. */
const PATIENT = { speed: 20 };
const PATIENT_WORKER = { SPEED: String(PATIENT.speed) };

test("a worker killed at any point of publishing leaves exactly one post", async (t) => {
  await withWorld(async (world) => {
    const posts: { point: string; post: TestPost }[] = [];
    for (const point of KILLED_AT) {
      const worker = await world.startWorker({ FAULT: point });
      const post = await world.addPost({ text: point });
      await world.publish(post);
      await ended(worker);
      assert.equal(worker.signalCode, "SIGKILL", `${point} was not reached`);
      // The next ones are killed over posts of their own.
      await world.pool.query(
        "update platform_posts set lease_until = now() + interval '1 hour' where id = $1 and lease_until is not null",
        [post.platformPostId],
      );
      posts.push({ point, post });
    }
    // As if all had been killed in the same moment, a lease ago.
    await world.pool.query(
      `update publish_steps set intent_at = now() - interval '6 s', deadline_at = now() - interval '1 s'
       where result is null`,
    );
    await world.pool.query("update platform_posts set lease_until = now() where lease_until is not null");
    await world.startEngine(PATIENT);
    for (const { point, post } of posts) {
      await t.test(`killed at ${point}`, async () => {
        const state = await world.until(post, isOver);
        assert.equal(state.status, "published");
        assert.deepEqual(
          world.ledger.posts.filter(({ text }) => text === point).map(({ id }) => id),
          [state.platformPosts[0]?.platform_post_id],
        );
      });
    }
  });
});

test("a worker killed while checking an outcome leaves it to others", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const worker = await world.startWorker({ FAULT: "reconcile.after" });
    const post = await world.addPost({ text: "read back" });
    await world.publish(post);
    await ended(worker);
    await world.startEngine();
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.publishCalls.get("read back"), 1);
  });
});

test("three workers killed repeatedly lose and duplicate nothing", async () => {
  await withWorld(async (world) => {
    const workers = [
      await world.startWorker(PATIENT_WORKER),
      await world.startWorker(PATIENT_WORKER),
      await world.startWorker(PATIENT_WORKER),
    ];
    const posts = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        world.addPost({ text: `killed ${n}`, ...(n % 6 === 0 ? { chain: [`killed ${n} part two`] } : {}) }),
      ),
    );
    for (const [n, post] of posts.entries()) {
      await world.publish(post);
      if (n % 12 !== 11) continue;
      const worker = workers.shift();
      worker?.kill("SIGKILL");
      workers.push(await world.startWorker(PATIENT_WORKER));
    }
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    const texts = world.ledger.posts.map(({ text }) => text);
    assert.equal(texts.length, 70);
    assert.equal(new Set(texts).size, 70);
  });
});

for (const point of ["intent.written", "send.before"]) {
  test(`a worker stopped at ${point} and continued after its time neither sends nor writes`, async () => {
    await withWorld(async (world) => {
      const worker = await world.startWorker({ FAULT: point, FAULT_SIGNAL: "SIGSTOP" });
      const post = await world.addPost({ text: "asleep" });
      await world.publish(post);
      await world.until(
        post,
        ({ platformPosts }) =>
          platformPosts[0]?.status === "posting" &&
          platformPosts[0].lease_until !== null &&
          new Date(platformPosts[0].lease_until) < new Date(),
      );
      await world.startEngine(PATIENT);
      const state = await world.until(post, isOver);
      assert.equal(state.status, "published");
      worker.kill("SIGCONT");
      // Whatever it would still do, it does before it has ended cleanly.
      worker.kill("SIGTERM");
      await ended(worker);
      assert.equal(world.ledger.publishCalls.get("asleep"), 1);
      assert.deepEqual(await world.read(post), state);
    });
  });
}

test("a response that arrives after the platform post was taken over is used as evidence, not as state", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "away";
    const worker = await world.startWorker({ FAULT: "answer.received", FAULT_SIGNAL: "SIGSTOP" });
    const post = await world.addPost({ text: "late" });
    await world.publish(post);
    await world.until(
      post,
      ({ platformPosts }) =>
        platformPosts[0]?.status === "posting" &&
        platformPosts[0].lease_until !== null &&
        new Date(platformPosts[0].lease_until) < new Date(),
    );
    await world.startEngine(PATIENT);
    await world.until(post, ({ platformPosts }) => platformPosts[0]?.error !== null);
    assert.equal((await world.read(post)).status, "posting");
    worker.kill("SIGCONT");
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("late"), 1);
  });
});

async function ended(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const timer = setTimeout(() => worker.kill("SIGQUIT"), 120_000);
  await once(worker, "exit");
  clearTimeout(timer);
}
