import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { accountsGetPostingTimes } from "../../contract/operations/posting-times.ts";
import { postsGet, postsList } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { WEEKDAYS } from "../../model/posting-times.ts";
import { unlimited } from "../../model/user-limits.ts";
import { press, step } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const everyDay = (...times: string[]) => ({
  timeZone: "UTC",
  times: Object.fromEntries(WEEKDAYS.map((day) => [day, times])),
});

test("accounts with different posting times are told apart, and get a post each", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  Object.assign(world.services.settings, { scheduling: "all" });
  const { platformSetId } = world.test;
  const ids = new Map<PlatformName, string>();
  for (const platform of ["facebook", "linkedin", "threads"] as const)
    ids.set(platform, await world.connect(world.test, platform));
  const put = async (path: string, body: object) => {
    const { status } = await world.call(world.test, "PUT", `/api/v1/${path}`, body);
    assert.equal(status, 200);
  };
  const setOwn = (platform: PlatformName, ...times: string[]) =>
    put(`accounts/${ids.get(platform)}/posting-times`, { postingTimes: everyDay(...times) });
  await put(`platform-sets/${platformSetId}/posting-times`, everyDay("06:00", "12:00"));

  /** What the API has, the oldest first: each post's status, platforms, texts and time of day. */
  const posts = async () => {
    const { posts: listed } = postsList.answer.parse((await world.call(world.test, "GET", "/api/v1/posts")).body);
    const all = await Promise.all(
      listed.toReversed().map(async ({ id }) => {
        const { post } = postsGet.answer.parse((await world.call(world.test, "GET", `/api/v1/posts/${id}`)).body);
        return post;
      }),
    );
    return all.map(({ status, platformPosts, content, scheduledFor }) => ({
      status,
      platforms: platformPosts.map(({ platform }) => platform),
      text: content.text,
      own: Object.entries(content.platformOverrides).map(([name, override]) => [name, Object(override).text]),
      at: scheduledFor?.slice(11, 16) ?? null,
    }));
  };
  const choice = (page: Page, platform: string) => page.getByRole("checkbox", { name: new RegExp(`^${platform}`) });
  const compose = async (page: Page, text: string, platforms: readonly string[], isSaved = false) => {
    await page.goto(`${world.url}/compose?mode=test`);
    for (const platform of platforms) await choice(page, platform).check();
    await page.getByLabel("Text", { exact: true }).fill(text);
    if (isSaved) await page.getByText("Saved", { exact: true }).waitFor();
    await page.getByLabel("At the next posting time").check();
  };
  const page = await open({ viewport: { width: 360, height: 780 }, hasTouch: true });

  await step(
    "accounts that all follow the set have one next time, and no post of another account takes it",
    async () => {
      await compose(page, "Together", ["Facebook", "LinkedIn"]);
      await page
        .getByText(/(6|12):00/)
        .first()
        .waitFor();
      await page.getByText("Draft saved, not scheduled yet").waitFor();
      assert.equal(await page.getByText("different posting times").count(), 0);
      await press(page, "Schedule");
      await page.waitForURL("**/posts/*");
      assert.deepEqual(
        (await posts()).map(({ status, platforms }) => [status, platforms]),
        [["scheduled", ["facebook", "linkedin"]]],
      );
    },
  );

  await step("accounts with other times: each next time, the first common one, and one post at that", async () => {
    await setOwn("threads", "12:00", "18:00");
    await compose(page, "In common", ["Facebook", "Threads"]);
    await page.getByText("These accounts have different posting times. When each is free next:").waitFor();
    await page.getByText("The time above is the first one that all of them have").waitFor();
    const { body } = await world.call(world.test, "GET", `/api/v1/accounts/${ids.get("threads")}/posting-times`);
    const { nextFreeAt } = accountsGetPostingTimes.answer.parse(body).postingTimes;
    await page.locator(`li:has-text("Threads") time[datetime="${nextFreeAt}"]`).waitFor();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await page.getByText("Draft saved, not scheduled yet").waitFor();
    await assertAccessible(page);
    await press(page, "Schedule");
    await page.waitForURL("**/posts/*");
    const { status, platforms, at } = (await posts()).at(-1) ?? {};
    assert.deepEqual([status, platforms, at], ["scheduled", ["facebook", "threads"], "12:00"]);
  });

  await step(
    "without a common time: a post for each group, by keyboard, with what was written for its platforms",
    async () => {
      await setOwn("threads", "18:00");
      const before = (await posts()).length;
      await compose(page, "For each", ["Facebook", "LinkedIn", "Threads"]);
      await page.getByText("One post for all of them cannot be scheduled like this").waitFor();
      await page.getByRole("tab", { name: "Threads" }).click();
      await page.getByLabel("Text for Threads").fill("For Threads");
      await page.getByRole("button", { name: "Schedule 2 posts instead" }).focus();
      await assertAccessible(page);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/posts\?/);
      await page.getByText("2 posts have been scheduled.").first().waitFor();
      assert.deepEqual(
        byPlatforms((await posts()).slice(before)).map(({ status, platforms, text, own }) => [
          status,
          platforms,
          text,
          own,
        ]),
        [
          ["scheduled", ["facebook", "linkedin"], "For each", []],
          ["scheduled", ["threads"], "For each", [["threads", "For Threads"]]],
        ],
      );
    },
  );

  await step("what is typed at the last moment is in them", async () => {
    const before = (await posts()).length;
    await compose(page, "Not yet", ["Facebook", "Threads"], true);
    await page.getByRole("button", { name: "Schedule 2 posts instead" }).waitFor();
    await page.evaluate(`(() => {
      const text = document.querySelector("textarea");
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(text, "Just now");
      text.dispatchEvent(new Event("input", { bubbles: true }));
      [...document.querySelectorAll("button")].find((each) => each.textContent === "Schedule 2 posts instead").click();
    })()`);
    await page.waitForURL(/\/posts\?/);
    assert.deepEqual(
      (await posts()).slice(before).map(({ text }) => text),
      ["Just now", "Just now"],
    );
  });

  await step("if one of them would be refused, nothing is scheduled", async () => {
    const before = (await posts()).length;
    await compose(page, "Too long for one. ".repeat(40).trim(), ["Facebook", "Threads"]);
    await press(page, "Schedule 2 posts instead");
    await page.getByText("Nothing has been scheduled.").waitFor();
    await page.getByText(/^Threads: .*500/).waitFor();
    assert.equal((await posts()).length, before);
  });

  await step("if it fails halfway, what exists is named, the rest stays, and nothing is scheduled twice", async () => {
    const before = (await posts()).length;
    const scheduled = (await posts()).filter(({ status }) => status === "scheduled").length;
    await compose(page, "Halfway", ["Facebook", "Threads"]);
    await page.getByText("One post for all of them cannot be scheduled like this").waitFor();
    const limits = await unlimited(world.test.userId, "test");
    Object.assign(world.services, { limitsOf: () => Promise.resolve({ ...limits, maxScheduledPosts: scheduled + 1 }) });
    await press(page, "Schedule 2 posts instead");
    await page.getByText("These posts have been scheduled:").waitFor();
    await page.getByText("The rest is still here, and not scheduled:").waitFor();
    await page.getByText(/^Threads: /).waitFor();
    const link = page.getByRole("status").or(page.getByRole("alert")).getByRole("link", { name: "Facebook" });
    assert.match((await link.getAttribute("href")) ?? "", /\/posts\//);
    assert.equal(await choice(page, "Facebook").isChecked(), false);
    assert.ok(await choice(page, "Threads").isChecked());
    await assertAccessible(page);
    Object.assign(world.services, { limitsOf: unlimited });
    await press(page, "Schedule");
    await page.waitForURL("**/posts/*");
    assert.deepEqual(
      byPlatforms((await posts()).slice(before)).map(({ status, platforms, at }) => [
        status,
        platforms,
        at === "18:00",
      ]),
      [
        ["scheduled", ["facebook"], false],
        ["scheduled", ["threads"], true],
      ],
    );
  });

  await step("in German", async () => {
    const german = await open({ locale: "de-DE", viewport: { width: 360, height: 780 } });
    await german.goto(`${world.url}/compose?mode=test`);
    for (const platform of ["Facebook", "Threads"]) await choice(german, platform).check();
    await german.getByLabel("Zur nächsten freien Veröffentlichungszeit").check();
    await german.getByRole("button", { name: "Stattdessen 2 Beiträge planen" }).waitFor();
    assert.equal(await german.evaluate("document.documentElement.scrollWidth"), 360);
    await assertAccessible(german);
  });

  assert.deepEqual(troubles, []);
});

/** A draft that has saved itself meanwhile is older than the post beside it. */
function byPlatforms<Listed extends { platforms: readonly string[] }>(posts: readonly Listed[]): Listed[] {
  return posts.toSorted((one, other) => one.platforms.join().localeCompare(other.platforms.join()));
}
