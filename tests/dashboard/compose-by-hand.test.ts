import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type { Page } from "playwright-core";

import { post as postShape } from "../../contract/operations/posts.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import { idOf, objectIn } from "../answers.ts";
import { intercept, press, step } from "../browser.ts";
import type { World } from "../world.ts";
import { fixture, give } from "./give.ts";
import { installed } from "./installed.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");

test("the composer works by keyboard alone, by touch and with a mouse", async (t) => {
  const { appUrl, open, outThere, until: holds, troubles } = await installed(t);
  const page = await open({ viewport: { width: 1280, height: 1400 } });

  await step("by keyboard: a thread of two parts is written, a mistake undone, and the thread published", async () => {
    await page.getByLabel("Text", { exact: true }).waitFor();
    await tabTo(page, "Text");
    await page.keyboard.type("First part");
    await tabTo(page, /^Threads\n/m, "Shift+Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+Z");
    assert.equal(await page.getByLabel("Threads").isChecked(), false);
    await page.keyboard.press("Space");
    await tabTo(page, /^All platforms/);
    await page.keyboard.press("ArrowRight");
    await page.getByText("Settings for Threads").waitFor();
    await tabTo(page, "Settings for Threads");
    await page.keyboard.press("Enter");
    await tabTo(page, "Add: Thread");
    await page.keyboard.press("Enter");
    await tabTo(page, "Text (required)", "Shift+Tab");
    await page.keyboard.type("Second part");
    await page.getByText("Threads 11 / 500").waitFor();
    await tabTo(page, "Add: Thread");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+Z");
    assert.equal(await page.getByLabel("Text (required)").count(), 1);
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.locator(".on-threads").getByText("Second part").waitFor();
    await tabTo(page, "Publish now");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/posts/*");
    assert.deepEqual(
      (await outThere(2)).map(({ text }) => text),
      ["Second part", "First part"],
    );
  });

  await step("by mouse: files are dropped, pasted and dragged into their order", async () => {
    await page.goto(`${appUrl}/compose?mode=test`);
    await page.getByLabel("Threads").check();
    await page.getByLabel("Text", { exact: true }).fill("Two pictures");
    const list = "[role=group][aria-label=Media]";
    for (const [how, name] of [
      ["drop", "photo-1x1.jpg"],
      ["paste", "photo-4x5.jpg"],
    ] as const) {
      assert.ok(await give(page, how, list, { [name]: await fixture(name) }));
      await page.getByText(name).waitFor();
    }
    const altTexts = page.getByLabel("Alt text");
    await altTexts.nth(1).fill("Upright");
    await altTexts.nth(0).fill("Square");
    await page.getByText("Saved", { exact: true }).waitFor();
    const second = await page.getByTitle("Move photo-4x5.jpg", { exact: true }).boundingBox();
    const first = await page.getByTitle("Move photo-1x1.jpg", { exact: true }).boundingBox();
    assert.ok(first !== null && second !== null);
    await page.mouse.move(second.x + 30, second.y + 30);
    await page.mouse.down();
    await page.mouse.move(first.x + 30, first.y + 30, { steps: 5 });
    await page.mouse.up();
    await page.getByText("Saved", { exact: true }).waitFor();
    await press(page, "Publish now");
    await page.waitForURL("**/posts/*");
    const [post] = await outThere(3);
    assert.deepEqual(
      post?.media.map(({ altText }) => altText),
      ["Upright", "Square"],
    );
  });

  await step("two tabs: the second is told of the first one's change, and loses nothing", async () => {
    await page.goto(`${appUrl}/compose?mode=test`);
    await page.getByLabel("Threads").check();
    const text = page.getByLabel("Text", { exact: true });
    await text.fill("Begun");
    await page.waitForURL("**/compose?*post=*");
    await page.getByText("Saved", { exact: true }).waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    const writeThere = async (words: string) => {
      const saved = other.waitForResponse((response) => response.request().method() === "PATCH");
      await other.getByLabel("Text", { exact: true }).fill(words);
      await saved;
    };
    await writeThere("From the other tab");
    await text.fill("From this tab");
    await page.getByText("Somebody else has changed this post.").waitFor();
    assert.equal(await text.inputValue(), "From this tab");
    await writeThere("From the other tab, again");
    await press(page, "Load theirs");
    await page.getByText("There is an unsaved version in this browser.").waitFor();
    assert.equal(await text.inputValue(), "From the other tab, again");
    await press(page, "Continue with it");
    await until(page, "document.querySelector('textarea').value === 'From this tab'");
    await other.close();
  });

  await step("a new post is another one, also after one that was refused; the other mode has neither", async () => {
    const text = page.getByLabel("Text", { exact: true });
    const idNow = async () => {
      await page.waitForURL("**/compose?*post=*");
      await page.getByText("Saved", { exact: true }).waitFor();
      return new URL(page.url()).searchParams.get("post");
    };
    const openNew = async () => {
      await page.getByRole("link", { name: "New post" }).click();
      await page.waitForURL((url) => !url.searchParams.has("post"));
      await until(page, "document.querySelector('textarea').value === ''");
      await page.getByLabel("Threads").check();
    };
    await openNew();
    await text.fill("One");
    const one = await idNow();
    await openNew();
    await text.fill("Two");
    const two = await idNow();
    const refusal = { code: "POLICY_VIOLATION", error: "Not today.", issues: [] };
    await intercept(page, "**/publish?*", (route) => route.fulfill({ status: 403, json: refusal }), { times: 1 });
    await openNew();
    await text.fill("Three");
    await press(page, "Publish now");
    const three = await idNow();
    await page.getByRole("link", { name: "Live", exact: true }).click();
    await page.getByText("Post not found").waitFor();
    await page.getByRole("link", { name: "Test", exact: true }).click();
    await until(page, "document.querySelector('textarea')?.value === 'Three'");
    for (const [id, words] of [
      [one, "One"],
      [two, "Two"],
      [three, "Three"],
    ]) {
      await page.goto(`${appUrl}/compose?mode=test&post=${id}`);
      assert.equal(await text.inputValue(), words);
    }
  });

  await step(
    "what cannot be saved yet stays in the browser, and what is wrong is mended beside its field",
    async () => {
      await page.goto(`${appUrl}/compose?mode=test`);
      const text = page.getByLabel("Text", { exact: true });
      await text.fill("Nowhere yet");
      await until(page, "JSON.stringify(localStorage).includes('Nowhere yet')");
      await page.reload();
      await press(page, "Continue with it");
      assert.equal(await text.inputValue(), "Nowhere yet");
      await page.getByLabel("YouTube").check();
      await page.getByLabel("X (Twitter)").check();
      await page.getByText(/^YouTube supports one video/).waitFor();
      await press(page, "Leave out YouTube");
      await page.getByText(/^YouTube supports one video/).waitFor({ state: "hidden" });
      assert.equal(await page.getByLabel("YouTube").isChecked(), false);
    },
  );

  await step("by touch, on a phone: a picture with a first comment goes out at the next posting time", async () => {
    const phone = await open({ viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true });
    const setting = {
      method: "PUT",
      headers: { "content-type": "application/json", "idempotency-key": "times" },
      body: JSON.stringify({ timeZone: "Europe/Berlin", times: { monday: ["09:00"] } }),
    };
    await phone.evaluate(
      `fetch("/api/v1/platform-sets?mode=test").then((answer) => answer.json()).then(({ sets: [{ id }] }) =>
         fetch("/api/v1/platform-sets/" + id + "/posting-times?mode=test", ${JSON.stringify(setting)}))`,
    );
    await phone.reload();
    await phone.getByLabel("LinkedIn").tap();
    await phone.getByLabel("Text", { exact: true }).tap();
    await phone.keyboard.insertText("By touch");
    const chooser = phone.waitForEvent("filechooser");
    await phone.getByRole("button", { name: "Add files" }).tap();
    await (await chooser).setFiles(join(FIXTURES, "photo-1.91x1.jpg"));
    await phone.getByRole("tab", { name: /^LinkedIn/ }).tap();
    await phone.getByText("Settings for LinkedIn").tap();
    await phone.getByLabel("First comment").tap();
    await phone.keyboard.insertText("More in the comments");
    await phone.locator(".on-linkedin").getByText("More in the comments").waitFor();
    await phone.getByLabel("At the next posting time").tap();
    await phone.getByText("Draft saved, not scheduled yet").waitFor();
    assert.equal(await phone.evaluate("document.documentElement.scrollWidth"), 360);
    await assertAccessible(phone);
    await phone.getByRole("button", { name: "Schedule" }).tap();
    await phone.waitForURL("**/posts/*");
    await phone.getByText("Scheduled", { exact: true }).first().waitFor();
    await phone.getByRole("button", { name: "Publish now" }).tap();
    await phone.getByRole("dialog").getByRole("button", { name: "Publish now" }).tap();
    const [post] = await outThere(4);
    assert.deepEqual([post?.platform, post?.text, post?.media.length], ["linkedin", "By touch", 1]);
    await holds(async () => (await outThere(4))[0]?.comments?.[0] === "More in the comments");
  });

  assert.deepEqual(troubles, []);
});

