import { randomUUID } from "node:crypto";
import { glob, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";

import { startEmbedded } from "../server/db/embedded/embedded.ts";
import { changedSince, reachedBy } from "./changed.ts";
import { runChecks } from "./checks.ts";
import { TEST_SETTINGS } from "./database.ts";
import { findLeftBehind } from "./left-behind.ts";
import { runFiles, type Sum } from "./run-files.ts";

/**
 * `npm test`: what `npm run check` does, then every `*.test.ts`, on one PostgreSQL of its own. With paths it runs only
 * the test files whose path begins with or contains one of them, with `--changed` or `--changed=<commit>` those that
 * can notice what differs from main or that commit. The last line is the sum; the exit code is 1 where anything failed
 * or something was left behind.
 */
const root = join(import.meta.dirname, "..");
process.chdir(root);
const { values, positionals: wanted } = parseArgs({
  args: bases(process.argv.slice(2)),
  options: { changed: { type: "string" } },
  allowPositionals: true,
});
const named = await findTests(wanted);
if (named.length === 0) {
  console.error(`No test file has ${wanted.join(" or ")} in its path.`);
  process.exit(1);
}
const files = values.changed === undefined ? named : await reachedBy(await changedSince(values.changed), named);

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

const sum: Sum = { passed: 0, failed: 0 };
if (wanted.length === 0) add(await runChecks());
add(await runFiles(files, { atOnce: availableParallelism(), say: console.log }));
const left = await findLeftBehind({ folder: scratch, run });
for (const each of left) console.log(`FAILED  left behind: ${each}`);
if (left.length > 0) sum.failed += 1;
await cleanUp();

console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed > 0 ? 1 : 0);

function add({ passed, failed }: Sum): void {
  sum.passed += passed;
  sum.failed += failed;
}

/** `--changed` alone is against main. */
function bases(args: readonly string[]): string[] {
  return args.map((arg) => (arg === "--changed" ? "--changed=main" : arg));
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
