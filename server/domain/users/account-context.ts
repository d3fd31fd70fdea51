import type { AccountContext } from "../../../contract/account-context.ts";
import { readPolicies } from "../api-keys/policies.ts";
import type { Answer, Call } from "../caller.ts";
import type { Services } from "../services.ts";
import { getMe } from "./me.ts";

/** Nothing limits a self-hosted instance. */
const UNLIMITED: AccountContext["quotas"] = (["postsPerMonth", "mediaUploadsPerMonth", "apiRequestsPerMonth", "maxScheduledPosts", "maxStorageBytes"] as const).map((name) => ({ name, limit: null, remaining: null }));

/** Who calls, what they may, and what time it is for them. Throws NOT_FOUND where the user was deleted meanwhile. */
export async function getAccountContext(services: Pick<Services, "pool">, call: Pick<Call, "userId" | "mode" | "policies">, now = new Date()): Promise<Answer<AccountContext>> {
  const { user } = (await getMe(services, call)).body;
  return {
    body: {
      userId: call.userId,
      name: user.name,
      mode: call.mode,
      plan: "self-hosted",
      timeZone: user.timeZone,
      currentTime: now.toISOString(),
      localTime: localTime(now, user.timeZone),
      quotas: UNLIMITED,
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