/** Looks at each frame: the page's policy forbids what Playwright has for this. */
async function until(page: Page, condition: string): Promise<void> {
  await page.evaluate(
    `new Promise((resolve) => {
       const look = () => (${condition} ? resolve() : requestAnimationFrame(look));
       look();
     })`,
  );
}

test("what is being scheduled does not become a draft again, however long the server takes", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "facebook");
  const page = await open();
  const sent: unknown[] = [];
  const begun = Promise.withResolvers<void>();
  // What is not checked yet does not save itself.
  await page.route("**/api/v1/posts/validate?*", async (route) => {
    await begun.promise;
    await route.fallback().catch(() => undefined);
  });
  await page.route("**/api/v1/posts?*", async (route) => {
    if (route.request().method() !== "POST") return await route.fallback();
    sent.push(route.request().postDataJSON());
    begun.resolve();
    // Longer than a draft waits until it is saved by itself.
    await sleep(4_000);
    return await route.fallback();
  });
  await page.route(/\/api\/v1\/posts\/[^/]+$/, async (route) => {
    if (route.request().method() === "PATCH") sent.push(route.request().postDataJSON());
    await route.fallback();
  });
  await page.goto(`${world.url}/compose?mode=test`);
  await page.getByLabel("Facebook").check();
  await page.getByLabel("Text", { exact: true }).fill("Good news");
  await page.getByLabel("At a time").check();
  await press(page, "Schedule");
  await page.getByText("Post scheduled").first().waitFor();
  await page.getByText("Scheduled", { exact: true }).first().waitFor();
  assert.deepEqual(
    sent.map((body) => typeof Object(body).scheduledFor),
    ["string"],
  );

  // Who leaves while a draft is being saved is not led back to it.
  await page.goto(`${world.url}/compose?mode=test`);
  await page.getByLabel("Facebook").check();
  await Promise.all([
    page.waitForRequest((request) => request.method() === "POST" && /\/posts\?/.test(request.url())),
    page.getByLabel("Text", { exact: true }).fill("Left"),
  ]);
  const created = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("link", { name: "Posts", exact: true }).click();
  await page.waitForURL("**/posts?*");
  assert.equal((await created).status(), 201);
  await page.getByRole("link", { name: "Left" }).waitFor();
  assert.match(page.url(), /\/posts\?/);
  assert.deepEqual(troubles, []);
});

