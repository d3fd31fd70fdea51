import assert from "node:assert/strict";
import { test } from "node:test";

import { BrokerError, type Broker, type Step } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, liveCount, type PublishingWorld, withWorld } from "../../tests/publishing-world.ts";

const CHAIN = { text: "one", chain: ["two", "three"] };

/** Reads the link right after the first part of a chain, and once more after the last. */
function linkTwice({ ledger }: PublishingWorld, stepOf: (step: Step, place: number) => Step = (step) => step): Broker {
  const broker = ledgerBroker(ledger);
  return {
    ...broker,
    steps: (content) => {
      const steps = broker.steps(content);
      const link = steps.at(-1);
      assert.ok(link?.effect === "read");
      const first = steps.findIndex(({ effect }) => effect === "visible") + 1;
      return [
        ...steps.slice(0, first),
        stepOf(link, 0),
        ...steps.slice(first, -1),
        stepOf({ ...link, name: "permalink-again" }, 1),
      ];
    },
  };
}

test("a failing cosmetic step delays no part of a thread: it is skipped", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "permalink", kind: "http_500" });
    await world.startEngine({ broker: linkTwice(world) });
    const post = await world.addPost(CHAIN);
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(
      world.ledger.calls.filter((call) => !call.startsWith("ready")),
      [
        "create one",
        "publish one",
        "permalink ",
        "create two",
        "publish two",
        "create three",
        "publish three",
        "permalink ",
      ],
    );
    const [platformPost] = state.platformPosts;
    assert.equal(platformPost?.published_url, "https://ledger.example/p/p1");
    assert.deepEqual([platformPost?.warnings, platformPost?.attempt_count], [[], 1]);
  });
});

test("a waiting cosmetic step delays no part of a thread: it is skipped", async () => {
  await withWorld(async (world) => {
    const wait = (step: Step, place: number): Step =>
      place === 0 && step.effect !== "visible" ? { ...step, run: () => Promise.resolve({ waitSeconds: 3600 }) } : step;
    await world.startEngine({ broker: linkTwice(world, wait) });
    const post = await world.addPost(CHAIN);
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.published_url, "https://ledger.example/p/p1");
    assert.deepEqual(
      CHAIN.chain.map((text) => liveCount(world.ledger, text)),
      [1, 1],
    );
  });
});

test("a step whose effect must not be repeated is told when it has started before", async () => {
  await withWorld(async (world) => {
    const seen: (true | undefined)[] = [];
    const comment: Step = {
      name: "comment",
      effect: "hidden",
      cosmetic: true,
      once: true,
      async run({ begunBefore }) {
        seen.push(begunBefore);
        if (seen.length === 1) throw new BrokerError("PLATFORM_UNAVAILABLE", "The response was lost.");
        return { done: {} };
      },
    };
    const broker = ledgerBroker(world.ledger);
    await world.startEngine({ broker: { ...broker, steps: (content) => [...broker.steps(content), comment] } });
    const post = await world.addPost({ text: "one" });
    await world.publish(post);
    await world.until(post, () => seen.length === 2);
    assert.deepEqual(seen, [undefined, true]);
    assert.equal(liveCount(world.ledger, "one"), 1);
  });
});

test("no step before a live one runs again, whatever step is recorded", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost(CHAIN);
    await world.publish(post);
    await world.startEngine({ broker: linkTwice(world) });
    await world.until(post, isOver);
    await world.pool.query(
      `update platform_posts set status = 'posting', step = 'permalink', published_at = null, next_action_at = now(),
         lane = 'observe' where id = $1`,
      [post.platformPostId],
    );
    await world.pool.query("update posts set status = 'posting' where id = $1", [post.id]);
    await world.pool.query("notify ampost_due");
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(
      ["one", ...CHAIN.chain].map((text) => liveCount(world.ledger, text)),
      [1, 1, 1],
    );
  });
});
