import assert from "node:assert/strict";
import { test } from "node:test";

import { withoutTurns } from "./text-direction.ts";

test("text loses what turns its direction and keeps all else, letters that are read from the right among it", () => {
  assert.equal(withoutTurns("pay \u202eecila\u202c \u2066שלום\u2069\n🚀"), "pay ecila שלום\n🚀");
});
