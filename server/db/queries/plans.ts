import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

export interface PlanRow {
  plan: string | null;
  plan_limits: unknown;
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

/** Has every process read the user's plan again. */
export const notifyPlan = statement<never, [userId: string]>(
  "users.notify_plan",
  `select pg_notify('ampost_plans', $1)`,
);

export const readPlan = statement<PlanRow, [userId: string]>(
  "users.read_plan",
  `select plan, plan_limits from users where id = $1`,
);
