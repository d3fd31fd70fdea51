import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { z } from "zod";

import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { type Sandbox, startSandbox } from "../../../sandbox/server.ts";
import { idOf, objectIn } from "../../../tests/answers.ts";
import { answerConsent, type Answering, firstOffered, type Shown } from "../../../tests/consent.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { revokeGrant } from "../../oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../../oauth/queues.ts";

let world: World;
let sandbox: Sandbox;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampost-links-"));
  sandbox = await startSandbox({ port: 0, dataDir: folder, limits: true });
  world = await createWorld({ sandboxUrl: sandbox.url });
});
after(async () => {
  await world.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const RETURN_URL = "https://app.example.com/connected?tenant=7&status=mine";

const linkForm = z.looseObject({
  id: z.string(),
  url: z.string().nullable(),
  status: z.string(),
  accountId: z.string().nullable(),
  accountIds: z.array(z.string()),
});

/** A connect link of a new user, and its path on the app's host. */
async function newLink(changed: object = {}): Promise<{ tenant: TestTenant; id: string; path: string }> {
  const tenant = (await world.makeTenants()).test;
  return { tenant, ...(await linkOf(tenant, changed)) };
}

async function linkOf(tenant: TestTenant, changed: object = {}): Promise<{ id: string; path: string }> {
  const body = {
    platformSetId: tenant.platformSetId,
    platform: "threads",
    externalId: "customer-1",
    returnUrl: RETURN_URL,
    ...changed,
  };
  const { id, url } = linkForm.parse(
    objectIn((await world.call(tenant, "POST", "/api/v1/connect-links", body)).body, "connectLink"),
  );
  return { id, path: new URL(url ?? "").pathname };
}

async function read(tenant: TestTenant, id: string) {
  return linkForm.parse(objectIn((await world.call(tenant, "GET", `/api/v1/connect-links/${id}`)).body, "connectLink"));
}

/** A browser of someone without an Ampost login. It keeps its cookies and follows no redirects by itself. */
function newBrowser() {
  const cookies = new Map<string, string>();
  const send = async (url: string, form?: Record<string, string>): Promise<Shown> => {
    const response = await fetch(url.startsWith("/") ? world.url + url : url, {
      redirect: "manual",
      headers: {
        "sec-fetch-site": "same-origin",
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? {} : { origin: "http://localhost:3000" }),
      },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    return {
      status: response.status,
      location: response.headers.get("location"),
      text: await response.text(),
      headers: response.headers,
    };
  };
  const browser = {
    cookies,
    open: (path: string) => send(path),
    send: (path: string, form: Record<string, string>) => send(path, form),
    /** From the link's page to the platform, a button there, and back to the app. */
    async connect(
      path: string,
      platform: PlatformName = "threads",
      options: Answering & { login?: string } = {},
    ): Promise<Shown> {
      return await browser.arrive(await answerConsent(await browser.start(path, platform, options.login), options));
    },
    async start(path: string, platform: PlatformName = "threads", login = ""): Promise<string> {
      const started = await send(`${path}/start?platform=${platform}${login === "" ? "" : `&login=${login}`}`);
      assert.ok(started.status === 303 && started.location !== null, `${started.status} ${started.text.slice(0, 500)}`);
      return started.location;
    },
    arrive: (back: URL) => send(back.pathname + back.search),
    /** Chooses the first account, where several are offered. */
    async choose(shown: Shown): Promise<Shown> {
      const { pathname } = new URL(shown.location ?? "", "http://localhost:3000");
      if (!pathname.startsWith("/connect/choose/")) return shown;
      return await send(pathname, { platformAccountId: firstOffered((await send(pathname)).text) });
    },
    /** Follows redirects within the app. Returns where the browser is finally sent. */
    async leave(shown: Shown): Promise<URL> {
      for (let hops = 0; hops < 3; hops += 1) {
        const url = new URL(shown.location ?? "", "http://localhost:3000");
        if (url.origin !== "http://localhost:3000") return url;
        shown = await send(url.pathname + url.search);
      }
      throw new Error(`the browser was not sent away: ${shown.status} ${shown.text.slice(0, 500)}`);
    },
  };
  return browser;
}

/** The path in the app to which a browser is sent. */
function pathOf({ location }: Shown): string {
  return new URL(location ?? "", "http://localhost:3000").pathname;
}

/** The targets of a page's links that begin like this. */
function linksIn(text: string, beginning: string): string[] {
  return [...text.matchAll(/href="([^"]*)"/g)]
    .map(([, href = ""]) => plain(href))
    .filter((href) => href.startsWith(beginning));
}

function plain(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

async function accountsOf(tenant: TestTenant) {
  return z
    .object({
      accounts: z.array(z.looseObject({ id: z.string(), platform: z.string(), externalId: z.string().nullable() })),
    })
    .parse((await world.call(tenant, "GET", "/api/v1/accounts")).body).accounts;
}

const WAYS: readonly [PlatformName, string][] = [
  ...PLATFORM_NAMES.map((name): [PlatformName, string] => [name, ""]),
  ["instagram", "facebook"],
];

for (const [platform, login] of WAYS) {
  test(`${platform} ${login} is connected with a link without a login, and the return URL, the account and the event have the result`, async () => {
    const { tenant, id, path } = await newLink({ platform });
    const browser = newBrowser();
    const page = await browser.open(path);
    assert.equal(page.status, 200);
    assert.match(page.text, /app\.example\.com/);
    const back = await browser.leave(await browser.choose(await browser.connect(path, platform, { login })));
    const [account, ...others] = await accountsOf(tenant);
    assert.ok(account && others.length === 0);
    // A URL with a fragment, even an empty one, does not inherit the platform's.
    assert.ok(back.href.endsWith("#"));
    assert.deepEqual(
      [back.origin + back.pathname, Object.fromEntries(back.searchParams)],
      [
        "https://app.example.com/connected",
        {
          tenant: "7",
          status: "connected",
          accountId: account.id,
          platform,
          externalId: "customer-1",
          connectLinkId: id,
        },
      ],
    );
    assert.equal(account.externalId, "customer-1");
    const { status, accountId } = await read(tenant, id);
    assert.deepEqual([status, accountId], ["connected", account.id]);
    const { rows: events } = await world.database.pool.query<{ data: unknown }>(
      "select data from outbox where type = 'account.connected' and account_id = $1",
      [account.id],
    );
    assert.equal(events.length, 1);
    z.looseObject({
      connectLinkId: z.literal(id),
      externalId: z.literal("customer-1"),
      platform: z.literal(platform),
    }).parse(events[0]?.data);
    const { rows: audit } = await world.database.pool.query(
      `select actor_kind, actor_id, action, target from audit_events where user_id = $1 and actor_kind = 'connect_link'
       order by action`,
      [tenant.userId],
    );
    assert.deepEqual(audit, [
      { actor_kind: "connect_link", actor_id: id, action: "account.connected", target: account.id },
      { actor_kind: "connect_link", actor_id: id, action: "connect_link.used", target: id },
    ]);
  });
}

test("a link's page shows who asks and every available way, and opening it changes nothing", async () => {
  const { tenant, path, id } = await newLink({ platform: null });
  await world.database.pool.query("update users set name = 'Ada <b>& Co</b>' where id = $1", [tenant.userId]);
  const browser = newBrowser();
  for (let times = 0; times < 2; times += 1) {
    const { status, text, headers } = await browser.open(path);
    assert.equal(status, 200);
    assert.ok(!text.includes("Ada <b>") && plain(text).includes("Ada <b>& Co</b>"));
    assert.deepEqual(
      linksIn(text, "/connect/").sort(),
      WAYS.map(
        ([platform, login]) => `${path}/start?platform=${platform}${login === "" ? "" : `&login=${login}`}`,
      ).sort(),
    );
    assert.equal(headers.get("cache-control"), "no-store");
    assert.match(headers.get("referrer-policy") ?? "", /^(same-origin|no-referrer)$/);
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  }
  assert.equal(browser.cookies.size, 0);
  assert.equal((await read(tenant, id)).status, "pending");
});

test("a user who declines returns with that result, and can use the link again", async () => {
  const { tenant, id, path } = await newLink();
  const browser = newBrowser();
  const back = await browser.leave(await browser.connect(path, "threads", { decision: "refuse" }));
  assert.deepEqual(Object.fromEntries(back.searchParams), {
    tenant: "7",
    status: "refused",
    reason: "refused",
    platform: "threads",
    externalId: "customer-1",
    connectLinkId: id,
  });
  assert.equal((await read(tenant, id)).status, "pending");
  assert.equal((await browser.leave(await browser.connect(path))).searchParams.get("status"), "connected");
});

test("every other failure is shown with what to do: try again, or return with the reason", async () => {
  const { tenant, id, path } = await newLink();
  const browser = newBrowser();
  const failed = await browser.connect(path, "threads", { untick: ["threads_content_publish"] });
  assert.equal(failed.status, 400);
  assert.match(failed.text, /threads_content_publish/);
  // The platform's reason and what its operator can do are not for a stranger.
  assert.doesNotMatch(failed.text, /reason<|granted:|developer portal/);
  const [backUrl = ""] = linksIn(failed.text, "https://app.example.com");
  assert.deepEqual(Object.fromEntries(new URL(backUrl).searchParams), {
    tenant: "7",
    status: "refused",
    reason: "permission_missing",
    platform: "threads",
    externalId: "customer-1",
    connectLinkId: id,
  });
  const [again = ""] = linksIn(failed.text, "/connect/again/");
  assert.equal((await newBrowser().open(again)).status, 404);
  const begun = await browser.open(again);
  assert.equal(begun.status, 303);
  await browser.arrive(await answerConsent(begun.location ?? ""));
  assert.equal((await read(tenant, id)).status, "connected");
});

test("a link works once: not after it connected an account, and not twice concurrently", async () => {
  const { tenant, id, path } = await newLink();
  const browsers = [newBrowser(), newBrowser(), newBrowser()];
  const backs = await Promise.all(browsers.map(async (browser) => await answerConsent(await browser.start(path))));
  const shown = await Promise.all(
    browsers.map((browser, number) => browser.arrive(backs[number] ?? new URL("http://localhost"))),
  );
  assert.deepEqual(shown.map(({ status }) => status).sort(), [303, 400, 400]);
  for (const { status, text } of shown) if (status === 400) assert.match(text, /already been used/);
  assert.equal((await accountsOf(tenant)).length, 1);
  const { rows } = await world.database.pool.query(
    "select from outbox where type = 'account.connected' and user_id = $1",
    [tenant.userId],
  );
  assert.equal(rows.length, 1);
  const late = newBrowser();
  assert.deepEqual(
    [(await late.open(path)).status, (await late.open(`${path}/start?platform=threads`)).status],
    [410, 404],
  );
  assert.equal((await read(tenant, id)).status, "connected");
});

test("returning again after success shows the same result", async () => {
  const { path } = await newLink();
  const browser = newBrowser();
  const back = await answerConsent(await browser.start(path));
  const [first, second] = [
    await browser.leave(await browser.arrive(back)),
    await browser.leave(await browser.arrive(back)),
  ];
  assert.equal(second.href, first.href);
});

test("a tampered, unknown, expired or revoked link, and one whose set is gone, connects nothing", async () => {
  const browser = newBrowser();
  const { path: good, tenant } = await newLink();
  const changedLetter = `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`;
  for (const path of [changedLetter, `${good}A`, good.slice(0, -1), good.toUpperCase(), "/connect/x", "/connect/%00"]) {
    assert.deepEqual(
      [(await browser.open(path)).status, (await browser.open(`${path}/start?platform=threads`)).status],
      [404, 404],
      path,
    );
  }
  const expired = await linkOf(tenant);
  await world.database.pool.query("update connect_links set expires_at = now() where id = $1", [expired.id]);
  const revoked = await linkOf(tenant);
  await world.call(tenant, "DELETE", `/api/v1/connect-links/${revoked.id}`);
  const set = z
    .object({ set: z.object({ id: z.string() }) })
    .parse((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Gone" })).body).set.id;
  const orphan = await linkOf(tenant, { platformSetId: set });
  await world.call(tenant, "DELETE", `/api/v1/platform-sets/${set}`);
  for (const { path } of [expired, revoked, orphan]) {
    assert.deepEqual(
      [(await browser.open(path)).status, (await browser.open(`${path}/start?platform=threads`)).status],
      [410, 404],
    );
  }
  assert.deepEqual(await accountsOf(tenant), []);
});

test("a link revoked while the user is on the platform connects nothing; one that expires then still does", async () => {
  const browser = newBrowser();
  const revoked = await newLink();
  const back = await answerConsent(await browser.start(revoked.path));
  await world.call(revoked.tenant, "DELETE", `/api/v1/connect-links/${revoked.id}`);
  const shown = await browser.arrive(back);
  assert.equal(shown.status, 400);
  assert.match(shown.text, /revoked/);
  assert.deepEqual(await accountsOf(revoked.tenant), []);
  const late = await newLink();
  const lateBack = await answerConsent(await browser.start(late.path));
  await world.database.pool.query("update connect_links set expires_at = now() where id = $1", [late.id]);
  assert.equal((await browser.leave(await browser.arrive(lateBack))).searchParams.get("status"), "connected");
});

test("the platform is asked to revoke a grant whose link was revoked or used meanwhile, unless an account depends on it", async () => {
  const revocations = async (platform: PlatformName) => {
    for (const { queue, data } of world.jobs.splice(0))
      if (queue === REVOKE_QUEUE) await revokeGrant(world.services.oauth, data);
    const requests = z
      .array(z.looseObject({ platform: z.string().nullable(), method: z.string(), url: z.string() }))
      .parse(await (await fetch(`${sandbox.url}/_sandbox/requests`)).json());
    return requests.filter(
      (request) =>
        request.platform === platform &&
        (/revoke/.test(request.url) || (request.method === "DELETE" && /permissions/.test(request.url))),
    ).length;
  };
  const revoke = ({ tenant, id }: { tenant: TestTenant; id: string }) =>
    world.call(tenant, "DELETE", `/api/v1/connect-links/${id}`);
  // At the platform.
  const browser = newBrowser();
  const revoked = await newLink({ platform: "tiktok" });
  const back = await answerConsent(await browser.start(revoked.path, "tiktok"));
  await revoke(revoked);
  const before = await revocations("tiktok");
  assert.equal((await browser.arrive(back)).status, 400);
  assert.equal(await revocations("tiktok"), before + 1);
  // While choosing between two Pages, which have their own tokens and one grant.
  const choosing = await newLink({ platform: "facebook" });
  const choosePath = new URL((await browser.connect(choosing.path, "facebook")).location ?? "").pathname;
  const pageId = firstOffered((await browser.open(choosePath)).text);
  await revoke(choosing);
  assert.match((await browser.send(choosePath, { platformAccountId: pageId })).text, /revoked/);
  assert.equal(await revocations("facebook"), 1);
  assert.equal((await browser.send(choosePath, { platformAccountId: pageId })).status, 404);
  assert.equal(await revocations("facebook"), 1);
  assert.deepEqual(
    (
      await world.database.pool.query("select from oauth_attempts where granted_sealed is not null and user_id = $1", [
        choosing.tenant.userId,
      ])
    ).rows,
    [],
  );
  // Twice at the same time: what the first one connected uses the same grant.
  const used = await newLink({ platform: "tiktok" });
  const other = newBrowser();
  const backs = [
    await answerConsent(await browser.start(used.path, "tiktok")),
    await answerConsent(await other.start(used.path, "tiktok")),
  ] as const;
  assert.deepEqual([(await browser.arrive(backs[0])).status, (await other.arrive(backs[1])).status], [303, 400]);
  assert.equal(await revocations("tiktok"), before + 1);
});

test("a choice sent twice concurrently connects the account, and revokes nothing", async () => {
  const browser = newBrowser();
  const { tenant, path } = await newLink({ platform: "facebook" });
  const choosePath = new URL((await browser.connect(path, "facebook")).location ?? "").pathname;
  const platformAccountId = firstOffered((await browser.open(choosePath)).text);
  world.jobs.splice(0);
  const holder = await world.database.pool.connect();
  await holder.query("begin");
  await holder.query("select from platform_sets where id = $1 for update", [tenant.platformSetId]);
  const sent = Promise.all([1, 2].map(async () => (await browser.send(choosePath, { platformAccountId })).status));
  const areWaiting = async () =>
    (
      await world.database.pool.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    ).rowCount === 2;
  while (!(await areWaiting())) await new Promise((resolve) => setTimeout(resolve, 10));
  await holder.query("commit");
  holder.release();
  assert.deepEqual((await sent).sort(), [303, 400]);
  assert.equal((await accountsOf(tenant)).length, 1);
  assert.deepEqual(
    world.jobs.filter(({ queue }) => queue === REVOKE_QUEUE),
    [],
  );
});

test("no other browser can finish, choose from or see the result of what one browser started", async () => {
  const { tenant, path } = await newLink({ platform: "facebook" });
  const browser = newBrowser();
  const stranger = newBrowser();
  await stranger.start((await newLink()).path);
  const owner = newBrowser();
  for (const cookie of (await world.signIn(tenant)).split("; "))
    owner.cookies.set(cookie.slice(0, cookie.indexOf("=")), cookie.slice(cookie.indexOf("=") + 1));
  const back = await answerConsent(await browser.start(path, "facebook"));
  for (const other of [newBrowser(), stranger, owner]) assert.equal((await other.arrive(back)).status, 400);
  // Facebook's code is still valid, since nobody has used it.
  const choice = (await browser.arrive(back)).location ?? "";
  const choosePath = new URL(choice).pathname;
  assert.match(choosePath, /^\/connect\/choose\//);
  for (const other of [newBrowser(), stranger, owner]) {
    assert.equal((await other.open(choosePath)).status, 404);
    assert.equal((await other.send(choosePath, { platformAccountId: "1" })).status, 404);
    assert.equal((await other.open(choosePath.replace("choose", "return"))).status, 404);
  }
  assert.deepEqual(await accountsOf(tenant), []);
});

test("of several Pages the user chooses one, on a page that leads only to the return URL", async () => {
  const { tenant, path } = await newLink({ platform: "facebook" });
  const browser = newBrowser();
  const shown = await browser.connect(path, "facebook");
  const choosePath = new URL(shown.location ?? "").pathname;
  const page = await browser.open(choosePath);
  const ids = [
    ...page.text.matchAll(/name="platformAccountId" value="(\d+)"|value="(\d+)"[^>]*name="platformAccountId"/g),
  ].map(([, one, other]) => one ?? other ?? "");
  assert.equal(ids.length, 2);
  assert.match(page.text, /Test mode: you connect an account in the sandbox/);
  assert.match(page.headers.get("content-security-policy") ?? "", /form-action 'self' https:\/\/app\.example\.com;/);
  assert.deepEqual(
    linksIn(page.text, "https:").map((href) => new URL(href).searchParams.get("status")),
    ["refused"],
  );
  assert.equal((await browser.open(choosePath.replace("choose", "return"))).status, 404);
  assert.equal((await browser.send(choosePath, { platformAccountId: "1" })).status, 400);
  const back = await browser.leave(await browser.send(choosePath, { platformAccountId: ids[1] ?? "" }));
  assert.equal(back.searchParams.get("status"), "connected");
  const [account] = await accountsOf(tenant);
  assert.deepEqual([account?.id, account?.["platformAccountId"]], [back.searchParams.get("accountId"), ids[1]]);
  // Once chosen, opening or submitting the page again leads to the same result.
  assert.equal((await browser.leave(await browser.open(choosePath))).href, back.href);
  assert.equal(
    (await browser.leave(await browser.send(choosePath, { platformAccountId: ids[0] ?? "" }))).href,
    back.href,
  );
});

test("another account replaces the set's only after confirmation; the same customer keeps the account", async () => {
  const { tenant, path } = await newLink({ platform: "twitter" });
  await newBrowser().connect(path, "twitter");
  const [first] = await accountsOf(tenant);
  const again = await linkOf(tenant, { platform: "twitter" });
  await newBrowser().connect(again.path, "twitter");
  assert.deepEqual(
    (await accountsOf(tenant)).map(({ id }) => id),
    [first?.id],
  );
  const other = await linkOf(tenant, { platform: "twitter", externalId: "customer-2" });
  const browser = newBrowser();
  const choosePath = new URL((await browser.connect(other.path, "twitter")).location ?? "").pathname;
  const page = await browser.open(choosePath);
  const platformAccountId = /value="(\d{10,})"/.exec(page.text)?.[1] ?? "";
  assert.match(page.text, /name="replace"/);
  assert.doesNotMatch(page.text, /scheduled/);
  const content = { content: { text: "Hello" }, platforms: ["twitter"], platformSetId: tenant.platformSetId };
  const post = idOf((await world.call(tenant, "POST", "/api/v1/posts", content)).body, "post");
  const due = "update platform_posts set due_at = now(), next_action_at = 'infinity' where post_id = $1";
  await world.database.pool.query(due, [post]);
  assert.match((await browser.open(choosePath)).text, /Posts that are scheduled on it will not be published until/);
  assert.equal((await browser.send(choosePath, { platformAccountId })).status, 400);
  assert.equal(
    (await browser.leave(await browser.send(choosePath, { platformAccountId, replace: "1" }))).searchParams.get(
      "status",
    ),
    "connected",
  );
  const [replaced, ...more] = await accountsOf(tenant);
  assert.deepEqual([replaced?.externalId, more], ["customer-2", []]);
  assert.notEqual(replaced?.id, first?.id);
});

test("without a platform and a return URL, one link connects an account on each platform, and no second one", async () => {
  const { tenant, id, path } = await newLink({ platform: null, returnUrl: null });
  const browser = newBrowser();
  const first = await browser.open(path);
  assert.equal(first.status, 200);
  assert.equal(linksIn(first.text, `${path}/start?`).length, WAYS.length);
  const started: string[] = [];
  let shown = await browser.connect(path, "threads");
  for (const platform of ["twitter", "facebook"] as const) {
    const list = pathOf(shown);
    started.push(list);
    const page = (await browser.open(list)).text;
    assert.ok(!page.includes(`platform=${started.length === 1 ? "threads" : "twitter"}`));
    const way = linksIn(page, "/connect/again/").find((href) => href.endsWith(`platform=${platform}`)) ?? "";
    const away = await browser.open(way);
    shown = await browser.choose(await browser.arrive(await answerConsent(away.location ?? "")));
  }
  const accounts = await accountsOf(tenant);
  assert.deepEqual(accounts.map(({ platform, externalId }) => [platform, externalId]).sort(), [
    ["facebook", "customer-1"],
    ["threads", "customer-1"],
    ["twitter", "customer-1"],
  ]);
  const link = await read(tenant, id);
  assert.deepEqual([link.status, link.accountIds.toSorted()], ["pending", accounts.map((each) => each.id).sort()]);
  // Whoever else gets hold of the link cannot put an account of their own in the place of one that it connected.
  const other = newBrowser();
  const choosing = pathOf(await other.connect(path, "threads", { person: "somebody-else" }));
  const platformAccountId = firstOffered((await other.open(choosing)).text);
  const refused = await other.send(choosing, { platformAccountId, replace: "1" });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /already been used/);
  assert.equal((await accountsOf(tenant)).length, 3);
  // The list is for the browser that started there, and only its own pages lead from it to a platform.
  const [list = ""] = started;
  assert.equal((await other.open(list)).status, 404);
  const again = list.replace("return", "again");
  const fromElsewhere = await fetch(`${world.url}${again}?platform=tiktok`, {
    redirect: "manual",
    headers: {
      "sec-fetch-site": "cross-site",
      cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    },
  });
  assert.deepEqual([fromElsewhere.status, fromElsewhere.headers.get("location")], [303, list]);
  await world.call(tenant, "DELETE", `/api/v1/connect-links/${id}`);
  assert.deepEqual(
    [(await browser.open(path)).status, (await browser.open(list)).status, (await browser.open(again)).status],
    [410, 410, 404],
  );
});

test("a link without a return URL that is over leads nowhere, and a failure only to another try", async () => {
  const { path } = await newLink({ returnUrl: null });
  const browser = newBrowser();
  const failed = await browser.connect(path, "threads", { untick: ["threads_content_publish"] });
  assert.equal(failed.status, 400);
  assert.match(failed.text, /Try again/);
  const shown = await browser.connect(path);
  assert.match((await browser.open(`/connected${new URL(shown.location ?? "").search}`)).text, /No account|connected/);
  const used = await browser.open(path);
  assert.equal(used.status, 410);
  const several = await newLink({ platform: null, returnUrl: null });
  await world.call(several.tenant, "DELETE", `/api/v1/connect-links/${several.id}`);
  const revoked = await browser.open(several.path);
  assert.equal(revoked.status, 410);
  for (const { text } of [failed, used, revoked]) assert.doesNotMatch(text, /Back to|\/connected"/);
});

test("a person who declines on the platform comes back to the list", async () => {
  const { path } = await newLink({ platform: null, returnUrl: null });
  const browser = newBrowser();
  const back = await browser.connect(path, "threads", { decision: "refuse" });
  const list = pathOf(back);
  assert.match(list, /^\/connect\/return\//);
  assert.match((await browser.open(list)).text, /Connect your accounts/);
});

test("a link for one platform connects no other, and nothing in a URL changes where the browser returns to", async () => {
  const { path, tenant } = await newLink({ platform: "threads" });
  const browser = newBrowser();
  for (const query of ["platform=twitter", "platform=myspace", "", "platform=threads&login=facebook"])
    assert.ok([400, 404].includes((await browser.open(`${path}/start?${query}`)).status), query);
  const started =
    (await browser.open(`${path}/start?platform=threads&returnUrl=https://evil.example&returnTo=//evil.example`))
      .location ?? "";
  const back = await answerConsent(started);
  back.searchParams.set("returnUrl", "https://evil.example");
  back.searchParams.set("returnTo", "//evil.example");
  assert.equal((await browser.leave(await browser.arrive(back))).origin, "https://app.example.com");
  assert.equal((await accountsOf(tenant)).length, 1);
});

test("a live link shows only platforms for which the instance, or the set, has an app", async () => {
  const tenant = (await world.makeTenants()).live;
  const { path } = await linkOf(tenant, { platform: null });
  const browser = newBrowser();
  const { text } = await browser.open(path);
  assert.match(text, /No platform can be connected/);
  assert.ok(!text.includes("rehearsal"));
  assert.equal((await browser.open(`${path}/start?platform=threads`)).status, 400);
  const app = await world.callAs(
    await world.signIn(tenant),
    "PUT",
    `/api/platform-sets/${tenant.platformSetId}/apps/threads?mode=live`,
    { clientId: "own", clientSecret: "secret" },
  );
  assert.equal(app.status, 200);
  assert.deepEqual(linksIn((await browser.open(path)).text, "/connect/"), [`${path}/start?platform=threads`]);
  assert.match(
    (await browser.open(`${path}/start?platform=threads`)).location ?? "",
    /^https:\/\/threads\.net\/oauth\/authorize\?.*client_id=own/,
  );
});

test("anyone sent past the link's page by another site, an email or a bookmark sees the page first", async () => {
  const { path } = await newLink();
  const start = async (headers: Record<string, string>) => {
    const { status, headers: answered } = await fetch(`${world.url}${path}/start?platform=threads`, {
      redirect: "manual",
      headers,
    });
    return [status, answered.get("location"), answered.get("set-cookie")];
  };
  for (const site of ["cross-site", "same-site", "none"])
    assert.deepEqual(await start({ "sec-fetch-site": site }), [303, path, null], site);
  for (const referer of ["https://evil.example/", "http://localhost:3000.evil.example/", ""])
    assert.deepEqual(await start({ referer }), [303, path, null], referer);
  const [, location] = await start({ referer: `http://localhost:3000${path}` });
  assert.equal(new URL(location ?? "").origin, new URL(sandbox.url).origin);
});

test("a form of another site cannot choose", async () => {
  const { tenant, path } = await newLink({ platform: "facebook" });
  const browser = newBrowser();
  const choosePath = new URL((await browser.connect(path, "facebook")).location ?? "").pathname;
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, {}]) {
    const { status } = await fetch(world.url + choosePath, {
      method: "POST",
      redirect: "manual",
      headers: { cookie, ...headers },
      body: new URLSearchParams({ platformAccountId: "1" }),
    });
    assert.equal(status, 401);
  }
  assert.deepEqual(await accountsOf(tenant), []);
});

test("a browser's cookie is inaccessible to scripts, other sites' requests, and on https to other hosts", async () => {
  const { path } = await newLink();
  const { headers } = await newBrowser().open(`${path}/start?platform=threads`);
  assert.match(
    headers.get("set-cookie") ?? "",
    /^ampost_connect=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=3600$/,
  );
});
