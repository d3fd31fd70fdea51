import assert from "node:assert/strict";
import { test } from "node:test";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { idOf } from "../answers.ts";
import { step } from "../browser.ts";
import { assertLooks, type Look, setLook } from "./looks.ts";
import { AT_REST, assertAccessible, signedIn } from "./signed-in.ts";

const LOOKS: readonly Look[] = [
  [360, "light"],
  [1280, "light"],
];
/** No language of the app is written from right to left yet: its pages are told that theirs is. */
const FROM_RIGHT = `Object.defineProperty(HTMLElement.prototype, "dir", {
  get() { return this.getAttribute("dir") ?? ""; },
  set(value) { this.setAttribute("dir", this === document.documentElement ? "rtl" : value); },
})`;

test("from right to left, the views fit, are accessible, and lead the other way", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  for (const platform of PLATFORM_NAMES) await world.connect(world.test, platform);
  const { platformSetId } = world.test;
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const posts: string[] = [];
  for (const scheduledFor of [null, inDays(1), inDays(2)]) {
    const draft = { content: { text: "أخبار جيدة من Ampost" }, platforms: ["facebook"], platformSetId };
    const { body } = await world.call(world.test, "POST", "/api/v1/posts", {
      ...draft,
      ...(scheduledFor && { scheduledFor }),
    });
    posts.push(idOf(body, "post"));
  }
  const page = await open(AT_REST);
  await page.addInitScript(FROM_RIGHT);
  const show = async (path: string) => {
    await page.goto(`${world.url}${path}${path.includes("?") ? "&" : "?"}mode=test`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.locator(".animate-pulse").first().waitFor({ state: "detached" });
    assert.equal(await page.evaluate("document.documentElement.dir"), "rtl");
  };
  /** Addresses, code and what a person types are in a direction of their own. */
  const othersWay =
    "[...document.querySelectorAll('[dir=ltr]:not(input, code, :has(> pre))')].map((each) => each.outerHTML)";

  for (const [name, path] of Object.entries({
    home: "/",
    posts: "/posts",
    post: `/posts/${posts[0]}`,
    compose: `/compose?post=${posts[0]}`,
    month: "/calendar",
    week: "/calendar?view=week",
    platforms: "/platforms",
    settings: "/settings/profile",
    mcp: "/developers/mcp",
  })) {
    await show(path);
    await assertLooks(page, `rtl-${name}`, LOOKS);
    assert.deepEqual(await page.evaluate(othersWay), [], name);
  }

  await step("a menu opens within the window", async () => {
    await show(`/posts/${posts[0]}`);
    for (const look of LOOKS) {
      await setLook(page, look);
      await page.getByRole("button", { name: "More actions" }).click();
      const menu = page.getByRole("menu");
      await menu.waitFor();
      assert.equal(await menu.getAttribute("dir"), "rtl");
      const box = await menu.boundingBox();
      assert.ok(box !== null && box.x >= 0 && box.x + box.width <= look[0], JSON.stringify(box));
      await assertAccessible(page);
      await page.keyboard.press("Escape");
      await menu.waitFor({ state: "detached" });
    }
  });
  await step("the button beside what can be copied does not cover it", async () => {
    await show("/developers/mcp");
    const [text, button] = [
      await page.getByRole("region", { name: "MCP address" }).boundingBox(),
      await page.getByRole("button", { name: "Copy: MCP address" }).boundingBox(),
    ];
    assert.ok(text && button && button.x > text.x + text.width / 2);
  });
  await step("the arrow to the left leads to the next tab, and to the next day", async () => {
    await show("/developers/mcp");
    const tabs = page.getByRole("tab");
    await tabs.first().focus();
    await page.keyboard.press("ArrowLeft");
    await tabs.nth(1).and(page.locator("[aria-selected=true]")).waitFor();
    await show("/calendar?on=2026-12-02");
    const [day, next] = ["2026-12-02", "2026-12-03"].map((each) =>
      page.locator(`[role=gridcell][data-place="${each}"]`),
    );
    await day?.press("ArrowLeft");
    await next?.and(page.locator(":focus")).waitFor();
    const [from, to] = [await day?.boundingBox(), await next?.boundingBox()];
    assert.ok(from && to && to.x < from.x);
  });
  assert.deepEqual(troubles, []);
});
