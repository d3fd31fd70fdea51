import { z } from "zod";

import { catalog } from "../../platforms/catalog.ts";

/** One field of a request. `*` in the path stands for an array index. */
export interface Field {
  path: readonly string[];
  description: string | null;
  example: unknown;
  /** Whether it accepts only integers. */
  whole: boolean;
}

const known = new WeakMap<z.ZodType, readonly Field[]>();

/**
 * Every field of a schema, top-level fields first; below a platform's settings, also those of its own schema.
 */
export function fieldsOf(schema: z.ZodType): readonly Field[] {
  let fields = known.get(schema);
  if (fields === undefined) {
    fields = walk(toJson(schema), []).sort((a, b) => a.path.length - b.path.length);
    known.set(schema, fields);
  }
  return fields;
}

/** The field at a location in a request: its path with array indexes as `*`. */
export function fieldAt(schema: z.ZodType, path: readonly PropertyKey[]): Field | undefined {
  const pattern = path.map((step) => (typeof step === "number" ? "*" : String(step))).join("\n");
  return fieldsOf(schema).find((field) => field.path.join("\n") === pattern);
}

/** The names of the fields of the object at a location in a request. */
export function namesIn(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const pattern = path.map((step) => (typeof step === "number" ? "*" : String(step))).join("\n");
  return fieldsOf(schema).flatMap(({ path: at }) =>
    at.length === path.length + 1 && at.slice(0, -1).join("\n") === pattern ? at.slice(-1) : [],
  );
}

type Json = z.core.JSONSchema.BaseSchema;

function toJson(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" });
}

function walk(schema: Json, path: readonly string[]): Field[] {
  const variants = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const found = [...variants.flatMap(members), ...settings(path)];
  return found.flatMap(([name, member]) => below(member, [...path, name]));
}

function below(schema: Json, path: readonly string[]): Field[] {
  const { description = null, examples } = schema;
  const whole = [schema, ...(schema.anyOf ?? [])].some(({ type }) => type === "integer");
  return [
    { path, description, example: Array.isArray(examples) ? examples[0] : undefined, whole },
    ...walk(schema, path),
  ];
}

function members(schema: Json): [string, Json][] {
  const listed = Object.entries(schema.properties ?? {}).filter(isSchemaEntry);
  const names = isSchema(schema.propertyNames) ? (schema.propertyNames.enum ?? []) : [];
  const member = schema.additionalProperties;
  const items = schema.items;
  return [
    ...listed,
    ...(isSchema(member) ? names.map((name): [string, Json] => [String(name), member]) : []),
    ...(isSchema(items) ? [["*", items] satisfies [string, Json]] : []),
  ];
}

/** The settings' own schemas are validated by the platforms' rules, so they are separate from the request's schema. */
function settings(path: readonly string[]): [string, Json][] {
  const [, overrides, platform, last] = path;
  if (overrides !== "platformOverrides" || last !== "settings" || path.length !== 4) return [];
  const definition = Object.entries(catalog).find(([name]) => name === platform)?.[1];
  return definition === undefined ? [] : members(toJson(definition.settings));
}

function isSchema(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSchemaEntry(entry: [string, unknown]): entry is [string, Json] {
  return isSchema(entry[1]);
}
