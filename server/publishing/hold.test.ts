import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { newId } from "../../model/ids.ts";
import { withWorld } from "../../tests/publishing-world.ts";
import { createDiskStorage } from "../storage/disk.ts";
import { openContinuity } from "./continuity.ts";
import { checkContinuity, readHold, releaseHold } from "./hold.ts";
import { type MarkPlaces, NO_INTENT, openMarks, readMarks } from "./marks.ts";

const noted = (intentId: string, platformPostId = NO_INTENT) => ({ intentId, platformPostId });
const log = { error: () => undefined, warn: () => undefined };

test("a database that knows the latest commit keeps publishing, even after a crash", async () => {
  await withPlaces(async ({ pool, places, commit }) => {
    const { mark } = await checkContinuity({ pool, places, log });
    assert.ok(mark);
    const marks = await openMarks(places, mark, log);
    const newest = await commit();
    marks.note(noted(newest));
    // Nothing is closed: what the process wrote before its end is there.
    assert.equal(
      (await readMarks(places)).some(({ intentId }) => intentId === newest),
      true,
    );
    assert.equal((await checkContinuity({ pool, places, log })).mark?.intentId, newest);
    assert.equal(await readHold(pool), null);
    await marks.close();
  });
});

test("a mark never decreases, whatever is recorded after a newer commit", async () => {
  await withPlaces(async ({ pool, places, commit }) => {
    const { mark } = await checkContinuity({ pool, places, log });
    assert.ok(mark);
    const marks = await openMarks(places, mark, log);
    const [older, newer] = [await commit(), await commit()];
    marks.note(noted(newer));
    marks.note(noted(older));
    await marks.close();
    assert.deepEqual(
      (await readMarks(places)).map(({ intentId }) => intentId),
      [newer, newer],
    );
  });
});

test("a database restored to an earlier state puts publishing on hold until a person releases it", async () => {
  await withPlaces(async ({ pool, places, publishedAndLost, addDue }) => {
    await publishedAndLost();
    const due = await addDue();
    const { mark, begun } = await checkContinuity({ pool, places, log });
    assert.equal(mark, null);
    assert.equal(begun?.reason, "behind");
    const { rows } = await pool.query(
      "select lane, result from platform_posts pp join publish_steps s on s.platform_post_id = pp.id where pp.id = $1",
      [due],
    );
    assert.deepEqual(rows, [{ lane: "observe", result: null }]);
    // Every later start finds it held, and opens no further commits.
    assert.deepEqual(await checkContinuity({ pool, places, log }), { mark: null, begun: null });
    assert.equal(await releaseHold(pool, places), true);
    assert.notEqual((await checkContinuity({ pool, places, log })).mark, null);
    assert.equal(await releaseHold(pool, places), false);
  });
});

test("a database next to another instance's folder puts publishing on hold", async () => {
  await withPlaces(async ({ pool, places, commit }) => {
    await checkContinuity({ pool, places, log });
    await commit();
    await (await openMarks(places, { epoch: randomUUID(), intentId: NO_INTENT }, log)).close();
    assert.equal((await checkContinuity({ pool, places, log })).begun?.reason, "foreign");
  });
});

test("a copy of a database that has published, without its folder, puts publishing on hold, and becomes its own instance when released", async () => {
  await withPlaces(async ({ pool, places, commit }) => {
    await checkContinuity({ pool, places, log });
    await commit();
    const epoch = async () =>
      (await pool.query<{ value: string }>("select value from instance where name = 'epoch'")).rows[0]?.value;
    const before = await epoch();
    assert.equal((await checkContinuity({ pool, places, log })).begun?.reason, "moved");
    await releaseHold(pool, places);
    assert.notEqual(await epoch(), before);
    assert.equal((await checkContinuity({ pool, places, log })).begun, null);
  });
});

test("a copy of a database that only has scheduled posts so far puts publishing on hold", async () => {
  await withPlaces(async ({ pool, places, addDue }) => {
    await checkContinuity({ pool, places, log });
    await addDue(3600);
    assert.equal((await checkContinuity({ pool, places, log })).begun?.reason, "moved");
  });
});

