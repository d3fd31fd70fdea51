import assert from "node:assert/strict";
import { test } from "node:test";

import { assertSound, LONGEST_STEP_MILLISECONDS, openBrowser, step } from "../../../tests/browser.ts";
import { createWorld } from "../../../tests/world.ts";

test("the documentation is read, searched, copied from and tried in a browser", async (t) => {
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
    for (const path of ["/docs", "/docs/posts", "/docs/platforms/youtube", "/docs/api/posts", "/docs/errors/RATE_LIMITED"]) {
      await page.goto(`${world.url}${path}`);
      await assertSound(page);
    }
  });
  await step("the way to the other pages opens", async () => {
    await page.getByText("All pages").click();
    await page.getByRole("navigation", { name: "Documentation" }).getByRole("link", { name: "Webhooks" }).first().click();
    await page.waitForURL("**/docs/webhooks");
  });
  await step("code is copied", async () => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy" }).first().click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    assert.match(String(await page.evaluate("navigator.clipboard.readText()")), /^HOOK=\$\(curl/);
  });
  await step("the search leads to a section", async () => {
    await page.getByLabel("Search the documentation").fill("rehearse failures");
    await page.locator("#found a").first().click();
    await page.waitForURL("**/docs/test-mode#rehearse-failures");
  });
  await step("a call is tried with a test key", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(`${world.url}/docs/try`);
    await page.getByPlaceholder("Token").first().fill(world.test.key);
    await page.getByRole("button", { name: /Test Request/ }).first().click();
    const answered = page.waitForResponse((response) => response.request().method() === "POST");
    await page.getByRole("button", { name: /^Send/ }).first().click();
    const answer = await answered;
    // The example names a platform set that is nobody's: the key was good, and the form was too.
    assert.deepEqual([new URL(answer.url()).pathname, answer.request().headers()["authorization"]], ["/api/v1/posts", `Bearer ${world.test.key}`]);
    assert.deepEqual([answer.status(), Object(await answer.json()).issues.map(({ path }: { path: string }) => path)], [400, ["/platformSetId"]]);
  });
  assert.deepEqual([troubles, elsewhere], [[], []]);
});
