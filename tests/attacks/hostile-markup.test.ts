import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { idOf, objectIn } from "../answers.ts";
import { createWorld, type World } from "../world.ts";
import { fill, routesOf } from "./routes.ts";

let world: World;
let cookie: string;
before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const APP = "http://localhost:3000";
const HEADERS = { host: "localhost:3000", origin: APP, accept: "text/html" };

/** Texts that end an attribute, a tag, a style, a script or a comment, or that are a script URL. */
const MARKUP: readonly [string, ...string[]] = [
  `"'><img src=x onerror=attack()>`,
  `</title></style></textarea></script><script>attack()</script><svg/onload=attack()>`,
  "' onfocus=attack() autofocus x=`--><iframe srcdoc=attack()>",
  "javascript:attack()//",
  "data:text/html,<script>attack()</script>",
];
const ELSEWHERE: readonly [string, string, string, ...string[]] = [
  "//evil.example",
  "/\\evil.example",
  "/..//evil.example",
  "/%2e%2e//evil.example",
  "/.//evil.example",
  "https://evil.example",
  "\t//evil.example",
  "/\n/evil.example",
  `${APP}@evil.example`,
  `${APP}.evil.example`,
];

test("nothing in a URL becomes markup, a script or a redirect to another site, in any parameter of any route", async () => {
  const names = await namesThatAreRead();
  const failed: string[] = [];
  for (const { path } of routesOf(world.app).filter(({ method }) => method === "GET")) {
    const ask = async (inPath: string, query: Record<string, string>, as: Record<string, string>) => {
      const url = `${fill(path, encodeURIComponent(inPath))}?${new URLSearchParams(query)}`;
      const answer = await world.app.inject({ method: "GET", url, headers: { ...HEADERS, ...as } });
      failed.push(...check(`GET ${url}`, answer));
      return answer.statusCode;
    };
    // A response that is not a page for one text is not a page for any other.
    const isPage = !/^\/(api|admin|docs|openapi|llm|\.well-known)/.test(path);
    const texts = isPage ? [...MARKUP, ...ELSEWHERE] : [MARKUP[0], ELSEWHERE[2]];
    const inPath = /[:*]/.test(path) ? texts.map((text) => ask(text, {}, { cookie })) : [];
    await Promise.all([
      ...inPath,
      ...texts.map((text) => ask("threads", Object.fromEntries(names.map((name) => [name, text])), { cookie })),
    ]);
    if (!isPage) continue;
    // If one parameter is rejected, the others may not be read. So small groups are tried, too, together with valid
    // values.
    const good = { mode: "test", set: world.test.platformSetId, token: "x" };
    const as: Record<string, string> = (await ask("threads", good, { cookie })) === 303 ? {} : { cookie };
    const companies = names.map((_, at) => names.slice(at, at + 4)).filter((_, at) => at % 4 === 0);
    await Promise.all(
      companies.map((company, at) =>
        ask(
          "threads",
          { ...good, ...Object.fromEntries(company.map((name) => [name, at % 2 === 0 ? MARKUP[0] : ELSEWHERE[2]])) },
          as,
        ),
      ),
    );
  }
  assert.deepEqual(failed, []);
});

test("nothing sent with a form comes back as markup, or redirects to another site", async () => {
  const names = await namesThatAreRead();
  const failed: string[] = [];
  const send = async (path: string, text: string, as: Record<string, string>) => {
    const payload = String(new URLSearchParams(Object.fromEntries(names.map((name) => [name, text]))));
    const headers = {
      ...HEADERS,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": String(payload.length),
      ...as,
    };
    const answer = await world.app.inject({ method: "POST", url: fill(path, "threads"), headers, payload });
    failed.push(...check(`POST ${path} ${text}`, answer));
  };
  const routes = routesOf(world.app).filter(({ method, path }) => method === "POST" && !path.startsWith("/api/"));
  const texts = [MARKUP[0], ELSEWHERE[2]];
  await Promise.all(routes.flatMap(({ path }) => texts.map((text) => send(path, text, {}))));
  for (const { path } of routes) {
    for (const text of texts) {
      await send(path, text, { cookie });
      // A route may end the session.
      if ((await world.services.sessions.find({ cookie })) === null) cookie = await world.signIn(world.test);
    }
    await world.database.pool.query("delete from throttles");
  }
  assert.deepEqual(failed, []);
});

