import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { isOver, withWorld } from "../../tests/publishing-world.ts";
import { sweepJournal } from "../jobs/sweeps.ts";

const GUIDE = join(import.meta.dirname, "../../docs/guides/self-hosting.md");
const POSTS = 5_000;
/** Of the usual length. */
const TEXT = "Our autumn collection is here: twelve new colours, made in small batches. Come and see them. ".repeat(2);

test("a finished post takes as much of the database as the guide says", async () => {
  await withWorld(async ({ pool, startEngine, addPost, publish, until }) => {
    const engine = await startEngine();
    const post = await addPost({ text: TEXT });
    await publish(post);
    assert.equal((await until(post, isOver)).status, "published");
    await engine.stop();
    await pool.query("update publish_steps set intent_at = intent_at - interval '31 days'");
    await sweepJournal(pool, 30, new AbortController().signal);
    await pool.query("delete from outbox");
    await pool.query(
      `insert into idempotency_keys (user_id, mode, key, operation, request_hash, claim, claimed_until, post_id)
       select user_id, mode, gen_random_uuid(), 'posts_create', encode(sha256('x'), 'hex'), gen_random_uuid(), now(), id
       from posts`,
    );
    const before = await sizeOf(pool);
    await pool.query(MULTIPLY, [POSTS]);
    const bytesEach = ((await sizeOf(pool)) - before) / POSTS;
    const said =
      1_000 *
      Number(/about (\d+(?:\.\d+)?) kB for each finished post and platform/.exec(await readFile(GUIDE, "utf8"))?.[1]);
    assert.ok(bytesEach > said * 0.7 && bytesEach < said * 1.1, `${bytesEach} bytes, the guide says ${said}`);
  });
});

async function sizeOf(pool: { query(sql: string): Promise<{ rows: { bytes: string }[] }> }): Promise<number> {
  const { rows } = await pool.query(
    "select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relname !~ '^pg_|^sql_'",
  );
  return Number(rows[0]?.bytes);
}

/** As many more, each with everything that is kept of the one. */
const MULTIPLY = `
  with made as materialized (
    select n, uuidv7() as post_id, uuidv7() as platform_post_id from generate_series(1, $1::int) n
  ), posts_made as (
    insert into posts select (jsonb_populate_record(p, jsonb_build_object('id', made.post_id))).* from made, posts p
  ), platform_posts_made as (
    insert into platform_posts select (jsonb_populate_record(p, jsonb_build_object('id', made.platform_post_id,
      'post_id', made.post_id, 'platform_post_id', n || substr(p.platform_post_id, 1, 18)))).* from made, platform_posts p
  ), steps_made as (
    insert into publish_steps select (jsonb_populate_record(s, jsonb_build_object('id', uuidv7(),
      'platform_post_id', made.platform_post_id, 'remote_id', n || substr(s.remote_id, 1, 18)))).*
    from made, publish_steps s
  )
  insert into idempotency_keys select (jsonb_populate_record(k, jsonb_build_object('key', gen_random_uuid(),
    'post_id', made.post_id))).* from made, idempotency_keys k`;
