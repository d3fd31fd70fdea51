import assert from "node:assert/strict";
import { test } from "node:test";

import { renderLittleText } from "./little-text.ts";

test("the page's vectors are read back as intended", () => {
  const vectors: Record<string, string> = {
    "Hello world, 30% off!": "Hello world, 30% off!",
    "Save \\(today\\)": "Save (today)",
    "a\\_b\\*c\\~d": "a_b*c~d",
    "mail me\\@example.com": "mail me@example.com",
    "#launch day": "#launch day",
    "#AI\\_tools rock": "#AI_tools rock",
    "C\\# and F\\#": "C# and F#",
    "path\\\\to": "path\\to",
    "\\[x\\] \\{y\\} \\<z\\> \\| w": "[x] {y} <z> | w",
    "https://ex.com/a\\_b\\(c\\)": "https://ex.com/a_b(c)",
  };
  for (const [commentary, shown] of Object.entries(vectors)) assert.equal(renderLittleText(commentary), shown);
});

test("hashtags and mentions are shown without their markup", () => {
  assert.equal(renderLittleText("{hashtag|\\#|launch} now"), "#launch now");
  assert.equal(
    renderLittleText("by @[Jo \\(J.\\) Doe](urn:li:person:abc), @[ACME](urn:li:organization:2414183)"),
    "by Jo (J.) Doe, ACME",
  );
  assert.equal(renderLittleText("#Überraschung\nund mehr"), "#Überraschung\nund mehr");
});

test("the text is cut at the first reserved character that is neither escaped nor markup", () => {
  const cuts: Record<string, string> = {
    "Shipping today (really)": "Shipping today ",
    a_b: "a",
    "me@example.com": "me",
    "50 < 60": "50 ",
    "#1 of all": "",
    "C# and more": "C",
    "#AI_tools rock": "#AI",
    "a \\b": "a ",
    "ends with \\": "ends with ",
    "@[Jo](urn:li:share:1) x": "",
    "{hashtag|x}": "",
    "a|b": "a",
  };
  for (const [commentary, shown] of Object.entries(cuts)) assert.equal(renderLittleText(commentary), shown, commentary);
});
