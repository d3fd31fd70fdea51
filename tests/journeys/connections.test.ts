import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { test } from "node:test";

import type { Page } from "playwright-core";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { accountsList } from "../../contract/operations/accounts.ts";
import { connectLinksCreate } from "../../contract/operations/connect-links.ts";
import { post } from "../../contract/operations/posts.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import {
  allow,
  asSomebodyElse,
  assertUsable,
  fill,
  linkInEmail,
  LONGEST_STEP_MILLISECONDS,
  openBrowser,
  press,
  step,
} from "../browser.ts";

const PASSWORD = "correct horse battery";

test("a new user signs up, connects all seven platforms at their own consent pages, and publishes to all of them", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_SIGNUP: "open" });
  const { appUrl } = installation;
  const browser = await openBrowser(t);
  const open = async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
    return await context.newPage();
  };
  const page = await open();

  await step("the owner sets up the instance with the link printed at startup, once", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    const link = /http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "";
    const owner = await open();
    await owner.goto(link);
    await fill(owner, { Name: "Olivia", Email: "owner@example.com", Password: PASSWORD });
    await press(owner, "Set up");
    await owner.getByRole("heading", { name: "Hello, Olivia" }).waitFor();
    const other = await open();
    await other.goto(link);
    await other.getByRole("alert").filter({ hasText: "already has an owner" }).waitFor();
  });

  await step("a user signs up, and signs in once the address is confirmed by email", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    await page.getByRole("link", { name: "Create an account" }).click();
    await fill(page, { Name: "Ada", Email: "ada@example.com", Password: PASSWORD });
    await press(page, "Create account");
    await page.getByText("We sent an email").waitFor();
    await page.goto(await linkInEmail(installation, "ada@example.com", "/verify-email"));
    await press(page, "Confirm email");
    await fill(page, { Email: "ada@example.com", Password: PASSWORD });
    await press(page, "Sign in");
    await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();
  });

  await step("all seven are connected to a new set", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    await press(page, "New platform set");
    await fill(page, { Name: "Journey" });
    await press(page, "Create platform set");
    await page.getByText("The platform set has been created").first().waitFor();
    await assertUsable(page);
    for (const platform of PLATFORM_NAMES) await connect(page, catalog[platform].capabilities.label);
    await page.getByRole("region", { name: "Journey" }).getByText("Connected", { exact: true }).nth(6).waitFor();
    await assertUsable(page);
  });

  await step("a user who declines or omits a required permission is told what to do, and tries again", async () => {
    const others = page.getByRole("region", { name: "Default" });
    await others.getByRole("link", { name: "TikTok", exact: true }).click();
    await press(page, /Cancel/);
    await page.getByRole("heading", { name: "TikTok was not connected" }).waitFor();
    await page.getByText("allow access").first().waitFor();
    await page.getByRole("link", { name: "Try again" }).click();
    await page.locator('input[value="video.publish"]').uncheck();
    await press(page, /^Continue as/);
    await page.getByRole("alert").filter({ hasText: "video.publish" }).waitFor();
    await assertUsable(page);
    await page.getByRole("link", { name: "Go back" }).click();
    await others.getByText("No accounts connected").waitFor();
  });

  await step("optional permissions can be omitted", async () => {
    await page.getByRole("region", { name: "Default" }).getByRole("link", { name: "Instagram", exact: true }).click();
    await page.locator('input[value="instagram_business_manage_comments"]').uncheck();
    await press(page, /^Continue as/);
    await page.getByText("The account has been connected").waitFor();
  });

  await step("of several Pages one is chosen, and another one replaces it after confirmation", async () => {
    await page.getByRole("region", { name: "Default" }).getByRole("link", { name: "Facebook", exact: true }).click();
    await press(page, /^Continue as/);
    await page.getByRole("heading", { name: "Choose a Facebook account" }).waitFor();
    await press(page, "Connect");
    await page.getByText("The account has been connected").waitFor();
    await page
      .getByRole("region", { name: "Default" })
      .getByRole("link", { name: /^Reconnect .* on Facebook$/ })
      .click();
    await press(page, /^Continue as/);
    await page.getByRole("radio").last().check();
    await press(page, "Connect");
    await page.getByRole("alert").filter({ hasText: "would replace" }).waitFor();
    await page.getByRole("radio").last().check();
    await page.getByRole("checkbox", { name: "Replace this account" }).check();
    await assertUsable(page);
    await press(page, "Connect");
    await page.getByText("The account has been connected").waitFor();
  });

  let apiKey = "";
  await step("a new key is shown once", async () => {
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("link", { name: "Developers" }).click();
    await press(page, "Create key");
    await page.getByRole("dialog").getByLabel("Name").fill("laptop");
    await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
    apiKey = (await page.getByRole("region", { name: "Key laptop" }).textContent()) ?? "";
    await assertUsable(page);
    await page.goto(`${appUrl}/developers/keys?mode=test`);
    await page.getByRole("heading", { name: "laptop" }).waitFor();
    assert.match(apiKey, /^amp_test_/);
    assert.ok(!(await page.content()).includes(apiKey));
  });

  const call = async (method: string, path: string, body?: FormData | string) => {
    const answer = await fetch(installation.url + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        prefer: "wait=60",
        ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
      },
      body,
    });
    const json: unknown = await answer.json();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
  };
  const accountsIn = async (name: string) => {
    const { sets } = z
      .object({ sets: z.array(z.object({ id: z.string(), name: z.string() })) })
      .parse(await call("GET", "/api/v1/platform-sets"));
    const id = sets.find((set) => set.name === name)?.id ?? "";
    return {
      id,
      accounts: accountsList.answer.parse(await call("GET", `/api/v1/accounts?platformSetId=${id}`)).accounts,
    };
  };

  await step("the key sees the seven accounts, healthy, with their granted permissions", async () => {
    const { accounts } = await accountsIn("Journey");
    assert.deepEqual(accounts.map(({ platform }) => platform).sort(), [...PLATFORM_NAMES].sort());
    assert.deepEqual(
      accounts.map(({ tokenHealth }) => tokenHealth),
      accounts.map(() => "healthy"),
    );
    const instagram = (name: string) =>
      accountsIn(name).then((set) =>
        set.accounts
          .find(({ platform }) => platform === "instagram")
          ?.scopes.includes("instagram_business_manage_comments"),
      );
    assert.deepEqual([await instagram("Journey"), await instagram("Default")], [true, false]);
  });

  await step(
    "a customer without a login connects a Page with a link, and returns to where they came from",
    async () => {
      const returnUrl = `${installation.sandboxUrl}/?tenant=7`;
      const { id } = await accountsIn("Default");
      const made = await call(
        "POST",
        "/api/v1/connect-links",
        JSON.stringify({ platformSetId: id, platform: "facebook", externalId: "customer-7", returnUrl }),
      );
      const customer = await open();
      await customer.goto(connectLinksCreate.answer.parse(made).connectLink.url ?? "");
      await assertUsable(customer);
      await customer.getByRole("link", { name: /^Connect Facebook/ }).click();
      await asSomebodyElse(customer, "carl");
      await press(customer, /^Continue as/);
      await customer.getByRole("checkbox", { name: "Replace this account" }).check();
      await press(customer, "Connect");
      await customer.waitForURL((url) => url.origin === installation.sandboxUrl);
      const { tenant, status, externalId, accountId } = Object.fromEntries(new URL(customer.url()).searchParams);
      assert.deepEqual([tenant, status, externalId], ["7", "connected", "customer-7"]);
      assert.ok((await accountsIn("Default")).accounts.some((account) => account.id === accountId));
    },
  );

  await step("access and profile of one are refreshed", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    await page
      .getByRole("region", { name: "Journey" })
      .getByRole("button", { name: /^Options of .* on Threads$/ })
      .click();
    await page.getByRole("menuitem", { name: "Refresh access and profile" }).click();
    await page
      .getByText(/^Access and profile of .+ are up to date\.$/)
      .first()
      .waitFor();
  });

  await step("one is disconnected, and reconnected", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    const [before] = (await accountsIn("Journey")).accounts.filter(({ platform }) => platform === "threads");
    await page
      .getByRole("region", { name: "Journey" })
      .getByRole("button", { name: /^Options of .* on Threads$/ })
      .click();
    await page.getByRole("menuitem", { name: "Disconnect" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
    await page.getByText("The account has been disconnected").first().waitFor();
    assert.deepEqual(
      (await accountsIn("Journey")).accounts.filter(({ platform }) => platform === "threads"),
      [],
    );
    await connect(page, "Threads");
    const [after] = (await accountsIn("Journey")).accounts.filter(({ platform }) => platform === "threads");
    assert.deepEqual([after?.platformAccountId, after?.tokenHealth], [before?.platformAccountId, "healthy"]);
  });

  await step("a video is published once on each of the seven, according to their ledgers", async () => {
    const { id, accounts } = await accountsIn("Journey");
    const form = new FormData();
    const content = {
      text: "The journey ends well",
      platformOverrides: {
        youtube: { settings: { title: "The journey" } },
        tiktok: { settings: { privacyLevel: "PUBLIC_TO_EVERYONE" } },
      },
    };
    form.set("data", JSON.stringify({ platformSetId: id, platforms: PLATFORM_NAMES, content }));
    form.set("files", await openAsBlob("tests/fixtures/portrait-9x16.mp4", { type: "video/mp4" }), "portrait.mp4");
    const answer = z.object({ post });
    const created = answer.parse(await call("POST", "/api/v1/posts", form)).post;
    const { post: published } = answer.parse(await call("POST", `/api/v1/posts/${created.id}/publish`));
    assert.equal(
      published.status,
      "published",
      JSON.stringify(published.platformPosts.map(({ platform, status, error }) => ({ platform, status, error }))),
    );
    const ledger = z
      .array(z.object({ platform: z.string(), accountId: z.string(), publishCalls: z.int() }))
      .parse(await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json());
    const byName = (left: { platform: string }, right: { platform: string }) =>
      left.platform.localeCompare(right.platform);
    assert.deepEqual(
      ledger.map(({ platform, accountId, publishCalls }) => ({ platform, accountId, publishCalls })).sort(byName),
      accounts
        .map(({ platform, platformAccountId }) => ({ platform, accountId: platformAccountId, publishCalls: 1 }))
        .sort(byName),
    );
  });

  assert.equal(await server.end("SIGTERM"), 0);
});

/** Connects a platform to the journey's set through its consent page. */
async function connect(page: Page, label: string): Promise<void> {
  await page.getByRole("region", { name: "Journey" }).getByRole("link", { name: label, exact: true }).click();
  await allow(page);
}
