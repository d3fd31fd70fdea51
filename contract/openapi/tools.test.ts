import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldRows, jsonSchema } from "../../printing/schema-fields.ts";
import { withoutCopies } from "./tool-schemas.ts";
import { TOOLS } from "./tools.ts";

const LISTED = withoutCopies(TOOLS);

test("no schema is described twice, and what replaces one names a place that has it", () => {
  const seen = new Map<string, string>();
  for (const { name, inputSchema, outputSchema } of LISTED) {
    for (const [kind, schema] of Object.entries({ inputSchema, outputSchema })) {
      for (const part of partsOf(schema).slice(1)) {
        const text = JSON.stringify(part);
        const { description, properties } = Object(part);
        const [, path, tool] = /\bAs ([\w.]+) in (\w+)\.$/.exec(String(description)) ?? [];
        if (path !== undefined) {
          const place = LISTED.find((each) => each.name === tool);
          const found = [Object(place)[kind], ...path.split(".")].reduce<unknown[]>(
            (at, step) => (typeof step === "string" ? at.flatMap((each) => membersNamed(each, step)) : [step]),
            [],
          );
          assert.equal(found.length, 1, `${name}: ${String(description)}`);
          assert.doesNotMatch(JSON.stringify(found[0]), /"description":"As [^"]*"}$/);
        } else if (properties !== undefined && text.length > 200) {
          assert.equal(seen.get(text), undefined, `${name}: ${text}`);
          seen.set(text, name);
        }
      }
    }
  }
});

test("the settings of platforms are left to platforms_describe, which every tool that takes them names", () => {
  const taking = LISTED.filter(({ inputSchema }) => "content" in Object(inputSchema.properties));
  assert.ok(taking.length >= 3);
  for (const { description, inputSchema } of taking) {
    assert.match(description, /platforms_describe/);
    assert.doesNotMatch(JSON.stringify(inputSchema), /privacyLevel/);
  }
  assert.match(
    JSON.stringify(taking[0]?.inputSchema),
    /platforms_describe and the resource ampost:\/\/platforms\/NAME/,
  );
});

test("a time that may be local is not called a date-time, which strict clients check", () => {
  const isTime = new Map<string, boolean>(
    LISTED.flatMap(({ name, inputSchema }) =>
      Object.entries(Object(inputSchema.properties)).map(
        ([field, schema]) => [`${name}.${field}`, JSON.stringify(schema).includes('"date-time"')] as const,
      ),
    ),
  );
  for (const field of ["posts_create.scheduledFor", "posts_create.publishBy", "posts_update.scheduledFor"])
    assert.equal(isTime.get(field), false, field);
  assert.equal(isTime.get("posts_list.from"), true);
});

/** The members of a schema or of its items or variants with this name. */
function membersNamed(schema: unknown, name: string): unknown[] {
  const { properties, items, anyOf } = Object(schema);
  const own = Object.hasOwn(Object(properties), name) ? [Object(properties)[name]] : [];
  return [...own, ...[items, ...(anyOf ?? [])].flatMap((each) => (each === undefined ? [] : membersNamed(each, name)))];
}

/** A schema and all within it. */
function partsOf(schema: unknown): unknown[] {
  const { properties, items, anyOf } = Object(schema);
  const inside = [...Object.values(Object(properties)), ...(items === undefined ? [] : [items]), ...(anyOf ?? [])];
  return [schema, ...inside.flatMap(partsOf)];
}

for (const { name, operation, title, description, inputSchema, annotations } of LISTED) {
  const { method, path, writes, waits } = operation;
  const discards = method === "DELETE" || path.endsWith("/cancel");

  test(`${name}: its hints match its operation`, () => {
    assert.deepEqual(annotations, {
      readOnlyHint: !writes,
      destructiveHint: discards,
      idempotentHint: !writes || discards || method === "PATCH" || method === "PUT",
      openWorldHint: writes && waits === true,
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
