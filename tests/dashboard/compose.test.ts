import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { asSomebodyElse, press, step } from "../browser.ts";
import { installed } from "./installed.ts";
import { assertAccessible } from "./signed-in.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
test("a post is written for several platforms, mended, illustrated and published as each shows it", async (t) => {
  const { appUrl, open, outThere, lastCall, until, troubles } = await installed(t);
  const page = await open({ viewport: { width: 360, height: 800 }, hasTouch: true });
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
  await assertAccessible(page);

  await step("what is too long for one platform is cut for it alone, and the draft keeps itself", async () => {
    await page.getByLabel("Threads").check();
    await page.getByLabel("X (Twitter)").check();
    await page.getByLabel("Text", { exact: true }).fill("Good news. ".repeat(30).trim());
    await page.getByText("X (Twitter) 329 / 280").waitFor();
    await press(page, "Cut it for X (Twitter)");
    await page.getByText("X (Twitter) 280 / 280").waitFor();
    await page.getByText("Saved", { exact: true }).waitFor();
    await page
      .locator(".on-twitter")
      .getByText(/^(Good news\. )+.*…$/)
      .waitFor();
    await page.getByRole("tab", { name: "Threads" }).click();
    await page
      .locator(".on-threads")
      .getByText(/^(Good news\. ){29}Good news\.$/)
      .waitFor();
    await page.waitForURL("**/compose?*post=*");
    await assertAccessible(page);
    await page.reload();
    await page.getByRole("heading", { name: "Edit post" }).waitFor();
    await page.getByLabel("Text", { exact: true }).waitFor();
  });

  await step("who changes a post that somebody else has changed is told, and loses nothing", async () => {
    const change = {
      method: "PATCH",
      headers: { "content-type": "application/json", "idempotency-key": "theirs" },
      body: JSON.stringify({ content: { text: "Theirs" } }),
    };
    const path = `/api/v1/posts/${new URL(page.url()).searchParams.get("post")}?mode=test`;
    const status = await page.evaluate(`fetch("${path}", ${JSON.stringify(change)}).then(({ status }) => status)`);
    assert.equal(status, 200);
    const text = page.getByLabel("Text", { exact: true });
    const mine = `${await text.inputValue()} Mine`;
    await text.fill(mine);
    await page.getByText("Somebody else has changed this post.").waitFor();
    assert.equal(await text.inputValue(), mine);
    await press(page, "Keep my version");
    await page.getByText("Saved", { exact: true }).waitFor();
    await press(page, "Undo");
    await page.getByText("Saved", { exact: true }).waitFor();
    assert.equal(await text.inputValue(), mine.slice(0, -5));
  });

  await step("a picture is uploaded with its text for those who do not see it", async () => {
    await page.getByLabel("Files").setInputFiles(join(FIXTURES, "photo-4x5.jpg"));
    await page.getByLabel("Alt text").fill("A lighthouse");
    await page.getByText("Saved", { exact: true }).waitFor();
    await assertAccessible(page);
  });

  await step("it is published, as each platform's audience sees it", async () => {
    await press(page, "Publish now");
    await page.waitForURL("**/posts/*");
    const posts = await outThere(2);
    assert.deepEqual(
      posts
        .map(({ platform, text, media }) => [platform, text.length, media])
        .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
      [
        ["threads", 329, [{ type: "image", altText: "A lighthouse" }]],
        ["twitter", 279, [{ type: "image", altText: "A lighthouse" }]],
      ],
    );
  });

  await step(
    "TikTok's creator is read anew, the choices are made by the person, and its sentence is shown",
    async () => {
      await page.goto(`${appUrl}/compose?mode=test`);
      const before = await lastCall("/creator_info/");
      await page.getByLabel("TikTok").check();
      await until(async () => (await lastCall("/creator_info/")) > before);
      await page.getByLabel("Text", { exact: true }).fill("Watch this");
      await page.getByLabel("Files").setInputFiles(join(FIXTURES, "portrait-9x16.mp4"));
      await page.getByLabel("Alt text").fill("It is not sent, and the preview does not mark it");
      await page.getByRole("tab", { name: /^TikTok/ }).click();
      const audience = page.getByLabel("Who can see this post");
      await page.getByText("Privacy level is required.").waitFor();
      for (const unsaid of ["PUBLIC_TO_EVERYONE", "ALT"])
        assert.equal(await page.getByText(unsaid).filter({ visible: true }).count(), 0);
      assert.equal(await audience.inputValue(), "");
      for (const interaction of ["Comment", "Duet", "Stitch"])
        assert.equal(await page.getByLabel(interaction, { exact: true }).isChecked(), false);
      await page.getByText("By posting, you agree to TikTok's Music Usage Confirmation.").first().waitFor();
      await page.getByText("Who can see this post").waitFor();
      await audience.selectOption("Everyone");
      await page.getByLabel("Comment", { exact: true }).check();
      await page.getByLabel(/^Disclose commercial content/).check();
      const indicate = "You need to indicate if your content promotes yourself, a third party, or both.";
      await page.getByRole("status").getByText(indicate).waitFor();
      assert.equal(await page.getByRole("button", { name: "Publish now" }).isDisabled(), true);
      await page.getByLabel(/^Branded content/).check();
      await page.getByText("The post will be labeled “Paid partnership”.").waitFor();
      await page
        .getByText("By posting, you agree to TikTok's Branded Content Policy and Music Usage Confirmation.")
        .first()
        .waitFor();
      await assertAccessible(page);
      await page.getByText("Saved", { exact: true }).waitFor();
      await page.reload();
      await page.getByRole("tab", { name: /^TikTok/ }).click();
      assert.equal(await page.getByLabel(/^Disclose commercial content/).isChecked(), true);
      assert.equal(await page.getByLabel(/^Branded content/).isChecked(), true);
      await press(page, "Publish now");
      await page.waitForURL("**/posts/*");
      const [video] = await outThere(3);
      assert.equal(video?.platform, "tiktok");
      assert.equal(video.visibility, "PUBLIC_TO_EVERYONE");
      assert.deepEqual(
        ["disable_comment", "disable_duet", "disable_stitch", "brand_content_toggle"].map(
          (name) => video.settings[name],
        ),
        [false, true, true, true],
      );
    },
  );

  await step("a copy is chosen for anew, and who approves, publishes or retries it sees the same as here", async () => {
    await press(page, "More actions");
    await page.getByRole("menuitem", { name: "Duplicate" }).click();
    await page.getByRole("tab", { name: /^TikTok/ }).click();
    const audience = page.getByLabel("Who can see this post");
    assert.equal(await audience.inputValue(), "");
    for (const choice of [/^Comment/, /^Disclose commercial content/])
      assert.equal(await page.getByLabel(choice).isChecked(), false);
    await audience.selectOption("Everyone");
    await page.getByRole("tab", { name: "All platforms" }).click();
    const text = "Watch this again [[sandbox:reject:1]]";
    await page.getByLabel("Text", { exact: true }).fill(text);
    await page.getByText("Saved", { exact: true }).waitFor();
    const id = new URL(page.url()).searchParams.get("post");
    const shown =
      /^You post as .+\. By posting, you agree to TikTok's Music Usage Confirmation\. It may take a few minutes/;
    await page.goto(`${appUrl}/approvals?mode=test&view=drafts`);
    await page.getByRole("article").filter({ hasText: text }).getByText(shown).waitFor();
    await page.goto(`${appUrl}/posts/${id}?mode=test`);
    const dialog = page.getByRole("dialog");
    const before = await lastCall("/creator_info/");
    await press(page, "Publish now");
    await dialog.getByText(shown).waitFor();
    await dialog.getByText(/^@/).waitFor();
    await until(async () => (await lastCall("/creator_info/")) > before);
    await assertAccessible(page);
    await dialog.getByRole("button", { name: "Publish now" }).click();
    await press(page, "Retry");
    await dialog.getByText(shown).waitFor();
    await press(page, "Retry 1 platform");
    const [again] = await outThere(4);
    assert.deepEqual(
      [again?.text, again?.visibility, again?.settings["disable_comment"], again?.settings["brand_content_toggle"]],
      [text, "PUBLIC_TO_EVERYONE", true, false],
    );
  });

  await step(
    "what a creator has turned off cannot be turned on, and branded content is for everyone or friends",
    async () => {
      await page.goto(`${appUrl}/platforms?mode=test`);
      await page.getByRole("link", { name: /^Reconnect .* on TikTok$/ }).click();
      await asSomebodyElse(page, "private");
      await press(page, /^Continue as/);
      await page.getByRole("checkbox", { name: "Replace this account" }).check();
      await press(page, "Connect");
      await page.getByText("The account has been connected: ").waitFor();
      await page.goto(`${appUrl}/compose?mode=test`);
      await page.getByLabel("TikTok").check();
      await page.getByLabel("Text", { exact: true }).fill("Watch this");
      await page.getByLabel("Files").setInputFiles(join(FIXTURES, "portrait-9x16.mp4"));
      await page.getByRole("tab", { name: /^TikTok/ }).click();
      const box = (name: string) => page.getByRole("checkbox", { name, exact: true });
      const off = "The creator has turned this off.";
      for (const interaction of ["Duet", "Stitch"])
        await box(`${interaction} ${off}`).and(page.locator(":disabled")).waitFor();
      assert.equal(await box("Comment").isEnabled(), true);
      const audience = page.getByLabel("Who can see this post");
      const levels = async () => await audience.getByRole("option", { disabled: false }).allTextContents();
      assert.deepEqual(await levels(), ["Choose…", "Followers", "Friends", "Only me"]);
      await page.getByLabel(/^Disclose commercial content/).check();
      await page.getByLabel(/^Branded content/).check();
      assert.deepEqual(await levels(), ["Choose…", "Friends"]);
      const reason = "Branded content visibility cannot be set to private. Choose everyone or friends.";
      await page.getByText(reason).waitFor();
      await page.getByLabel(/^Branded content/).uncheck();
      await audience.selectOption("Followers");
      assert.equal(await box(`Branded content ${reason}`).isDisabled(), true);
      await assertAccessible(page);
    },
  );

  await step("a time that the clocks skip is moved, and the instant of the right one is shown", async () => {
    const year = new Date().getFullYear() + 1;
    const lastSunday = [31, 30, 29, 28, 27, 26, 25].find((day) => new Date(Date.UTC(year, 2, day)).getUTCDay() === 0);
    await page.goto(`${appUrl}/compose?mode=test`);
    await page.getByLabel("Threads").check();
    await page.getByLabel("Text", { exact: true }).fill("In spring");
    await page.getByLabel("At a time").check();
    await page.getByLabel("Time zone").selectOption("Europe/Berlin");
    await page.getByLabel("Date and time").fill(`${year}-03-${lastSunday}T02:30`);
    await press(page, "Use 03:30");
    await page.getByText(`${year}-03-${lastSunday} 01:30 UTC`).waitFor();
    await page.getByText("Draft saved, not scheduled yet").waitFor();
    await page.keyboard.press("Control+Enter");
    await page.waitForURL("**/posts/*");
    await page.getByText("Scheduled", { exact: true }).first().waitFor();
  });

  assert.deepEqual(troubles, []);
});
