import { EXAMPLES } from "../contract/openapi/examples.ts";
import { toSchema } from "../contract/openapi/openapi.ts";
import { formOf, type Operation } from "../contract/operation.ts";
import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import type { Addresses } from "./pages.ts";
import { fieldRows, jsonSchema } from "./schema-fields.ts";

/** A complete request in one language. It runs as is, with keys in KEY and OPERATOR_KEY, an ID in ID and a session in COOKIE. */
export interface Sample {
  language: "sh" | "ts" | "py";
  code: string;
}

/**
 * An operation's example request in every language. Throws if the body has fields but `contract/openapi/examples.ts`
 * has no example.
 */
export function samplesOf(operation: Operation, addresses: Addresses): Sample[] {
  const request = requestOf(operation, addresses);
  return [
    { language: "sh", code: curl(request, operation) },
    { language: "ts", code: hasMethod(operation) ? withClient(operation, request, addresses) : withFetch(request) },
    { language: "py", code: python(request, operation) },
  ];
}

/** A request in which `$NAME` stands for the value of the reader's variable. */
interface SampleRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** Undefined: none. */
  body: unknown;
}

function requestOf(operation: Operation, { apiUrl, appUrl }: Addresses): SampleRequest {
  const { method, path, auth = "key", writes, waits } = operation;
  const body = bodyOf(operation);
  const params: Readonly<Record<string, string>> = { id: "$ID", keyId: "$KEY_ID", platform: EXAMPLE_PLATFORM };
  return {
    method,
    url: `${auth === "session" ? appUrl : apiUrl}${path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? name)}`,
    headers: {
      ...(auth === "session"
        ? { Cookie: "$COOKIE", ...(method === "GET" ? {} : { Origin: new URL(appUrl).origin }) }
        : { Authorization: auth === "operator" ? "Bearer $OPERATOR_KEY" : "Bearer $KEY" }),
      ...(writes && waits === true ? { Prefer: "wait=60" } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    body,
  };
}

function bodyOf(operation: Operation): unknown {
  if (operation.takes === "none") return undefined;
  const example = EXAMPLES[operation.name] ?? EXAMPLES[operation.name.replace(/^legacy_/, "")];
  const hasMembers = fieldRows(jsonSchema.parse(toSchema(formOf(operation), "input"))).length > 0;
  if (example === undefined && hasMembers)
    throw new Error(`contract/openapi/examples.ts has no body for ${operation.name}`);
  return example;
}

function curl({ method, url, headers, body }: SampleRequest, { streams }: Operation): string {
  const parts = [
    ["curl", ...(streams === true ? ["-N"] : []), ...(method === "GET" ? [] : ["-X", method]), `"${url}"`].join(" "),
    ...Object.entries(headers).map(([name, value]) => `-H "${name}: ${value}"`),
    ...(body === undefined ? [] : [`-d '${literal(body, JSON_STYLE).replaceAll("'", "'\\''")}'`]),
  ];
  return parts.join(" \\\n  ");
}

/** The client has every operation that accepts keys, except legacy ones. */
export function hasMethod({ path, auth = "key" }: Operation): boolean {
  return (auth === "key" && path.startsWith("/api/v1/")) || auth === "operator";
}

/** "platform_sets.list": the client's method for an operation. */
export function methodOf({ name }: Operation): string {
  return (
    METHODS[name] ??
    name.replace(/^(platform_sets|connect_links|sandbox_faults|[a-z]+)_/, (_, noun: string) => `${noun}.`)
  );
}

/** Client methods that are not named after their operation. */
const METHODS: Readonly<Record<string, string>> = {
  account_context: "accounts.context",
  webhook_deliveries_redeliver: "webhooks.redeliver",
};

function withClient(operation: Operation, { body }: SampleRequest, { apiUrl }: Addresses): string {
  const { name, path, answer, auth, writes, waits, streams } = operation;
  const key = auth === "operator" ? "OPERATOR_KEY" : "KEY";
  const method = methodOf(operation).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const given = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, param]) =>
      param === "platform" ? JSON.stringify(EXAMPLE_PLATFORM) : `process.env.${param === "id" ? "ID" : "KEY_ID"}!`,
    ),
    ...(body === undefined ? [] : [literal(name === "platform_sets_rename" ? Object(body).name : body, TYPESCRIPT)]),
    ...(writes && waits === true ? ["{ waitSeconds: 60 }"] : []),
  ];
  const call = `client.${method}(${given.join(", ")})`;
  const members = Object.keys(answer.shape);
  const shown = members.length > 3 ? "answer" : members.join(", ");
  const used = members.includes("success")
    ? [`await ${call};`]
    : streams === true
      ? [`for await (const { ${shown} } of ${call}) {`, `  console.log(${shown});`, "}"]
      : [`const ${members.length > 3 ? shown : `{ ${shown} }`} = await ${call};`, `console.log(${shown});`];
  return [
    'import { createClient } from "@ampost/client";',
    "",
    `const client = createClient({ apiKey: process.env.${key}!, baseUrl: ${JSON.stringify(apiUrl)} });`,
    "",
    ...used,
  ].join("\n");
}

