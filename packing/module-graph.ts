import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path";

import { toJavaScript } from "./javascript.ts";

/** What a program consists of. */
export interface ModuleGraph {
  /** The JavaScript of each module, by its path in the repository. */
  modules: Map<string, string>;
  /** The npm packages they import. */
  packages: Set<string>;
  /** Other files they import, such as JSON. */
  assets: Set<string>;
}

const IMPORT = /(?:\bfrom|\bimport\(?)\s*"([^"\n]+)"/g;

/** Everything that modules need when they run: what they import, statically or dynamically, and so on. */
export async function graphOf(root: string, entries: readonly string[]): Promise<ModuleGraph> {
  const graph: ModuleGraph = { modules: new Map(), packages: new Set(), assets: new Set() };
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (graph.modules.has(path)) continue;
    const source = await readFile(join(root, path), "utf8");
    graph.modules.set(path, toJavaScript(path, source) ?? "export {};\n");
    // The source's own imports, without those of types.
    for (const [, name = ""] of (graph.modules.get(path) ?? "").matchAll(IMPORT)) {
      const own = normalize(join(dirname(path), name));
      if (!name.startsWith(".")) {
        if (!isBuiltin(name)) graph.packages.add(packageOf(name));
      } else if (!name.endsWith(".js")) graph.assets.add(own);
      else waiting.push(await sourceOf(root, own));
    }
  }
  return graph;
}

/** "@scope/name/sub/path.js" */
function packageOf(name: string): string {
  return name.split("/", name.startsWith("@") ? 2 : 1).join("/");
}

async function sourceOf(root: string, path: string): Promise<string> {
  const typed = path.replace(/\.js$/, ".ts");
  return await readFile(join(root, typed)).then(
    () => typed,
    () => path,
  );
}
