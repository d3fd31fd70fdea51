import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { newId } from "../../model/ids.ts";
import { createWorld, type World } from "../world.ts";
import { everything } from "./everything.ts";
import { fill, inGroups, routesOf, type Route } from "./routes.ts";

let world: World;
let cookie: string;
before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const APP = "http://localhost:3000";

/** What a browser sends when another site, a typed URL or a link in an email makes the request. */
const FORGED: readonly Record<string, string>[] = [
  {},
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "https://evil.example" },
  { origin: "null" },
  { origin: `${APP}.evil.example` },
  { origin: "http://localhost:3001", "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "none" },
  { origin: APP, "sec-fetch-site": "cross-site" },
  { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
  { referer: `${APP}/settings` },
  { host: "evil.example", origin: "http://evil.example" },
];

const id = newId();
const FIELDS = {
  id,
  mode: "test",
  set: id,
  name: "Stolen",
  email: "evil@example.com",
  password: "stolen stolen",
  currentPassword: "stolen",
  newPassword: "stolen stolen",
  token: "stolen",
  code: "123456",
  contentHash: "0".repeat(64),
  answer: "allow",
  asked: "stolen",
  platform: "threads",
  platformSetId: id,
};
const BODIES: readonly (readonly [string, string])[] = [
  ["application/x-www-form-urlencoded", String(new URLSearchParams(FIELDS))],
  ["text/plain", JSON.stringify(FIELDS)],
  ["application/json", JSON.stringify(FIELDS)],
  [
    "multipart/form-data; boundary=b",
    `--b\r\ncontent-disposition: form-data; name="data"\r\n\r\n${JSON.stringify(FIELDS)}\r\n--b--\r\n`,
  ],
];

/** They read no cookie, so their response is the same for everyone. */
const WITHOUT_SESSION = [
  "/oauth/token",
  "/unsubscribe",
  "/oauth/revoke",
  "/oauth/register",
  "/meta/deauthorize/:platform",
  "/meta/data-deletion/:platform",
  "/api/billing/stripe-events",
  "/api/v1/media/upload-urls/:permit",
];

test("no page of another site can make a signed-in browser change anything, through any route, header or kind of body", async () => {
  const routes = routesOf(world.app).filter(({ method }) => ["POST", "PUT", "PATCH", "DELETE"].includes(method));
  assert.ok(routes.length > 80, String(routes.length));
  let turn = 0;
  const before = await everything(world);
  for (const group of inGroups(routes)) {
    await Promise.all(
      group.flatMap((route) =>
        FORGED.map(async (headers) => {
          turn += 1;
          const body = BODIES[turn % BODIES.length] ?? BODIES[0];
          const what = `${route.method} ${route.path} ${JSON.stringify(headers)} ${body?.[0]}`;
          if (WITHOUT_SESSION.includes(route.path))
            assert.deepEqual(await ask(route, headers, body, { cookie }), await ask(route, headers, body, {}), what);
          else assert.match(await ask(route, headers, body, { cookie }), REFUSED, what);
        }),
      ),
    );
    const paths = group.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(await everything(world), before, `one of ${paths.join(", ")}`);
    await world.database.pool.query("delete from throttles");
  }
  assert.notEqual(await world.services.sessions.find({ cookie }), null);
});

test("a page of another site that sends a signed-in browser to a URL, or loads it as an image, changes nothing", async () => {
  // A visit may be logged, and a passkey challenge that nobody responds to does no harm.
  const everythingElse = async () => {
    await world.database.pool.query("delete from verifications");
    return { ...(await everything(world)), audit_events: [] };
  };
  const routes = routesOf(world.app).filter(({ method }) => method === "GET");
  assert.ok(routes.length > 60, String(routes.length));
  const before = await everythingElse();
  const good = { platformSetId: world.test.platformSetId, mode: "test" };
  const visits = routes.flatMap((route) =>
    [good, { ...FIELDS, ...good }].flatMap((query) =>
      ["navigate", "no-cors"].map((mode) => ({
        route: { ...route, path: `${route.path.replace(":platform", "threads")}?${new URLSearchParams(query)}` },
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": mode, referer: "https://evil.example/" },
      })),
    ),
  );
  for (const group of inGroups(visits))
    await Promise.all(group.map(({ route, headers }) => ask(route, headers, undefined, { cookie })));
  assert.deepEqual(await everythingElse(), before);
});

/** Rejected by the rule about foreign sites, by a route that accepts no session, or by one that requires a state. */
const REFUSED =
  /^(401 .*(did not come from the dashboard|(API|operator) key is missing)|40[13] \/mcp|404 .*consent page is no longer valid)/s;

async function ask(
  { method, path }: Route,
  headers: Record<string, string>,
  body: readonly [string, string] | undefined,
  as: Record<string, string>,
): Promise<string> {
  const known = method === "POST" && path === "/sandbox*" ? "/sandbox/*" : path;
  const url = fill(known.replace(/^(\/meta\/.*):platform$/, "$1facebook"), id);
  const typed =
    body === undefined ? {} : { "content-type": body[0], "content-length": String(Buffer.byteLength(body[1])) };
  const answer = await world.app.inject({
    method,
    url,
    headers: { host: "localhost:3000", ...typed, ...headers, ...as },
    ...(body === undefined ? {} : { payload: body[1] }),
  });
  assert.ok(answer.statusCode < 500, `${method} ${url}: ${answer.statusCode}`);
  return `${answer.statusCode} ${path.startsWith("/mcp") ? "/mcp" : answer.body.replace(/"(client_id|requestId)":"[^"]*"|"client_id_issued_at":\d+/g, "")}`;
}
