import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { createServer } from "node:http";
import type { TestContext } from "node:test";

import type { Page } from "playwright-core";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { step } from "../browser.ts";
import { PHONE, tourPicture, WINDOW } from "../tour-picture.ts";
import { setUpOwner } from "./installed.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const TEXTS = [
  "Slow mornings, good coffee. Our new roast from Huila is here: red berries, cocoa, a long sweet finish.",
  "We are open on Monday. Come early, the cinnamon rolls never see noon.",
  "How we roast: three minutes that decide everything. The whole story is on the blog. https://example.com/blog/first-crack",
  "Thank you for five years. The first five in line tomorrow drink for free ☕️",
  "New in the shop: the enamel cup, made in a village that has made enamel since 1874.",
  "Latte art class on Thursday, two places left.",
  "Behind the bar with Noor: what she listens to while she opens up.",
  "Filter or espresso? Wrong answers only.",
];

/** An installation whose owner's workspace is in use, with everything that its pages can show. */
export async function openBusyWorkspace(t: TestContext) {
  const installation = await openInstallation(t);
  const server = await installation.start("start", {
    AMPOST_ALLOW_PRIVATE_URLS: "true",
    AMPOST_ENGINE_SPEED: "30",
    AMPOST_SCHEDULING: "all",
  });
  const { appUrl, sandboxUrl, database } = installation;
  assert.ok(database !== undefined);
  const { pool } = database;
  const { apiKey, platformSetId } = z
    .looseObject({ apiKey: z.string(), platformSetId: z.string() })
    .parse(await installation.json("bootstrap", "--json"));
  const cookie = await setUpOwner(installation, server);

  const send = async (headers: Record<string, string>, method: string, path: string, body?: object) => {
    const isForm = body instanceof FormData;
    const answer = await fetch(appUrl + path, {
      method,
      headers: { ...headers, ...(body === undefined || isForm ? {} : { "content-type": "application/json" }) },
      body: isForm ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return Object(JSON.parse(text));
  };
  const call = (method: string, path: string, body?: object, key = apiKey) =>
    send({ authorization: `Bearer ${key}`, prefer: "wait=60" }, method, `/api/v1${path}`, body);
  const asOwner = (method: string, path: string, body?: object) =>
    send({ cookie, origin: appUrl }, method, `/api${path}?mode=test`, body);
  const upload = async (name: string, type: string, altText?: string): Promise<string> => {
    const form = new FormData();
    form.set("file", await openAsBlob(`tests/fixtures/${name}`, { type }), name);
    const { media } = await call("POST", "/media", form);
    if (altText !== undefined) await call("PATCH", `/media/${media.id}`, { altText });
    return media.id;
  };
  const create = async (text: string, platforms: readonly PlatformName[], more: object = {}, key = apiKey) => {
    const { content, ...rest } = Object(more);
    const body = { content: { text, ...content }, platforms, platformSetId, ...rest };
    return String((await call("POST", "/posts", body, key)).post.id);
  };
  const publish = async (...given: Parameters<typeof create>) => {
    const id = await create(...given);
    await call("POST", `/posts/${id}/publish`);
    return id;
  };
  const fault = (platform: PlatformName, kind: string) =>
    fetch(`${sandboxUrl}/_sandbox/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ platform, operation: "publish", kind }),
    });
  const text = (index: number) => TEXTS[index % TEXTS.length] ?? "";
  const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

  const posts = await step("the workspace is filled", async () => {
    await asOwner("PATCH", "/me", { timeZone: "Europe/Berlin" });
    await pool.query("update accounts set username = 'lumencoffee' where username is not null");
    await pool.query("update accounts set display_name = 'Lumen Coffee'");
    const photo = await upload("photo-4x5.jpg", "image/jpeg", "A cup of coffee in the morning sun");
    const square = await upload("photo-1x1.jpg", "image/jpeg");
    await upload("photo-1.91x1.jpg", "image/jpeg", "The shop from outside");
    await upload("transparent.png", "image/png");
    await upload("landscape-16x9.mp4", "video/mp4", "Roasting, filmed from above");
    const film = await upload("portrait-9x16.mp4", "video/mp4");
    await call("POST", "/webhooks", { url: `${await openReceiver(t)}/events`, description: "Shop", events: [] });
    const published = await publish(text(0), ["facebook", "instagram", "threads"], {
      content: {
        media: [{ id: photo }],
        platformOverrides: { threads: { text: "Slow mornings, good coffee. New roast is here ☕️" } },
      },
    });
    await publish(text(1), PLATFORM_NAMES, {
      content: {
        media: [{ id: film }],
        platformOverrides: {
          youtube: { settings: { title: "Cinnamon rolls" } },
          tiktok: { settings: { privacyLevel: "PUBLIC_TO_EVERYONE" } },
        },
      },
    });
    for (let index = 2; index < 12; index += 1)
      await publish(text(index), index % 3 === 0 ? ["threads", "linkedin"] : ["linkedin", "twitter"]);
    await fault("facebook", "reject");
    const failed = await publish("Our winter hours: we close at six until March.", ["facebook"]);
    await fault("threads", "reject");
    const partial = await publish("Two new filters on the bar today.", ["threads", "linkedin"]);
    // Nobody waits for it: that takes a while.
    await fault("linkedin", "drop_after");
    const unknown = await create("Meet us at the coffee fair in Amsterdam.", ["linkedin"]);
    await send({ authorization: `Bearer ${apiKey}` }, "POST", `/api/v1/posts/${unknown}/publish`);
    const scheduled = await create(text(3), ["instagram", "facebook"], {
      content: { media: [{ id: square }] },
      scheduledFor: later(2 * DAY),
    });
    for (let index = 0; index < 14; index += 1)
      await create(text(index), index % 2 === 0 ? ["threads", "linkedin"] : ["twitter"], {
        scheduledFor: later(((index * 37) % 29) * DAY + (index % 9) * HOUR + HOUR),
      });
    const draft = await create(text(7), ["threads", "twitter"]);
    await pool.query(
      `update platform_posts p set published_at = m.at, due_at = m.at - make_interval(secs => 0.4 + (m.n % 7) * 0.3)
       from (select id, n, now() - make_interval(hours => (n * 53 % 700)::int) as at
             from (select id, row_number() over (order by id) as n from platform_posts where published_at is not null) o) m
       where m.id = p.id`,
    );
    await pool.query(
      "update posts p set published_at = (select max(published_at) from platform_posts where post_id = p.id) where published_at is not null",
    );
    return { published, failed, partial, unknown, scheduled, draft };
  });

  await step("keys, and what waits for approval", async () => {
    const newKey = async (name: string, policies: object = {}) =>
      String((await asOwner("POST", "/keys", { mode: "test", name, policies })).key.apiKey);
    const agent = await newKey("Content agent", { approvalRequired: true, postsPerDay: 20 });
    const planner = await newKey("Planner", { draftOnly: true });
    const photo = await upload("photo-1.91x1.jpg", "image/jpeg", "The shop from outside");
    await create(text(4), ["facebook", "linkedin"], { content: { media: [{ id: photo }] } }, agent);
    await create("Last chance: the cup is almost sold out.", ["threads"], {}, agent);
    const sentBack = await create("Free coffee for everyone!!!", ["twitter", "threads"], {}, agent);
    const approved = await create("Decaf, but make it good.", ["linkedin"], {}, agent);
    const hashOf = async (id: string) => (await asOwner("GET", `/posts/${id}/approval`)).approval.contentHash;
    await asOwner("POST", `/posts/${approved}/approve`, { contentHash: await hashOf(approved) });
    await asOwner("POST", `/posts/${sentBack}/send-back`, {
      contentHash: await hashOf(sentBack),
      reason: "We never promised that. Say that the first five drink for free.",
    });
    await create("An idea for spring: iced oat flat white.", ["threads"], {}, planner);
  });

  await step("customers, colleagues and apps", async () => {
    const link = (body: object) => call("POST", "/connect-links", { platformSetId, ...body });
    const { connectLink } = await link({ externalId: "customer-12" });
    await call("DELETE", `/connect-links/${connectLink.id}`);
    const { connectLink: expired } = await link({ platform: "tiktok", externalId: "customer-11" });
    await pool.query("update connect_links set expires_at = now() - interval '1 day' where id = $1", [expired.id]);
    await link({ platform: "instagram", externalId: "customer-14", returnUrl: "https://app.example.com/connected" });
    await link({ externalId: "customer-15" });
    await call("POST", "/platform-sets", { name: "Bakery next door" });
    for (const [name, role] of [
      ["Wanda", "writer"],
      ["Noor", "publisher"],
    ] as const) {
      const invited = await asOwner("POST", "/member-invites", { email: `${name.toLowerCase()}@example.com`, role });
      const body = { join: String(invited.link).split("/").at(-1), name, password: "correct horse battery" };
      await send({ origin: appUrl }, "POST", "/api/auth/sign-up/email", body);
    }
    await asOwner("POST", "/member-invites", { email: "pablo@example.com", role: "viewer" });
  });
  return { appUrl, cookie, server, apiKey, platformSetId, posts, call };
}

export type BusyWorkspace = Awaited<ReturnType<typeof openBusyWorkspace>>;

/** Opens everything in it, one after the other. `look` is called with the name of what is shown. */
export async function visitAll(
  { appUrl, apiKey, platformSetId, posts, call }: BusyWorkspace,
  page: Page,
  look: (name: string) => Promise<void>,
): Promise<void> {
  const show = async (name: string, path: string, act?: () => Promise<void>, mode = "test") =>
    await step(name, async () => {
      await page.goto(`${appUrl}${path}${path.includes("?") ? "&" : "?"}mode=${mode}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator("main .animate-pulse").first().waitFor({ state: "detached" });
      await act?.();
      await look(name);
    });
  const button = (name: string | RegExp) => async () => {
    await page.getByRole("button", { name }).first().click();
    await page.getByRole("dialog").waitFor();
  };

  await show("home", "/");
  await tourPicture(page, "phone", PHONE);
  await show("posts", "/posts");
  await tourPicture(page, "dark", WINDOW, "dark");
  await show("posts-none", "/posts?status=outcome_unknown&search=nothing");
  for (const [name, id] of Object.entries(posts)) await show(`post-${name}`, `/posts/${id}`);
  await show("post-failed-details", `/posts/${posts.failed}`, async () => {
    await page.getByText("Everything Ampost did").first().click();
  });
  await show("compose", "/compose");
  await show("compose-draft", `/compose?post=${posts.draft}`);
  await show("compose-copy", `/compose?from=${posts.published}`);
  await show("compose-issues", "/compose", async () => {
    for (const box of await page.getByRole("group", { name: "Platforms" }).getByRole("checkbox").all())
      await box.check();
    await page.getByLabel("Text", { exact: true }).fill(`${TEXTS[0]} `.repeat(4));
    await page.getByText(/things? to fix$/).waitFor();
  });
  for (const view of ["month", "week", "day", "agenda"]) await show(`calendar-${view}`, `/calendar?view=${view}`);
  await show("calendar-post", "/calendar", async () => {
    await page.locator("[data-post]").first().click();
    await page.getByRole("dialog").waitFor();
  });
  await show("media", "/media");
  await tourPicture(page, "media");
  await show("media-details", "/media", button(/photo-4x5/));
  for (const view of ["approved", "sent_back", "drafts"]) await show(`approvals-${view}`, `/approvals?view=${view}`);
  await show("approvals", "/approvals");
  await tourPicture(page, "approvals");
  await show("approvals-send-back", "/approvals", button("Send back"));
  await show("approvals-schedule", "/approvals", button("Approve and schedule"));
  await show("approve", `/posts/${posts.draft}/approve`);
  await show("platforms", "/platforms");
  await show("platforms-details", "/platforms", async () => {
    await page.getByText("Access, permissions and limits").first().click();
    await page.getByText("Refresh or reconnect?").waitFor();
  });
  await show("posting-times", "/platforms", async () => {
    await page
      .getByRole("button", { name: /^Options of [^@]*$/ })
      .first()
      .click();
    await page.getByRole("menuitem", { name: "Posting times" }).click();
    await page.getByRole("dialog").getByLabel("Monday").waitFor();
  });
  await show("connect-links", "/platforms/links");
  await tourPicture(page, "connect-links");
  await show("connect-links-new", "/platforms/links", button("New connect link"));
  await show("own-apps", `/platforms/${platformSetId}/apps`);
  await show("own-apps-open", `/platforms/${platformSetId}/apps`, async () => {
    await page
      .getByText(/^Use your own/)
      .first()
      .click();
  });
  await show("keys", "/developers/keys");
  await show("keys-new", "/developers/keys", async () => {
    await button("Create key")();
    await page.getByRole("dialog").getByText("Limits").click();
  });
  await show("webhooks", "/developers/webhooks");
  await show("webhooks-new", "/developers/webhooks", button("Create webhook"));
  const { webhooks } = await call("GET", "/webhooks");
  await show("webhook", `/developers/webhooks/${webhooks[0].id}`);
  await show("requests", "/developers/requests");
  const refused = await fetch(`${appUrl}/api/v1/posts`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ content: { text: "Hello" }, platforms: ["myspace"], platformSetId }),
  });
  await show("request", `/developers/requests/${refused.headers.get("x-request-id")}`, async () => {
    // Requests are recorded a moment later.
    while (await page.getByText("Request not found").isVisible()) {
      await page.reload();
      await page.locator("main .animate-pulse").first().waitFor({ state: "detached" });
    }
  });
  await tourPicture(page, "request");
  await show("sandbox", "/developers/sandbox");
  await tourPicture(page, "sandbox");
  await show("mcp", "/developers/mcp");
  for (const section of ["profile", "security", "notifications", "plan", "data"])
    await show(`settings-${section}`, `/settings/${section}`);
  for (const section of ["people", "audit-log"]) {
    await show(`settings-${section}`, `/settings/${section}`);
    await tourPicture(page, section);
  }
  await show("settings-two-factor", "/settings/security", button("Turn on"));
  await show("settings-delete", "/settings/data", button("Delete account"));
  await show("palette", "/posts", async () => {
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search and commands" }).fill("coffee");
    await page
      .getByRole("option", { name: /coffee/ })
      .first()
      .waitFor();
  });
  await show("shortcuts", "/posts", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  });
  for (const path of [
    "/",
    "/posts",
    "/calendar",
    "/media",
    "/approvals",
    "/platforms",
    "/developers/keys",
    "/developers/webhooks",
  ])
    await show(`empty${path.replaceAll("/", "-")}`, path, undefined, "live");
}

/** A server that takes events. Returns its URL. */
async function openReceiver(t: TestContext): Promise<string> {
  const receiver = createServer((_request, response) => void response.end("thanks"));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  t.after(() => void receiver.close().closeAllConnections());
  const address = z.object({ port: z.int() }).parse(receiver.address());
  return `http://127.0.0.1:${address.port}`;
}
