import { OPERATIONS } from "../contract/index.ts";
import { exampleOf } from "../contract/openapi/example-of.ts";
import { TAGS, tagOf, toSchema } from "../contract/openapi/openapi.ts";
import { errorsOf, formOf, type Operation, takesKey } from "../contract/operation.ts";
import { PUBLIC_CODES } from "../model/errors.ts";
import { code, fenced, table } from "./markdown.ts";
import type { Addresses, DocPage } from "./pages.ts";
import { samplesOf } from "./samples.ts";
import { fieldRows, jsonSchema, type FieldRow } from "./schema-fields.ts";

/** A page for each resource of the API, with its operations. */
export function operationPages(addresses: Addresses): DocPage[] {
  return TAGS.map(([tag, about]) => {
    const operations = OPERATIONS.filter((operation) => tagOf(operation) === tag);
    const title = titleOfTag(tag);
    const lines = [
      `# ${title}`,
      "",
      about,
      "",
      ...operationTable(operations, ""),
      ...operations.flatMap((operation) => ["", ...operationSection(operation, addresses)]),
      "",
    ];
    return { path: `/docs/api/${tag}`, title, group: "API", markdown: lines.join("\n") };
  });
}

/** What a group of operations is called. */
export function titleOfTag(tag: string): string {
  return TITLES[tag] ?? `${tag.slice(0, 1).toUpperCase()}${tag.slice(1).replaceAll("-", " ")}`;
}

const TITLES: Readonly<Record<string, string>> = {
  keys: "API keys",
  legacy: "Legacy endpoints",
  people: "Users and sessions",
};

/** All operations, linked to their descriptions. */
export function operationOverview(): string[] {
  return TAGS.flatMap(([tag, about]) => [
    `## [${TITLES[tag] ?? tag.replaceAll("-", " ")}](/docs/api/${tag})`,
    "",
    about,
    "",
    ...operationTable(
      OPERATIONS.filter((operation) => tagOf(operation) === tag),
      `/docs/api/${tag}`,
    ),
    "",
  ]);
}

function operationTable(operations: readonly Operation[], page: string): string[] {
  return table(
    ["Endpoint", "Description", "Authentication"],
    operations.map((operation) => [
      `[${code(`${operation.method} ${operation.path}`)}](${page}#${operation.name})`,
      operation.summary,
      AUTH[operation.auth ?? "key"],
    ]),
  );
}

const AUTH = {
  key: "a key",
  session: "a session",
  either: "a key or a session",
  operator: "an operator key",
} as const;
const AUTH_SENTENCES = {
  key: "Requires an API key.",
  session:
    "Requires a dashboard session, on the dashboard's host; API keys are rejected. " +
    "Add `?mode=test` for test mode, and `?workspace=` for [another's workspace](/docs/workspaces). Requests that change anything must have the dashboard's `Origin`.",
  either: "Requires an API key or a dashboard session.",
  operator: "Requires an operator key; API keys and sessions are rejected.",
} as const;

/** The full description of an operation. */
export function operationSection(operation: Operation, addresses: Addresses): string[] {
  const {
    name,
    method,
    path,
    summary,
    description,
    successor,
    rateClass,
    auth = "key",
    takes,
    waits,
    streams,
    status,
  } = operation;
  return [
    `## ${summary} {#${name}}`,
    "",
    code(`${method} ${path}`),
    "",
    ...(successor === undefined ? [] : [`Legacy endpoint, replaced by ${code(successor)}.`, ""]),
    description,
    "",
    `${AUTH_SENTENCES[auth]}${auth === "operator" ? "" : ` Counts as [${code(rateClass)}](/docs/limits).`}` +
      `${takesKey(operation) ? " Accepts `Idempotency-Key`." : ""}${waits === true ? " Accepts `Prefer: wait=N` (up to 60 seconds)." : ""}${TAKES[takes]}`,
    "",
    ...fieldSection("Path and query", parameterRows(operation)),
    ...fieldSection(
      "Body",
      takes === "none"
        ? []
        : fieldRows(jsonSchema.parse(toSchema(formOf(operation), "input")), {
            closed: (at) => at === "content.platformOverrides",
          }),
    ),
    ...samplesOf(operation, addresses).flatMap(({ language, code: sample }) => [...fenced(language, sample), ""]),
    ...fieldSection(
      streams === true ? `Response ${status}: server-sent events; the data of each` : `Response ${status}`,
      answerRows(operation),
    ),
    ...(successor === undefined
      ? [...fenced("json", JSON.stringify(exampleOf(toSchema(operation.answer, "output")), null, 2)), ""]
      : []),
    `Errors: ${refusals(operation)}.`,
  ];
}

/** The codes by status, linked to their pages. */
function refusals(operation: Operation): string {
  const codes = errorsOf(operation).toSorted((one, other) => PUBLIC_CODES[one].status - PUBLIC_CODES[other].status);
  return [...Map.groupBy(codes, (each) => PUBLIC_CODES[each].status)]
    .map(([status, listed]) => `${status} ${listed.map((each) => `[${code(each)}](/docs/errors/${each})`).join(", ")}`)
    .join(" · ");
}

const TAKES = {
  none: "",
  optional: " The body is optional.",
  required: "",
  multipart: " The body is JSON, or multipart/form-data with `data` (the same JSON) and `files`.",
  upload: " The body is JSON, or multipart/form-data with one `file`.",
} as const;

function fieldSection(title: string, rows: readonly FieldRow[]): string[] {
  if (rows.length === 0) return [];
  return [
    `**${title}**`,
    "",
    ...table(
      ["Field", "Type", "Description"],
      rows.map(({ path, type, isRequired, description }) => [
        code(path),
        type,
        isRequired ? `Required. ${description}` : description,
      ]),
    ),
    "",
  ];
}

export function parameterRows({ params, query, path }: Operation): FieldRow[] {
  const inPath = fieldRows(jsonSchema.parse(toSchema(params, "input"))).filter((row) => path.includes(`:${row.path}`));
  return [
    ...inPath.map((row) => ({ ...row, isRequired: true })),
    ...fieldRows(jsonSchema.parse(toSchema(query, "input"))),
  ];
}

/** A post and an issue are the same everywhere, so they are described only in "Create a post". */
function answerRows(operation: Operation): FieldRow[] {
  const known = operation.name === "posts_create" ? [] : ["post", "warnings", "issues"];
  return fieldRows(jsonSchema.parse(toSchema(operation.answer, "output")), { closed: (at) => known.includes(at) }).map(
    (row) => {
      const isObject = row.type === "object" || row.type === "list of objects";
      return {
        ...row,
        isRequired: false,
        description:
          row.description === "" && isObject && known.includes(row.path)
            ? "See [Create a post](/docs/api/posts#posts_create)."
            : row.description,
      };
    },
  );
}
