import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import ts from "typescript";

import { assertLinear } from "./work.ts";

const root = join(import.meta.dirname, "..");
const FOLDERS = ["model", "platforms", "contract", "server", "sandbox", "cli", "client"];
/** These read Ampost's own pages, never input. */
const OWN_TEXT = ["server/http/docs/", "platforms/conformance/"];
const UNITS = 262_144;

/**
 * Each pattern is tried on repetitions of what it matches, with an end that does not match, which makes engines try
 * every way.
 */
test("no pattern in the source takes more than linear time", async () => {
  let tried = 0;
  for await (const file of glob(`{${FOLDERS.join(",")}}/**/*.ts`, { cwd: root })) {
    if (
      file.endsWith(".test.ts") ||
      OWN_TEXT.some((folder) => file.startsWith(folder)) ||
      file.includes("node_modules")
    )
      continue;
    for (const written of patternsIn(await readFile(join(root, file), "utf8"))) {
      const end = written.lastIndexOf("/");
      const pattern = new RegExp(written.slice(1, end), written.slice(end + 1).replace("y", ""));
      for (const { before, pump } of pumpsOf(written.slice(1, end))) {
        const text = `${before}${pump.repeat(Math.ceil(UNITS / pump.length))}\u0001`;
        assertLinear(`${file}: ${written} on ${JSON.stringify(pump)}`, text.length, () => text.replace(pattern, ""));
      }
      tried += 1;
    }
  }
  assert.ok(tried > 300, `only ${tried} patterns were found`);
});

function patternsIn(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true));
  return found;
}

/** A pattern's words and single characters and some pairs, alone and after its first word. */
function pumpsOf(pattern: string): { before: string; pump: string }[] {
  const plain = pattern
    .replaceAll(/\\s/g, "\t")
    .replaceAll(/\\[dD]/g, "1")
    .replaceAll(/\\[wW]|\\p\{[^}]*\}/g, "a")
    .replaceAll(/\\0/g, "\0")
    .replaceAll(/\\b/g, "")
    .replaceAll(/\(\?(?:<?[=!]|:|<\w+>)/g, "(")
    .replaceAll(/\\(.)/g, "$1");
  const words = plain
    .split(/[|()[\]{}*+?^$.]+/)
    .filter(Boolean)
    .slice(0, 12);
  const characters = [...new Set(plain)].filter((each) => !/[A-Za-z0-9]/.test(each)).slice(0, 12);
  const pairs = words.flatMap((word, index) => [word + (words[index + 1] ?? ""), `${words[index + 1] ?? ""} ${word}`]);
  const single = new Set([...characters, "a", "1", " ", "\t", "\n"]);
  const alone = [...new Set([...words, ...words.map((word) => `${word} `), ...pairs, ...single])].map((pump) => ({
    before: "\u0001",
    pump,
  }));
  return [...alone, ...[...single].map((pump) => ({ before: words[0] ?? "", pump }))];
}
