import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { glob, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";

import { startEmbedded } from "../server/db/embedded.ts";
import { TEST_SETTINGS } from "./database.ts";
import { findLeftBehind } from "./left-behind.ts";
import { runFiles } from "./run-files.ts";

/**
 * `npm test`: types, format, lint, import rules, generated files, then every `*.test.ts`, on one PostgreSQL of its own. With
 * paths it runs only the test files whose path begins with or contains one of them. The last line is the sum; the exit
 * code is 1 where anything failed or something was left behind.
 */
const root = join(import.meta.dirname, "..");
const bin = (name: string) => join(root, "node_modules/.bin", name);
const checks: { name: string; command: string; args: string[] }[] = [
  { name: "types", command: bin("tsc"), args: ["--noEmit"] },
  { name: "format", command: bin("oxfmt"), args: ["--check"] },
  { name: "lint", command: bin("eslint"), args: ["."] },
  { name: "import rules", command: bin("depcruise"), args: ["--config", ".dependency-cruiser.js", "."] },
  { name: "generated files", command: process.execPath, args: ["docs/generate.ts", "--check"] },
];

process.chdir(root);
const wanted = process.argv.slice(2);
const files = await findTests(wanted);
if (files.length === 0) {
  console.error(`No test file has ${wanted.join(" or ")} in its path.`);
  process.exit(1);
}

const folder = await mkdtemp(join(tmpdir(), "ampost-tests-"));
const run = randomUUID();
const silent = () => undefined;
const server = await startEmbedded({
  dataDir: folder,
  log: { info: silent, warn: silent, error: silent },
  settings: TEST_SETTINGS,
});
const cleanUp = async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

// What the caller has set for a server of theirs is not for the tests.
for (const name of Object.keys(process.env))
  if (/^(AMPOST_|DATABASE_URL|PORT$|HOST$)/.test(name)) delete process.env[name];
const scratch = await mkdtemp(join(folder, "t-"));
Object.assign(process.env, { AMPOST_TEST_POSTGRES_URL: server.url, AMPOST_TEST_RUN: run, TMPDIR: scratch });

const sum = { passed: 0, failed: 0 };
if (wanted.length === 0) for (const check of checks) count(await runCheck(check));
const counted = await runFiles(files, { atOnce: availableParallelism(), say: console.log });
sum.passed += counted.passed;
sum.failed += counted.failed;
const left = await findLeftBehind({ folder: scratch, run });
for (const each of left) console.log(`FAILED  left behind: ${each}`);
if (left.length > 0) sum.failed += 1;
await cleanUp();

console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed > 0 ? 1 : 0);

function count(passed: boolean): void {
  if (passed) sum.passed += 1;
  else sum.failed += 1;
}

/** What it says is shown only where it fails. */
function runCheck({ name, command, args }: (typeof checks)[number]): Promise<boolean> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject).once("close", (code) => {
      console.log(
        `${code === 0 ? "ok    " : "FAILED"}  ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`,
      );
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

async function findTests(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob("**/*.test.ts", {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|\.data)$/.test(path),
  }))
    found.push(file);
  const parts = paths.map((path) => relative(root, join(root, path)).replace(/^(\.\.\/)+/, ""));
  return found.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part))).sort();
}
