import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { idOf } from "../answers.ts";
import { intercept } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const OFFLINE_MILLISECONDS = 3_000;

test("commands and posts are found by their words, and keys lead everywhere", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "threads");
  const { body } = await world.call(world.test, "POST", "/api/v1/posts", {
    content: { text: "The lighthouse opens on Sunday" },
    platforms: ["threads"],
    platformSetId: world.test.platformSetId,
  });
  const page = await open({ viewport: { width: 1200, height: 800 } });
  await page.goto(`${world.url}/compose?mode=test`);
  await page.getByRole("heading", { level: 1 }).waitFor();

  // Where something is typed, keys are letters.
  await page.getByRole("textbox").first().focus();
  await page.keyboard.type("gp");
  assert.match(page.url(), /\/compose\?/);

  await page.keyboard.press("Control+k");
  const search = page.getByRole("combobox", { name: "Search and commands" });
  await search.waitFor();
  await assertAccessible(page);
  await search.fill("lighthouse");
  await page.getByRole("option", { name: "The lighthouse opens" }).waitFor();
  await assertAccessible(page);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/posts/${idOf(body, "post")}?mode=test`);
  await page.getByRole("heading", { name: "Post", exact: true }).waitFor();
  assert.equal(await page.title(), "Post · Ampost");

  await page.keyboard.press("Control+k");
  await search.fill("zzzzzz");
  await page.getByText("Nothing found").waitFor();
  await search.fill("theme dark");
  await page.keyboard.press("Enter");
  await page.locator("html[data-theme=dark]").waitFor();

  await page.keyboard.type("gp");
  await page.waitForURL("**/posts?mode=test");
  await page.keyboard.type("?");
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await list.getByText("New post", { exact: true }).waitFor();
  for (const [view, ...keys] of [
    ["Composer", "Save or schedule Ctrl Enter Ctrl S", "Redo Ctrl ⇧Z"],
    ["Calendar", "Today T", "Pick up or drop a scheduled post Space"],
  ]) {
    await list.getByRole("heading", { name: view }).waitFor();
    for (const key of keys) assert.ok((await list.innerText()).replace(/\s+/g, " ").includes(key), key);
  }
  await assertAccessible(page);
  await list.getByLabel("Use shortcuts of single keys").uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.type("c");
  assert.match(page.url(), /\/posts\?/);

  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await assertAccessible(page);
  await page.context().setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  assert.deepEqual(troubles, []);
});

test("without a connection, what was not loaded yet waits for one, and what is gone for good says so", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  const page = await open({ viewport: { width: 1200, height: 800 } });
  await page.goto(`${world.url}/posts?mode=test`);
  await page.getByRole("heading", { name: "Posts", exact: true }).waitFor();
  const main = page.getByRole("navigation", { name: "Main" });

  await page.context().setOffline(true);
  await page.getByText("You are offline.").waitFor();
  await main.getByRole("link", { name: "Calendar" }).click();
  await page.waitForURL("**/calendar?*");
  await page.keyboard.press("Control+k");
  await sleep(OFFLINE_MILLISECONDS);
  await page.getByText("You are offline.").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("combobox", { name: "Search and commands" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "Calendar" }).waitFor();

  // As after an upgrade.
  await intercept(page, "**/assets/media-library-*.js", (route) => route.fulfill({ status: 404 }));
  await main.getByRole("link", { name: "Media" }).click();
  await page.getByRole("heading", { name: "This page could not be shown" }).waitFor();
  await assertAccessible(page);
  await page.unroute("**/assets/media-library-*.js");
  await page.getByRole("button", { name: "Reload" }).click();
  await page.getByRole("heading", { name: "Media", exact: true }).waitFor();
  assert.deepEqual(troubles, []);
});
