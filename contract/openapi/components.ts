/** The named parts that the OpenAPI document's operations share. */

const text = (description: string, example: string) => ({ description, schema: { type: "string" }, example });
const number = (description: string, example: number) => ({ description, schema: { type: "integer" }, example });

/** The headers of responses. */
export const HEADERS = {
  "X-Request-Id": {
    required: true,
    ...text("ID of this request, as in the log.", "01980b7a-6c00-7000-8000-000000000001"),
  },
  "X-RateLimit-Limit": {
    required: true,
    ...number("Number of requests of this rate class allowed in the window. 2147483647 if unlimited.", 120),
  },
  "X-RateLimit-Remaining": { required: true, ...number("Number of requests remaining.", 119) },
  "X-RateLimit-Reset": { required: true, ...number("When the window resets, in Unix seconds.", 1_796_117_400) },
  "Retry-After": { required: true, ...number("Number of seconds to wait before retrying.", 2) },
  "WWW-Authenticate": text("The expected authentication: a bearer key.", 'Bearer realm="Ampost"'),
  ETag: {
    required: true,
    ...text("Changes whenever anything visible in the post, tenant or media object changes.", '"3"'),
  },
  "Idempotency-Replayed": text(
    "`true` if this is the stored response to an earlier request with the same key.",
    "true",
  ),
  "Preference-Applied": text("The wait that was applied.", "wait=30"),
  Deprecation: text("`true` for a legacy endpoint, or a request to the dashboard's host.", "true"),
  Link: text(
    'The endpoint that replaces it, with `rel="successor-version"`.',
    '<https://api.ampost.io/api/v1/posts>; rel="successor-version"',
  ),
};

/** The parameters that are not listed with individual operations. */
export const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "A unique value for this write, such as a UUID. " +
      "Repeating the request with the same key returns the first response and does nothing.",
    schema: { type: "string", maxLength: 255 },
    example: "order-4711",
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    required: false,
    description:
      "The `ETag` of the post, tenant or media object as you read it. If it has changed since, the request fails with 412.",
    schema: { type: "string" },
    example: '"3"',
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    required: false,
    description:
      "The `ETag` of the post, tenant or media object as you read it. If it has not changed, the response is 304 without a body.",
    schema: { type: "string" },
    example: '"3"',
  },
  Prefer: {
    name: "Prefer",
    in: "header",
    required: false,
    description: "`wait=N`, with N up to 60: responds once there is nothing to wait for, or after N seconds.",
    schema: { type: "string", pattern: "^wait=\\d+$" },
    example: "wait=30",
  },
  Mode: {
    name: "mode",
    in: "query",
    required: false,
    description: "Mode for a session. Defaults to `live`. Keys have their own mode.",
    schema: { type: "string", enum: ["live", "test"] },
  },
  Workspace: {
    name: "workspace",
    in: "query",
    required: false,
    description: "ID of the workspace for a session. Defaults to the user's own. Keys belong to a workspace.",
    schema: { type: "string" },
  },
};
