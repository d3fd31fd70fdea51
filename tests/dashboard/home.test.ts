import assert from "node:assert/strict";
import { test } from "node:test";

import { publishing as publishingShape } from "../../contract/operations/publishing.ts";
import { objectIn } from "../answers.ts";
import { intercept, step } from "../browser.ts";
import { assertAccessible, signedIn } from "./signed-in.ts";

test("home leads a new user to going live, and tells what is next, what failed and how publishing went", async (t) => {
  const { world, open, troubles } = await signedIn(t);
  const { pool } = world.services;
  const { userId, platformSetId } = world.test;
  const page = await open({ viewport: { width: 1280, height: 900 } });
  const sees = (text: string | RegExp) => page.getByText(text).first().waitFor();
  /** As the engine leaves it; the database counts it. */
  const becomes = async (id: string, to: string) => {
    await pool.query("update posts set status = $2 where id = $1", [id, to]);
  };
  const publishing = async () =>
    publishingShape.parse(objectIn((await world.call(world.test, "GET", "/api/v1/publishing")).body, "publishing"));

  await step("the checklist begins with the sandbox, and ticks by itself", async () => {
    await page.goto(`${world.url}/?mode=test`);
    await sees("1 of 5 done");
    await page.getByRole("link", { name: "Threads", exact: true }).waitFor();
    await assertAccessible(page);
    await world.connect(world.test, "threads");
    await sees("2 of 5 done");
  });
  const key = await step("a key is created and shown once, and the snippets have it and the platform set", async () => {
    await page.getByRole("button", { name: "Create an API key" }).click();
    await page.getByRole("button", { name: "Create a test key" }).click();
    const made = (await page.getByRole("region", { name: "Your key" }).textContent()) ?? "";
    for (const language of ["curl", "TypeScript", "Python", "MCP"]) {
      await page.getByRole("tab", { name: language }).click();
      const text = (await page.getByRole("region", { name: language }).textContent()) ?? "";
      for (const part of [made, world.url]) assert.ok(text.includes(part), `${language}: ${part}`);
    }
    await assertAccessible(page);
    return made;
  });
  await step("a draft that the key creates does not count as published", async () => {
    const response = await fetch(`${world.url}/api/v1/posts`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ content: { text: "Only a draft" }, platforms: ["threads"], platformSetId }),
    });
    assert.equal(response.status, 201);
    await page.reload();
    await sees("2 of 5 done");
  });
  const post = await step("the first post is published on the page itself, and ticked once it is", async () => {
    const publish = page.getByRole("button", { name: "Publish on Threads, in the sandbox" });
    const refusal = { error: "Refused once", code: "POLICY_VIOLATION", docs: "", requestId: "req_1", issues: [] };
    await intercept(page, "**/publish?*", (route) => route.fulfill({ status: 403, json: refusal }), { times: 1 });
    await page.getByRole("textbox", { name: "Text" }).fill("The draft that is not published");
    await publish.click();
    await sees("Refused once");
    // The same post, and no draft is left behind.
    await page.getByRole("textbox", { name: "Text" }).fill("The first");
    await assertAccessible(page);
    const [update] = await Promise.all([
      page.waitForRequest((request) => request.method() === "PATCH"),
      publish.click(),
    ]);
    assert.deepEqual(update.postDataJSON(), { content: { text: "The first" }, platforms: ["threads"], platformSetId });
    await sees("Publishing on Threads has started.");
    await sees("2 of 5 done");
    const { rows } = await pool.query<{ id: string; status: string }>(
      "select id, status from posts where user_id = $1 and content ->> 'text' <> 'Only a draft'",
      [userId],
    );
    assert.deepEqual(
      rows.map(({ status }) => status),
      ["queued"],
    );
    const id = rows[0]?.id ?? "";
    await becomes(id, "published");
    await sees("3 of 5 done");
    await page.getByRole("link", { name: "See the post" }).click();
    await page.waitForURL(`**/posts/${id}**`);
    await page.goBack();
    return id;
  });
  await step("the checklist is hidden, and comes back when it is asked for", async () => {
    const list = page.getByRole("heading", { name: "Getting started" });
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Pause publishing", exact: true }).waitFor();
    assert.equal(await page.getByRole("menuitem", { name: "Getting started" }).count(), 0);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Hide" }).click();
    await list.waitFor({ state: "detached" });
    await page.reload();
    await sees("Needs attention");
    assert.equal(await list.count(), 0);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Getting started" }).click();
    await list.waitFor();
    await page.reload();
    await list.waitFor();
  });
  await step("a webhook is created, and what is wrong with its URL is said beside it", async () => {
    // The first step that is not done is open.
    const field = page.getByLabel("URL that events are sent to");
    await field.fill("http://127.0.0.1/hook");
    await page.getByRole("button", { name: "Create the webhook" }).click();
    await page.locator('[aria-invalid="true"]').waitFor();
    await field.fill("https://app.example.com/hook");
    await page.getByRole("button", { name: "Create the webhook" }).click();
    await page
      .getByRole("region", { name: "Secret" })
      .filter({ hasText: /^whsec_/ })
      .waitFor();
    await sees("4 of 5 done");
  });
  await step("going live is the last step, after which the checklist is gone", async () => {
    await page.getByRole("button", { name: "Go live" }).click();
    const keys = await page.getByRole("link", { name: "Create a live key" }).getAttribute("href");
    assert.equal(keys, "/developers/keys?mode=live");
    await world.connect(world.live, "threads");
    await page.getByRole("heading", { name: "Getting started" }).waitFor({ state: "detached" });
  });
  await step("a failed post and an account without access need attention, until they do not", async () => {
    await sees("Nothing failed, and nothing waits for you.");
    await becomes(post, "failed");
    await pool.query("update accounts set token_health = 'revoked' where user_id = $1 and mode = 'test'", [userId]);
    await page.reload();
    await sees("The first");
    await sees(/access has ended\. Reconnect the account\./);
    await page.getByRole("link", { name: /The first/ }).click();
    await page.waitForURL(`**/posts/${post}**`);
    await page.goBack();
  });
  await step("what failed last is shown, however many newer posts have failed before", async () => {
    const newer = 120;
    await pool.query(
      `with counted as (insert into post_counts (user_id, mode, status, platforms, change)
         values ($1, 'test', 'failed', '{threads}', $3))
       insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, created_at, updated_at)
       select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint + n), 12, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
         $1, 'test', $2, 'failed', jsonb_build_object('text', 'Newer ' || n, 'media', '[]'::jsonb, 'linkUrl', null,
           'platformOverrides', '{}'::jsonb), '{threads}', now(), now() - interval '1 hour'
       from generate_series(1, $3::int) as n`,
      [userId, platformSetId, newer],
    );
    await pool.query("update posts set scheduled_for = now() - interval '1 minute', updated_at = now() where id = $1", [
      post,
    ]);
    await page.reload();
    await page
      .getByRole("link", { name: /^Newer/ })
      .nth(3)
      .waitFor();
    assert.match(
      (await page
        .getByRole("link", { name: /^(Newer|The first)/ })
        .first()
        .innerText()) ?? "",
      /^The first/,
    );
    await page.getByRole("link", { name: "All failed posts" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "All partly published posts" }).count(), 0);
    await page.getByRole("link", { name: "All failed posts" }).click();
    await sees(`${newer + 1} posts`);
    await page.goBack();
  });
  await step("publishing is paused and resumed", async () => {
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Pause publishing", exact: true }).click();
    await sees("Publishing is paused.");
    assert.equal((await publishing()).status, "paused");
    await page.getByRole("button", { name: "Resume publishing" }).click();
    await page.getByText("Publishing is paused.").waitFor({ state: "detached" });
    assert.equal((await publishing()).status, "running");
  });
  await step(
    "what went live meanwhile is counted as soon as somebody returns, however short they were away",
    async () => {
      const other = await open();
      await other.addInitScript("const began = Date.now(); Date.now = () => began; globalThis.setInterval = () => 0;");
      await other.goto(`${world.url}/?mode=test`);
      await other.getByText("Nothing was published.").waitFor();
      await other.getByRole("link", { name: "Posts", exact: true }).click();
      await other.getByRole("heading", { name: "Posts" }).waitFor();
      await pool.query(
        `update platform_posts set status = 'published', due_at = now() - interval '90 seconds', published_at = now()
       where post_id = $1`,
        [post],
      );
      await other.getByRole("link", { name: "Home", exact: true }).click();
      await other.getByText("1 published, at most 1.5 min late").waitFor();
      await other.context().close();
    },
  );
  await step("what went live is a chart with a table behind it", async () => {
    await page.reload();
    await sees("1 published, at most 1.5 min late");
    await page.getByRole("img", { name: /^Threads: published per day/ }).waitFor();
    await page.getByText("Show as a table").click();
    assert.deepEqual(await page.getByRole("row").last().getByRole("cell").allTextContents(), [
      "Threads",
      "1",
      "1.5 min",
      "1.5 min",
    ]);
    await assertAccessible(page);
  });
  await step("all of it fits a phone", async () => {
    await page.setViewportSize({ width: 360, height: 780 });
    await page.reload();
    await page.getByRole("img", { name: /^Threads: published per day/ }).waitFor();
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    await assertAccessible(page);
  });
  assert.deepEqual(troubles, []);
});
