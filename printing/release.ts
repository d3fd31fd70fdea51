import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { surface } from "./surface.ts";

/**
 * `npm run release -- VERSION`: gives everything this version, and the changelog its section. `--check` fails unless
 * that has been done, `--notes` prints the section.
 */
const ROOT = join(import.meta.dirname, "..");
const VERSIONED = [
  "package.json",
  "package-lock.json",
  "client/package.json",
  "integrations/n8n/package.json",
  "server.json",
];

const { values, positionals } = parseArgs({
  options: { check: { type: "boolean" }, notes: { type: "boolean" } },
  allowPositionals: true,
});
const [version = ""] = positionals;
if (!/^\d+\.\d+\.\d+$/.test(version)) fail("Name a version, such as 0.2.0.");
const read = async (path: string) => await readFile(join(ROOT, path), "utf8");
const changelog = await read("CHANGELOG.md");
const current: string = JSON.parse(await read("package.json")).version;

if (values.notes) console.log(sectionOf(version));
else if (values.check) {
  if (current !== version) fail(`package.json has the version ${current}.`);
  if (sectionOf(version) === "") fail(`CHANGELOG.md does not describe ${version}.`);
  if (sectionOf("Unreleased") !== "") fail("CHANGELOG.md has changes that are not released.");
} else {
  if (sectionOf("Unreleased") === "") fail("CHANGELOG.md has nothing to release.");
  for (const path of VERSIONED) {
    const text = await read(path);
    // The first ones are of the package itself, in the lock file two.
    const [before, after] = [`"version": "${current}"`, `"version": "${version}"`];
    const once = text.replace(before, after);
    await writeFile(join(ROOT, path), path === "package-lock.json" ? once.replace(before, after) : once);
  }
  const date = new Date().toISOString().slice(0, 10);
  await writeFile(
    join(ROOT, "CHANGELOG.md"),
    changelog.replace("## [Unreleased]\n", `## [Unreleased]\n\n## [${version}] - ${date}\n`),
  );
  await writeFile(join(ROOT, "contract/released.txt"), `${surface().join("\n")}\n`);
  console.log(`Now run "npm run generate" and "npm test", commit, and tag the commit v${version}.`);
}

function sectionOf(name: string): string {
  const [, section = ""] = changelog.split(`\n## [${name}]`);
  return (section.split(/\n## \[/)[0] ?? "").replace(/^.*\n/, "").trim();
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
