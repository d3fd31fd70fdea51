import assert from "node:assert/strict";
import { test } from "node:test";

import type { Locator, Page } from "playwright-core";

import { post as postShape } from "../../contract/operations/posts.ts";
import { offsetAt, offsetFormat, readLocalTime } from "../../model/time-zones.ts";
import { idOf, objectIn } from "../answers.ts";
import { intercept, pickUp, step } from "../browser.ts";
import type { World } from "../world.ts";
import { assertAccessible, signedIn, TWO_FRAMES } from "./signed-in.ts";

const ZONE = "Europe/Berlin";
const POSTS = "/api/v1/posts";
const DAY = 86_400_000;

test("posts are moved in the calendar by mouse, keyboard and touch, as any change is checked", async (t) => {
  const { world, open, members, troubles } = await signedIn(t, ["writer"]);
  await world.connect(world.test, "facebook");
  await world.connect(world.test, "instagram");
  // The 18th is the next Sunday on which the clocks change, so the 10th is a Saturday.
  const change = nextChangeOfClocks();
  const day = (number: number) => new Date(change + (number - 18) * DAY).toISOString().slice(0, 10);
  const at = (date: string, time = "09:30") => readLocalTime(`${date}T${time}`, ZONE).instant?.toISOString() ?? "";
  const dateOf = (number: number) => Number(day(number).slice(8));
  const schedule = async (text: string, date: string, platformSetId = world.test.platformSetId) => {
    const { status, body } = await world.call(world.test, "POST", POSTS, {
      content: { text },
      platforms: ["facebook"],
      platformSetId,
      scheduledFor: at(date),
    });
    assert.equal(status, 201, JSON.stringify(body));
    return idOf(body, "post");
  };
  const timeOf = async (id: string) =>
    postShape.parse(objectIn((await world.call(world.test, "GET", `${POSTS}/${id}`)).body, "post")).scheduledFor;
  const launch = await schedule("The launch", day(10));
  const other = await schedule("Another", day(11));
  const elsewhere = await createSet(world, "Elsewhere");
  await world.connect(world.test, "facebook", { platformSetId: elsewhere });
  await schedule("In the other set", day(14), elsewhere);
  const address = (view: string) =>
    `${world.url}/calendar?${new URLSearchParams({ mode: "test", zone: ZONE, on: day(10), view })}`;

  const page = await open({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  const chip = page.getByRole("button", { name: "The launch" });
  const cell = (date: string) => page.locator(`[data-place="${date}"]`);
  /** Until the API has answered a change that the page asks for. */
  const changed = async (of: Page, act: () => Promise<void>) => {
    await Promise.all([of.waitForResponse((response) => response.request().method() === "PATCH"), act()]);
  };
  const said = (text: string | RegExp) => page.getByText(text).first().waitFor();

  await step("weeks begin as the browser's region has them, and the time zone is named", async () => {
    await page.goto(address("month"));
    await chip.waitFor();
    assert.equal(await page.getByRole("columnheader").first().textContent(), "Mon");
    await said("Times are in Europe/Berlin (GMT+");
  });
  await step("a post is dragged to another day at the same time, and back by undo", async () => {
    await intercept(page, `**${POSTS}/*`, async (route) => {
      if (route.request().method() !== "PATCH") return await route.fallback();
      const response = await route.fetch();
      const warning = { rule: "facebook.text", path: "/content/text", message: "content.text is short.", fix: "" };
      return await route.fulfill({ response, json: { ...Object(await response.json()), warnings: [warning] } });
    });
    await changed(page, () => drag(page, chip, cell(day(12))));
    await said(/^Moved to .+\. The text is short\.$/);
    await page.unroute(`**${POSTS}/*`);
    assert.equal(await timeOf(launch), at(day(12)));
    await cell(day(12)).getByRole("button", { name: "The launch" }).waitFor();
    await changed(page, () => page.getByRole("button", { name: "Undo" }).click());
    await said("Moved back to");
    assert.equal(await timeOf(launch), at(day(10)));
    await cell(day(10)).getByRole("button", { name: "The launch" }).waitFor();
  });
  await step("arrows choose a day, Space picks a post up, and what happens is announced", async () => {
    await cell(day(10)).focus();
    await page.keyboard.press("ArrowDown");
    await page.locator(`[data-place="${day(17)}"]:focus`).waitFor();
    await page.keyboard.press("ArrowUp");
    await page.locator(`[data-place="${day(10)}"]:focus`).waitFor();
    await chip.focus();
    await pickUp(page);
    await said("Picked up: The launch");
    await page.keyboard.press("ArrowRight");
    await page
      .getByRole("status")
      .filter({ hasText: new RegExp(`\\b${dateOf(11)} `) })
      .first()
      .waitFor();
    await chip.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowDown");
    await page
      .getByRole("status")
      .filter({ hasText: new RegExp(`\\b${dateOf(18)} `) })
      .first()
      .waitFor();
    await changed(page, () => page.keyboard.press("Space"));
    assert.equal(await timeOf(launch), at(day(18)));
    assert.notEqual((Date.parse(at(day(18))) - Date.parse(at(day(10)))) % DAY, 0, "the clocks have changed");
  });
  await step("Enter opens a day, hours are places too, and N writes a post for one", async () => {
    await cell(day(18)).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL("**view=day**");
    await changed(page, () => drag(page, chip, cell(`${day(18)}T11`)));
    assert.equal(await timeOf(launch), at(day(18), "11:30"));
    await page.keyboard.press("n");
    await page.waitForURL((url) => url.pathname === "/compose");
    assert.equal(new URL(page.url()).searchParams.get("at"), at(day(18), "09:00").replace(".000Z", "Z"));
  });
  await step("it is written in the calendar's time zone, and scheduling it leads back to where one was", async () => {
    assert.equal(await page.getByLabel("Time zone").inputValue(), ZONE);
    assert.equal(await page.getByLabel("Date and time").inputValue(), `${day(18)}T09:00`);
    await page.getByLabel("Facebook").check();
    await page.getByLabel("Text", { exact: true }).fill("From the calendar");
    await said("Draft saved, not scheduled yet");
    await page.getByRole("button", { name: "Schedule", exact: true }).click();
    await page.waitForURL((url) => url.pathname === "/calendar");
    const { searchParams } = new URL(page.url());
    assert.deepEqual(
      ["view", "on", "zone"].map((name) => searchParams.get(name)),
      ["day", day(18), ZONE],
    );
    await page.getByRole("button", { name: "From the calendar" }).waitFor();
    await page.getByRole("link", { name: "Open the post" }).click();
    await page.waitForURL("**/posts/*");
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    assert.equal(await timeOf(id), at(day(18), "09:00"));
    assert.equal((await world.call(world.test, "DELETE", `${POSTS}/${id}`)).status, 200);
  });
  await step("another time can be typed, and what is wrong with it is said beside it", async () => {
    await page.goto(address("month"));
    await chip.click();
    const field = page.getByLabel("Date and time");
    assert.equal(await field.inputValue(), `${day(18)}T11:30`);
    await field.fill("2020-01-01T10:00");
    await page.getByRole("button", { name: "Move", exact: true }).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    await said(/must be in the future/);
    assert.equal(await page.getByText("scheduledFor").count(), 0);
    assert.equal(await timeOf(launch), at(day(18), "11:30"));
    await field.fill(`${day(10)}T09:30`);
    await changed(page, () => page.getByRole("button", { name: "Move", exact: true }).click());
    assert.equal(await timeOf(launch), at(day(10)));
  });
  await step("a post that somebody else has moved meanwhile stays where it is now", async () => {
    await page.goto(address("month"));
    await chip.waitFor();
    await intercept(page, "**/api/v1/posts?*", (route) => route.abort());
    assert.equal(
      (await world.call(world.test, "PATCH", `${POSTS}/${launch}`, { scheduledFor: at(day(16)) })).status,
      200,
    );
    await drag(page, chip, cell(day(12)));
    await said("The post was changed meanwhile");
    assert.equal(await timeOf(launch), at(day(16)));
    await page.unroute("**/api/v1/posts?*");
  });
  await step("a second move that comes before the list is read again begins where the first one ended", async () => {
    await page.goto(address("month"));
    await chip.waitFor();
    const listed = Promise.withResolvers<void>();
    await intercept(page, "**/api/v1/posts?*", async (route) => {
      await listed.promise;
      // Those that are no longer wanted are gone.
      await route.fallback().catch(() => undefined);
    });
    const answered = page.waitForResponse((response) => response.request().method() === "PATCH");
    await drag(page, chip, cell(day(12)));
    await drag(page, chip, cell(day(13)));
    await answered;
    await said(new RegExp(`^Moved to .*\\b${dateOf(13)}\\b`));
    assert.equal(await timeOf(launch), at(day(13)));
    listed.resolve();
    await page.unroute("**/api/v1/posts?*");
  });
  await step("in a week, a post is dragged to an hour of another day, and keeps its minutes", async () => {
    await page.goto(address("week"));
    await changed(page, () => drag(page, page.getByRole("button", { name: "Another" }), cell(`${day(9)}T14`)));
    assert.equal(await timeOf(other), at(day(9), "14:30"));
    await changed(page, () => page.getByRole("button", { name: "Undo" }).first().click());
    assert.equal(await timeOf(other), at(day(11)));
  });
  await step("a week begins at its first post, once its posts are there", async () => {
    const { status } = await world.call(world.test, "POST", POSTS, {
      content: { text: "Before dawn" },
      platforms: ["facebook"],
      platformSetId: world.test.platformSetId,
      scheduledFor: at(day(28), "03:30"),
    });
    assert.equal(status, 201);
    await page.goto(address("week").replace(day(10), day(21)));
    await page.getByRole("gridcell").first().waitFor();
    await page.getByRole("button", { name: "Next week" }).click();
    await page.getByRole("button", { name: "Before dawn" }).waitFor();
    await page.evaluate(
      `new Promise((resolve) => {
         const look = () => {
           const [grid, hour] = ["[role=grid]", '[data-place="${day(28)}T03"]'].map((each) => document.querySelector(each));
           const { top, bottom } = grid.getBoundingClientRect();
           const at = hour.getBoundingClientRect();
           if (at.top > top && at.bottom < bottom) resolve();
           else requestAnimationFrame(look);
         };
         look();
       })`,
    );
  });
  await step("who is at an hour stays there when its posts come, or fewer are shown", async () => {
    const isSeen = (date: string) =>
      page.evaluate(`${TWO_FRAMES}.then(() => {
        const [grid, hour] = ["[role=grid]", '[data-place="${date}T23"]'].map((each) =>
          document.querySelector(each).getBoundingClientRect());
        return hour.top >= grid.top && hour.bottom <= grid.bottom;
      })`);
    const busy = page.locator('[aria-busy="true"]:has([role=grid])');
    await page.goto(address("day"));
    await cell(`${day(10)}T23`).click();
    const listed = Promise.withResolvers<void>();
    await intercept(page, "**/api/v1/posts?*", async (route) => {
      await listed.promise;
      await route.fallback().catch(() => undefined);
    });
    await page.keyboard.press("ArrowRight");
    await page.locator(`[data-place="${day(11)}T23"]:focus`).waitFor();
    await busy.waitFor();
    listed.resolve();
    await busy.waitFor({ state: "detached" });
    assert.equal(await isSeen(day(11)), true);
    await page.unroute("**/api/v1/posts?*");
    await page.getByText("Filters and time zone").click();
    const read = page.waitForResponse(/\/posts\?.*platform=instagram/);
    await page.getByLabel("Platform", { exact: true }).selectOption("instagram");
    await read;
    await busy.waitFor({ state: "detached" });
    assert.equal(await isSeen(day(11)), true);
  });
  await step("in the agenda, arrows lead over the days without posts", async () => {
    await page.goto(address("agenda"));
    await page.getByRole("button", { name: "Another" }).focus();
    await pickUp(page);
    await page.keyboard.press("ArrowDown");
    await page.locator(`section.bg-warn-tint:has-text("The launch")`).waitFor();
    await changed(page, () => page.keyboard.press("Space"));
    assert.equal(await timeOf(other), at(day(13)));
    await changed(page, () => page.getByRole("button", { name: "Undo" }).first().click());
  });
  await step("filters show less, and stay in the address", async () => {
    await page.goto(address("month"));
    await page.getByText("Filters and time zone").click();
    await page.getByLabel("Platform", { exact: true }).selectOption("instagram");
    await page.waitForURL("**platform=instagram**");
    await chip.waitFor({ state: "detached" });
    await page.getByLabel("Platform", { exact: true }).selectOption("facebook");
    await chip.waitFor();
    await page.getByLabel("Status").selectOption("published");
    await chip.waitFor({ state: "detached" });
    await page.getByLabel("Status").selectOption("");
    await chip.waitFor();
    await page.getByLabel("Platform set").selectOption("Elsewhere");
    await page.waitForURL(`**set=${elsewhere}**`);
    await chip.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "In the other set" }).waitFor();
  });
  await step("whoever comes back to the calendar finds it as it was, without the objects of another mode", async () => {
    const main = page.getByRole("navigation", { name: "Main" });
    const shown = () =>
      ["view", "zone", "on", "platform", "set"].map((name) => new URL(page.url()).searchParams.get(name));
    await page.getByRole("group", { name: "View" }).getByRole("link", { name: "Week" }).click();
    await page.waitForURL("**view=week**");
    const left = shown();
    assert.deepEqual(left, ["week", ZONE, day(10), "facebook", elsewhere]);
    await main.getByRole("link", { name: "Posts" }).click();
    await page.getByRole("heading", { level: 1, name: "Posts" }).waitFor();
    await main.getByRole("link", { name: "Calendar" }).click();
    await page.getByRole("heading", { level: 1, name: "Calendar" }).waitFor();
    assert.deepEqual(shown(), left);
    await page.getByRole("group", { name: "Mode" }).getByRole("link", { name: "Live" }).click();
    await page.waitForURL("**mode=live**");
    assert.deepEqual(shown(), [...left.slice(0, -1), null]);
  });
  for (const view of ["month", "week", "day", "agenda"])
    await step(`the ${view} breaks no rule of accessibility`, async () => {
      await page.goto(address(view));
      await (view === "day" ? page.getByRole("rowheader") : page.getByText("Another")).first().waitFor();
      await assertAccessible(page);
    });
  await page.context().close();

  await step("a writer, who cannot schedule, is offered no way to move or edit what is scheduled", async () => {
    const writer = await open({ viewport: { width: 1280, height: 900 } }, members[0]?.cookie);
    await writer.goto(`${address("month")}&workspace=${world.test.userId}`);
    const post = writer.getByRole("button", { name: "Another" });
    await post.waitFor();
    assert.equal(await writer.locator("[aria-roledescription]").count(), 0);
    assert.equal(await writer.getByText("Space picks a scheduled post up.").count(), 0);
    await post.click();
    const link = writer.getByRole("dialog").getByRole("link", { name: "Open the post" });
    await link.waitFor();
    assert.equal(await writer.getByLabel("Date and time").count(), 0);
    await link.click();
    const more = writer.getByRole("button", { name: "More actions" });
    await more.waitFor();
    assert.equal(await writer.getByRole("link", { name: "Edit" }).count(), 0);
    await more.click();
    await writer.getByRole("menuitem", { name: "Back to draft" }).click();
    await writer.getByText("The post is a draft now.").first().waitFor();
    assert.equal(await writer.getByRole("button", { name: "Undo" }).count(), 0);
    await writer.getByRole("link", { name: "Edit" }).waitFor();
    await writer.context().close();
    const again = { scheduledFor: at(day(11)) };
    assert.equal((await world.call(world.test, "PATCH", `${POSTS}/${other}`, again)).status, 200);
  });

  await step("on a phone a post is dragged by a longer touch, and moved by keys", async () => {
    const phone = await open({
      viewport: { width: 360, height: 780 },
      hasTouch: true,
      isMobile: true,
      locale: "en-US",
    });
    await phone.goto(address("month").replace(day(10), day(11)));
    const row = phone.getByRole("button", { name: "Another" });
    await row.waitFor();
    assert.equal(await phone.evaluate("document.documentElement.scrollWidth"), 360);
    assert.equal(await phone.getByRole("columnheader").first().textContent(), "Sun");
    await assertAccessible(phone);
    await row.evaluate((element) => element.scrollIntoView({ block: "center" }));
    const [from, to] = [await middleOf(row), await middleOf(phone.locator(`[data-place="${day(18)}"]`))];
    const touches = await phone.context().newCDPSession(phone);
    const touch = async (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      await touches.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    await touch("touchStart", [from]);
    await phone.getByText("Picked up: Another").first().waitFor();
    await touch("touchMove", [{ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }]);
    await touch("touchMove", [to]);
    await phone.locator(`[data-place="${day(18)}"].bg-warn-tint`).waitFor();
    await changed(phone, async () => void (await touch("touchEnd", [])));
    assert.equal(await timeOf(other), at(day(18)));
    await phone.locator(`[data-place="${day(18)}"]`).tap();
    await row.focus();
    await pickUp(phone);
    await phone.keyboard.press("ArrowUp");
    await phone.locator(`[data-place="${day(11)}"].bg-warn-tint`).waitFor();
    await changed(phone, () => phone.keyboard.press("Space"));
    assert.equal(await timeOf(other), at(day(11)));
    for (const view of ["week", "day", "agenda"]) {
      await phone.goto(address(view));
      await phone.getByRole("heading", { name: "Calendar" }).waitFor();
      assert.equal(await phone.evaluate("document.documentElement.scrollWidth"), 360, view);
    }
    await phone.context().close();
  });
  assert.deepEqual(troubles, []);
});

async function createSet(world: World, name: string): Promise<string> {
  return idOf((await world.call(world.test, "POST", "/api/v1/platform-sets", { name })).body, "set");
}

async function middleOf(element: Locator): Promise<{ x: number; y: number }> {
  const box = await element.boundingBox();
  assert.ok(box !== null);
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
}

async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  await from.scrollIntoViewIfNeeded();
  const start = await middleOf(from);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(start.x + 10, start.y + 10);
  const end = await middleOf(to);
  await page.mouse.move(end.x, end.y, { steps: 4 });
  await to.and(page.locator(".bg-warn-tint")).waitFor();
  await page.mouse.up();
}

/** The next day in a few weeks on which the clocks of the zone change. */
function nextChangeOfClocks(): number {
  const format = offsetFormat(ZONE);
  let day = Math.ceil(Date.now() / DAY) * DAY + 20 * DAY;
  while (offsetAt(format, day) === offsetAt(format, day + DAY)) day += DAY;
  return day;
}
