import { statement } from "../sql.ts";

export interface PlanRow {
  plan: string | null;
  plan_limits: unknown;
}

export const readPlan = statement<PlanRow, [userId: string]>(
  "users.read_plan",
  `select plan, plan_limits from users where id = $1`,
);
