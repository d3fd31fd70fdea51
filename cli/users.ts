import { RESET_MINUTES } from "../model/lifetimes.ts";
import { PLANS, type PlanName } from "../model/plans.ts";
import { MODES } from "../model/platform-names.ts";
import { setBudgetLimit } from "../server/db/queries/budgets.ts";
import { findOwner } from "../server/db/queries/users.ts";
import { transaction } from "../server/db/sql.ts";
import { BY_INSTANCE } from "../server/domain/call.ts";
import { feesBudget } from "../server/domain/posts/budgets.ts";
import { createResetLink } from "../server/domain/users/open-auth.ts";
import { type PlanChange, setPlan } from "../server/domain/users/plans.ts";
import { isSetUpOpen } from "../server/domain/users/set-up.ts";
import { answer } from "./answer.ts";
import { findNamedUser, withInstance } from "./instance-command.ts";

export async function runResetPassword(named: string, options: { json?: boolean }): Promise<void> {
  const { email, link } = await withInstance(async (instance) => {
    const { pool, log, oauth, config } = instance;
    const { id, email } = await findNamedUser(instance, named);
    if ((await findOwner.one(pool))?.id === id && (await isSetUpOpen(instance)))
      throw new Error("The owner has not been set up. Start Ampost, and open the link it prints to choose a password.");
    if (email === null) throw new Error(`The user ${named} has no email address, and therefore no password.`);
    return { email, link: await createResetLink({ pool, log, vault: oauth.vault, appUrl: config.appUrl }, email) };
  });
  if (link === null) throw new Error(`The user ${named} was deleted meanwhile.`);
  answer(options, { email, link }, [
    link,
    `Anyone with this link can set a new password for ${email}, once, in the next ${RESET_MINUTES} minutes. ` +
      "Setting it signs the user out everywhere.",
  ]);
}

/** Null: no limit. */
export async function runLimitFees(named: string, usd: number | null, options: { json?: boolean }): Promise<void> {
  const microUsd = usd === null ? null : Math.round(usd * 1e6);
  const { id, email } = await withInstance(async (instance) => {
    const user = await findNamedUser(instance, named);
    for (const mode of MODES)
      await setBudgetLimit.run(instance.pool, [feesBudget({ userId: user.id, mode }).name, microUsd]);
    return user;
  });
  answer(options, { userId: id, email, feesPerMonthMicroUsd: microUsd }, [
    usd === null
      ? `Platforms may charge any amount for posts of ${named}.`
      : `Platforms may charge at most $${usd} per month for posts of ${named}, in each mode.`,
  ]);
}

interface PlanOptions {
  limit?: PlanChange["limits"];
  json?: boolean;
}

/** Changes nothing if neither a plan nor a limit is given. */
export async function runPlan(named: string, plan: string | undefined, options: PlanOptions): Promise<void> {
  const change = { ...(plan === undefined ? {} : { plan: isPlan(plan) ? plan : null }), limits: options.limit };
  const { id, stored } = await withInstance(async (instance) => {
    const { id } = await findNamedUser(instance, named);
    return { id, stored: await transaction(instance.pool, (tx) => setPlan(tx, BY_INSTANCE, id, change)) };
  });
  if (stored === null) throw new Error(`The user ${named} was deleted meanwhile.`);
  const limits = Object.entries(stored.limits).map(([name, most]) => `${name} ${most ?? "none"}`);
  answer(options, { userId: id, ...stored }, [
    `${named} is on ${stored.plan === null ? "the instance's default plan" : `the plan ${stored.plan}`}` +
      (limits.length === 0 ? "." : `, with limits of its own: ${limits.join(", ")}.`),
  ]);
}

function isPlan(name: string): name is PlanName {
  return Object.hasOwn(PLANS, name);
}
