import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../../contract/index.ts";
import { toSchema } from "../../../contract/openapi/openapi.ts";
import { PUBLIC_CODES, WARNING_CODES } from "../../../model/errors.ts";
import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { loadPages, type DocPage } from "../../../printing/pages.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { QUERIES } from "./search-queries.fixture.ts";
import { makeSearch } from "./search.ts";

let world: World;
let pages: DocPage[];
before(async () => {
  world = await createWorld();
  pages = await loadPages(world.services.settings);
});
after(() => world.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${world.url}${path}`, { headers, redirect: "manual" });

test("every link of every page leads to an existing heading", async () => {
  const seen = new Map<string, Promise<{ status: number; ids: Set<string> }>>();
  const open = (path: string) => {
    const known =
      seen.get(path) ?? get(path).then(async (answer) => ({ status: answer.status, ids: idsOf(await answer.text()) }));
    seen.set(path, known);
    return known;
  };
  const broken: string[] = [];
  for (const page of pages) {
    const { status, ids } = await open(page.path);
    if (status !== 200) broken.push(`${page.path}: ${status}`);
    for (const [, href = ""] of renderMarkdown(page.markdown).matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      if (/^https?:/.test(href) && !href.startsWith(world.services.settings.appUrl)) continue;
      const [path = "", anchor = ""] = href.replace(world.services.settings.appUrl, "").split("#");
      const target = path === "" ? { status: 200, ids } : await open(path);
      if (target.status >= 400 || (anchor !== "" && !target.ids.has(anchor))) broken.push(`${page.path}: ${href}`);
    }
  }
  assert.deepEqual(broken, []);
});

test("every operation, platform and error code has its place", async () => {
  const all = pages.map(({ markdown }) => markdown).join("\n");
  for (const { name, method, path } of OPERATIONS) assert.ok(all.includes(`{#${name}}\n\n\`${method} ${path}\``), name);
  const paths = new Set(pages.map(({ path }) => path));
  for (const name of PLATFORM_NAMES) assert.ok(paths.has(`/docs/platforms/${name}`), name);
  for (const code of Object.keys(PUBLIC_CODES)) assert.ok(paths.has(`/docs/errors/${code}`), code);
  assert.equal(paths.size, pages.length);
});

test("everything named in the public documentation exists", () => {
  const offered = new Set(OPERATIONS.map(({ method, path }) => `${method} ${path}`));
  for (const call of PROMISED) assert.ok(offered.has(call), call);
});

test("every operation named in a guide exists", () => {
  const offered = [...OPERATIONS.map(({ method, path }) => `${method} ${path}`), ...BROWSER_CALLS];
  const guides = pages.filter(({ path }) => !/^\/docs\/(api|errors|platforms)\//.test(path));
  const named = guides.flatMap(({ path, markdown }) =>
    [...markdown.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/api\/[\w/:-]+)/g)].map(([, method, call]) => ({
      path,
      call: `${method} ${call}`,
    })),
  );
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter(({ call }) => !offered.includes(call)),
    [],
  );
});

