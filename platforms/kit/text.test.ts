import assert from "node:assert/strict";
import { test } from "node:test";

import type { Counting } from "../../model/capabilities.ts";
import { countText, countWithin } from "./text.ts";

/** Computed with twitter-text 3.1.0. */
const WEIGHTED: [text: string, length: number][] = [
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
];

const OTHERS: [counting: Counting, text: string, length: number][] = [
  ["threads", "a".repeat(500), 500],
  ["threads", "👍", 4],
  ["threads", "❤️", 6],
  ["threads", "🇩🇪", 8],
  ["threads", "👨‍👩‍👧", 18],
  ["threads", `${"a".repeat(496)}👍`, 500],
  ["threads", `${"a".repeat(497)}👍`, 501],
  ["threads", "日本語", 3],
  ["threads", "e\u0301", 2],
  ["threads", "a\nb", 3],
  ["threads", "https://example.com/a", 21],
  ["utf16", "a👍", 3],
  ["codePoints", "a👍e\u0301", 4],
  ["graphemes", "👨‍👩‍👧e\u0301🇩🇪", 3],
  ["bytes", "aé日👍", 10],
];

for (const [text, length] of WEIGHTED) {
  test(`X counts ${JSON.stringify(text.slice(0, 40))} of ${text.length} units as ${length}`, () => {
    assert.equal(countText(text, "weighted"), length);
  });
}

for (const [counting, text, length] of OTHERS) {
  test(`${counting}: ${JSON.stringify(text.slice(-20))} of ${text.length} units counts ${length}`, () => {
    assert.equal(countText(text, counting), length);
  });
}

test("a text far beyond a limit is not counted, but one with long URLs is", () => {
  const limit = { counting: "weighted", max: 280 } as const;
  assert.equal(countWithin("\u{1f468}\u200d".repeat(2_000), limit), null);
  assert.equal(countWithin("a".repeat(6_000), { counting: "utf16", max: 280 }), null);
  assert.equal(countWithin("a".repeat(5_600), { counting: "utf16", max: 280 }), 5_600);
  const addresses = Array.from({ length: 3 }, (_, number) => `https://example.com/${number}${"x".repeat(2_500)}`);
  assert.equal(countWithin(addresses.join(" "), limit), 3 * 23 + 2);
  assert.equal(countWithin("a.co ".repeat(200), limit), 200 * 24);
  assert.equal(countWithin("a.co ".repeat(300), limit), null);
});

test("X's emoji are those that Unicode lists, whatever is around their parts", () => {
  const parts = [
    ..."😀👨👩👧❤💋🧑🤝🏻🏽🇩🇪🇦1#*a日🐻❄🏴☠♂⚕🌈🏳⚧😮💨\u200d\u200d\ufe0f\ufe0e\u20e3\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e007f}\u{1f3f4}",
  ];
  const joined = parts.flatMap((one) => parts.flatMap((two) => [`${one}${two}`, `${one}\u200d${two}`]));
  const texts = joined.flatMap((piece, index) => [
    piece,
    `${piece}${joined[(index * 7919) % joined.length]}`,
    `${piece}\u200d${joined[(index * 104_729) % joined.length]}${piece}`,
  ]);
  for (const text of texts) {
    const listed = text.replace(/\p{RGI_Emoji}/gv, "日");
    assert.equal(countText(text, "weighted"), countText(listed, "weighted"), JSON.stringify(text));
  }
});
