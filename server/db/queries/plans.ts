import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

export interface PlanRow {
  /** The operator's choice; null: none. */
  plan: string | null;
  plan_limits: unknown;
  /** The plan of the best subscription that applies; null: none. */
  paid_plan: string | null;
  /** Until it ends; null: no end is known. */
  paid_seconds: number | null;
}

/** What is omitted stays: `plan` unless it is set, and limits that are neither set nor removed. No row: no such user. */
export const setPlan = statement<
  { id: string; plan: string | null; plan_limits: unknown },
  [userId: string, setsPlan: boolean, plan: string | null, setLimits: Json, removedLimits: readonly string[]]
>(
  "users.set_plan",
  `update users set plan = case when $2 then $3 else plan end, plan_limits = (plan_limits || $4::jsonb) - $5::text[],
     updated_at = now()
   where id = $1 returning id, plan, plan_limits`,
);

export const readPlan = statement<PlanRow, [userId: string]>(
  "users.read_plan",
  `select u.plan, u.plan_limits, s.plan as paid_plan,
     extract(epoch from s.plan_ends_at - now())::float8 as paid_seconds
   from users u left join lateral (
     select plan, plan_ends_at from subscriptions
     where user_id = u.id and plan is not null and (plan_ends_at is null or plan_ends_at > now())
     order by array_position(array['creator', 'pro', 'scale'], plan) desc limit 1
   ) s on true where u.id = $1`,
);
