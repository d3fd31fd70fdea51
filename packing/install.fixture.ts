import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

import { filesOf } from "./packages.ts";
import { toTarball } from "./tarball.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");

/** An empty folder with a package of ours installed in it, without a registry. */
export interface InstalledPackage {
  folder: string;
  /** The package itself. */
  path: string;
  manifest: { name: string; version: string; dependencies?: Record<string, string>; [member: string]: unknown };
}

/**
 * Installs a package from its archive. Of other packages it finds only the dependencies that it declares. Removed when
 * the test ends.
 */
export async function installPackage(test: TestContext, name: string): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-package-"));
  test.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const path = join(folder, "node_modules", name);
  await mkdir(path, { recursive: true });
  const archive = join(folder, "package.tgz");
  await writeFile(archive, toTarball(await filesOf(name)));
  await run("tar", ["xzf", archive, "-C", path, "--strip-components=1"]);
  const manifest: InstalledPackage["manifest"] = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
  const bundled: string[] = Object(manifest).bundleDependencies ?? [];
  const declared = Object.keys({ ...manifest.dependencies, ...Object(manifest.optionalDependencies) });
  for (const dependency of declared.filter((each) => !bundled.includes(each))) {
    const place = join(folder, "node_modules", dependency);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, "node_modules", dependency), place);
  }
  return { folder, path, manifest };
}

/** Checks programs against the types of the packages in their folder, strictly. */
export async function checkTypes(folder: string, files: readonly string[], settings: readonly string[]): Promise<void> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "--noEmit", "--strict", "--target", "es2022", ...settings, ...files], {
    cwd: folder,
  }).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
}
