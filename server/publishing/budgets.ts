import { type Budget, type Need, reachOf, SEARCHED_DAYS } from "../../model/budgets.ts";
import type { PlatformQuota } from "../../model/capabilities.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { SetLimits } from "../../platforms/counting.ts";
import { type BudgetChecks, readBudgets } from "../db/queries/budgets.ts";
import type { Db } from "../db/sql.ts";
import { PREPARE_AHEAD_SECONDS } from "./timing.ts";

/** What a platform post, or several together, need of a budget. */
export interface BudgetUse {
  /** Its name in the database. */
  name: string;
  budget: Budget;
  units: number;
}

/** Who publishes: the account, by the platform's ID, through which app. */
export interface Publisher {
  mode: Mode;
  platform: PlatformName;
  platformAccountId: string;
  /** Null: the instance's app. */
  appId: string | null;
}

/** A limit of the platform for this account, or for its app. */
export function quotaBudget(
  { mode, platform, platformAccountId, appId }: Publisher,
  { name, max, windowSeconds, timeZone, per, whilePreparing }: PlatformQuota,
  setLimits: SetLimits,
): Pick<BudgetUse, "name" | "budget"> {
  const isSet = per === "account" || appId === null;
  return {
    name: `${mode} ${platform} ${name} ${per} ${per === "account" ? platformAccountId : (appId ?? "instance")}`,
    budget: {
      most: (isSet ? setLimits[platform]?.[name] : undefined) ?? max,
      period: timeZone === undefined ? { rollingSeconds: windowSeconds } : { every: "day", timeZone },
      earlySeconds: whilePreparing === true ? PREPARE_AHEAD_SECONDS : 0,
    },
  };
}

/** The uses of each budget together, to be checked at that time. */
export function checksAt(uses: readonly BudgetUse[], at: Date): BudgetChecks {
  const summed = sumByBudget(uses);
  const reaches = summed.map(({ budget }) => reachOf(budget, at.getTime()));
  return [
    summed.map(({ name }) => name),
    summed.map(({ budget }) => budget.most),
    summed.map(({ units }) => units),
    reaches.map(({ from }) => new Date(from)),
    reaches.map(({ to }) => new Date(to)),
  ];
}

/** The checks of a use that has been found to have room. */
export const NO_CHECKS: BudgetChecks = [[], [], [], [], []];

export interface NamedNeed extends Need {
  name: string;
}

/**
 * What is used of the budgets around a time, and after it as far as free times are searched for. The platform posts of
 * `exceptPostId` do not count.
 */
export async function readNeeds(
  db: Db,
  uses: readonly BudgetUse[],
  at: Date,
  exceptPostId: string | null,
): Promise<NamedNeed[]> {
  const summed = sumByBudget(uses);
  const until = new Date(at.getTime() + 2 * SEARCHED_DAYS * 86_400_000);
  const rows = new Map(
    (
      await readBudgets.all(db, [
        summed.map(({ name }) => name),
        summed.map(({ budget }) => new Date(reachOf(budget, at.getTime()).from)),
        summed.map(() => until),
        exceptPostId,
      ])
    ).map((row) => [row.budget, row]),
  );
  return summed.map(({ name, budget, units }) => {
    const row = rows.get(name);
    const others =
      row === undefined || row.read_at_ms === null || row.others === 0 ? [] : [[row.read_at_ms, row.others] as const];
    return {
      name,
      budget: { ...budget, most: row?.most ?? budget.most },
      units,
      uses: [...(row?.uses ?? []), ...others].map(([useAt, used]) => ({ at: useAt, units: used })),
    };
  });
}

function sumByBudget(uses: readonly BudgetUse[]): BudgetUse[] {
  const byName = new Map<string, BudgetUse>();
  for (const use of uses) byName.set(use.name, { ...use, units: use.units + (byName.get(use.name)?.units ?? 0) });
  return [...byName.values()];
}
