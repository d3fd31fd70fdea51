import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { createTestDatabase } from "../tests/database.ts";
import { startStripe, type StripeStandIn } from "../tests/stripe.ts";
import { checkBilling, checkSubscriptions } from "./doctor-billing.ts";

let stripe: StripeStandIn;
before(async () => {
  stripe = await startStripe();
});
after(() => stripe.close());
beforeEach(() => {
  stripe.onRequest = () => undefined;
});

const look = async (more: Partial<StripeStandIn["settings"]> = {}, appUrl = "https://ampost.example.com") =>
  (await checkBilling({ billing: { ...stripe.settings, ...more }, appUrl })).map(
    ({ status, message, cure }) => `${status}: ${message}${cure === null ? "" : ` → ${cure}`}`,
  );
const prices = (pro: readonly [string, ...string[]]) => ({ prices: { ...stripe.settings.prices, pro } });

test("doctor says whether an instance charges for plans, and that everything it needs of Stripe is there", async () => {
  const [off] = await checkBilling({ billing: null, appUrl: "http://localhost:3000" });
  assert.match(off?.message ?? "", /^off: the instance is self-hosted/);
  assert.deepEqual(await look(), [
    `ok: ${stripe.url} accepts the key; webhook endpoint: https://ampost.example.com/api/billing/stripe-events`,
    "warning: STRIPE_SECRET_KEY is a test key: test cards are accepted, and nobody is charged → " +
      "Once you are ready, set the key, the webhook secret and the prices of live mode.",
    "ok: Creator costs 19 USD a month",
    "ok: Pro costs 59 USD a month",
    "ok: Scale costs 249 USD a month",
    "ok: customers can change plans and cancel in the customer portal",
  ]);
});

test("a wrong key, a missing, archived, yearly or other price and an incomplete portal are reported with what to do", async () => {
  const [key, ...rest] = await look({ secretKey: "sk_test_wrong" });
  assert.match(key ?? "", /^failed: .*Invalid API Key.*→ Set STRIPE_SECRET_KEY/);
  assert.deepEqual(rest, []);
  const reported = async (pattern: RegExp, more = {}) => {
    const findings = await look(more);
    assert.ok(
      findings.some((finding) => pattern.test(finding)),
      findings.join("\n"),
    );
  };
  await reported(/^failed: STRIPE_PRICE_PRO: Stripe has no price price_gone → .*live mode/, prices(["price_gone"]));
  await reported(/^warning: .*no earlier price price_gone → Remove it/, prices(["price_pro", "price_gone"]));
  const pro = stripe.prices.get("price_pro") ?? assert.fail();
  const whole = { ...pro };
  for (const [changes, pattern] of [
    [{ recurring: { interval: "year", interval_count: 1 } }, /^failed: STRIPE_PRICE_PRO: .* not paid every month → /],
    [{ recurring: { interval: "month", interval_count: 3 } }, /^failed: STRIPE_PRICE_PRO: .* not paid every month → /],
    [{ recurring: null }, /^failed: STRIPE_PRICE_PRO: .* not paid every month → /],
    [{ active: false }, /^failed: STRIPE_PRICE_PRO: .* archived → /],
    [{ currency: "eur" }, /^warning: STRIPE_PRICE_PRO: Stripe charges 59 EUR a month, .* shows 59 USD → /],
    [{ unit_amount: 100 }, /^warning: STRIPE_PRICE_PRO: Stripe charges 1 USD a month/],
  ] as const) {
    Object.assign(pro, whole, changes);
    await reported(pattern);
  }
  Object.assign(pro, whole);
  const { portal } = stripe;
  stripe.portal = null;
  await reported(/^failed: the customer portal is not set up, .*→ In Stripe, open Settings/);
  stripe.portal = portal && { ...portal, subscription_cancel: { enabled: false } };
  await reported(/^warning: customers cannot cancel/);
  stripe.portal = portal && { ...portal, subscription_update: { enabled: true, products: [] } };
  await reported(/^warning: customers cannot switch between all plans/);
  stripe.portal = portal;
});

test("an API that is down or not Stripe's, and an app URL that Stripe cannot reach, are reported", async () => {
  stripe.onRequest = () => ({ status: 503, error: { type: "api_error", message: "Down" } });
  assert.match(
    (await look()).join(),
    /^failed: .*Down.*→ Check that this machine can reach Stripe, and STRIPE_API_URL\.$/,
  );
  stripe.onRequest = () => undefined;
  assert.match((await look({ apiUrl: "http://127.0.0.1:1" })).join(), /^failed: .*→ Check that this machine can reach/);
  assert.match(
    (await look({}, "http://localhost:3000"))[1] ?? "",
    /^warning: Stripe cannot send events to .*stripe listen/,
  );
});

test("subscriptions that are paid and give no plan are reported", async () => {
  const database = await createTestDatabase();
  const ask = () => checkSubscriptions({ billing: stripe.settings }, database.pool);
  assert.deepEqual(await ask(), []);
  await database.pool.query("insert into users (id, email) values ('u', 'u@example.com')");
  await database.pool.query(
    `insert into subscriptions (id, user_id, status, item_id, created_at, read_at)
     values ('sub_1', 'u', 'active', 'si_1', now(), now())`,
  );
  const [found] = await ask();
  assert.match(`${found?.message} ${found?.cure}`, /^1 subscription has a price .* Add that price after the first one/);
  assert.deepEqual(await checkSubscriptions({ billing: null }, database.pool), []);
  await database.drop();
});
