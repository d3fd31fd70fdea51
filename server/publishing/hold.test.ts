import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { restoreSnapshot, takeSnapshot } from "../../bench/faults/snapshots.ts";
import { isOver, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { openUnsettledCommits } from "../db/queries/hold.ts";
import { createDiskStorage } from "../storage/disk.ts";
import { type Continuity, openContinuity } from "./continuity.ts";
import { readHold, releaseHold } from "./hold.ts";
import { readNoted } from "./noted.ts";

const log = { error: () => undefined, warn: () => undefined };
const silent = { on: () => () => undefined, onReconnect: () => () => undefined };

test("a database that knows all that was published keeps publishing after a crash, a stop and a start", async () => {
  await withFolders(async ({ open, publish, reason }) => {
    const first = await open();
    await publish("one", first);
    // The first is not closed: it was killed.
    const second = await open();
    await publish("two", second);
    await second.close();
    await publish("three", await open());
    assert.equal(await reason(), null);
  });
});

test("deleting the user of the newest commit holds nothing, at once or at the next start", async () => {
  await withFolders(async ({ world, open, publish, reason }) => {
    const first = await open();
    await publish("somebody else's", first);
    const { userId } = await publish("the one who leaves", first);
    await world.pool.query("delete from users where id = $1", [userId]);
    await publish("afterwards", first);
    await first.close();
    await publish("after the start", await open());
    assert.equal(await reason(), null);
  });
});

test("processes on one folder, whatever their clocks say, note all that they publish, and hold nothing", async () => {
  await withFolders(async ({ world, open, publish, folder, reason, lost }) => {
    const [one, other] = [await open(), await open()];
    await publish("one", one);
    const two = await world.addPost({ text: "two" });
    const snapshot = await takeSnapshot(world.pool);
    await publish("two", other, two);
    await publish("three", one);
    const { commits } = await readNoted(folder());
    assert.deepEqual(
      new Set(commits.map(({ publisher }) => publisher)),
      new Set([one.publisher.id, other.publisher.id]),
    );
    assert.equal(await reason(), null);
    // What either has noted holds after a restore that has lost only that.
    for (const each of [one, other]) await each.close();
    await restoreSnapshot(world.pool, snapshot);
    await world.pool.query("update publishers set seq = seq + 5 where id = $1", [one.publisher.id]);
    await open();
    assert.equal(await reason(), "behind");
    assert.equal(await lost(), 1);
  });
});

test("a database that is set back while a worker runs refuses its next commit and is on hold", async () => {
  await withFolders(async ({ world, open, publish, reason, until }) => {
    const worker = await open();
    await publish("before", worker);
    const next = await world.addPost({ text: "next", dueAt: new Date(Date.now() + 3_600_000) });
    const snapshot = await takeSnapshot(world.pool);
    const engine = await world.startEngine({ publisher: worker.publisher });
    await world.publish(next);
    await world.until(next, isOver);
    await restoreSnapshot(world.pool, snapshot);
    await world.publish(next);
    await until(async () => (await reason()) === "behind");
    await engine.stop();
    assert.equal(world.ledger.publishCalls.get("next"), 1);
    const { status, events } = await world.read(next);
    assert.equal(status, "posting");
    assert.ok(events.includes("post.publishing"));
  });
});

test("on another server nothing is claimed until the past has been compared, by whoever did not lose anything", async () => {
  await withFolders(async ({ world, open, publish, reason }) => {
    const worker = await open();
    await publish("before", worker);
    await world.pool.query("update instance set value = '1' where name = 'server'");
    await publish("after", worker);
    assert.equal(await reason(), null);
  });
});

test("after a failover the workers that were at work compare before each other, and go on", async () => {
  await withFolders(async ({ world, open, publish, reason }) => {
    const [one, other] = [await open(), await open("other")];
    await publish("one", one);
    await publish("two", other);
    await failOver(world);
    await publish("three", one);
    await publish("four", other);
    assert.equal(await reason(), null);
  });
});

test("a failover is held if a worker is gone with its folder, and standbys did not confirm what it sent", async () => {
  await withFolders(async ({ world, open, publish, reason, until }) => {
    const [one, other] = [await open(), await open("other")];
    await publish("one", other);
    await other.close();
    // It was killed.
    await world.pool.query("update publishers set ended_at = null where id = $1", [other.publisher.id]);
    await failOver(world);
    const post = await world.addPost({ text: "waits", dueAt: new Date() });
    await until(async () => (await reason()) === "failover");
    assert.equal(world.ledger.publishCalls.get("waits"), undefined);
    assert.equal((await world.read(post)).status, "posting");
    assert.equal(await releaseHold(world.pool, one.folder), true);
    await publish("afterwards", one);
  });
});

test("a database restored to an earlier state is on hold until a person releases it, for all processes", async () => {
  await withFolders(async ({ world, open, publish, folder, reason, lost }) => {
    const [one, other] = [await open(), await open("other")];
    const posts = [await world.addPost({ text: "one" }), await world.addPost({ text: "two" })];
    const snapshot = await takeSnapshot(world.pool);
    await publish("one", one, posts[0]);
    await publish("two", other, posts[1]);
    for (const each of [one, other]) await each.close();
    await restoreSnapshot(world.pool, snapshot);
    await open();
    assert.equal(await reason(), "behind");
    assert.equal(await lost(), 1);
    assert.equal(await releaseHold(world.pool, folder()), true);
    assert.equal(await releaseHold(world.pool, folder()), false);
    await (await open()).close();
    assert.equal(await reason(), null);
    // The other folder has noted what nobody has looked at so far.
    await open("other");
    assert.equal(await reason(), "behind");
  });
});

test("a database next to another instance's folder is on hold", async () => {
  await withFolders(async ({ world, open, publish, reason }) => {
    const first = await open();
    await publish("one", first);
    await first.close();
    await world.pool.query("update instance set value = 'another' where name = 'identity'");
    await world.pool.query("update publishers set id = gen_random_uuid()");
    await open();
    assert.equal(await reason(), "foreign");
  });
});

test("a copy of a database that has published, without its folder, is on hold, and becomes its own instance when released", async () => {
  await withFolders(async ({ world, open, publish, folder, reason }) => {
    const first = await open();
    await publish("one", first);
    await first.close();
    await open("copy");
    assert.equal(await reason(), "moved");
    assert.equal(await releaseHold(world.pool, folder("copy")), true);
    await publish("two", await open("copy"));
    assert.equal(await reason(), null);
    // The original next to the bucket that the copy has taken over.
    await world.pool.query("delete from publishers where id <> $1", [first.publisher.id]);
    await world.pool.query("update instance set value = 'the original' where name = 'identity'");
    await (await open("copy")).close();
    assert.equal(await reason(), "foreign");
  });
});

test("a copy of a database that only has scheduled posts so far is on hold", async () => {
  await withFolders(async ({ world, open, reason }) => {
    await (await open()).close();
    await world.addPost({ text: "later", dueAt: new Date(Date.now() + 3_600_000) });
    await open("copy");
    assert.equal(await reason(), "moved");
  });
});

test("a copy of the data folder is on hold; the folder that was renamed is not", async () => {
  await withFolders(async ({ world, open, publish, folder, reason }) => {
    const first = await open();
    await publish("one", first);
    await first.close();
    await cp(folder().dataDir, folder("copy").dataDir, { recursive: true });
    await open("copy");
    assert.equal(await reason(), "copied");
    assert.equal(await releaseHold(world.pool, folder("copy")), true);
    await publish("two", await open("copy"));
    assert.equal(await reason(), null);
  });
});

test("releasing a copy puts what its original knew and became due since into doubt, and nothing that is its own", async () => {
  await withFolders(async ({ world, open, publish, folder, reason }) => {
    const { pool } = world;
    const addDue = async (inSeconds: number) =>
      (await world.addPost({ text: "due", dueAt: new Date(Date.now() + inSeconds * 1000) })).platformPostId;
    const first = await open();
    await publish("one", first);
    await first.close();
    const due = await addDue(3600);
    const later = await addDue(3600);
    await open("copy");
    assert.equal(await reason(), "moved");
    await pool.query("update platform_posts set due_at = now() where id = $1", [due]);
    const own = await addDue(0);
    assert.equal(await releaseHold(pool, folder("copy")), true);
    const stateOf = async (id: string) => {
      const { rows } = await pool.query(
        `select pp.status, pp.lane, count(s.id)::int as open from platform_posts pp
           left join publish_steps s on s.platform_post_id = pp.id and s.result is null
         where pp.id = $1 group by pp.status, pp.lane`,
        [id],
      );
      return rows[0];
    };
    assert.deepEqual(await stateOf(due), { status: "posting", lane: "observe", open: 1 });
    for (const id of [later, own]) assert.deepEqual(await stateOf(id), { status: "pending", lane: "prepare", open: 0 });
  });
});

test("workers that start together on a new database hold nothing", async () => {
  await withFolders(async ({ world, open, reason }) => {
    await world.addPost({ text: "due", dueAt: new Date() });
    await Promise.all([open("one"), open("two"), open("three")]);
    assert.equal(await reason(), null);
  });
});

test("a worker that joins others with an empty folder holds nothing", async () => {
  await withFolders(async ({ open, publish, reason }) => {
    await publish("one", await open());
    await publish("two", await open("another"));
    assert.equal(await reason(), null);
  });
});

test("what is in doubt is posting from the moment it is, with its post and event, so nobody can change it", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "doubt", also: ["linkedin"] });
    await world.publish(post);
    await openUnsettledCommits.run(world.pool, [new Date(Date.now() + 1000), null, null]);
    const { status, platformPosts, events } = await world.read(post);
    assert.deepEqual(
      [status, platformPosts.map((each) => [each.status, each.attempt_count])],
      [
        "posting",
        [
          ["posting", 1],
          ["posting", 1],
        ],
      ],
    );
    assert.equal(events.filter((type) => type === "post.publishing").length, 1);
  });
});

