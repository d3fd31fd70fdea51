import { jsonAnswer, type Call, type PlatformAnswer } from "../../../sandbox/platform.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";

/** The `fields` parameter of Graph reads. */

/** An object's readable fields. A field without a value is `undefined` or returns it. */
export type Values = Record<string, (() => unknown) | undefined>;

export function answerFields(call: Call, values: Values): PlatformAnswer {
  return jsonAnswer(pick(fieldsOf(call), values), { headers: graphHeaders(call) });
}

/** The requested fields, and always the ID. Fields without a value are left out; unknown ones are rejected. */
export function pick(fields: string[], values: Values): Record<string, unknown> {
  const unknown = fields.find((field) => !Object.hasOwn(values, field));
  if (unknown !== undefined) throw noField(unknown);
  const found = [...new Set([...fields, "id"])].map((field) => [field, values[field]?.()]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

export function noField(field: string): Refusal {
  return new Refusal(ERRORS.invalid(`Tried accessing nonexisting field (${field}).`));
}

/** The names in `fields`, without those in braces: `id,children{media_type}` gives `id` and `children`. */
export function fieldsOf(call: Call): string[] {
  return (call.params["fields"] ?? "")
    .replace(/\{[^{}]*\}/g, "")
    .split(",")
    .map((field) => field.trim())
    .filter(Boolean);
}

/** The names in the braces after `children`. */
export function fieldsOfChildren(call: Call): string[] {
  const inner = /\bchildren\{([^{}]*)\}/.exec(call.params["fields"] ?? "")?.[1] ?? "";
  return inner
    .split(",")
    .map((field) => field.trim())
    .filter(Boolean);
}
