import { openApi, type JsonObject } from "../contract/openapi/openapi.ts";

/**
 * `client/types.ts`: the API's inputs and responses as TypeScript, generated from its OpenAPI document, so that the
 * client is self-contained and cannot drift.
 */
export function clientTypes(): string {
  const document = openApi({ apiUrl: "http://localhost:3000", appUrl: "http://localhost:3000", version: "0" });
  const named = namedSchemas(document);
  const missing = named.find(([, schema]) => Object.keys(schema).length === 0);
  if (missing !== undefined)
    throw new Error(`The contract has nothing any more that client/types.ts could call ${missing[0]}`);
  const names = new Map(named.map(([name, schema]) => [shapeOf(schema), name]));
  const print = createPrinter(document, names);
  const declarations = named.map(
    ([name, schema]) => `${comment(schema, "")}export ${declare(name, print(schema, "", name))}\n`,
  );
  return ["// Printed from the contract by `npm run generate`. Change that, not this.\n", ...declarations].join("\n");
}

function declare(name: string, type: string): string {
  return type.startsWith("{") && type.endsWith("}") && !type.includes("\n}[")
    ? `interface ${name} ${type}`
    : `type ${name} = ${type};`;
}

/**
 * The types that get names, and where the document defines them. Identical types elsewhere use the same name.
 */
export function namedSchemas(document: JsonObject): [string, JsonObject][] {
  const operations = new Map(
    Object.values(membersOf(document.paths)).flatMap((path) =>
      Object.values(membersOf(path)).map((operation) => [
        String(membersOf(operation).operationId),
        membersOf(operation),
      ]),
    ),
  );
  const at = (operation: string, ...path: string[]) =>
    path.reduce(
      (value: unknown, member) => followReference(document, membersOf(value)[member]),
      operations.get(operation),
    );
  const whole = (operation: string) =>
    membersOf(at(operation, "responses", "200", "content", "application/json", "schema"));
  const answer = (operation: string, ...path: string[]) =>
    membersOf(
      ["properties", ...path].reduce(
        (value: unknown, member) => followReference(document, membersOf(value)[member]),
        whole(operation),
      ),
    );
  const body = (operation: string, ...path: string[]) =>
    membersOf(at(operation, "requestBody", "content", "application/json", "schema", ...path));
  const error = (...path: string[]) =>
    membersOf(
      ["schemas", "Error", ...path].reduce(
        (value: unknown, member) => followReference(document, membersOf(value)[member]),
        document.components,
      ),
    );
  const notNull = (schema: JsonObject) => membersOf(followReference(document, filled(schema)));
  const overrides = notNull(body("posts_create", "properties", "content", "properties", "platformOverrides"));
  const settings = Object.entries(membersOf(overrides.properties)).map(([platform, override]): [string, JsonObject] => [
    `${platform[0]?.toUpperCase()}${platform.slice(1)}Settings`,
    notNull(membersOf(membersOf(membersOf(override).properties).settings)),
  ]);
  const post = ["post", "properties", "platformPosts", "items"];
  return [
    ["Platform", answer("accounts_get", "account", "properties", "platform")],
    ["Mode", answer("accounts_get", "account", "properties", "mode")],
    ["ErrorCode", error("properties", "code")],
    ["Issue", error("properties", "issues", "items")],
    ["ErrorBody", error()],
    ["PostStatus", answer("posts_get", "post", "properties", "status")],
    ["PlatformPostStatus", answer("posts_get", ...post, "properties", "status")],
    ["PlatformPostError", notNull(answer("posts_get", ...post, "properties", "error"))],
    ["PlatformPost", answer("posts_get", ...post)],
    ["Post", answer("posts_get", "post")],
    ["PostSummary", answer("posts_list", "posts", "items")],
    ["CreatedInBatch", answer("posts_create_many", "results", "items")],
    ["CancelledInBatch", answer("posts_cancel_many", "results", "items")],
    ["UpstreamRequest", membersOf(answer("posts_attempts", "attempts", "items", "properties", "requests").items)],
    ["PostAttempt", answer("posts_attempts", "attempts", "items")],
    [
      "MediaEntry",
      membersOf(
        followReference(document, notNull(body("posts_create", "properties", "content", "properties", "media")).items),
      ),
    ],
    ...settings,
    ["PlatformOverrides", overrides],
    ["NewPost", body("posts_create")],
    ["PostChanges", body("posts_update")],
    ["PostFilter", queryOf(document, operations.get("posts_list"))],
    ["PostsToCancel", body("posts_cancel_many")],
    ["Retry", body("posts_retry")],
    ["Resolution", body("posts_resolve")],
    ["Publishing", answer("publishing_get", "publishing")],
    ["PauseTarget", body("publishing_pause")],
    ["PublishingStatsFilter", queryOf(document, operations.get("publishing_stats"))],
    ["PublishingStats", answer("publishing_stats", "stats")],
    ["PlatformSet", answer("platform_sets_list", "sets", "items")],
    ["PostingTimes", answer("platform_sets_get_posting_times", "postingTimes")],
    ["NewPostingTimes", body("platform_sets_set_posting_times")],
    ["AccountPostingTimes", answer("accounts_get_posting_times", "postingTimes")],
    ["NewAccountPostingTimes", body("accounts_set_posting_times")],
    ["Account", answer("accounts_list", "accounts", "items")],
    ["PlatformLimit", membersOf(answer("accounts_get", "account", "properties", "limits").items)],
    ["AccountWithLimits", answer("accounts_get", "account")],
    ["PostFee", answer("posts_update", "fees", "items")],
    ["PostLimit", answer("posts_validate", "limits", "items")],
    ["AccountContext", whole("account_context")],
    ["Usage", answer("usage_get", "usage")],
    ["AccountFilter", queryOf(document, operations.get("accounts_list"))],
    ["SandboxFault", membersOf(answer("sandbox_faults_get", "faults").items)],
    ["NewSandboxFaults", body("sandbox_faults_set")],
    ["ApiRequest", membersOf(answer("requests_list", "requests").items)],
    ["ApiRequestDetails", answer("requests_get", "request")],
    ["RequestFilter", queryOf(document, operations.get("requests_list"))],
    ["Media", answer("media_get", "media")],
    ["NewMedia", body("media_create")],
    ["MediaChanges", body("media_update")],
    ["Crop", body("media_crop")],
    ["UploadUrl", answer("media_upload_url", "upload")],
    ["MediaFilter", queryOf(document, operations.get("media_list"))],
    ["PlatformDescription", answer("platforms_get", "platform")],
    ["ConnectLink", answer("connect_links_get", "connectLink")],
    ["NewConnectLink", body("connect_links_create")],
    ["ConnectLinkFilter", queryOf(document, operations.get("connect_links_list"))],
    ["EventType", membersOf(answer("webhooks_get", "webhook", "properties", "events").items)],
    ["Webhook", answer("webhooks_get", "webhook")],
    ["NewWebhook", body("webhooks_create")],
    ["WebhookChanges", body("webhooks_update")],
    ["WebhookDelivery", answer("webhooks_test", "delivery")],
    ["DeliveryFilter", queryOf(document, operations.get("webhooks_deliveries"))],
    ["OwnApp", membersOf(answer("apps_list", "apps").items)],
    ["NewOwnApp", body("apps_save")],
    ["ApiKey", membersOf(answer("tenants_list_keys", "keys").items)],
    [
      "CreatedApiKey",
      membersOf(
        at("tenants_create_key", "responses", "201", "content", "application/json", "schema", "properties", "key"),
      ),
    ],
    ["NewApiKey", body("tenants_create_key")],
    ["Tenant", answer("tenants_get", "tenant")],
    ["NewTenant", body("tenants_create")],
    ["TenantChanges", body("tenants_update")],
    ["TenantFilter", queryOf(document, operations.get("tenants_list"))],
  ];
}

