import { OPERATIONS } from "../contract/index.ts";
import { EXAMPLES } from "../contract/openapi/examples.ts";
import { tagOf, TAGS, toSchema } from "../contract/openapi/openapi.ts";
import { toolOptions } from "../contract/openapi/tools.ts";
import { formOf, type Operation, takesKey } from "../contract/operation.ts";
import { EVENT_TYPES, type EventType } from "../model/events.ts";
import {
  fieldOf,
  fieldsBelow,
  labelOf,
  type N8nField,
  type RoutingTarget,
  plain,
  sentenceOf,
  sorted,
  titleOf,
} from "./n8n-fields.ts";
import { camel, nameOf, nounOf, singularOf, valueOf } from "./n8n-names.ts";
import { jsonSchema, type JsonSchema } from "./schema-fields.ts";

/**
 * `integrations/n8n/nodes/Ampost/properties.ts`: every operation available to keys, as n8n's declarative nodes define
 * them, generated so that none of them can drift from the API.
 */
export function n8nNode(): string {
  const byResource = Map.groupBy(OFFERED, tagOf);
  const resources = TAGS.map(([tag]) => tag).filter((tag) => byResource.has(tag));
  const resource: N8nField = {
    displayName: "Resource",
    name: "resource",
    type: "options",
    noDataExpression: true,
    options: sorted(resources.map((tag) => ({ name: titleOf(singularOf(tag)), value: camel(singularOf(tag)) }))),
    default: "post",
  };
  const properties = [resource, ...resources.flatMap((tag) => resourceFields(tag, byResource.get(tag) ?? []))];
  return [
    "// Printed from the contract by `npm run generate`. Change that, not this.",
    'import type { INodeProperties, INodePropertyOptions } from "n8n-workflow";',
    "",
    'import { attachFiles } from "./attach-files.ts";',
    'import { tellRefusal } from "./tell-refusal.ts";',
    "",
    `export const properties: INodeProperties[] = ${print(properties, "")};`,
    "",
    "/** The events that start a workflow. */",
    `export const events: INodePropertyOptions[] = ${print(sorted(EVENT_TYPES.map(eventOption)), "")};`,
    "",
  ].join("\n");
}

function eventOption(type: EventType): { name: string; value: string } {
  return { name: labelOf(type), value: type };
}

/** No workflow changes its user's own apps, which only keys with a policy can. */
const OFFERED = OPERATIONS.filter(
  ({ auth = "key", name, successor, path, streams, batch }) =>
    // n8n itself makes a call for each item.
    batch === undefined &&
    auth !== "session" &&
    successor === undefined &&
    streams !== true &&
    path.startsWith("/api/v1/") &&
    !name.startsWith("apps_"),
);

/**
 * The choice of an operation, and the fields of each. A field that several operations share is defined once and shown
 * for all of them.
 */
function resourceFields(tag: string, operations: readonly Operation[]): N8nField[] {
  const resource = [camel(singularOf(tag))];
  const shown = operations.flatMap((operation) =>
    fieldsOf(operation).map((field) => ({ field, operation: valueOf(operation) })),
  );
  const alike = Map.groupBy(shown, ({ field }) => JSON.stringify(field));
  const choice: N8nField = {
    displayName: "Operation",
    name: "operation",
    type: "options",
    noDataExpression: true,
    displayOptions: { show: { resource } },
    options: sorted(operations.map(optionOf)),
    default: valueOf(operations[0]),
  };
  return [
    choice,
    ...[...alike.values()].flatMap((same) =>
      same.slice(0, 1).map(({ field: { displayOptions, ...field } }) => ({
        ...field,
        displayOptions: {
          show: { resource, operation: same.map(({ operation }) => operation), ...Object(displayOptions) },
        },
      })),
    ),
  ];
}

