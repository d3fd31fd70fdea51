import assert from "node:assert/strict";
import { test } from "node:test";

import { isOver, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { sweepJournal } from "./sweeps.ts";

const DAYS = 30;

test("the journal of old settled posts is deleted, and their commits stay with their IDs", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const [old, young] = [await world.addPost({ text: "old" }), await world.addPost({ text: "young" })];
    for (const post of [old, young]) {
      await world.publish(post);
      assert.equal((await world.until(post, isOver)).status, "published");
    }
    await age(world, old.platformPostId);
    const before = await read(world);
    await sweep(world);
    const after = await read(world);
    assert.ok(before.some(({ of, effect }) => of === old.platformPostId && effect !== "visible"));
    const isOld = ({ of }: Kept) => of === old.platformPostId;
    const commits = before.filter((step) => isOld(step) && step.effect === "visible");
    assert.ok(commits.every(({ id, remote_id, size }) => id !== "" && remote_id !== null && size > 2));
    assert.deepEqual(
      after.filter(isOld),
      commits.map((step) => ({ ...step, size: 2, checkpoint: null })),
    );
    assert.deepEqual(
      after.filter((step) => !isOld(step)),
      before.filter((step) => !isOld(step)),
    );
  });
});

test("nothing is swept of a post that is not settled, is being checked, or has a commit that is open or was just abandoned", async () => {
  await withWorld(async (world) => {
    const engine = await world.startEngine();
    const unsettled = [
      "status = 'posting'",
      "status = 'queued'",
      "next_action_at = now() + interval '1 hour'",
      "lease_owner = id",
    ];
    const uncertain = ["result = null", "result = 'unknown', intent_at = now() - interval '23 hours'"];
    for (const change of [...unsettled, ...uncertain]) {
      const post = await world.addPost({ text: change });
      await world.publish(post);
      await world.until(post, isOver);
      await age(world, post.platformPostId);
    }
    await engine.stop();
    for (const change of unsettled)
      await world.pool.query(
        `update platform_posts set ${change} where post_id = (select id from posts where content ->> 'text' = $1)`,
        [change],
      );
    for (const change of uncertain) {
      await world.pool.query(
        `update publish_steps set ${change} where effect = 'visible'
           and platform_post_id = (select pp.id from platform_posts pp join posts p on p.id = pp.post_id
             where p.content ->> 'text' = $1)`,
        [change],
      );
    }
    const before = await read(world);
    assert.ok(before.length > 2 * (unsettled.length + uncertain.length));
    await sweep(world);
    assert.deepEqual(await read(world), before);
  });
});

test("what is needed to find a commit with an unknown outcome is kept", async () => {
  await withWorld(async (world) => {
    const engine = await world.startEngine();
    const post = await world.addPost({ text: "lost" });
    await world.publish(post);
    await world.until(post, isOver);
    await age(world, post.platformPostId);
    await engine.stop();
    await world.pool.query("update platform_posts set status = 'unknown'");
    await world.pool.query(
      `update publish_steps set result = 'unknown', evidence = '{"exchanges": [], "readBack": {}, "reads": 2}'
       where effect = 'visible'`,
    );
    const before = await read(world);
    await sweep(world);
    const { rows } = await world.pool.query("select evidence, checkpoint from publish_steps");
    assert.deepEqual(
      rows,
      before
        .filter(({ effect }) => effect === "visible")
        .map(({ checkpoint }) => ({ evidence: { reads: 2 }, checkpoint })),
    );
  });
});

test("a person's word that a post is not there outlives the requests of its commit", async () => {
  await withWorld(async (world) => {
    const engine = await world.startEngine();
    const post = await world.addPost({ text: "not there" });
    await world.publish(post);
    await world.until(post, isOver);
    await age(world, post.platformPostId);
    await engine.stop();
    await world.pool.query("update platform_posts set status = 'failed'");
    await world.pool.query(
      `update publish_steps set result = 'definite_failure', checkpoint = null,
         evidence = '{"exchanges": [], "answered": {"isLive": false}}' where effect = 'visible'`,
    );
    for (let times = 0; times < 2; times += 1) {
      await sweep(world);
      const { rows } = await world.pool.query("select evidence from publish_steps");
      assert.deepEqual(
        rows.map(({ evidence }) => evidence),
        [{ answered: { isLive: false } }],
      );
    }
  });
});

test("steps that are finished with are read again only on Sundays, and open ones until they are finished with", async () => {
  await withWorld(async (world) => {
    const engine = await world.startEngine();
    const posts: TestPost[] = [];
    for (const text of ["first", "open", "last"]) {
      const post = await world.addPost({ text });
      posts.push(post);
      await world.publish(post);
      await world.until(post, isOver);
      await age(world, post.platformPostId);
    }
    await engine.stop();
    const [, open] = posts;
    const set = (of: { platformPostId: string } | undefined, status: string) =>
      world.pool.query("update platform_posts set status = $2 where id = $1", [of?.platformPostId, status]);
    const mark = () =>
      world.pool.query("update publish_steps set evidence = '{\"exchanges\": []}' where effect = 'visible'");
    const marked = async () =>
      (await read(world))
        .filter(({ effect, size }) => effect === "visible" && size > 2)
        .map(({ of }) => posts.findIndex((p) => p.platformPostId === of));
    const [monday, sunday] = [1, 0];

    await set(open, "posting");
    await sweep(world, monday);
    assert.deepEqual(await marked(), [1]);
    await mark();
    await sweep(world, monday);
    assert.deepEqual(await marked(), [0, 1], "the first is not read again");
    await set(open, "published");
    await sweep(world, monday);
    assert.deepEqual(await marked(), [0]);
    await sweep(world, sunday);
    assert.deepEqual(await marked(), []);
  });
});

/** In batches so small that the steps of one post lie in several. */
function sweep(world: PublishingWorld, weekday?: number): Promise<void> {
  return sweepJournal(world.pool, DAYS, new AbortController().signal, { batch: 2, weekday });
}

function age(world: PublishingWorld, platformPostId: string): Promise<unknown> {
  return world.pool.query(
    "update publish_steps set intent_at = intent_at - make_interval(days => $2) where platform_post_id = $1",
    [platformPostId, DAYS],
  );
}

interface Kept {
  id: string;
  of: string;
  effect: string;
  remote_id: string | null;
  result: string | null;
  /** Of its evidence, in characters. */
  size: number;
  checkpoint: Record<string, unknown> | null;
}

async function read(world: PublishingWorld): Promise<Kept[]> {
  const { rows } = await world.pool.query<Kept>(
    `select id, platform_post_id as of, effect, remote_id, result, length(evidence::text) as size, checkpoint
     from publish_steps order by id`,
  );
  return rows;
}
