import type { BillingState } from "../../../contract/operations/billing.ts";
import { PLANS, type PlanName } from "../../../model/plans.ts";
import { statusOf } from "../../billing/subscription.ts";
import { findMainSubscription } from "../../db/queries/billing.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";

const SOLD: readonly PlanName[] = ["free", "creator", "pro", "scale"];

/** The user's plan and subscription, and which plans there are. Asks nothing of Stripe. */
export async function getBilling(
  { pool, planOf, billing }: Pick<Services, "pool" | "planOf" | "billing">,
  { userId }: Pick<Call, "userId">,
): Promise<Answer<{ billing: BillingState }>> {
  const plan = (await planOf(userId)).name;
  const plans = (billing === null ? (["self-hosted"] as const) : SOLD).map((name) => ({ name, ...PLANS[name] }));
  const row = billing === null ? undefined : await findMainSubscription.one(pool, [userId]);
  const status = row === undefined ? "none" : statusOf(row.status, row.plan_ends_at, new Date());
  if (row === undefined || status === "none" || status === "canceled")
    return {
      body: {
        billing: { plan, status, currentPeriodEndsAt: null, cancelAtPeriodEnd: false, graceEndsAt: null, plans },
      },
    };
  return {
    body: {
      billing: {
        plan,
        status,
        currentPeriodEndsAt: timeOf(row.cancels_at ?? row.current_period_ends_at),
        cancelAtPeriodEnd: row.cancels_at !== null,
        graceEndsAt: row.past_due_since === null ? null : timeOf(row.plan_ends_at),
        plans,
      },
    },
  };
}

function timeOf(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
