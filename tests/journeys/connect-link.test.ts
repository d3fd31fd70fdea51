import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { accountsGet } from "../../contract/operations/accounts.ts";
import { connectLinksCreate, connectLinksGet } from "../../contract/operations/connect-links.ts";
import { asSomebodyElse, assertUsable, LONGEST_STEP_MILLISECONDS, openBrowser, press, step } from "../browser.ts";

test("a customer without a login connects a Page with a link, without scripts, and returns to the product that sent it", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey, platformSetId } = z
    .looseObject({ apiKey: z.string(), platformSetId: z.string() })
    .parse(await installation.json("bootstrap", "--json"));
  const call = async (method: string, path: string, body?: object) => {
    const answer = await fetch(installation.url + path, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const json: unknown = await answer.json();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(json)}`);
    return json;
  };
  const product = createServer(
    (_request, response) => void response.setHeader("content-type", "text/html").end("<title>The product</title>"),
  ).listen(0, "127.0.0.1");
  await new Promise((resolve) => product.once("listening", resolve));
  t.after(() => {
    product.closeAllConnections();
    product.close();
  });
  const address = z.object({ port: z.int() }).parse(product.address());
  const returnUrl = `http://127.0.0.1:${address.port}/connected`;
  const create = { platformSetId, platform: "facebook", externalId: "customer-1", returnUrl };
  const { connectLink } = connectLinksCreate.answer.parse(await call("POST", "/api/v1/connect-links", create));
  const context = await (
    await openBrowser(t)
  ).newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
  const page = await context.newPage();
  page.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  const result = () => Object.fromEntries(new URL(page.url()).searchParams);

  await step("a user who declines on the platform returns with that result", async () => {
    await page.goto(connectLink.url ?? "");
    await page.getByRole("link", { name: "Connect Facebook" }).click();
    await press(page, /Cancel/);
    await page.waitForURL(`${returnUrl}*`);
    assert.deepEqual([result()["status"], result()["reason"]], ["refused", "refused"]);
  });

  await step(
    "a user who allows access chooses a Page, confirms that it replaces the existing one, and returns with the account",
    async () => {
      await page.goto(connectLink.url ?? "");
      await page.getByRole("link", { name: "Connect Facebook" }).click();
      await asSomebodyElse(page, "customer");
      await press(page, /^Continue as/);
      await page.getByRole("heading", { name: "Choose a Facebook account" }).waitFor();
      await assertUsable(page);
      await page.getByRole("radio").last().check();
      await page.getByRole("checkbox", { name: "Replace this account" }).check();
      await press(page, "Connect");
      await page.waitForURL(`${returnUrl}*`);
      const { account } = accountsGet.answer.parse(await call("GET", `/api/v1/accounts/${result()["accountId"]}`));
      assert.deepEqual(
        [result()["status"], result()["connectLinkId"], account.externalId, account.platform],
        ["connected", connectLink.id, "customer-1", "facebook"],
      );
      assert.equal(
        connectLinksGet.answer.parse(await call("GET", `/api/v1/connect-links/${connectLink.id}`)).connectLink
          .accountId,
        account.id,
      );
    },
  );

  await step("the link is used up", async () => {
    await page.goto(connectLink.url ?? "");
    await page.getByRole("heading", { name: "This link has already been used" }).waitFor();
  });

  const several = await step(
    "with one link, the customer connects accounts on several platforms, and stays here",
    async () => {
      const made = Object(await call("POST", "/api/v1/platform-sets", { name: "Customer" }));
      const link = { platformSetId: Object(made.set).id };
      const { connectLink: forAll } = connectLinksCreate.answer.parse(
        await call("POST", "/api/v1/connect-links", link),
      );
      await page.goto(forAll.url ?? "");
      await page.getByRole("heading", { name: "Connect your accounts" }).waitFor();
      await page.getByText("Test mode").waitFor();
      await assertUsable(page);
      for (const label of ["Threads", "TikTok"]) {
        await page.getByRole("link", { name: `Connect ${label}`, exact: true }).click();
        await press(page, /^Continue as/);
        await page.getByRole("listitem").filter({ hasText: label }).getByText("Connected", { exact: true }).waitFor();
      }
      await page.getByText("When you are done, close this page.").waitFor();
      const { accountIds, status } = connectLinksGet.answer.parse(
        await call("GET", `/api/v1/connect-links/${forAll.id}`),
      ).connectLink;
      assert.deepEqual([accountIds.length, status], [2, "pending"]);
      return forAll;
    },
  );

  await step("once it is revoked, its page leads nowhere", async () => {
    await call("DELETE", `/api/v1/connect-links/${several.id}`);
    await page.goto(several.url ?? "");
    await page.getByRole("heading", { name: "This link has been revoked" }).waitFor();
    assert.equal(await page.getByRole("link", { name: /^Back to/ }).count(), 0);
  });

  assert.equal(await server.end("SIGTERM"), 0);
});
