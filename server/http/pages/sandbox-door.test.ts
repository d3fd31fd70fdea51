import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { postsGet } from "../../../contract/operations/posts.ts";
import { isPlatformName } from "../../../model/platform-names.ts";
import { openLedger } from "../../../sandbox/ledger.ts";
import { startSandbox, type Sandbox } from "../../../sandbox/server.ts";
import { openStore, type Store } from "../../../sandbox/store.ts";
import { idOf } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { bindingOf, startAuthorization } from "../../oauth/authorizations.ts";

let folder: string;
let sandbox: Sandbox;
let store: Store;
let world: World;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampost-door-"));
  sandbox = await startSandbox({ port: 0, dataDir: folder, limits: true });
  store = openStore(folder);
  world = await createWorld({ sandboxUrl: sandbox.url, sandboxPage: "own" });
});
after(async () => {
  await world.close();
  store.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

/** Adds a post of the tenant's account to the sandbox's ledger. */
async function publish(tenant: TestTenant, text: string, replyToId: string | null = null): Promise<string> {
  const accountId = `threads-${await world.connect(tenant, "threads")}`;
  const url = `https://www.threads.net/@${text}/post/${text}`;
  const look = {
    author: { username: text, name: text, url: `https://www.threads.net/@${text}` },
    media: [],
    link: null,
    poll: [],
    attachment: null,
    topic: null,
    replyToId,
    quotedId: null,
    notes: [],
  };
  const ledger = openLedger(store, (name) => (isPlatformName(name) ? name : assert.fail(name)));
  ledger.add({
    platform: "threads",
    accountId,
    id: text,
    url,
    text: `says ${text}`,
    media: [],
    kind: "text",
    visibility: "public",
    settings: {},
    at: Date.now(),
    endsAt: null,
    handle: text,
    rootId: replyToId ?? text,
    look,
  });
  return `/sandbox/www.threads.net/@${text}/post/${text}`;
}

const open = async (path: string, cookie?: string) => {
  const answer = await fetch(world.url + path, { redirect: "manual", headers: cookie === undefined ? {} : { cookie } });
  return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
};

test("a published test post has the URL at which its user can open it; a live one has none", async () => {
  const { test: own, live } = await world.makeTenants();
  const path = await publish(own, "opened");
  await world.connect(live, "threads");
  for (const tenant of [own, live]) {
    const body = { content: { text: "Opened" }, platforms: ["threads"], platformSetId: tenant.platformSetId };
    const id = idOf((await world.call(tenant, "POST", "/api/v1/posts", body)).body, "post");
    await world.services.pool.query(
      "update platform_posts set status = 'published', published_url = $2, parts = $3 where post_id = $1",
      [
        id,
        "https://www.threads.net/@opened/post/opened",
        JSON.stringify([{ platformPostId: "17", publishedUrl: "https://www.threads.net/@opened/post/opened" }]),
      ],
    );
    const { post } = postsGet.answer.parse((await world.call(tenant, "GET", `/api/v1/posts/${id}`)).body);
    const { sandboxUrl = null, parts } = post.platformPosts[0] ?? {};
    const expected = tenant === own ? `${world.services.settings.appUrl}${path}` : null;
    assert.deepEqual([sandboxUrl, parts?.map((part) => part.sandboxUrl)], [expected, [expected]]);
  }
  assert.match((await open(path, await world.signIn(own))).text, /says opened/);
});

test("the sandbox's page shows users the posts of their own accounts, and strangers none", async () => {
  const [mine, theirs] = [world.test, (await world.makeTenants()).test];
  const [own, foreign] = [await publish(mine, "mine"), await publish(theirs, "theirs", "mine")];
  const cookie = await world.signIn(mine);

  const feed = await open("/sandbox/", cookie);
  assert.match(feed.text, /says mine/);
  assert.doesNotMatch(feed.text, /says theirs/);
  assert.match((await open(own, cookie)).text, /says mine/);
  for (const path of [foreign, "/sandbox/www.threads.net/@theirs"]) {
    const { status, text } = await open(path, cookie);
    assert.equal(status, 404);
    assert.doesNotMatch(text, /says theirs/);
  }
  for (const path of ["/sandbox/", own, `/sandbox/_sandbox/media/${"a".repeat(64)}.webp`])
    assert.match((await open(path)).location ?? "", /^\/sign-in\?returnTo=/, path);

  world.services.settings.sandboxPage = "open";
  assert.match((await open("/sandbox/")).text, /says mine[^]*says theirs|says theirs[^]*says mine/);
  world.services.settings.sandboxPage = "own";
});

test("no request through the page reaches a platform's routes, and none is logged", async () => {
  world.services.settings.sandboxPage = "open";
  assert.equal((await open("/sandbox")).location, "/sandbox/");
  const before = store.all("SELECT name, value FROM series ORDER BY name");
  for (const path of [
    "graph.threads.net/v1.0/me",
    "graph.facebook.com/nothing",
    "threads.net/oauth/authorize?client_id=990602627938098&login_hint=new&scope=threads_basic&response_type=code&" +
      "redirect_uri=https://app.example.test/cb",
    "api.x.com/2/users/me",
    "x/../graph.threads.net/me",
    "_sandbox/page",
    "_sandbox/requests",
    "%5Fsandbox/requests",
    "/_sandbox/requests",
  ]) {
    assert.equal((await open(`/sandbox/${path}`)).status, 404, path);
  }
  assert.deepEqual(store.all("SELECT seq FROM requests"), []);
  assert.deepEqual(store.all("SELECT id FROM people WHERE hint IS NOT NULL"), []);
  assert.deepEqual(store.all("SELECT name, value FROM series ORDER BY name"), before);
});

test("a consent page is reached through the page only by its state, as the person it is for, until it is answered", async () => {
  const { test: tenant } = await world.makeTenants();
  const address = await startAuthorization(world.services.oauth, {
    ...tenant,
    platform: "threads",
    login: "",
    returnTo: "/platforms",
    binding: bindingOf("browser", "secret"),
  });
  const path = `/sandbox${address.slice(sandbox.url.length)}`;
  const person = new URL(address).searchParams.get("login_hint") ?? "";
  const other = path.replace(person, "somebody_else");
  assert.notEqual(other, path);
  const page = await fetch(world.url + other);
  const text = await page.text();
  assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  assert.match(text, new RegExp(`Continue as ${person}`));
  assert.doesNotMatch(text, /somebody_else/);

  const press = (to: string) =>
    fetch(world.url + to, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams([
        ["decision", "approve"],
        ["scope", "threads_basic"],
        ["scope", "threads_content_publish"],
      ]),
    });
  const [host, state] = ["threads.net", new URL(address).searchParams.get("state") ?? ""];
  for (const wrong of [
    path.replace(state, "unknown"),
    path.replace(`state=${state}`, ""),
    path.replace(`/sandbox/${host}/oauth/authorize`, "/sandbox/graph.threads.net/v1.0/me/threads"),
    path.replace(`/sandbox/${host}/oauth/authorize`, "/sandbox/_sandbox/reset"),
  ])
    assert.equal((await press(wrong)).status, 404, wrong);
  const location = new URL((await press(other)).headers.get("location") ?? "");
  assert.deepEqual(
    [location.origin + location.pathname, location.searchParams.get("state"), location.searchParams.has("code")],
    ["http://localhost:3000/api/platforms/threads/callback", state, true],
  );
  await world.database.pool.query("update oauth_attempts set used_at = now() where user_id = $1", [tenant.userId]);
  assert.equal((await press(path)).status, 404);
  assert.doesNotMatch((await open(path, await world.signIn(tenant))).text, /Continue as/);
});

test("where the sandbox is away, the dashboard can show that in its frame, and nobody else can", async () => {
  const { settings } = world.services;
  const before = settings.sandboxUrl;
  settings.sandboxUrl = "http://127.0.0.1:9";
  try {
    const cookie = await world.signIn(world.test);
    const policyOf = async (path: string) => {
      const { status, headers } = await fetch(world.url + path, { headers: { cookie, accept: "text/html" } });
      assert.equal(status, 503, path);
      const [, framers] = /frame-ancestors ([^;]+)/.exec(headers.get("content-security-policy") ?? "") ?? [];
      return [framers, headers.get("x-frame-options")];
    };
    assert.deepEqual(await policyOf("/sandbox/"), ["'self'", "SAMEORIGIN"]);
    assert.deepEqual(await policyOf("/sandbox/www.threads.net/@mine"), ["'none'", "DENY"]);
  } finally {
    settings.sandboxUrl = before;
  }
});
