import assert from "node:assert/strict";
import type { Answer } from "../fixture.ts";

/** Looking into answers of the Graph API. */

/** The string at a dotted path; a test that looks for what isn't there fails here. */
export function stringAt(value: unknown, path: string): string {
  const found = valueAt(value, path);
  assert.equal(typeof found, "string", `${path} of ${JSON.stringify(value)}`);
  return String(found);
}

export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split(".")) at = typeof at === "object" && at !== null ? Object.entries(at).find(([name]) => name === part)?.[1] : undefined;
  return at;
}

export function listAt(value: unknown, path?: string): Record<string, unknown>[] {
  const list = path === undefined ? value : valueAt(value, path);
  assert.ok(Array.isArray(list), `a list in ${JSON.stringify(value)}`);
  return list;
}

/** The error without the trace id, which no one can foresee. */
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
