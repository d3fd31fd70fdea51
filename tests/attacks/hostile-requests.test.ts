import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { sendRaw } from "../raw-request.ts";
import { createWorld, type World } from "../world.ts";
import { inGroups, type Method, routesOf } from "./routes.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const QUERIES = [
  "",
  "?returnTo=/%E6%97%A5%E6%9C%AC&mode=test&mode=live&notice=__proto__&limit=1e99&offset=-1&before=%00&" +
    "token=%F0%9F%98%80",
  "?mode=%00&mode[x]=1&platform=constructor&callbackURL=/..//evil.example&code=a%0d%0ab&state=%ff&id[]=1",
];
const IDS = ["a%00b", "..%2f..", "%E6%97%A5", "constructor", "01980b7a-6c00-7000-8000-000000000001", "a".repeat(3000)];
const BODIES: readonly (readonly [string, string])[] = [
  ["application/json", "{"],
  [
    "application/json",
    '{"__proto__":{"a":1},"returnTo":"/\\u65e5","email":["x"],"password":1e999,"code":{},"content":null,"platforms":{"length":-1},"name":"\\ud800"}',
  ],
  ["application/json", `${"[".repeat(5000)}${"]".repeat(5000)}`],
  ["application/json; charset=latin1", "[]"],
  [
    "application/x-www-form-urlencoded",
    "returnTo=/%E6%97%A5&email=a%00b&email=x&password=%ff%fe&code=%F0%9F%98%80&__proto__=1&kind=backup&mode=test&name=",
  ],
  [`multipart/form-data; boundary=${"b".repeat(300)}`, `--${"b".repeat(300)}\r\n\r\n`],
  [
    "multipart/form-data; boundary=b",
    '--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b\r\ncontent-disposition: form-data; name="__proto__"\r\n' +
      "\r\nx\r\n--b--\r\n",
  ],
  ["multipart/form-data; boundary=b", '--b\r\ncontent-disposition: form-data; filename="a\0b"\r\n\r\nx\r\n--b--'],
  [
    "multipart/form-data; boundary=b",
    '--b\r\ncontent-disposition: form-data; name="data"\r\ncontent-type: application/json\r\n\r\n{bad\r\n--b--',
  ],
  ["text/plain", "\u00ff"],
  ["", ""],
];
const HEADERS: readonly Record<string, string>[] = [
  {
    "idempotency-key": "\u00ff".repeat(300),
    prefer: "wait=-1, wait=99999999999",
    "if-match": '"x',
    "if-none-match": "*",
    "content-encoding": "br",
    "accept-encoding": "br;q=9,*",
    range: "bytes=9-1",
  },
  {
    "upload-length": "-1",
    "upload-offset": "1e3",
    "upload-metadata": "a b c,,= ",
    "tus-resumable": "1.0.0",
    "mcp-protocol-version": "2026-07-28",
    "mcp-session-id": "v1..x",
    "last-event-id": "\u00e9",
  },
  {
    "content-length": "0",
    expect: "100-continue",
    "accept-language": "\u00ff",
    "user-agent": "\u00e9\u00ff",
    "x-forwarded-for": "x,,1",
    forwarded: 'for="["',
    via: "x",
  },
];

test("no unusual header, query, ID or body makes a route fail", async () => {
  const routes = routesOf(world.app);
  assert.ok(routes.length > 150, String(routes.length));
  const tenant = (await world.makeTenants()).test;
  let cookie = await world.signIn(tenant);
  const failed: string[] = [];
  let turn = 0;
  const ask = async (
    method: Method,
    path: string,
    query: string,
    [type, payload]: readonly [string, string],
    as: Record<string, string>,
  ) => {
    turn += 1;
    const url =
      path
        .split("/")
        .map((step) => (step.startsWith(":") || step === "*" ? (IDS[turn % IDS.length] ?? "") : step))
        .join("/") + query;
    const headers = {
      host: "localhost:3000",
      origin: "http://localhost:3000",
      "sec-fetch-site": "same-origin",
      ...(type === "" ? {} : { "content-type": type }),
      ...HEADERS[turn % HEADERS.length],
      ...as,
    };
    const { statusCode, body } = await world.app.inject({
      method,
      url,
      headers: method === "GET" ? headers : { ...headers, "content-length": String(Buffer.byteLength(payload)) },
      ...(method === "GET" || method === "HEAD" ? {} : { payload }),
    });
    // This world has no sandbox to connect at, which is an expected failure.
    if (statusCode >= 500 && (!/"code":"UNAVAILABLE"|cannot be reached/.test(body) || /So many calls/.test(body)))
      failed.push(
        `${method} ${url.slice(0, 200)} ${type.slice(0, 40)} ${JSON.stringify(payload.slice(0, 60))}: ` +
          `${statusCode} ${body.slice(0, 200)}`,
      );
  };
  for (const group of inGroups(routes)) {
    // A route may end the session.
    if ((await world.services.sessions.find({ cookie })) === null) cookie = await world.signIn(tenant);
    const callers: Record<string, string>[] = [
      {},
      { authorization: `Bearer ${world.test.key}` },
      { cookie: `${cookie}; __proto__=1; a=\u00ff` },
    ];
    await Promise.all(
      group.flatMap(({ method, path }) => {
        const isRead = method === "GET" || method === "HEAD" || method === "OPTIONS";
        const queries = method === "GET" ? QUERIES : [QUERIES[turn % QUERIES.length] ?? ""];
        return queries.flatMap((query) =>
          (isRead ? BODIES.slice(-1) : BODIES).map((body) =>
            ask(method, path, query, body, callers[turn % callers.length] ?? {}),
          ),
        );
      }),
    );
    await world.database.pool.query("delete from throttles");
  }
  assert.deepEqual(failed, []);
});

test("a form of what does not exist does nothing through another path", async () => {
  const cookie = await world.signIn((await world.makeTenants()).test);
  const forms = routesOf(world.app).filter(({ method, path }) => method === "POST" && /^\/(?!api\/).*:/.test(path));
  assert.ok(forms.length > 2);
  for (const { path } of forms) {
    for (const id of ["%2e%2e", "..%2fkeys", "a%3Fmode=live", "a%23b"]) {
      const url = path.replace(/:\w+/, id);
      const { statusCode } = await world.app.inject({
        method: "POST",
        url,
        headers: {
          host: "localhost:3000",
          origin: "http://localhost:3000",
          cookie,
          "content-type": "application/x-www-form-urlencoded",
        },
        payload: "mode=test",
      });
      assert.ok(statusCode >= 400 && statusCode < 500, `${url}: ${statusCode}`);
    }
  }
});

test("non-ASCII bytes in a request line are not an internal error", async () => {
  for (const target of [
    "/sign-in?returnTo=/\u00e9",
    "/keys?\u00e9",
    "/sandbox?\u00e9",
    "/api/v1/posts/\u00e9",
    "/connect/\u00e9?\u00ff",
    "/docs/\u00e9",
  ]) {
    const answer = await sendRaw(
      world.url,
      `GET ${target} HTTP/1.1\r\nhost: localhost:3000\r\nconnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1.1 [234]/, target);
  }
});