/** An operation's query as one object. */
export function queryOf(document: JsonObject, operation: JsonObject | undefined): JsonObject {
  const parameters = Array.isArray(operation?.parameters)
    ? operation.parameters.map((parameter) => followReference(document, parameter))
    : [];
  const inQuery = parameters.map(membersOf).filter((parameter) => parameter.in === "query");
  return {
    type: "object",
    properties: Object.fromEntries(
      inQuery.map(({ name, schema, description }) => [String(name), { ...membersOf(schema), description }]),
    ),
    required: [],
  };
}

function createPrinter(document: JsonObject, names: ReadonlyMap<string, string>) {
  return function print(given: unknown, indent: string, itself?: string): string {
    const schema = membersOf(followReference(document, given));
    const name = names.get(shapeOf(schema));
    if (name !== undefined && name !== itself) return name;
    const inner = (value: unknown) => print(value, indent);
    const variants = [schema.anyOf, schema.oneOf].find(Array.isArray);
    if (variants !== undefined) return union(variants.map(inner));
    if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => JSON.stringify(value)));
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (Array.isArray(schema.type)) return union(schema.type.map((type: unknown) => inner({ ...schema, type })));
    if (schema.type === "array") return `${bracketed(inner(schema.items))}[]`;
    if (schema.type === "object") return printObject(schema, indent, print);
    return PLAIN[String(schema.type)] ?? "unknown";
  };
}

const PLAIN: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

function printObject(schema: JsonObject, indent: string, print: (schema: unknown, indent: string) => string): string {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const within = `${indent}  `;
  const members = Object.entries(membersOf(schema.properties)).map(
    ([name, member]) =>
      `${comment(membersOf(member), within)}${within}${name}${required.has(name) ? "" : "?"}: ` +
      `${print(member, within)};\n`,
  );
  const isOpen = typeof schema.additionalProperties === "object";
  if (members.length === 0)
    return isOpen ? `Record<string, ${print(schema.additionalProperties, within)}>` : "Record<string, never>";
  return `{\n${members.join("")}${isOpen ? `${within}[member: string]: unknown;\n` : ""}${indent}}`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

function bracketed(type: string): string {
  return /^[\w.]+(<[^|]*>)?$|^\{[^]*\}$/.test(type) ? type : `(${type})`;
}

function comment(schema: JsonObject, indent: string): string {
  if (typeof schema.description !== "string") return "";
  const text = schema.description.replaceAll("*/", "* /");
  const line = `${indent}/** ${text} */\n`;
  if (line.length <= WIDTH) return line;
  const lines = wrapWords(text, WIDTH - `${indent} * `.length);
  return [`${indent}/**`, ...lines.map((each) => `${indent} * ${each}`), `${indent} */\n`].join("\n");
}

const WIDTH = 120;

function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`;
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Two schemas with the same structure are the same type, whatever their descriptions. */
export function shapeOf({
  description: _,
  example: _example,
  examples: _examples,
  default: _default,
  ...shape
}: JsonObject): string {
  return JSON.stringify(shape);
}

/** The rest of a schema that also allows null. */
function filled(schema: JsonObject): JsonObject {
  const variants = Array.isArray(schema.anyOf) ? schema.anyOf.map(membersOf).filter(({ type }) => type !== "null") : [];
  return variants[0] ?? schema;
}

export function followReference(document: JsonObject, value: unknown): unknown {
  const reference = membersOf(value).$ref;
  if (typeof reference !== "string") return value;
  return reference
    .slice(2)
    .split("/")
    .reduce((found: unknown, member) => membersOf(found)[member], document);
}

export function membersOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
