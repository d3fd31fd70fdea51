import { OPERATIONS } from "../contract/index.ts";
import { EXAMPLES } from "../contract/openapi/examples.ts";
import { TAGS, tagOf, toSchema } from "../contract/openapi/openapi.ts";
import { errorsOf, formOf, type Operation } from "../contract/operation.ts";
import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { code } from "./markdown.ts";
import { parameterRows } from "./operation-pages.ts";
import { fieldRows, jsonSchema, type FieldRow } from "./schema-fields.ts";

/** Fields and objects that have already been described, with the operation that described them. */
type Printed = Map<string, string>;

/** Every operation that accepts a key, in brief. Shared parts are described once. */
export function llmCalls(): string[] {
  const printed: Printed = new Map();
  const operations = OPERATIONS.filter(
    ({ successor, auth = "key" }) => successor === undefined && auth !== "session" && auth !== "operator",
  );
  return [
    "Each endpoint accepts JSON and a Bearer key, counts as `apiRead` unless it says otherwise, and can fail with " +
      `${codes(common(OPERATIONS))}. ` +
      "Writes accept `Idempotency-Key` and can fail with " +
      `${codes(extra(OPERATIONS.filter(({ writes }) => writes)))}; ` +
      `endpoints with a body can fail with ${codes(extra(OPERATIONS.filter(({ takes }) => takes !== "none")))}. ` +
      "In a request body, `null` is the same as omitting the field, except in PATCH, " +
      "where it clears a stored value. In responses, a field without a value is `null`, never omitted; " +
      "times are ISO 8601 in UTC with milliseconds.",
    "",
    ...TAGS.flatMap(([tag, about]) => {
      const listed = operations.filter((operation) => tagOf(operation) === tag);
      return listed.length === 0
        ? []
        : [`### ${tag}`, "", about, "", ...listed.flatMap((operation) => [...callLines(operation, printed), ""])];
    }),
  ];
}

function callLines(operation: Operation, printed: Printed): string[] {
  const { name, method, path, summary, description, rateClass, takes, writes, waits, streams, status, tool } =
    operation;
  const example = takes === "none" ? undefined : EXAMPLES[name];
  const notes = `${rateClass === "apiRead" ? "" : ` Counts as ${code(rateClass)}.`}${writes ? " Writes." : ""}${waits === true ? " Accepts `Prefer: wait=N` (up to 60 seconds)." : ""}${takes === "optional" ? " The body is optional." : ""}`;
  const parameters = parameterRows(operation).filter(({ path: name }) => name !== "id");
  return [
    `#### ${summary}`,
    "",
    `${code(`${method} ${path}`)}${tool === null ? "" : `, tool ${code(tool.name ?? name)}`}`,
    "",
    `${description}${notes}`,
    "",
    ...fieldLines("Path and query", parameters, printed, summary),
    ...fieldLines("Body", takes === "none" ? [] : rowsOf(formOf(operation), "input"), printed, summary),
    ...(example === undefined ? [] : [`Example: ${code(JSON.stringify(example))}`, ""]),
    ...fieldLines(
      streams === true ? "Returns server-sent events; the data of each" : `Returns ${status}`,
      rowsOf(operation.answer, "output"),
      printed,
      summary,
    ),
    ...(operation.errors.length === 0
      ? []
      : [
          `Can also fail with ${codes([...new Set(operation.errors)].filter((each) => !common(OPERATIONS).includes(each)))}`,
          "",
        ]),
  ].slice(0, -1);
}

function rowsOf(schema: Parameters<typeof toSchema>[0], io: "input" | "output"): FieldRow[] {
  const rows = fieldRows(jsonSchema.parse(toSchema(schema, io)), {
    closed: (at) => at === "content.platformOverrides",
  });
  return io === "output"
    ? rows.map((row) => ({ ...row, isRequired: false }))
    : rows.map((row) => ({ ...row, type: row.type.replace(/ or null$/, "") }));
}

/**
 * One line for each field, followed by those of an object below it. An object described earlier names that operation.
 */
function fieldLines(title: string, rows: readonly FieldRow[], printed: Printed, summary: string): string[] {
  const lines: string[] = [];
  const left = [...rows];
  for (let row = left.shift(); row !== undefined; row = left.shift()) {
    const inside = left.filter(({ path }) => path.startsWith(`${row.path}.`) || path.startsWith(`${row.path}[].`));
    const form = inside.map(({ path, type }) => `${path.slice(row.path.length).replace(/^\[\]/, "")} ${type}`).join();
    const where = inside.length > 1 ? printed.get(form) : undefined;
    if (where !== undefined) left.splice(0, inside.length);
    else if (inside.length > 1) printed.set(form, summary);
    lines.push(lineOf(row, printed, where));
  }
  return lines.length === 0 ? [] : [`${title}:`, ...lines, ""];
}

function lineOf(
  { path, type, isRequired, description }: FieldRow,
  printed: Printed,
  where: string | undefined,
): string {
  const steps = path.split(".");
  const name = steps.at(-1) ?? path;
  const line = `- ${code(name)} ${type}${isRequired ? ", required" : ""}`;
  const isKnown = printed.has(description);
  printed.set(description, name);
  const ends = [where === undefined ? "" : `same as in ${where}`, isKnown ? "" : description.replace(/\.$/, "")].filter(
    (each) => each !== "",
  );
  return `${"  ".repeat(steps.length - 1)}${line}${ends.length === 0 ? "" : `: ${ends.join(". ")}`}`;
}

function codes(listed: readonly PublicCode[]): string {
  return listed.map((each) => `${PUBLIC_CODES[each].status} ${code(each)}`).join(", ");
}

/** The codes that all of the operations can fail with. */
function common(operations: readonly Operation[]): PublicCode[] {
  const [first, ...others] = operations.map(errorsOf);
  return (first ?? []).filter((each) => others.every((codes) => codes.includes(each)));
}

/** The codes that all of these operations can fail with, except those that every operation can fail with. */
function extra(operations: readonly Operation[]): PublicCode[] {
  const everywhere = common(OPERATIONS);
  return common(operations).filter((each) => !everywhere.includes(each));
}
