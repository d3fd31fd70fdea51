import { z } from "zod";

import type { StripeEvent } from "../../billing/billing.ts";
import { reference } from "../../billing/subscription.ts";
import {
  findBillingEvent,
  forgetCustomer,
  insertBillingEvent,
  listSubscriptionsOfCustomer,
} from "../../db/queries/billing.ts";
import { transaction } from "../../db/sql.ts";
import { readSubscription, storeReading, type SyncServices } from "./sync-subscriptions.ts";

/**
 * Handles an event whose signature was verified, once. What it says is only a hint: the subscription it is about is read
 * again, so that order, delay and API version of events do not matter. Throws BillingError if that is not possible, and
 * Stripe then sends it again.
 */
export async function handleStripeEvent(services: SyncServices, event: StripeEvent): Promise<void> {
  const { pool, log } = services;
  if ((await findBillingEvent.one(pool, [event.id])) !== undefined) return;
  const deletedCustomer = event.type === "customer.deleted" ? String(event.data.object["id"]) : null;
  const ids =
    deletedCustomer === null
      ? subscriptionsOf(event)
      : (await listSubscriptionsOfCustomer.all(pool, [deletedCustomer])).map(({ id }) => id);
  const readings = await Promise.all(ids.map((id) => readSubscription(services, id)));
  await transaction(pool, async (tx) => {
    if ((await insertBillingEvent.run(tx, [event.id])) === 0) return;
    for (const reading of readings) await storeReading(services, tx, reading);
    if (deletedCustomer !== null) await forgetCustomer.run(tx, [deletedCustomer]);
  });
  if (event.type === "charge.dispute.created")
    log.warn({ event: event.id }, "A payment was disputed. The plan stays until Stripe ends the subscription.");
}

const identified = z.object({ id: reference });
const aboutSubscription = z.object({ subscription: reference });
const invoiceOfSubscription = z.object({
  parent: z.object({ subscription_details: z.object({ subscription: reference }) }),
});

/** The subscription an event is about, in the shape of any API version. */
function subscriptionsOf({ type, data: { object } }: StripeEvent): string[] {
  if (type.startsWith("customer.subscription.")) {
    const subscription = identified.safeParse(object);
    return subscription.success ? [subscription.data.id] : [];
  }
  if (!type.startsWith("invoice.") && !type.startsWith("checkout.session.")) return [];
  const direct = aboutSubscription.safeParse(object);
  if (direct.success) return [direct.data.subscription];
  const invoice = invoiceOfSubscription.safeParse(object);
  return invoice.success ? [invoice.data.parent.subscription_details.subscription] : [];
}
