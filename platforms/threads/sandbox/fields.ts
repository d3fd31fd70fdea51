import { jsonAnswer, type Call, type PlatformAnswer } from "../../../sandbox/platform.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";

/** The `fields` parameter of Graph reads. */

/** What an object can tell, by field. A field without a value is `undefined` or gives it. */
export type Values = Record<string, (() => unknown) | undefined>;

export function answerFields(call: Call, values: Values): PlatformAnswer {
  return jsonAnswer(pick(fieldsOf(call), values), { headers: graphHeaders(call) });
}

/** Those asked for, and always the id. A field without a value is left out; one that does not exist is refused. */
export function pick(fields: string[], values: Values): Record<string, unknown> {
  const unknown = fields.find((field) => !Object.hasOwn(values, field));
  if (unknown !== undefined) throw noField(unknown);
  const found = [...new Set([...fields, "id"])].map((field) => [field, values[field]?.()]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

export function noField(field: string): Refusal {
  return new Refusal(ERRORS.invalid(`Tried accessing nonexisting field (${field}).`));
}

/** The names in `fields`, those inside braces left out: `id,children{media_type}` names `id` and `children`. */
export function fieldsOf(call: Call): string[] {
  return (call.params["fields"] ?? "")
    .replace(/\{[^{}]*\}/g, "")
    .split(",")
    .map((field) => field.trim())
    .filter(Boolean);
}

/** The names in the braces behind `children`. */
export function fieldsOfChildren(call: Call): string[] {
  const inner = /\bchildren\{([^{}]*)\}/.exec(call.params["fields"] ?? "")?.[1] ?? "";
  return inner
    .split(",")
    .map((field) => field.trim())
    .filter(Boolean);
}
