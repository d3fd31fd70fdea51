import type pg from "pg";
import { z } from "zod";

import { LIMIT_NAMES, type LimitName, PLANS, type PlanName, type PlanOf, type UserPlan } from "../../../model/plans.ts";
import { jsonb } from "../../db/jsonb.ts";
import { CHANNELS, type Listener } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import { readPlan, setPlan as storePlan } from "../../db/queries/plans.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Origin } from "../call.ts";

/** Limits that the operator changed for one user; null: unlimited. */
const changedLimits = z.partialRecord(z.enum(LIMIT_NAMES), z.int().min(0).nullable());
const planName = z.enum(Object.keys(PLANS) as [PlanName, ...PlanName[]]);

/** A user's plan as stored; null for the instance's default. */
export function storedPlan(plan: string | null): PlanName | null {
  return planName.nullable().catch(null).parse(plan);
}

/** The limits that the operator changed, as stored. */
export function storedLimits(limits: unknown) {
  return changedLimits.parse(limits);
}

/** If a change's notification is lost, the old plan stays for at most this long. */
const REMEMBERED_MS = 10_000;
const MOST_REMEMBERED = 10_000;

/**
 * Looks up plans in the table, and remembers them until they change or end. The operator's choice comes first; then, if
 * plans are paid for, that of a subscription; `standard` is the plan of users without either.
 */
export function createPlanOf(
  { pool, listener }: { pool: pg.Pool; listener: Pick<Listener, "on"> },
  standard: "free" | "self-hosted",
  now: () => number = () => performance.now(),
): PlanOf {
  interface Remembered {
    plan: Promise<UserPlan>;
    until: number;
  }
  const remembered = new Map<string, Remembered>();
  listener.on(CHANNELS.plans, (userId) => void remembered.delete(userId));
  const read = async (userId: string, entry: Omit<Remembered, "plan">): Promise<UserPlan> => {
    const row = await readPlan.one(pool, [userId]);
    const paid = standard === "free" ? row?.paid_plan : null;
    const name = planName.catch(standard).parse(row?.plan ?? paid ?? standard);
    const seconds = row?.paid_seconds ?? null;
    if (paid && seconds !== null) entry.until = Math.min(entry.until, now() + seconds * 1000);
    const { maxPlatformSets, ...changed } = changedLimits.parse(row?.plan_limits ?? {});
    return {
      name,
      limits: { ...PLANS[name].limits, ...changed },
      ...(maxPlatformSets !== undefined && { maxPlatformSets }),
    };
  };
  return async (userId) => {
    const known = remembered.get(userId);
    if (known !== undefined && known.until > now()) return await known.plan;
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    const entry = { until: now() + REMEMBERED_MS };
    const plan = read(userId, entry);
    remembered.set(userId, Object.assign(entry, { plan }));
    plan.catch(() => remembered.delete(userId));
    return await plan;
  };
}

/** What an operator changes about a user's plan; what is omitted stays. */
export interface PlanChange {
  /** Null: the instance's default. */
  plan?: PlanName | null;
  /** Limits of this user instead of the plan's. Null: unlimited; "plan": that of the plan again. */
  limits?: { [Name in LimitName]?: number | null | "plan" };
}

/** The plan and limits that are stored for a user. */
export interface StoredPlan {
  plan: PlanName | null;
  limits: { [Name in LimitName]?: number | null };
}

/**
 * Changes a user's plan, limits or both, in the transaction of `tx`: for all processes as soon as it commits, and in the
 * audit log. Null if there is no such user.
 */
export async function setPlan(
  tx: Db,
  origin: Origin,
  userId: string,
  { plan, limits = {} }: PlanChange,
): Promise<StoredPlan | null> {
  const set = Object.entries(limits).filter(([, value]) => value !== "plan");
  const removed = Object.keys(limits).filter((name) => !set.some(([other]) => other === name));
  const isRead = plan === undefined && Object.keys(limits).length === 0;
  const row = isRead
    ? await readPlan.one(tx, [userId])
    : await storePlan.one(tx, [userId, plan !== undefined, plan ?? null, jsonb(Object.fromEntries(set)), removed]);
  if (row === undefined) return null;
  const stored = {
    plan: planName.nullable().catch(null).parse(row.plan),
    limits: changedLimits.parse(row.plan_limits),
  };
  if (isRead) return stored;
  notify(tx, CHANNELS.plans, userId);
  await recordAudit(tx, origin, { userId, action: "user.plan_changed", target: userId, data: { ...stored } });
  return stored;
}
