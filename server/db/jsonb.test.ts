import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { jsonb } from "./jsonb.ts";
import { statement } from "./sql.ts";

const HOSTILE = [
  { what: "half an emoji", value: { text: "\u{1f680}".slice(0, 1) + "…" }, kept: { text: "\ufffd…" } },
  { what: "the other half", value: ["\u{1f680}".slice(1)], kept: ["\ufffd"] },
  { what: "a NUL", value: { text: "a\0b" }, kept: { text: "ab" } },
  { what: "both in a name", value: { "k\0\ud83d": 1 }, kept: { "k\ufffd": 1 } },
  {
    what: "text that only looks like an escape",
    value: { text: "\\u0000 \\\\ud83d \\" },
    kept: { text: "\\u0000 \\\\ud83d \\" },
  },
  {
    what: "whole emoji, quotes and controls",
    value: { text: '\u{1f680}"\n\u0001é' },
    kept: { text: '\u{1f680}"\n\u0001é' },
  },
  { what: "nothing", value: null, kept: null },
];

test("any external data can be stored: PostgreSQL accepts it, complete except for characters it cannot store", async () => {
  const database = await createTestDatabase();
  const echo = statement<{ kept: unknown }>("test.echo_jsonb", "select $1::jsonb as kept");
  try {
    for (const { what, value, kept } of HOSTILE) {
      assert.deepEqual((await echo.one(database.pool, [jsonb(value)]))?.kept, kept, what);
      // An object that is handed to a statement as it is takes the same door.
      if (value !== null && !Array.isArray(value))
        assert.deepEqual((await echo.one(database.pool, [value]))?.kept, kept, what);
    }
  } finally {
    await database.drop();
  }
});

test("any external text can be stored, alone or in a list, except for characters PostgreSQL cannot store", async () => {
  const database = await createTestDatabase();
  const echo = statement<{ one: string; all: string[] }>("test.echo_text", "select $1::text as one, $2::text[] as all");
  try {
    for (const [sent, kept] of [
      ["Am\0post", "Ampost"],
      ["half \ud83d", "half \ufffd"],
      ["\udca9 half", "\ufffd half"],
      ["\u{1f680} \\u0000 é\n", "\u{1f680} \\u0000 é\n"],
    ] as const)
      assert.deepEqual(await echo.one(database.pool, [sent, [sent, "x"]]), { one: kept, all: [kept, "x"] });
  } finally {
    await database.drop();
  }
});
