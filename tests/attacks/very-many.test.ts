import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NO_LIMITS, unlimited } from "../../model/user-limits.ts";
import { createWorld, type World } from "../world.ts";
import { everything } from "./everything.ts";
import { fill, inGroups, routesOf } from "./routes.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const MANY = 5_000;
const times = (count: number, each: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => each(index));
const part = (head: string, body = "1") => `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const form = (parts: readonly string[], end = "--b--\r\n") => parts.join("") + end;

const FORMS: Readonly<Record<string, readonly [type: string, body: string]>> = {
  "thousands of fields": ["multipart/form-data; boundary=b", form(times(MANY, (index) => part(`name="f${index}"`)))],
  "one field thousands of times": ["multipart/form-data; boundary=b", form(times(MANY, () => part('name="data"')))],
  "thousands of files": [
    "multipart/form-data; boundary=b",
    form(times(MANY, (index) => part(`name="files"; filename="${index}.jpg"`))),
  ],
  "thousands of parts without a name": ["multipart/form-data; boundary=b", form(times(MANY, () => part("")))],
  "thousands of parts without a head": ["multipart/form-data; boundary=b", form(times(MANY, () => "--b\r\n\r\n1\r\n"))],
  "a part of thousands of headers": [
    "multipart/form-data; boundary=b",
    form([
      `--b\r\n${times(MANY, (index) => `x-${index}: 1\r\n`).join("")}content-disposition: form-data; ` +
        'name="data"\r\n\r\n{}\r\n',
    ]),
  ],
  "a part with a head without end": ["multipart/form-data; boundary=b", form([part(`name="${"a".repeat(500_000)}"`)])],
  "a name that is deep": ["multipart/form-data; boundary=b", form([part(`name="data${"[a]".repeat(MANY)}"`)])],
  "names that are deep": [
    "multipart/form-data; boundary=b",
    form(times(500, (index) => part(`name="content${"[media]".repeat(50)}[${index}]"`))),
  ],
  "forms in forms": [
    "multipart/form-data; boundary=b",
    form(
      times(
        MANY,
        (index) => `--b\r\ncontent-type: multipart/mixed; boundary=b${index}\r\n\r\n--b${index}\r\n\r\n1\r\n`,
      ),
    ),
  ],
  "thousands of parts and no end": [
    "multipart/form-data; boundary=b",
    form(
      times(MANY, () => part('name="data"')),
      "",
    ),
  ],
  "nothing but boundaries": ["multipart/form-data; boundary=b", "--b\r\n".repeat(MANY * 10)],
  "nothing but what could be a boundary": [`multipart/form-data; boundary=${"-".repeat(60)}`, "-".repeat(500_000)],
  "a long boundary": [`multipart/form-data; boundary=${"b".repeat(300)}`, `--${"b".repeat(300)}\r\n\r\n`],
  "no boundary": ["multipart/form-data", form(times(MANY, () => part('name="data"')))],
  "an empty boundary": ['multipart/form-data; boundary=""', form(times(MANY, () => part('name="data"')))],
  "another boundary": ["multipart/form-data; boundary=other", form(times(MANY, () => part('name="data"')))],
  "thousands of boundaries": [
    `multipart/form-data${"; boundary=b".repeat(1_000)}`,
    form(times(MANY, () => part('name="data"'))),
  ],
  "thousands of fields of a page": [
    "application/x-www-form-urlencoded",
    times(MANY, (index) => `f${index}[a][b]=1`).join("&"),
  ],
  "one field of a page thousands of times": ["application/x-www-form-urlencoded", times(MANY, () => "id=1").join("&")],
};

test("a form with many parts, deep names or no boundary fails no route, and leaves nothing stored", async () => {
  const routes = routesOf(world.app).filter(({ method }) => ["POST", "PUT", "PATCH"].includes(method));
  assert.ok(routes.length > 80, String(routes.length));
  const cookie = await world.signIn(world.test);
  const callers: Record<string, string>[] = [{ authorization: `Bearer ${world.test.key}` }, { cookie }, {}];
  // Failed sign-ins may be logged.
  const stored = async () => ({ ...(await everything(world)), audit_events: [] });
  const kept = await stored();
  let turn = 0;
  // Forms at routes that read them, and in turn at all others.
  const sent = routes.flatMap(({ method, path }) =>
    Object.entries(FORMS)
      .filter(() => /\/(posts|media)$/.test(path) || (turn += 1) % 9 === 0)
      .map(([what, form]) => ({ method, path, what, form, as: callers[turn % callers.length] })),
  );
  for (const group of inGroups(sent)) {
    await Promise.all(
      group.map(async ({ method, path, what, form: [type, payload], as }) => {
        const answer = await world.app.inject({
          method,
          url: fill(path, "01980b7a-6c00-7000-8000-000000000001"),
          headers: {
            host: "localhost:3000",
            origin: "http://localhost:3000",
            "sec-fetch-site": "same-origin",
            "content-type": type,
            "content-length": String(Buffer.byteLength(payload)),
            ...(path.startsWith("/api/v1") ? callers[0] : as),
          },
          payload,
        });
        assert.ok(
          answer.statusCode < 500,
          `${method} ${path} ${what}: ${answer.statusCode} ${answer.body.slice(0, 200)}`,
        );
      }),
    );
    await world.database.pool.query("delete from throttles");
  }
  assert.deepEqual(await stored(), kept);
});

const draft = () => ({
  content: { text: "One of many" },
  platforms: ["threads"],
  platformSetId: world.test.platformSetId,
});
const message = (
  id: unknown,
  method = "tools/call",
  params: unknown = { name: "posts_create", arguments: draft() },
) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

async function speak(
  body: unknown,
  headers: Record<string, string>,
): Promise<{ status: number; session: string; text: string }> {
  const response = await fetch(`${world.url}/mcp`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${world.test.key}`,
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    session: response.headers.get("mcp-session-id") ?? "",
    text: await response.text(),
  };
}

