import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import type { Page } from "playwright-core";
import sharp from "sharp";

import { newId } from "../../model/ids.ts";
import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { step } from "../browser.ts";
import { fillWithHostileTexts, HOSTILE_TEXTS } from "./hostile-texts.ts";
import { EXTREMES, type Look, setLook } from "./looks.ts";
import { AT_REST, assertAccessible, assertColors, signedIn } from "./signed-in.ts";

const MAX_SCRIPT_BYTES = 200_000;
/** In which the network is gone. */
const OFFLINE: Look = [360, "light"];
const LOOKS: readonly Look[] = [...EXTREMES, OFFLINE, [1440, "dark"]];
/** Besides the first. */
const SHOWN = [
  "/approvals?view=approved",
  "/approvals?view=sent_back",
  "/approvals?view=drafts",
  "/calendar?view=week",
  "/calendar?view=day",
  "/calendar?view=agenda",
];

test("every view is accessible, narrow or wide, light or dark, with or without a network, loads little script and runs no text as code", async (t) => {
  const { world, cookie, open, troubles } = await signedIn(t);
  const ids = await fillWithHostileTexts(world, cookie);
  const idsIn: Record<string, readonly string[]> = {
    posts: ids.posts,
    platforms: [world.test.platformSetId],
    webhooks: [ids.webhook],
    requests: [ids.request],
  };
  const views = ["/", ...VIEWS].flatMap((view) => {
    const of = /(\w+)\/:id/.exec(view)?.[1];
    return of === undefined ? [view] : (idsIn[of] ?? []).map((id) => view.replace(":id", id));
  });
  const page = await open(AT_REST);
  // What waits until the browser has time is not of the first load.
  await page.addInitScript("globalThis.requestIdleCallback = () => 0");
  let loading: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) loading.push(response.body().then((body) => gzipSync(body).length));
  });
  for (const view of [...views, `/compose?post=${ids.posts[0]}`, ...SHOWN]) {
    loading = [];
    await page.goto(`${world.url}${view}${view.includes("?") ? "&" : "?"}mode=test`);
    await isShown(page);
    assert.equal(await page.getByRole("heading", { name: /not found/ }).count(), 0, view);
    for (const look of LOOKS) {
      const isOffline = look === OFFLINE;
      if (isOffline) {
        await page.context().setOffline(true);
        await page.getByText("You are offline.").waitFor();
      }
      await setLook(page, look);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), look[0], view);
      await assertAccessible(page);
      if (isOffline) await page.context().setOffline(false);
    }
    assert.equal(await page.evaluate("globalThis.hasRun"), undefined, view);
    // By now, it has loaded whatever it loads without being asked.
    const bytes = (await Promise.all(loading)).reduce((sum, each) => sum + each, 0);
    assert.ok(bytes <= MAX_SCRIPT_BYTES, `${view} loads ${bytes} bytes of script`);
  }
  assert.deepEqual(troubles, []);
});

