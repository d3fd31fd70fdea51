import { catalog } from "../platforms/catalog.ts";
import type { JsonSchema } from "./schema-fields.ts";

/** A field of an n8n node, as in `INodeProperties`. */
export interface N8nField {
  displayName: string;
  name: string;
  type: string;
  default: unknown;
  [member: string]: unknown;
}

/** Where a field's value is sent: "content.text" of the body, or a query parameter. */
export interface RoutingTarget {
  type: "body" | "query";
  property: string;
}

/**
 * One request field as a node field. Its labels and description follow n8n's own style rules.
 */
export function fieldOf(name: string, given: JsonSchema, target: RoutingTarget): N8nField {
  const schema = plain(given);
  const { value, ...kind } = kindOf(schema, name);
  return {
    ...wordsOf(name, schema, kind.type),
    ...kind,
    routing: { send: { ...target, ...(value === undefined ? {} : { value }) } },
  };
}

/**
 * Every field of an object, each separate; nested fields are flattened, with both names combined.
 */
export function fieldsBelow(schema: JsonSchema, target: RoutingTarget, prefix = ""): N8nField[] {
  return Object.entries(plain(schema).properties ?? {}).flatMap(([name, given]) => {
    const member = plain(given);
    const inside = { type: target.type, property: `${target.property}.${name}` };
    const full = prefix === "" ? name : `${prefix}${upperFirst(name)}`;
    return member.properties === undefined
      ? [{ ...fieldOf(name, member, inside), name: full, displayName: titleOf(full) }]
      : fieldsBelow(member, inside, name === "settings" ? prefix : full);
  });
}

/** A schema without its null; the first one if there are several. */
export function plain(schema: JsonSchema): JsonSchema {
  const variant = schema.anyOf?.find(({ type }) => type !== "null");
  const { type } = schema;
  if (variant !== undefined) return { ...plain(variant), description: schema.description ?? variant.description };
  return Array.isArray(type) ? { ...schema, type: type.find((each) => each !== "null") } : schema;
}