test("thousands of messages in one request, or nested messages, do nothing over MCP, and each call counts", async () => {
  await world.connect(world.test, "threads");
  const { session } = await speak(
    message(0, "initialize", {
      protocolVersion: "2025-11-25",
      capabilities: { elicitation: {} },
      clientInfo: { name: "many", version: "1" },
    }),
    {},
  );
  const ways: Record<string, string>[] = [
    { "mcp-session-id": session },
    { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "posts_create" },
  ];
  const before = await everything(world);
  const calls = (count: number) => Array.from({ length: count }, (_, id) => message(id));
  const nested = (depth: number) => `${"[".repeat(depth)}${JSON.stringify(message(1))}${"]".repeat(depth)}`;
  const deep = JSON.parse(`${'{"a":'.repeat(60)}1${"}".repeat(60)}`);
  const bodies: Readonly<Record<string, unknown>> = {
    "thousands of calls": calls(3_000),
    "thousands of calls of one id": calls(3_000).map((call) => ({ ...call, id: 1 })),
    "thousands of answers": calls(3_000).map(({ id }) => ({ jsonrpc: "2.0", id, result: { action: "accept" } })),
    "thousands of notifications": calls(3_000).map(() => ({ jsonrpc: "2.0", method: "notifications/initialized" })),
    "thousands of beginnings": calls(3_000).map(({ id }) => message(id, "initialize", {})),
    "thousands of nothings": calls(20_000).map(() => null),
    "a batch in a batch": nested(2),
    "batches in batches": nested(60),
    "batches in batches without end": nested(10_000),
    "a call with deep arguments": message(1, "tools/call", { name: "posts_create", arguments: { ...draft(), deep } }),
    "a call with thousands of arguments": message(1, "tools/call", {
      name: "posts_create",
      arguments: { ...draft(), ...Object.fromEntries(calls(20_000).map(({ id }) => [`a${id}`, 1])) },
    }),
    "a call with a deep id": message(deep),
    "a call with deep facts of the client": message(1, "tools/call", {
      name: "posts_create",
      arguments: 1,
      _meta: deep,
    }),
  };
  for (const [what, body] of Object.entries(bodies)) {
    for (const headers of ways) {
      const { status, text } = await speak(body, headers);
      assert.ok(status < 500, `${what}: ${status} ${text.slice(0, 200)}`);
      assert.ok(text.length < 500_000, `${what}: an answer of ${text.length} characters`);
      assert.deepEqual(await everything(world), before, what);
    }
  }
  world.services.limitsOf = async () => ({ ...NO_LIMITS, callsPerMinute: 30 });
  const { text } = await speak(calls(31), { "mcp-session-id": session });
  world.services.limitsOf = unlimited;
  assert.match(text, /RATE_LIMITED/);
  assert.deepEqual(await everything(world), before);
});
