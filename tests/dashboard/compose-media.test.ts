import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";

import type { Route } from "playwright-core";

import { allow, asSomebodyElse, intercept, press, step } from "../browser.ts";
import { fixture, give } from "./give.ts";
import { installed } from "./installed.ts";
import { assertAccessible, TWO_FRAMES } from "./signed-in.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");

/** Serves an upright picture at `/tall.jpg`, and nothing at any other address. */
async function online(t: TestContext): Promise<string> {
  const picture = await fixture("photo-9x16.jpg");
  const server = createServer(({ url }, response) =>
    url === "/tall.jpg"
      ? response.setHeader("content-type", "image/jpeg").end(picture)
      : response.writeHead(404).end("Not found"),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  t.after(() => server.closeAllConnections());
  return `http://127.0.0.1:${Object(server.address()).port}`;
}

test("files come into a post from everywhere, and those of one platform are changed for it alone", async (t) => {
  const { appUrl, open, outThere, lastCall, until, troubles } = await installed(t, {
    AMPOST_ALLOW_PRIVATE_URLS: "true",
  });
  const site = await online(t);
  const page = await open({ viewport: { width: 1280, height: 1400 } });
  const text = page.getByLabel("Text", { exact: true });
  const altTexts = page.getByLabel("Alt text");
  const saved = page.locator("main").getByText("Saved", { exact: true });
  const tab = (name: RegExp) => page.getByRole("tab", { name });
  const openNew = async (words: string, ...platforms: string[]) => {
    await page.goto(`${appUrl}/compose?mode=test`);
    for (const platform of platforms) await page.getByLabel(platform).check();
    await text.fill(words);
  };
  const publish = async () => {
    await saved.waitFor();
    await press(page, "Publish now");
    await page.waitForURL("**/posts/*");
  };
  const addUrl = async (url: string) => {
    await press(page, "From a URL");
    await page.getByLabel("URL of an image or video").fill(url);
    await press(page, "Add");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };

  const notUploaded = page.getByText("A file could not be uploaded. Try again, or remove it.");
  const refuseUploads = [
    /\/media\/uploads\//,
    (route: Route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({ status: 400, json: { error: "No room." } })
        : route.fallback(),
  ] as const;

  await step("a picture is pasted while writing, or dropped beside the list; copied cells stay a text", async () => {
    await openNew("Pictures", "Threads", "Facebook");
    assert.ok(await give(page, "paste", "textarea", { "pasted.jpg": await fixture("photo-1x1.jpg") }));
    await page.getByText("pasted.jpg").waitFor();
    assert.ok(await give(page, "drop", "h1", { "dropped.jpg": await fixture("photo-4x5.jpg") }));
    await page.getByText("dropped.jpg").waitFor();
    const cells = { "cells.jpg": await fixture("photo-1x1.jpg") };
    assert.equal(await give(page, "paste", "textarea", cells, "1\t2"), false);
    await altTexts.nth(1).waitFor();
    assert.equal(await altTexts.count(), 2);
    await press(page, "Remove dropped.jpg");
    await saved.waitFor();
  });

  await step("a file of the library is added, with its text, and described for one platform alone", async () => {
    await press(page, "Remove pasted.jpg");
    await press(page, "From the library");
    await page.getByRole("button", { name: "Add pasted.jpg" }).click();
    await altTexts.fill("For all");
    await tab(/^Facebook/).click();
    await press(page, "Choose other media for Facebook");
    await altTexts.fill("For Facebook");
    await page.getByText("Facebook 12 / 1000").waitFor();
    await page.getByRole("button", { name: "Crop pasted.jpg" }).click();
    await page.getByLabel("Ratio").selectOption("4:5");
    await press(page, "Crop");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.ok(await give(page, "paste", "textarea", { "own.jpg": await fixture("photo-4x5.jpg") }));
    await altTexts.nth(1).fill("Another for Facebook");
    await assertAccessible(page);
    await tab(/^All platforms/).click();
    assert.equal(await altTexts.inputValue(), "For all");
    await publish();
    const posts = await outThere(2);
    assert.deepEqual(
      Object.fromEntries(posts.map(({ platform, media }) => [platform, media.map(({ altText }) => altText)])),
      { threads: ["For all"], facebook: ["For Facebook", "Another for Facebook"] },
    );
  });

  await step(
    "a file at a URL is stored and cropped; one that cannot be fetched says why, and stays by its URL",
    async () => {
      await openNew("From elsewhere", "Instagram");
      await addUrl(`${site}/tall.jpg`);
      await altTexts.fill("A tower");
      await page.getByText(/The aspect ratio of file 1/).waitFor();
      await page.getByRole("button", { name: "Crop tall.jpg" }).click();
      await press(page, "Crop");
      await page.getByText(/The aspect ratio of file 1/).waitFor({ state: "detached" });
      await addUrl(`${site}/gone.jpg`);
      await page.getByText("The URL responds with status 404.").waitFor();
      await page.getByText("The post has only its URL").waitFor();
      await assertAccessible(page);
      await saved.waitFor();
      await press(page, "Remove gone.jpg");
      await publish();
      const [post] = await outThere(3);
      assert.deepEqual([post?.platform, post?.media], ["instagram", [{ type: "image", altText: "A tower" }]]);
    },
  );

  await step("what a file on its way may mend is not said, and one that could not be uploaded is", async () => {
    await openNew("Soon", "Instagram");
    const missing = page.getByText(/^Instagram supports/);
    await missing.waitFor();
    const arrival = Promise.withResolvers<void>();
    await intercept(page, refuseUploads[0], async (route) => {
      if (route.request().method() !== "PATCH") return await route.fallback();
      await arrival.promise;
      return await refuseUploads[1](route);
    });
    const asked = page.waitForResponse("**/posts/validate?*");
    await page.getByLabel("Files").setInputFiles(join(FIXTURES, "photo-1x1.jpg"));
    await page.getByText("Files are being uploaded.").waitFor();
    assert.equal(await missing.count(), 0);
    await asked;
    await page.evaluate(TWO_FRAMES);
    assert.equal(await missing.count(), 0);
    await page.getByRole("link", { name: "Posts", exact: true }).click();
    await page.getByText("Not all files are uploaded. The post will be without them.").waitFor();
    await press(page, "Stay");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    arrival.resolve();
    await notUploaded.waitFor();
    await assertAccessible(page);
    await page.unroute(refuseUploads[0]);
    await press(page, "Try again");
    await saved.waitFor();
  });

  await step("a URL that is none of a file is refused beside its field", async () => {
    await openNew("A film", "YouTube");
    await press(page, "From a URL");
    await page.getByLabel("URL of an image or video").fill("http://user:secret@example.com/a.jpg");
    await press(page, "Add");
    await page.getByRole("dialog").locator("[aria-invalid=true]").waitFor();
    await page.keyboard.press("Escape");
  });

  await step("a video gets a cover, which is awaited, or removed if it cannot be uploaded", async () => {
    await page.getByLabel("Files").setInputFiles(join(FIXTURES, "landscape-16x9.mp4"));
    const cover = page.getByLabel("File for Cover of landscape-16x9.mp4");
    await cover.waitFor({ state: "attached" });
    await intercept(page, ...refuseUploads);
    await cover.setInputFiles(join(FIXTURES, "photo-1.91x1.jpg"));
    await notUploaded.waitFor();
    await tab(/^YouTube/).click();
    await tab(/^All platforms/).click();
    await press(page, "Remove");
    await saved.waitFor();
    await page.unroute(refuseUploads[0]);
    const arrival = Promise.withResolvers<void>();
    await intercept(page, refuseUploads[0], async (route) => {
      await arrival.promise;
      await route.fallback();
    });
    await cover.setInputFiles(join(FIXTURES, "photo-1.91x1.jpg"));
    await page.getByText("Files are being uploaded.").waitFor();
    await tab(/^YouTube/).click();
    assert.equal(await page.getByRole("button", { name: "Publish now" }).isDisabled(), true);
    arrival.resolve();
    await tab(/^All platforms/).click();
    await page.getByRole("img", { name: "photo-1.91x1.jpg" }).waitFor();
    await page.unroute(refuseUploads[0]);
    await publish();
    await until(async () => (await lastCall("/thumbnails/set")) !== "");
    const [post] = await outThere(4);
    assert.deepEqual([post?.platform, post?.visibility], ["youtube", "private"]);
  });

  await step("a file that is removed on its way is not uploaded, and undoing does not wait for it", async () => {
    await openNew("No picture", "Threads");
    const methods: string[] = [];
    await intercept(page, /\/media\/uploads\//, async (route) => {
      methods.push(route.request().method());
      if (route.request().method() !== "PATCH") await route.fallback();
    });
    await page.getByLabel("Files").setInputFiles(join(FIXTURES, "photo-4x5.jpg"));
    await page.getByText("Files are being uploaded.").waitFor();
    await until(async () => methods.includes("PATCH"));
    await press(page, "Remove photo-4x5.jpg");
    await until(async () => methods.includes("DELETE"));
    await saved.waitFor();
    await press(page, "Undo");
    assert.equal(await page.getByText("photo-4x5.jpg").count(), 0);
    await saved.waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
  });

  await step("a post of another set is published by that set's account", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    await press(page, "New platform set");
    await page.getByRole("dialog").getByLabel("Name").fill("Customer");
    await page.getByRole("dialog").getByRole("button", { name: "Create platform set" }).click();
    await page.getByRole("region", { name: "Customer" }).getByRole("link", { name: "Threads" }).click();
    await asSomebodyElse(page, "customer");
    await allow(page);
    await page.goto(`${appUrl}/compose?mode=test`);
    await page.getByLabel("Platform set").selectOption("Customer");
    await page.getByLabel("Facebook").waitFor({ state: "detached" });
    await page.getByLabel("Threads").check();
    await text.fill("From the customer");
    await publish();
    const [post, ...others] = await outThere(5);
    assert.equal(post?.text, "From the customer");
    const usual = others.find(({ platform }) => platform === "threads");
    assert.ok(usual !== undefined && usual.accountId !== post.accountId);
  });

  assert.deepEqual(troubles, []);
});
