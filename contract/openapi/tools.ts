import { z } from "zod";

import { OPERATIONS } from "../index.ts";
import { formOf, type Operation, type RawInput, type ToolHints } from "../operation.ts";
import { type JsonObject, toSchema } from "./openapi.ts";

/** An operation as an MCP tool: one flat object in, the REST envelope out. */
export interface Tool {
  name: string;
  operation: Operation;
  title: string;
  description: string;
  /** JSON Schema of the arguments. */
  inputSchema: JsonObject;
  /** JSON Schema of the result. */
  outputSchema: JsonObject;
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
}

/** The maximum `wait`. */
export const MAX_WAIT_SECONDS = 60;

/** What a tool accepts in addition to the fields of its operation. */
export const toolOptions = z.strictObject({
  idempotencyKey: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe(
      "A unique value for this write, such as a UUID. " +
        "Repeating the call with the same key and arguments returns the first result and does nothing, " +
        "so a call whose response was lost can be repeated safely.",
    )
    .meta({ examples: ["order-4711"] }),
  wait: z
    .int()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe("Maximum number of seconds to wait until every platform post is settled.")
    .meta({ examples: [30] }),
});

/** The depth from which null means the same as omitting a field: above it, null clears what is stored. */
const DEPTH_OF_ABSENCE = 3;

/** Replaces the schema of media if it was already described. */
const MEDIA_ENTRY = { type: "object", description: "A media entry, as in content.media." };

/** Every tool, in the order of the operations. */
export const TOOLS: readonly Tool[] = OPERATIONS.flatMap((operation) =>
  operation.tool === null ? [] : [toTool(operation, operation.tool)],
);

function toTool(operation: Operation, hints: ToolHints): Tool {
  return {
    name: hints.name ?? operation.name,
    operation,
    title: hints.title ?? operation.summary,
    description: hints.description ?? operation.description,
    inputSchema: shorten(slim(toSchema(inputOf(operation, hints), "input"))),
    outputSchema: withoutExamples(slim(toSchema(operation.answer, "output"))),
    annotations: {
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: hints.openWorld,
    },
  };
}

/** Agents pay for every word: a pattern adds nothing to its format, nor do the bounds of safe integers. */
function slim(schema: JsonObject): JsonObject {
  const slimmed: unknown = JSON.parse(JSON.stringify(schema), (name, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    // `{}` also accepts everything, but some clients' parsers only know `true` there.
    if (name === "additionalProperties" && Object.keys(value).length === 0) return true;
    if (!("type" in value)) return value;
    return Object.fromEntries(
      Object.entries(value).filter(
        ([member, given]) =>
          !(member === "pattern" && "format" in value) && Math.abs(Number(given)) !== Number.MAX_SAFE_INTEGER,
      ),
    );
  });
  return Object(slimmed);
}

/** Agents see responses soon enough. */
function withoutExamples(schema: JsonObject): JsonObject {
  return Object(
    JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
      name === "examples" && Array.isArray(value) ? undefined : value,
    ),
  );
}

/**
 * The arguments without redundancy: null if omitting means the same, and the schema of media if it was already
 * described. The operation accepts both anyway.
 */
function shorten(schema: JsonObject, path: readonly string[] = []): JsonObject {
  const { anyOf, type, properties, items, ...rest } = schema;
  const variants = listOf(anyOf).map(Object);
  const filled = path.length < DEPTH_OF_ABSENCE ? variants : variants.filter((variant) => variant.type !== "null");
  if (filled.length === 1) return shorten({ ...filled[0], ...rest }, path);
  const [only, more] = listOf(type).filter((each) => each !== "null");
  return {
    ...(type === undefined
      ? {}
      : { type: Array.isArray(type) && path.length >= DEPTH_OF_ABSENCE && more === undefined ? only : type }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(Object(properties)).map(([name, member]) => [
              name,
              shorten(Object(member), [...path, name]),
            ]),
          ),
        }),
    ...(items === undefined
      ? {}
      : {
          items:
            path.at(-1) === "media" && path.includes("platformOverrides")
              ? MEDIA_ENTRY
              : shorten(Object(items), [...path, "*"]),
        }),
    ...(filled.length === 0 ? {} : { anyOf: filled.map((variant) => shorten(variant, path)) }),
    ...rest,
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Path, query and body in one object, without additional properties. */
function inputOf(operation: Operation, hints: ToolHints): z.ZodObject {
  const body = objectOf(hints.form ?? formOf(operation));
  return z.strictObject({
    ...pathParams(operation),
    ...operation.query.shape,
    ...body?.shape,
    ...optionsOf(operation),
  });
}

/** Only the path parameters. */
function pathParams({ path, params }: Operation): Record<string, z.core.$ZodType> {
  return Object.fromEntries(Object.entries(params.shape).filter(([name]) => path.includes(`:${name}`)));
}

function optionsOf({ writes, waits }: Operation): Partial<typeof toolOptions.shape> {
  const { idempotencyKey, wait } = toolOptions.shape;
  return { ...(writes ? { idempotencyKey } : {}), ...(waits === true ? { wait } : {}) };
}

function objectOf(schema: z.core.$ZodType): z.ZodObject | undefined {
  if (schema instanceof z.ZodOptional) return objectOf(schema.unwrap());
  return schema instanceof z.ZodObject ? schema : undefined;
}

/**
 * Converts a tool's arguments to the request of its operation, and the options that are not part of it. Nothing is
 * validated yet.
 */
export function toRawInput(
  { operation }: Tool,
  given: Readonly<Record<string, unknown>>,
): RawInput & { options: Record<string, unknown> } {
  const sorted = { params: {}, query: {}, body: {}, options: {} } satisfies Record<string, Record<string, unknown>>;
  const known = { options: optionsOf(operation), params: operation.params.shape, query: operation.query.shape };
  for (const [name, value] of Object.entries(given)) {
    const place =
      (["options", "params", "query"] as const).find((each) => Object.hasOwn(known[each], name)) ??
      (operation.takes === "none" ? "query" : "body");
    Object.assign(sorted[place], { [name]: value });
  }
  const isEmpty = Object.keys(sorted.body).length === 0;
  return {
    ...sorted,
    body: operation.takes === "none" || (operation.takes === "optional" && isEmpty) ? undefined : sorted.body,
  };
}