test("a view is accessible and runs no text as code while it loads, when that fails, when empty, and with everything open", async (t) => {
  const { world, cookie, open, troubles } = await signedIn(t);
  const { posts } = await fillWithHostileTexts(world, cookie);
  const page = await open(AT_REST);
  const show = async (path: string, mode = "test") => {
    await page.goto(`${world.url}${path}${path.includes("?") ? "&" : "?"}mode=${mode}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };
  /** Narrow first: what is open stays open. */
  const check = async () => {
    for (const look of EXTREMES) {
      await setLook(page, look);
      await assertAccessible(page);
      await setLook(page, [look[0], look[1] === "dark" ? "light" : "dark"]);
      await assertColors(page);
    }
    assert.equal(await page.evaluate("globalThis.hasRun"), undefined, page.url());
  };
  const button = (name: string | RegExp) => page.getByRole("button", { name }).first();
  const dialog = page.getByRole("dialog");
  const close = async () => {
    await page.keyboard.press("Escape");
    await dialog.or(page.getByRole("menu")).waitFor({ state: "detached" });
  };

  await step("while it loads, and when that fails", async () => {
    const answers = Promise.withResolvers<void>();
    await page.route("**/api/v1/posts?*", async (route) => {
      await answers.promise;
      await route.abort();
    });
    await show("/posts");
    await page.getByRole("status", { name: "Loading" }).waitFor();
    await check();
    answers.resolve();
    await button("Try again").waitFor();
    await check();
    await page.unroute("**/api/v1/posts?*");
  });
  await step("each view, when what it reads cannot be read", async () => {
    const error = "This cannot be read now";
    const json = { error, code: "POLICY_VIOLATION", docs: "", requestId: newId(), issues: [] };
    await page.route("**/api/**", (route) => route.fulfill({ status: 403, json }));
    await setLook(page, OFFLINE);
    const silent: string[] = [];
    for (const view of ["/", ...VIEWS]) {
      await show(view.replace(":id", newId()));
      await isShown(page);
      if ((await page.getByText(error).count()) === 0) silent.push(view);
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), OFFLINE[0], view);
      await assertAccessible(page);
    }
    assert.deepEqual(silent, []);
    await page.unroute("**/api/**");
  });
  await step("with nothing in it yet", async () => {
    for (const path of ["/", "/posts", "/compose", "/calendar?view=agenda", "/media", "/approvals", "/platforms"]) {
      await show(path, "live");
      await isShown(page);
      await check();
    }
  });
  await step("the menus of the frame, and the palette with what was found", async () => {
    await page.setViewportSize({ width: 320, height: 800 });
    await show("/media");
    await button("More").click();
    await page.getByRole("link", { name: "Settings" }).waitFor();
    await assertAccessible(page);
    await page.keyboard.press("Escape");
    await button("Account menu").click();
    await page.getByRole("menu").waitFor();
    await check();
    await close();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Search and commands" }).fill("script");
    await page.getByRole("option", { name: "<script>" }).first().waitFor();
    await check();
    await close();
  });
  await step("the menu and the dialogs of a post, and a copy of it", async () => {
    await show(`/posts/${posts[0] ?? ""}`);
    await button("More actions").click();
    await page.getByRole("menu").waitFor();
    await check();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await dialog.waitFor();
    await check();
    await close();
    await button("More actions").click();
    await page.getByRole("menuitem", { name: "Duplicate" }).click();
    await page.getByRole("heading", { name: "New post" }).waitFor();
    await check();
  });
  await step("the composer with something to fix, its library, and a file by its URL", async () => {
    await show("/compose");
    await page.getByRole("group", { name: "Platforms" }).getByRole("checkbox").first().check();
    await page.getByLabel("Text", { exact: true }).fill(HOSTILE_TEXTS.join(" ").repeat(10));
    await page.getByText(/things? to fix$/).waitFor();
    await check();
    for (const name of ["From the library", "From a URL"]) {
      await button(name).click();
      await dialog.waitFor();
      await check();
      await close();
    }
  });
  await step("forms and details", async () => {
    for (const [path, name] of [
      ["/developers/keys", "Create key"],
      ["/developers/keys", "Revoke"],
      ["/developers/webhooks", "Create webhook"],
      ["/platforms", "New platform set"],
      ["/platforms/links", "New connect link"],
      ["/platforms/links", "Revoke"],
      ["/approvals", "Send back"],
      ["/approvals", "Approve and schedule"],
      ["/settings/people", /^Remove/],
      ["/settings/security", "Turn on"],
      ["/settings/data", "Delete account"],
      ["/developers/mcp", /^Revoke/],
      ["/media", /onerror/],
      ["/calendar", /javascript/],
    ] as const) {
      await show(path);
      await button(name).click();
      await dialog.waitFor();
      await check();
    }
  });
  assert.deepEqual(troubles, []);
});

/** The view is there, with what it has read. */
async function isShown(page: Page): Promise<void> {
  // A post's page has a connection that stays open, so the network is never idle.
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(".animate-pulse").first().waitFor({ state: "detached" });
}

test("an address of the dashboard leads to the sign-in and back, and its files are found by name alone", async (t) => {
  const { world, open } = await signedIn(t);
  const asked = await fetch(`${world.url}/posts?mode=test`, { redirect: "manual" });
  assert.equal(asked.status, 303);
  assert.equal(asked.headers.get("location"), "/sign-in?returnTo=%2Fposts%3Fmode%3Dtest");
  for (const name of ["..%2Findex.html", "%2e%2e%2f..%2fpackage.json", "none.js", "index.html"])
    assert.equal((await fetch(`${world.url}/app/assets/${name}`)).status, 404, name);
  const manifest = await fetch(`${world.url}/app/manifest.webmanifest`);
  assert.match(manifest.headers.get("content-type") ?? "", /^application.manifest.json/);
  const { icons } = Object(await manifest.json());
  const shown: string[] = [];
  for (const { src, type, sizes, purpose } of icons) {
    const icon = await fetch(new URL(src, world.url));
    assert.equal(icon.headers.get("content-type"), type, src);
    const { width, height } = await sharp(await icon.arrayBuffer()).metadata();
    if (type === "image/png") assert.equal(sizes, `${width}x${height}`, src);
    shown.push(`${sizes} ${purpose}`);
  }
  for (const needed of ["192x192 any", "512x512 any", "512x512 maskable"]) assert.ok(shown.includes(needed), needed);
  const page = await open();
  await page.goto(`${world.url}/posts/${newId()}?mode=test`);
  await page.getByRole("heading", { name: "Post not found" }).waitFor();
});
