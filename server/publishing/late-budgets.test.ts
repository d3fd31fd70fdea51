import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "../../model/ids.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type PublishingWorld, withWorld } from "../../tests/publishing-world.ts";
import { jsonb } from "../db/jsonb.ts";
import { noteBudgetReadings, setBudgetLimit } from "../db/queries/budgets.ts";

const MINUTES = 60_000;

/** A late post, and one that is on time later and has reserved the account's only post of the day. */
async function lateAndOnTime(world: PublishingWorld) {
  const userId = await world.addUser();
  const accountId = await world.addAccount(userId);
  const budget = `test threads posts account ${accountId}`;
  await setBudgetLimit.run(world.pool, [budget, 1]);
  const dueAt = new Date(Date.now() - 5 * MINUTES);
  const later = new Date(Date.now() + 90 * MINUTES);
  const late = await world.addPost({ text: "late", userId, accountId, dueAt });
  const onTime = await world.addPost({ text: "on time", userId, accountId, dueAt: later });
  for (const [post, at] of [
    [late, dueAt],
    [onTime, later],
  ] as const)
    await world.pool.query("insert into budget_uses values ($1, $2, $3, 1)", [post.platformPostId, budget, at]);
  return { late, onTime, budget };
}

test("a late post waits for what others have reserved, and is published once there is room", async () => {
  await withWorld(async (world) => {
    const { late, onTime } = await lateAndOnTime(world);
    await world.startEngine();
    const waiting = await world.until(late, ({ platformPosts: [part] }) => {
      const next = part?.next_action_at ?? null;
      return next !== null && part?.lease_until === null && new Date(next).getTime() > Date.now() + MINUTES;
    });
    assert.deepEqual([waiting.status, waiting.platformPosts[0]?.attempt_count], ["scheduled", 0]);
    await world.pool.query("update platform_posts set status = 'discarded', next_action_at = null where id = $1", [
      onTime.platformPostId,
    ]);
    await world.pool.query("update platform_posts set next_action_at = now() where id = $1", [late.platformPostId]);
    await world.pool.query("notify ampost_due");
    assert.equal((await world.until(late, isOver)).status, "published");
    const { rows } = await world.pool.query<{ late: boolean }>(
      "select at > now() - interval '4 minutes' as late from budget_uses where platform_post_id = $1",
      [late.platformPostId],
    );
    assert.deepEqual(rows, [{ late: true }]);
  });
});

test("what a platform says of a limit replaces what is declared, and what was posted without us counts", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const budget = `test threads posts account ${accountId}`;
    const broker = ledgerBroker(world.ledger);
    let isFull = false;
    await world.startEngine({
      broker: {
        ...broker,
        steps: (content) => [
          {
            name: "quota",
            effect: "read",
            run: async () => {
              if (!isFull) return { done: {}, limits: [{ name: "posts", most: 40, used: 7 }] };
              throw new BrokerError("QUOTA_EXCEEDED", "All are used up.", {
                notPublished: true,
                retryable: false,
                limits: [{ name: "posts", most: 20, used: 20 }],
              });
            },
          },
          ...broker.steps(content),
        ],
      },
    });
    const before = await world.addPost({ text: "before", userId, accountId });
    await world.pool.query("insert into budget_uses values ($1, $2, now(), 1)", [before.platformPostId, budget]);
    await world.publish(before);
    await world.until(before, isOver);
    const post = await world.addPost({ text: "after", userId, accountId });
    await world.publish(post);
    await world.until(post, isOver);
    const { rows } = await world.pool.query("select most::int, others::int, set_by from budget_limits");
    assert.deepEqual(rows, [{ most: 40, others: 6, set_by: "platform" }]);
    // It says so in a refusal, too.
    isFull = true;
    const refused = await world.addPost({ text: "refused", userId, accountId });
    await world.publish(refused);
    assert.equal((await world.until(refused, isOver)).status, "failed");
    isFull = false;
    const { rows: known } = await world.pool.query("select most::int, others::int from budget_limits");
    assert.deepEqual(known, [{ most: 20, others: 19 }]);
    await setBudgetLimit.run(world.pool, [budget, 5]);
    const last = await world.addPost({ text: newId(), userId, accountId });
    await world.publish(last);
    await world.until(last, isOver);
    assert.deepEqual((await world.pool.query("select most::int from budget_limits")).rows, [{ most: 5 }]);
  });
});

test("what the response to a commit says of a limit counts the commit itself as ours", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const broker = ledgerBroker(world.ledger);
    const budget = `test threads posts account ${accountId}`;
    const engine = await world.startEngine({
      broker: {
        ...broker,
        steps: (content) =>
          broker.steps(content).map((step) =>
            step.effect === "visible"
              ? {
                  ...step,
                  accept: (answer, context) => {
                    const limits = [{ name: "posts", most: 40, used: 30 }];
                    if (content.text === "refused")
                      throw new BrokerError("CONTENT_REJECTED", "No.", { notPublished: true, limits });
                    return { ...step.accept(answer, context), limits };
                  },
                }
              : step,
          ),
      },
    });
    for (const [text, others] of [
      ["one", 29],
      ["two", 28],
      ["refused", 28],
    ] as const) {
      const post = await world.addPost({ text, userId, accountId });
      await world.pool.query("insert into budget_uses values ($1, $2, now(), 1)", [post.platformPostId, budget]);
      await world.publish(post);
      await world.until(post, (now) => isOver(now) && engine.running() === 0);
      const { rows } = await world.pool.query("select most::int, others::int from budget_limits");
      assert.deepEqual(rows, [{ most: 40, others }], text);
    }
  });
});

test("a commit that the platform has counted before its response is stored counts once", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const budget = `test threads posts account ${accountId}`;
    const post = await world.addPost({ text: "under way", userId, accountId });
    await world.pool.query("insert into budget_uses values ($1, $2, now(), 1)", [post.platformPostId, budget]);
    const othersOf = async (lane: string): Promise<unknown> => {
      const change = "update platform_posts set status = 'posting', lane = $2 where id = $1";
      await world.pool.query(change, [post.platformPostId, lane]);
      await noteBudgetReadings.run(world.pool, [jsonb([{ budget, most: 250, used: 1, windowSeconds: 86_400 }])]);
      return (await world.pool.query("select others::int from budget_limits where budget = $1", [budget])).rows[0];
    };
    assert.deepEqual(await othersOf("prepare"), { others: 1 });
    assert.deepEqual(await othersOf("observe"), { others: 0 });
  });
});
