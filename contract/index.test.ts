import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { z } from "zod";

import { OPERATIONS } from "./index.ts";
import { setUpForm, signUpForm } from "./operations/sign-up.ts";

const operation = z.object({
  name: z.string(),
  method: z.string(),
  path: z.string(),
  answer: z.instanceof(z.ZodObject),
});

test("every declared operation is offered exactly once", async () => {
  const files = await readdir(join(import.meta.dirname, "operations"));
  const modules: object[] = await Promise.all(files.map((name) => import(`./operations/${name}`)));
  const exported: unknown[] = modules.flatMap((module) => Object.values(module));
  const declared = new Set(exported.filter((each) => operation.safeParse(each).success));
  for (const form of [setUpForm, signUpForm]) declared.delete(form);
  assert.deepEqual(
    [...declared].map((each) => operation.parse(each).name).sort(),
    OPERATIONS.map(({ name }) => name).sort(),
  );
  assert.equal(new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`)).size, OPERATIONS.length);
});
