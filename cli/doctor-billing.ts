import { isDeepStrictEqual } from "node:util";

import type pg from "pg";

import { planLabel, PLANS } from "../model/plans.ts";
import { type Billing, BillingError, type BillingSettings, createBilling } from "../server/billing/billing.ts";
import { PAID_PLANS, type PaidPlan } from "../server/billing/subscription.ts";
import { countWithoutPlan } from "../server/db/queries/billing.ts";
import type { Config } from "../server/start/config.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

const NAME = "billing";
const PRICES_CURE = "In Stripe, open the product's price and copy its ID; it must be recurring, every month.";
const PORTAL_CURE =
  "In Stripe, open Settings, Billing, Customer portal: let customers cancel and switch between the three prices, and save.";

/** Whether Stripe accepts the key, every plan has a monthly price, and the customer portal can change plans. */
export async function checkBilling({
  billing: settings,
  appUrl,
}: Pick<Config, "billing" | "appUrl">): Promise<Finding[]> {
  if (settings === null) return [ok(NAME, "off: the instance is self-hosted, and no plan limits anyone")];
  const billing = createBilling(settings);
  try {
    const prices = await Promise.all(PAID_PLANS.map((plan) => checkPrice(billing, plan)));
    return [
      ok(NAME, `${settings.apiUrl} accepts the key; webhook endpoint: ${appUrl}/api/billing/stripe-events`),
      ...checkAppUrl(appUrl),
      ...checkMode(settings, appUrl),
      ...prices.flat(),
      await checkPortal(billing),
    ];
  } catch (error) {
    if (!(error instanceof BillingError)) throw error;
    return [
      error.status === 401 || error.status === 403
        ? failed(
            NAME,
            error.message,
            "Set STRIPE_SECRET_KEY to a key of your account that can read prices and the customer portal.",
          )
        : failed(NAME, error.message, "Check that this machine can reach Stripe, and STRIPE_API_URL."),
    ];
  }
}

/** Stripe sends events over the internet. */
function checkAppUrl(appUrl: string): Finding[] {
  if (new URL(appUrl).protocol === "https:") return [];
  return [
    warning(
      NAME,
      `Stripe cannot send events to ${appUrl}`,
      "Set AMPOST_APP_URL to an https URL. On this machine, forward events with `stripe listen`.",
    ),
  ];
}

/** With a test key, everyone can subscribe with a test card. */
function checkMode({ secretKey }: BillingSettings, appUrl: string): Finding[] {
  if (!/^.k_test_/.test(secretKey) || new URL(appUrl).protocol !== "https:") return [];
  return [
    warning(
      NAME,
      "STRIPE_SECRET_KEY is a test key: test cards are accepted, and nobody is charged",
      "Once you are ready, set the key, the webhook secret and the prices of live mode.",
    ),
  ];
}

async function checkPrice(billing: Billing, plan: PaidPlan): Promise<Finding[]> {
  const variable = `STRIPE_PRICE_${plan.toUpperCase()}`;
  const [current, ...earlier] = billing.settings.prices[plan];
  const price = await billing.readPrice(current);
  if (price === null)
    return [
      failed(
        NAME,
        `${variable}: Stripe has no price ${current}`,
        `${PRICES_CURE} Test and live mode have different ones.`,
      ),
    ];
  if (!isDeepStrictEqual(price.recurring && [price.recurring.interval, price.recurring.interval_count], ["month", 1]))
    return [failed(NAME, `${variable}: the price ${current} is not paid every month`, PRICES_CURE)];
  if (!price.active)
    return [
      failed(NAME, `${variable}: the price ${current} is archived`, "Use an active price, and put it before this one."),
    ];
  const gone = (
    await Promise.all(earlier.map(async (id) => ((await billing.readPrice(id)) === null ? [id] : [])))
  ).flat();
  const expected = PLANS[plan].monthlyPriceUsd;
  const isAsShown = price.currency === "usd" && price.unit_amount === expected * 100;
  return [
    isAsShown
      ? ok(NAME, `${planLabel(plan)} costs ${expected} USD a month`)
      : warning(
          NAME,
          `${variable}: Stripe charges ${(price.unit_amount ?? 0) / 100} ${price.currency.toUpperCase()} a month, ` +
            `but the billing page shows ${expected} USD`,
          "Use a price of that amount.",
        ),
    ...gone.map((id) =>
      warning(NAME, `${variable}: Stripe has no earlier price ${id}`, "Remove it from the variable."),
    ),
  ];
}

async function checkPortal(billing: Billing): Promise<Finding> {
  const features = await billing.readPortalFeatures();
  if (features === null) return failed(NAME, "the customer portal is not set up, so nobody can cancel", PORTAL_CURE);
  const offered = new Set((features.subscription_update.products ?? []).flatMap(({ prices }) => prices));
  const missing = PAID_PLANS.filter((plan) => !offered.has(billing.settings.prices[plan][0]));
  if (!features.subscription_cancel.enabled)
    return warning(NAME, "customers cannot cancel in the customer portal", PORTAL_CURE);
  if (!features.subscription_update.enabled || missing.length > 0)
    return warning(NAME, "customers cannot switch between all plans in the customer portal", PORTAL_CURE);
  return ok(NAME, "customers can change plans and cancel in the customer portal");
}

/** Subscriptions that are paid and give no plan. */
export async function checkSubscriptions({ billing }: Pick<Config, "billing">, pool: pg.Pool): Promise<Finding[]> {
  if (billing === null) return [];
  const { count = 0 } = (await countWithoutPlan.one(pool)) ?? {};
  if (count === 0) return [];
  return [
    warning(
      NAME,
      `${count} ${count === 1 ? "subscription has" : "subscriptions have"} a price that is not configured, and so no plan`,
      "Add that price after the first one in its STRIPE_PRICE_ variable, separated by a comma.",
    ),
  ];
}
