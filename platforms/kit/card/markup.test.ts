import assert from "node:assert/strict";
import { test } from "node:test";

import { folded } from "./card.ts";
import { html, printHtml } from "./markup.ts";

test("text never becomes markup, as contents or as an attribute's value", () => {
  const hostile = `"><img src=x onerror=alert(1)><p class="`;
  assert.equal(
    printHtml(html`<p class="a ${hostile}">${hostile}</p>`),
    `<p class="a ${printHtml(hostile)}">${printHtml(hostile)}</p>`,
  );
  assert.doesNotMatch(printHtml(hostile), /[<>"]/);
});

test("elements are nested as they are written; null omits an attribute, and a line break separates nothing", () => {
  const items = ["a", "b"].map((item) => html`<li>${item}</li>`);
  const tree = html`<ul id="${null}" title="x${"y"}">
    ${items}
    <li><img src="${"s"}" alt="" /> c</li>
  </ul>`;
  assert.equal(printHtml(tree), `<ul title="xy"><li>a</li><li>b</li><li><img src="s" alt=""> c</li></ul>`);
});

test("a long text is folded between words, and never through a character", () => {
  const print = (text: string) => printHtml(folded(text, { characters: 12, more: "more" }));
  assert.equal(print("short enough"), "short enough");
  assert.match(print("one two three four"), /^one two<details .*<\/summary> three four<\/details>$/);
  assert.match(print("🙂".repeat(10)), /^(🙂){6}<details .*<\/summary>(🙂){4}<\/details>$/u);
  assert.match(print(`a${"🙂".repeat(10)}`), /^a(🙂){5}<details .*<\/summary>(🙂){5}<\/details>$/u);
});
