import assert from "node:assert/strict";
import { test } from "node:test";

import { printHtml } from "../kit/card/markup.ts";
import { resolveContent } from "../validate/validate.ts";
import { preview } from "./preview.ts";

test("only a text that is longer than everyone may write is folded, however long its links and emoji are", () => {
  const draw = (text: string) => {
    const content = resolveContent("twitter", { text, media: [], linkUrl: null, platformOverrides: {} });
    const posts = preview.postsOf(content, { username: "ada", name: "Ada", url: "" });
    return printHtml(
      preview.card.draw(posts, { href: () => null, picture: (url) => url, now: 0, label: "X (Twitter)", focus: null }),
    );
  };
  for (const text of ["a".repeat(280), `https://example.com/${"a".repeat(400)}`, "👨‍👩‍👧".repeat(140)])
    assert.doesNotMatch(draw(text), /Show more/);
  assert.match(draw("word ".repeat(57)), /<summary>… <span>Show more<\/span><\/summary>/);
});
