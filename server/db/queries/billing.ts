import { statement } from "../sql.ts";

export interface CustomerRow {
  customer_id: string | null;
  customers: number;
  checkout_id: string | null;
  has_subscribed: boolean;
}

export const findCustomer = statement<CustomerRow, [userId: string]>(
  "billing_customers.find",
  `select customer_id, customers, checkout_id, has_subscribed from billing_customers where user_id = $1`,
);

/**
 * Keeps the customer that was stored first, and returns it; no row if the user was deleted. Waits for a deletion, which
 * must not miss the customer.
 */
export const saveCustomer = statement<{ customer_id: string }, [userId: string, customerId: string]>(
  "billing_customers.save",
  `with payer as (select id from users where id = $1 for no key update)
   insert into billing_customers as c (user_id, customer_id) select id, $2 from payer
   on conflict (user_id) do update set customer_id = coalesce(c.customer_id, excluded.customer_id)
   returning customer_id`,
);

/** The customer was deleted at Stripe; the next one is another. */
export const forgetCustomer = statement<never, [customerId: string]>(
  "billing_customers.forget",
  `update billing_customers set customer_id = null, customers = customers + 1, checkout_id = null
   where customer_id = $1`,
);

/** No row if another checkout was stored since `before` was read. */
export const replaceCheckout = statement<
  { checkout_id: string },
  [userId: string, checkoutId: string, before: string | null]
>(
  "billing_customers.replace_checkout",
  `update billing_customers set checkout_id = $2
   where user_id = $1 and (checkout_id is not distinct from $3 or checkout_id = $2) returning checkout_id`,
);

export const noteSubscribed = statement<never, [userId: string]>(
  "billing_customers.note_subscribed",
  `update billing_customers set has_subscribed = true where user_id = $1 and not has_subscribed`,
);

/** Whom a subscription is for: whose it was before, whose customer pays it, or for whom it was opened. */
export const findPayer = statement<
  { id: string; email: string },
  [subscriptionId: string, customerId: string | null, userId: string | null]
>(
  "users.find_payer",
  `select u.id, u.email from users u where u.id = coalesce(
     (select user_id from subscriptions where id = $1), (select user_id from billing_customers where customer_id = $2), $3)
   for key share`,
);

export interface SubscriptionRow {
  id: string;
  user_id: string;
  plan: string | null;
  status: string;
  item_id: string;
  current_period_ends_at: Date | null;
  trial_ends_at: Date | null;
  cancels_at: Date | null;
  past_due_since: Date | null;
  plan_ends_at: Date | null;
  told: string[];
}

const columns =
  "id, user_id, plan, status, item_id, current_period_ends_at, trial_ends_at, cancels_at, past_due_since, " +
  "plan_ends_at, told";

/** Readings of one subscription are stored one at a time. */
export const lockSubscription = statement<never, [id: string]>(
  "subscriptions.lock",
  `select pg_advisory_xact_lock(hashtext('ampost subscription'), hashtext($1))`,
);

export const findSubscription = statement<SubscriptionRow & { is_newer: boolean }, [id: string, readAt: string]>(
  "subscriptions.find",
  `select ${columns}, read_at >= $2::text::timestamptz as is_newer from subscriptions where id = $1`,
);

export const saveSubscription = statement<
  never,
  [
    id: string,
    userId: string,
    plan: string | null,
    status: string,
    itemId: string,
    createdAt: Date,
    currentPeriodEndsAt: Date | null,
    trialEndsAt: Date | null,
    cancelsAt: Date | null,
    pastDueSince: Date | null,
    planEndsAt: Date | null,
    told: readonly string[],
    tellAt: Date | null,
    readAt: string,
  ]
>(
  "subscriptions.save",
  `insert into subscriptions (id, user_id, plan, status, item_id, created_at, current_period_ends_at, trial_ends_at,
     cancels_at, past_due_since, plan_ends_at, told, tell_at, read_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text::timestamptz)
   on conflict (id) do update set plan = excluded.plan, status = excluded.status, item_id = excluded.item_id,
     current_period_ends_at = excluded.current_period_ends_at, trial_ends_at = excluded.trial_ends_at,
     cancels_at = excluded.cancels_at, past_due_since = excluded.past_due_since, plan_ends_at = excluded.plan_ends_at,
     told = excluded.told, tell_at = excluded.tell_at, read_at = excluded.read_at`,
);

/** The one that counts: with a plan that applies, still open, of the highest plan, the newest. */
export const findMainSubscription = statement<SubscriptionRow, [userId: string]>(
  "subscriptions.find_main",
  `select ${columns} from subscriptions where user_id = $1
   order by plan is not null and (plan_ends_at is null or plan_ends_at > now()) desc,
     status in ('trialing', 'active', 'past_due', 'unpaid', 'paused') desc,
     array_position(array['creator', 'pro', 'scale'], plan) desc nulls last, created_at desc, id limit 1`,
);

export const listSubscriptions = statement<Pick<SubscriptionRow, "id" | "status">, [userId: string]>(
  "subscriptions.list",
  `select id, status from subscriptions where user_id = $1 order by created_at`,
);

export const listSubscriptionsOfCustomer = statement<{ id: string }, [customerId: string]>(
  "subscriptions.list_of_customer",
  `select s.id from subscriptions s join billing_customers c on c.user_id = s.user_id
   where c.customer_id = $1 and s.status not in ('canceled', 'incomplete_expired') order by s.id`,
);

/** The database's time: of all processes, and as precise as it is stored. */
export const beginReading = statement<{ read_at: string; now: Date }, []>(
  "subscriptions.begin_reading",
  `select clock_timestamp()::text as read_at, clock_timestamp() as now`,
);

export const findBillingEvent = statement<{ id: string }, [id: string]>(
  "billing_events.find",
  `select id from billing_events where id = $1`,
);

/** Zero rows if it is known. */
export const insertBillingEvent = statement<never, [id: string]>(
  "billing_events.insert",
  `insert into billing_events (id) values ($1) on conflict do nothing`,
);

/** Stripe resends events for 30 days at most. */
export const deleteOldBillingEvents = statement<never, [limit: number]>(
  "billing_events.delete_old",
  `delete from billing_events where id in (
     select id from billing_events where received_at < now() - interval '45 days' limit $1)`,
);

/** A year after their end. */
export const deleteOldSubscriptions = statement<never, [limit: number]>(
  "subscriptions.delete_old",
  `delete from subscriptions where id in (
     select id from subscriptions where status in ('canceled', 'incomplete_expired')
       and plan_ends_at < now() - interval '1 year' limit $1)`,
);

/** Those whose next email is due. */
export const listDueNotices = statement<{ id: string }, [limit: number]>(
  "subscriptions.list_due_notices",
  `select id from subscriptions where tell_at <= now() order by tell_at limit $1`,
);

/** Those that must have changed a day ago, and were not read since: their events did not come. */
export const listUnheard = statement<{ id: string }, [limit: number]>(
  "subscriptions.list_unheard",
  `select id from subscriptions
   where status in ('trialing', 'active', 'past_due', 'unpaid', 'incomplete')
     and least(current_period_ends_at, cancels_at) < now() - interval '1 day' and read_at < now() - interval '1 day'
   order by read_at limit $1`,
);

/** Those whose price is none of the configured ones, so that they have no plan. */
export const countWithoutPlan = statement<{ count: number }, []>(
  "subscriptions.count_without_plan",
  `select count(*)::int as count from subscriptions
   where plan is null and status in ('trialing', 'active', 'past_due', 'unpaid')`,
);
