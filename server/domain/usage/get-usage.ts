import type { Usage } from "../../../contract/operations/usage.ts";
import { endOfMonth } from "../../../model/user-limits.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";
import { type Rate, readRates } from "../users/rates.ts";
import { readQuotas } from "./quotas.ts";

/** The user's plan, what has been used of its quotas in live mode, and what is left of the rates. */
export async function getUsage(
  services: Pick<Services, "pool" | "planOf" | "limitsOf">,
  { userId }: Pick<Call, "userId">,
  now = new Date(),
): Promise<Answer<{ usage: Usage }>> {
  const { name: plan } = await services.planOf(userId);
  const rates = await readRates(services, userId, now);
  const shown = ({ resetsAt, ...rate }: Rate) => ({ ...rate, resetsAt: resetsAt.toISOString() });
  return {
    body: {
      usage: {
        plan,
        periodStartsAt: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString(),
        periodEndsAt: endOfMonth(now).toISOString(),
        quotas: await readQuotas(services, userId, now),
        rates: {
          createPost: shown(rates.createPost),
          publishPost: shown(rates.publishPost),
          connectPlatform: shown(rates.connectPlatform),
          mediaUpload: shown(rates.mediaUpload),
          apiRead: shown(rates.apiRead),
        },
      },
    },
  };
}
