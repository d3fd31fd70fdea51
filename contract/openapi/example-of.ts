import type { JsonObject } from "./openapi.ts";

/**
 * The example of a schema, assembled from those of its fields. The path of a field without one is passed to `missing`,
 * and the field is shown as null.
 */
export function exampleOf(schema: JsonObject, missing: string[] = [], path = ""): unknown {
  const { examples, anyOf, properties, items } = schema;
  if (Array.isArray(examples)) return examples[0];
  if ("const" in schema) return schema.const;
  const filled = Array.isArray(anyOf) ? anyOf.map(Object).find(({ type }) => type !== "null") : undefined;
  if (filled !== undefined) return exampleOf(filled, missing, path);
  if (items !== undefined) return [exampleOf(Object(items), missing, `${path}[]`)];
  if (schema.type === "object") {
    const required = Array.isArray(schema.required) ? schema.required : [];
    const shown = Object.entries(Object(properties)).filter(([name]) => required.includes(name));
    return Object.fromEntries(
      shown.map(([name, member]) => [name, exampleOf(Object(member), missing, path === "" ? name : `${path}.${name}`)]),
    );
  }
  missing.push(path);
  return null;
}
