import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { toJavaScript } from "./javascript.ts";
import type { PackedFile } from "./tarball.ts";

const FOLDER = join(import.meta.dirname, "../client");

/**
 * The package `@ampost/client`. It is made without TypeScript, so that every instance can serve the client that fits it:
 * the declarations are generated files, and `types.ts` is one already.
 */
export async function clientPackage(): Promise<PackedFile[]> {
  const names = (await readdir(FOLDER)).filter((name) => !name.endsWith(".test.ts")).sort();
  const files = await Promise.all(names.map(async (name) => await packed(name)));
  return files.flat();
}

async function packed(name: string): Promise<PackedFile[]> {
  const isShipped = /^(README\.md|LICENSE|package\.json)$|\.d\.ts$/.test(name);
  if (!isShipped && !/\.(ts|js)$/.test(name)) return [];
  const source = await readFile(join(FOLDER, name), "utf8");
  if (name === "package.json") return [{ path: name, bytes: Buffer.from(source.replace('  "private": true,\n', "")) }];
  if (isShipped) return [{ path: name, bytes: Buffer.from(source) }];
  const code = toJavaScript(name, source);
  if (code !== null) return [{ path: name.replace(/\.ts$/, ".js"), bytes: Buffer.from(code) }];
  return [{ path: name.replace(/\.ts$/, ".d.ts"), bytes: Buffer.from(source) }];
}
