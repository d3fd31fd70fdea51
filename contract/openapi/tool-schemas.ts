import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import type { JsonObject } from "./openapi.ts";

/**
 * The schemas that agents read before they call anything. Agents pay for every word, and operations validate their
 * arguments themselves and explain every issue, so these may accept more than the operations.
 */

/** Bounds are in descriptions where they matter, and in the issues of arguments that exceed them. */
const OMITTED = new Set([
  "pattern",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "default",
]);

/** Types whose values need no example. */
const EVIDENT = new Set<unknown>(["boolean", "integer", "number"]);

/** The depth from which null means the same as omitting a field: above it, null clears what is stored. */
const DEPTH_OF_ABSENCE = 3;

const DEEPEST_RESULT = 2;

/** A longer schema that is already in the list is not repeated: its first place is named. */
const LONGEST_COPY = 100;

/** The settings of all platforms are longer than everything else together. */
const OVERRIDES = {
  anyOf: [{ type: "object" }, { type: "null" }],
  description:
    "What differs on individual platforms, by platform key: `text`, `media` (like `content.media`; empty for none) " +
    "and `settings`. platforms_describe and the resource ampost://platforms/NAME have a platform's settings.",
  examples: [{ [EXAMPLE_PLATFORM]: { text: "Hello from Threads!", settings: { replyControl: "everyone" } } }],
};

/** The schema of a tool's arguments: names, types and descriptions. */
export function inputSchema(schema: JsonObject): JsonObject {
  return { ...argument(schema, []), additionalProperties: false };
}

function argument(schema: JsonObject, path: readonly string[]): JsonObject {
  const { anyOf, type, properties, items, examples, additionalProperties: _, ...rest } = schema;
  if (path.at(-1) === "platformOverrides") return OVERRIDES;
  const variants = listOf(anyOf).map(Object);
  const filled = path.length < DEPTH_OF_ABSENCE ? variants : variants.filter((variant) => variant.type !== "null");
  if (filled.length === 1) return argument({ ...filled[0], ...rest, examples }, path);
  const isEvident = [schema, Object(items), ...filled].some(
    (each) => each.format !== undefined || each.enum !== undefined || EVIDENT.has(each.type),
  );
  const [only, more] = listOf(type).filter((each) => each !== "null");
  const single = Array.isArray(type) && path.length >= DEPTH_OF_ABSENCE && more === undefined;
  return {
    ...(type === undefined ? {} : { type: single ? only : type }),
    ...(properties === undefined
      ? {}
      : { properties: members(properties, (member, name) => argument(member, [...path, name])) }),
    ...(items === undefined ? {} : { items: argument(Object(items), [...path, "*"]) }),
    ...(filled.length === 0 ? {} : { anyOf: filled.map((variant) => argument(saidOnce(variant, schema), path)) }),
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => !OMITTED.has(name))),
    ...(examples === undefined || isEvident || path.length > 1 ? {} : { examples }),
  };
}

/** A variant without what the whole says, too. */
function saidOnce({ description, examples, ...variant }: JsonObject, whole: JsonObject): JsonObject {
  return {
    ...variant,
    ...(whole.description === undefined && description !== undefined ? { description } : {}),
    ...(whole.examples === undefined && examples !== undefined ? { examples } : {}),
  };
}

/**
 * The schema of a tool's result: the names of its fields, and of theirs, with the values if they are few. Types and
 * deeper fields are seen soon enough.
 */
export function outputSchema(schema: JsonObject, depth = 0): JsonObject {
  const { anyOf, properties, items } = schema;
  const [variant, ...others] = listOf(anyOf).filter((each) => Object(each).type !== "null");
  if (variant !== undefined) {
    if (others.length > 0) return {};
    const { type, enum: values, ...rest } = outputSchema(Object(variant), depth);
    return {
      ...(type === undefined ? {} : { type: [...new Set([type, "null"].flat())] }),
      ...(Array.isArray(values) ? { enum: [...new Set([...values, null])] } : {}),
      ...rest,
    };
  }
  const values = listOf(schema.enum);
  const isEvident = depth === DEEPEST_RESULT && schema.type !== "array" && schema.type !== "object";
  const isKnown = values.length === 0 || values.length > 8 || values.length === PLATFORM_NAMES.length;
  return {
    ...(schema.type === undefined || isEvident ? {} : { type: schema.type }),
    ...(isKnown ? {} : { enum: values }),
    ...(schema.const === undefined ? {} : { const: schema.const }),
    ...(properties === undefined || depth === DEEPEST_RESULT
      ? {}
      : { properties: members(properties, (member) => outputSchema(member, depth + 1)) }),
    ...(items === undefined || depth === DEEPEST_RESULT ? {} : { items: outputSchema(Object(items), depth) }),
  };
}

/** The tools with every longer schema once: where it is repeated, its first place is named. */
export function withoutCopies<Listed extends { name: string; inputSchema: JsonObject; outputSchema: JsonObject }>(
  tools: readonly Listed[],
): Listed[] {
  const places = new Map<string, string>();
  return tools.map((tool) => ({
    ...tool,
    inputSchema: once(tool.inputSchema, [], { kind: "input", tool: tool.name, places }),
    outputSchema: once(tool.outputSchema, [], { kind: "output", tool: tool.name, places }),
  }));
}

interface Listing {
  kind: "input" | "output";
  tool: string;
  places: Map<string, string>;
}

function once(schema: JsonObject, path: readonly string[], listing: Listing): JsonObject {
  const { properties, items, anyOf, description, examples, required, ...others } = schema;
  const shown = examples === undefined ? {} : { examples };
  const variants = listOf(anyOf).map(Object);
  const { type: itemType, properties: itemMembers } = Object(items);
  const isWhole =
    (items === undefined || (itemType !== undefined && itemMembers === undefined)) &&
    variants.every((variant) => variant.items === undefined);
  const form = `${listing.kind} ${JSON.stringify(properties === undefined ? schema : { ...schema, description: "" })}`;
  if (path.length > 0 && form.length > LONGEST_COPY && isWhole) {
    const place = listing.places.get(form);
    if (place === undefined)
      listing.places.set(form, `${path.filter((name) => name !== "*").join(".")} in ${listing.tool}`);
    else {
      const said = properties === undefined || description === undefined ? "" : `${String(description)} `;
      const types = variants.map(({ type, format }) => ({ type, ...(format === undefined ? {} : { format }) }));
      const named = {
        ...others,
        ...(anyOf === undefined ? {} : { anyOf: types }),
        // Some clients reject arrays without it.
        ...(items === undefined ? {} : { items: { type: itemType } }),
        description: `${said}As ${place}.`,
      };
      if (JSON.stringify(named).length < JSON.stringify(schema).length) return named;
    }
  }
  return {
    ...others,
    ...shown,
    ...(required === undefined ? {} : { required }),
    ...(description === undefined ? {} : { description }),
    ...(properties === undefined
      ? {}
      : { properties: members(properties, (member, name) => once(member, [...path, name], listing)) }),
    ...(items === undefined ? {} : { items: once(Object(items), [...path, "*"], listing) }),
    ...(anyOf === undefined ? {} : { anyOf: variants.map((variant) => once(variant, path, listing)) }),
  };
}

function members(properties: unknown, change: (member: JsonObject, name: string) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(Object(properties)).map(([name, member]) => [name, change(Object(member), name)]),
  );
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
