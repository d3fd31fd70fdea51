import { randomUUID } from "node:crypto";
import { glob, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";

import { startEmbedded } from "../server/db/embedded/embedded.ts";
import { changedSince, reachedBy } from "./changed.ts";
import { checks } from "./checks.ts";
import { createDatabaseFolder, TEST_SETTINGS } from "./database.ts";
import { ourDocument } from "./description.ts";
import { findLeftBehind } from "./left-behind.ts";
import { runBeside, runFile, sumOf } from "./run-files.ts";

/**
 * `npm test`: runs what `npm run check` does, then every `*.test.ts`, on its own PostgreSQL. Given paths, it runs only
 * the test files whose path begins with or contains one of them; with `--changed` or `--changed=<commit>`, only those
 * that changes since main or that commit can affect. The last line has the totals. The exit code is 1 if anything
 * failed or was left behind.
 */
const root = join(import.meta.dirname, "..");
process.chdir(root);

/** The tests of whole instances, the engine and the platforms' conformance. */
const LONGEST = /^tests\/|^server\/publishing\/|^platforms\/(\w+)\/(\1|\w+-login)\.test\.ts$/;

/** How many of the slowest are listed at the end. */
const SLOWEST = 10;

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

const dataDir = createDatabaseFolder();
const scratch = await mkdtemp(join(tmpdir(), "ampost-tests-"));
const run = randomUUID();
const silent = () => undefined;
const server = await startEmbedded({
  dataDir,
  log: { info: silent, warn: silent, error: silent },
  settings: TEST_SETTINGS,
});
const cleanUp = async () => {
  await server.stop();
  for (const folder of [dataDir, scratch]) await rm(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)));

const description = join(dataDir, "openapi.json");
await writeFile(description, JSON.stringify(ourDocument()));

// The developer's settings for their own server must not affect the tests.
for (const name of Object.keys(process.env))
  if (/^(AMPOST_(?!TEST_)|DATABASE_URL|PORT$|HOST$)/.test(name)) delete process.env[name];
Object.assign(process.env, {
  AMPOST_TEST_POSTGRES_URL: server.url,
  AMPOST_TEST_OPENAPI: description,
  AMPOST_TEST_RUN: run,
  TMPDIR: scratch,
  // Short tests spend most of their time compiling imports. An instance uses the same cache.
  NODE_COMPILE_CACHE: join(root, "node_modules/.cache/compile"),
});

const jobs = [...(wanted.length === 0 ? checks : []), ...files.map((file) => () => runFile(file))];
const outcomes = await runBeside(jobs, console.log);
const sum = sumOf(outcomes);
const left = await findLeftBehind({ folder: scratch, run });
if (left.length > 0) sum.failed += 1;
await cleanUp();

if (outcomes.length > SLOWEST) {
  const slowest = outcomes.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  console.log(["The slowest:", ...slowest.map(({ name, seconds }) => `${seconds.toFixed(1)} s  ${name}`)].join("\n  "));
}
// Where a log is cut, its end is kept.
const failures = [...outcomes.flatMap((each) => each.failures), ...left.map((each) => `left behind: ${each}`)];
if (failures.length > 0) console.log(["Failed:", ...failures].join("\n  "));
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed > 0 ? 1 : 0);

/** `--changed` alone compares with main. */
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
  const isWanted = (file: string) => parts.length === 0 || parts.some((part) => file.includes(part));
  return found.filter(isWanted).sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
}

/** The longest start first, so that the run does not end waiting for one of them. */
function rank(file: string): number {
  return LONGEST.test(file) ? 0 : 1;
}
