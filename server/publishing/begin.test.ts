import assert from "node:assert/strict";
import { test } from "node:test";

import { type Broker, BrokerError } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type PublishingWorld, withWorld } from "../../tests/publishing-world.ts";

test("errors ahead of time are forgotten when publishing starts with the commit itself", async () => {
  await withWorld(async (world) => {
    const created = await fetch(`${world.ledger.url}/ledger.example/create/`, {
      method: "POST",
      body: JSON.stringify({ text: "one call" }),
    });
    assert.deepEqual(await created.json(), { id: "c1" });
    await world.startEngine({ broker: inOneCall(world, "c1") });
    const post = await world.addPost({ text: "one call", dueAt: new Date(Date.now() + 600_000) });
    const warned = await world.until(post, ({ platformPosts }) => (platformPosts[0]?.warnings.length ?? 0) > 0);
    assert.equal(warned.platformPosts[0]?.warnings[0]?.code, "PREPARATION_FAILED");
    await world.bringForward(post, 0);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(state.platformPosts[0]?.warnings, []);
    assert.equal(state.platformPosts[0]?.attempt_count, 1);
  });
});

/** Publishes by its commit alone, which cannot be prepared the first time. */
function inOneCall({ ledger }: PublishingWorld, container: string): Broker {
  const broker = ledgerBroker(ledger);
  let isFirst = true;
  return {
    ...broker,
    steps(content) {
      if (isFirst) {
        isFirst = false;
        throw new BrokerError("CONTENT_REJECTED", "The account does not allow it.");
      }
      return broker.steps(content).flatMap((step) => {
        if (step.effect !== "visible") return [];
        const checkpoint = { "container-0": container };
        return [{ ...step, request: (context) => step.request({ ...context, checkpoint }) }];
      });
    },
  };
}
