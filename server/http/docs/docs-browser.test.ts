import assert from "node:assert/strict";
import { test } from "node:test";

import axe from "axe-core";
import { z } from "zod";

import { assertUsable, LONGEST_STEP_MILLISECONDS, openBrowser, step } from "../../../tests/browser.ts";
import { createWorld } from "../../../tests/world.ts";

const KINDS_OF_PAGES = [
  "/docs",
  "/docs/posts",
  "/docs/search?q=instagram",
  "/docs/changelog",
  "/docs/platforms/youtube",
  "/docs/api/posts",
  "/docs/errors/RATE_LIMITED",
  "/docs/try",
];

const found = z.array(z.object({ id: z.string(), nodes: z.array(z.object({ target: z.array(z.unknown()) })) }));

test("no page of the documentation breaks a rule of accessibility, narrow and dark or wide and light", async (t) => {
  const world = await createWorld();
  t.after(() => world.close());
  Object.assign(world.services.settings, { apiUrl: world.url, appUrl: world.url });
  const browser = await openBrowser(t);
  for (const [width, colorScheme, paths] of [
    [320, "dark", KINDS_OF_PAGES],
    [1440, "light", KINDS_OF_PAGES],
    [320, "light", ["/docs/try"]],
    [1440, "dark", ["/docs/try"]],
  ] as const) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const page = await context.newPage();
    for (const path of paths) {
      await page.goto(`${world.url}${path}`);
      await page.evaluate(axe.source);
      const violations = found.parse(await page.evaluate("axe.run().then(({ violations }) => violations)"));
      const shown = violations.map(({ id, nodes }) => `${path} at ${width}: ${id} ${JSON.stringify(nodes[0]?.target)}`);
      assert.deepEqual(shown, []);
    }
    await context.close();
  }
});

test("the documentation can be read, searched, copied from and tried in a browser", async (t) => {
  const world = await createWorld();
  t.after(() => world.close());
  Object.assign(world.services.settings, { apiUrl: world.url, appUrl: world.url });
  const browser = await openBrowser(t);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
  context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  const page = await context.newPage();
  const troubles: string[] = [];
  const elsewhere: string[] = [];
  page.on("pageerror", (error) => troubles.push(String(error)));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) troubles.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(world.url) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });

  await step("every kind of page fits a phone", async () => {
    for (const path of KINDS_OF_PAGES) {
      await page.goto(`${world.url}${path}`);
      await assertUsable(page);
    }
  });
  await step("the search stays in view, and a long page shows its contents above", async () => {
    await page.goto(`${world.url}/docs/scheduling`);
    await page.locator("summary", { hasText: "On this page" }).click();
    await page.getByRole("link", { name: "Time zones", exact: true }).click();
    await page.waitForURL("**#time-zones");
    const box = await page.getByLabel("Search the documentation").boundingBox();
    const heading = await page.getByRole("heading", { name: "Time zones" }).boundingBox();
    assert.ok(box !== null && heading !== null);
    assert.ok(box.y >= 0 && box.y + box.height <= heading.y && heading.y < 200, JSON.stringify({ box, heading }));
  });
  await step("the navigation opens", async () => {
    await page.getByText("All pages").click();
    await page
      .getByRole("navigation", { name: "Documentation" })
      .getByRole("link", { name: "Webhooks" })
      .first()
      .click();
    await page.waitForURL("**/docs/webhooks");
  });
  await step("code can be copied", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy" }).first().click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /^HOOK=\$\(curl/);
  });
  await step("samples are tabs for mouse and keyboard, and the choice is kept on other pages", async () => {
    await page.goto(`${world.url}/docs/api/posts`);
    await page.getByRole("tab", { name: "TypeScript" }).nth(2).click();
    await page.getByRole("tabpanel", { name: "TypeScript" }).nth(2).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("tabpanel", { name: "Python" }).nth(2).waitFor();
    assert.equal(await page.evaluate("document.activeElement.textContent"), "Python");
    await page.goto(`${world.url}/docs/quickstart#publish-a-post`);
    await assertUsable(page);
    const shown = page.getByRole("tabpanel", { name: "Python" });
    await shown.first().getByRole("button", { name: "Copy" }).click();
    await shown.first().getByRole("button", { name: "Copied" }).waitFor();
    assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /^import json/);
    assert.equal(await page.getByRole("tabpanel", { name: "curl" }).count(), 0);
  });
  await step("without scripts, a sample is shown in every language", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false });
    const still = await plain.newPage();
    await still.goto(`${world.url}/docs/quickstart`);
    for (const code of ["$KEY", "createClient(", "urllib.request.urlopen("])
      assert.equal(await still.locator(".samples code", { hasText: code }).first().isVisible(), true, code);
    await still.getByLabel("Search the documentation").fill("simulate failures");
    await still.keyboard.press("Enter");
    await still.waitForURL("**/docs/search?q=simulate+failures");
    await still.getByRole("link", { name: "Test mode and the sandbox: Simulate failures" }).click();
    await still.waitForURL("**/docs/test-mode#simulate-failures");
    await plain.close();
  });
  await step("the search leads to a section", async () => {
    await page.getByLabel("Search the documentation").fill("simulate failures");
    await page.locator("#found a").first().click();
    await page.waitForURL("**/docs/test-mode#simulate-failures");
    await page.keyboard.press("/");
    await page.keyboard.type("simulate fail");
    await page.getByRole("option").first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/docs/test-mode#simulate-failures");
    await page.getByRole("listbox").waitFor({ state: "hidden" });
    await page.getByLabel("Search the documentation").fill("xyzzyqwv");
    await page.getByText("Nothing found.").waitFor();
  });
  await step("a request is tried with a test key", async () => {
    await page.goto(`${world.url}/docs/try#posts_create`);
    await page.getByLabel("API key").fill(world.test.key);
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: "Send" }).click();
    const answer = await answered;
    // The example's platform set does not exist: key and form were accepted.
    assert.deepEqual(
      [new URL(answer.url()).pathname, answer.request().headers()["authorization"]],
      ["/api/v1/posts", `Bearer ${world.test.key}`],
    );
    assert.deepEqual(
      [answer.status(), Object(await answer.json()).issues.map(({ path }: { path: string }) => path)],
      [400, ["/platformSetId"]],
    );
    await page.getByText("400 Bad Request").waitFor();
    await page.locator("#response", { hasText: '"path": "/platformSetId"' }).waitFor();
    await page.getByLabel("Request").selectOption("platform_sets_list");
    await page.getByLabel("Body").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("200 OK").waitFor();
    await page.locator("#response", { hasText: world.test.platformSetId }).waitFor();
    await page.getByLabel("API key").fill("amp_live_key");
    await page.getByText("This is a live key").waitFor();
    await assertUsable(page);
  });
  assert.deepEqual([troubles, elsewhere], [[], []]);
});
