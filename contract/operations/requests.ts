import { z } from "zod";

import { cursor, id, limit, mode, nextCursor, time, timeInput } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

const apiRequest = z.object({
  id: id.describe("The X-Request-Id of the response, and `requestId` of an error."),
  operation: z
    .string()
    .describe("The operation, which is also the name of its MCP tool.")
    .meta({ examples: ["posts_create"] }),
  via: z
    .enum(["api", "mcp", "dashboard"])
    .describe("How it was called.")
    .meta({ examples: ["api"] }),
  method: z.string().meta({ examples: ["POST"] }),
  route: z
    .string()
    .describe("The endpoint, with the names of its parameters. `/mcp` over MCP.")
    .meta({ examples: ["/api/v1/posts"] }),
  target: id.nullable().describe("The ID in the path."),
  status: z
    .int()
    .describe("HTTP status of the response; over MCP, the one that the endpoint would have returned.")
    .meta({ examples: [400] }),
  error: z
    .object({
      code: z.string().meta({ examples: ["VALIDATION_FAILED"] }),
      message: z.string().meta({ examples: ["content.text is required"] }),
    })
    .nullable()
    .describe("`null` if it succeeded."),
  durationMilliseconds: z
    .int()
    .min(0)
    .meta({ examples: [12] }),
  actor: z
    .object({
      kind: z
        .enum(["key", "person"])
        .describe("An MCP client that a person authorized is a key, too.")
        .meta({ examples: ["key"] }),
      id: z
        .string()
        .describe("ID of the key, or of the person's user.")
        .meta({ examples: ["01980b7a-6c00-7000-8000-000000000002"] }),
      name: z
        .string()
        .nullable()
        .describe("`null` if the key is deleted, or the person is no longer in the workspace.")
        .meta({ examples: ["laptop"] }),
    })
    .describe("Who sent it."),
  createdAt: time,
  mode,
});
export type ApiRequest = z.output<typeof apiRequest>;

const recorded = z.looseObject({}).nullable();

const apiRequestDetails = apiRequest.extend({
  hasIdempotencyKey: z.boolean().meta({ examples: [true] }),
  network: z
    .string()
    .nullable()
    .describe("The network of the caller's IP address: its first three bytes, or six of IPv6.")
    .meta({ examples: ["203.0.113.0/24"] }),
  query: recorded.describe("The query's parameters, recorded like the body."),
  body: recorded
    .describe(
      "The request's body without secrets and unknown fields, and at most 8,000 characters of its texts. " +
        "`null` if there was none, or it could not be read.",
    )
    .meta({ examples: [{ content: { text: "Hello" } }] }),
  issues: z
    .array(
      z.object({
        rule: z.string().meta({ examples: ["request.required"] }),
        path: z
          .string()
          .describe("JSON pointer to the field.")
          .meta({ examples: ["/content/text"] }),
        message: z.string().meta({ examples: ["content.text is required"] }),
        fix: z.string().meta({ examples: ["Add content.text."] }),
      }),
    )
    .describe("What was wrong with it, and how to fix it."),
});
export type ApiRequestDetails = z.output<typeof apiRequestDetails>;

const filter = z.strictObject({
  status: z
    .enum(["2xx", "3xx", "4xx", "5xx", "failed"])
    .optional()
    .describe("Only responses of this class. `failed` is 4xx and 5xx.")
    .meta({ examples: ["failed"] }),
  operation: z
    .string()
    .regex(/^[a-z_]{1,60}$/, { error: "must be an operation, such as posts_create" })
    .optional()
    .describe("Only this operation.")
    .meta({ examples: ["posts_create"] }),
  method: z
    .enum(METHODS)
    .optional()
    .describe("Only this HTTP method.")
    .meta({ examples: ["POST"] }),
  route: z
    .string()
    .regex(/^\/[\w/:*-]{0,200}$/, { error: "must be an endpoint, such as /api/v1/posts/:id" })
    .optional()
    .describe("Only this endpoint.")
    .meta({ examples: ["/api/v1/posts"] }),
  keyId: id.optional().describe("Only requests with this key."),
  from: timeInput.optional().describe("Only requests at this time or later."),
  to: timeInput.optional().describe("Only requests before this time."),
  limit,
  cursor,
});

export const requestsList = operation({
  ...plain,
  name: "requests_list",
  method: "GET",
  path: "/api/v1/requests",
  summary: "List requests",
  description:
    "Returns the request log of this mode, newest first: every request of keys and MCP clients, " +
    "and what people changed in the dashboard. A request appears about a second after its response. " +
    "The newest 50,000 are kept, for 30 days unless the operator changes it.",
  query: filter,
  answer: z.object({ requests: z.array(apiRequest), nextCursor }),
});

export const requestsGet = operation({
  ...plain,
  name: "requests_get",
  method: "GET",
  path: "/api/v1/requests/:id",
  summary: "Get a request",
  description:
    "Returns a request by its ID, with what was sent, without secrets, and why it failed. " +
    "Responses are recorded only if they are errors.",
  params: z.strictObject({ id: id.describe("X-Request-Id of a response, or the request ID of an error.") }),
  answer: z.object({ request: apiRequestDetails }),
  errors: ["NOT_FOUND"],
});
