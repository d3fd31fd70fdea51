import { z } from "zod";

import { catalog } from "../../platforms/catalog.ts";
import { mediaEntrySchema } from "../../platforms/validate/media-entry.ts";
import { localTimeInput } from "../fields.ts";
import { OPERATIONS } from "../index.ts";
import { errorBody, issue } from "../issues.ts";
import { formOf, type Operation, takesKey } from "../operation.ts";
import { account } from "../operations/accounts.ts";
import { apiKey } from "../operations/api-keys.ts";
import { media } from "../operations/media.ts";
import { platformOverride, platformOverrides, post } from "../operations/posts.ts";
import { delivery, webhook } from "../operations/webhooks.ts";
import { LEAST_ROLES } from "../roles.ts";
import { HEADERS, PARAMETERS } from "./components.ts";
import { exampleOf } from "./example-of.ts";
import { EXAMPLES } from "./examples.ts";
import { headers, headersOf, refusalComponents, refusalsOf } from "./refusals.ts";

/** JSON, as far as its structure is known here. */
export interface JsonObject {
  [member: string]: unknown;
}

/** The public API as OpenAPI 3.1, generated from the operations. */
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
      description:
        "Publishes posts to Instagram, Facebook, X, LinkedIn, TikTok, YouTube and Threads, " +
        "exactly once and on time, and says so honestly if it cannot. " +
        "Keys that begin with `amp_test_` publish only to the built-in sandbox.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      contact: { name: "Ampost", url: appUrl },
    },
    servers: [{ url: apiUrl, description: "REST and MCP" }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: "http",
          scheme: "bearer",
          description: "A key that begins with `amp_live_`, or with `amp_test_` for the sandbox.",
        },
        operatorKey: {
          type: "http",
          scheme: "bearer",
          description: "An operator key, which begins with `amp_op_`. It works only under `/admin/v1`.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "ampost.session_token",
          description:
            "A dashboard session. The query parameter `mode` selects the mode, and `workspace` the workspace.",
        },
      },
      schemas: Object.fromEntries(Object.entries(NAMED).map(([name, [schema, io]]) => [name, toPart(schema, io)])),
      ...refusalComponents(OPERATIONS),
      headers: HEADERS,
      parameters: PARAMETERS,
    },
  };
}

/** The groups of operations, in order. */
export const TAGS: readonly (readonly [name: string, description: string])[] = [
  ["posts", "Drafts, scheduled posts and their results."],
  ["platform-sets", "Groups of connected accounts. Every post belongs to one."],
  ["accounts", "Connected accounts."],
  ["publishing", "Whether posts are published: pause and resume."],
  ["connections", "Connecting accounts, from the dashboard and through connect links."],
  ["media", "Images and videos that posts refer to."],
  ["platforms", "The rules of each platform, as data."],
  ["webhooks", "Notifications about events."],
  ["requests", "The request log."],
  ["keys", "API keys, for signed-in users."],
  ["billing", "Plan and subscription, for signed-in users."],
  ["usage", "What has been used of the plan, and what is left."],
  ["people", "The signed-in user, sessions, notifications and the audit log."],
  ["workspaces", "The people who work in a workspace, with their roles, and invitations."],
  ["tenants", "The users of an instance, managed by its operator's programs."],
  ["legacy", "Legacy endpoints (deprecated). Each response names the endpoint that replaces it."],
];

/** The noun that groups an operation: one of `TAGS`. */
export function tagOf({ path, successor }: Operation): string {
  if (successor !== undefined) return "legacy";
  const noun = /^\/(?:api|admin)\/(?:v1\/)?([\w-]+)/.exec(path)?.[1] ?? "";
  return NOUNS[noun] ?? noun;
}

const NOUNS: Readonly<Record<string, string>> = {
  approvals: "posts",
  "webhook-deliveries": "webhooks",
  "account-context": "accounts",
  "connect-links": "connections",
  "oauth-apps": "connections",
  me: "people",
  sessions: "people",
  invites: "people",
  workspaces: "workspaces",
  members: "workspaces",
  "member-invites": "workspaces",
  audit: "people",
  notifications: "people",
  "sign-up": "people",
};