/** "thumbOffsetMs" as "Thumb Offset Ms". */
export function titleOf(name: string): string {
  const words = name
    .replace(/[-_]/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(" ");
  return words
    .map(
      (word, index) =>
        UPPER[word.toLowerCase()] ??
        (index > 0 && index < words.length - 1 && SMALL.has(word.toLowerCase())
          ? word.toLowerCase()
          : upperFirst(word)),
    )
    .join(" ");
}

/** The display name of a value: "X (Twitter)", "Mentioned Only". */
export function labelOf(value: unknown): string {
  const text = String(value);
  return LABELS[text] ?? titleOf(/[a-z]/.test(text) ? text.replaceAll(".", " ") : text.toLowerCase());
}

const UPPER: Readonly<Record<string, string>> = { id: "ID", ids: "IDs", url: "URL", urls: "URLs", mime: "MIME" };
const SMALL = new Set(["to", "for", "by", "of", "a", "the"]);

/** A text of the contract in n8n's style: HTML, and no period after a single sentence. */
export function sentenceOf(text: string): string {
  const cased = escape(text.trim()).replace(
    /\b(id|url)(s?)\b/gi,
    (_, word: string, plural: string) => `${word.toUpperCase()}${plural}`,
  );
  const whole = upperFirst(cased.replace(/`([^`]*)`/g, "<code>$1</code>"));
  return whole.split(". ").length === 1 ? whole.replace(/\.$/, "") : whole;
}

export function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** n8n sorts longer lists by name. */
export function sorted<Item extends { name: string; displayName?: string }>(items: readonly Item[]): Item[] {
  const nameOf = ({ displayName, name }: Item) => displayName ?? name;
  return items.length < 5
    ? [...items]
    : [...items].sort((one, other) => nameOf(one).localeCompare(nameOf(other), "en"));
}

function wordsOf(
  name: string,
  schema: JsonSchema,
  type: string,
): Pick<N8nField, "displayName" | "name"> & { description?: string; placeholder?: string } {
  const text = schema.description ?? "";
  const description = type === "boolean" ? whether(text) : text;
  const example = type === "string" && Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  return {
    displayName: titleOf(name),
    name,
    ...(description === "" ? {} : { description: sentenceOf(description) }),
    ...(typeof example === "string" ? { placeholder: `e.g. ${example}` } : {}),
  };
}

/** n8n's descriptions of switches start with "Whether". */
function whether(text: string): string {
  const said = text.replace(/^true: /, "");
  if (said.startsWith("Whether")) return said;
  return said === text ? `Whether this ${said.slice(0, 1).toLowerCase()}${said.slice(1)}` : `Whether ${said}`;
}

/** The type of the field, and the expression that is sent if it is not the value itself. */
function kindOf(
  schema: JsonSchema,
  name: string,
): { type: string; default: unknown; value?: string; [member: string]: unknown } {
  const choices = schema.const === undefined ? schema.enum : [schema.const];
  if (choices !== undefined)
    return { type: "options", options: optionsOf(choices), default: schema.default ?? choices[0] };
  if (schema.format === "date-time") return { type: "dateTime", default: "", value: TIME };
  if (schema.type === "boolean") return { type: "boolean", default: schema.default ?? false };
  if (schema.type === "integer" || schema.type === "number")
    return { type: "number", ...boundsOf(schema), default: schema.default ?? 0 };
  if (schema.type === "array") return listOf(plain(schema.items ?? {}), name);
  if (schema.type === "object") return { type: "json", default: "{}", value: JSON_VALUE };
  return { type: "string", ...(name === "text" ? { typeOptions: { rows: 4 } } : {}), default: schema.default ?? "" };
}

function listOf(item: JsonSchema, name: string): ReturnType<typeof kindOf> {
  if (item.enum !== undefined) return { type: "multiOptions", options: optionsOf(item.enum), default: [] };
  if (item.type === "string") return { type: "string", typeOptions: { multipleValues: true }, default: [] };
  if (!isFlat(item)) return { type: "json", default: "[]", value: JSON_VALUE };
  const values = Object.entries(item.properties ?? {}).map(([member, schema]) => entryField(member, plain(schema)));
  return {
    type: "fixedCollection",
    typeOptions: { multipleValues: true, sortable: true },
    placeholder: `Add ${titleOf(name)}`,
    default: {},
    options: [{ displayName: "Entries", name: "entries", values: sorted(values) }],
    value: ENTRIES,
  };
}

/** A field of a list entry. All are present in every entry, so each needs a value that means "not set". */
function entryField(name: string, schema: JsonSchema): N8nField {
  const { value: _, ...kind } = kindOf(schema, name);
  const choice =
    schema.enum === undefined
      ? {}
      : { options: [{ name: "Not Given", value: "" }, ...optionsOf(schema.enum)], default: "" };
  return { ...wordsOf(name, schema, kind.type), ...kind, ...choice };
}

/** Whether every field can be told apart from an unset one: a text that is not empty, a number that is not 0. */
function isFlat(item: JsonSchema): boolean {
  return Object.values(item.properties ?? {})
    .map(plain)
    .every(({ type, exclusiveMinimum, minimum }) => type === "string" || exclusiveMinimum === 0 || Number(minimum) > 0);
}

function optionsOf(values: readonly unknown[]): { name: string; value: unknown }[] {
  return sorted(values.map((value) => ({ name: labelOf(value), value })));
}

/** The largest integer means "not set". */
function boundsOf({ minimum, maximum }: JsonSchema): { typeOptions?: { minValue?: number; maxValue?: number } } {
  const isBound = (value: unknown): value is number =>
    typeof value === "number" && Math.abs(value) !== Number.MAX_SAFE_INTEGER;
  const bounds = {
    ...(isBound(minimum) ? { minValue: minimum } : {}),
    ...(isBound(maximum) ? { maxValue: maximum } : {}),
  };
  return Object.keys(bounds).length === 0 ? {} : { typeOptions: bounds };
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** n8n's date-times have no offset: they are in the workflow's time zone. */
const TIME =
  "={{ typeof $value === 'string' && DateTime.fromISO($value).isValid ? DateTime.fromISO($value).toISO() : $value }}";
const JSON_VALUE = "={{ typeof $value === 'string' ? JSON.parse($value) : $value }}";
const ENTRIES =
  "={{ $value.entries && $value.entries.map((entry) => Object.fromEntries(Object.entries(entry).filter((member) " +
  "=> member[1] !== '' && member[1] !== 0))) }}";

const LABELS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(catalog).map(({ capabilities: { platform, label } }) => [platform, label]),
);
