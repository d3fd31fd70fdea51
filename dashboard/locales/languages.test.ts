import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { readPo } from "../words/book.ts";

const PLACES = /\{\w+(?=[,}])|<\/?\d+\/?>/g;

test("every text of the dashboard is in every language, with everything that is filled in", async () => {
  const english = await readTexts("en.po");
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".po"));
  assert.ok(files.length > 1);
  for (const language of files) {
    const texts = await readTexts(language);
    assert.deepEqual(await readTwice(language), [], `${language}: more than once`);
    assert.deepEqual(
      [...texts.keys()].filter((text) => !english.has(text)),
      [],
      `${language}: no longer used`,
    );
    for (const text of english.keys()) {
      const translated = texts.get(text) ?? "";
      assert.notEqual(translated, "", `${language}: ${text}`);
      assert.deepEqual(placesOf(translated), placesOf(text), `${language}: ${text}`);
    }
  }
});

/** The English one is made when the dashboard is built. */
async function readTexts(name: string): Promise<Map<string, string>> {
  return readPo(await readFile(join(import.meta.dirname, name), "utf8"));
}

/** The texts that have more than one entry. */
async function readTwice(name: string): Promise<string[]> {
  const po = await readFile(join(import.meta.dirname, name), "utf8");
  const texts = [...po.matchAll(/^msgid (?:".*"\n)+/gm)].map(([text]) => text);
  return texts.filter((text, place) => texts.indexOf(text) !== place);
}

function placesOf(text: string): string[] {
  return [...new Set(text.match(PLACES))].sort();
}
