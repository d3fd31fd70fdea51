import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { restoreSnapshot, takeSnapshot } from "../../bench/faults/snapshots.ts";
import { BrokerError, type Broker } from "../../platforms/platform.ts";
import { type Continuity, openContinuity } from "../../server/publishing/continuity.ts";
import { readHold, releaseHold } from "../../server/publishing/hold.ts";
import { createDiskStorage } from "../../server/storage/disk.ts";
import { type Ledger, ledgerBroker } from "../ledger-platform.ts";
import { isOver, type PublishingWorld, type TestPost, withWorld } from "../publishing-world.ts";

const log = { error: () => undefined, warn: () => undefined };

test("a draft published in the missing time is found to be live, and is not sent again", async () => {
  await withLostTime(async ({ world, lose, readBack }) => {
    const post = await world.addPost({ text: "draft", also: ["linkedin"] });
    await lose(post, () => world.publish(post));
    await readBack();
    const state = await world.until(post, isOver);
    assert.deepEqual(
      [state.status, state.platformPosts.map(({ status }) => status)],
      ["published", ["published", "published"]],
    );
    assert.deepEqual([...world.ledger.publishCalls.values()], [1, 1]);
  });
});

test("a draft published in the missing time that is not live is left to a person", async () => {
  await withLostTime(async ({ world, lose, readBack }) => {
    const post = await world.addPost({ text: "draft" });
    await lose(post, () => world.publish(post));
    world.ledger.posts.length = 0;
    await readBack();
    const state = await world.until(post, isOver);
    assert.equal(state.status, "failed");
    assert.deepEqual([...world.ledger.publishCalls.values()], [1]);
  });
});

test("a post published early in the missing time is not sent again at its time", async () => {
  await withLostTime(async ({ world, lose, readBack }) => {
    const post = await world.addPost({ text: "early", dueAt: new Date(Date.now() + 3_600_000) });
    await lose(post, () => world.publish(post));
    await readBack();
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual([...world.ledger.publishCalls.values()], [1]);
  });
});

test("a failed post that was retried in the missing time is found to be live", async () => {
  await withLostTime(async ({ world, lose, readBack }) => {
    const post = await world.addPost({ text: "retried" });
    await world.pool.query("update platform_posts set status = 'failed', due_at = now() - interval '1 hour'");
    await world.pool.query("update posts set status = 'failed'");
    await lose(post, async () => {
      await world.pool.query("update platform_posts set status = 'queued', due_at = now(), next_action_at = now()");
      await world.pool.query("update posts set status = 'queued'");
      await world.pool.query("notify ampost_due");
    });
    await readBack();
    assert.equal((await world.until(post, ({ status }) => status === "published")).status, "published");
    assert.deepEqual([...world.ledger.publishCalls.values()], [1]);
  });
});

test("a post that cannot be checked after a restore says that it was restored, and no word of a request", async () => {
  await withLostTime(async ({ world, lose, readBack }) => {
    const post = await world.addPost({ text: "draft" });
    await lose(post, () => world.publish(post));
    world.ledger.readBack = "cannot_tell";
    await readBack(ledgerBroker(world.ledger));
    const { platformPosts } = await world.until(post, isOver);
    assert.deepEqual(
      platformPosts.map(({ status, error }) => [status, error?.message]),
      [
        [
          "unknown",
          "The database was restored or copied, so the post may have been published before, " +
            "and checking could not determine whether the post is live.",
        ],
      ],
    );
  });
});

for (const [what, live] of [
  ["all parts of a thread", 3],
  ["the first parts of a thread", 2],
] as const) {
  test(`${what} that went out in the missing time are found, and only the rest is sent`, async () => {
    await withLostTime(async ({ world, lose, readBack }) => {
      const post = await world.addPost({ text: "one", chain: ["two", "three"], dueAt: new Date() });
      await lose(post, () => Promise.resolve());
      world.ledger.posts.length = live;
      await readBack();
      assert.equal((await world.until(post, isOver)).status, "published");
      assert.deepEqual(
        world.ledger.posts.map(({ text }) => text),
        ["one", "two", "three"],
      );
    });
  });
}

interface LostTime {
  world: PublishingWorld;
  /** Publishes the post, and restores the database to before it. */
  lose(post: TestPost, publish: () => Promise<void>): Promise<void>;
  /** Starts on hold, reads back, and is released. */
  readBack(broker?: Broker): Promise<void>;
}

async function withLostTime(work: (lost: LostTime) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-lost-"));
  const storage = await createDiskStorage(join(dataDir, "storage"));
  const places = { dataDir, storage };
  const opened: Continuity[] = [];
  try {
    await withWorld(async (world) => {
      const { pool } = world;
      const open = async () => {
        const listener = { on: () => () => undefined, onReconnect: () => () => undefined };
        const continuity = await openContinuity({ pool, places, listener, log });
        opened.push(continuity);
        return continuity;
      };
      const lost: LostTime = {
        world,
        async lose(post, publish) {
          const continuity = await open();
          const snapshot = await takeSnapshot(pool);
          const engine = await world.startEngine({ publisher: continuity.publisher });
          await publish();
          await world.until(post, ({ status }) => status === "published");
          await engine.stop();
          await continuity.close();
          await restoreSnapshot(pool, snapshot);
        },
        async readBack(broker = findsByText(world.ledger)) {
          const { publisher } = await open();
          assert.equal((await readHold(pool))?.reason, "behind");
          await world.startEngine({ broker, publisher });
          while (((await readHold(pool))?.doubted ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
          await releaseHold(pool, places);
        },
      };
      try {
        await work(lost);
      } finally {
        for (const each of opened) await each.close();
      }
    });
  } finally {
    storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A platform whose list shows every post, and lacks none. */
function findsByText(ledger: Ledger): Broker {
  return {
    ...ledgerBroker(ledger),
    async reconcile({ content }, { step }) {
      const place = Number(step.split("-")[1]);
      const text = [content.text, ...content.thread.map((part) => part.text)][place];
      const found = ledger.posts.find((post) => post.text === text);
      if (found === undefined)
        return {
          verdict: "not_published",
          definitive: true,
          proof: "The list does not show it.",
          error: new BrokerError("PLATFORM_UNAVAILABLE", "It is not there."),
        };
      const done = { [`post-${place}`]: found.id };
      return {
        verdict: "published",
        done,
        remoteId: found.id,
        ...(place === 0 ? { platformPostId: found.id } : {}),
      };
    },
  };
}
