import type pg from "pg";
import type { Logger } from "pino";

import type { Brand } from "../../../model/brand.ts";
import type { PlanNotice } from "../../../model/emails.ts";
import type { Billing } from "../../billing/billing.ts";
import { BillingError } from "../../billing/billing.ts";
import { type PaidPlan, PAID_PLANS, planTimes, type Subscription } from "../../billing/subscription.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import {
  beginReading,
  findPayer,
  findSubscription,
  listDueNotices,
  listUnheard,
  lockSubscription,
  noteSubscribed,
  saveSubscription,
  type SubscriptionRow,
} from "../../db/queries/billing.ts";
import { forgetNotified } from "../../db/queries/usage.ts";
import { transaction } from "../../db/sql.ts";
import { renderPlanEmail } from "../../mail/emails.ts";
import { sendMail } from "../../mail/send-mail.ts";
import type { Vault } from "../../vault/vault.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { brandOfEmail } from "../branding/branding.ts";
import { BY_INSTANCE } from "../call.ts";

export interface SyncServices {
  pool: pg.Pool;
  jobs: JobSender;
  vault: Vault;
  log: Pick<Logger, "warn">;
  billing: Billing;
  settings: { appUrl: string; brand: Brand };
}

/** What Stripe had when it was read; null: it does not know the subscription. */
export interface Reading {
  id: string;
  /** When reading began. Later readings replace earlier ones, never the other way around. */
  readAt: string;
  now: Date;
  found: Subscription | null;
}

/** Reads a subscription. Throws BillingError. */
export async function readSubscription({ pool, billing }: SyncServices, id: string): Promise<Reading> {
  const began = await beginReading.one(pool);
  if (began === undefined) throw new Error("The database has no time");
  return { id, readAt: began.read_at, now: began.now, found: await billing.readSubscription(id) };
}

/** Reads a subscription and stores what it means for its user. Throws BillingError. */
export async function syncSubscription(services: SyncServices, id: string): Promise<void> {
  const reading = await readSubscription(services, id);
  await transaction(services.pool, (tx) => storeReading(services, tx, reading));
}

/**
 * Stores a subscription as it was read, unless a later reading was already stored, and sends the emails that are due. Does
 * nothing if it is no user's of this instance.
 */
export async function storeReading(services: SyncServices, tx: pg.PoolClient, reading: Reading): Promise<void> {
  const { id, readAt, now, found } = reading;
  await lockSubscription.one(tx, [id]);
  const known = await findSubscription.one(tx, [id, readAt]);
  if (known?.is_newer === true) return;
  const subscription = found ?? (known === undefined ? null : goneSince(now, known));
  if (subscription === null) return;
  const payer = await findPayer.one(tx, [id, found?.customerId ?? null, found?.userId ?? null]);
  if (payer === undefined) return;
  if (subscription.plan === null)
    services.log.warn(
      { subscription: id, userId: payer.id },
      "A subscription has a price that is not configured, so it has no plan. Add the price to its STRIPE_PRICE_ variable.",
    );
  const before = known && { status: known.status, pastDueSince: known.past_due_since, planEndsAt: known.plan_ends_at };
  const { pastDueSince, planEndsAt } = planTimes(subscription, before, now);
  const appliedBefore = known !== undefined && applies(planOf(known), known.plan_ends_at, now) ? planOf(known) : null;
  const applied = applies(subscription.plan, planEndsAt, now) ? subscription.plan : null;
  const notices = noticesOf(subscription, { pastDueSince, planEndsAt, known, now });
  await saveSubscription.run(tx, [
    id,
    payer.id,
    subscription.plan,
    subscription.status,
    subscription.itemId,
    subscription.createdAt,
    subscription.currentPeriodEndsAt,
    subscription.trialEndsAt,
    subscription.cancelsAt,
    pastDueSince,
    planEndsAt,
    notices.map(({ kind }) => kind),
    nextNotice(subscription, planEndsAt, now),
    readAt,
  ]);
  for (const notice of notices) {
    if (known?.told.includes(notice.kind) === true) continue;
    const { appUrl, brand } = services.settings;
    const own = await brandOfEmail(tx, brand, payer.email);
    await sendMail(services, tx, renderPlanEmail(payer.email, notice, appUrl, own));
  }
  if (applied !== null) await noteSubscribed.run(tx, [payer.id]);
  if (applied !== appliedBefore) {
    await forgetNotified(tx, payer.id);
    await recordAudit(tx, BY_INSTANCE, {
      userId: payer.id,
      action: "user.plan_changed",
      target: payer.id,
      data: { from: appliedBefore ?? "free", to: applied ?? "free", subscription: id },
    });
  }
  notify(tx, CHANNELS.plans, payer.id);
}