test("releasing a copy puts what its original knew and became due since into doubt, and nothing that is its own", async () => {
  await withPlaces(async ({ pool, places, commit, addDue }) => {
    await checkContinuity({ pool, places, log });
    await commit();
    const due = await addDue(3600);
    const later = await addDue(3600);
    assert.equal((await checkContinuity({ pool, places, log })).begun?.reason, "moved");
    await pool.query("update platform_posts set due_at = now() where id = $1", [due]);
    const own = await addDue();
    assert.equal(await releaseHold(pool, places), true);
    const stateOf = async (id: string) => {
      const { rows } = await pool.query(
        `select pp.lane, count(s.id)::int as open from platform_posts pp
           left join publish_steps s on s.platform_post_id = pp.id and s.result is null
         where pp.id = $1 group by pp.lane`,
        [id],
      );
      return rows[0];
    };
    assert.deepEqual(await stateOf(due), { lane: "observe", open: 1 });
    for (const id of [later, own]) assert.deepEqual(await stateOf(id), { lane: "prepare", open: 0 });
  });
});

test("workers that start together on a new database hold nothing", async () => {
  await withPlaces(async ({ pool, places: { dataDir, storage }, addDue }) => {
    await addDue();
    const isWriting = Promise.withResolvers<void>();
    const mayWrite = Promise.withResolvers<void>();
    const slow: MarkPlaces["storage"] = {
      readMark: () => storage.readMark(),
      writeMark: async (text) => {
        isWriting.resolve();
        await mayWrite.promise;
        await storage.writeMark(text);
      },
    };
    const start = (places: MarkPlaces) =>
      openContinuity({ pool, places, listener: { on: () => () => undefined }, log });
    const elsewhere = await mkdtemp(join(tmpdir(), "ampost-marks-"));
    const first = start({ dataDir, storage: slow });
    await isWriting.promise;
    const second = start({ dataDir: elsewhere, storage });
    await Promise.race([second, sleep(200)]);
    mayWrite.resolve();
    for (const each of [await first, await second]) await each.close();
    assert.equal(await readHold(pool), null);
    await rm(elsewhere, { recursive: true });
  });
});

test("a worker that joins others with an empty folder holds nothing", async () => {
  await withPlaces(async ({ pool, places, commit, joinAnother }) => {
    await checkContinuity({ pool, places, log });
    await commit();
    await joinAnother();
    assert.equal((await checkContinuity({ pool, places, log, upSeconds: 0 })).begun, null);
  });
});

interface World {
  pool: pg.Pool;
  places: MarkPlaces;
  /** The intent of a commit. */
  commit(): Promise<string>;
  /** A commit that was noted outside of the database, which has lost it. */
  publishedAndLost(): Promise<void>;
  addDue(inSeconds?: number): Promise<string>;
  /** Another worker is at work on the database. */
  joinAnother(): Promise<void>;
}

async function withPlaces(work: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-marks-"));
  const storage = await createDiskStorage(join(dataDir, "storage"));
  try {
    await withWorld(async ({ pool, addPost }) => {
      const places = { dataDir, storage };
      const addDue = async (inSeconds = 0) =>
        (await addPost({ text: "due", dueAt: new Date(Date.now() + inSeconds * 1000) })).platformPostId;
      const commit = async () => {
        const id = newId();
        const { platformPostId } = await addPost({ text: "text" });
        await pool.query(
          `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt,
             fence, result)
           select $1, id, account_id, user_id, mode, 'publish', 'visible', 1, 1, 'ok' from platform_posts
           where id = $2`,
          [id, platformPostId],
        );
        return id;
      };
      const publishedAndLost = async () => {
        const { mark } = await checkContinuity({ pool, places, log });
        assert.ok(mark);
        const marks = await openMarks(places, mark, log);
        const id = await commit();
        marks.note(noted(id));
        await marks.close();
        await pool.query("delete from publish_steps where id = $1", [id]);
      };
      const joinAnother = async () => {
        const client = await pool.connect();
        await client.query("set application_name = 'ampost worker'");
        client.release();
      };
      await work({ pool, places, commit, publishedAndLost, addDue, joinAnother });
    });
  } finally {
    storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}
