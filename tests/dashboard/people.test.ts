import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { assertUsable, press, step } from "../browser.ts";
import { setUpOwner } from "./installed.ts";
import { openPages } from "./pages.ts";
import { assertAccessible } from "./signed-in.ts";

const ledger = z.array(z.object({ text: z.string(), publishCalls: z.int() }));
const PASSWORD = "correct horse battery";
const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true };

test("people are invited and join; what a writer writes goes out once a publisher has approved it", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  await installation.json("bootstrap", "--json");
  const { appUrl, sandboxUrl } = installation;
  const cookie = await setUpOwner(installation, server);
  const published = async () => ledger.parse(await (await fetch(`${sandboxUrl}/_sandbox/posts`)).json());

  const { open, troubles } = await openPages(t);
  const owner = await open(PHONE, { url: appUrl, cookie });

  /** Invites with the keyboard alone. */
  const ask = async (email: string, role: string) => {
    await owner.getByLabel("Email", { exact: true }).focus();
    await owner.keyboard.type(email);
    await owner.keyboard.press("Tab");
    await owner.keyboard.type(role);
    await owner.keyboard.press("Tab");
    await owner.keyboard.press("Enter");
  };
  /** Returns the link, which is shown because there is no mail server. */
  const invite = async (email: string, role: string) => {
    await ask(email, role);
    return await owner.getByLabel(`Link for ${email}`, { exact: true }).innerText();
  };
  const join = async (link: string, name: string) => {
    const page = await open(PHONE);
    await page.goto(link);
    await page.getByRole("heading", { name: "Join the workspace of Olivia" }).waitFor();
    await assertUsable(page);
    await assertAccessible(page);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await press(page, "Create account and join");
    await page.waitForURL("**/posts?*workspace=*");
    await page.getByText("No posts yet").waitFor();
    return page;
  };
  const inWorkspace = (page: Page, path: string) => {
    const workspace = new URL(page.url()).searchParams.get("workspace") ?? "";
    return `${appUrl}${path}?${new URLSearchParams({ mode: "test", workspace })}`;
  };

  const links = await step("the owner invites a writer and a publisher", async () => {
    await owner.goto(`${appUrl}/settings/people?mode=test`);
    await owner.getByText("Nobody else yet.").waitFor();
    await ask("owner@example.com", "Writer");
    await owner.getByText("This is your own workspace").waitFor();
    await owner.getByLabel("Email", { exact: true }).fill("");
    const made = [await invite("wanda@example.com", "Writer"), await invite("pablo@example.com", "Publisher")];
    await owner.getByText("Publisher, until").waitFor();
    await assertUsable(owner);
    await assertAccessible(owner);
    return made;
  });
  const writer = await step("the writer joins", () => join(links[0] ?? "", "Wanda"));
  const publisher = await step("the publisher joins", () => join(links[1] ?? "", "Pablo"));

  await step("the writer writes, and asks for approval", async () => {
    // What waits for a publisher has no time of its own.
    await writer.goto(`${inWorkspace(writer, "/compose")}&at=2100-01-01T09:00:00Z`);
    await writer.getByText("A publisher approves the post, and can schedule it.").waitFor();
    assert.equal(await writer.getByRole("radio").count(), 0);
    await writer.getByRole("button", { name: "Save draft" }).waitFor();
    await writer.getByLabel("Threads").check();
    await writer.getByLabel("Text", { exact: true }).fill("Written by Wanda");
    await writer.getByText("Saved", { exact: true }).waitFor();
    await press(writer, "Send for approval");
    await writer.waitForURL("**/posts/*workspace=*");
    await writer.getByText("A publisher has been asked to approve it.").first().waitFor();
    assert.deepEqual(await published(), []);
    assert.equal(await writer.getByRole("link", { name: "API keys" }).count(), 0);
    await assertAccessible(writer);
  });

  await step("the publisher goes from the post to its review, and sends it back with a reason", async () => {
    await publisher.goto(writer.url());
    await publisher.getByRole("link", { name: "Review it" }).click();
    await publisher.getByRole("heading", { name: "Review post" }).waitFor();
    await publisher.getByText("Written by Wanda").first().waitFor();
    await press(publisher, "Send back");
    await publisher.getByLabel("What should change?").fill("Say who writes.");
    await publisher.getByRole("dialog").getByRole("button", { name: "Send back" }).click();
    await publisher.getByText("The post has been sent back.").first().waitFor();
  });

  const post = writer.url();
  await step("the writer is told so everywhere, and only what is theirs to do", async () => {
    await writer.getByText("Say who writes.").waitFor();
    assert.equal(await writer.getByRole("link", { name: "Review it" }).count(), 0);
    await assertAccessible(writer);
    await writer.goto(inWorkspace(writer, "/"));
    await writer.getByTitle("1 sent back").waitFor();
    await writer.getByRole("link", { name: "1 of your posts was sent back" }).click();
    await writer.waitForURL(/view=sent_back/);
    const card = writer.getByRole("article").filter({ hasText: "Written by Wanda" });
    await card.getByText("Say who writes.").waitFor();
    assert.deepEqual(await card.getByRole("button").allInnerTexts(), []);
    await assertAccessible(writer);
    await card.getByRole("link", { name: "Edit" }).click();
    await writer.getByText("Say who writes.").waitFor();
    await assertAccessible(writer);
  });

  await step(
    "after the writer has changed it and sent it again, the publisher sees who asks, and approves",
    async () => {
      await publisher.goto(inWorkspace(publisher, "/approvals"));
      const card = publisher.getByRole("article").filter({ hasText: "Written by Wanda" });
      const saved = writer.waitForResponse((response) => response.request().method() === "PATCH");
      await writer.getByLabel("Text", { exact: true }).fill("Written by Wanda, who writes");
      assert.equal((await saved).status(), 200);
      await publisher.reload();
      await publisher.getByRole("heading", { name: "No posts are waiting for approval" }).waitFor();
      await press(writer, "Send for approval");
      await writer.getByText("A publisher has been asked to approve it.").first().waitFor();
      await card.getByText("From Wanda").waitFor();
      await assertAccessible(publisher);
      await card.getByRole("button", { name: "Approve", exact: true }).click();
      await publisher.getByText("It can now be published").first().waitFor();
      assert.deepEqual(await published(), []);
    },
  );

  await step("the writer learns of the approval and publishes", async () => {
    await writer.goto(inWorkspace(writer, "/"));
    await writer.getByRole("link", { name: "1 of your posts is approved. You can publish it." }).click();
    await writer.getByRole("article").locator("h2").getByRole("link", { name: "Threads" }).click();
    await writer.waitForURL((url) => url.pathname === new URL(post).pathname);
    await writer.getByText("You can publish it now.").waitFor();
    await assertAccessible(writer);
    await press(writer, "Publish now");
    await writer.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await installation.until(async () => (await published()).length > 0);
    assert.deepEqual(await published(), [{ text: "Written by Wanda, who writes", publishCalls: 1 }]);
    await writer.getByText("Published", { exact: true }).first().waitFor();
  });

  const workspace = new URL(writer.url()).searchParams.get("workspace") ?? "";
  await step("a member switches to a workspace of their own, which has nothing of it", async () => {
    await press(writer, "Account menu");
    await writer.getByRole("menuitem", { name: "Wanda" }).click();
    await writer.waitForURL((url) => url.pathname === "/posts" && !url.searchParams.has("workspace"));
    await writer.getByRole("heading", { name: "No posts yet" }).waitFor();
  });

  await step("the audit log names the member who approved, is filtered by mode, and leads to the request", async () => {
    await owner.goto(`${appUrl}/settings/audit-log?mode=test`);
    const approved = owner.getByText("Post approved Written by Wanda, who writes by Pablo");
    await approved.waitFor();
    const mode = owner.getByRole("combobox", { name: "Mode", exact: true });
    await mode.selectOption("Live");
    await owner.getByRole("heading", { name: "No entries match" }).waitFor();
    await mode.selectOption("Test");
    await owner.waitForURL(/eventMode=test/);
    await approved.waitFor();
    const entry = owner.getByRole("listitem").filter({ has: approved });
    await entry.getByText("Details").click();
    await entry.getByRole("link").click();
    await owner.getByRole("heading", { name: /^POST \/api\/.*\/approve$/ }).waitFor();
    await owner.goto(`${appUrl}/settings/people?mode=test`);
  });

  await step("an invitation is revoked, and its link no longer works", async () => {
    const link = await invite("nora@example.com", "Viewer");
    await press(owner, "Revoke the invitation for nora@example.com");
    await owner.getByText("The invitation was revoked.").first().waitFor();
    const page = await open(PHONE);
    await page.goto(link);
    await page.getByText("already used, revoked or replaced").waitFor();
  });

  await step("a member gets another role, and leaves", async () => {
    await owner.getByLabel("Role of Pablo").selectOption("Viewer");
    await owner.getByText("Pablo is now: Viewer.").first().waitFor();
    await publisher.goto(inWorkspace(publisher, "/settings/people"));
    await publisher.getByText("Your role: Viewer.").waitFor();
    await press(publisher, "Leave");
    await assertAccessible(publisher);
    await publisher.getByRole("dialog").getByRole("button", { name: "Leave" }).click();
    await publisher.waitForURL((url) => url.pathname === "/posts" && !url.searchParams.has("workspace"));
    await owner.goto(`${appUrl}/settings/audit-log?mode=test`);
    await owner.getByText("Member left the workspace pablo@example.com by a former member").waitFor();
    await owner.getByText("Role of a member changed pablo@example.com by you").waitFor();
    await assertUsable(owner);
    await assertAccessible(owner);
    await owner.goto(`${appUrl}/settings/people?mode=test`);
  });

  await step("whoever is removed no longer gets there", async () => {
    await press(owner, "Remove Wanda");
    await assertAccessible(owner);
    await owner.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await owner.getByText("Wanda was removed.").first().waitFor();
    await writer.goto(`${appUrl}/posts?${new URLSearchParams({ mode: "test", workspace })}`);
    await writer.waitForURL((url) => url.pathname === "/" && !url.searchParams.has("workspace"));
  });

  assert.deepEqual(troubles, []);
  assert.equal(await server.end("SIGTERM"), 0);
});
