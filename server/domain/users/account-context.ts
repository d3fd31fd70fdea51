import type { AccountContext } from "../../../contract/operations/account-context.ts";
import { countPostsToday, countScheduledOfUser, readContentToday } from "../../db/queries/user-limits.ts";
import { storedBytes } from "../../media/storage-quota.ts";
import { readPolicies } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { readFees } from "../posts/budgets.ts";
import type { Services } from "../services.ts";
import { getMe } from "./me.ts";

/** The caller, its permissions and its current time. Throws NOT_FOUND if the user was deleted in the meantime. */
export async function getAccountContext(
  services: Pick<Services, "pool" | "limitsOf">,
  call: Pick<Call, "userId" | "mode" | "policies">,
  now = new Date(),
): Promise<Answer<AccountContext>> {
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
      quotas: await quotasOf(services, call.userId),
      fees: await readFees(services.pool, call, now),
      policies: call.policies ?? readPolicies({}),
    },
  };
}

async function quotasOf(
  { pool, limitsOf }: Pick<Services, "pool" | "limitsOf">,
  userId: string,
): Promise<AccountContext["quotas"]> {
  const limits = await limitsOf(userId);
  const used = {
    postsPerDay: async () => (await countPostsToday.one(pool, [userId]))?.posts_today ?? 0,
    contentBytesPerDay: async () => (await readContentToday.one(pool, [userId]))?.content_today ?? 0,
    maxScheduledPosts: async (limit: number) => (await countScheduledOfUser.one(pool, [userId, limit]))?.count ?? 0,
    maxStorageBytes: async () => await storedBytes(pool, userId),
  };
  const limited = (["postsPerDay", "contentBytesPerDay", "maxScheduledPosts", "maxStorageBytes"] as const).map(
    async (name) => {
      const limit = limits[name];
      return { name, limit, remaining: limit === null ? null : Math.max(0, limit - (await used[name](limit))) };
    },
  );
  const ofPlans = (["postsPerMonth", "mediaUploadsPerMonth", "apiRequestsPerMonth"] as const).map((name) => ({
    name,
    limit: null,
    remaining: null,
  }));
  return [...ofPlans, ...(await Promise.all(limited))];
}

/** "2026-12-01T10:30:00.000+01:00" */
function localTime(now: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(now);
  const offset = /[+-]\d\d:\d\d/.exec(parts.find(({ type }) => type === "timeZoneName")?.value ?? "")?.[0] ?? "+00:00";
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  const shift = (offset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return new Date(now.getTime() + shift).toISOString().replace("Z", offset);
}
