import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { escapeLittleText } from "./content.ts";

/** Source: LinkedIn docs, little-text-format, 2026-05, and the rules drawn from it. */
const VECTORS: [text: string, written: string][] = [
  ["Hello world, 30% off!", "Hello world, 30% off!"],
  ["Save (today)", String.raw`Save \(today\)`],
  ["a_b*c~d", String.raw`a\_b\*c\~d`],
  ["mail me@example.com", String.raw`mail me\@example.com`],
  ["#launch day", "#launch day"],
  ["#AI_tools rock", String.raw`#AI\_tools rock`],
  ["C# and F#", String.raw`C\# and F\#`],
  ["path\\to", String.raw`path\\to`],
  ["[x] {y} <z> | w", String.raw`\[x\] \{y\} \<z\> \| w`],
  ["https://ex.com/a_b(c)", String.raw`https://ex.com/a\_b\(c\)`],
  ["Shipping today (really) #launch", String.raw`Shipping today \(really\) #launch`],
  ['(#launch) "#now" #1 #2day ##x', String.raw`\(#launch\) "#now" \#1 #2day \#\#x`],
  ["one\r\ntwo\rthree #four\n#five", "one\ntwo\nthree #four\n#five"],
  [
    "Thanks @[Jane Doe](urn:li:person:abc-1) and @[Acme, Inc.](urn:li:organization:2414183)!",
    "Thanks @[Jane Doe](urn:li:person:abc-1) and @[Acme, Inc.](urn:li:organization:2414183)!",
  ],
  [
    "@[Jane](https://example.com) @[](urn:li:person:a) @[a_b](urn:li:person:a)",
    String.raw`\@\[Jane\]\(https://example.com\) \@\[\]\(urn:li:person:a\) \@\[a\_b\]\(urn:li:person:a\)`,
  ],
  ["#日本語 и #Привет_мир", String.raw`#日本語 и #Привет\_мир`],
  ["https://example.com/#anchor", String.raw`https://example.com/\#anchor`],
];

for (const [text, written] of VECTORS) {
  test(`${JSON.stringify(text)} is written as ${JSON.stringify(written)}`, () =>
    assert.equal(escapeLittleText(text), written));
}

test("without the backslashes every text is what it was, and nothing reserved stands bare but hashtags and mentions", () => {
  const piece = fc.constantFrom(..."|{}@[]()<>#\\*_~ aB1é日\n", "#tag", "@[Jane](urn:li:person:a)", "👋");
  fc.assert(
    fc.property(
      fc.array(piece).map((parts) => parts.join("")),
      (text) => {
        const written = escapeLittleText(text);
        assert.equal(written.replace(/\\(.)/gs, "$1"), text);
        const bare = written.replace(/\\./gs, "").replace(/@\[Jane\]\(urn:li:person:a\)/g, "");
        assert.doesNotMatch(bare, /[|{}@[\]()<>*~]/);
      },
    ),
  );
});
