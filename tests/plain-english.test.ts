import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import ts from "typescript";

const ROOT = join(import.meta.dirname, "..");

/** What users read: the texts in these sources, and these documents. */
const SOURCES = [
  "{contract,model,printing}/**/*.ts",
  "platforms/*.ts",
  "platforms/{validate,kit}/**/*.ts",
  "platforms/!(conformance)/*.ts",
  "{cli,client}/**/*.ts",
  "dashboard/**/*.{ts,tsx}",
  "server/!(db)/**/*.ts",
];
const DOCUMENTS = [
  "*.md",
  "docs/!(checklist|glossary).md",
  "docs/{guides,decisions}/*.md",
  "{client,sandbox,platforms,platforms/*,integrations/*}/README.md",
];

/** Words that sound translated, each with the usual one. */
const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\be-mail/i, "email"],
  [/\b(?:an?|the|this|new|by) letter\b|\bletters (?:are|lie|come|reach)\b/i, "email"],
  [/\banew\b|\bafresh\b/i, "again"],
  [/\bwhoever\b/i, "the person who, anyone who"],
  [/\bstops? to work\b/i, "stops working, expires"],
  [/\bwrongly called\b/i, "usage error"],
  [/\bg(?:o|oes) on\b/i, "continue"],
  [/\bha(?:s|ve) to (?:be|lie|have)\b/i, "must be, must have"],
  [/\bmay not be\b/i, "cannot be"],
  [/\b(?:is|are|be) told\b/i, "is shown, is notified"],
  [/\bof (?:its|your|their) own choice\b/i, "unique, of your choice"],
  [/\bsecond step\b/i, "two-factor authentication"],
  [/\bt(?:ake|akes|ook) in\b/i, "accept, process"],
  [/\b(?:is|are|was) away\b/i, "is down"],
  [/\ba fault (?:of|at|on)\b/i, "an error"],
  [/\b(?:became|come|came) of\b/i, "outcome, result"],
  [/\bput back\b/i, "restored"],
];

test("users read the words they know from other products", () => {
  const found = [
    ...filesOf(SOURCES).flatMap((file) => textsIn(file).map((text) => [file, text] as const)),
    ...filesOf(DOCUMENTS).flatMap((file) =>
      readFileSync(join(ROOT, file), "utf8")
        .split("\n")
        .map((line) => [file, line] as const),
    ),
  ].flatMap(([file, text]) =>
    BANNED.flatMap(([word, better]) => {
      const [match] = word.exec(text) ?? [];
      return match === undefined ? [] : [`${file}: "${match}" (${better}) in ${text.slice(0, 100)}`];
    }),
  );
  assert.deepEqual(found, []);
});

function filesOf(patterns: readonly string[]): string[] {
  return globSync(patterns, { cwd: ROOT }).filter((file) => !/\.(?:test|fixture)\.ts$/.test(file));
}

/** All texts in a source: strings and parts of templates, including markup, without comments. */
function textsIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text.replace(/\s+/g, " "));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}
