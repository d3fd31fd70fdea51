import assert from "node:assert/strict";
import { test } from "node:test";

import { createConfig, lintFromString } from "@redocly/openapi-core";
import { assertValidRuleset, Document, Spectral } from "@stoplight/spectral-core";
import parsers from "@stoplight/spectral-parsers";
import { oas } from "@stoplight/spectral-rulesets";
import { stringify } from "yaml";
import { z } from "zod";

import { PUBLIC_CODES } from "../../model/errors.ts";
import { OPERATIONS } from "../index.ts";
import { errorBody } from "../issues.ts";
import { errorsOf, formOf } from "../operation.ts";
import { postsCreate } from "../operations/posts.ts";
import { exampleOf } from "./example-of.ts";
import { EXAMPLES } from "./examples.ts";
import { openApi, toSchema } from "./openapi.ts";

const document = openApi({ apiUrl: "https://api.example.com", appUrl: "https://example.com", version: "1.0.0" });
const described = z
  .looseObject({
    components: z.looseObject({
      responses: z.record(z.string(), z.looseObject({ description: z.string() })),
      examples: z.record(z.string(), z.object({ summary: z.string(), value: z.unknown() })),
    }),
    paths: z.record(
      z.string(),
      z.record(
        z.string(),
        z.looseObject({
          operationId: z.string(),
          responses: z.record(z.string(), z.looseObject({ $ref: z.string().optional() })),
          requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({})) }).optional(),
        }),
      ),
    ),
  })
  .parse(document);
const operations = new Map(
  Object.values(described.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => [operation.operationId, operation] as const),
  ),
);

test("the description has every operation once, with every error code it can return", () => {
  assert.deepEqual([...operations.keys()].sort(), OPERATIONS.map(({ name }) => name).sort());
  for (const operation of OPERATIONS) {
    const responses = operations.get(operation.name)?.responses ?? {};
    for (const code of errorsOf(operation))
      assert.match(
        described.components.responses[responses[PUBLIC_CODES[code].status]?.$ref?.split("/").at(-1) ?? ""]
          ?.description ?? "",
        new RegExp(`\`${code}\``),
        `${operation.name} ${code}`,
      );
  }
});

test("a time that may be local is no date-time, which validating gateways would reject", () => {
  const sent = (name: string) => JSON.stringify(operations.get(name)?.requestBody);
  for (const name of ["posts_create", "posts_update", "posts_validate"]) {
    assert.match(sent(name), /"scheduledFor":\{/, name);
    assert.doesNotMatch(sent(name), /"date-time"/, name);
  }
  assert.match(JSON.stringify(toSchema(postsCreate.answer, "output")), /"date-time"/);
});

test("every operation with a body has an example that matches its schema", () => {
  for (const operation of OPERATIONS.filter(({ takes }) => takes !== "none")) {
    const example = operations.get(operation.name)?.requestBody?.content["application/json"]?.example;
    assert.notEqual(example, undefined, operation.name);
    const form = formOf(operation);
    const read = form.safeParse(example);
    assert.ok(read.success, `${operation.name}: ${read.error?.message}`);
    const takesNothing = JSON.stringify(toSchema(form, "input").properties) === "{}";
    assert.equal(JSON.stringify(example) === "{}", takesNothing, `${operation.name} shows what it takes`);
  }
  const known = new Set(OPERATIONS.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(EXAMPLES).filter((name) => !known.has(name)),
    [],
  );
});

test("every field of a request has a valid example", () => {
  for (const operation of OPERATIONS) {
    const form = formOf(operation);
    const body = form instanceof z.ZodOptional ? form.unwrap() : form;
    const members = {
      ...operation.params.shape,
      ...operation.query.shape,
      ...(operation.takes !== "none" && body instanceof z.ZodObject ? body.shape : {}),
    };
    for (const [name, member] of Object.entries(members)) {
      const { examples, ...schema } = toSchema(member, "input");
      assert.ok(
        examples !== undefined || /"examples":/.test(JSON.stringify(schema)),
        `${operation.name}: ${name} has no example`,
      );
      for (const example of z.array(z.unknown()).optional().parse(examples) ?? [])
        assert.ok(
          z.safeParse(member, example).success,
          `${operation.name}: ${name} is never ${JSON.stringify(example)}`,
        );
    }
  }
});

test("every response has an example, composed of its fields' examples", () => {
  for (const { name, answer } of OPERATIONS) {
    const missing: string[] = [];
    const example = exampleOf(toSchema(answer, "output"), missing);
    assert.deepEqual(missing, [], `${name}: fields of its answer have no example`);
    const read = answer.safeParse(example);
    assert.ok(read.success, `${name}: ${read.error?.message}`);
  }
});

test("every code has an example error, and those for bad requests an issue", () => {
  const { examples } = described.components;
  assert.deepEqual(Object.keys(examples).sort(), [...new Set(OPERATIONS.flatMap(errorsOf))].sort());
  for (const [code, { value }] of Object.entries(examples)) {
    const { issues, ...refusal } = errorBody.strict().parse(value);
    assert.equal(refusal.code, code);
    const isOfRequest =
      refusal.code !== "AUTH_EXPIRED" && refusal.code !== "AUTH_REVOKED" && PUBLIC_CODES[refusal.code].status === 400;
    assert.deepEqual(
      issues.map((issue) => [issue.code, issue.message]),
      isOfRequest ? [[code, refusal.error]] : [],
      code,
    );
  }
});

test("every object in a response says whether it can have additional fields", () => {
  const open: string[] = [];
  JSON.parse(
    JSON.stringify(OPERATIONS.map(({ name, answer }) => [name, toSchema(answer, "output")])),
    function (this: unknown, _name, value: unknown) {
      if (typeof value === "object" && value !== null && "properties" in value && !("additionalProperties" in value))
        open.push(JSON.stringify(value));
      return value;
    },
  );
  assert.deepEqual(open, []);
});

test("one linter finds no problems", async () => {
  const config = await createConfig({
    extends: ["recommended"],
    rules: { "operation-4xx-response": "error", "no-server-example.com": "off", "no-ambiguous-paths": "off" },
  });
  const problems = await lintFromString({ source: stringify(document), absoluteRef: "/openapi.yaml", config });
  assert.deepEqual(
    problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`),
    [],
  );
});

test("another linter finds no problems", async () => {
  const spectral = new Spectral();
  const ruleset: unknown = { extends: [[oas, "recommended"]] };
  assertValidRuleset(ruleset);
  spectral.setRuleset(ruleset);
  const problems = await spectral.run(new Document(JSON.stringify(document), parsers.Json, "openapi.json"));
  assert.deepEqual(
    problems.map(({ code, message, path }) => `${code}: ${message} ${path.join("/")}`),
    [],
  );
});
