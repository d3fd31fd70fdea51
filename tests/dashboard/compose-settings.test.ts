import assert from "node:assert/strict";
import { test } from "node:test";

import type { Locator } from "playwright-core";

import { press, step } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

test("what is wrong with a platform's settings is seen, said by their fields, counted and mended where it is", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  for (const platform of ["youtube", "linkedin", "threads", "instagram", "tiktok"] as const)
    await world.connect(world.test, platform);
  const page = await open({ viewport: { width: 1280, height: 1400 } });
  const tab = (name: RegExp) => page.getByRole("tab", { name });
  const openNew = async (...platforms: string[]) => {
    await page.goto(`${world.url}/compose?mode=test`);
    for (const platform of platforms) await page.getByLabel(platform).check();
  };
  /** What a screen reader says of a field after its name. */
  const descriptionOf = async (field: Locator) => {
    const ids = ((await field.getAttribute("aria-describedby")) ?? "").split(" ");
    return (await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).innerText()))).join(" ");
  };

  await step("a warning is counted in its tab, and opens the settings", async () => {
    await openNew("YouTube");
    const text = page.getByLabel("Text", { exact: true });
    await text.fill("A film");
    await tab(/^YouTube.*1 warning/).click();
    const warning = page.getByText(/^Nobody else will see the video/);
    await warning.waitFor();
    const privacy = page.getByLabel("Privacy status");
    assert.match(await descriptionOf(privacy), /Nobody else will see the video/);
    assert.equal(await privacy.getAttribute("aria-invalid"), "false");
    await assertAccessible(page);
    await privacy.selectOption("Public");
    await warning.waitFor({ state: "detached" });
    await privacy.selectOption("Default");
    await warning.waitFor();
    await page.getByText("Settings for YouTube").click();
    await warning.waitFor({ state: "hidden" });
  });

  await step("an issue is said by its field, which is invalid until it is mended", async () => {
    await openNew("YouTube");
    await page.getByLabel("Text", { exact: true }).fill(" ");
    await tab(/^YouTube.*to fix/).click();
    const title = page.getByLabel("Title", { exact: true });
    await page.getByText("YouTube video title is required").waitFor();
    assert.equal(await title.getAttribute("aria-invalid"), "true");
    assert.match(await descriptionOf(title), /YouTube video title is required/);
    await assertAccessible(page);
    await title.fill("A film");
    await page.getByText("YouTube 6 / 100").waitFor();
    await page.getByText("YouTube video title is required").waitFor({ state: "detached" });
    assert.equal(await title.getAttribute("aria-invalid"), "false");
  });

  await step("the settings stay open while somebody writes in them", async () => {
    await openNew("LinkedIn");
    await page.getByLabel("Text", { exact: true }).fill("News");
    await tab(/^LinkedIn/).click();
    const comment = page.getByLabel("First comment");
    assert.equal(await comment.isVisible(), false);
    await page.getByText("Settings for LinkedIn").click();
    await comment.fill("a");
    await page.getByText("LinkedIn 1 / 1250").waitFor();
    await comment.fill("");
    await page.getByText("LinkedIn 1 / 1250").waitFor({ state: "detached" });
    assert.equal(await comment.isVisible(), true);
    assert.equal(await comment.and(page.locator(":focus")).count(), 1);
  });

  await step("a part of a thread that is too long is cut, and not removed", async () => {
    await openNew("Threads");
    await page.getByLabel("Text", { exact: true }).fill("First");
    await tab(/^Threads/).click();
    await page.getByText("Settings for Threads").click();
    await press(page, "Add: Thread");
    const part = page.getByLabel("Text (required)");
    await part.fill("word ".repeat(120).trim());
    await page.getByText("Threads 599 / 500").waitFor();
    await page.getByRole("button", { name: "Cut it for Threads" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Remove it" }).count(), 0);
    await press(page, "Cut it for Threads");
    await page.getByText("Threads 500 / 500").waitFor();
    assert.match(await part.inputValue(), /^(word )+.*…$/);
    await tab(/^All platforms/).click();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), "First");
  });

  await step("so is one of what a platform requires people to choose", async () => {
    await openNew("TikTok");
    await page.getByLabel("Text", { exact: true }).fill("News");
    await tab(/^TikTok/).click();
    const audience = page.getByLabel("Who can see this post");
    await audience.and(page.locator("[aria-invalid=true][aria-describedby]")).waitFor();
    await audience.selectOption("Everyone");
    await audience.and(page.locator("[aria-invalid=false]")).waitFor();
    await page.getByLabel(/^Disclose commercial content/).check();
    const brand = page.getByLabel(/^Your brand/);
    await brand.and(page.locator("[aria-invalid=true]")).waitFor();
    assert.match(await descriptionOf(brand), /You need to indicate if your content promotes yourself/);
    await brand.check();
    await brand.and(page.locator("[aria-invalid=false]")).waitFor();
    await assertAccessible(page);
  });

  await step("and one of the time", async () => {
    await openNew("Instagram");
    await page.getByLabel("Text", { exact: true }).fill("News");
    await page.getByLabel("At a time").check();
    const time = page.getByLabel("Date and time");
    await time.fill("2020-01-01T10:00");
    await time.and(page.locator("[aria-invalid=true][aria-describedby]")).waitFor();
    assert.notEqual(await descriptionOf(time), "");
    assert.equal(await page.getByLabel("Time zone").getAttribute("aria-invalid"), "false");
    await assertAccessible(page);
    const later = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    await time.fill(`${later}T12:00`);
    await time.and(page.locator("[aria-invalid=false]")).waitFor();
  });

  assert.deepEqual(troubles, []);
});
