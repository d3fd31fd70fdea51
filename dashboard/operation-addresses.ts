import { pathToFileURL } from "node:url";

import type { Plugin } from "vite";

/**
 * The app imports operations from the contract for their types. Of an operation's value it only needs where it is; the
 * schemas stay on the server, which validates.
 */
export function operationAddresses(folder: string): Plugin {
  return {
    name: "operation-addresses",
    async load(id) {
      if (!id.startsWith(`${folder}/`)) return null;
      const exports: Record<string, unknown> = await import(pathToFileURL(id).href);
      return Object.entries(exports)
        .map(([name, value]) => `export const ${name} = ${JSON.stringify(addressOf(value)) ?? "undefined"};`)
        .join("\n");
    },
  };
}

function addressOf(value: unknown): object | undefined {
  if (typeof value !== "object" || value === null || !("method" in value && "path" in value)) return undefined;
  return { method: value.method, path: value.path };
}