const DAY = 86_400_000;

/** A local time within a year of which this holds, in the time zone where it comes first. */
function nextTime(holds: (read: ReturnType<typeof readLocalTime>) => boolean) {
  const soon = Date.now() + 2 * DAY;
  const found = Array.from({ length: 360 }, (_, days) => new Date(soon + days * DAY).toISOString().slice(0, 10))
    .flatMap((date) => ["Europe/Berlin", "Australia/Sydney"].map((zone) => ({ zone, local: `${date}T02:30` })))
    .find(({ zone, local }) => holds(readLocalTime(local, zone)));
  assert.ok(found !== undefined);
  return found;
}

async function createPost(world: World, content: object, more: object = {}): Promise<string> {
  const { platformSetId } = world.test;
  const body = { content, platforms: ["facebook"], platformSetId, ...more };
  const answer = await world.call(world.test, "POST", "/api/v1/posts", body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return idOf(answer.body, "post");
}

async function readPost(world: World, id: string) {
  return postShape.parse(objectIn((await world.call(world.test, "GET", `/api/v1/posts/${id}`)).body, "post"));
}

test("a scheduled post stays at its instant whatever else is changed, and people choose between two that clocks show alike", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "facebook");
  const { zone, local } = nextTime(({ again }) => again !== undefined);
  const { instant, again } = readLocalTime(local, zone);
  assert.ok(instant && again);
  const toTheSecond = new Date(again.getTime() + 30_000).toISOString();
  const elsewhere = { threads: { text: "Only there" } };
  const content = { text: "Good news", platformOverrides: elsewhere };
  const id = await createPost(world, content, { scheduledFor: toTheSecond, onPause: "skip" });
  const page = await open({ viewport: { width: 360, height: 780 } });
  const change = {
    method: "PATCH",
    headers: { "content-type": "application/json", "idempotency-key": "zone" },
    body: JSON.stringify({ timeZone: zone }),
  };
  await page.goto(`${world.url}/posts?mode=test`);
  assert.equal(await page.evaluate(`fetch("/api/me", ${JSON.stringify(change)}).then(({ status }) => status)`), 200);
  const compose = () => page.goto(`${world.url}/compose?mode=test&post=${id}`);
  const text = page.getByLabel("Text", { exact: true });
  const which = page.getByLabel("The clocks show this time twice");
  const schedule = async () => {
    await press(page, "Schedule");
    await page.waitForURL("**/posts/*");
  };

  await step("a word is changed: time, pause and what is for other platforms stay", async () => {
    await compose();
    assert.equal(await page.getByLabel("Date and time").inputValue(), local);
    assert.equal(await which.inputValue(), again.toISOString());
    await assertAccessible(page);
    await text.fill("Better news");
    await schedule();
    const { content: now, scheduledFor, onPause } = await readPost(world, id);
    assert.deepEqual([now.text, scheduledFor, onPause], ["Better news", toTheSecond, "skip"]);
    assert.deepEqual(now.platformOverrides, elsewhere);
  });
  await step("the first of the two is chosen in the composer, and the second again in the calendar", async () => {
    await compose();
    await which.selectOption(instant.toISOString());
    await page.getByText(`${instant.toISOString().slice(0, 16).replace("T", " ")} UTC`).waitFor();
    await schedule();
    assert.equal((await readPost(world, id)).scheduledFor, instant.toISOString());
    await page.goto(`${world.url}/calendar?mode=test&view=agenda&on=${local.slice(0, 10)}`);
    await page.getByRole("button", { name: "Better news" }).click();
    assert.equal(await which.inputValue(), instant.toISOString());
    await assertAccessible(page);
    await which.selectOption(again.toISOString());
    const moved = page.waitForResponse((response) => response.request().method() === "PATCH");
    await press(page, "Move");
    await moved;
    assert.equal((await readPost(world, id)).scheduledFor, again.toISOString());
  });
  await step("a time that the clocks skip is said to be none, with the one after it", async () => {
    const skipped = nextTime(({ instead }) => instead !== undefined);
    const on = new Date(again.getTime() - DAY).toISOString().slice(0, 10);
    await page.goto(
      `${world.url}/calendar?${new URLSearchParams({ mode: "test", view: "agenda", on, zone: skipped.zone })}`,
    );
    await page.getByRole("button", { name: "Better news" }).click();
    await page.getByLabel("Date and time").fill(skipped.local);
    await page.getByText("The clocks skip this time on that day.").waitFor();
    await press(page, "Use 03:30");
    assert.equal(await page.getByLabel("Date and time").inputValue(), skipped.local.replace("02:30", "03:30"));
    assert.equal(await page.getByText("The clocks skip this time on that day.").count(), 0);
  });
  await step("it is published at once, that fails, and it is still scheduled", async () => {
    await compose();
    await intercept(page, "**/publish?*", (route) =>
      route.fulfill({ status: 403, json: { code: "POLICY_VIOLATION", error: "Not today.", issues: [] } }),
    );
    await press(page, "Publish now");
    await page.getByText("Not today.").first().waitFor();
    assert.equal(await page.getByLabel("At a time").isChecked(), true);
    const { status, scheduledFor } = await readPost(world, id);
    assert.deepEqual([status, scheduledFor], ["scheduled", again.toISOString()]);
  });
  assert.deepEqual(troubles, []);
});

