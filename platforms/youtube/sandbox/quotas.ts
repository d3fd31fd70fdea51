import type { Call, PlatformAnswer } from "../../../sandbox/platform.ts";
import { apiError, clientOf, ERRORS, Refusal, uploadsUsedUp } from "./errors.ts";
import type { Viewer } from "./viewer.ts";

/**
 * A project's limits per day in Pacific time. Source: YouTube docs, determine_quota_cost, 2026-09-11.
 */
const UPLOADS_A_DAY = 100;
const UNITS_A_DAY = 10_000;
const DEAR_UNITS = 50;

const DAY_MS = 86_400_000;

/**
 * Counts every call of a project, including invalid ones, and rejects calls over the daily limit. Calls to a session
 * cost nothing.
 */
export function countCall(call: Call): PlatformAnswer | undefined {
  const clientId = clientOf(call);
  if (!/^(\/upload)?\/youtube\//.test(call.path) || call.query.has("upload_id") || clientId === "") return undefined;
  const day = pacificDay(call.now);
  const use = (kind: string) => ({ platform: "youtube", accountId: clientId, name: `${kind} ${day}` }) as const;
  const count = (kind: string) => call.world.uses.count({ ...use(kind), since: 0 });
  if (isUpload(call)) {
    call.world.uses.add({ ...use("uploads"), at: hourOf(call) });
    return count("uploads") > UPLOADS_A_DAY ? apiError(uploadsUsedUp(clientId)) : undefined;
  }
  const isDear = call.method !== "GET";
  call.world.uses.add({ ...use(isDear ? "dear calls" : "calls"), at: hourOf(call) });
  return count("calls") + DEAR_UNITS * count("dear calls") > UNITS_A_DAY ? apiError(ERRORS.quotaExceeded) : undefined;
}

/** As when the quota for this call is exceeded. */
export function usedUp(call: Call): PlatformAnswer {
  if (call.query.has("upload_id")) return apiError(ERRORS.rateLimitExceeded);
  return apiError(isUpload(call) ? uploadsUsedUp(clientOf(call)) : ERRORS.quotaExceeded);
}

/** Each channel has its own limit, whichever project uploads. */
export function needChannelQuota(call: Call, { person, facts }: Viewer): void {
  if (!call.world.limits) return;
  const videos = call.world.uses.count({
    platform: "youtube",
    accountId: person.id,
    name: "videos",
    since: call.now - DAY_MS + 1,
  });
  if (videos >= facts.videosADay) throw new Refusal(ERRORS.uploadLimitExceeded);
}

export function useChannelQuota(call: Call, channelId: string): void {
  call.world.uses.add({ platform: "youtube", accountId: channelId, name: "videos", at: call.now });
}

function isUpload(call: Call): boolean {
  return call.method === "POST" && call.path === "/upload/youtube/v3/videos";
}

function hourOf(call: Call): number {
  return Math.floor(call.now / 3_600_000) * 3_600_000;
}

/** The date in California, `2026-11-25`. */
function pacificDay(at: number): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "America/Los_Angeles" }).format(at);
}
