import { createHash } from "node:crypto";

import { PublicError } from "../../../model/errors.ts";
import { BillingError, type Checkout } from "../../billing/billing.ts";
import { isOpen, type PaidPlan } from "../../billing/subscription.ts";
import {
  type CustomerRow,
  findCustomer,
  findMainSubscription,
  forgetCustomer,
  listSubscriptions,
  replaceCheckout,
  saveCustomer,
  type SubscriptionRow,
} from "../../db/queries/billing.ts";
import { readPlan } from "../../db/queries/plans.ts";
import { findMe } from "../../db/queries/users.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { rejectField } from "../users/reject-field.ts";
import { syncSubscription, type SyncServices } from "./sync-subscriptions.ts";

type BillingServices = Pick<Services, "pool" | "jobs" | "vault" | "log" | "settings" | "billing">;

/**
 * Where the user pays for a plan, or changes to it: a user with a subscription never gets a second one. Throws
 * VALIDATION_FAILED without billing or if the operator has set the plan, and BillingError.
 */
export async function openCheckout(
  given: BillingServices,
  call: Call,
  plan: PaidPlan,
): Promise<Answer<{ url: string }>> {
  const services = withBilling(given);
  const chosen = (await readPlan.one(services.pool, [call.userId]))?.plan ?? null;
  if (chosen !== null)
    throw rejectField(
      "billing.plan",
      "",
      "The operator of this instance has set your plan",
      "Ask the operator for another plan.",
    );
  const url = await findWayToPay(services, call.userId, plan);
  return await write(services, call, async () => ({ body: { url } }));
}

/**
 * Where the user manages the subscription: means of payment, invoices, cancellation. Throws VALIDATION_FAILED without
 * billing or a customer, and BillingError.
 */
export async function openPortal(given: BillingServices, call: Call): Promise<Answer<{ url: string }>> {
  const services = withBilling(given);
  const customerId = (await findCustomer.one(services.pool, [call.userId]))?.customer_id ?? null;
  if (customerId === null)
    throw rejectField("billing.customer", "", "You do not have a subscription", "Choose a plan first.");
  const url = await services.billing.openPortal({
    customerId,
    returnUrl: pageOf(services.settings),
  });
  return await write(services, call, async () => ({ body: { url } }));
}

function withBilling(services: BillingServices): SyncServices & BillingServices {
  const { billing } = services;
  if (billing !== null) return { ...services, billing };
  throw rejectField(
    "billing.off",
    "",
    "This instance is self-hosted and has no billing",
    "No plan limits you here. To charge for plans, the operator sets STRIPE_SECRET_KEY.",
  );
}

/** The page that payments return to. */
function pageOf({ appUrl }: { appUrl: string }): string {
  return `${appUrl}/settings/plan`;
}

/** Another request for the same user can come between any two steps; then everything is looked at again. */
const MOST_TRIES = 4;

async function findWayToPay(services: SyncServices, userId: string, plan: PaidPlan): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const customer = await ensureCustomer(services, userId);
    await endCheckout(services, customer.checkout_id);
    const open = await findOpenSubscription(services, userId);
    const url =
      open === undefined
        ? await startCheckout(services, { userId, plan, customer })
        : await startChange(services, customer, open, plan);
    if (url !== null) return url;
  }
  throw new BillingError("Other requests keep opening checkouts for the same user");
}

type Customer = CustomerRow & { customer_id: string };

/**
 * The user's customer, of which there is only one: Stripe returns the same one for the same key, and the database keeps the
 * first.
 */
async function ensureCustomer({ pool, billing }: SyncServices, userId: string): Promise<Customer> {
  const known = await findCustomer.one(pool, [userId]);
  if (isComplete(known)) return known;
  const user = await findMe.one(pool, [userId]);
  if (user === undefined || user.email === null) throw userGone();
  const made = await billing.createCustomer(
    { id: userId, email: user.email },
    keyFor("customer", userId, user.email, known?.customers ?? 0),
  );
  const kept = await saveCustomer.one(pool, [userId, made]);
  if (kept?.customer_id !== made) await billing.deleteCustomer(made);
  const saved = await findCustomer.one(pool, [userId]);
  if (!isComplete(saved)) throw userGone();
  return saved;
}