function optionOf(operation: Operation) {
  const { method, path, summary, description } = operation;
  const url = path.replaceAll(
    /:(\w+)/g,
    (_, name: string) => `{{ encodeURIComponent($parameter[${JSON.stringify(name)}]) }}`,
  );
  return {
    name: nameOf(operation),
    value: valueOf(operation),
    action: summary.replace(/^List (the )?/, "Get many ").replaceAll("'s ", " "),
    description: sentenceOf(description.split(/(?<=\.) /)[0] ?? ""),
    routing: {
      request: { method, url: url === path ? url : `=${url}` },
      output: { postReceive: [{ code: "tellRefusal" }, ...answerOf(operation)] },
    },
  };
}

/** The node's output: the items of a list, the requested object, or the whole response. */
function answerOf(operation: Operation): object[] {
  const members = membersOf(operation.answer, "output");
  const list = listOf(operation);
  const objects = Object.keys(members).filter((name) => members[name]?.type === "object");
  const [main] = objects;
  if (list !== undefined) return [{ type: "rootProperty", properties: { property: list } }];
  if (objects.length !== 1 || main === undefined || Object.keys(members)[0] !== main) return [];
  const others = Object.keys(members).filter((name) => name !== main);
  if (others.length === 0) return [{ type: "rootProperty", properties: { property: main } }];
  return [
    {
      type: "set",
      properties: {
        value:
          `={{ Object.assign({}, $response.body.${main}, ` +
          `{ ${others.map((name) => `${name}: $response.body.${name}`).join(", ")} }) }}`,
      },
    },
  ];
}

/** The response's list field, if the response contains nothing else. */
function listOf(operation: Operation): string | undefined {
  const members = membersOf(operation.answer, "output");
  const names = Object.keys(members).filter((name) => name !== "total" && name !== "nextCursor");
  return names.length === 1 ? names.find((name) => members[name]?.type === "array") : undefined;
}

function fieldsOf(operation: Operation): N8nField[] {
  return [...pathFields(operation), ...bodyFields(operation), ...listFields(operation), ...optionFields(operation)];
}

function pathFields(operation: Operation): N8nField[] {
  const noun = nounOf(operation);
  const params = membersOf(operation.params, "input");
  return [...operation.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => {
    const { routing: _, ...field } = fieldOf(name, params[name] ?? {}, { type: "query", property: name });
    const named =
      name === "id"
        ? { ...field, displayName: `${titleOf(singularOf(noun))} ID`, description: undefined, placeholder: undefined }
        : field;
    return { ...(name === "id" ? loaded(named, noun) : named), required: true };
  });
}

/**
 * The body's fields: required ones and lists of objects are separate, the rest is in a collection.
 */
function bodyFields(operation: Operation): N8nField[] {
  if (operation.takes === "none") return [];
  const found = bodyMembers(
    operation,
    jsonSchema.parse(toSchema(formOf(operation), "input")),
    "",
    operation.method !== "PATCH",
  ).sort((one, other) => one.depth - other.depth);
  const own = found.filter(({ isOwn }) => isOwn).map(({ field }) => field);
  const rest = found.filter(({ isOwn }) => !isOwn).map(({ field }) => field);
  const [name, displayName] =
    operation.method === "PATCH" ? ["updateFields", "Update Fields"] : ["additionalFields", "Additional Fields"];
  const together = rest.length === 0 ? [] : [collection(name, displayName, rest)];
  return operation.takes === "upload" || operation.takes === "multipart"
    ? [...own, ...together, filesField(operation)]
    : [...own, ...together];
}

