import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { analyzeGrown } from "./analyze.ts";

test("a plan that was made while a table was small is made anew once it has grown", async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    await client.query("create table grown (id int, note text)");
    await client.query("create index grown_id on grown (id)");
    await client.query("insert into grown values (1, 'one')");
    await client.query("analyze");
    await client.query("set plan_cache_mode = force_generic_plan");
    await client.query("prepare find (int[]) as select note from grown where id = any ($1)");
    const plan = async () => {
      const { rows } = await client.query<{ "QUERY PLAN": string }>("explain execute find ('{1}')");
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    assert.match(await plan(), /Seq Scan/);
    await client.query("insert into grown select n, repeat('x', 100) from generate_series(1, 20000) as n");
    assert.match(await plan(), /Seq Scan/);
    assert.deepEqual(await analyzeGrown(database.pool), ["grown"]);
    assert.match(await plan(), /grown_id/);
    assert.deepEqual(await analyzeGrown(database.pool), []);
  } finally {
    client.release(true);
    await database.drop();
  }
});
