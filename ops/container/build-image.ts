import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { z } from "zod";

import { debianComponents, noticesOf } from "./third-party.ts";

/**
 * `npm run image`: builds the container image of the files in Git, for this machine's architecture, into
 * `dist/ampost-VERSION-ARCH.tar` (an OCI archive). With `--prepare`, it only writes what the Containerfile copies, to
 * `dist/image`. It needs Debian's mmdebstrap and, to build, buildah and netavark.
 */
const ROOT = join(import.meta.dirname, "../..");
const CONTEXT = join(ROOT, "dist/image");
const APP = join(CONTEXT, "app");

/** What runs, and the documentation that an instance serves. */
const PARTS = [
  "cli",
  "client",
  "contract",
  "dashboard",
  "docs/guides",
  "integrations",
  "model",
  "packing",
  "platforms",
  "printing",
  "sandbox",
  "server",
  "tsconfig.json",
  "CHANGELOG.md",
  "LICENSE",
  "package.json",
  "package-lock.json",
];
const ONLY_FOR_DEVELOPMENT = /\.(test|fixture)\.ts$|^platforms\/(conformance\/|new-platform)/;

/** Files of packages that nothing needs at run time: types, source maps, sources and static libraries. */
const ONLY_FOR_COMPILING = /\.([cm]?ts|map|h|hpp|c|cc|cpp|gyp|gypi|a|pc)$/;

const manifest = z.looseObject({ version: z.string(), devDependencies: z.unknown() });

const { values } = parseArgs({ options: { prepare: { type: "boolean", default: false } } });
process.chdir(ROOT);
process.umask(0o022);
const { version } = manifest.parse(JSON.parse(await readFile("package.json", "utf8")));
const revision = run("git", "rev-parse", "HEAD").trim();
const committedAt = run("git", "log", "-1", "--format=%ct").trim();

await rm(CONTEXT, { recursive: true, force: true });
await mkdir(join(CONTEXT, "data"), { recursive: true });
makeBase();
await copyApp();
await describeContents();
await trimPackages();
if (!values.prepare) await build();

/** Debian without apt, documentation and translations. Files have the time of the commit, so that builds agree. */
function makeBase(): void {
  const left = ["doc", "info", "locale", "man", "lintian", "bug"].map((name) => `path-exclude=/usr/share/${name}/*`);
  const finish = [
    'echo "ampost:x:10001:10001:Ampost:/data:/usr/sbin/nologin" >> "$1/etc/passwd"',
    'echo "ampost:x:10001:" >> "$1/etc/group"',
    'ln -s /app/cli/ampost.js "$1/usr/local/bin/ampost"',
    `ln -s /app/node_modules/${nodePackage()}/bin/node "$1/usr/local/bin/node"`,
    // The names of the machine that builds, where engines put their own.
    'for name in hostname hosts resolv.conf; do : > "$1/etc/$name"; done',
    // Nobody in a container needs more rights than they have.
    'find "$1" -xdev -type f -perm /6000 -exec chmod a-s {} +',
  ];
  process.env.SOURCE_DATE_EPOCH = committedAt;
  run(
    "mmdebstrap",
    "--quiet",
    "--variant=essential",
    "--include=libstdc++6",
    ...[...left, "path-include=/usr/share/doc/*/copyright"].map((option) => `--dpkgopt=${option}`),
    `--customize-hook=${finish.join("; ")}`,
    "trixie",
    join(CONTEXT, "base.tar"),
  );
  delete process.env.SOURCE_DATE_EPOCH;
}

/** The Node.js that the lock file names, for this architecture. */
function nodePackage(): string {
  return `node-linux-${process.arch}`;
}

async function copyApp(): Promise<void> {
  for (const file of run("git", "ls-files", "-z", ...PARTS).split("\0")) {
    if (file === "" || ONLY_FOR_DEVELOPMENT.test(file)) continue;
    await mkdir(join(APP, dirname(file)), { recursive: true });
    await cp(file, join(APP, file));
  }
  run("npm", "ci", "--prefix", APP, "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error");
  // The dashboard is built by now, and what built it goes.
  for (const name of await readdir(join(APP, "dashboard")))
    if (name !== "dist") await rm(join(APP, "dashboard", name), { recursive: true });
  const {
    devDependencies: _,
    workspaces: _workspaces,
    ...left
  } = manifest.parse(JSON.parse(await readFile("package.json", "utf8")));
  await writeFile(join(APP, "package.json"), `${JSON.stringify(left, null, 2)}\n`);
  run("npm", "prune", "--prefix", APP, "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
  await rm(join(APP, "package-lock.json"));
}

/** The list of everything in the image (CycloneDX), and the licenses. */
async function describeContents(): Promise<void> {
  const { serialNumber: _, ...bill } = z
    .looseObject({ components: z.array(z.unknown()), metadata: z.looseObject({}) })
    .parse(JSON.parse(run("npm", "sbom", "--prefix", APP, "--omit=dev", "--sbom-format=cyclonedx")));
  const status = run("tar", "-xOf", join(CONTEXT, "base.tar"), "./var/lib/dpkg/status");
  const components = [...bill.components, ...debianComponents(status)];
  const metadata = { ...bill.metadata, timestamp: new Date(Number(committedAt) * 1000).toISOString() };
  await writeFile(join(APP, "sbom.cdx.json"), `${JSON.stringify({ ...bill, metadata, components }, null, 1)}\n`);
  await writeFile(join(APP, "THIRD-PARTY-NOTICES.txt"), await noticesOf(join(APP, "node_modules")));
}

async function trimPackages(): Promise<void> {
  const packages = join(APP, "node_modules");
  for (const name of ["include", "share", "CHANGELOG.md", "README.md"])
    await rm(join(packages, nodePackage(), name), { recursive: true, force: true });
  for (const entry of await readdir(packages, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && ONLY_FOR_COMPILING.test(entry.name)) await rm(join(entry.parentPath, entry.name));
}

/** Without a daemon, and without running anything in the image. */
async function build(): Promise<void> {
  const storage = join(ROOT, "dist/storage");
  const archive = join(ROOT, `dist/ampost-${version}-${process.arch}.tar`);
  await rm(archive, { force: true });
  const places = ["--storage-driver=vfs", `--root=${storage}/root`, `--runroot=${storage}/run`];
  run(
    "buildah",
    ...places,
    "build",
    "--isolation=chroot",
    "--quiet",
    `--timestamp=${committedAt}`,
    `--build-arg=VERSION=${version}`,
    `--build-arg=REVISION=${revision}`,
    "--file=ops/container/Containerfile",
    `--tag=oci-archive:${archive}:ampost:${version}`,
    CONTEXT,
  );
  for (const folder of [CONTEXT, storage]) await rm(folder, { recursive: true, force: true });
  console.log(`${archive} (${Math.round((await stat(archive)).size / 1e6)} MB)`);
}

/** Returns what it prints; throws with its message if it fails. */
function run(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: "utf8",
      maxBuffer: 100_000_000,
      stdio: ["ignore", "pipe", "inherit"],
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new Error(`${command} is not installed. On Debian: apt-get install buildah mmdebstrap netavark`, {
        cause: error,
      });
    throw error;
  }
}
