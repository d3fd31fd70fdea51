import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { z } from "zod";

import { exampleOf } from "../contract/openapi/example-of.ts";
import { toSchema } from "../contract/openapi/openapi.ts";
import { postsGet } from "../contract/operations/posts.ts";
import { type Exchange, ourDescription } from "./description.ts";
import { watchAnswer } from "./watch-answers.ts";

const PATH = "/api/v1/posts/01980b7a-6c00-7000-8000-000000000001";
const HEADERS = {
  "x-request-id": "1",
  "x-ratelimit-limit": "10",
  "x-ratelimit-remaining": "9",
  "x-ratelimit-reset": "1796117400",
  etag: '"1"',
  "content-type": "application/json; charset=utf-8",
};
const answered = (): { post: Record<string, unknown> } =>
  z.object({ post: z.record(z.string(), z.unknown()) }).parse(exampleOf(toSchema(postsGet.answer, "output")));

/** The differences found in a response to getting a post. */
async function differences(given: Partial<Exchange>): Promise<string> {
  const exchange = {
    method: "GET",
    url: PATH,
    requestHeaders: new Headers(),
    requestBody: Buffer.alloc(0),
    status: 200,
    headers: new Headers(HEADERS),
    body: JSON.stringify(answered()),
    ...given,
  };
  return (await ourDescription().findDifferences(exchange)).join("\n");
}

test("a response as described has no faults, and neither do a HEAD, a 304 and a stream", async () => {
  assert.equal(await differences({}), "");
  assert.equal(await differences({ method: "HEAD", body: "" }), "");
  assert.equal(await differences({ status: 304, body: "" }), "");
  const { etag: _, ...headers } = HEADERS;
  const stream = {
    url: `${PATH}/events`,
    headers: new Headers({ ...headers, "content-type": "text/event-stream; charset=utf-8" }),
  };
  assert.equal(
    await differences({ ...stream, body: `event: post\nid: "1"\ndata: ${JSON.stringify(answered())}\n\n` }),
    "",
  );
  assert.match(await differences({ ...stream, body: 'data: {"post":{}}\n\n' }), /required property 'id'/);
});

const { content, ...rest } = answered().post;
const { etag: _, ...untagged } = HEADERS;
const FAULTS: Readonly<Record<string, readonly [Partial<Exchange>, RegExp]>> = {
  "a member too many": [
    { body: JSON.stringify({ post: { ...answered().post, secret: 1 } }) },
    /additionalProperty":"secret"/,
  ],
  "a member too few": [{ body: JSON.stringify({ post: rest }) }, /missingProperty":"content"/],
  "a member of another type": [{ body: JSON.stringify({ post: { ...rest, content, mode: 1 } }) }, /mode must be/],
  "a status that is not described": [{ status: 202 }, /status/],
  "a code that is not of this call": [
    { status: 404, body: JSON.stringify({ error: "", code: "NOT_FOUND", requestId: "1", issues: [] }) },
    /code must be equal/,
  ],
  "a header too few": [{ headers: new Headers(untagged) }, /ETag is missing/],
  "a header too many": [
    { headers: new Headers({ ...HEADERS, "x-powered-by": "us" }) },
    /x-powered-by is not described/,
  ],
  "a header with another value": [
    { headers: new Headers({ ...HEADERS, "x-ratelimit-limit": "many" }) },
    /X-RateLimit-Limit must be integer/,
  ],
  "another type of content": [
    { headers: new Headers({ ...HEADERS, "content-type": "text/html" }) },
    /text\/html is not described/,
  ],
  "a parameter that is not described": [{ url: `${PATH}?x=1` }, /parameter x/],
  "an address that is not described": [{ url: "/api/v1/nothing" }, /nothing is described/],
  "a request that is not described": [
    { method: "PATCH", requestBody: Buffer.from('{"txt":""}'), body: JSON.stringify({ ...answered(), warnings: [] }) },
    /the request must NOT have additional/,
  ],
};
for (const [fault, [given, expected]] of Object.entries(FAULTS)) {
  test(`${fault} is found`, async () => assert.match(await differences(given), expected));
}

const seen: Exchange[] = [];
const server = createServer((request, response) => {
  watchAnswer(request, response, (exchange) => seen.push(exchange));
  request
    .on("data", () => undefined)
    .on("end", () => {
      response.writeHead(201, { "x-request-id": "1" });
      response.write("one, ");
      response.end("two");
    });
});
before(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
after(() => new Promise((resolve) => server.close(resolve)));

test("all traffic is observed, and arrives unchanged", async () => {
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const answer = await fetch(`http://127.0.0.1:${port}/api/x?y=1`, { method: "POST", body: "sent" });
  assert.deepEqual([answer.status, answer.headers.get("x-request-id"), await answer.text()], [201, "1", "one, two"]);
  const [exchange] = seen;
  assert.deepEqual(
    [
      exchange?.method,
      exchange?.url,
      exchange?.requestBody?.toString(),
      exchange?.status,
      exchange?.headers.get("x-request-id"),
      exchange?.body,
    ],
    ["POST", "/api/x?y=1", "sent", 201, "1", "one, two"],
  );
});
