import { z } from "zod";

import { PUBLIC_CODES, type PublicCode } from "../model/errors.ts";
import { catalog } from "../platforms/catalog.ts";
import { EXAMPLES } from "./examples.ts";
import { OPERATIONS } from "./index.ts";
import { errorBody } from "./issues.ts";
import { errorsOf, formOf, type Operation } from "./operation.ts";
import { platformOverrides } from "./posts.ts";

/** JSON, as far as anything is known of it here. */
export interface JsonObject {
  [member: string]: unknown;
}

/** The public surface as OpenAPI 3.1, printed from the operations. */
export function openApi({ apiUrl, appUrl, version }: { apiUrl: string; appUrl: string; version: string }): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation, appUrl) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Ampost",
      version,
      summary: "One API to publish to seven social networks.",
      description: "Publishes posts to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads: exactly once, on time, or you are told the truth. Keys that begin with `amp_test_` publish into the built-in sandbox only.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      contact: { name: "Ampost", url: appUrl },
    },
    servers: [{ url: apiUrl, description: "REST and MCP" }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "A key that begins with `amp_live_`, or with `amp_test_` for the sandbox." },
        session: { type: "apiKey", in: "cookie", name: "ampost.session_token", description: "A person signed in at the dashboard. The query parameter `mode` says which mode is meant." },
      },
      schemas: { Error: { ...toSchema(errorBody, "output"), example: ERROR_EXAMPLE } },
      headers: HEADERS,
      parameters: PARAMETERS,
    },
  };
}

/** What operations are listed under, in order. */
export const TAGS: readonly (readonly [name: string, description: string])[] = [
  ["posts", "What is published: drafts, scheduled posts and what became of them."],
  ["platform-sets", "Groups of connected accounts. Every post belongs to one."],
  ["accounts", "The connected accounts."],
  ["connections", "Connecting accounts, by people and by links."],
  ["media", "Images and videos that posts refer to."],
  ["platforms", "The rules of each platform, as data."],
  ["webhooks", "Being told of what happens."],
  ["keys", "API keys, for people who are signed in."],
  ["people", "Who is signed in, and what was done."],
  ["legacy", "Addresses of before; each answer names the one that took its place."],
];

/** The noun that an operation is listed under: one of `TAGS`. */
export function tagOf({ path, successor }: Operation): string {
  if (successor !== undefined) return "legacy";
  const noun = /^\/api\/(?:v1\/)?([\w-]+)/.exec(path)?.[1] ?? "";
  return NOUNS[noun] ?? noun;
}

const NOUNS: Readonly<Record<string, string>> = {
  approvals: "posts",
  "webhook-deliveries": "webhooks",
  "account-context": "accounts",
  "connect-links": "connections",
  me: "people",
  sessions: "people",
  invites: "people",
  audit: "people",
  "sign-up": "people",
};

function describe(operation: Operation, appUrl: string): JsonObject {
  const byPerson = operation.auth === "session";
  return {
    operationId: operation.name,
    tags: [tagOf(operation)],
    summary: operation.summary,
    description: `${operation.description}\n\nRate class: \`${operation.rateClass}\`.`,
    ...(operation.successor === undefined ? {} : { deprecated: true }),
    ...(operation.auth === undefined || operation.auth === "key" ? {} : { security: byPerson ? [{ session: [] }] : [{ apiKey: [] }, { session: [] }] }),
    ...(byPerson ? { servers: [{ url: appUrl, description: "The dashboard" }] } : {}),
    parameters: parametersOf(operation),
    ...(operation.takes === "none" ? {} : { requestBody: bodyOf(operation) }),
    responses: responsesOf(operation),
  };
}

function parametersOf(operation: Operation): JsonObject[] {
  const path: readonly string[] = operation.path.match(/:\w+/g) ?? [];
  const named = (shape: Record<string, z.core.$ZodType>, place: "path" | "query") =>
    Object.entries(shape)
      .filter(([name]) => place === "query" || path.includes(`:${name}`))
      .map(([name, schema]) => {
        const { description, examples, ...rest } = toSchema(schema, "input");
        const isRequired = place === "path" || !z.safeParse(schema, undefined).success;
        const example = Array.isArray(examples) && examples.length > 0 ? { example: examples[0] } : {};
        return { name, in: place, required: isRequired, ...(typeof description === "string" ? { description } : {}), schema: rest, ...example };
      });
  const byPerson = operation.auth === "session" || operation.auth === "either";
  return [
    ...named(operation.params.shape, "path"),
    ...named(operation.query.shape, "query"),
    ...(byPerson ? ["Mode"] : []).map(reference),
    ...(operation.writes ? ["IdempotencyKey"] : []).map(reference),
    ...(operation.method === "PATCH" && operation.path.includes("/posts/") ? ["IfMatch"] : []).map(reference),
    ...(operation.waits === true ? ["Prefer"] : []).map(reference),
  ];
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}

function bodyOf(operation: Operation): JsonObject {
  const schema = toSchema(formOf(operation), "input");
  const example = EXAMPLES[operation.name] ?? EXAMPLES[operation.name.replace(/^legacy_/, "")] ?? (operation.takes === "optional" ? {} : undefined);
  const json = { schema, ...(example === undefined ? {} : { example }) };
  const files = { type: "array", items: { type: "string", contentMediaType: "application/octet-stream" }, description: "A file whose name equals the `filename` of a media entry gives that entry its bytes; any other is appended." };
  const form =
    operation.takes === "multipart"
      ? { schema: { type: "object", required: ["data"], properties: { data: schema, files } }, encoding: { data: { contentType: "application/json" } } }
      : { schema: { type: "object", required: ["file"], properties: { file: { type: "string", contentMediaType: "application/octet-stream", description: "The file." } } } };
  return {
    required: operation.takes !== "optional",
    content: { "application/json": json, ...(operation.takes === "multipart" || operation.takes === "upload" ? { "multipart/form-data": form } : {}) },
  };
}

