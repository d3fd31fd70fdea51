import { nextFree, ON_TIME_SECONDS } from "../../model/budgets.ts";
import { catalog } from "../../platforms/catalog.ts";
import type { AccountLimit } from "../../platforms/platform.ts";
import { jsonb } from "../db/jsonb.ts";
import {
  findBudgetUses,
  moveBudgetUses,
  noteBudgetReadings,
  noteBudgetReadingTogether,
} from "../db/queries/budgets.ts";
import { transaction } from "../db/sql.ts";
import { type BudgetUse, checksAt, NO_CHECKS, quotaBudget, readNeeds } from "./budgets.ts";
import { secondsSince } from "./claim.ts";
import { write } from "./settle.ts";
import type { ClaimedWork } from "./work.ts";

/** What others no longer need can be used within this time. */
const LONGEST_WAIT_SECONDS = 600;

/**
 * Whether there is room in its platform's limits for a post that is late; one on time has reserved it. What is late
 * reserves anew for this moment, or waits, so that it takes nothing from those that are on time. If false, the platform
 * post is released.
 */
export async function hasRoom(claimed: ClaimedWork): Promise<boolean> {
  const { deps, claim, row, loadedAt } = claimed;
  const isLate = row.due_in_seconds - secondsSince(loadedAt) < -ON_TIME_SECONDS;
  if (!isLate || claim.lane === "observe" || row.last_live_step !== null || row.intent?.result === null) return true;
  const uses = await quotaUses(claimed);
  if (uses.length === 0) return true;
  const now = new Date();
  const waitSeconds = await transaction(deps.pool, async (tx) => {
    const names = uses.map(({ name }) => name);
    const move = async (checks: ReturnType<typeof checksAt>): Promise<boolean> =>
      (await moveBudgetUses.run(tx, [row.id, row.user_id, row.mode, names, now, ...checks])) > 0;
    if (await move(checksAt(uses, now))) return 0;
    const next = nextFree(await readNeeds(tx, uses, now, row.post_id), now.getTime());
    if (next !== now.getTime()) return next === null ? LONGEST_WAIT_SECONDS : (next - now.getTime()) / 1000;
    await move(NO_CHECKS);
    return 0;
  });
  if (waitSeconds === 0) return true;
  const seconds = Math.min(waitSeconds, LONGEST_WAIT_SECONDS);
  await write(claimed, { next: { at: "seconds", seconds, evenPastDue: true } });
  return false;
}

/** What the platform post uses of its platform's limits. */
async function quotaUses({ deps, row }: ClaimedWork): Promise<BudgetUse[]> {
  const { platform, mode } = row;
  const publisher = { mode, platform, platformAccountId: row.platform_account_id ?? "", appId: null };
  const budgets = catalog[platform].capabilities.quotas.map((quota) => ({
    prefix: `${mode} ${platform} ${quota.name} ${quota.per} `,
    ofOwnApp: quotaBudget({ ...publisher, appId: row.id }, quota, deps.platformLimits ?? {}),
    ofInstance: quotaBudget(publisher, quota, deps.platformLimits ?? {}),
  }));
  const rows = await findBudgetUses.all(deps.pool, [row.id, row.user_id, mode]);
  return rows.flatMap(({ budget: name, units }) => {
    const found = budgets.find(({ prefix }) => name.startsWith(prefix));
    if (found === undefined) return [];
    const { budget } = found.ofInstance.name === name ? found.ofInstance : found.ofOwnApp;
    return [{ name, budget, units }];
  });
}

/** What the platform says counts from now on, instead of what is declared. */
export async function noteLimits({ deps, row }: ClaimedWork, limits: readonly AccountLimit[]): Promise<void> {
  const { mode, platform, platform_account_id: platformAccountId } = row;
  if (platformAccountId === null) return;
  for (const { name, most, used } of limits) {
    const quota = catalog[platform].capabilities.quotas.find((each) => each.name === name && each.per === "account");
    if (quota === undefined) continue;
    const { name: budget } = quotaBudget({ mode, platform, platformAccountId, appId: null }, quota, {});
    const reading = { budget, most, used, windowSeconds: quota.windowSeconds + 2 * ON_TIME_SECONDS };
    try {
      const isNoted = await noteBudgetReadingTogether(deps.pool, reading);
      if (isNoted === undefined) await noteBudgetReadings.run(deps.pool, [jsonb([reading])]);
    } catch (error) {
      deps.log.warn({ err: error, accountId: row.account_id }, "what a platform said of a limit could not be stored");
    }
  }
}
