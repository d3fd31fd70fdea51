import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const WIDTH = 120;
/** Lines that cannot be broken well: test titles, texts sent as they are, patterns. */
const MOST_PER_THOUSAND = 5;

test("nearly no line of TypeScript is wider than the formatter would make it", () => {
  const files = globSync("**/*.{ts,tsx}", {
    cwd: ROOT,
    exclude: (file) => /(?:^|\/)(?:node_modules|\.[^/]+)$/.test(file),
  });
  const counts = files.map((file) => {
    const lines = readFileSync(join(ROOT, file), "utf8").split("\n");
    return { file, lines: lines.length, wide: lines.filter((line) => line.length > WIDTH).length };
  });
  const total = counts.reduce((sum, { lines }) => sum + lines, 0);
  const wide = counts.reduce((sum, each) => sum + each.wide, 0);
  assert.ok(total > 100_000, `only ${total} lines were found`);
  const worst = counts.toSorted((a, b) => b.wide - a.wide).slice(0, 10);
  assert.ok(
    wide * 1000 < MOST_PER_THOUSAND * total,
    `${wide} of ${total} lines are over ${WIDTH} wide:\n${worst.map(({ file, wide }) => `${wide} ${file}`).join("\n")}`,
  );
});
