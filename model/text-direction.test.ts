import assert from "node:assert/strict";
import { test } from "node:test";

import { withoutTurns } from "./text-direction.ts";

test("text loses direction controls and keeps everything else, including right-to-left letters", () => {
  assert.equal(withoutTurns("pay \u202eecila\u202c \u2066שלום\u2069\n🚀"), "pay ecila שלום\n🚀");
});
