import assert from "node:assert/strict";
import { test } from "node:test";

import { createConfig, lintFromString } from "@redocly/openapi-core";
import { assertValidRuleset, Document, Spectral } from "@stoplight/spectral-core";
import parsers from "@stoplight/spectral-parsers";
import { oas } from "@stoplight/spectral-rulesets";
import { stringify } from "yaml";
import { z } from "zod";

import { PUBLIC_CODES } from "../model/errors.ts";
import { EXAMPLES } from "./examples.ts";
import { OPERATIONS } from "./index.ts";
import { errorsOf, formOf } from "./operation.ts";
import { openApi } from "./openapi.ts";

const document = openApi({ apiUrl: "https://api.example.com", appUrl: "https://example.com", version: "1.0.0" });
const described = z
  .looseObject({
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string(), responses: z.record(z.string(), z.looseObject({ description: z.string() })), requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({})) }).optional() }))),
  })
  .parse(document);
const operations = new Map(Object.values(described.paths).flatMap((methods) => Object.values(methods).map((operation) => [operation.operationId, operation] as const)));

test("the description holds every operation once, with every error code that it may fail with", () => {
  assert.deepEqual([...operations.keys()].sort(), OPERATIONS.map(({ name }) => name).sort());
  for (const operation of OPERATIONS) {
    const responses = operations.get(operation.name)?.responses ?? {};
    for (const code of errorsOf(operation)) assert.match(responses[PUBLIC_CODES[code].status]?.description ?? "", new RegExp(`\`${code}\``), `${operation.name} ${code}`);
  }
});

test("every operation that takes a body shows an example, which has the form that the operation asks for", () => {
  for (const operation of OPERATIONS.filter(({ takes }) => takes !== "none")) {
    const example = operations.get(operation.name)?.requestBody?.content["application/json"]?.example;
    assert.notEqual(example, undefined, operation.name);
    const read = formOf(operation).safeParse(example);
    assert.ok(read.success, `${operation.name}: ${read.error?.message}`);
  }
  const known = new Set(OPERATIONS.map(({ name }) => name));
  assert.deepEqual(Object.keys(EXAMPLES).filter((name) => !known.has(name)), []);
});

test("one linter finds nothing wrong with it", async () => {
  const config = await createConfig({ extends: ["recommended"], rules: { "operation-4xx-response": "error", "no-server-example.com": "off", "no-ambiguous-paths": "off" } });
  const problems = await lintFromString({ source: stringify(document), absoluteRef: "/openapi.yaml", config });
  assert.deepEqual(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer ?? ""}`), []);
});

test("another linter finds nothing wrong with it", async () => {
  const spectral = new Spectral();
  const ruleset: unknown = { extends: [[oas, "recommended"]] };
  assertValidRuleset(ruleset);
  spectral.setRuleset(ruleset);
  const problems = await spectral.run(new Document(JSON.stringify(document), parsers.Json, "openapi.json"));
  assert.deepEqual(problems.map(({ code, message, path }) => `${code}: ${message} ${path.join("/")}`), []);
});
