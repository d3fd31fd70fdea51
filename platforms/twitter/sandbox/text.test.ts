import assert from "node:assert/strict";
import { test } from "node:test";

import { cashtagsIn, linksIn, mentionsIn, weightOf } from "./text.ts";

/** The length vectors from the platform's page, computed with X's own library. */
const VECTORS: [string, number][] = [
  ["", 0],
  ["a".repeat(280), 280],
  ["a".repeat(281), 281],
  ["日".repeat(140), 280],
  ["日".repeat(141), 282],
  ["😀".repeat(140), 280],
  ["😀".repeat(141), 282],
  ["Hello, world! 👋", 16],
  ["https://example.com/very/long/path/that/goes/on?x=1", 23],
  ["Read https://example.com/a now", 32],
  ["Visit example.com today", 35],
  ["https://example.com.", 24],
  ["(https://example.com)", 25],
  ["https://a.com https://b.com", 47],
  ["mail me@example.com", 19],
  ["node.js", 7],
  ["README.md", 23],
  ["http://localhost:3000", 21],
  ["👨‍👩‍👧‍👦", 2],
  ["🙋🏽", 2],
  ["🇩🇪", 2],
  ["1️⃣", 2],
  ["❤️", 2],
  ["™", 2],
  ["cafe\u0301", 4],
  ["—", 1],
  ["…", 2],
  ["•", 2],
  ["€", 2],
  ["→", 2],
  ["a\r\nb", 4],
  [`${"a".repeat(256)} https://t.co/abc`, 280],
  [`${"a".repeat(257)} https://t.co/abc`, 281],
  ["a\uFEFFb", 4],
  ["日.foo.io", 26],
  ["日-foo.io", 25],
  ["日日-foo.io", 27],
  ["é.t.co/abc/x", 23],
  ["ж.рфfoo.io日foo.io", 52],
  ["foo.io/日foo.io", 48],
  ["日本example.com/a?b=1", 27],
  ["日本.com", 8],
  ["my_site.example.com", 26],
  ["foo.example_bar.com", 19],
];

test("text lengths match X's own library", () => {
  for (const [text, weight] of VECTORS) assert.equal(weightOf(text), weight, JSON.stringify(text.slice(0, 60)));
});

test("links are found with and without a scheme, without trailing punctuation", () => {
  const found = (text: string) => linksIn(text).map((link) => link.written);
  assert.deepEqual(found("see https://example.com/a_(b), example.org/x?y=1. and ftp://c.com"), [
    "https://example.com/a_(b)",
    "example.org/x?y=1",
  ]);
  assert.deepEqual(found("@example.com #example.com $example.com 1.2.3.4 http://example a@b.com"), []);
  assert.deepEqual(found("https://münchen.de/straße https://例え.jp"), [
    "https://münchen.de/straße",
    "https://例え.jp",
  ]);
});

test("cashtags and mentions are distinguished from lookalikes", () => {
  assert.deepEqual(cashtagsIn("$AAPL and $brk.b, not $5 or a$b"), ["AAPL", "brk.b"]);
  assert.deepEqual(mentionsIn("@one (@two) me@three.com @_four_!"), ["one", "two", "_four_"]);
});
