import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { postsGet } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { allow, fill, LONGEST_STEP_MILLISECONDS, openBrowser, pickUp, press, step } from "../browser.ts";
import { tourPicture, WINDOW } from "../tour-picture.ts";

const ROOT = join(import.meta.dirname, "../..");
const SHORT = "Our summer collection is here.";
const TEXT = `${SHORT} ${"We sew all of it ourselves, from linen. ".repeat(60)}`.trim();
const [FACEBOOK, INSTAGRAM, THREADS] = ["facebook", "instagram", "threads"] as const;
const ledger = z.array(
  z.object({
    platform: z.string(),
    text: z.string(),
    publishCalls: z.number(),
    media: z.array(z.object({ altText: z.string().nullable() })),
  }),
);

test("somebody who never saw it connects, writes, mends, schedules, moves, publishes, fails and retries", async (t) => {
  const installation = await openInstallation(t);
  const { database, sandboxUrl } = installation;
  assert.ok(database !== undefined);
  const server = await installation.start("start");
  await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
  const browser = await openBrowser(t);
  const context = await browser.newContext({ viewport: WINDOW, locale: "en-GB" });
  context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  const page = await context.newPage();
  const main = page.getByRole("navigation", { name: "Main" });
  const go = (name: string) => page.getByRole("navigation").getByRole("link", { name, exact: true }).first().click();
  const on = (label: string) => page.locator("section", { has: page.getByRole("heading", { name: label }) });
  const done = (name: string) => page.getByRole("button", { name: new RegExp(`${name}.*Done`) }).waitFor();
  const published = async (text: string) =>
    ledger
      .parse(await (await fetch(`${sandboxUrl}/_sandbox/posts`)).json())
      .filter((post) => post.text.startsWith(text))
      .map(({ publishCalls, platform, media, ...post }) => [
        platform,
        post.text,
        publishCalls,
        media[0]?.altText ?? null,
      ])
      .toSorted();
  const read = async () => {
    const id = new URL(page.url()).pathname.split("/").at(-1);
    const answer: unknown = await page.evaluate(`fetch("/api/v1/posts/${id}?mode=test").then((it) => it.json())`);
    return postsGet.answer.parse(answer).post;
  };

  await step("the printed link makes an account, and leads to a checklist", async () => {
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Name: "Olivia", Email: "owner@example.com", Password: "correct horse battery" });
    await press(page, "Set up");
    await page.getByRole("heading", { name: "Getting started" }).waitFor();
    await tourPicture(page, "getting-started");
  });
  await step("accounts of three platforms are connected in the sandbox, and the checklist ticks", async () => {
    const connect = async (platform: PlatformName) => {
      await page.getByRole("link", { name: label(platform), exact: true }).click();
      await allow(page);
    };
    await connect(THREADS);
    // Where there is no account to choose, one comes back to the checklist.
    await done("Connect an account in the sandbox");
    await go("Platforms");
    for (const platform of [FACEBOOK, INSTAGRAM]) await connect(platform);
    await tourPicture(page, "platforms");
    await go("Home");
  });
  await step(
    "a text that is too long for one platform is mended with another one, and a picture is added",
    async () => {
      await page.getByRole("main").getByRole("link", { name: "Open the composer" }).click();
      await page.getByLabel(label(FACEBOOK)).check();
      await page.getByLabel(label(INSTAGRAM)).check();
      await page.getByLabel("Text", { exact: true }).fill(TEXT);
      await page.getByLabel("Files").setInputFiles(join(ROOT, "tests/fixtures/photo-4x5.jpg"));
      await page.getByLabel("Alt text").fill("A beach");
      const mend = page.getByRole("button", { name: `Write another text for ${label(INSTAGRAM)}` });
      await mend.waitFor();
      await tourPicture(page, "composer", { width: 1280, height: 1400 });
      await mend.click();
      await page.getByLabel(`Text for ${label(INSTAGRAM)}`).fill(SHORT);
      await page.getByText("Saved", { exact: true }).waitFor();
    },
  );
  const [due, moved] = ["15", "16"].map((day) => `${nextMonth()}-${day}`);
  const id = await step("it is scheduled for next month", async () => {
    await page.getByLabel("At a time").check();
    await page.getByLabel("Time zone").selectOption("UTC");
    await page.getByLabel("Date and time").fill(`${due}T10:00`);
    await press(page, "Schedule");
    await page.getByText("Scheduled", { exact: true }).first().waitFor();
    const post = await read();
    assert.equal(post.scheduledFor, `${due}T10:00:00.000Z`);
    return post.id;
  });
  await step("it is moved to another day in the calendar", async () => {
    await go("Calendar");
    await press(page, "Next month");
    const chip = page.getByRole("button", { name: /^10:00 ?Our summer/ });
    await chip.focus();
    await pickUp(page);
    await page.keyboard.press("ArrowRight");
    await page.locator(`[data-place="${moved}"].bg-warn-tint`).waitFor();
    await tourPicture(page, "calendar");
    await page.keyboard.press("Space");
    await page.getByText("Moved to").first().waitFor();
    await chip.click();
    await page.getByRole("link", { name: "Open the post" }).click();
    await page.waitForURL(`**/posts/${id}**`);
    assert.equal((await read()).scheduledFor, `${moved}T10:00:00.000Z`);
  });
  await step("it goes out when its time comes, while somebody looks", async () => {
    await database.pool.query("update platform_posts set due_at = now(), next_action_at = now()");
    await database.pool.query("notify ampost_due");
    for (const platform of [FACEBOOK, INSTAGRAM])
      await on(label(platform)).getByRole("link", { name: "Open in the sandbox" }).waitFor();
    await tourPicture(page, "post");
    assert.deepEqual(await published(SHORT), [
      [FACEBOOK, TEXT, 1, "A beach"],
      [INSTAGRAM, SHORT, 1, "A beach"],
    ]);
  });
  await step("another one fails on one platform, home says so, and a retry mends it", async () => {
    const fault = await fetch(`${sandboxUrl}/_sandbox/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ platform: FACEBOOK, operation: "publish", kind: "reject" }),
    });
    assert.equal(fault.status, 201, await fault.text());
    await main.getByRole("link", { name: "New post" }).click();
    await page.getByLabel(label(FACEBOOK)).check();
    await page.getByLabel(label(THREADS)).check();
    await page.getByLabel("Text", { exact: true }).fill("Sale on Friday");
    await press(page, "Publish now");
    await on(label(FACEBOOK)).getByText("Failed", { exact: true }).waitFor();
    await go("Home");
    const row = on("Needs attention").getByRole("link", { name: /Sale on Friday/ });
    await row.waitFor();
    await press(page, "Hide");
    await tourPicture(page, "home");
    await row.click();
    await on(label(FACEBOOK)).getByText("Everything Ampost did").click();
    await on(label(FACEBOOK))
      .getByText(/rejected/)
      .first()
      .waitFor();
    await tourPicture(page, "failed");
    await press(page, "Retry");
    await press(page, "Retry 1 platform");
    await on(label(FACEBOOK)).getByRole("link", { name: "Open in the sandbox" }).waitFor();
    assert.deepEqual(
      (await published("Sale")).map(([platform, , calls]) => [platform, calls]),
      [
        // One of the two was rejected.
        [FACEBOOK, 2],
        [THREADS, 1],
      ],
    );
  });
  await step("home is calm again, and shows what the ledger has", async () => {
    await go("Home");
    await on("Needs attention").getByText("Nothing failed, and nothing waits for you.").waitFor();
    const counts = Map.groupBy(await published(""), ([platform]) => platform);
    for (const platform of [FACEBOOK, INSTAGRAM, THREADS])
      await page
        .getByRole("region", { name: label(platform), exact: true })
        .getByText(`${counts.get(platform)?.length} published, `)
        .waitFor();
    await go("Posts");
    await page.getByRole("link", { name: /^Our summer/ }).waitFor();
  });
  assert.equal(await server.end("SIGTERM"), 0);
});

function label(platform: PlatformName): string {
  return catalog[platform].capabilities.label;
}

function nextMonth(): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString().slice(0, 7);
}
