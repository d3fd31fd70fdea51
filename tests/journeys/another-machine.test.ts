import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { connectLinksCreate } from "../../contract/operations/connect-links.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { allow, fill, launchBrowser, LONGEST_STEP_MILLISECONDS, press, step } from "../browser.ts";

test("from another machine, accounts are connected in test mode through the app's own host alone, even over http", async (t) => {
  const installation = await openInstallation(t);
  const host = `ampost.example.test:${new URL(installation.url).port}`;
  const appUrl = `http://${host}`;
  const server = await installation.start("start", { AMPOST_API_URL: appUrl });
  const browser = await launchBrowser("--host-resolver-rules=MAP ampost.example.test 127.0.0.1,MAP * ~NOTFOUND");
  t.after(() => browser.close());
  const asked = new Set<string>();
  const open = async (): Promise<Page> => {
    const context = await browser.newContext();
    context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
    context.on("request", (request) => asked.add(new URL(request.url()).host));
    return await context.newPage();
  };
  const lost = await browser.newPage();
  await assert.rejects(lost.goto(installation.sandboxUrl), /ERR_NAME_NOT_RESOLVED/);
  await lost.close();
  const page = await open();

  await step("the owner sets up the instance", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Name: "Olivia", Email: "owner@example.com", Password: "correct horse battery" });
    await press(page, "Set up");
    await page.getByRole("heading", { name: "Hello, Olivia" }).waitFor();
  });

  await step("every platform is connected at its own consent page", async () => {
    await page.goto(`${appUrl}/platforms?mode=test`);
    for (const platform of PLATFORM_NAMES) {
      await page.getByRole("link", { name: catalog[platform].capabilities.label, exact: true }).click();
      await allow(page);
    }
  });

  await step("a customer connects an account with a link, and returns to where they came from", async () => {
    const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
    const answer = await fetch(`${installation.url}/api/v1/connect-links`, {
      method: "POST",
      headers: { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" },
      body: JSON.stringify({ platformSetId, platform: "threads", returnUrl: "https://customer.example.test/done" }),
    });
    const customer = await open();
    await customer.goto(connectLinksCreate.answer.parse(await answer.json()).connectLink.url ?? "");
    await customer.getByRole("link", { name: /^Connect Threads/ }).click();
    const returned = customer.waitForRequest(/^https:\/\/customer\.example\.test\/done/);
    await press(customer, /^Continue as/);
    await customer.getByRole("checkbox", { name: "Replace this account" }).check();
    await press(customer, "Connect");
    assert.equal(new URL((await returned).url()).searchParams.get("status"), "connected");
    asked.delete("customer.example.test");
  });

  assert.deepEqual([...asked], [host]);
  await server.end("SIGTERM");
});

test("an app URL that platforms reject is reported by start, bootstrap and doctor with its fix", async (t) => {
  const installation = await openInstallation(t);
  const env = { AMPOST_APP_URL: "http://ampost.example.test" };
  const [problem, fix] = ["no platform redirects people to it", "set AMPOST_APP_URL to its https URL"];
  const bootstrap = await installation.run(["bootstrap", "--json"], env);
  assert.equal(bootstrap.code, 0);
  const server = await installation.start("start", env);
  for (const output of [bootstrap.stderr, server.output()]) assert.match(output, new RegExp(`${problem}.*${fix}`));
  const { stdout } = await installation.run(["doctor"], env);
  assert.match(stdout, new RegExp(`warning .*${problem}.*\\n.*${fix}`));
  assert.equal(await server.end("SIGTERM"), 0);
});
