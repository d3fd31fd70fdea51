import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";

import sharp from "sharp";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { holdReads, intercept, press, step } from "../browser.ts";
import { fixture, give } from "./give.ts";
import { setUpOwner } from "./installed.ts";
import { openPages } from "./pages.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const HOSTILE_NAME = `<img src=x onerror="globalThis.hasRun=true">.jpg`;
const ledger = z.array(
  z.object({
    platform: z.string(),
    media: z.array(z.object({ type: z.string(), altText: z.string().nullable() })),
  }),
);
const stored = z.object({
  media: z.array(
    z.object({
      id: z.string(),
      filename: z.string(),
      width: z.number(),
      height: z.number(),
      keepUntil: z.string().nullable(),
      createdAt: z.string(),
    }),
  ),
});

/** Serves a picture at a URL of its own. */
async function pictureOnline(t: TestContext): Promise<string> {
  const picture = await fixture("photo-1x1.png");
  const server = createServer((_request, response) => response.setHeader("content-type", "image/png").end(picture));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  t.after(() => server.closeAllConnections());
  return `http://127.0.0.1:${Object(server.address()).port}/online.png`;
}

/** The bytes of an upload that are stored when the server is killed: more than it keeps in memory. */
const ARRIVED = 5_000_000;

test("files are kept in a library, described, cropped, used in posts and deleted", async (t) => {
  const installation = await openInstallation(t);
  const env = { AMPOST_ALLOW_PRIVATE_URLS: "true" };
  let server = await installation.start("start", env);
  await installation.json("bootstrap", "--json");
  const { appUrl, sandboxUrl } = installation;
  const cookie = await setUpOwner(installation, server);
  const { open, troubles } = await openPages(t);
  const page = await open({ viewport: { width: 360, height: 800 }, hasTouch: true }, { url: appUrl, cookie });
  const tile = (name: string) => page.locator("main li[aria-posinset]").getByRole("button", { name });
  const listed = async () =>
    stored.parse(await page.evaluate(`fetch("/api/v1/media?mode=test&limit=100").then((answer) => answer.json())`))
      .media;

  await step("the library is empty at first", async () => {
    await page.goto(`${appUrl}/media?mode=test`);
    await page.getByRole("heading", { name: "No media yet" }).waitFor();
    await assertAccessible(page);
  });

  await step("files are dropped, pasted and fetched from a URL, and names never run as code", async () => {
    await give(page, "drop", "main", {
      [HOSTILE_NAME]: await fixture("photo-4x5.jpg"),
      "tall.jpg": await fixture("photo-9x16.jpg"),
    });
    await give(page, "paste", "main", { "pasted.jpg": await fixture("photo-1x1.jpg") });
    await press(page, "From a URL");
    const url = await pictureOnline(t);
    await page.getByLabel("URL of an image or video").fill(url);
    await assertAccessible(page);
    await press(page, "Add");
    for (const name of [HOSTILE_NAME, "tall.jpg", "pasted.jpg", "online.png"]) await tile(name).waitFor();
    await installation.until(async () => (await page.locator("main li img").count()) === 4);
    await installation.until(
      async () =>
        (await page.evaluate(
          `[...document.querySelectorAll("main li img")].every((each) => each.naturalWidth > 0)`,
        )) === true,
    );
    const widths = await page.evaluate(
      `[...document.querySelectorAll("main li img")].map((each) => Math.max(each.naturalWidth, each.naturalHeight))`,
    );
    assert.ok(z.array(z.number().max(400)).safeParse(widths).success, JSON.stringify(widths));
    await installation.until(async () => (await listed()).every(({ keepUntil }) => keepUntil === "forever"));
    assert.equal(await page.evaluate("globalThis.hasRun"), undefined);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await assertAccessible(page);
  });

  await step("an upload goes on where it was after the server was gone", async () => {
    const noise = await sharp({
      create: {
        width: 1500,
        height: 1500,
        channels: 3,
        background: "#888",
        noise: { type: "gaussian", mean: 128, sigma: 60 },
      },
    })
      .png()
      .toBuffer();
    assert.ok(noise.length > ARRIVED, String(noise.length));
    const offsets: number[] = [];
    await intercept(page, /\/media\/uploads\//, async (route) => {
      if (route.request().method() !== "PATCH") return await route.fallback();
      offsets.push(Number(route.request().headers()["upload-offset"]));
      if (offsets.length > 1) return await route.fallback();
      await route.fetch({ postData: noise.subarray(0, ARRIVED) });
      await server.end("SIGKILL");
      server = await installation.start("start", env);
      return await route.abort("connectionreset");
    });
    await page.getByLabel("Files").setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: noise });
    await installation.until(async () => offsets.length === 2);
    assert.deepEqual(offsets, [0, ARRIVED]);
    await page.getByRole("progressbar", { name: /Uploading noise.png/ }).waitFor({ state: "detached" });
    await tile("noise.png").waitFor();
    await page.context().unrouteAll();
  });

  await step("a file that has arrived when the connection breaks is there once it is back", async () => {
    let asked = 0;
    const address = /\/api\/v1\/media\/[\w-]{36}\?/;
    await intercept(page, address, async (route) => {
      asked += 1;
      await route.abort("connectionfailed");
    });
    const buffer = await fixture("photo-1x1.jpg");
    await page.getByLabel("Files").setInputFiles({ name: "late.jpg", mimeType: "image/jpeg", buffer });
    // More often than a request is repeated by itself.
    await installation.until(async () => asked > 5);
    await page.unroute(address);
    await page.getByRole("progressbar", { name: /Uploading late.jpg/ }).waitFor({ state: "detached" });
    await tile("late.jpg").waitFor();
    assert.equal(await page.getByRole("button", { name: "Try again" }).count(), 0);
    assert.equal((await listed()).filter(({ filename }) => filename === "late.jpg").length, 1);
  });

  await step("uploads go on while other views are open, and are still listed, also if they fail", async () => {
    const arrival = Promise.withResolvers<void>();
    const address = /\/media\/uploads\//;
    await intercept(page, address, async (route) => {
      if (route.request().method() !== "PATCH") return await route.fallback();
      await arrival.promise;
      return await route.fulfill({ status: 400, json: { error: "No room." } });
    });
    await page.getByLabel("Files").setInputFiles({
      name: "slow.jpg",
      mimeType: "image/jpeg",
      buffer: await fixture("photo-4x5.jpg"),
    });
    const bar = page.getByRole("progressbar", { name: /Uploading slow.jpg/ });
    const elsewhere = async () => {
      await page.getByRole("link", { name: "Posts", exact: true }).click();
      await page.getByRole("heading", { name: "Posts", exact: true }).waitFor();
      await page.goBack();
    };
    await bar.waitFor();
    await elsewhere();
    await bar.waitFor();
    arrival.resolve();
    await page.getByText("No room.").waitFor();
    await elsewhere();
    await page.getByText("No room.").waitFor();
    await page.unroute(address);
    await press(page, "Try again");
    await tile("slow.jpg").waitFor();
    await bar.waitFor({ state: "detached" });
  });

  await step("files are found by name, and described with the keyboard alone", async () => {
    await page.getByLabel("Search").fill("TALL");
    await tile("noise.png").waitFor({ state: "detached" });
    await tile("tall.jpg").focus();
    await page.keyboard.press("Enter");
    await page.getByText("1080 × 1920 pixels").waitFor();
    await page.getByText("No post uses it.").waitFor();
    await page.getByLabel("Alt text").focus();
    await page.keyboard.type("A lighthouse");
    await assertAccessible(page);
    const id = new URL(page.url()).searchParams.get("open");
    const readAgain = page.waitForResponse(
      (response) => response.request().method() === "GET" && new URL(response.url()).pathname === `/api/v1/media/${id}`,
    );
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Saved", { exact: true }).first().waitFor();
    // Later, it would see what somebody else writes.
    await readAgain;
    const change = { method: "PATCH", headers: { "content-type": "application/json" }, body: `{"altText":"Theirs"}` };
    await page.evaluate(`fetch("/api/v1/media/${id}?mode=test", ${JSON.stringify(change)})`);
    await page.getByLabel("Alt text").fill("A tall lighthouse");
    const held = await holdReads(page, `/api/v1/media/${id}`);
    await press(page, "Save");
    await held.isAsked;
    await page.getByRole("button", { name: "Save", disabled: true }).waitFor();
    held.release();
    await page.getByText("Somebody else has changed this file.").waitFor();
    assert.equal(await page.getByLabel("Alt text").inputValue(), "A tall lighthouse");
    await page.getByText("Theirs").waitFor();
    await press(page, "Save");
    await page.getByText("Somebody else has changed this file.").waitFor({ state: "detached" });
  });

  await step("a file is kept until a day of the person's time zone, and a change of its text leaves that", async () => {
    const send = (path: string, body: object) => {
      const init = { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      return page.evaluate(`fetch("${path}?mode=test", ${JSON.stringify(init)}).then(({ status }) => status)`);
    };
    const id = new URL(page.url()).searchParams.get("open");
    const file = async () => (await listed()).find((each) => each.id === id);
    const save = async (keepUntil: string | null) => {
      const answer = page.waitForResponse((response) => response.request().method() === "PATCH");
      await press(page, "Save");
      assert.equal((await answer).status(), 200);
      assert.equal((await file())?.keepUntil, keepUntil);
    };
    await page.getByText("until you delete it").waitFor();
    assert.equal(await send("/api/me", { timeZone: "Asia/Tokyo" }), 200);
    assert.equal(await send(`/api/v1/media/${id}`, { keepUntil: "2039-01-02T15:04:05.000Z" }), 200);
    const isLoaded = Promise.withResolvers<void>();
    await intercept(page, "**/*", async (route) => {
      if (route.request().resourceType() === "image") await isLoaded.promise;
      await route.fallback();
    });
    await page.reload({ waitUntil: "commit" });
    assert.equal(await page.getByLabel("Last day").inputValue(), "2039-01-03");
    const saveAt = () => page.getByRole("button", { name: "Save", exact: true }).boundingBox();
    const before = await saveAt();
    isLoaded.resolve();
    await installation.until(
      async () => (await page.evaluate(`document.querySelector("dialog img").naturalWidth > 0`)) === true,
    );
    assert.deepEqual(await saveAt(), before, "nothing moves under the finger when the rest is there");
    await page.unroute("**/*");
    await page.getByLabel("Alt text").fill("A very tall lighthouse");
    const held = await holdReads(page, `/api/v1/media/${id}`);
    await save("2039-01-02T15:04:05.000Z");
    await page.getByLabel("Last day").fill("2039-05-06");
    await save("2039-05-06T14:59:59.999Z");
    held.release();
    await page.locator('time[datetime="2039-05-06T14:59:59.999Z"]').waitFor();
    await page.getByLabel("Keep").selectOption("Only as long as posts use it");
    await save(null);
    const inAWeek = new Date(Date.parse((await file())?.createdAt ?? "") + 7 * 86_400_000);
    await page.locator(`time[datetime="${inAWeek.toISOString()}"]`).waitFor();
    await assertAccessible(page);
    await page.getByLabel("Keep").selectOption("Until I delete it");
    await page.getByLabel("Alt text").fill("A tall lighthouse");
    await save("forever");
    assert.equal(await send("/api/me", { timeZone: "UTC" }), 200);
  });

  await step(
    "an image is used in a post, cropped to what the platform accepts, and published with its text",
    async () => {
      await page.getByRole("link", { name: "Use in a new post" }).click();
      await page.getByLabel("Instagram").check();
      assert.equal(await page.getByLabel("Alt text").inputValue(), "A tall lighthouse");
      await page.getByText(/The aspect ratio of file 1/).waitFor();
      await page.getByRole("button", { name: "Crop tall.jpg" }).tap();
      await page.getByText("Fits Instagram: between 4:5 and 1.91:1").waitFor();
      await assertAccessible(page);
      await page.getByLabel("From the top").focus();
      await page.keyboard.press("Home");
      await press(page, "Crop");
      await page.getByText(/The aspect ratio of file 1/).waitFor({ state: "detached" });
      await page.locator("main").getByText("Saved", { exact: true }).waitFor();
      await press(page, "Publish now");
      await page.waitForURL("**/posts/*");
      const published = async () => ledger.parse(await (await fetch(`${sandboxUrl}/_sandbox/posts`)).json());
      await installation.until(async () => (await published()).length === 1);
      assert.deepEqual(await published(), [
        { platform: "instagram", media: [{ type: "image", altText: "A tall lighthouse" }] },
      ]);
      const sizes = (await listed()).filter(({ filename }) => filename === "tall.jpg");
      assert.deepEqual(
        sizes.map(({ width, height }) => [width, height]),
        [
          [1080, 1350],
          [1080, 1920],
        ],
      );
    },
  );

  await step("a file that a waiting post needs stays, and others are deleted", async () => {
    const draft = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        content: {
          text: "It needs this",
          media: [{ id: (await listed()).find(({ filename }) => filename === "pasted.jpg")?.id }],
        },
        platforms: ["threads"],
        platformSetId: Object(
          await page.evaluate(`fetch("/api/v1/platform-sets?mode=test").then((answer) => answer.json())`),
        ).sets[0].id,
      }),
    };
    assert.equal(
      await page.evaluate(`fetch("/api/v1/posts?mode=test", ${JSON.stringify(draft)}).then(({ status }) => status)`),
      201,
    );
    await page.goto(`${appUrl}/media?mode=test`);
    await tile("pasted.jpg").tap();
    await page.getByRole("link", { name: "It needs this" }).waitFor();
    await press(page, "Delete");
    await page.getByText(/cannot be deleted, because posts still need it/).waitFor();
    assert.equal(await page.getByRole("button", { name: "Delete", exact: true }).isDisabled(), true);
    await assertAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByLabel("Use", { exact: true }).selectOption("Not in a post");
    await tile("pasted.jpg").waitFor({ state: "detached" });
    await tile(HOSTILE_NAME).tap();
    await press(page, "Delete");
    await page.getByText("is deleted for good").waitFor();
    await press(page, "Delete");
    await tile(HOSTILE_NAME).waitFor({ state: "detached" });
    assert.ok(!(await listed()).some(({ filename }) => filename === HOSTILE_NAME));
  });

  assert.equal(await page.evaluate("globalThis.hasRun"), undefined);
  assert.deepEqual(troubles, []);
});

test("of thousands of files, only those in the window are there", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.database.pool.query(
    `insert into media (id, user_id, mode, status, filename, facts)
     select gen_random_uuid(), $1, 'test', 'ready', 'file ' || n || '.mp4', '{"type": "video", "mimeType": "video/mp4"}'
     from generate_series(1, 3000) n`,
    [world.test.userId],
  );
  const page = await open({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${world.url}/media?mode=test`);
  await page.getByText("3,000 files").or(page.getByText("3000 files")).waitFor();
  const tiles = page.locator("li[aria-posinset]");
  await tiles.first().waitFor();
  assert.ok((await tiles.count()) < 100, String(await tiles.count()));
  await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)");
  await page.locator("li[aria-posinset='3000'] button").waitFor();
  assert.ok((await tiles.count()) < 100, String(await tiles.count()));
  assert.deepEqual(troubles, []);
});
