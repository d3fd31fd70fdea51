import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { Browser, Page } from "playwright-core";

import { openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { launchBrowser } from "../tests/browser.ts";
import { jpeg, openSandbox, serveFiles } from "./sandbox.fixture.ts";

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

test("a person sees a post with its picture, and nothing overflows a phone screen", async (t) => {
  const { sandbox, publish } = await openThreads(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(1200, 800) });
  await publish({ media_type: "IMAGE", image_url: `${files}/a.jpg`, alt_text: "A red door", text: "w".repeat(300) });
  const { page, faults } = await open({ width: 360, height: 800 });
  await page.goto(sandbox.url);
  await page.getByAltText("A red door").waitFor();
  await page.evaluate("document.images[0].decode()");
  assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
  assert.deepEqual(faults, []);
  await page.context().close();
});

test("approving the consent page returns a code with or without scripts, and denying returns none", async (t) => {
  const sandbox = await openSandbox(t);
  const app = await sandbox.control("POST", "apps", { platform: "threads", redirectUris: [`${sandbox.url}/back`] });
  const { clientId } = Object(app.json);
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: `${sandbox.url}/back`,
    scope: "threads_basic,threads_content_publish",
    response_type: "code",
    state: "s1",
    login_hint: "visitor",
  });
  const { page } = await open({ width: 800, height: 900 }, { javaScriptEnabled: false });
  const answers: URLSearchParams[] = [];
  for (const button of [/Continue as visitor/, /Cancel/]) {
    await page.goto(`${sandbox.url}/threads.net/oauth/authorize?${query}`);
    await page.getByRole("button", { name: button }).click();
    await page.waitForURL(/\/back\?/);
    answers.push(new URL(page.url()).searchParams);
  }
  assert.deepEqual(
    answers.map((answer) => [answer.has("code"), answer.get("error"), answer.get("state")]),
    [
      [true, null, "s1"],
      [false, "access_denied", "s1"],
    ],
  );
  await page.context().close();
});

/** A page for a separate person, and its errors. */
async function open(
  viewport: { width: number; height: number },
  options: { javaScriptEnabled?: boolean } = {},
): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext({ viewport, ...options })).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  return { page, faults };
}