test("two people who write the same post see what the other has written before they replace it", async (t) => {
  const { world, members, open, troubles } = await signedIn(t, ["publisher"]);
  await world.connect(world.test, "facebook");
  const id = await createPost(world, { text: "Begun" });
  const mine = await open({ viewport: { width: 360, height: 780 } });
  const hers = await open({}, members[0]?.cookie);
  await mine.goto(`${world.url}/compose?mode=test&post=${id}`);
  await hers.goto(`${world.url}/compose?mode=test&post=${id}&workspace=${world.test.userId}`);
  const write = (page: Page, words: string) => page.getByLabel("Text", { exact: true }).fill(words);
  const saved = (page: Page) => page.waitForResponse((response) => response.request().method() === "PATCH");
  const told = (page: Page) => page.getByText("Somebody else has changed this post.").waitFor();

  for (const page of [mine, hers]) await page.getByLabel("Text", { exact: true }).waitFor();
  await Promise.all([saved(hers), write(hers, "By the member")]);
  await write(mine, "By the owner");
  await told(mine);
  await mine.getByText("By the member", { exact: true }).waitFor();
  await assertAccessible(mine);
  // Only what is shown is replaced.
  await Promise.all([saved(hers), write(hers, "By the member, again")]);
  await mine.getByText("By the member, again", { exact: true }).waitFor();
  // What the composer does not show is not replaced.
  const settings = { firstComment: "More here" };
  const theirs = {
    onPause: "skip",
    content: { text: "By the member, again", platformOverrides: { facebook: { settings } } },
  };
  assert.equal((await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, theirs)).status, 200);
  const changed = mine.locator("dd", { hasText: "First comment" });
  await changed.getByText("More here", { exact: true }).waitFor();
  await assertAccessible(mine);
  await Promise.all([saved(mine), press(mine, "Keep my version")]);
  await mine.getByText("Saved", { exact: true }).waitFor();
  const { content, onPause } = await readPost(world, id);
  assert.deepEqual([content.text, onPause], ["By the owner", "skip"]);

  await write(hers, "By the member, at last");
  await told(hers);
  await hers.getByText("By the owner", { exact: true }).waitFor();
  await press(hers, "Load theirs");
  // What was kept was written on an older version.
  await press(hers, "Continue with it");
  await told(hers);
  await hers.getByText("By the owner", { exact: true }).waitFor();
  await Promise.all([saved(hers), press(hers, "Keep my version")]);
  assert.equal((await readPost(world, id)).content.text, "By the member, at last");
  assert.deepEqual(troubles, []);
});