function bodyMembers(
  operation: Operation,
  schema: JsonSchema,
  prefix: string,
  asksRequired: boolean,
  depth = 0,
): { field: N8nField; isOwn: boolean; depth: number }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const member = plain(given);
    const place: RoutingTarget = { type: "body", property: `${prefix}${name}` };
    const isRequired = asksRequired && schema.required?.includes(name) === true;
    if (name === "platformOverrides")
      return [{ field: collection(name, titleOf(name), overridesOf(member, place)), isOwn: true, depth }];
    if (member.properties !== undefined)
      return bodyMembers(operation, member, `${place.property}.`, isRequired, depth + 1);
    const field =
      LOADED[name] === undefined ? fieldOf(name, member, place) : loaded(fieldOf(name, member, place), LOADED[name]);
    const required = isRequired && !takesEmpty(operation, place.property.split(".")) ? { required: true } : {};
    // With a file there are few other fields, so all of them are shown; empty ones are not sent.
    if (operation.takes === "upload")
      return [
        {
          field: { ...field, routing: { send: { ...place, value: "={{ $value || undefined }}" } } },
          isOwn: true,
          depth,
        },
      ];
    return [{ field: { ...field, ...required }, isOwn: isRequired || field.type === "fixedCollection", depth }];
  });
}

function overridesOf(overrides: JsonSchema, { type, property }: RoutingTarget): N8nField[] {
  return Object.entries(overrides.properties ?? {}).map(([platform, override]) => {
    const fields = fieldsBelow(override, { type, property: `${property}.${platform}` });
    return { ...collection(platform, labelOf(platform), fields), description: sentenceOf(override.description ?? "") };
  });
}

/** Whether the body is still valid if this field is an empty string. */
function takesEmpty(operation: Operation, path: readonly string[]): boolean {
  const body: unknown = structuredClone(EXAMPLES[operation.name] ?? EXAMPLES.posts_create);
  const parent = path.slice(0, -1).reduce((value: unknown, name) => Object(value)[name], body);
  Object.assign(Object(parent), { [path.at(-1) ?? ""]: "" });
  return formOf(operation).safeParse(body).success;
}

/** n8n-specific fields for sending an item's files. */
function filesField({ takes }: Operation): N8nField {
  const one = takes === "upload";
  return {
    displayName: one ? "Input Data Field Name" : "Input Data Field Names",
    name: "binaryFields",
    type: "string",
    default: "",
    description: one
      ? "The field of the input item that holds the file, instead of a URL"
      : "The fields of the input item that hold files to attach as media, separated by commas",
    placeholder: "e.g. data",
    routing: { send: { preSend: [{ code: "attachFiles" }] } },
  };
}

function listFields(operation: Operation): N8nField[] {
  const { limit, offset, cursor, ...filters } = membersOf(operation.query, "input");
  const fields = Object.entries(filters).map(([name, schema]) => {
    const field = fieldOf(name, schema, { type: "query", property: name });
    return LOADED[name] === undefined ? field : loaded(field, LOADED[name]);
  });
  const together = fields.length === 0 ? [] : [collection("filters", "Filters", fields)];
  if (limit === undefined || offset === undefined) return together;
  const pageSize = limit.maximum;
  const pagination =
    cursor === undefined
      ? { type: "offset", properties: { limitParameter: "limit", offsetParameter: "offset", pageSize, type: "query" } }
      : {
          type: "generic",
          properties: {
            continue: "={{ !!$response.body.nextCursor }}",
            request: {
              qs: {
                ...Object.fromEntries(
                  ["limit", ...Object.keys(filters)].map((name) => [name, `={{ $request.qs.${name} }}`]),
                ),
                cursor: "={{ $response.body?.nextCursor }}",
              },
            },
          },
        };
  return [
    {
      displayName: "Return All",
      name: "returnAll",
      type: "boolean",
      default: false,
      description: "Whether to return all results or only up to a given limit",
      routing: {
        send: {
          paginate: "={{ $value }}",
          type: "query",
          property: "limit",
          value: `={{ $value ? ${pageSize} : undefined }}`,
        },
        operations: { pagination },
      },
    },
    {
      displayName: "Limit",
      name: "limit",
      type: "number",
      displayOptions: { returnAll: [false] },
      typeOptions: { minValue: limit.minimum, maxValue: pageSize },
      default: 50,
      description: "Max number of results to return",
      routing: { send: { type: "query", property: "limit" } },
    },
    ...together,
  ];
}

