import ts from "typescript";

import { OWN_IMPORT } from "./javascript.ts";

/** A module of ours as CommonJS, which n8n loads, without comments. */
export function toCommonJs(source: string): string {
  const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, removeComments: true };
  return ts.transpileModule(source.replace(OWN_IMPORT, "$1$2.js"), { compilerOptions }).outputText;
}