const BATCH = 100;

/**
 * The job of BILLING_CARE_QUEUE: reads the subscriptions again whose next email is due, and those that must have changed
 * although no event told of it. Plans end without it, by time.
 */
export async function careForSubscriptions(services: SyncServices, signal: AbortSignal): Promise<void> {
  const ids = new Set<string>();
  for (const { id } of await listDueNotices.all(services.pool, [BATCH])) ids.add(id);
  for (const { id } of await listUnheard.all(services.pool, [BATCH])) ids.add(id);
  for (const id of ids) {
    if (signal.aborted) return;
    await syncSubscription(services, id).catch((error: unknown) => {
      if (!(error instanceof BillingError)) throw error;
      services.log.warn({ err: error, subscription: id }, "A subscription could not be read; it is tried again");
    });
  }
}

/** Stripe no longer has it: all of its test data was deleted, or the key belongs to another account. */
function goneSince(now: Date, row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    customerId: "",
    userId: row.user_id,
    status: "canceled",
    plan: planOf(row),
    itemId: row.item_id,
    createdAt: now,
    currentPeriodEndsAt: null,
    trialEndsAt: row.trial_ends_at,
    cancelsAt: null,
    endedAt: now,
    unpaidSince: null,
  };
}

function planOf({ plan }: Pick<SubscriptionRow, "plan">): PaidPlan | null {
  return PAID_PLANS.find((name) => name === plan) ?? null;
}

function applies(plan: PaidPlan | null, planEndsAt: Date | null, now: Date): boolean {
  return plan !== null && (planEndsAt === null || planEndsAt > now);
}

/** How long before the end of a trial it is announced. */
const TRIAL_NOTICE_MILLISECONDS = 3 * 86_400_000;

/** What holds now and is worth an email. Each is told when it begins to hold. */
function noticesOf(
  { status, plan, cancelsAt, trialEndsAt }: Subscription,
  {
    pastDueSince,
    planEndsAt,
    known,
    now,
  }: { pastDueSince: Date | null; planEndsAt: Date | null; known: SubscriptionRow | undefined; now: Date },
): PlanNotice[] {
  if (plan === null) return [];
  if (planEndsAt !== null && planEndsAt <= now) {
    const wasUsed = known !== undefined && !known.status.startsWith("incomplete");
    return wasUsed ? [{ kind: "plan_ended", plan, at: planEndsAt }] : [];
  }
  if (pastDueSince !== null && planEndsAt !== null) return [{ kind: "payment_failed", plan, at: planEndsAt }];
  if (cancelsAt !== null) return [{ kind: "plan_ending", plan, at: cancelsAt }];
  if (
    status === "trialing" &&
    trialEndsAt !== null &&
    trialEndsAt.getTime() - TRIAL_NOTICE_MILLISECONDS <= now.getTime()
  )
    return [{ kind: "trial_ending", plan, at: trialEndsAt }];
  return [];
}

/** When another notice begins to hold by itself. */
function nextNotice({ status, trialEndsAt, cancelsAt }: Subscription, planEndsAt: Date | null, now: Date): Date | null {
  if (planEndsAt !== null) return planEndsAt > now ? planEndsAt : null;
  if (status !== "trialing" || trialEndsAt === null || cancelsAt !== null) return null;
  const at = new Date(trialEndsAt.getTime() - TRIAL_NOTICE_MILLISECONDS);
  return at > now ? at : null;
}
