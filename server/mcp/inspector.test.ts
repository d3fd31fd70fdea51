import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { z } from "zod";

import { withoutCopies } from "../../contract/openapi/tool-schemas.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
/** The Inspector keeps a folder in the home of whoever calls it. */
let home: string;

before(async () => {
  world = await createWorld();
  home = await mkdtemp(join(tmpdir(), "ampost-inspector-"));
});
after(async () => {
  await world.close();
  await rm(home, { recursive: true, force: true });
});

const INSPECTOR = join(
  import.meta.dirname,
  "../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);

const listing = z.object({
  result: z.object({ tools: z.array(z.object({ name: z.string() })) }),
  schemaFindings: z
    .array(
      z.object({
        toolName: z.string(),
        findings: z.array(z.object({ severity: z.string(), schema: z.string(), path: z.string(), issue: z.string() })),
      }),
    )
    .default([]),
});

/**
 * Lists the tools as the Inspector does, with its strict check of their schemas; it ends with 6 where one is no schema
 * for all clients.
 */
async function inspect(era: "legacy" | "modern"): Promise<{ code: number; output: string; errors: string }> {
  const args = [
    "--cli",
    "--server-url",
    `${world.url}/mcp`,
    "--transport",
    "http",
    "--header",
    `Authorization: Bearer ${world.test.key}`,
    "--method",
    "tools/list",
    "--strict",
    "--format",
    "json",
    "--stored-auth-only",
    "--protocol-era",
    era,
  ];
  return await new Promise((resolve) => {
    execFile(
      process.execPath,
      [INSPECTOR, ...args],
      { cwd: home, env: { ...process.env, HOME: home }, maxBuffer: 16 * 1024 * 1024 },
      (error, output, errors) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), output, errors }),
    );
  });
}

for (const era of ["legacy", "modern"] as const) {
  test(`the Inspector's strict check passes over the ${era} protocol, without any remark about arguments`, async () => {
    const { code, output, errors } = await inspect(era);
    assert.equal(code, 0, errors.slice(-4000));
    const { result, schemaFindings } = listing.parse(JSON.parse(output));
    assert.deepEqual(
      result.tools.map(({ name }) => name),
      TOOLS.map(({ name }) => name),
    );
    const found = schemaFindings.flatMap(({ toolName, findings }) =>
      findings.map((finding) => ({ toolName, ...finding })),
    );
    // Models are handed the forms of arguments; those of answers are read by JSON Schema validators, to which "type":
    // ["string", "null"] is plain.
    assert.deepEqual(
      found.filter(({ severity, schema }) => severity === "error" || schema === "inputSchema"),
      [],
    );
  });
}

test("every tool's name, description and arguments have the format that model providers accept", () => {
  for (const { name, description, inputSchema } of withoutCopies(TOOLS)) {
    assert.match(name, /^[a-zA-Z0-9_-]{1,64}$/);
    assert.ok(description.length > 20 && description.length <= 1024, name);
    assert.equal(inputSchema.type, "object", name);
    for (const keyword of ["anyOf", "oneOf", "allOf", "not", "enum", "$ref", "$defs"])
      assert.ok(!(keyword in inputSchema), `${name} ${keyword}`);
    for (const [argument, schema] of Object.entries(Object(inputSchema.properties))) {
      assert.match(argument, /^[a-zA-Z0-9_.-]{1,64}$/);
      assert.ok(Object(schema).description !== undefined, `${name}.${argument} says what it is`);
      const text = JSON.stringify(schema);
      assert.ok(
        /"(examples|enum|format)":|"type":"(boolean|integer)"|\bAs [\w.]+ in \w+\./.test(text),
        `${name}.${argument} shows what it takes, or which other does`,
      );
      assert.doesNotMatch(text, /"(\$ref|oneOf|allOf|not|if|patternProperties|propertyNames)":/, `${name}.${argument}`);
    }
  }
});