function describe(operation: Operation, appUrl: string): JsonObject {
  const byPerson = operation.auth === "session";
  return {
    operationId: operation.name,
    tags: [tagOf(operation)],
    summary: operation.summary,
    description:
      operation.auth === "operator"
        ? operation.description
        : `${operation.description}\n\nRate class: \`${operation.rateClass}\`.`,
    ...(operation.successor === undefined ? {} : { deprecated: true }),
    ...(operation.auth === undefined || operation.auth === "key" ? {} : { security: SECURITY[operation.auth] }),
    ...(byPerson ? { servers: [{ url: appUrl, description: "The dashboard" }] } : {}),
    parameters: parametersOf(operation),
    ...(operation.takes === "none" ? {} : { requestBody: bodyOf(operation) }),
    responses: responsesOf(operation),
  };
}

const SECURITY = {
  session: [{ session: [] }],
  either: [{ apiKey: [] }, { session: [] }],
  operator: [{ operatorKey: [] }],
} as const;

function parametersOf(operation: Operation): JsonObject[] {
  const path: readonly string[] = operation.path.match(/:\w+/g) ?? [];
  const named = (shape: Record<string, z.core.$ZodType>, place: "path" | "query") =>
    Object.entries(shape)
      .filter(([name]) => place === "query" || path.includes(`:${name}`))
      .map(([name, schema]) => {
        const { description, examples, ...rest } = toSchema(schema, "input");
        const isRequired = place === "path" || !z.safeParse(schema, undefined).success;
        const example = Array.isArray(examples) && examples.length > 0 ? { example: examples[0] } : {};
        return {
          name,
          in: place,
          required: isRequired,
          ...(typeof description === "string" ? { description } : {}),
          schema: rest,
          ...example,
        };
      });
  const byPerson = operation.auth === "session" || operation.auth === "either";
  return [
    ...named(operation.params.shape, "path"),
    ...named(operation.query.shape, "query"),
    ...(byPerson ? ["Mode"] : []).map(reference),
    ...(byPerson && LEAST_ROLES[operation.name] !== "self" ? ["Workspace"] : []).map(reference),
    ...(takesKey(operation) ? ["IdempotencyKey"] : []).map(reference),
    ...(!byPerson && operation.errors.includes("PRECONDITION_FAILED") ? ["IfMatch"] : []).map(reference),
    ...(operation.method === "GET" && hasEtag(operation) ? ["IfNoneMatch"] : []).map(reference),
    ...(operation.waits === true ? ["Prefer"] : []).map(reference),
  ];
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}

function bodyOf(operation: Operation): JsonObject {
  const { otherForm } = operation;
  const whole = toPart(formOf(operation), "input");
  const schema = otherForm === undefined ? whole : { anyOf: [whole, toPart(otherForm, "input")] };
  const example =
    EXAMPLES[operation.name] ??
    EXAMPLES[operation.name.replace(/^legacy_/, "")] ??
    (operation.takes === "optional" ? {} : undefined);
  const json = { schema, ...(example === undefined ? {} : { example }) };
  const files = {
    type: "array",
    items: { type: "string", contentMediaType: "application/octet-stream" },
    description:
      "A file whose name matches the `filename` of a media entry belongs to that entry. " +
      "Other files are appended to the media.",
  };
  const form =
    operation.takes === "multipart"
      ? {
          schema: { type: "object", required: ["data"], properties: { data: schema, files } },
          encoding: { data: { contentType: "application/json" } },
        }
      : {
          schema: {
            type: "object",
            required: ["file"],
            properties: {
              file: { type: "string", contentMediaType: "application/octet-stream", description: "The file." },
            },
          },
        };
  return {
    required: operation.takes !== "optional",
    content: {
      "application/json": json,
      ...(operation.takes === "multipart" || operation.takes === "upload" ? { "multipart/form-data": form } : {}),
    },
  };
}

/** Whether it returns a post, a tenant or a media object, whose response has an ETag. */
function hasEtag({ answer: { shape }, streams }: Operation): boolean {
  return ("post" in shape || "tenant" in shape || shape["media"] === media) && streams !== true;
}

