import type { AccountContext } from "../../../contract/operations/account-context.ts";
import { PublicError } from "../../../model/errors.ts";
import { findMe } from "../../db/queries/users.ts";
import { readPolicies } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { readFees } from "../posts/budgets.ts";
import type { Services } from "../services.ts";
import { readRemaining } from "../usage/quotas.ts";

/** The caller, its permissions and its current time. Throws NOT_FOUND if the user was deleted in the meantime. */
export async function getAccountContext(
  services: Pick<Services, "pool" | "planOf" | "limitsOf">,
  call: Pick<Call, "userId" | "mode" | "policies">,
  now = new Date(),
): Promise<Answer<AccountContext>> {
  const user = await findMe.one(services.pool, [call.userId]);
  if (user === undefined) throw new PublicError("NOT_FOUND", "The user was deleted.");
  return {
    body: {
      userId: call.userId,
      name: user.name,
      mode: call.mode,
      plan: (await services.planOf(call.userId)).name,
      timeZone: user.time_zone,
      currentTime: now.toISOString(),
      localTime: localTime(now, user.time_zone),
      quotas: await readRemaining(services, call, now),
      fees: await readFees(services.pool, call, now),
      policies: call.policies ?? readPolicies({}),
    },
  };
}

/** "2026-12-01T10:30:00.000+01:00" */
function localTime(now: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(now);
  const offset = /[+-]\d\d:\d\d/.exec(parts.find(({ type }) => type === "timeZoneName")?.value ?? "")?.[0] ?? "+00:00";
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  const shift = (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return new Date(now.getTime() + shift).toISOString().replace("Z", offset);
}