test("a page is served as HTML under a strict policy, and as Markdown", async () => {
  const page = await get("/docs/webhooks");
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  const markup = await page.text();
  assert.match(markup, /<h1>Webhooks<\/h1>/);
  assert.match(markup, /post\.published/);
  assert.doesNotMatch(markup, /<!-- print/);
  const twin = await get("/docs/webhooks.md");
  assert.equal(twin.headers.get("content-type"), "text/markdown; charset=utf-8");
  assert.match(await twin.text(), /^# Webhooks\n/);
  assert.equal((await get("/docs/webhooks", { "if-none-match": page.headers.get("etag") ?? "" })).status, 304);
  const missing = await get("/docs/nothing");
  assert.deepEqual([missing.status, missing.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
});

test("a renamed page redirects to its new URL, as HTML and as Markdown", async () => {
  for (const end of ["", ".md"]) {
    const moved = await get(`/docs/earlier-addresses${end}`);
    assert.deepEqual([moved.status, moved.headers.get("location")], [301, `/docs/legacy-endpoints${end}`]);
    assert.equal((await get(`/docs/legacy-endpoints${end}`)).status, 200);
  }
});

test("llm.txt is short, has every operation for keys, every setting and every code, and links pages with the rest", async () => {
  const text = await (await get("/llm.txt")).text();
  assert.ok(text.length <= 58_000, `${text.length} characters`);
  for (const { method, path, successor, auth = "key" } of OPERATIONS)
    if (successor === undefined && (auth === "key" || auth === "either"))
      assert.ok(text.includes(`\n- \`${method} ${path}\` `), path);
  const { appUrl } = world.services.settings;
  const linked = [...text.matchAll(/(?<=[ (])http\S+?\.md(?=[\s).])/g)].map(([url]) => url);
  assert.ok(linked.length > 40, `${linked.length}`);
  const known = new Set(pages.map(({ path }) => `${appUrl}${path}.md`));
  assert.deepEqual(
    linked.filter((url) => !known.has(url)),
    [],
  );
  for (const { capabilities, settings } of Object.values(catalog)) {
    assert.ok(linked.includes(`${appUrl}/docs/platforms/${capabilities.platform}.md`), capabilities.platform);
    const { properties } = toSchema(settings, "input");
    const [, listed = ""] = new RegExp(`\n### [^\n]*\`${capabilities.platform}\`\n\n(.+)`).exec(text) ?? [];
    for (const name of Object.keys(Object(properties))) assert.ok(listed.includes(`\`${name}\``), name);
  }
  for (const code of Object.keys(PUBLIC_CODES)) assert.ok(text.includes(`\n- \`${code}\` (`), code);
  for (const code of Object.keys(WARNING_CODES)) {
    assert.ok(text.includes(`\`${code}\``), code);
    assert.equal((await get(`/docs/errors/${code}.md`)).status, 200, code);
  }
  for (const name of PLATFORM_NAMES) assert.ok(text.includes(`: \`${name}\`\n`), name);
  // What agents stumbled over: where a rehearsal is seen, what defaults hide, which times are allowed, and few tools.
  for (const word of ["`sandboxUrl`", "`settings.privacyStatus`", "`disableComment`", "`timeZone`", "/mcp?tools="])
    assert.ok(text.includes(word), word);
  assert.ok(text.includes(`${world.services.settings.apiUrl}/api/v1`));
  assert.doesNotMatch(text, /\]\(\/docs|<!-- print/);
  const index = await (await get("/llms.txt")).text();
  for (const { path } of pages) assert.ok(index.includes(`${world.services.settings.appUrl}${path}.md)`), path);
  const full = await (await get("/llms-full.txt")).text();
  for (const { path } of pages) assert.ok(full.includes(`<!-- ${path} -->`), path);
});

test("the search answers what people type, and says so where Ampost has nothing", async () => {
  const search = await makeSearch(pages);
  const unanswered = Object.entries(QUERIES).flatMap(([query, answers]) => {
    const first = search(query).slice(0, 4);
    const isAnswered = first.some(({ url }) =>
      answers.some((path) => url.startsWith(path) && /^(#|\/|$)/.test(url.slice(path.length))),
    );
    return isAnswered ? [] : [`${query}: ${first.map(({ url }) => url).join(", ")}`];
  });
  assert.deepEqual(unanswered, []);
  assert.equal(Object.keys(QUERIES).length, 118);
  const lacking = Object.values(QUERIES).filter((answers) => answers.includes("/docs/not-included"));
  assert.ok(lacking.length <= 12);
});

test("the search finds whole sections, names of settings and their parts, and no comments in code", async () => {
  const search = await makeSearch(pages);
  const urls = (query: string) => search(query).map(({ url }) => url);
  for (const query of ["firstComment", "firstcomment", "first comment"])
    assert.ok(
      urls(query).some((url) => url.startsWith("/docs/platforms/instagram")),
      query,
    );
  // A comment in a sample, not a heading.
  assert.deepEqual(
    search("back to a draft").filter(({ heading }) => heading === "back to a draft"),
    [],
  );
  assert.equal(urls("back to a draft")[0], "/docs/scheduling#reschedule-or-cancel");
  assert.deepEqual(search(""), []);
  assert.deepEqual(search("how do I"), []);
  assert.deepEqual(search("xyzzyqwv"), []);
});

test("the search responds for the field and as a page, whose text is never markup", async () => {
  const found: unknown = await (await get("/docs/search.json?q=simulate%20failures")).json();
  assert.ok(Array.isArray(found));
  assert.equal(found[0]?.url, "/docs/test-mode#simulate-failures");
  const page = await get(`/docs/search?q=${encodeURIComponent('"><script>alert(1)</script>')}`);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.doesNotMatch(await page.text(), /<script>/);
});

test("no markup passes from text into a page", () => {
  assert.doesNotMatch(renderMarkdown("A <script>alert(1)</script> & `<b>`"), /<script|<b>/);
});

function idsOf(markup: string): Set<string> {
  return new Set([...markup.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id));
}

/** Routes that redirect browsers, which are not operations. */
const BROWSER_CALLS = ["GET /api/platforms/:platform/connect", "GET /api/platforms/:platform/callback"];

const PROMISED = [
  "GET /api/v1/posts",
  "POST /api/v1/posts",
  "GET /api/v1/posts/:id",
  "POST /api/v1/posts/:id/cancel",
  "PATCH /api/v1/posts/:id",
  "DELETE /api/v1/posts/:id",
  "POST /api/v1/posts/:id/publish",
  "POST /api/v1/posts/:id/retry",
  "GET /api/v1/platform-sets",
  "POST /api/v1/platform-sets",
  "PATCH /api/v1/platform-sets/:id",
  "DELETE /api/v1/platform-sets/:id",
  "GET /api/v1/accounts",
  "GET /api/v1/accounts/:id",
  "POST /api/posts",
  "GET /api/platforms/sets",
];
