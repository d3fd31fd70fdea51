import { stripTypeScriptTypes } from "node:module";

/** Imports of our own modules, static or dynamic. */
export const OWN_IMPORT = /(\bfrom|\bimport\(?)(\s*["`]\.{1,2}\/[^"`\n]+)\.ts(?=["`])/g;

/**
 * A module of ours as JavaScript, because Node.js does not run TypeScript below `node_modules`. Types become spaces, so
 * that positions in stack traces are those of the source. Null if nothing but types was in it.
 */
export function toJavaScript(path: string, source: string): string | null {
  const code = (path.endsWith(".ts") ? strip(source) : source).replace(OWN_IMPORT, "$1$2.js");
  return code.replace(COMMENT, "").trim() === "" ? null : code;
}

const COMMENT = /\/\*[^]*?\*\/|\/\/.*$/gm;

/** Node.js warns that this function is experimental. It is the one with which it runs the same code. */
function strip(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
