import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { GROWTH } from "./growth.ts";
import { statements } from "./sql.ts";

test("every table has something that limits its growth", async () => {
  for (const file of await readdir(import.meta.dirname, { recursive: true }))
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) await import(`./${file}`);
  const database = await createTestDatabase();
  try {
    const tables = await database.pool.query<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    );
    assert.deepEqual(
      tables.rows.map(({ name }) => name).sort(),
      Object.keys(GROWTH).sort(),
      "name in growth.ts what bounds a new table",
    );
    const cascades = await database.pool.query<{ pair: string }>(
      `select conrelid::regclass || ' with ' || confrelid::regclass as pair from pg_constraint
       where contype = 'f' and confdeltype = 'c'`,
    );
    const taken = new Set(cascades.rows.map(({ pair }) => pair));
    for (const [table, { swept, with: parent, limits, bounds, because }] of Object.entries(GROWTH)) {
      assert.ok(swept ?? parent ?? limits ?? bounds ?? because, table);
      if (parent !== undefined) assert.ok(taken.has(`${table} with ${parent}`), `${table} does not go with ${parent}`);
      if (swept !== undefined)
        assert.match(statements.get(swept)?.text ?? "", new RegExp(`delete from ${table}\\b`), `${table}: ${swept}`);
    }
  } finally {
    await database.drop();
  }
});