function optionFields(operation: Operation): N8nField[] {
  const { idempotencyKey, wait } = toolOptions.shape;
  const header = (name: string, schema: object, headers: object) => ({
    ...fieldOf(name, jsonSchema.parse(schema), { type: "body", property: "" }),
    routing: { request: { headers } },
  });
  const options = [
    ...(takesKey(operation)
      ? [header("idempotencyKey", toSchema(idempotencyKey, "input"), { "Idempotency-Key": "={{ $value }}" })]
      : []),
    ...(operation.waits === true
      ? [header("waitSeconds", toSchema(wait, "input"), { Prefer: "=wait={{ $value }}" })]
      : []),
  ];
  return options.length === 0 ? [] : [collection("options", "Options", options)];
}

function collection(name: string, displayName: string, options: readonly N8nField[]): N8nField {
  return {
    displayName,
    name,
    type: "collection",
    placeholder: `Add ${ADD[name] ?? "Field"}`,
    default: {},
    options: sorted(options),
  };
}

const ADD: Readonly<Record<string, string>> = { filters: "Filter", options: "Option", platformOverrides: "Platform" };

/** A field whose options n8n loads from the API. */
function loaded(field: N8nField, noun: string): N8nField {
  const label = LABEL_OF[noun];
  const operation = OFFERED.find((each) => nounOf(each) === noun && valueOf(each) === "getAll");
  if (label === undefined || operation === undefined) return field;
  const { placeholder: _, ...rest } = field;
  // The editor sends these back as JSON, which has no functions.
  const postReceive = [
    { type: "rootProperty", properties: { property: listOf(operation) } },
    { type: "setKeyValue", properties: { name: label, value: "={{ $responseItem.id }}" } },
    { type: "sort", properties: { key: "name" } },
  ];
  return {
    ...rest,
    displayName: `${titleOf(singularOf(noun))} Name or ID`,
    type: "options",
    typeOptions: {
      loadOptions: {
        routing: {
          request: { method: operation.method, url: operation.path, ignoreHttpStatusErrors: false },
          output: { postReceive },
        },
      },
    },
    description:
      'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
  };
}

/** The label of each option, for lists that are short enough to choose from. */
const LABEL_OF: Readonly<Record<string, string>> = {
  "platform-sets": "={{ $responseItem.name }}",
  accounts:
    "={{ ($responseItem.displayName || $responseItem.username || $responseItem.platformAccountId) + ' (' + " +
    "$responseItem.platform + ')' }}",
  webhooks: "={{ $responseItem.url || $responseItem.description || $responseItem.id }}",
};

/** Fields that reference one of these. */
const LOADED: Readonly<Record<string, string>> = { platformSetId: "platform-sets" };

function membersOf(schema: Parameters<typeof toSchema>[0], io: "input" | "output"): Record<string, JsonSchema> {
  return jsonSchema.parse(toSchema(schema, io)).properties ?? {};
}

/** A value as TypeScript. `{ code }` is printed as is. */
function print(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const within = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => print(item, within));
    return items.every((item) => !item.includes("\n")) && items.join(", ").length < 100
      ? `[${items.join(", ")}]`
      : `[\n${items.map((item) => `${within}${item},\n`).join("")}${indent}]`;
  }
  if ("code" in value && typeof value.code === "string") return value.code;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const printed = members.map(
    ([name, member]) => `${/^[a-z]\w*$/i.test(name) ? name : JSON.stringify(name)}: ${print(member, within)}`,
  );
  if (printed.length === 0) return "{}";
  return printed.every((member) => !member.includes("\n")) && printed.join(", ").length < 100
    ? `{ ${printed.join(", ")} }`
    : `{\n${printed.map((member) => `${within}${member},\n`).join("")}${indent}}`;
}