/** What a failover changes: the server, and its timeline. */
async function failOver({ pool }: PublishingWorld): Promise<void> {
  await pool.query("update publishers set server = '1'");
  await pool.query("update instance set value = '1' where name in ('server', 'timeline')");
}

type Opened = Continuity & { folder: Folder };

interface Folder {
  dataDir: string;
  storage: Awaited<ReturnType<typeof createDiskStorage>>;
}

interface World {
  world: PublishingWorld;
  /** A process that publishes, with one of the folders. */
  open(folder?: string): Promise<Opened>;
  folder(name?: string): Folder;
  /** Publishes a post there, a new one unless given. */
  publish(text: string, worker: Continuity, post?: TestPost): Promise<TestPost>;
  reason(): Promise<string | null>;
  /** How many platform posts are in doubt. */
  lost(): Promise<number>;
  until(isSo: () => Promise<boolean>): Promise<void>;
}

async function withFolders(work: (world: World) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "ampost-hold-"));
  const folders = new Map<string, Folder>();
  for (const name of ["own", "copy", "other", "another", "one", "two", "three"]) {
    folders.set(name, {
      dataDir: join(root, name),
      storage: await createDiskStorage(join(root, name, "storage")),
    });
    // File systems tell births apart by some milliseconds.
    await sleep(10);
  }
  try {
    await withWorld(async (world) => {
      const { pool } = world;
      const opened: Continuity[] = [];
      const folder = (name = "own") => {
        const places = folders.get(name);
        if (places === undefined) throw new Error(`There is no folder ${name}`);
        return places;
      };
      const reason = async () => (await readHold(pool))?.reason ?? null;
      try {
        await work({
          world,
          folder,
          reason,
          async open(name) {
            const continuity = await openContinuity({ pool, places: folder(name), listener: silent, log });
            opened.push(continuity);
            return { ...continuity, folder: folder(name) };
          },
          async publish(text, { publisher }, post) {
            const engine = await world.startEngine({ publisher });
            post ??= await world.addPost({ text });
            await world.publish(post);
            await world.until(post, isOver);
            await engine.stop();
            assert.equal(world.ledger.publishCalls.get(text), 1);
            return post;
          },
          lost: async () => (await readHold(pool))?.doubted ?? 0,
          async until(isSo) {
            for (const end = Date.now() + 60_000; !(await isSo()); await sleep(20))
              assert.ok(Date.now() < end, "it never became so");
          },
        });
      } finally {
        for (const each of opened) await each.close();
      }
    });
  } finally {
    for (const { storage } of folders.values()) storage.close();
    await rm(root, { recursive: true, force: true });
  }
}
