import assert from "node:assert/strict";
import { test } from "node:test";

import { cutText } from "./cut-text.ts";

test("a text is never cut inside a character, and the result can be stored", () => {
  const rocket = "\u{1f680}";
  assert.equal(cutText(rocket.repeat(3), 3), rocket);
  assert.equal(cutText(rocket.repeat(3), 4), rocket.repeat(2));
  assert.equal(cutText("short", 10), "short");
  assert.equal(cutText(rocket, 2), rocket);
  assert.equal(cutText(rocket, 1), "");
  assert.equal(cutText("a\0b\ud83dc", 10), "ab\ufffdc");
});
