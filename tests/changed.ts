import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

import { z } from "zod";

const ROOT = join(import.meta.dirname, "..");
const run = promisify(execFile);

/** A change to one of these can affect everything. */
const EVERYWHERE = /^(package(-lock)?\.json|tsconfig\.json|tests\/(run|run-files|changed)\.ts)$/;

const cruised = z.object({
  modules: z.array(z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) })),
});

/** The files that differ from a commit, including uncommitted and new ones. */
export async function changedSince(base: string): Promise<string[]> {
  const lists = await Promise.all([
    git("diff", "--name-only", "--merge-base", base),
    git("ls-files", "--others", "--exclude-standard"),
  ]);
  return lists.flat();
}

/**
 * The tests that these changes can affect: tests that import a changed file, or mention it or its folder in a string (a
 * spawned script, a migration, a page), directly or indirectly.
 */
export async function reachedBy(changed: readonly string[], tests: readonly string[]): Promise<string[]> {
  if (changed.some((file) => EVERYWHERE.test(file))) return [...tests];
  importers ??= readImporters();
  const importersOf = await importers;
  const reached = new Set(changed);
  for (const file of reached) for (const importer of importersOf.get(file) ?? []) reached.add(importer);
  return tests.filter((test) => reached.has(test));
}

async function git(...args: string[]): Promise<string[]> {
  const { stdout } = await run("git", args, { cwd: ROOT });
  return stdout.split("\n").filter((line) => line !== "");
}

let importers: Promise<Map<string, Set<string>>> | undefined;

/** For each file, the files that import or mention it. */
async function readImporters(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const add = (file: string, importer: string) => found.set(file, (found.get(file) ?? new Set()).add(importer));
  const { stdout } = await run(
    join(ROOT, "node_modules/.bin/depcruise"),
    ["--config", ".dependency-cruiser.js", "--output-type", "json", "."],
    { cwd: ROOT, maxBuffer: 256 * 1024 * 1024 },
  );
  const entries = new Map<string, string[]>();
  for (const file of await git("ls-files")) {
    for (let path = file; path !== "."; path = dirname(path)) {
      const under = entries.get(path);
      if (under === undefined) entries.set(path, [file]);
      else under.push(file);
    }
  }
  for (const { source, dependencies } of cruised.parse(JSON.parse(stdout)).modules) {
    for (const { resolved } of dependencies) add(resolved, source);
    if (!/\.[jt]s$/.test(source) || source.startsWith("node_modules")) continue;
    for (const [, named = ""] of (await readFile(join(ROOT, source), "utf8")).matchAll(/["'`/]([\w./-]+)["'`]/g)) {
      const beside = relative(ROOT, join(ROOT, dirname(source), named));
      for (const file of entries.get(beside) ?? entries.get(named) ?? []) if (file !== source) add(file, source);
    }
  }
  return found;
}
