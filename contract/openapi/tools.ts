import { z } from "zod";

import { OPERATIONS } from "../index.ts";
import { formOf, type Operation, type RawInput, takesKey, type ToolHints } from "../operation.ts";
import { type JsonObject, tagOf, toSchema, toStrictSchema } from "./openapi.ts";
import { inputSchema, outputSchema } from "./tool-schemas.ts";

/** An operation as an MCP tool: one flat object in, the REST envelope out. */
export interface Tool {
  name: string;
  /** The noun that groups it with others, such as "posts". */
  toolset: string;
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
    .describe("A unique value, such as a UUID: repeating the call with it does nothing twice, and says `replayed`.")
    .meta({ examples: ["order-4711"] }),
  ifMatch: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("`etag` that came with the post: nothing is done if it has changed since.")
    .meta({ examples: ['"3"'] }),
  wait: z
    .int()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe("Seconds to wait at most until every platform post is settled: up to 60.")
    .meta({ examples: [30] }),
});

/** Every tool, in the order of the operations. */
export const TOOLS: readonly Tool[] = OPERATIONS.flatMap((operation) =>
  operation.tool === null ? [] : [toTool(operation, operation.tool)],
);

function toTool(operation: Operation, hints: ToolHints): Tool {
  let input: JsonObject | undefined;
  let output: JsonObject | undefined;
  return {
    name: hints.name ?? operation.name,
    toolset: tagOf(operation),
    operation,
    title: hints.title ?? operation.summary,
    description: hints.description ?? operation.description,
    // Made when the first agent comes.
    get inputSchema() {
      return (input ??= inputSchema(toStrictSchema(inputOf(operation, hints), "input")));
    },
    get outputSchema() {
      return (output ??= outputSchema(toSchema(operation.answer, "output")));
    },
    annotations: {
      readOnlyHint: hints.readOnly,
      destructiveHint: hints.destructive,
      idempotentHint: hints.idempotent,
      openWorldHint: hints.openWorld,
    },
  };
}

/** Path, query and body in one object, without additional properties. */
function inputOf(operation: Operation, hints: ToolHints): z.ZodObject {
  const body = objectOf(hints.form ?? formOf(operation));
  return z.strictObject({
    ...pathParams(operation),
    ...(hints.query ?? operation.query).shape,
    ...body?.shape,
    ...optionsOf(operation),
  });
}

/** Only the path parameters. */
function pathParams({ path, params }: Operation): Record<string, z.core.$ZodType> {
  return Object.fromEntries(Object.entries(params.shape).filter(([name]) => path.includes(`:${name}`)));
}

function optionsOf(operation: Operation): Partial<typeof toolOptions.shape> {
  const { idempotencyKey, ifMatch, wait } = toolOptions.shape;
  const { waits, errors } = operation;
  return {
    ...(errors.includes("PRECONDITION_FAILED") ? { ifMatch } : {}),
    ...(takesKey(operation) ? { idempotencyKey } : {}),
    ...(waits === true ? { wait } : {}),
  };
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
