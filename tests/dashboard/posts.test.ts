import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";

import type { Page, Request } from "playwright-core";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { post as postSchema, type Post } from "../../contract/operations/posts.ts";
import { idOf } from "../answers.ts";
import { holdReads, intercept, press, step } from "../browser.ts";
import { setUpOwner } from "./installed.ts";
import { openPages } from "./pages.ts";
import { assertAccessible, signedIn, TWO_FRAMES } from "./signed-in.ts";

const MANY = 10_000;
/** A browser has six connections to a server. */
const TABS = 7;

const STORE_MANY = `
  with counted as (insert into post_counts (user_id, mode, status, platforms, change)
    values ($1, $2::text, 'published', '{threads}', $4))
  insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, created_at)
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
    $1, $2::text, $3, 'published', jsonb_build_object('text', 'Number ' || n, 'media', '[]'::jsonb, 'linkUrl', null,
      'platformOverrides', '{}'::jsonb), '{threads}', at
  from generate_series(1, $4::int) as n, lateral (select '2026-01-01'::timestamptz + n * interval '1 minute' as at) as of`;

test("the list shows any of ten thousand posts, is filtered by its address, and follows the server", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  const { userId, mode, platformSetId } = world.test;
  for (const platform of ["threads", "facebook"] as const) await world.connect(world.test, platform);
  await world.services.pool.query(STORE_MANY, [userId, mode, platformSetId, MANY]);
  const create = async (text: string, more: object = {}) => {
    const body = { content: { text }, platforms: ["threads"], platformSetId, ...more };
    return idOf((await world.call(world.test, "POST", "/api/v1/posts", body)).body, "post");
  };
  const elsewhere = idOf(
    (await world.call(world.test, "POST", "/api/v1/platform-sets", { name: "Elsewhere" })).body,
    "set",
  );
  await world.connect(world.test, "facebook", { platformSetId: elsewhere });
  const page = await open({ viewport: { width: 360, height: 780 } });
  const row = (text: string | RegExp) => page.getByRole("link", { name: text });

  await step("any place of it can be scrolled to, and only what is seen is in the page", async () => {
    await page.goto(`${world.url}/posts?mode=test`);
    await page.getByText("10,000 posts").waitFor();
    await row(`Number ${MANY} `).waitFor();
    const list = "document.querySelector('main ul')";
    await page.evaluate(`window.scrollTo(0, ${list}.offsetTop + 5000 * 76)`);
    await row(`Number ${MANY - 5000} `).waitFor();
    await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
    await row(/^Number 1 Threads/).waitFor();
    assert.ok((await page.locator("main li").count()) < 60);
    await assertAccessible(page);
  });
  await step("a post that is created or cancelled elsewhere appears and changes by itself", async () => {
    await page.evaluate("window.scrollTo(0, 0)");
    const id = await create("Brand new");
    await page.getByText("10,001 posts").waitFor();
    await row("Brand new").getByText("Draft").waitFor();
    await world.call(world.test, "DELETE", `/api/v1/posts/${id}`);
    await row("Brand new").getByText("Cancelled").waitFor();
  });
  await step("filters are in the address, which shows the same to whoever opens it", async () => {
    const due = new Date(Date.now() + 86_400_000);
    await create("Tomorrow's news", { scheduledFor: due.toISOString(), platforms: ["facebook"] });
    await page.getByLabel("Search").fill("news");
    await page.getByText("1 post", { exact: true }).waitFor();
    await page.getByText(/^Filters/).click();
    await page.getByLabel("Status").selectOption("Scheduled");
    await page.getByLabel("Platform", { exact: true }).selectOption("Facebook");
    const day = due.toISOString().slice(0, 10);
    await page.getByLabel("Scheduled from").fill(day);
    await page.getByLabel("Scheduled until").fill(day);
    await page.waitForURL((url) => url.searchParams.get("to") !== null);
    const other = await open();
    await other.goto(page.url());
    await other.getByRole("link", { name: "Tomorrow's news" }).waitFor();
    assert.equal(await other.getByLabel("Search").inputValue(), "news");
    assert.equal(await other.getByLabel("Scheduled from").inputValue(), day);
    await page.getByLabel("Platform set").selectOption("Elsewhere");
    await page.getByRole("heading", { name: "No posts match" }).waitFor();
    assert.equal(new URL(page.url()).searchParams.get("set"), elsewhere);
    await create("News of others", {
      platforms: ["facebook"],
      platformSetId: elsewhere,
      scheduledFor: due.toISOString(),
    });
    await row("News of others").waitFor();
    await page.getByText("1 post", { exact: true }).waitFor();
    await page.getByLabel("Search").fill("nothing like it");
    await page.getByRole("heading", { name: "No posts match" }).waitFor();
    await assertAccessible(page);
    await press(page, "Clear filters");
    await page.getByText("10,003 posts").waitFor();
    assert.equal(await page.getByLabel("Search").inputValue(), "");
  });
  await step(
    "a post is shown in more tabs than a browser has connections, and is up to date in each that is seen",
    async () => {
      const id = await create("In many tabs");
      const turn = (tab: Page, to: "visible" | "hidden") =>
        tab.evaluate(`
        Object.defineProperty(document, "visibilityState", { value: "${to}", configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      `);
      const tabs: Page[] = [];
      for (let count = 0; count < TABS; count += 1) {
        const tab = await page.context().newPage();
        await tab.goto(`${world.url}/posts/${id}?mode=test`);
        await tab.locator("main").getByText("In many tabs").first().waitFor();
        await turn(tab, "hidden");
        tabs.push(tab);
      }
      const [first] = tabs;
      assert.ok(first !== undefined);
      await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Now as well" } });
      await turn(first, "visible");
      await first.locator("main").getByText("Now as well").first().waitFor();
      await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "And now" } });
      await first.locator("main").getByText("And now").first().waitFor();
    },
  );
  assert.deepEqual(troubles, []);
});

