import assert from "node:assert/strict";
import { glob, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFile(join(root, file), "utf8");

test("every guarantee in SECURITY.md links to existing tests, every attack test is listed, and every setting exists", async () => {
  const page = await read("SECURITY.md");
  const links = [...page.matchAll(/\]\((?!https:)([^)#]+)\)/g)].map(([, path = ""]) => path);
  for (const path of links) assert.ok(await stat(join(root, path)).catch(() => null), `${path} exists`);
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && !/^\| (---|Threat|Resource)/.test(line));
  assert.ok(rows.length > 25, String(rows.length));
  for (const row of rows) assert.match(row, /\.test\.ts\)/, "each row names a test");
  for await (const file of glob("tests/attacks/*.test.ts", { cwd: root })) {
    if (!file.endsWith("security-page.test.ts")) assert.ok(links.includes(file), `${file} is named in SECURITY.md`);
  }
  const environment = await read(".env.example");
  for (const [setting] of page.matchAll(/AMPOST_[A-Z_]+/g))
    assert.ok(environment.includes(setting), `${setting} is a setting`);
  for (const file of ["README.md", "CONTRIBUTING.md"])
    assert.ok((await read(file)).includes("(SECURITY.md)"), `${file} links it`);
});