test("a draft that is refused is not sent again until it changes", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "facebook");
  const id = await createPost(world, { text: "Begun" });
  const page = await open();
  const sent: string[] = [];
  let isRefused = true;
  await page.route(`**/api/v1/posts/${id}?*`, async (route) => {
    const request = route.request();
    if (request.method() !== "PATCH") return await route.fallback();
    sent.push(Object(request.postDataJSON()).content.text);
    if (!isRefused) return await route.fallback();
    return await route.fulfill({ status: 403, json: { code: "POLICY_VIOLATION", error: "Not today.", issues: [] } });
  });
  await page.clock.install();
  await page.goto(`${world.url}/compose?mode=test&post=${id}`);
  const text = page.getByLabel("Text", { exact: true });
  const refused = page.waitForResponse((response) => response.request().method() === "PATCH");
  await text.fill("Refused");
  await refused;
  await page.getByText("Not saved yet", { exact: true }).waitFor();
  await page.clock.runFor(10_000);
  isRefused = false;
  await text.fill("Accepted");
  await page.getByText("Saved", { exact: true }).waitFor();
  assert.deepEqual(sent, ["Refused", "Accepted"]);
  assert.equal((await readPost(world, id)).content.text, "Accepted");
  assert.deepEqual(troubles, []);
});

