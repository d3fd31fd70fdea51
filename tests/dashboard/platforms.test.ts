import assert from "node:assert/strict";
import { test } from "node:test";

import { z } from "zod";

import { accountsList } from "../../contract/operations/accounts.ts";
import { connectLinksList } from "../../contract/operations/connect-links.ts";
import { platformSetsList } from "../../contract/operations/platform-sets.ts";
import { LEAST_ROLES } from "../../contract/roles.ts";
import { mayAs, MEMBER_ROLES, ROLES } from "../../model/roles.ts";
import { assertUsable, holdReads, intercept, press, step } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

test("sets, accounts, connect links, posting times and own apps are kept in order at 360 px", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  const { platformSetId, userId } = world.test;
  for (const platform of ["threads", "linkedin"] as const) await world.connect(world.test, platform);
  const read = async (path: string) => (await world.call(world.test, "GET", `/api/v1/${path}`)).body;
  const accounts = async () => accountsList.answer.parse(await read("accounts")).accounts;
  const setNames = async () => platformSetsList.answer.parse(await read("platform-sets")).sets.map(({ name }) => name);
  const [threads] = (await accounts()).filter(({ platform }) => platform === "threads");
  const page = await open({ viewport: { width: 360, height: 780 }, hasTouch: true });
  const region = (name: string | RegExp) => page.getByRole("region", { name });
  const dialog = page.getByRole("dialog");
  const choose = async (menu: RegExp | string, item: string) => {
    await press(page, menu);
    await page.getByRole("menuitem", { name: item, exact: true }).click();
  };

  await step("an account says how long access lasts, what was granted and what is left", async () => {
    await page.goto(`${world.url}/connections?mode=test&connected=${threads?.id}`);
    await page.waitForURL("**/platforms?mode=test**");
    await page.goto(`${world.url}/platforms?mode=test&connected=${threads?.id}`);
    await page.getByText(/^The account has been connected: .+ on Threads\.$/).waitFor();
    await page.getByText("Access, permissions and limits").last().click();
    await page.getByText("Refresh or reconnect?").waitFor();
    await page
      .getByText(/\d of [\d,]+ left in 24 hours/)
      .first()
      .waitFor();
    await assertUsable(page);
    await assertAccessible(page);
  });

  await step("an account that needs attention says why, and what to do", async () => {
    const trouble = async (health: string, reason: string | null) => {
      await world.services.pool.query(
        "update accounts set token_health = $2, token_health_reason = $3 where user_id = $1 and platform = 'linkedin'",
        [userId, health, reason],
      );
      await page.reload();
    };
    await trouble("expiring", "It ends soon. Reconnect it.");
    await page.getByText("It ends soon. Reconnect it.", { exact: true }).waitFor();
    await trouble("reconnect_required", "LinkedIn does not renew it.");
    await page.getByText(/^LinkedIn does not renew it. Reconnect the account/).waitFor();
    await page.getByText("Access, permissions and limits").last().click();
    await page.getByText("Access has ended. Reconnect the account to publish with it again.").waitFor();
    await trouble("healthy", null);
  });

  await step("publishing of an account, of a set and of everything is paused and resumed", async () => {
    for (const menu of [/^Options of .* on Threads$/, /^Options of [^@]*$/]) {
      await choose(menu, "Pause publishing");
      await page.getByText("Publishing has been paused since").waitFor();
      await press(page, "Resume publishing");
      await page.getByText("Publishing has been paused since").waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "Pause publishing", exact: true }).click();
    await page.getByText("Publishing has been paused since").waitFor();
    await press(page, "Resume publishing");
    await page.getByText("Publishing has been paused since").waitFor({ state: "detached" });
  });

  await step(
    "a set is created, renamed, and deleted after a question; its own rules are said beside the field",
    async () => {
      await press(page, "New platform set");
      await dialog.getByLabel("Name").fill("x".repeat(51));
      await dialog.getByRole("button", { name: "Create platform set" }).click();
      await dialog.getByText("at most 50 characters").waitFor();
      await dialog.getByLabel("Name").fill("Customer");
      await dialog.getByRole("button", { name: "Create platform set" }).click();
      await region("Customer").getByText("No accounts connected").waitFor();
      await choose("Options of Customer", "Rename");
      await dialog.getByLabel("Name").fill("Agency");
      await dialog.getByRole("button", { name: "Rename" }).click();
      await region("Agency").waitFor();
      await choose("Options of Agency", "Delete");
      await assertAccessible(page);
      await dialog.getByRole("button", { name: "Delete platform set" }).click();
      await region("Agency").waitFor({ state: "detached" });
      assert.ok(!(await setNames()).includes("Agency"));
    },
  );

  await step("a change that fails after its dialog was closed is told", async () => {
    await press(page, "New platform set");
    await dialog.getByLabel("Name").fill("Passing");
    await dialog.getByRole("button", { name: "Create platform set" }).click();
    await region("Passing").waitFor();
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    await intercept(page, /\/platform-sets\/[^/?]+\?/, async (route) => {
      asked.resolve();
      await released.promise;
      await route.fallback();
    });
    await choose("Options of Passing", "Rename");
    await dialog.getByLabel("Name").fill("Past");
    await dialog.getByRole("button", { name: "Rename" }).click();
    await asked.promise;
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const { sets } = platformSetsList.answer.parse(await read("platform-sets"));
    const passing = sets.find(({ name }) => name === "Passing");
    await world.call(world.test, "DELETE", `/api/v1/platform-sets/${passing?.id}`);
    released.resolve();
    await page
      .getByText(/platform set .*not found/i)
      .first()
      .waitFor();
    await page.unrouteAll();
    await page.reload();
  });

  await step("posting times are set, opened again at once, and a wrong one is said beside its day", async () => {
    await choose(/^Options of [^@]*$/, "Posting times");
    await dialog.getByLabel("Time zone").fill("Europe/Berlin");
    await dialog.getByLabel("Monday").fill("9:30, 25:00");
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await dialog.getByText("Monday must be a time of day, such as 09:30.", { exact: true }).waitFor();
    await dialog.getByLabel("Monday").fill("9:30, 17:00");
    const held = await holdReads(page, `/api/v1/platform-sets/${platformSetId}/posting-times`);
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await page.getByText("The posting times have been saved").first().waitFor();
    await choose(/^Options of [^@]*$/, "Posting times");
    await dialog.waitFor();
    held.release();
    assert.equal(await dialog.getByLabel("Monday").inputValue(), "09:30, 17:00");
    await page.keyboard.press("Escape");
    const { postingTimes } = Object(await read(`platform-sets/${platformSetId}/posting-times`));
    assert.deepEqual([postingTimes.timeZone, postingTimes.times], ["Europe/Berlin", { monday: ["09:30", "17:00"] }]);
  });

  await step("an account gets posting times of its own, and follows its set again", async () => {
    const timesOf = async () => Object(await read(`accounts/${threads?.id}/posting-times`)).postingTimes;
    await choose(/^Options of .* on Threads$/, "Posting times");
    assert.ok(await dialog.getByLabel("Follows the set").isChecked());
    await dialog.getByLabel("Follows the set").focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await dialog.getByLabel("Monday").inputValue(), "09:30, 17:00");
    await assertUsable(page);
    await assertAccessible(page);
    await dialog.getByLabel("Monday").fill("");
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await dialog.getByText("Enter at least one time").waitFor();
    await dialog.getByLabel("Friday").fill("8:15, 24:00");
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await dialog.getByText("must be a time of day").waitFor();
    await dialog.getByLabel("Friday").fill("8:15");
    const held = await holdReads(page, `/api/v1/accounts/${threads?.id}/posting-times`);
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await dialog.waitFor({ state: "detached" });
    await choose(/^Options of .* on Threads$/, "Posting times");
    await dialog.waitFor();
    held.release();
    assert.equal(await dialog.getByLabel("Friday").inputValue(), "08:15");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const { isOwn, timeZone, times } = await timesOf();
    assert.deepEqual([isOwn, timeZone, times], [true, "Europe/Berlin", { friday: ["08:15"] }]);
    await page.getByText("Access, permissions and limits").first().click();
    await page.getByText(/^Own times · Next free:/).waitFor();
    await choose(/^Options of .* on Threads$/, "Posting times");
    await dialog.getByLabel("Follows the set").check();
    await dialog.getByRole("button", { name: "Save posting times" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText(/^Follows the set · Next free:/).waitFor();
    const followed = await timesOf();
    assert.deepEqual([followed.isOwn, followed.times], [false, { monday: ["09:30", "17:00"] }]);
  });

  await step("a connect link is made, works for somebody without a login, and is revoked", async () => {
    await page.getByRole("link", { name: "Connect links" }).click();
    await page.getByRole("heading", { name: "No connect links yet" }).waitFor();
    await page.getByRole("button", { name: "New connect link" }).first().click();
    await dialog.getByLabel("Your ID for the owner").fill("customer-7");
    await dialog.getByRole("button", { name: "Create connect link" }).click();
    const link = await dialog.getByLabel("Connect link", { exact: true }).innerText();
    assert.match(link, /\/connect\/[\w-]{20,}$/);
    const path = new URL(link).pathname;
    assert.match(await (await fetch(world.url + path)).text(), /wants to publish posts for you.*as many as you like/);
    await assertAccessible(page);
    await dialog.getByRole("button", { name: "Close" }).click();
    await world.services.pool.query("update connect_links set account_ids = array[$2::uuid] where user_id = $1", [
      userId,
      threads?.id,
    ]);
    await page.reload();
    await page.getByRole("list", { name: "Connected accounts" }).getByText("on Threads").waitFor();
    await assertUsable(page);
    await assertAccessible(page);
    await press(page, /^Revoke Any platform .*customer-7/);
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await page.getByText("Revoked", { exact: true }).waitFor();
    assert.match(await (await fetch(world.url + path)).text(), /has been revoked/);
    const [only] = connectLinksList.answer.parse(await read("connect-links")).connectLinks;
    assert.equal(only?.status, "revoked");
  });

  await step("an own app shows its redirect URI and permissions before it is saved", async () => {
    await page.goto(`${world.url}/connections/apps?mode=test&set=${platformSetId}`);
    const app = region("YouTube");
    await app.getByText("Use your own YouTube app").click();
    assert.match(
      await app.getByLabel("Redirect URI", { exact: true }).innerText(),
      /\/api\/platforms\/youtube\/callback$/,
    );
    await app.getByText("youtube.upload").first().waitFor();
    const hrefOf = (name: string) => app.getByRole("link", { name }).getAttribute("href");
    assert.deepEqual(
      [await hrefOf("YouTube's developer portal"), await hrefOf("All steps for YouTube")],
      ["https://console.cloud.google.com", "/docs/platforms/youtube#going-live"],
    );
    await app.getByLabel("Client ID").fill("mine");
    await app.getByLabel("Client secret").fill("secret");
    await app.getByLabel("Uploads per day").fill("2500");
    await assertUsable(page);
    await assertAccessible(page);
    const held = await holdReads(page, `/api/platform-sets/${platformSetId}/apps`);
    await app.getByRole("button", { name: "Save" }).click();
    await page.getByText("The app has been saved").first().waitFor();
    await page.getByRole("main").getByRole("link", { name: "Platforms" }).click();
    await region(/^Default/).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "Developer apps" }).waitFor();
    held.release();
    await app.getByText("Your app").waitFor();
    await app.getByText("Change your YouTube app").click();
    assert.equal(await app.getByLabel("Client ID").inputValue(), "mine");
    assert.equal(await app.getByLabel("Uploads per day").inputValue(), "2500");
    const { rows } = await world.services.pool.query(
      "select client_id, scopes from oauth_apps where platform_set_id = $1 and removed_at is null",
      [platformSetId],
    );
    assert.deepEqual(rows, [{ client_id: "mine", scopes: null }]);
    await app.getByRole("button", { name: "Remove your YouTube app" }).click();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await app.getByText("Instance's app").waitFor();
  });

  await step(
    "where the instance has no app, it says so; an account in live mode has a link to its profile",
    async () => {
      const { platformSetId: liveSet } = world.live;
      await page.goto(`${world.url}/platforms/${liveSet}/apps?mode=live`);
      await region("YouTube").getByText("No app", { exact: true }).waitFor();
      assert.equal(await page.getByText("Instance's app").count(), 0);
      await assertAccessible(page);
      await world.connect(world.live, "threads");
      await page.goto(`${world.url}/platforms?mode=live`);
      await page.getByText("Access, permissions and limits").click();
      const profile = page.getByRole("link", { name: "Profile on Threads" });
      assert.match((await profile.getAttribute("href")) ?? "", /^https:\/\/www\.threads\.com\/@\w+/);
    },
  );

  await step("an account is disconnected after a question", async () => {
    await page.goto(`${world.url}/platforms?mode=test`);
    await choose(/^Options of .* on Threads$/, "Disconnect");
    await dialog.getByText("not published on Threads").waitFor();
    assert.equal((await accounts()).length, 2);
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("The account has been disconnected.").first().waitFor();
    await region(/./).getByRole("link", { name: "Threads", exact: true }).waitFor();
    assert.deepEqual(
      (await accounts()).map(({ platform }) => platform),
      ["linkedin"],
    );
  });

  assert.deepEqual(troubles, []);
});

