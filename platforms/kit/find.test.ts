import assert from "node:assert/strict";
import { test } from "node:test";

import { find, isMadeOf, replaceEvery } from "./find.ts";

test("words are found exactly like with indexOf", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const text = textOf(seed, 2000);
    for (const words of [
      text.slice(seed, seed * 2),
      text.slice(1200, 1200 + (seed % 12)),
      `${text.slice(900, 900 + (seed % 40))}b`,
      textOf(seed + 1, seed % 9),
      "",
    ]) {
      for (const from of [0, 1, 400, 1999, 2000, 2001])
        assert.equal(find(text, words, from), text.indexOf(words, from), `${seed} ${words}`);
    }
  }
});

test("words are replaced exactly like with replaceAll", () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const text = textOf(seed, 3000);
    for (const words of [text.slice(seed, seed + 20), text.slice(seed, seed + 3), "a".repeat(18), "never"]) {
      assert.equal(
        replaceEvery(text, words, "<$&>"),
        text.replaceAll(words, () => "<$&>"),
        `${seed} ${words}`,
      );
    }
  }
});

test("a text matches pieces exactly like a pattern with gaps between them", () => {
  for (const [text, pieces, expected] of [
    ["", [""], true],
    ["ab", ["ab"], true],
    ["ab", ["a", ""], true],
    ["ab", ["ab", ""], false],
    ["ab", ["", "ab"], false],
    ["abab", ["ab", "ab"], false],
    ["ab-ab", ["ab", "ab"], true],
    ["aXbYb", ["a", "b"], true],
    ["aXbY", ["a", "b"], false],
    ["aXbbYc", ["a", "b", "c"], true],
    ["aXbc", ["a", "b", "c"], false],
    ["xyz", ["", "", "", ""], true],
    ["xy", ["", "", "", ""], false],
  ] as const) {
    assert.equal(isMadeOf(text, pieces), expected, `${text} of ${pieces.join("|")}`);
  }
});

/** Of two letters only, so that nearly all of it repeats itself. */
function textOf(seed: number, length: number): string {
  let state = seed;
  return Array.from({ length }, () => ((state = (state * 48_271) % 2_147_483_647) % 7 === 0 ? "b" : "a")).join("");
}
