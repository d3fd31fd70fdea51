import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { assertUsable, fill, LONGEST_STEP_MILLISECONDS, openBrowser, press, step } from "../browser.ts";
import { startStripe } from "../stripe.ts";

const PASSWORD = "correct horse battery";
const DAY = 86_400_000;

test("a person goes from free to pro, to scale, through a failed payment, and back to free, in a browser", async (t) => {
  const stripe = await startStripe();
  t.after(() => stripe.close());
  const installation = await openInstallation(t);
  const server = await installation.start("start", stripe.environment);
  const { appUrl } = installation;
  stripe.webhookUrl = `${installation.url}/api/billing/stripe-events`;
  const browser = await openBrowser(t);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  context.setDefaultTimeout(LONGEST_STEP_MILLISECONDS);
  const page = await context.newPage();
  const folder = process.env.AMPOST_TEST_SCREENSHOTS;
  const show = async (name: string) => {
    await assertUsable(page);
    if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  };
  /** The page's own words for the plan. */
  const plan = (name: string) => page.getByRole("heading", { level: 2, name }).waitFor();
  const reload = () => page.goto(`${appUrl}/settings/plan?mode=live`);
  const subscriptionId = () => [...stripe.subscriptions.keys()][0] ?? "";

  await step("the owner signs up, is on Free, and Stripe has been asked nothing", async () => {
    await installation.until(async () => /\/setup\?token=\S+/.test(server.output()));
    await page.goto(/http\S+\/setup\?token=\S+/.exec(server.output())?.[0] ?? "");
    await fill(page, { Email: "owner@example.com", Password: PASSWORD });
    await press(page, "Set up");
    await page.goto(`${appUrl}/settings/billing?mode=live`);
    await plan("Free");
    await page.getByText("59 USD a month").waitFor();
    await page.getByText("0 of 30", { exact: true }).first().waitFor();
    await show("1-free");
    assert.deepEqual(stripe.requests, []);
  });

  await step("they go to Stripe, come back without paying, and are still on Free", async () => {
    await press(page, "Upgrade to Pro");
    await page.getByRole("heading", { name: "Subscribe" }).waitFor();
    assert.ok(page.url().startsWith(stripe.url));
    await page.getByText("$59.00 per month").waitFor();
    await page.getByRole("link", { name: "Back" }).click();
    await plan("Free");
  });

  await step("they pay and are on Pro", async () => {
    await press(page, "Upgrade to Pro");
    await press(page, "Subscribe");
    await page.getByText("Thank you.").waitFor();
    await reload();
    await plan("Pro");
    await page.getByText("It costs 59 USD a month and renews on").waitFor();
    await page.getByText("0 of 5,000", { exact: true }).waitFor();
    await show("2-pro");
  });

  await step("they confirm an upgrade to Scale in the portal, and downgrade again", async () => {
    await press(page, "Upgrade to Scale");
    await press(page, "Confirm price_scale");
    await reload();
    await plan("Scale");
    await press(page, "Downgrade to Pro");
    await press(page, "Confirm price_pro");
    await reload();
    await plan("Pro");
    assert.equal(stripe.subscriptions.size, 1);
  });

  await step("a payment fails: the page and an email say until when the plan stays", async () => {
    await stripe.failPayment(subscriptionId(), new Date(Date.now() - DAY));
    await reload();
    await page.getByText("Your last payment failed. You keep Pro until").waitFor();
    await show("3-payment-failed");
    const emails = async () => {
      const mail = join(installation.dataDir, "mail");
      const names = await readdir(mail).catch(() => []);
      return await Promise.all(names.map((name) => readFile(join(mail, name), "utf8")));
    };
    await installation.until(async () =>
      (await emails()).some((text) => text.includes("Subject: Your payment failed")),
    );
  });

  await step("they pay with another card, and cancel, resume and cancel again", async () => {
    await press(page, "Update payment method");
    await press(page, "Pay with another card");
    await page.getByText("price_pro, active").waitFor();
    await press(page, "Cancel subscription");
    await press(page, "Do not cancel");
    await page.getByRole("button", { name: "Cancel subscription" }).waitFor();
    await press(page, "Cancel subscription");
    await page.getByRole("button", { name: "Do not cancel" }).waitFor();
    await page.getByRole("link", { name: "Return" }).click();
    await page.getByText("You cancelled Pro. You keep it until").waitFor();
    await show("4-cancelled");
  });

  await step("at the period's end they are back on Free, and can subscribe again as the same customer", async () => {
    await stripe.end(subscriptionId());
    await reload();
    await plan("Free");
    await page.getByText("Your subscription has ended.").waitFor();
    await show("5-free-again");
    await press(page, "Upgrade to Creator");
    await press(page, "Subscribe");
    await page.getByText("Thank you.").waitFor();
    await reload();
    await plan("Creator");
    assert.equal(stripe.customers.size, 1);
  });
});
