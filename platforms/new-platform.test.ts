import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { newPlatform, registerPlatform } from "./new-platform.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

test("a platform is a folder and three lines: an invented one passes types, lint, import rules and its own tests", async (t) => {
  const root = await copyOfTheCode(t);
  const files = await newPlatform("mastodon", root);
  const places = ["model/platform-names.ts", "platforms/definitions.ts", "platforms/registry.ts"];
  const linesOf = (path: string) => readFile(join(root, path), "utf8").then((text) => text.split("\n"));
  const before = await Promise.all(places.map(linesOf));
  assert.deepEqual(await registerPlatform("mastodon", root), places);
  for (const [index, place] of places.entries()) {
    const changed = (await linesOf(place)).filter((line) => before[index]?.includes(line) !== true);
    assert.equal(changed.length, 1, changed.join("\n"));
  }

  const inCopy = (name: string, ...args: string[]) =>
    run(process.execPath, [join(ROOT, "node_modules", name), ...args], { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const linted = [...files.filter((file) => file.endsWith(".ts")).map((file) => relative(root, file)), ...places];
  await inCopy("typescript/bin/tsc", "--noEmit", "--incremental", "false");
  await inCopy("eslint/bin/eslint.js", ...linted);
  await inCopy("oxlint/bin/oxlint", ...linted);
  await inCopy("dependency-cruiser/bin/dependency-cruiser.mjs", "--config", ".dependency-cruiser.js", ...linted);
  const ofTests = (...names: string[]) =>
    run(process.execPath, ["--test", "--test-reporter=tap", ...names], { cwd: root, env: bareEnvironment() });
  await ofTests("platforms/mastodon/broker.test.ts", "platforms/mastodon/errors.test.ts");
  // What is validated by what is declared passes; what asks the sandbox is red until somebody has written it.
  const { stdout } = await ofTests(
    ...["everything declared", "is rejected$", "every declared shape"].map((name) => `--test-name-pattern=${name}`),
    "platforms/mastodon/mastodon.test.ts",
  ).catch((error: { stdout: string }) => error);
  assert.match(stdout, /^ok \d+ - mastodon: everything declared is accepted$/m);
  assert.match(stdout, /^ok \d+ - .*: a text one character too long is rejected$/m);
  assert.match(stdout, /^not ok \d+ - mastodon: every declared shape publishes$/m);
});

test("all platforms have the files listed in the README, each missing only for its reason, and a new one has them all", async (t) => {
  const rows = [...(await readFile(join(ROOT, "platforms/README.md"), "utf8")).matchAll(ROW)];
  const named = rows.map(([, file = ""]) => file);
  const needed = rows.filter(([, , absent = ""]) => absent.trim() === "").map(([, file = ""]) => file);
  for (const name of PLATFORM_NAMES) {
    const files = await codeIn(join(ROOT, "platforms", name));
    assert.deepEqual(
      [files.filter((file) => !named.includes(file)), needed.filter((file) => !files.includes(file))],
      [[], []],
      name,
    );
  }
  const root = await mkdtemp(join(tmpdir(), "ampost-new-"));
  t.after(() => rm(root, { recursive: true }));
  await cp(join(ROOT, "platforms/threads/README.md"), join(root, "platforms/README.md"), { recursive: true });
  await newPlatform("mastodon", root);
  const written = await codeIn(join(root, "platforms/mastodon"));
  assert.deepEqual(written, named.filter((file) => !["deprecations.ts", "logo.ts"].includes(file)).sort());
});

test("a platform's logic is at most 600 lines, without comments and blank lines", async () => {
  for (const name of PLATFORM_NAMES) {
    const folder = join(ROOT, "platforms", name);
    const files = (await codeIn(folder)).filter((file) => DOING.test(file));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    const lines = texts.flatMap((text) => text.split("\n")).filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line));
    assert.ok(lines.length <= 600, `${name}: ${lines.length}`);
  }
});

const DOING = /^(broker|content|upload|status|reconcile|oauth)\.ts$/;

test("an existing folder is left alone, and a name must be valid", async () => {
  await assert.rejects(newPlatform("threads"), { code: "EEXIST" });
  for (const name of ["", "My Platform", "../x", "9gag", "X"])
    await assert.rejects(newPlatform(name), /is not a valid/);
});

/** A row of the README's table: the file, and where it is absent. */
const ROW = /^\| `([a-z]+\.ts)` \|[^|]*\|([^|]*)\|$/gm;

async function codeIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return files.filter((name) => name.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(name)).sort();
}

/** Everything that is ours, in a folder that goes with the test. */
async function copyOfTheCode(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "ampost-new-"));
  t.after(() => rm(root, { recursive: true }));
  for (const entry of await readdir(ROOT))
    if (!/^(\.git|\.data|node_modules)$/.test(entry))
      await cp(join(ROOT, entry), join(root, entry), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  return root;
}

/** Without what the runner tells its own children. What is compiled of a copy is of no use to anybody after it. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _ours, ...others } = process.env;
  return { ...others, NODE_DISABLE_COMPILE_CACHE: "1" };
}
