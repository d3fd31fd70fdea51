import { z } from "zod";

import { PUBLIC_CODES } from "../model/errors.ts";
import { EVENT_TYPES } from "../model/events.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { joinWords } from "../platforms/describe.ts";
import { code } from "./markdown.ts";

/** One field of a schema, as shown in tables. */
export interface FieldRow {
  /** "content.media[].url" */
  path: string;
  type: string;
  isRequired: boolean;
  description: string;
}

/** The parts of JSON Schema that are read. */
export const jsonSchema = z.looseObject({
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  format: z.string().optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
});
export type JsonSchema = z.infer<typeof jsonSchema>;

/**
 * All fields of an object's schema, nested ones right after their parent. Fields below `closed` are described
 * elsewhere.
 */
export function fieldRows(
  schema: JsonSchema,
  options: { prefix?: string; closed?: (path: string) => boolean } = {},
): FieldRow[] {
  const { prefix = "", closed = () => false } = options;
  const variants = [schema, ...(schema.anyOf ?? [])];
  return variants.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([name, member]) => {
      const path = `${prefix}${name}`;
      const row = {
        path,
        type: typeOf(member),
        isRequired: required.includes(name),
        description:
          member.description ?? member.anyOf?.find(({ description }) => description !== undefined)?.description ?? "",
      };
      return closed(path)
        ? [row]
        : [row, ...fieldRows(member, { ...options, prefix: `${path}.` }), ...listRows(member, path, options)];
    }),
  );
}

function listRows(member: JsonSchema, path: string, options: { closed?: (path: string) => boolean }): FieldRow[] {
  return [member, ...(member.anyOf ?? [])].flatMap(({ items }) =>
    items === undefined ? [] : fieldRows(items, { ...options, prefix: `${path}[].` }),
  );
}

/** "string", `"PUBLIC"` or `"CONNECTIONS"`, "list of objects". */
export function typeOf(schema: JsonSchema): string {
  if (schema.anyOf) return joinWords([...new Set(schema.anyOf.map(typeOf))], "or");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  const named = LISTS.find(
    ({ values }) => schema.enum?.length === values.length && values.every((value) => schema.enum?.includes(value)),
  );
  if (named !== undefined) return named.name;
  if (schema.enum)
    return joinWords(
      schema.enum.map((value) => (value === null ? "null" : code(JSON.stringify(value)))),
      "or",
    );
  const types = [schema.type ?? "any"]
    .flat()
    .map((type) =>
      type === "array" && schema.items !== undefined
        ? `list of ${plural(typeOf(schema.items))}`
        : type === "string" && schema.format === "date-time"
          ? "time"
          : type,
    );
  return joinWords(types, "or");
}

/** Enums described elsewhere and too long to repeat in every table. */
const LISTS: readonly { name: string; values: readonly string[] }[] = [
  { name: "platform key", values: PLATFORM_NAMES },
  { name: "error code", values: Object.keys(PUBLIC_CODES) },
  { name: "event", values: EVENT_TYPES },
];

function plural(type: string): string {
  return /^[a-z ]+$/.test(type) ? `${type}s` : type;
}
