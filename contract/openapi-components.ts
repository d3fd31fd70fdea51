/** The parts of the description that its operations share by name. */

const text = (description: string, example: string) => ({ description, schema: { type: "string" }, example });
const number = (description: string, example: number) => ({ description, schema: { type: "integer" }, example });

/** The headers of answers. */
export const HEADERS = {
  "X-Request-Id": {
    required: true,
    ...text("The id of this call, as the log has it.", "01980b7a-6c00-7000-8000-000000000001"),
  },
  "X-RateLimit-Limit": {
    required: true,
    ...number("How many calls of this class the window allows; 2147483647 where nothing limits.", 120),
  },
  "X-RateLimit-Remaining": { required: true, ...number("How many are left.", 119) },
  "X-RateLimit-Reset": { required: true, ...number("When the window ends, in seconds since 1970.", 1_796_117_400) },
  "Retry-After": { required: true, ...number("After how many seconds it is worth trying again.", 2) },
  "WWW-Authenticate": text("What is asked for: a Bearer key.", 'Bearer realm="Ampost"'),
  ETag: { required: true, ...text("Changes with everything that can be seen of the post.", '"3"') },
  "Idempotency-Replayed": text("`true` where this is the stored answer of an earlier call with the same key.", "true"),
  "Preference-Applied": text("The wait that was granted.", "wait=30"),
  Deprecation: text("`true`: the address is one of before, or the host is the dashboard's.", "true"),
  Link: text(
    'The address that takes its place, with `rel="successor-version"`.',
    '<https://api.ampost.io/api/v1/posts>; rel="successor-version"',
  ),
};

/** The parameters that stand in no operation's own entry. */
export const PARAMETERS = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description:
      "Any text of your own for this one write. The same key with the same request gives the first answer again and does nothing.",
    schema: { type: "string", maxLength: 255 },
    example: "order-4711",
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    required: false,
    description: "The post's `ETag`, as read: the change is refused with 412 where the post has changed since.",
    schema: { type: "string" },
    example: '"3"',
  },
  IfNoneMatch: {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "The post's `ETag`, as read: where the post is still as it was, the answer is 304 without a body.",
    schema: { type: "string" },
    example: '"3"',
  },
  Prefer: {
    name: "Prefer",
    in: "header",
    required: false,
    description: "`wait=N`, N up to 60: answers as soon as every platform post is settled, or after N seconds.",
    schema: { type: "string", pattern: "^wait=\\d+$" },
    example: "wait=30",
  },
  Mode: {
    name: "mode",
    in: "query",
    required: false,
    description: "Which mode a person means; `live` where it is left out. Keys have a mode of their own.",
    schema: { type: "string", enum: ["live", "test"] },
  },
};