test("what is not saved yet is kept for who wrote it, and for nobody else in the same browser", async (t) => {
  const { world, members, open, troubles } = await signedIn(t, ["publisher"]);
  await world.connect(world.test, "facebook");
  const page = await open();
  const text = page.getByLabel("Text", { exact: true });
  const kept = page.getByText("There is an unsaved version in this browser.");
  const hers = await open({}, members[0]?.cookie);
  const [owner, member] = [await page.context().cookies(), await hers.context().cookies()];
  const compose = async (cookies: typeof owner, workspace = "") => {
    await page.context().clearCookies();
    await page.context().addCookies(cookies);
    await page.goto(`${world.url}/compose?mode=test${workspace}`);
    await text.waitFor();
  };
  const write = async (words: string) => {
    await text.fill(words);
    await until(page, `JSON.stringify(localStorage).includes('${words}')`);
  };
  const inOwners = `&workspace=${world.test.userId}`;
  await compose(owner);
  await write("The owner only");
  await compose(member, inOwners);
  assert.equal(await kept.count(), 0);
  await write("The member only");
  await compose(owner);
  await kept.waitFor();
  await press(page, "Continue with it");
  assert.equal(await text.inputValue(), "The owner only");
  assert.deepEqual(troubles, []);
});

test("each composer keeps what it has not saved, and all of it is listed until the person says what becomes of it", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "facebook");
  const page = await open({ viewport: { width: 360, height: 780 } });
  const other = await page.context().newPage();
  const textOf = (of: Page) => of.getByLabel("Text", { exact: true });
  const rows = page.locator("li:has(button)").filter({ hasText: "Continue with it" });
  const write = async (of: Page, words: string) => {
    await textOf(of).fill(words);
    await until(of, `JSON.stringify(localStorage).includes('${words}')`);
  };
  const answer = (words: string, name: string) =>
    rows.filter({ hasText: words }).getByRole("button", { name, exact: true }).click();
  const compose = async (of: Page, more = "") => {
    await of.goto(`${world.url}/compose?mode=test${more}`);
    await textOf(of).waitFor();
  };

  await step("two new posts in two tabs are both kept, also while a third one is written", async () => {
    await compose(page);
    await compose(other);
    await write(page, "In one tab");
    await write(other, "In the other tab");
    await compose(page);
    await page.getByText("There are 2 unsaved versions in this browser.").waitFor();
    await write(page, "In a third one");
    assert.equal(await rows.count(), 2);
    await assertAccessible(page);
    await answer("In one tab", "Continue with it");
    await until(page, "document.querySelector('textarea')?.value === 'In one tab'");
    await rows.filter({ hasText: "In a third one" }).waitFor();
    assert.equal(await rows.count(), 2);
    await answer("In the other tab", "Discard it");
    await page.getByText("There is an unsaved version in this browser.").waitFor();
    await page.getByLabel("Facebook").check();
    await page.waitForURL("**/compose?*post=*");
    await page.getByText("Saved", { exact: true }).waitFor();
    assert.equal(
      (await readPost(world, new URL(page.url()).searchParams.get("post") ?? "")).content.text,
      "In one tab",
    );
    // Once there is a post, what was kept for another one goes into another one.
    await answer("In a third one", "Continue with it");
    await until(page, "document.querySelector('textarea')?.value === 'In a third one'");
    assert.equal(new URL(page.url()).searchParams.get("post"), null);
    await compose(page);
    await answer("In a third one", "Discard it");
    await compose(page);
    assert.equal(await rows.count(), 0);
  });
  await step("what is typed in the last moment before leaving is kept as well", async () => {
    const kept = await page.evaluate(`(() => {
      const box = document.querySelector("textarea");
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, "At the last moment");
      box.dispatchEvent(new Event("input", { bubbles: true }));
      dispatchEvent(new Event("pagehide"));
      return JSON.stringify(localStorage).includes("At the last moment");
    })()`);
    assert.equal(kept, true);
    await compose(page);
    await answer("At the last moment", "Discard it");
  });
  await step("only the newest ten stay", async () => {
    await write(page, "The first");
    await page.evaluate(`(() => {
      const [name] = Object.keys(localStorage).filter((each) => each.startsWith("ampost.composer."));
      const kept = JSON.parse(localStorage.getItem(name));
      for (let age = 1; age <= 12; age++) {
        const draft = { ...kept.draft, text: "Older " + age };
        localStorage.setItem(name + age, JSON.stringify({ ...kept, at: kept.at - age, draft }));
      }
    })()`);
    await compose(page);
    await write(page, "The newest");
    await compose(page);
    await page.getByText("There are 10 unsaved versions in this browser.").waitFor();
    await rows.filter({ hasText: "Older 8" }).waitFor();
    assert.equal(await rows.filter({ hasText: /The (first|newest)/ }).count(), 2);
  });
  await step("what is continued was written before somebody else's change, which is shown first", async () => {
    const id = await createPost(world, { text: "Begun" });
    await compose(page, `&post=${id}`);
    const path = `**/api/v1/posts/${id}?*`;
    await intercept(page, path, (route) => (route.request().method() === "PATCH" ? route.abort() : route.fallback()));
    await write(page, "Mine");
    assert.equal(
      (await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Theirs" } })).status,
      200,
    );
    await compose(page, `&post=${id}`);
    await page.unroute(path);
    assert.equal(await textOf(page).inputValue(), "Theirs");
    await answer("Mine", "Continue with it");
    await page.getByText("Somebody else has changed this post.").waitFor();
    await page.locator("dd").getByText("Theirs", { exact: true }).waitFor();
    assert.equal(await textOf(page).inputValue(), "Mine");
    assert.equal((await readPost(world, id)).content.text, "Theirs");
    await page.getByRole("button", { name: "Keep my version" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    assert.equal((await readPost(world, id)).content.text, "Mine");
  });
  assert.deepEqual(troubles, []);
});

test("who leaves the composer is told what is not done: a time that is not scheduled, changes to what is", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  await world.connect(world.test, "facebook");
  const page = await open({ viewport: { width: 360, height: 780 } });
  const text = page.getByLabel("Text", { exact: true });
  const dialog = page.getByRole("dialog");
  const notScheduled = page.getByText("Draft saved, not scheduled yet");
  const leave = () => page.getByRole("link", { name: "Posts", exact: true }).click();

  await step("a time that is chosen is no schedule; it is back with the draft", async () => {
    await page.goto(`${world.url}/compose?mode=test`);
    await page.getByLabel("Facebook").check();
    await text.fill("At nine");
    await page.getByLabel("At a time").check();
    const field = page.getByLabel("Date and time");
    const time = (await field.inputValue()).replace("T09:00", "T09:17");
    await field.fill(time);
    await page.waitForURL("**/compose?*post=*");
    await notScheduled.waitFor();
    await leave();
    await dialog.getByText("It is not scheduled yet.").waitFor();
    await assertAccessible(page);
    await press(page, "Stay");
    await dialog.waitFor({ state: "detached" });
    const asked = page.waitForEvent("dialog");
    const reloaded = page.reload();
    const before = await asked;
    assert.equal(before.type(), "beforeunload");
    await before.accept();
    await reloaded;
    await notScheduled.waitFor();
    assert.equal(await field.inputValue(), time);
    await press(page, "Schedule");
    await page.waitForURL("**/posts/*");
    await page.getByText("Scheduled", { exact: true }).first().waitFor();
  });
  await step("a scheduled post goes out as it was unless its changes are saved", async () => {
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await page.goto(`${world.url}/compose?mode=test&post=${id}`);
    await text.fill("Better");
    await page.getByText("Not saved yet", { exact: true }).waitFor();
    await leave();
    await dialog.getByText("The post is scheduled, and goes out without your last changes.").waitFor();
    await page.keyboard.press("Escape");
    await text.fill("Even better");
    await leave();
    await press(page, "Leave");
    await page.waitForURL(/\/posts\?/);
    assert.equal((await readPost(world, id)).content.text, "At nine");
    await page.goto(`${world.url}/compose?mode=test&post=${id}`);
    await press(page, "Continue with it");
    await until(page, "document.querySelector('textarea')?.value === 'Even better'");
    await press(page, "Schedule");
    await page.waitForURL("**/posts/*");
    assert.equal((await readPost(world, id)).content.text, "Even better");
  });
  assert.deepEqual(troubles, []);
});

/** Moves the focus until it is on the control of this name. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses <= 80; presses += 1) {
    const focused = String(await page.evaluate(NAME_OF_FOCUS));
    if (typeof name === "string" ? focused === name : name.test(focused)) return;
    passed.push(focused);
    await page.keyboard.press(key);
  }
  assert.fail(`${String(name)} is not reached by ${key}: ${passed.join(" | ")}`);
}

const NAME_OF_FOCUS = `(() => {
  const focus = document.activeElement;
  if (focus === document.body) return "";
  return (focus.getAttribute("aria-label") ?? focus.labels?.[0]?.innerText ?? focus.innerText ?? "").trim();
})()`;
