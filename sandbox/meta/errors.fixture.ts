import assert from "node:assert/strict";

import { valueAt, type Answer } from "../sandbox.fixture.ts";

/** Helpers to inspect Graph API responses. */

/** The error without the trace ID, which is unpredictable. */
export function errorOf(answer: Answer): Record<string, unknown> {
  const error = valueAt(answer.json, "error");
  assert.ok(typeof error === "object" && error !== null, answer.text);
  return Object.fromEntries(Object.entries(error).filter(([name]) => name !== "fbtrace_id"));
}

/** Status, code and subcode. */
export function codesOf(answer: Answer): unknown[] {
  const { code, error_subcode: subcode } = errorOf(answer);
  return subcode === undefined ? [answer.status, code] : [answer.status, code, subcode];
}