/** What the view offers and the operation behind it: beside the accounts, and in the menus of a set and an account. */
const OFFERS: readonly { menu: RegExp | null; offers: Readonly<Record<string, string>> }[] = [
  {
    menu: null,
    offers: {
      "Connect links": "connect_links_list",
      "Pause publishing": "publishing_pause",
      "New platform set": "platform_sets_create",
      LinkedIn: "connections_start",
      Reconnect: "connections_start",
    },
  },
  {
    menu: /^Options of [^@]*$/,
    offers: {
      Rename: "platform_sets_rename",
      "Posting times": "platform_sets_set_posting_times",
      "New connect link": "connect_links_create",
      "Pause publishing": "publishing_pause",
      "Developer apps": "oauth_apps_list",
    },
  },
  {
    menu: /^Options of .* on Threads$/,
    offers: {
      "Refresh access and profile": "accounts_refresh",
      "Posting times": "accounts_set_posting_times",
      "Pause publishing": "publishing_pause",
      Disconnect: "accounts_disconnect",
    },
  },
];

test("in a workspace, each role is offered what it may do with platforms, and nothing else", async (t) => {
  const { world, members, open, troubles } = await signedIn(t, MEMBER_ROLES);
  await world.connect(world.test, "threads");
  for (const { role, cookie } of members) {
    const page = await open({ viewport: { width: 1280, height: 800 } }, cookie);
    await page.goto(`${world.url}/platforms?mode=test&workspace=${world.test.userId}`);
    await page.getByText("Access, permissions and limits").waitFor();
    for (const { menu, offers } of OFFERS) {
      const allowed = Object.values(offers).map((operation) =>
        mayAs(role, z.enum(ROLES).parse(LEAST_ROLES[operation])),
      );
      const opener = menu === null ? null : page.getByRole("button", { name: menu });
      if (opener !== null && !allowed.includes(true)) {
        assert.equal(await opener.count(), 0, `${role}: ${menu}`);
        continue;
      }
      await opener?.click();
      const controls = menu === null ? page.locator("main").locator("a, button") : page.getByRole("menuitem");
      for (const [index, name] of Object.keys(offers).entries()) {
        const control = controls.filter({ hasText: new RegExp(`^${name}$`) });
        if (allowed[index] === true) await control.waitFor();
        else assert.equal(await control.count(), 0, `${role}: ${name}`);
      }
      if (opener !== null) await page.keyboard.press("Escape");
    }
    await assertAccessible(page);
    await page.context().close();
  }
  assert.deepEqual(troubles, []);
});