test("a post is followed to its end, explained, retried, and settled by a person where no platform can", async (t) => {
  const { page, create, read, ledger, url } = await startPublishing(t);
  const show = (id: string) => page.goto(`${url}/posts/${id}?mode=test`);
  const on = (label: string) => page.locator("section", { has: page.getByRole("heading", { name: label }) });

  await step("a draft is published, and the page follows it to the link in the sandbox", async () => {
    const id = await create({
      content: { text: "For all", platformOverrides: { threads: { text: "For Threads alone" } } },
      platforms: ["threads", "twitter"],
    });
    await show(id);
    await on("Threads").getByText("For Threads alone").waitFor();
    await on("X (Twitter)").getByText("For all", { exact: true }).waitFor();
    await press(page, "Publish now");
    await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await on("Threads").getByText("Published", { exact: true }).waitFor();
    const link = on("X (Twitter)").getByRole("link", { name: "Open in the sandbox" });
    await link.waitFor();
    assert.equal(await link.getAttribute("href"), (await read(id)).platformPosts[1]?.sandboxUrl);
    await on("Threads").getByText("Everything Ampost did").click();
    await on("Threads").getByText("Publishes", { exact: true }).waitFor();
    await assertAccessible(page);
    assert.deepEqual(await ledger("For Threads alone"), [1]);
  });

  await step("what failed says why, and a retry tries only the chosen platform again", async () => {
    const id = await create({
      content: {
        text: "Fine there",
        platformOverrides: {
          twitter: { text: "Refused [[sandbox:reject:1]]" },
          facebook: { text: "Refused, too [[sandbox:reject]]" },
        },
      },
      platforms: ["threads", "twitter", "facebook"],
    });
    await show(id);
    await press(page, "Publish now");
    await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await page.getByText("Partly published").waitFor();
    await on("X (Twitter)")
      .getByText(/rejected/)
      .first()
      .waitFor();
    await press(page, "Retry");
    await page.getByRole("dialog").getByLabel("Facebook").uncheck();
    await press(page, "Retry 1 platform");
    await on("X (Twitter)").getByText("Published", { exact: true }).waitFor();
    await on("Facebook").getByText("Failed", { exact: true }).waitFor();
    assert.deepEqual(await ledger("Fine there"), [1]);
  });

  await step("an unknown outcome: its link is there, and another post's is not accepted for it", async () => {
    const other = await create({ content: { text: "Another one" }, platforms: ["linkedin"] });
    const id = await create({ content: { text: "Lost [[sandbox:drop_after]]" }, platforms: ["linkedin"] });
    for (const each of [other, id]) {
      await show(each);
      await press(page, "Publish now");
      await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
      await page
        .getByText(/Published|Outcome unknown/)
        .first()
        .waitFor();
    }
    await on("Status").getByText("Outcome unknown").waitFor();
    await page.goto(`${url}/posts?mode=test&status=unknown`);
    await page.getByText("1 post", { exact: true }).waitFor();
    const row = page.getByRole("link", { name: /^Lost/ });
    await row.getByText("Outcome unknown").waitFor();
    for (const view of ["/posts", "/"]) {
      await page.goto(`${url}${view}?mode=test`);
      await row.getByText("Outcome unknown").waitFor();
      assert.equal(await row.getByText("Failed").count(), 0, view);
    }
    await row.click();
    await press(page, "It is there");
    const link = page.getByLabel("Link of the post");
    const theirs = (await read(other)).platformPosts[0]?.sandboxUrl ?? "";
    await link.fill(theirs);
    await press(page, "Save");
    await page.getByText("This is the link of another post.").waitFor();
    assert.equal(await link.inputValue(), theirs);
    await link.fill("https://www.linkedin.com/feed/update/urn:li:share:7000000000000000001/");
    await press(page, "Save");
    await on("LinkedIn").getByText("Published", { exact: true }).waitFor();
    const { status, platformPosts } = await read(id);
    assert.deepEqual([status, platformPosts[0]?.platformPostId], ["published", "urn:li:share:7000000000000000001"]);
  });

  await step("it is not there: the post has failed, and can be retried", async () => {
    const id = await create({ content: { text: "Gone [[sandbox:drop_before:1]]" }, platforms: ["twitter"] });
    await show(id);
    await press(page, "Publish now");
    await page.getByRole("dialog").getByRole("button", { name: "Publish now" }).click();
    await press(page, "It is not there");
    await assertAccessible(page);
    await page.getByRole("dialog").getByRole("button", { name: "It is not there" }).click();
    await on("X (Twitter)").getByText("Failed", { exact: true }).waitFor();
    assert.deepEqual(await ledger("Gone [[sandbox:drop_before:1]]"), []);
    await press(page, "Retry");
    await press(page, "Retry 1 platform");
    await on("X (Twitter)").getByText("Published", { exact: true }).waitFor();
    assert.equal((await ledger("Gone [[sandbox:drop_before:1]]")).length, 1);
  });

  await step("what was read of a post before it was changed does not replace the change", async () => {
    const id = await create({ content: { text: "Before" }, platforms: ["threads"] });
    await show(id);
    await on("Threads").getByText("Before").waitFor();
    const [isRead, isReleased] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const isOfPost = ({ pathname }: URL) => pathname === `/api/v1/posts/${id}`;
    await intercept(page, isOfPost, async (route) => {
      const response = await route.fetch();
      isRead.resolve();
      await isReleased.promise;
      await route.fulfill({ response });
    });
    const isAsked = (request: Request) => isOfPost(new URL(request.url()));
    const ended = Promise.race([
      page.waitForEvent("requestfinished", isAsked),
      page.waitForEvent("requestfailed", isAsked),
    ]);
    await page.evaluate(`document.dispatchEvent(new Event("visibilitychange", { bubbles: true }))`);
    await isRead.promise;
    await read(id, { content: { text: "After" } });
    await on("Threads").getByText("After").waitFor();
    isReleased.resolve();
    await ended;
    await page.evaluate(TWO_FRAMES);
    assert.ok(await on("Threads").getByText("After").isVisible());
    await page.unroute(isOfPost);
  });

  await step("a change by somebody else in the meantime is told, and nothing happens to the post", async () => {
    const id = await create({ content: { text: "Ours" }, platforms: ["threads"] });
    await show(id);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
    await read(id, { content: { text: "Theirs" } });
    await on("Threads").getByText("Theirs").waitFor();
    const held = await holdReads(page, `/api/v1/posts/${id}`);
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await held.isAsked;
    await page.getByRole("dialog").getByRole("button", { name: "Delete", disabled: true }).waitFor();
    assert.equal(await page.getByText(/has changed in the meantime/).count(), 0, "the page does not show it yet");
    held.release();
    await page.getByText(/has changed in the meantime/).waitFor();
    assert.equal((await read(id)).status, "draft");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Cancelled", { exact: true }).first().waitFor();
  });

  await step("a post that is done can be duplicated, by keyboard alone", async () => {
    await page.getByRole("button", { name: "More actions" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Duplicate" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "New post" }).waitFor();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), "Theirs");
    assert.equal(await page.getByRole("checkbox", { name: "Threads" }).isChecked(), true);
    await press(page, "Save draft");
    await page.waitForURL("**/compose?*post=*");
    const copy = await read(new URL(page.url()).searchParams.get("post") ?? "");
    assert.deepEqual([copy.status, copy.content.text], ["draft", "Theirs"]);
  });

  await step("a scheduled post becomes a draft, is scheduled again by undo, and is cancelled for good", async () => {
    const scheduledFor = new Date(Date.now() + 90_061_500).toISOString();
    const id = await create({ content: { text: "Not this week" }, platforms: ["threads"], scheduledFor });
    const choose = async (name: string) => {
      await page.getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    // What is said stays for ten minutes instead of 6 s, also on a slow machine.
    await page.addInitScript(`{
      const wait = setTimeout;
      setTimeout = (work, after, ...rest) => wait(work, after === 6_000 ? 600_000 : after, ...rest);
    }`);
    await show(id);
    await choose("Back to draft");
    await page.getByText("The post is a draft now.").first().waitFor();
    await page.getByText("Not scheduled.").waitFor();
    assert.deepEqual((({ status, scheduledFor: at }) => [status, at])(await read(id)), ["draft", null]);
    await press(page, "Undo");
    await page.getByText(/^Goes out on/).waitFor();
    assert.deepEqual((({ status, scheduledFor: at }) => [status, at])(await read(id)), ["scheduled", scheduledFor]);
    await page.getByText("The post is scheduled again.").first().waitFor();
    await choose("Back to draft");
    await page.getByText("Not scheduled.").waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Posts" }).click();
    await page.getByRole("heading", { name: "Posts" }).waitFor();
    await read(id, { content: { text: "Next week" } });
    await press(page, "Undo");
    await page
      .getByText(/^The post has changed in the meantime/)
      .first()
      .waitFor();
    assert.equal((await read(id, { scheduledFor })).status, "scheduled");
    await show(id);
    await choose("Cancel post");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel post" }).click();
    await page.getByText("Cancelled before it was published.").waitFor();
    assert.equal((await read(id)).status, "discarded");
    assert.deepEqual([...(await ledger("Not this week")), ...(await ledger("Next week"))], []);
  });
});

/** An installation with accounts in the sandbox, whose owner is signed in. */
async function startPublishing(t: TestContext) {
  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_ENGINE_SPEED: "30", AMPOST_SCHEDULING: "all" });
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const { appUrl: url } = installation;
  const cookie = await setUpOwner(installation, server);
  const { open } = await openPages(t);
  const page = await open({ viewport: { width: 360, height: 780 } }, { url, cookie });
  const call = async (method: string, path: string, body?: object): Promise<Post> => {
    const answer = await fetch(`${installation.url}/api/v1/posts${path}`, {
      method,
      headers: { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.text();
    assert.ok(answer.ok, said);
    return postSchema.parse(Object(JSON.parse(said)).post);
  };
  return {
    url,
    page,
    create: async (body: object) => (await call("POST", "", { platformSetId, ...body })).id,
    /** The post now, or after a change. */
    read: async (id: string, change?: object) => await call(change === undefined ? "GET" : "PATCH", `/${id}`, change),
    /** The publishing requests of each post in the sandbox with this text. */
    ledger: async (text: string): Promise<number[]> => {
      const posts: Record<string, unknown>[] = Object(
        await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json(),
      );
      return posts.filter((each) => each.text === text).map(({ publishCalls }) => Number(publishCalls));
    },
  };
}