function responsesOf(operation: Operation): JsonObject {
  const answer = toSchema(operation.answer, "output");
  const content = operation.streams === true ? { "text/event-stream": { schema: { type: "string", description: "Server-sent events; the data of each `post` event is JSON of the form `{\"post\"}`." } } } : { "application/json": { schema: answer } };
  const hasPost = "post" in operation.answer.shape && operation.streams !== true;
  const good = {
    description: operation.status === 201 ? "Made." : "Done.",
    headers: {
      ...headers("X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
      ...(hasPost ? headers("ETag") : {}),
      ...(operation.writes ? headers("Idempotency-Replayed") : {}),
      ...(operation.waits === true ? headers("Preference-Applied") : {}),
      ...(operation.successor === undefined ? {} : headers("Deprecation", "Link")),
    },
    content,
  };
  const byStatus = Map.groupBy(errorsOf(operation), (code) => PUBLIC_CODES[code].status);
  const refused = [...byStatus].sort(([one], [other]) => one - other).map(([status, codes]): [string, JsonObject] => [String(status), refusal(status, codes)]);
  return { [String(operation.status)]: good, ...Object.fromEntries(refused) };
}

function refusal(status: number, codes: readonly PublicCode[]): JsonObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${PUBLIC_CODES[code].meaning}`).join("\n\n"),
    headers: headers("X-Request-Id", ...(status === 429 || status === 503 || codes.includes("IDEMPOTENCY_IN_PROGRESS") ? ["Retry-After"] : [])),
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}

function headers(...names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A zod schema as JSON Schema 2020-12, which is that of OpenAPI 3.1. What a platform's settings are is spelled out. */
export function toSchema(schema: z.core.$ZodType, io: "input" | "output"): JsonObject {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === platformOverrides) Object.assign(jsonSchema, { properties: overrides(), additionalProperties: false, propertyNames: undefined });
    },
  });
  return withoutEmpty(json);
}

function overrides(): JsonObject {
  return Object.fromEntries(
    Object.values(catalog).map(({ capabilities, settings }) => [
      capabilities.platform,
      {
        type: ["object", "null"],
        additionalProperties: false,
        description: `What ${capabilities.label} gets differently.`,
        properties: { text: { type: ["string", "null"], description: "Replaces `content.text` there." }, settings: { anyOf: [toSchema(settings, "input"), { type: "null" }] } },
      },
    ]),
  );
}

/** Without the members that were set to undefined. */
function withoutEmpty(value: object): JsonObject {
  return Object(JSON.parse(JSON.stringify(value)));
}

const text = (description: string, example?: string) => ({ description, schema: { type: "string" }, ...(example === undefined ? {} : { example }) });
const number = (description: string) => ({ description, schema: { type: "integer" } });

const HEADERS: JsonObject = {
  "X-Request-Id": text("The id of this call, as the log has it.", "01980b7a-6c00-7000-8000-000000000001"),
  "X-RateLimit-Limit": number("How many calls of this class the window allows; 2147483647 where nothing limits."),
  "X-RateLimit-Remaining": number("How many are left."),
  "X-RateLimit-Reset": number("When the window ends, in seconds since 1970."),
  "Retry-After": number("After how many seconds it is worth trying again."),
  ETag: text("Changes with everything that can be seen of the post.", '"3"'),
  "Idempotency-Replayed": text("`true` where this is the stored answer of an earlier call with the same key."),
  "Preference-Applied": text("The wait that was granted.", "wait=30"),
  Deprecation: text("`true`: the address is one of before."),
  Link: text("The address that took its place, with `rel=\"successor-version\"`."),
};

const PARAMETERS: JsonObject = {
  IdempotencyKey: { name: "Idempotency-Key", in: "header", required: false, description: "Any text of your own for this one write. The same key with the same request gives the first answer again and does nothing.", schema: { type: "string", maxLength: 255 }, example: "order-4711" },
  IfMatch: { name: "If-Match", in: "header", required: false, description: "The post's `ETag`, as read: the change is refused with 412 where the post has changed since.", schema: { type: "string" }, example: '"3"' },
  Prefer: { name: "Prefer", in: "header", required: false, description: "`wait=N`, N up to 60: answers as soon as every platform post is settled, or after N seconds.", schema: { type: "string", pattern: "^wait=\\d+$" }, example: "wait=30" },
  Mode: { name: "mode", in: "query", required: false, description: "Which mode a person means; `live` where it is left out. Keys have a mode of their own.", schema: { type: "string", enum: ["live", "test"] } },
};

const ERROR_EXAMPLE = {
  error: "platforms must name at least one platform",
  code: "NO_PLATFORMS_SELECTED",
  requestId: "01980b7a-6c00-7000-8000-000000000001",
  issues: [
    {
      rule: "request.tooSmall",
      code: "NO_PLATFORMS_SELECTED",
      platform: null,
      path: "/platforms",
      message: "platforms must name at least one platform",
      actual: [],
      limit: 1,
      fix: "Correct platforms. The platforms to publish to, each once.",
    },
  ],
};