test("nothing stored by users, keys or platforms becomes markup on any page", async () => {
  const accountId = await world.connect(world.test, "threads");
  const call = async (path: string, body: object) => (await world.call(world.test, "POST", path, body)).body;
  const postId = idOf(
    await call("/api/v1/posts", {
      content: { text: MARKUP.join("\n") },
      platforms: ["threads"],
      platformSetId: world.test.platformSetId,
    }),
    "post",
  );
  const link = objectIn(
    await call("/api/v1/connect-links", {
      platformSetId: world.test.platformSetId,
      externalId: "customer",
      returnUrl: "https://example.com/back",
    }),
    "connectLink",
  );
  await world.callAs(cookie, "POST", "/api/keys", {
    name: "Agent",
    mode: "test",
    policies: { approvalRequired: true },
  });
  await world.callAs(cookie, "POST", "/api/invites", { email: "guest@example.com" });
  await world.callAs(cookie, "PUT", `/api/platform-sets/${world.test.platformSetId}/apps/threads?mode=test`, {
    clientId: "client",
    clientSecret: "secret",
  });
  const taken = await writeEverywhere(MARKUP[0]);
  for (const column of [
    "platform_sets.name",
    "accounts.display_name",
    "accounts.username",
    "api_keys.name",
    "users.name",
    "oauth_apps.client_id",
  ])
    assert.ok(taken.includes(column), `${column} of ${taken.join(" ")}`);
  const failed: string[] = [];
  let shown = 0;
  for (const { path } of routesOf(world.app).filter(
    ({ method, path }) => method === "GET" && !path.startsWith("/api/v1"),
  )) {
    for (const id of /[:*]/.test(path)
      ? [postId, accountId, world.test.platformSetId, new URL(String(link["url"])).pathname.split("/").at(-1) ?? ""]
      : [""]) {
      const url = `${fill(path, id)}?${new URLSearchParams({ mode: "test", set: world.test.platformSetId })}`;
      const answer = await world.app.inject({ method: "GET", url, headers: { ...HEADERS, cookie } });
      failed.push(...check(`GET ${url}`, answer));
      if (answer.body.includes("&#60;img src=x")) shown += 1;
    }
  }
  assert.deepEqual(failed, []);
  assert.ok(shown >= 5, `${shown} pages show what was stored`);
});

/** What is wrong with a response: none of Ampost's pages may read as those texts do. */
function check(
  what: string,
  { statusCode, headers, body }: { statusCode: number; headers: Record<string, unknown>; body: string },
): string[] {
  const wrong: string[] = [];
  if (statusCode >= 500 && !/cannot be reached|"code":"UNAVAILABLE"/.test(body)) wrong.push(`${statusCode}`);
  if (isElsewhere(headers["location"] ?? "/")) wrong.push(`leads to ${String(headers["location"])}`);
  const type = String(headers["content-type"] ?? "");
  if (/html|xml|svg/.test(type)) {
    if (/<img src=x|<script>attack|<svg\/onload|<iframe srcdoc|' onfocus=/.test(body)) wrong.push("markup");
    for (const [, value = ""] of body.matchAll(/\s(?:href|src|action|formaction|content)\s*=\s*["']?([^"'>]*)/g))
      if (isElsewhere(value.replaceAll("&#38;", "&"))) wrong.push(`links to ${value.slice(0, 80)}`);
    const policy = String(headers["content-security-policy"]);
    if (
      !policy.includes("default-src 'none'") ||
      /unsafe-inline|unsafe-eval/.test(policy.replace(/style-src [^;]*/, ""))
    )
      wrong.push(`policy ${policy}`);
  } else if (
    body !== "" &&
    !/^(application\/(json|manifest\+json|gzip|zip)|text\/(plain|markdown|javascript|event-stream)|application\/yaml|image\/)/.test(
      type,
    )
  )
    wrong.push(`type ${type}`);
  return wrong.map((each) => `${what}: ${each}`);
}

/** Whether a URL in a page or response runs a script or leads to the attacker's site. */
function isElsewhere(address: unknown): boolean {
  const url = URL.parse(String(address), APP);
  return (
    url !== null && (url.host.endsWith("evil.example") || /^(javascript|data:text)/.test(url.protocol + url.pathname))
  );
}

/** What comes back from a platform's consent page. */
const SAID_BY_PLATFORMS = [
  "code",
  "state",
  "error",
  "error_code",
  "error_message",
  "error_reason",
  "error_description",
  "iss",
  "scope",
];

/**
 * The names of everything that the server reads from URLs and forms, found in its source, so that new ones are
 * included.
 */
async function namesThatAreRead(): Promise<string[]> {
  const names = new Set([...OPERATIONS.flatMap(({ query }) => Object.keys(query.shape)), ...SAID_BY_PLATFORMS]);
  const root = join(import.meta.dirname, "../../server");
  for await (const file of glob("{http,calls,oauth,domain}/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] })) {
    const text = await readFile(join(root, file), "utf8");
    for (const [, name = ""] of text.matchAll(
      /(?:\.(?:get|getAll|text|all)\(|(?:query|queryOf\(request\)|params)\[)"(\w+)"/g,
    ))
      names.add(name);
    for (const [, list = ""] of text.matchAll(/\{ ([^}]+) \} = queryOf/g))
      for (const [name] of list.matchAll(/\b[a-z]\w*(?=\b)/g)) names.add(name);
  }
  for (const name of [
    "returnTo",
    "notice",
    "token",
    "invite",
    "mode",
    "redirect_uri",
    "client_id",
    "cursor",
    "name",
    "email",
  ])
    assert.ok(names.has(name), name);
  return [...names];
}

/**
 * Writes a text into every column that holds text, directly in the database, whatever the API would accept. Returns the
 * columns that took it.
 */
async function writeEverywhere(text: string): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = 'public' and data_type = 'text'`,
  );
  const taken: string[] = [];
  for (const { table, column } of rows) {
    if (
      /(^|_)(id|mode|status|digest|sealed|encrypted|hash|key|kind|platform|secret|checksum|user|by|zone|url|uri)$/.test(
        column,
      ) &&
      column !== "client_id"
    )
      continue;
    const done = await world.database.pool.query(`update ${table} set ${column} = $1`, [text]).catch(() => null);
    if ((done?.rowCount ?? 0) > 0) taken.push(`${table}.${column}`);
  }
  return taken;
}
