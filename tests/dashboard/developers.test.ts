import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type TestContext, test } from "node:test";

import { press, step } from "../browser.ts";
import { installed } from "./installed.ts";
import { assertAccessible } from "./signed-in.ts";

const RUNS = "globalThis.hasRun=true";
const HOSTILE = `<img src=x onerror="${RUNS}"><script>${RUNS}</script>`;

test("a developer finds everything that a program needs", async (t) => {
  const env = { AMPOST_ALLOW_PRIVATE_URLS: "true", AMPOST_ENGINE_SPEED: "30" };
  const { appUrl: url, open, installation, troubles } = await installed(t, env);
  const page = await open({ viewport: { width: 360, height: 780 } });
  const dialog = page.getByRole("dialog");
  const lasting = String((await installation.json("bootstrap", "--json"))["apiKey"]);
  const show = (view: string) => page.goto(`${url}/developers/${view}?mode=test`);
  const statusOf = async (key: string) =>
    (await fetch(`${installation.url}/api/v1/posts`, { headers: { authorization: `Bearer ${key}` } })).status;

  const key = await step("a key is created by keyboard alone, and the shown command works as it is", async () => {
    await page.goto(`${url}/keys?mode=test`);
    await page.getByRole("button", { name: "Create key" }).press("Enter");
    await dialog.getByLabel("Name").fill(HOSTILE);
    await dialog.getByText("Limits").press("Enter");
    await dialog.getByLabel("Drafts only").press("Space");
    await dialog.getByLabel("Posts per day").fill("7");
    await assertAccessible(page);
    await dialog.getByRole("button", { name: "Create key" }).press("Enter");
    const command = (await dialog.getByRole("region", { name: "curl" }).textContent()) ?? "";
    await assertAccessible(page);
    const { stdout } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    assert.equal(Object(JSON.parse(stdout)).post.status, "draft");
    await dialog.getByText("Each of these creates a draft.").waitFor();
    await press(page, "Done");
    const item = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: HOSTILE }) });
    await item.getByText("7 posts per day").waitFor();
    const raw = /amp_test_[\w-]{43}/.exec(command)?.[0] ?? "";
    assert.ok(!(await page.content()).includes(raw));
    return raw;
  });

  await step("what is wrong with a key is said beside its field, and what was filled in stays", async () => {
    await press(page, "Create key");
    await dialog.getByLabel("Name").fill("Late");
    await dialog.getByLabel("Expires").selectOption("At a time");
    await dialog.getByLabel("Date and time").fill("2020-01-01T00:00");
    await dialog.getByRole("button", { name: "Create key" }).click();
    await dialog.locator("[aria-invalid=true]").and(dialog.getByLabel("Date and time")).waitFor();
    assert.equal(await dialog.getByLabel("Name").inputValue(), "Late");
    await assertAccessible(page);
    await page.keyboard.press("Escape");
  });

  await step("a key is rolled with overlap, and revoked after a confirmation", async () => {
    await press(page, `Roll ${HOSTILE}`);
    await assertAccessible(page);
    await press(page, "Roll key");
    const rolled = (await page.getByRole("region", { name: `Key ${HOSTILE}` }).textContent()) ?? "";
    assert.deepEqual([await statusOf(key), await statusOf(rolled)], [200, 200]);
    await press(page, "Done");
    await page.getByText("Rolled", { exact: true }).waitFor();
    await page.reload();
    await page
      .getByRole("button", { name: `Revoke ${HOSTILE}` })
      .first()
      .click();
    await dialog.getByText(/^It was last used .+ Whatever uses it stops working\.$/).waitFor();
    await assertAccessible(page);
    await press(page, "Revoke");
    await page.getByText("The key was revoked.", { exact: true }).waitFor();
    await page.getByText("1 revoked or expired").click();
    await page.getByText("Revoked", { exact: true }).first().waitFor();
    assert.deepEqual([await statusOf(key), await statusOf(rolled)], [200, 401]);
    await assertAccessible(page);
  });

  await step(
    "many keys are searched and sorted, and one that was never used is revoked without a warning",
    async () => {
      for (const n of [1, 2, 3, 4, 5, 6]) {
        const init = {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ name: `Robot ${n}`, mode: "test" }),
        };
        assert.equal(
          await page.evaluate(`fetch("/api/keys?mode=test", ${JSON.stringify(init)}).then(({ status }) => status)`),
          201,
        );
      }
      await page.reload();
      const names = () => page.getByRole("main").getByRole("heading", { level: 3 }).allInnerTexts();
      await page.getByLabel("Sort by").selectOption("Name");
      assert.deepEqual(
        (await names()).filter((name) => name.startsWith("Robot")),
        [1, 2, 3, 4, 5, 6].map((n) => `Robot ${n}`),
      );
      await page.getByLabel("Sort by").selectOption("Longest unused");
      assert.match((await names())[0] ?? "", /^Robot/);
      await page.getByLabel("Sort by").selectOption("Newest");
      assert.equal((await names())[0], "Robot 6");
      await page.getByRole("searchbox", { name: "Search" }).fill("robot 3");
      await page.getByRole("heading", { name: "Robot 4" }).waitFor({ state: "detached" });
      await assertAccessible(page);
      await press(page, "Revoke Robot 3");
      assert.equal(await dialog.getByText("It was last used").count(), 0);
      await press(page, "Back");
    },
  );

  await step("a change that failed leads to its entry in the request log", async () => {
    await press(page, "Roll Robot 3");
    const list = await page.evaluate(`fetch("/api/keys?mode=test").then((answer) => answer.json())`);
    const robot = Object(list).keys.find((each: object) => Object(each).name === "Robot 3");
    await page.evaluate(`fetch("/api/keys/${robot.id}?mode=test", { method: "DELETE" })`);
    await press(page, "Roll key");
    await dialog.getByRole("link", { name: /^Request [\w-]{36}$/ }).click();
    await page.getByRole("heading", { name: "POST /api/keys/:id/roll" }).waitFor();
  });

  await step("a webhook gets its events, and what it answered is shown and can be sent again", async () => {
    const receiver = await receive(t);
    await show("webhooks");
    await press(page, "Create webhook");
    await dialog.getByLabel("URL").fill("not a url");
    await dialog.getByLabel("Description").fill(HOSTILE);
    await dialog.getByLabel("post.published", { exact: true }).check();
    await assertAccessible(page);
    await dialog.getByLabel("URL").fill(`${receiver.url}/a`);
    await dialog.getByRole("button", { name: "Create webhook" }).press("Enter");
    const secret = (await dialog.getByRole("region", { name: "Secret" }).textContent()) ?? "";
    await assertAccessible(page);
    await press(page, "Done");
    await page.getByRole("link", { name: /1 event/ }).click();
    await press(page, "Send a test event");
    const first = await receiver.next();
    assert.equal(verify(first, secret), "webhook.test");
    const delivery = page.getByRole("listitem").filter({ hasText: "webhook.test" });
    await delivery.getByText("Delivered").waitFor();
    await delivery.getByText("webhook.test").first().click();
    await delivery.getByText("Status 200").waitFor();
    await delivery.getByText(`thanks ${HOSTILE}`).waitFor();
    await assertAccessible(page);
    await press(page, "Send again");
    assert.equal((await receiver.next()).headers["webhook-id"], first.headers["webhook-id"]);

    await press(page, "Rotate secret");
    await press(page, "Rotate");
    const rotated = (await dialog.getByRole("region", { name: "Secret" }).textContent()) ?? "";
    await press(page, "Done");
    await press(page, "Send a test event");
    assert.equal(verify(await receiver.next(), rotated), "webhook.test");

    await press(page, "Pause");
    await page.getByText("Paused", { exact: true }).waitFor();
    await press(page, "Enable");
    await page.getByText("Active", { exact: true }).waitFor();
    await press(page, "Edit");
    await dialog.getByLabel("URL").fill(`${receiver.url}/gone`);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.waitFor({ state: "hidden" });
    await press(page, "Send a test event");
    await receiver.next();
    await page.getByText(/410/).first().waitFor();
    await page.getByText("Paused", { exact: true }).waitFor();
    await assertAccessible(page);
    await press(page, "Delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "No webhooks yet" }).waitFor();
  });

  await step(
    "what a key asked is in the request log, by its ID and by filters, and a failure leads there",
    async () => {
      const authorization = { authorization: `Bearer ${lasting}`, "content-type": "application/json" };
      const refused = await fetch(`${installation.url}/api/v1/posts`, {
        method: "POST",
        headers: authorization,
        body: JSON.stringify({ content: { text: HOSTILE }, platforms: ["myspace"], [HOSTILE]: lasting }),
      });
      assert.equal(refused.status, 400);
      const id = refused.headers.get("x-request-id") ?? "";
      await page.goto(`${url}/developers/requests/${id}?mode=test`);
      await page.getByRole("heading", { name: "POST /api/v1/posts" }).waitFor();
      await page.getByText("The request has an unknown field").waitFor();
      assert.ok(((await page.getByRole("region", { name: "Body" }).textContent()) ?? "").includes("myspace"));
      assert.ok(!(await page.content()).includes(lasting));
      await assertAccessible(page);
      await page.getByRole("link", { name: "Requests to the same endpoint" }).click();
      await page.getByLabel("Status").selectOption("failed");
      const entries = page.getByRole("link", { name: /POST \/api\/v1\/posts/ });
      await entries.first().waitFor();
      assert.match(page.url(), /result=failed/);
      await page.getByLabel("Method").selectOption("DELETE");
      await page.getByRole("heading", { name: "No entries match" }).waitFor();
      await page.getByRole("button", { name: "Clear filters" }).click();
      await page.getByLabel("Endpoint").fill("/api/v1/posts");
      await page.getByLabel("Endpoint").press("Enter");
      await page.waitForURL(/route=/);
      await entries.first().waitFor();
      await assertAccessible(page);
      const heading = page.getByRole("heading", { name: "POST /api/v1/posts" });
      await page.getByLabel("Request ID").fill("nonsense");
      await page.getByLabel("Request ID").press("Enter");
      await page.getByText("Enter the X-Request-Id of a response.").waitFor();
      await assertAccessible(page);
      await page.getByLabel("Request ID").fill(` ${id.toUpperCase()} `);
      await press(page, "Open");
      await heading.waitFor();
      await show("requests");
      // Keys are heard once the view is there.
      await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Search and commands" }).fill(id);
      await page.getByRole("option", { name: `Request ${id}` }).click();
      await heading.waitFor();
    },
  );

  await step("a button makes the next call fail as it says, and the post goes out once", async () => {
    const accounts = await fetch(`${installation.url}/api/v1/accounts`, {
      headers: { authorization: `Bearer ${lasting}` },
    });
    const threads = Object(await accounts.json()).accounts.find((each: object) => Object(each).platform === "threads");
    const faults = page.getByRole("status").getByRole("listitem");
    await show("sandbox");
    await page.getByRole("combobox", { name: "Account" }).selectOption(threads.id);
    await page.getByText("The next call works as usual.").waitFor();
    await press(page, "Limit the rate");
    await faults.getByText("rate_limit").waitFor();
    await press(page, "Reset");
    await page.getByText("The next call works as usual.").waitFor();
    await press(page, "Publish, then 500");
    await faults.getByText("error_after").waitFor();
    await assertAccessible(page);
    const text = `Rehearsed ${HOSTILE}`;
    const created = await fetch(`${installation.url}/api/v1/posts`, {
      method: "POST",
      headers: { authorization: `Bearer ${lasting}`, "content-type": "application/json" },
      body: JSON.stringify({ content: { text }, platforms: ["threads"], platformSetId: threads.platformSetId }),
    });
    const { post } = Object(await created.json());
    await page.goto(`${url}/posts/${post.id}?mode=test`);
    await press(page, "Publish now");
    await dialog.getByRole("button", { name: "Publish now" }).click();
    await page.getByText("Published", { exact: true }).first().waitFor();
    const attempts = await fetch(`${installation.url}/api/v1/posts/${post.id}/attempts`, {
      headers: { authorization: `Bearer ${lasting}` },
    });
    assert.match(await attempts.text(), /"status":500/);
    const out = await (await fetch(`${installation.sandboxUrl}/_sandbox/posts?platform=threads`)).text();
    assert.equal(out.split("Rehearsed").length, 2, out);
    await show("sandbox");
    await page.getByRole("combobox", { name: "Account" }).selectOption(threads.id);
    await page.getByText("The next call works as usual.").waitFor();
    const feed = page.frameLocator("iframe[title='Posts in the sandbox']");
    await feed
      .getByText(/^Rehearsed/)
      .first()
      .waitFor();
    await feed.locator(".on-threads").first().waitFor();
    await assertAccessible(page);
    await page.goto(`${url}/developers/sandbox?mode=live`);
    await page.getByRole("heading", { name: "The sandbox belongs to test mode" }).waitFor();
    await assertAccessible(page);
  });

  await step("the address for agents is ready for their clients", async () => {
    await show("mcp");
    await page.getByRole("tab", { name: "Cursor" }).click();
    const { mcpServers } = JSON.parse((await page.getByRole("region", { name: "Cursor" }).textContent()) ?? "");
    assert.equal(mcpServers.ampost.url, `${installation.appUrl}/mcp`);
    await page.getByText("No app has access in test mode.").waitFor();
    await assertAccessible(page);
  });

  assert.equal(await page.evaluate("globalThis.hasRun"), undefined);
  assert.deepEqual(troubles, []);
});

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server of the developer's, which thanks for each event. `/gone` wants no more. */
async function receive(t: TestContext) {
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      wake();
      response.writeHead(request.url === "/gone" ? 410 : 200).end(`thanks ${HOSTILE}`);
    });
  });
  const received: Received[] = [];
  let wake = () => {};
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    async next(): Promise<Received> {
      for (;;) {
        const first = received.shift();
        if (first !== undefined) return first;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** The type of an event whose signature is by this secret (Standard Webhooks). */
function verify({ headers, body }: Received, secret: string): string {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  const signature = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  assert.ok(String(headers["webhook-signature"]).split(" ").includes(signature));
  return String(Object(JSON.parse(body)).type);
}