function isComplete(row: CustomerRow | undefined): row is Customer {
  return row !== undefined && row.customer_id !== null;
}

function userGone(): PublicError {
  return new PublicError("NOT_FOUND", "The user was deleted.");
}

/** An earlier checkout can no longer be paid after this. If it was paid, its subscription is known. */
async function endCheckout(services: SyncServices, id: string | null): Promise<void> {
  if (id === null) return;
  const settle = async (checkout: Checkout | null) => {
    if (checkout?.status === "complete" && checkout.subscriptionId !== null)
      await syncSubscription(services, checkout.subscriptionId);
    return checkout?.status !== "open";
  };
  if (await settle(await services.billing.readCheckout(id))) return;
  try {
    await services.billing.expireCheckout(id);
  } catch (error) {
    // It was paid or ended a moment ago.
    if (!(error instanceof BillingError) || error.status !== 400) throw error;
    if (!(await settle(await services.billing.readCheckout(id)))) throw error;
  }
}

/** As Stripe has it now. One whose first payment never came is given up. */
async function findOpenSubscription(services: SyncServices, userId: string): Promise<SubscriptionRow | undefined> {
  const { pool, billing } = services;
  for (const { id, status } of await listSubscriptions.all(pool, [userId])) {
    if (status === "incomplete") await billing.cancelSubscription(id);
    if (status === "incomplete" || isOpen(status)) await syncSubscription(services, id);
  }
  const main = await findMainSubscription.one(pool, [userId]);
  return main !== undefined && isOpen(main.status) ? main : undefined;
}

/** Null: another request was faster. */
async function startCheckout(
  { pool, billing, settings }: SyncServices,
  { userId, plan, customer }: { userId: string; plan: PaidPlan; customer: Customer },
): Promise<string | null> {
  const { customer_id: customerId, checkout_id: before } = customer;
  const wanted = { customerId, userId, plan, returnUrl: pageOf(settings), hasTrial: !customer.has_subscribed };
  const { secretKey: _secret, webhookSecret: _webhookSecret, ...terms } = billing.settings;
  try {
    const { id, url } = await billing.openCheckout(wanted, keyFor("checkout", wanted, terms, before));
    if ((await replaceCheckout.one(pool, [userId, id, before])) !== undefined) {
      if (url === null) throw new BillingError("Stripe's checkout has no URL");
      return url;
    }
    await billing.expireCheckout(id);
    return null;
  } catch (error) {
    if (!isMissing(error)) throw error;
    await forgetCustomer.run(pool, [customerId]);
    return null;
  }
}

/** Confirms the other plan, if Stripe's portal can; otherwise, it shows everything that can be done. */
async function startChange(
  { billing, settings }: SyncServices,
  { customer_id: customerId }: Customer,
  { id, status, plan: current, cancels_at: cancelsAt, item_id: itemId }: SubscriptionRow,
  plan: PaidPlan,
): Promise<string> {
  const canChange = (status === "active" || status === "trialing") && cancelsAt === null && current !== plan;
  return await billing.openPortal({
    customerId,
    returnUrl: pageOf(settings),
    ...(canChange ? { change: { subscriptionId: id, itemId, plan } } : {}),
  });
}

/** The customer was deleted at Stripe, and no event has told so yet. */
function isMissing(error: unknown): boolean {
  return error instanceof BillingError && error.code === "resource_missing" && /customer/i.test(error.message);
}

/** The same for the same request, so that Stripe does it once; any other value makes another key. */
function keyFor(what: string, ...values: unknown[]): string {
  return `ampost-${what}-${createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 40)}`;
}
