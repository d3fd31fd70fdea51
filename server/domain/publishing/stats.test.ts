import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { publishingStats } from "../../../contract/operations/publishing-stats.ts";
import { newId } from "../../../model/ids.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { getPublishingStats } from "./stats.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

/** A post that was due and live at these times on some platforms. */
async function addLive(dueAt: string, liveAt: Record<string, string | null>): Promise<void> {
  const { userId, mode, platformSetId } = world.test;
  const id = newId();
  const { pool } = world.services;
  await pool.query(
    `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
     values ($1, $2, $3, $4, 'published', '{"text":"x","media":[],"linkUrl":null,"platformOverrides":{}}', $5)`,
    [id, userId, mode, platformSetId, Object.keys(liveAt)],
  );
  for (const [position, [platform, at]] of Object.entries(liveAt).entries())
    await pool.query(
      `insert into platform_posts (id, post_id, user_id, mode, platform, position, status, due_at, published_at)
       values ($1, $2, $3, $4, $5, $6, 'published', $7, $8)`,
      [newId(), id, userId, mode, platform, position, dueAt, at],
    );
}

test("what went live is counted by the days of a time zone, with how late it was, over a change of clocks", async () => {
  // In Berlin, the 29th has 23 hours: it begins at 23:00 UTC and ends at 22:00 UTC.
  await addLive("2026-03-28T22:59:00Z", { threads: "2026-03-28T22:59:30Z", facebook: null });
  await addLive("2026-03-28T23:00:00Z", { threads: "2026-03-28T23:00:01Z", facebook: "2026-03-28T23:00:10Z" });
  await addLive("2026-03-29T10:00:00Z", { threads: "2026-03-29T10:00:03Z" });
  await addLive("2026-03-29T21:59:00Z", { threads: "2026-03-29T21:59:08Z" });
  // Before its time, as a platform that publishes by itself can be, is not early.
  await addLive("2026-03-29T22:00:05Z", { threads: "2026-03-29T22:00:00Z" });
  await addLive("2026-03-27T10:00:00Z", { threads: "2026-03-27T10:00:00Z" });
  const { body } = await getPublishingStats(
    world.services,
    world.test,
    { days: 3, timeZone: "Europe/Berlin" },
    new Date("2026-03-30T08:00:00Z"),
  );
  const day = (date: string, platform: string, count: number, median: number, max: number) => ({
    date,
    platform,
    publishedCount: count,
    medianLatenessSeconds: median,
    maxLatenessSeconds: max,
  });
  assert.deepEqual(body.stats, {
    from: "2026-03-27T23:00:00.000Z",
    timeZone: "Europe/Berlin",
    days: [
      day("2026-03-28", "threads", 1, 30, 30),
      day("2026-03-29", "facebook", 1, 10, 10),
      day("2026-03-29", "threads", 3, 3, 8),
      day("2026-03-30", "threads", 1, 0, 0),
    ],
    isComplete: true,
  });
});

test("a caller sees only their own mode, and asks for at most 90 days of a real time zone", async () => {
  const ask = async (query: string) => await world.call(world.live, "GET", `/api/v1/publishing/stats${query}`);
  const { status, body } = await ask("");
  assert.equal(status, 200);
  const { stats } = publishingStats.answer.parse(body);
  assert.deepEqual([stats.days, stats.timeZone, stats.isComplete], [[], "UTC", true]);
  for (const query of ["?days=91", "?days=0", "?timeZone=%2B02:00", "?timeZone=Mars"])
    assert.equal((await ask(query)).status, 400, query);
});

test("the statistics read what went live by an index", async () => {
  const client = await world.services.pool.connect();
  try {
    await client.query("set enable_seqscan = off");
    const { rows } = await client.query(
      `explain select published_at, platform from platform_posts where user_id = 'a' and mode = 'test'
         and published_at >= now() order by published_at desc limit 10`,
    );
    const plan = rows.map((row: Record<string, unknown>) => row["QUERY PLAN"]).join("\n");
    assert.match(plan, /platform_posts_published/);
  } finally {
    client.release(true);
  }
});
