import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldRows, jsonSchema } from "../../printing/schema-fields.ts";
import { TOOLS } from "./tools.ts";

for (const { name, operation, title, description, inputSchema, annotations } of TOOLS) {
  const { method, path, writes, waits } = operation;
  const discards = method === "DELETE" || path.endsWith("/cancel");

  test(`${name}: its hints match its operation`, () => {
    assert.deepEqual(annotations, {
      readOnlyHint: !writes,
      destructiveHint: discards,
      idempotentHint: !writes || discards || method === "PATCH",
      openWorldHint: waits === true,
    });
  });

  test(`${name}: it does not use HTTP terms, and describes every argument`, () => {
    for (const text of [title, description])
      assert.doesNotMatch(text, /multipart|`Prefer|ETag|If-Match|headers?\b|\b(GET|POST|PATCH|DELETE)\b|\/api\//);
    const untold = fieldRows(jsonSchema.parse(inputSchema), { closed: () => true }).filter(
      (row) => row.description === "",
    );
    assert.deepEqual(
      untold.map((row) => row.path),
      [],
    );
  });
}
