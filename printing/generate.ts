import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

import { format } from "oxfmt";

import { bundledDeclarations } from "../packing/declarations.ts";
import { architecture } from "./architecture.ts";
import { clientTypes } from "./client-types.ts";
import { decisionIndex } from "./decision-index.ts";
import { environmentExample } from "./environment-example.ts";
import { n8nNode } from "./n8n-node.ts";
import { platformReference } from "./platform-reference.ts";
import { pythonClient, pythonTypes } from "./python-client.ts";
import { readme } from "./readme.ts";
import { sandboxReadme } from "./sandbox-readme.ts";

/**
 * Writes the files that are generated from declarations. With `--check`, it writes nothing and fails if one differs, so
 * that no declaration changes without them.
 */
const root = join(import.meta.dirname, "..");
const generated: Record<string, (current: string) => string | Promise<string>> = {
  ".env.example": environmentExample,
  "README.md": readme,
  "client/types.ts": clientTypes,
  "client/python/ampost/types.py": pythonTypes,
  "client/python/ampost/_client.py": pythonClient,
  "client/index.d.ts": () => bundledDeclarations(root, "client/index.ts", "types"),
  "integrations/n8n/nodes/Ampost/properties.ts": n8nNode,
  "docs/architecture.md": architecture,
  "docs/decisions/README.md": decisionIndex,
  "docs/reference/platforms.md": platformReference,
  "sandbox/README.md": sandboxReadme,
};

const check = process.argv.includes("--check");
for (const [path, print] of Object.entries(generated)) {
  const file = join(root, path);
  const current = await readFile(file, "utf8").catch(() => "");
  const text = await formatted(path, await print(current));
  if (current === text) continue;
  if (check) {
    console.error(`${relative(root, file)} is not what the code declares: run "npm run generate".`);
    process.exitCode = 1;
  } else {
    await writeFile(file, text);
    console.log(`wrote ${relative(root, file)}`);
  }
}

/** Code is formatted like all other code. */
async function formatted(path: string, text: string): Promise<string> {
  if (!path.endsWith(".ts")) return text;
  const { code, errors } = await format(path, text, JSON.parse(await readFile(join(root, ".oxfmtrc.json"), "utf8")));
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join("; ")}`);
  return code;
}
