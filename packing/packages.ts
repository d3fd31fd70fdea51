import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

import { clientPackage } from "./client-package.ts";
import { toCommonJs } from "./common-js.ts";
import { declarationsOf } from "./declarations.ts";
import { graphOf } from "./module-graph.ts";
import type { PackedFile } from "./tarball.ts";

const ROOT = join(import.meta.dirname, "..");

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  overrides: Record<string, unknown>;
  [member: string]: unknown;
}

/** The packages that are made of the code in this repository, by name. Each has the version of the whole. */
const PACKAGES: Readonly<Record<string, () => Promise<PackedFile[]>>> = {
  "@ampost/client": clientPackage,
  "@ampost/sandbox": sandboxPackage,
  ampost: ampostPackage,
  "n8n-nodes-ampost": n8nPackage,
};

/** A package's files. Throws if two of them have the same path, such as `a.ts` and a script `a.js` beside it. */
export async function filesOf(name: string): Promise<PackedFile[]> {
  const files = (await PACKAGES[name]?.()) ?? [];
  const paths = files.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) throw new Error(`${name} has two files ${twice}.`);
  return files;
}

export const PACKAGE_NAMES = Object.keys(PACKAGES);

/** "ampost-sandbox-0.1.0.tgz", as npm names it. */
export function fileNameOf(name: string, version: string): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

export async function versionOfAll(): Promise<string> {
  return (await readManifest()).version;
}

/** The platforms' sandboxes are imported by name. */
const SANDBOXES = "platforms/*/sandbox/index.ts";

async function sandboxPackage(): Promise<PackedFile[]> {
  const { version, dependencies } = await readManifest();
  const { modules, packages } = await graphOf(ROOT, [
    "sandbox/ampost-sandbox.js",
    "sandbox/server.ts",
    ...(await find(SANDBOXES)),
  ]);
  const manifest = {
    name: "@ampost/sandbox",
    version,
    description: "A local stand-in for the APIs of Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads.",
    license: "Apache-2.0",
    type: "module",
    engines: { node: ">=24" },
    bin: { "ampost-sandbox": "sandbox/ampost-sandbox.js" },
    exports: { ".": { types: "./sandbox/server.d.ts", default: "./sandbox/server.js" } },
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => packages.has(name))),
  };
  return [
    ...modulesOf(modules),
    ...declarationsOf(ROOT, "sandbox/server.ts").map(({ path, text }) => ({ path, bytes: Buffer.from(text) })),
    ...(await copied(["LICENSE"])),
    { path: "README.md", bytes: await readFile(join(ROOT, "sandbox/README.md")) },
    json("package.json", manifest),
  ];
}

/** What the product reads while it runs, besides its modules. */
const ASSETS = [
  "server/db/migrations/*.sql",
  "server/**/*.js",
  "dashboard/dist/**/*.*",
  "docs/guides/*.md",
  "platforms/*/README.md",
  "integrations/*/README.md",
  "client/python/{LICENSE,README.md,ampost/*.{py,typed}}",
  "{README,CHANGELOG,SECURITY}.md",
  ".env.example",
  "LICENSE",
];

async function ampostPackage(): Promise<PackedFile[]> {
  const { overrides, ...whole } = await readManifest();
  const {
    private: _,
    devDependencies: _dev,
    workspaces: _workspaces,
    scripts: _scripts,
    allowScripts: _allowed,
    ...manifest
  } = whole;
  const { modules } = await graphOf(ROOT, ["cli/ampost.js", ...(await find(SANDBOXES))]);
  const client = (await clientPackage()).map((file) => ({ ...file, path: `client/${file.path}` }));
  const made = new Set(client.map(({ path }) => path));
  // Overrides count in a root package only. As dependencies they decide in this one, too.
  const decided = Object.entries(overrides).filter(([, version]) => typeof version === "string");
  const bundles = await Promise.all(BUNDLED.map(bundleOf));
  const needed = bundles.flatMap(({ needs }) => needs);
  const dependencies = { ...Object.fromEntries([...needed, ...decided]), ...manifest.dependencies };
  return [
    ...modulesOf(modules).filter(({ path }) => !made.has(path)),
    ...client,
    ...(await copied(await find(...ASSETS))).filter(({ path }) => !modules.has(path)),
    ...bundles.flatMap(({ files }) => files),
    json("package.json", { ...manifest, dependencies, bundleDependencies: BUNDLED }),
  ];
}

/**
 * Their exact peers contradict those of other packages, which only the overrides of a root package can settle: npm would
 * look for a solution for minutes. They come along, and what they need is among our own dependencies.
 */
const BUNDLED = ["@better-auth/passkey"];

async function bundleOf(name: string): Promise<{ files: PackedFile[]; needs: [name: string, version: string][] }> {
  const folder = `node_modules/${name}/`;
  const { dependencies, peerDependencies, ...manifest } = JSON.parse(
    await readFile(join(ROOT, folder, "package.json"), "utf8"),
  );
  const needs = Object.keys({ ...dependencies, ...peerDependencies }).map(async (needed): Promise<[string, string]> => {
    const { version } = JSON.parse(await readFile(join(ROOT, "node_modules", needed, "package.json"), "utf8"));
    return [needed, version];
  });
  const code = await copied(await find(`${folder}dist/*.mjs`, `${folder}LICENSE*`));
  return { files: [...code, json(`${folder}package.json`, manifest)], needs: await Promise.all(needs) };
}

async function n8nPackage(): Promise<PackedFile[]> {
  const folder = "integrations/n8n/";
  const sources = await find(`${folder}{credentials,nodes}/**/*.ts`);
  const assets = await find(`${folder}icons/*.svg`, `${folder}nodes/**/*.json`);
  const {
    scripts: _,
    devDependencies: _dev,
    ...manifest
  } = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8"));
  const inDist = (path: string) => `dist/${path.slice(folder.length)}`;
  return [
    ...(await copied(sources)).map(({ path, bytes }) => ({
      path: inDist(path).replace(/\.ts$/, ".js"),
      bytes: Buffer.from(toCommonJs(String(bytes))),
    })),
    ...(await copied(assets)).map(({ path, bytes }) => ({ path: inDist(path), bytes })),
    ...(await copied([`${folder}LICENSE`, `${folder}README.md`])).map(({ path, bytes }) => ({
      path: path.slice(folder.length),
      bytes,
    })),
    json("package.json", manifest),
  ];
}

function modulesOf(modules: ReadonlyMap<string, string>): PackedFile[] {
  return [...modules].map(([path, code]) => ({
    path: path.replace(/\.ts$/, ".js"),
    bytes: Buffer.from(code),
    isExecutable: code.startsWith("#!"),
  }));
}

async function copied(paths: readonly string[]): Promise<(PackedFile & { bytes: Buffer })[]> {
  return await Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(join(ROOT, path)) })));
}

async function find(...patterns: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(patterns, { cwd: ROOT })) found.push(path);
  return found.sort();
}

async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
}

function json(path: string, value: object): PackedFile {
  return { path, bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) };
}
