import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";

import { ESLint } from "eslint";

const ROOT = join(import.meta.dirname, "..");

let eslint: ESLint;
before(() => {
  eslint = new ESLint({ cwd: ROOT });
});

/** What the linter says of these lines in such a file. */
async function lint(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${code}\n`, { filePath: join(ROOT, file) });
  return (result?.messages ?? []).map(({ message }) => message);
}

/** The lines that pass without this message, in any of these folders. */
async function accepted(folders: readonly string[], samples: readonly string[], message: string): Promise<string[]> {
  const passed: string[] = [];
  for (const folder of folders)
    for (const code of samples)
      if (!(await lint(`${folder}/sample.ts`, code)).some((said) => said.includes(message)))
        passed.push(`${folder}: ${code}`);
  return passed;
}

const PATTERNS = [
  "export const find = (input: string) => new RegExp(input);",
  "export const find = (input: string) => RegExp(input);",
  "export const find = (input: string) => new globalThis.RegExp(input);",
  "export const find = (input: string) => globalThis.RegExp(input);",
  'export const find = (input: string) => globalThis["RegExp"](input);',
  "export const find = (input: string) => new RegExp(`^${input}$`);",
  "export const find = (input: string) => new globalThis.RegExp(`^${input}$`);",
  "const Pattern = RegExp;\nexport const find = (input: string) => new Pattern(input);",
  "const { RegExp: Pattern } = globalThis;\nexport const find = (input: string) => new Pattern(input);",
  "export const find = (input: string) => Reflect.construct(RegExp, [input]);",
  'export const find = (input: string) => "text".match(input);',
  'export const find = (input: string) => "text".search(input);',
  'export const find = (input: string) => [..."text".matchAll(input)];',
];

const GOOD_PATTERNS = [
  'export const found = new RegExp("^a$", "u");',
  "const LETTERS = '[a-z]';\nexport const found = new RegExp(`^${LETTERS}$`);",
  "export const found = (value: unknown): value is RegExp => value instanceof RegExp;",
];

test("a pattern made of what somebody sends is refused by the linter, in all code that runs", async () => {
  assert.deepEqual(
    await accepted(
      ["model", "contract", "platforms/kit", "server/http", "sandbox", "client", "dashboard"],
      PATTERNS,
      "A pattern is",
    ),
    [],
  );
  for (const code of GOOD_PATTERNS) assert.deepEqual(await lint("server/http/sample.ts", code), [], code);
});

const REQUESTS = [
  'export const sent = fetch("http://a");',
  'export const sent = globalThis.fetch("http://a");',
  "const { fetch: send } = globalThis;\nexport const sent = send;",
  'export const sent = new WebSocket("ws://a");',
  'export { request } from "undici";',
  'import { request } from "undici";\nexport const sent = request;',
  'export { default } from "undici/lib/api/index.js";',
  'export const sent = import("undici");',
  'export const sent = import("undici/lib/api/index.js");',
  ...["http", "https", "http2", "net", "tls", "dgram"].flatMap((name) => [
    `import * as all from "node:${name}";\nexport const sent = all;`,
    `import all from "${name}";\nexport const sent = all;`,
    `export const sent = import("node:${name}");`,
    `export const sent = import("${name}");`,
    `export const sent = import(\`node:${name}\`);`,
    `export const sent = require("node:${name}");`,
  ]),
  'import { createRequire } from "node:module";\nexport const sent = createRequire(import.meta.url)("undici");',
  'import { request } from "node:http";\nexport const sent = request;',
  'import { get } from "node:https";\nexport const sent = get;',
  'import { connect } from "node:net";\nexport const sent = connect;',
  'export const sent = process.getBuiltinModule("node:http");',
  'export const sent = process["getBuiltinModule"]("node:http");',
  "const { getBuiltinModule: load } = process;\nexport const sent = load;",
  'import { request } from "../../model/node-http.ts";\nexport const sent = request;',
  'import * as all from "../../model/node-http.ts";\nexport const sent = all;',
  'export { request } from "../../model/node-http.ts";',
  'export const sent = import("../../model/node-http.ts");',
];

const GOOD_REQUESTS = [
  'import { createServer } from "node:http";\nexport const served = createServer;',
  'import type { ClientRequest } from "node:http";\nexport type Sent = ClientRequest;',
  'import { STATUS_CODES } from "../../model/node-http.ts";\nexport const served = STATUS_CODES;',
  'export const loaded = import("node:sqlite");',
];

test("a request past the one door is refused by the linter, however what sends it is loaded", async () => {
  assert.deepEqual(
    await accepted(["model", "contract", "platforms/x", "server/http", "sandbox"], REQUESTS, "Requests go"),
    [],
  );
  for (const code of GOOD_REQUESTS) assert.deepEqual(await lint("server/http/sample.ts", code), [], code);
});
