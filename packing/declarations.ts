import { dirname, join, relative } from "node:path";

import ts from "typescript";

/** A declaration file, by its path in the repository. */
export interface Declaration {
  path: string;
  text: string;
}

/**
 * The declarations of a module and of every module that they name, entry first. Throws if its types are wrong.
 */
export function declarationsOf(root: string, entry: string): Declaration[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const program = ts.createProgram([join(root, entry)], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    incremental: false,
    tsBuildInfoFile: undefined,
  });
  const texts = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (path, text) => texts.set(relative(root, path), text));
  if (diagnostics.length > 0)
    throw new Error(
      diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")).join("\n"),
    );
  const named: Declaration[] = [];
  const waiting = [entry];
  for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
    const path = source.replace(/\.ts$/, ".d.ts");
    const text = texts.get(path);
    if (text === undefined || named.some((each) => each.path === path)) continue;
    named.push({ path, text: text.replace(/("\.{1,2}\/[^"]+)\.ts"/g, '$1.js"') });
    for (const [, own = ""] of text.matchAll(/"(\.{1,2}\/[^"]+\.ts)"/g)) waiting.push(join(dirname(source), own));
  }
  return named;
}

/** The declarations of a module as one file, except of those modules that contain nothing but types. */
export function bundledDeclarations(root: string, entry: string, types: string): string {
  const [first, ...others] = declarationsOf(root, entry).filter(({ path }) => !path.endsWith(`/${types}.d.ts`));
  const imports = new Set<string>();
  const bodies = others.map(({ text }) =>
    text
      .replace(/import\("\.\/([^"]+)\.js"\)\.(\w+)/g, (_, from: string, name: string) => {
        if (from === types) imports.add(name);
        return name;
      })
      .replace(/^import (?:type )?\{([^}]*)\} from "([^"]+)";\n/gm, (_, names: string, from: string) => {
        if (from === `./${types}.js`) for (const name of names.split(",")) imports.add(name.trim());
        return "";
      })
      .replace(/^export \{\};\n/gm, "")
      .replace(/^export (?=declare|interface|type)/gm, ""),
  );
  const exported = first?.text.replace(/ from "\.\/([^"]+)\.js"/g, (from, name: string) =>
    name === types ? from : "",
  );
  return [
    "// Printed from the client by `npm run generate`. Change that, not this.",
    `import type { ${[...imports]
      .filter((name) => name !== "")
      .sort()
      .join(", ")} } from "./${types}.js";`,
    "",
    ...bodies,
    exported ?? "",
  ].join("\n");
}
