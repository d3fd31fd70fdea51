import assert from "node:assert/strict";
import { test } from "node:test";

import { OPERATIONS } from "./index.ts";
import { LEAST_ROLES } from "./roles.ts";

test("the table of roles has every operation that a session can call, and no other", () => {
  const callable = OPERATIONS.filter(({ auth }) => auth !== "operator").map(({ name }) => name);
  assert.deepEqual(Object.keys(LEAST_ROLES).sort(), callable.sort());
});
