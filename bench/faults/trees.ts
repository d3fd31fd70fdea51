import { execFile } from "node:child_process";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { readMigrations } from "../../server/db/migration-files.ts";

const ROOT = join(import.meta.dirname, "../..");
const MIGRATIONS = "server/db/migrations";

/** A copy of this version in a folder. */
export async function copyThisVersion(folder: string): Promise<string> {
  await cp(ROOT, folder, {
    recursive: true,
    filter: (source) => !/\/(node_modules|\.git|\.data)$/.test(source),
  });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/**
 * The version before this one: the newest release that git knows, or the commit that AMPOST_TEST_OLDER names, copied
 * into a folder. This version itself if there is neither.
 */
export async function olderVersion(folder: string): Promise<{ tree: string; name: string }> {
  const named = process.env.AMPOST_TEST_OLDER ?? (await git("describe", "--tags", "--abbrev=0", "--match=v*"));
  if (named === null || named === "") return { tree: ROOT, name: "this version" };
  await mkdir(folder);
  await promisify(execFile)("sh", ["-c", 'git archive "$1" | tar -x -C "$2"', "sh", named, folder], { cwd: ROOT });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return { tree: folder, name: named };
}

/** The number of the tree's last migration. */
export async function endOf(tree: string): Promise<number> {
  return (await readMigrations(join(tree, MIGRATIONS))).at(-1)?.version ?? 0;
}

export async function addMigration(tree: string, name: string, sql: string): Promise<void> {
  await writeFile(join(tree, MIGRATIONS, `${name}.sql`), sql);
}

async function git(...args: string[]): Promise<string | null> {
  return await promisify(execFile)("git", args, { cwd: ROOT }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}
