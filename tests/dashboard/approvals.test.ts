import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { test } from "node:test";

import type { Locator } from "playwright-core";
import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { post } from "../../contract/operations/posts.ts";
import { assertUsable, intercept, step } from "../browser.ts";
import { setUpOwner } from "./installed.ts";
import { openPages } from "./pages.ts";
import { assertAccessible } from "./signed-in.ts";

/** For a page to evaluate: somebody comes back to its tab, so it reads everything again. */
const LOOK_AGAIN = `document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`;
const TURNED = "Go to \u202emoc.elpmaxe\u202c <img src=x onerror=alert(1)>";

test("a person sees what keys want to publish, and approves, publishes, schedules, sends back or discards it", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { appUrl } = installation;
  const { platformSetId } = await installation.json("bootstrap", "--json");
  const cookie = await setUpOwner(installation, server);
  const call = async (key: string, method: string, path: string, body?: object | FormData) => {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${appUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      },
      body: isForm ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: Object(await answer.json()) };
  };
  const newKey = async (name: string, policies: object) => {
    const answer = await fetch(`${appUrl}/api/keys`, {
      method: "POST",
      headers: { cookie, origin: appUrl, "content-type": "application/json" },
      body: JSON.stringify({ mode: "test", name, policies }),
    });
    const made = Object(await answer.json());
    return z.string().parse(made.apiKey ?? Object(made.key).apiKey, { error: () => JSON.stringify(made) });
  };
  const robot = await newKey("robot", { approvalRequired: true });
  const drafter = await newKey("drafter", { draftOnly: true });
  const draft = async (text: string, key = robot, more: object = {}) => {
    const content = { text, ...more };
    const { body } = await call(key, "POST", "/posts", { content, platforms: ["facebook"], platformSetId });
    return post.parse(body.post);
  };
  const read = async (id: string) => post.parse((await call(robot, "GET", `/posts/${id}`)).body.post);
  const ledger = async () =>
    z
      .array(z.object({ publishCalls: z.int() }))
      .parse(await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json());

  const { open, troubles } = await openPages(t);
  const page = await open({ viewport: { width: 360, height: 780 }, hasTouch: true }, { url: appUrl, cookie });
  page.on("dialog", (dialog) => troubles.push(dialog.message()));
  const reach = async (target: Locator) => {
    await target.waitFor();
    for (let presses = 0; (await target.and(page.locator(":focus")).count()) === 0; presses += 1) {
      assert.ok(presses < 100, "it is reached with Tab");
      await page.keyboard.press("Tab");
    }
  };
  const card = (text: string) => page.locator("article[aria-labelledby]").filter({ hasText: text });

  await step("an empty list says what it is for", async () => {
    await page.goto(`${appUrl}/approvals?mode=test`);
    await page.getByRole("heading", { name: "No posts are waiting for approval" }).waitFor();
    await assertAccessible(page);
  });

  const form = new FormData();
  form.set("file", await openAsBlob("tests/fixtures/photo-4x5.jpg", { type: "image/jpeg" }), "photo.jpg");
  const uploaded = await call(robot, "POST", "/media", form);
  const mediaId = z.object({ media: z.object({ id: z.string() }) }).parse(uploaded.body).media.id;
  const pictured = await draft(`With a picture${" and a long story".repeat(50)}. The end.`, robot, {
    media: [{ id: mediaId, altText: "A mountain lake" }],
  });
  const hostile = await draft(TURNED);

  await step(
    "each platform's card is shown with all that is folded there, and nothing is backwards or runs",
    async () => {
      await page.reload();
      const shown = card("With a picture").locator(".on-facebook");
      await shown.getByRole("img", { name: "A mountain lake" }).evaluate("(image) => image.decode()");
      await shown.locator("details[open]", { hasText: "The end." }).waitFor();
      await card("With a picture").getByText("A mountain lake", { exact: true }).waitFor();
      await page.getByTitle("2 waiting").waitFor();
      await card("Go to moc.elpmaxe").getByText("change the direction of text").waitFor();
      const texts = [await page.locator("main").innerText(), ...(await page.locator(".on-facebook").allInnerTexts())];
      assert.ok(!/[\u202a-\u202e]/.test(texts.join()));
      await assertUsable(page);
      await assertAccessible(page);
    },
  );

  await step("a change by the key shows by itself, and is not approved", async () => {
    await call(robot, "PATCH", `/posts/${hostile.id}`, { content: { text: "Changed meanwhile" } });
    await card("Changed meanwhile").waitFor();
    assert.equal((await read(hostile.id)).approval?.state, "pending");
  });

  await step(
    "sent back with a reason by keyboard alone, the key reads it, and an edit makes it wait again",
    async () => {
      await reach(card("Changed meanwhile").getByRole("button", { name: "Send back" }));
      await page.keyboard.press("Enter");
      await reach(page.getByLabel("What should change?"));
      await page.keyboard.type("Say when.");
      await reach(page.getByRole("dialog").getByRole("button", { name: "Send back" }));
      await page.keyboard.press("Enter");
      await page.getByText("The post has been sent back.").first().waitFor();
      const { approval } = await read(hostile.id);
      assert.deepEqual([approval?.state, approval?.reason], ["sent_back", "Say when."]);
      await page.getByRole("link", { name: "Sent back" }).click();
      await card("Changed meanwhile").getByText("Say when.").waitFor();
      await call(robot, "PATCH", `/posts/${hostile.id}`, { content: { text: "Today at noon" } });
      await page.getByRole("link", { name: "Waiting", exact: true }).click();
      await card("Today at noon").waitFor();
    },
  );

  await step("a reason stays when the post changes meanwhile, and goes only to what was seen", async () => {
    const { id } = await draft("Half a sentence");
    await page.goto(`${appUrl}/approvals?mode=test`);
    await card("Half a sentence").getByRole("button", { name: "Send back" }).click();
    const reason = page.getByLabel("What should change?");
    await reason.fill("Finish it.");
    await call(robot, "PATCH", `/posts/${id}`, { content: { text: "A whole sentence" } });
    await page.evaluate(LOOK_AGAIN);
    await page.getByRole("dialog").getByRole("button", { name: "Send back" }).click();
    await page
      .getByRole("dialog")
      .getByText(/has changed/)
      .waitFor();
    assert.equal(await reason.inputValue(), "Finish it.");
    assert.equal((await read(id)).approval?.state, "pending");
    await page.keyboard.press("Escape");
    await card("A whole sentence").getByRole("button", { name: "Send back" }).click();
    assert.equal(await reason.inputValue(), "Finish it.");
    await page.getByRole("dialog").getByRole("button", { name: "Send back" }).click();
    await page.getByText("The post has been sent back.").first().waitFor();
    assert.equal((await read(id)).approval?.reason, "Finish it.");
    await call(robot, "DELETE", `/posts/${id}`);
  });

  await step("approved, it waits for its key, which publishes it", async () => {
    await card("Today at noon").getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByText("It can now be published").first().waitFor();
    await page.getByRole("link", { name: "Approved", exact: true }).click();
    await card("Today at noon").getByText("as shown here").waitFor();
    assert.deepEqual(await ledger(), []);
    assert.equal((await call(robot, "POST", `/posts/${hostile.id}/publish`)).status, 200);
    await installation.until(async () => (await read(hostile.id)).status === "published");
  });

  await step("approved and published in one go by keyboard alone, from the address that the API names", async () => {
    await page.goto(pictured.approval?.url ?? "");
    await page.getByRole("img", { name: "A mountain lake" }).waitFor();
    await reach(page.getByRole("button", { name: "Approve and publish" }));
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByText("In test mode, that is the sandbox.").waitFor();
    assert.equal((await read(pictured.id)).status, "draft");
    await reach(page.getByRole("dialog").getByRole("button", { name: "Approve and publish" }));
    await page.keyboard.press("Enter");
    await page.getByText("The post is being published.").first().waitFor();
    await installation.until(async () => (await read(pictured.id)).status === "published");
    assert.deepEqual(
      (await ledger()).map(({ publishCalls }) => publishCalls),
      [1, 1],
    );
  });

  await step("settings are shown in words, a cover is only drawn, and edit opens the composer", async () => {
    const film = new FormData();
    film.set("file", await openAsBlob("tests/fixtures/portrait-9x16.mp4", { type: "video/mp4" }), "film.mp4");
    const stored = await call(robot, "POST", "/media", film);
    const filmId = z.object({ media: z.object({ id: z.string() }) }).parse(stored.body).media.id;
    const { status, body } = await call(robot, "POST", "/posts", {
      content: {
        text: "Many settings",
        media: [{ id: filmId, altText: "A film" }],
        platformOverrides: {
          instagram: {
            settings: {
              coverMediaId: mediaId,
              isAiGenerated: true,
              shareToFeed: false,
              userTags: [{ username: "grace.hopper" }, { username: "ada" }],
              collaborators: ["alan"],
            },
          },
          twitter: { settings: { replySettings: "mentionedUsers" } },
        },
      },
      platforms: ["instagram", "twitter"],
      platformSetId,
    });
    assert.equal(status, 201, JSON.stringify(body));
    await page.goto(`${appUrl}/approvals?mode=test`);
    const shown = card("Many settings");
    for (const [name, value] of [
      ["Is AI generated", "Yes"],
      ["Share to feed", "No"],
      ["Collaborators", "alan"],
      ["Reply settings", "Mentioned users"],
    ] as const)
      await shown
        .locator("dl > div", { has: page.getByText(name, { exact: true }) })
        .getByText(value, { exact: true })
        .waitFor();
    const tags = shown.locator("dl > div", { has: page.getByText("User tags", { exact: true }) }).getByRole("listitem");
    assert.deepEqual(await tags.allInnerTexts(), ["Username\ngrace.hopper", "Username\nada"]);
    // It is the only one, and has a button of its own.
    assert.equal(await shown.getByRole("checkbox").count(), 0);
    const text = await shown.innerText();
    for (const raw of ["{", "[", "true", mediaId, "mentionedUsers", "Cover"]) assert.ok(!text.includes(raw), raw);
    await assertUsable(page);
    await assertAccessible(page);
    await shown.getByRole("link", { name: "Edit" }).click();
    await page.getByRole("heading", { name: "Edit post" }).waitFor();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), "Many settings");
    await page.getByText("This post waits for approval.").waitFor();
    await page.getByRole("link", { name: "Review it" }).click();
    await page.getByRole("heading", { name: "Review post" }).waitFor();
  });

  await step("several are approved at once, each as it was seen, and what is not says why", async () => {
    const [first, second, third] = [
      await draft("First of three"),
      await draft("Second of three"),
      await draft("Third"),
    ];
    await page.goto(`${appUrl}/approvals?mode=test`);
    for (const text of ["First of three", "Second of three"]) await card(text).getByLabel("Select").check();
    await assertAccessible(page);
    // What changes while it is approved was not seen.
    await intercept(page, "**/api/posts/*/approve?*", async (route) => {
      if (route.request().url().includes(second.id))
        await call(robot, "PATCH", `/posts/${second.id}`, { content: { text: "Second, changed" } });
      await route.fallback();
    });
    await page.getByRole("button", { name: "Approve 2 posts" }).click();
    await page.getByText("1 post approved", { exact: true }).waitFor();
    const refused = page.getByRole("alert").filter({ hasText: "1 post was not approved" });
    await refused.getByText(/Second of three/).waitFor();
    await page.unroute("**/api/posts/*/approve?*");
    assert.deepEqual(
      await Promise.all([first, second, third].map(async ({ id }) => (await read(id)).approval?.state)),
      ["approved", "pending", "pending"],
    );
    await card("Second, changed").waitFor();
    assert.equal(await page.getByRole("checkbox", { name: "Select: Second, changed" }).isChecked(), false);
    await assertAccessible(page);
    await page.getByLabel("Select all on this page").check();
    await page.getByRole("button", { name: /^Approve \d posts$/ }).click();
    await page.getByRole("heading", { name: "No posts are waiting for approval" }).waitFor();
    assert.equal((await read(third.id)).approval?.state, "approved");
  });

  await step("approved and scheduled: a time in the past is refused beside its field", async () => {
    const { id } = await draft("For later");
    await page.goto(`${appUrl}/approvals?mode=test`);
    await card("For later").getByRole("button", { name: "Approve and schedule" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Time").fill("2001-01-01T09:30");
    await dialog.getByRole("button", { name: "Schedule" }).click();
    await dialog.getByText("in the future").waitFor();
    const at = new Date(Date.now() + 48 * 3_600_000).toISOString().slice(0, 16);
    await dialog.getByLabel("Time").fill(at);
    await dialog.getByRole("button", { name: "Schedule" }).click();
    await page.getByText("The post has been scheduled.").first().waitFor();
    const { status, approval } = await read(id);
    assert.deepEqual([status, approval?.state], ["scheduled", "approved"]);
  });

  await step("a draft of a key that only creates drafts is published or discarded after a question", async () => {
    await draft("Only a draft", drafter);
    const other = await draft("Not this one", drafter);
    await page.goto(`${appUrl}/drafts?mode=test`);
    await card("Only a draft").getByRole("button", { name: "Publish now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await page.getByText("The post is being published.").first().waitFor();
    await card("Not this one").getByRole("button", { name: "Discard" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await page.getByText("The post has been discarded.").first().waitFor();
    assert.equal((await read(other.id)).status, "discarded");
    await installation.until(async () => (await ledger()).length === 3);
  });

  await step("a draft that has changed since it was shown is not published or discarded, but shown", async () => {
    const { id } = await draft("Old words", drafter);
    const edit = (text: string) => call(drafter, "PATCH", `/posts/${id}`, { content: { text } });
    await page.goto(`${appUrl}/drafts?mode=test`);
    await card("Old words").getByRole("button", { name: "Discard" }).click();
    await edit("New words");
    await page.getByRole("dialog").getByRole("button", { name: "Discard" }).click();
    await page.getByText("The post has changed since it was shown.").first().waitFor();
    await card("New words").getByRole("button", { name: "Publish now" }).click();
    await edit("Newer words");
    await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await card("Newer words").waitFor();
    assert.equal((await read(id)).status, "draft");
    await edit("Newest words");
    await page.evaluate(LOOK_AGAIN);
    await card("Newest words").waitFor();
  });

  assert.deepEqual(troubles, []);
  assert.equal(await server.end("SIGTERM"), 0);
});
