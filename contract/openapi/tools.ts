import { z } from "zod";

import { OPERATIONS } from "../index.ts";
import { formOf, type Operation, type RawInput, type ToolHints } from "../operation.ts";
import { type JsonObject, toSchema } from "./openapi.ts";

/** An operation as a tool of MCP: one flat object in, the envelope of REST out. */
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

/** The longest `wait`. */
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

/** How deep a member has to lie for null to say no more than leaving it out: above it, null empties what is stored. */
const DEPTH_OF_ABSENCE = 3;

/** What stands for the form of media where it was told before. */
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

/** Agents pay for every word: a pattern says nothing beside its format, nor do the bounds of whole numbers as such. */
function slim(schema: JsonObject): JsonObject {
  const slimmed: unknown = JSON.parse(JSON.stringify(schema), (name, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    // `{}` takes everything, too, but some clients' readers know only `true` there.
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

/** Answers are seen soon enough. */
function withoutExamples(schema: JsonObject): JsonObject {
  return Object(
    JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
      name === "examples" && Array.isArray(value) ? undefined : value,
    ),
  );
}

/**
 * The members of arguments, without what says nothing new: null where leaving out says the same, and the form of media
 * where it was told before. The operation takes both all the same.
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
            path.at(-1) === "media" && path.includes("settings") ? MEDIA_ENTRY : shorten(Object(items), [...path, "*"]),
        }),
    ...(filled.length === 0 ? {} : { anyOf: filled.map((variant) => shorten(variant, path)) }),
    ...rest,
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Path, query and body in one object, which has no other members. */
function inputOf(operation: Operation, hints: ToolHints): z.ZodObject {
  const body = objectOf(hints.form ?? formOf(operation));
  return z.strictObject({
    ...pathParams(operation),
    ...operation.query.shape,
    ...body?.shape,
    ...optionsOf(operation),
  });
}

/** Only the parameters in the path. */
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
 * A tool's arguments as the call of its operation that they mean, and the options that are no part of it. Nothing of it
 * is validated yet.
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
