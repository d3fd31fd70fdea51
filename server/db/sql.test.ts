import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { statements, transaction } from "./sql.ts";

test("PostgreSQL accepts every declared statement on the migrated schema", async () => {
  for (const file of await readdir(import.meta.dirname)) {
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) await import(`./${file}`);
  }
  assert.ok(statements.size > 40, `${statements.size} statements were found`);
  const database = await createTestDatabase();
  try {
    const refused: string[] = [];
    for (const { name, text } of statements.values()) {
      await database.pool
        .query(`prepare "${name}" as ${text}`)
        .catch((error: Error) => refused.push(`${name}: ${error.message}`));
    }
    assert.deepEqual(refused, []);
  } finally {
    await database.drop();
  }
});

test("a transaction is committed when its work is done and rolled back when it fails", async () => {
  const database = await createTestDatabase();
  try {
    await database.pool.query("create table things (name text)");
    await transaction(database.pool, (tx) => tx.query("insert into things values ('kept')"));
    await assert.rejects(
      transaction(database.pool, async (tx) => {
        await tx.query("insert into things values ('lost')");
        throw new Error("no");
      }),
      /^Error: no$/,
    );
    assert.deepEqual((await database.pool.query("select name from things")).rows, [{ name: "kept" }]);
  } finally {
    await database.drop();
  }
});
