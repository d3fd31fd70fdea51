import type { Call } from "../../../sandbox/platform.ts";
import { ERRORS, Refusal, schemaError } from "./errors.ts";

/** How Rest.li reads a body: unknown and missing fields are reported together, by path. */

export type Kind = "string" | "boolean" | "integer" | "object" | "array";

export type Schema = Readonly<Record<string, { kind: Kind; required?: true }>>;

export type Fields = Readonly<Record<string, unknown>>;

export function bodyOf(call: Call): Fields {
  const value = call.body.kind === "json" ? call.body.value : undefined;
  if (!isFields(value)) throw new Refusal(ERRORS.noMap);
  return value;
}

/** The object, whose fields all match the schema. */
export function checkFields(value: unknown, path: string, schema: Schema): Fields {
  if (!isFields(value))
    throw new Refusal(schemaError([`${path} :: ${JSON.stringify(value)} cannot be coerced to a record`]));
  const missing = Object.entries(schema).filter(([name, { required }]) => required && (value[name] ?? null) === null);
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(schema, name));
  const wrong = Object.entries(schema).filter(
    ([name, { kind }]) => (value[name] ?? null) !== null && !isKind(value[name], kind),
  );
  const problems = [
    ...missing.map(([name]) => `${path}/${name} :: field is required but not found and has no default value`),
    ...unknown.map((name) => `${path}/${name} :: unrecognized field found but not allowed`),
    ...wrong.map(
      ([name, { kind }]) => `${path}/${name} :: ${JSON.stringify(value[name])} cannot be coerced to ${kind}`,
    ),
  ];
  if (problems.length > 0) throw new Refusal(schemaError(problems));
  return value;
}

/** The text of a field that passed `checkFields`. */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKind(value: unknown, kind: Kind): boolean {
  if (kind === "object") return isFields(value);
  if (kind === "array") return Array.isArray(value);
  return kind === "integer" ? Number.isInteger(value) : typeof value === kind;
}
