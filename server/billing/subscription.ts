import { z } from "zod";

/** The plans that are paid for. The most expensive one comes last. */
export const PAID_PLANS = ["creator", "pro", "scale"] as const;
export type PaidPlan = (typeof PAID_PLANS)[number];

/** Price IDs of each plan: new subscriptions use the first, all of them mean the plan. */
export type Prices = Readonly<Record<PaidPlan, readonly [string, ...string[]]>>;

/** A subscription as Stripe has it now. */
export interface Subscription {
  id: string;
  customerId: string;
  /** The user it was opened for; null if it was not opened here. */
  userId: string | null;
  /** In Stripe's words. */
  status: string;
  /** Null: none of the configured prices. */
  plan: PaidPlan | null;
  /** What a change of plan replaces. */
  itemId: string;
  createdAt: Date;
  currentPeriodEndsAt: Date | null;
  trialEndsAt: Date | null;
  /** When a requested cancellation takes effect; null if there is none. */
  cancelsAt: Date | null;
  endedAt: Date | null;
  /** When the latest invoice became due, if it is not paid. */
  unpaidSince: Date | null;
}

/** What is known of a subscription from its last reading. */
export interface Known {
  status: string;
  pastDueSince: Date | null;
  planEndsAt: Date | null;
}

/** How long a failed payment keeps the plan. */
export const GRACE_DAYS = 7;
const DAY_MILLISECONDS = 86_400_000;

const PAYMENT_IS_DUE: ReadonlySet<string> = new Set(["past_due", "unpaid"]);

/**
 * Since when payment is due, and when the plan ends; null if neither. A pure function of what Stripe says, so that it does
 * not matter in which order events come: only the beginning of a failure is remembered, because the next invoice would
 * start it again.
 */
export function planTimes(
  { status, cancelsAt, endedAt, unpaidSince }: Subscription,
  known: Known | undefined,
  now: Date,
): { pastDueSince: Date | null; planEndsAt: Date | null } {
  if (status === "active" || status === "trialing") return { pastDueSince: null, planEndsAt: cancelsAt };
  if (PAYMENT_IS_DUE.has(status)) {
    const before = known !== undefined && PAYMENT_IS_DUE.has(known.status) ? known.pastDueSince : null;
    const pastDueSince = earliest(before, unpaidSince) ?? now;
    const graceEndsAt = new Date(pastDueSince.getTime() + GRACE_DAYS * DAY_MILLISECONDS);
    return { pastDueSince, planEndsAt: earliest(graceEndsAt, cancelsAt) };
  }
  // Over, not begun or paused: without a time of its own, since it was first seen like this.
  const before = known?.planEndsAt ?? null;
  const ended = before !== null && before <= now ? before : null;
  return { pastDueSince: null, planEndsAt: earliest(endedAt ?? ended, now) };
}

/** The status that users see. */
export type BillingStatus = "none" | "trialing" | "active" | "past_due" | "canceled";

/** Paused means that a trial ended without a means of payment: like after a failed one, the user has to add it. */
export function statusOf(status: string, planEndsAt: Date | null, now: Date): BillingStatus {
  if (status === "active" || status === "trialing")
    return planEndsAt !== null && planEndsAt <= now ? "canceled" : status;
  if (PAYMENT_IS_DUE.has(status) || status === "paused") return "past_due";
  return status === "canceled" ? "canceled" : "none";
}

/** Whether Stripe still has it: then a user changes it, instead of opening another. */
export function isOpen(status: string): boolean {
  return ["trialing", "active", "past_due", "unpaid", "paused"].includes(status);
}

function earliest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

const time = z
  .int()
  .min(0)
  .transform((seconds) => new Date(seconds * 1000));
const maybeTime = time.nullish().transform((value) => value ?? null);
const id = z.string().min(1).max(255);

/** A reference to another object: its ID, or the object itself. */
export const reference = z.union([id, z.object({ id }).transform((object) => object.id)]);

const invoice = z.object({
  status: z.string().nullish(),
  created: time,
  status_transitions: z.object({ finalized_at: maybeTime }).nullish(),
});

/** What is read of Stripe's answer. The period is the item's; before API version 2025-03-31, it was the subscription's. */
export const subscriptionAnswer = z.object({
  id,
  customer: reference,
  status: z.string().min(1).max(50),
  created: time,
  cancel_at: maybeTime,
  cancel_at_period_end: z.boolean().nullish(),
  current_period_end: maybeTime,
  ended_at: maybeTime,
  trial_end: maybeTime,
  metadata: z.record(z.string(), z.unknown()).nullish(),
  items: z.object({
    data: z.array(z.object({ id, current_period_end: maybeTime, price: z.object({ id }) })).min(1),
  }),
  latest_invoice: z.union([invoice, z.string()]).nullish(),
});

/** The name under which a subscription and a customer know their user. */
export const USER_METADATA = "ampost_user";

export function toSubscription(answer: z.output<typeof subscriptionAnswer>, prices: Prices): Subscription {
  const planOf = (priceId: string) => PAID_PLANS.find((plan) => prices[plan].includes(priceId)) ?? null;
  const { data } = answer.items;
  const item = data.find(({ price }) => planOf(price.id) !== null) ?? data[0];
  if (item === undefined) throw new Error("A subscription has an item");
  const currentPeriodEndsAt = item.current_period_end ?? answer.current_period_end;
  const { latest_invoice: latest } = answer;
  const userId = answer.metadata?.[USER_METADATA];
  return {
    id: answer.id,
    customerId: answer.customer,
    userId: typeof userId === "string" ? userId : null,
    status: answer.status,
    plan: planOf(item.price.id),
    itemId: item.id,
    createdAt: answer.created,
    currentPeriodEndsAt,
    trialEndsAt: answer.trial_end,
    cancelsAt: answer.cancel_at ?? (answer.cancel_at_period_end === true ? currentPeriodEndsAt : null),
    endedAt: answer.ended_at,
    unpaidSince:
      typeof latest === "object" && latest !== null && latest.status !== "paid"
        ? (latest.status_transitions?.finalized_at ?? latest.created)
        : null,
  };
}
