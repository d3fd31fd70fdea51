import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { skeletonOf } from "./new-platform-files.ts";

/**
 * `npm run new:platform NAME` creates a platform's folder, including its sandbox: every file in its place, publishing
 * nothing yet, with its conformance tests failing until it does. Refuses to touch an existing folder. Returns the files
 * it created.
 */
export async function newPlatform(name: string, root = ROOT): Promise<string[]> {
  if (!/^[a-z][a-z0-9]{1,29}$/.test(name))
    throw new Error(
      `"${name}" is not a valid platform name: use 2 to 30 lowercase letters and digits, starting with one of [a-z].`,
    );
  const folder = join(root, "platforms", name);
  await mkdir(folder);
  const files = Object.entries(skeletonOf(name)).map(([file, text]) => ({ path: join(folder, file), text }));
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: "wx" });
  }
  return files.map(({ path }) => path);
}

/** Names the platform in the three places that know all of them, a line each. */
export async function registerPlatform(name: string, root = ROOT): Promise<string[]> {
  const places = [
    { path: "model/platform-names.ts", find: /(PLATFORM_NAMES = \[[^\]]*)\]/, put: `$1, "${name}"]` },
    { path: "platforms/definitions.ts", find: /$/, put: `export { ${name} } from "./${name}/definition.ts";\n` },
    { path: "platforms/registry.ts", find: /$/, put: `export { ${name} } from "./${name}/index.ts";\n` },
  ];
  for (const { path, find, put } of places) {
    const text = await readFile(join(root, path), "utf8");
    await writeFile(join(root, path), text.replace(find, put));
  }
  return places.map(({ path }) => path);
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

if (import.meta.main) {
  const name = process.argv[2] ?? "";
  try {
    const files = await newPlatform(name);
    const places = await registerPlatform(name);
    process.stdout.write(`${files.join("\n")}

It was added to ${places.join(", ")}. Run \`npm run fix\`, then \`npm test -- platforms/${name}\`:
what is red is what is still to be written. platforms/README.md has the reading order.
`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