function withFetch({ method, url, headers, body }: SampleRequest): string {
  const text = (value: string) => {
    const inserted = value.replace(/\$([A-Z_]+)/g, "${process.env.$1}");
    return inserted === value ? JSON.stringify(value) : value === "$COOKIE" ? "process.env.COOKIE!" : `\`${inserted}\``;
  };
  const listed = Object.entries(headers).map(([name, value]) => `${TYPESCRIPT.key(name)}: ${text(value)}`);
  return [
    `const response = await fetch(${text(url)}, {`,
    ...(method === "GET" ? [] : [`  method: "${method}",`]),
    `  headers: { ${listed.join(", ")} },`,
    ...(body === undefined ? [] : [`  body: JSON.stringify(${literal(body, TYPESCRIPT, "  ")}),`]),
    "});",
    "console.log(response.status, await response.json());",
  ].join("\n");
}

/** Uses only the standard library, so there is nothing to install. */
function python({ method, url, headers, body }: SampleRequest, { streams, answer }: Operation): string {
  const text = (value: string) => {
    const inserted = value.replace(/\$([A-Z_]+)/g, "{os.environ['$1']}");
    return inserted === value ? JSON.stringify(value) : value === "$COOKIE" ? 'os.environ["COOKIE"]' : `f"${inserted}"`;
  };
  const listed = Object.entries(headers).map(([name, value]) => `${JSON.stringify(name)}: ${text(value)}`);
  const [member] = Object.keys(answer.shape);
  return [
    "import json, os, urllib.request",
    "",
    "request = urllib.request.Request(",
    `    ${text(url)},`,
    ...(method === "GET" ? [] : [`    method="${method}",`]),
    `    headers={${listed.join(", ")}},`,
    ...(body === undefined ? [] : [`    data=json.dumps(${literal(body, PYTHON, "    ")}).encode(),`]),
    ")",
    "with urllib.request.urlopen(request) as answer:",
    ...(streams === true
      ? [
          "    for line in answer:",
          '        if line.startswith(b"data:"):',
          `            print(json.loads(line[5:])["${member}"])`,
        ]
      : ["    print(json.load(answer))"]),
  ].join("\n");
}

/** How a language formats values. */
interface Style {
  step: string;
  key(name: string): string;
  /** The padding inside an object's braces on one line. */
  inside: string;
  /** What follows the last of several lines. */
  last: string;
  words: Readonly<Record<string, string>>;
}

const JSON_STYLE: Style = { step: "  ", key: (name) => JSON.stringify(name), inside: "", last: "", words: {} };
const TYPESCRIPT: Style = {
  step: "  ",
  key: (name) => (/^\w+$/.test(name) ? name : JSON.stringify(name)),
  inside: " ",
  last: ",",
  words: {},
};
const PYTHON: Style = {
  step: "    ",
  key: (name) => JSON.stringify(name),
  inside: "",
  last: ",",
  words: { null: "None", true: "True", false: "False" },
};

const LONGEST_LINE = 76;

/** A value in a language's syntax, on one line if it fits. */
function literal(value: unknown, style: Style, indent = ""): string {
  if (typeof value !== "object" || value === null) return style.words[String(value)] ?? JSON.stringify(value);
  const isList = Array.isArray(value);
  const members = (inner: string) =>
    Object.entries(value).map(
      ([name, member]) => `${isList ? "" : `${style.key(name)}: `}${literal(member, style, inner)}`,
    );
  const [open, close, inside] = isList ? ["[", "]", ""] : ["{", "}", style.inside];
  const line = members(indent).join(", ");
  if (!line.includes("\n") && indent.length + line.length < LONGEST_LINE)
    return line === "" ? `${open}${close}` : `${open}${inside}${line}${inside}${close}`;
  const inner = `${indent}${style.step}`;
  return `${open}\n${inner}${members(inner).join(`,\n${inner}`)}${style.last}\n${indent}${close}`;
}