function responsesOf(operation: Operation): JsonObject {
  const good = {
    description: operation.status === 201 ? "Made." : "Done.",
    headers: {
      ...headers(...headersOf(operation)),
      ...(hasEtag(operation) ? headers("ETag") : {}),
      ...(takesKey(operation) ? headers("Idempotency-Replayed") : {}),
      ...(operation.waits === true ? headers("Preference-Applied") : {}),
    },
    content: contentOf(operation),
  };
  const unchanged = {
    description: "It has not changed since the ETag in `If-None-Match`.",
    headers: headers(...headersOf(operation), "ETag"),
  };
  return {
    [String(operation.status)]: good,
    ...(hasEtag(operation) && operation.method === "GET" ? { "304": unchanged } : {}),
    ...refusalsOf(operation),
  };
}

function contentOf({ answer, streams }: Operation): JsonObject {
  const schema = toPart(answer, "output");
  const example = exampleOf(toSchema(answer, "output"));
  if (streams !== true) return { "application/json": { schema, example } };
  const stream = {
    type: "string",
    description: "Server-sent events. The data of each `post` event is JSON with the schema in `x-event-data`.",
  };
  return {
    "text/event-stream": {
      schema: stream,
      "x-event-data": schema,
      example: `event: post\nid: "3"\ndata: ${JSON.stringify(example)}\n\n`,
    },
  };
}

/** A zod schema as JSON Schema 2020-12, as in OpenAPI 3.1. A platform's settings are inlined. */
export function toSchema(schema: z.core.$ZodType, io: "input" | "output"): JsonObject {
  return print(schema, io, new Map());
}

/** The same for clients that check values by it: a time that may be local is no `date-time`. */
export function toStrictSchema(schema: z.core.$ZodType, io: "input" | "output"): JsonObject {
  return print(schema, io, new Map(), true);
}

/** The same, as part of the document: named schemas are referenced. */
function toPart(schema: z.core.$ZodType, io: "input" | "output"): JsonObject {
  return print(schema, io, NAMES, true);
}

function print(
  schema: z.core.$ZodType,
  io: "input" | "output",
  names: ReadonlyMap<unknown, string>,
  isStrict = false,
): JsonObject {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema, path }) => {
      const name = names.get(zodSchema);
      if (isStrict && zodSchema === localTimeInput) Reflect.deleteProperty(jsonSchema, "format");
      if (isStrict) Reflect.deleteProperty(jsonSchema, "propertyNames");
      if (zodSchema === platformOverrides)
        Object.assign(jsonSchema, {
          properties: overrides(names),
          additionalProperties: false,
          propertyNames: undefined,
        });
      if (name === undefined || path.length === 0) return;
      for (const member of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, member);
      jsonSchema.$ref = `#/components/schemas/${name}`;
    },
  });
  return withoutEmpty(json);
}

/** The schemas defined once, by name. */
const NAMED = {
  Post: [post, "output"],
  PlatformOverrides: [platformOverrides, "input"],
  MediaEntry: [mediaEntrySchema, "input"],
  Issue: [issue, "output"],
  Account: [account, "output"],
  Media: [media, "output"],
  ApiKey: [apiKey, "output"],
  Webhook: [webhook, "output"],
  WebhookDelivery: [delivery, "output"],
  Error: [errorBody, "output"],
} as const satisfies Record<string, readonly [schema: z.ZodType, io: "input" | "output"]>;

const NAMES: ReadonlyMap<unknown, string> = new Map(Object.entries(NAMED).map(([name, [schema]]) => [schema, name]));

function overrides(names: ReadonlyMap<unknown, string>): JsonObject {
  return Object.fromEntries(
    Object.values(catalog).map(({ capabilities, settings }) => [
      capabilities.platform,
      {
        type: ["object", "null"],
        additionalProperties: false,
        description: `Overrides for ${capabilities.label}.`,
        properties: {
          ...Object(print(platformOverride, "input", names).properties),
          settings: { anyOf: [print(settings, "input", names), { type: "null" }] },
        },
      },
    ]),
  );
}

/** Without the fields that were set to undefined. */
function withoutEmpty(value: object): JsonObject {
  return Object(JSON.parse(JSON.stringify(value)));
}
