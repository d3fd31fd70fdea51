import type pg from "pg";
import { z } from "zod";

import { PLANS, type PlanName, type PlanOf, QUOTAS, RATES, type UserPlan } from "../../../model/plans.ts";
import { CHANNELS, type Listener } from "../../db/listen.ts";
import { readPlan } from "../../db/queries/plans.ts";

/** Limits that the operator changed for one user; null: unlimited. */
const changedLimits = z.partialRecord(z.enum([...Object.keys(RATES), ...QUOTAS]), z.int().min(0).nullable());
const planName = z.enum(Object.keys(PLANS) as [PlanName, ...PlanName[]]);

/** If a change's notification is lost, the old plan stays for at most this long. */
const REMEMBERED_MS = 10_000;
const MOST_REMEMBERED = 10_000;

/** Looks up plans in the table, and remembers them until they change. `standard` is the plan of users without one. */
export function createPlanOf(
  { pool, listener }: { pool: pg.Pool; listener: Pick<Listener, "on"> },
  standard: PlanName,
): PlanOf {
  const remembered = new Map<string, { plan: Promise<UserPlan>; until: number }>();
  listener.on(CHANNELS.plans, (userId) => void remembered.delete(userId));
  const read = async (userId: string): Promise<UserPlan> => {
    const row = await readPlan.one(pool, [userId]);
    const name = planName.catch(standard).parse(row?.plan ?? standard);
    return { name, limits: { ...PLANS[name].limits, ...changedLimits.parse(row?.plan_limits ?? {}) } };
  };
  return async (userId) => {
    const known = remembered.get(userId);
    if (known !== undefined && known.until > performance.now()) return await known.plan;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    const plan = read(userId);
    remembered.set(userId, { plan, until: performance.now() + REMEMBERED_MS });
    plan.catch(() => remembered.delete(userId));
    return await plan;
  };
}
