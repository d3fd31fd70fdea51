import { fieldsOf } from "../../../sandbox/meta/fields.ts";
import { invalid, Refusal } from "../../../sandbox/meta/graph.ts";
import { timeOf } from "../../../sandbox/meta/list.ts";
import { DAY_MS, HOUR_MS } from "../../../sandbox/meta/tokens.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { callLimitReached, igError } from "./errors.ts";
import { graph, needSelf, onBothHosts, withViewer, type Viewer } from "./viewer.ts";

/**
 * Limits of an account per 24 hours. Source: Instagram Platform docs, content_publishing_limit, 2026-09-11, which says
 * both 50 and 100 posts: the sandbox uses 50.
 */
const QUOTAS = { posts: 50, containers: 400 } as const;

/** 4,800 calls per impression, of which an account has at least 10, in 24 hours per app and account. */
const CALLS_A_DAY = 48_000;

export const QUOTA_ROUTES: readonly SandboxRoute[] = onBothHosts({
  method: "GET",
  path: "/{user}/content_publishing_limit",
  operation: "read",
  run: withViewer("publish", readLimit),
});

/** Counts one use, or rejects the call if the quota is exceeded. */
export function takeQuota(call: Call, viewer: Viewer, quota: keyof typeof QUOTAS): void {
  const forced = quota === "posts" && call.behaviour?.name === "quota-full";
  const full = forced || (call.world.limits && used(call, viewer, quota, DAY_MS) >= QUOTAS[quota]);
  if (full) throw new Refusal(igError("9/2207042"));
  call.world.uses.add({ platform: "instagram", accountId: viewer.person.id, name: quota, at: call.now });
}

/** Counts an app's calls for an account by the hour, and rejects calls over the daily limit. */
export function countCall(call: Call): PlatformAnswer | undefined {
  const token = call.accessToken === null ? undefined : call.world.identity.token("instagram", call.accessToken);
  if (!token) return undefined;
  const of = { platform: "instagram", accountId: token.personId, name: `calls of ${token.clientId}` } as const;
  call.world.uses.add({ ...of, at: Math.floor(call.now / HOUR_MS) * HOUR_MS });
  return call.world.uses.count({ ...of, since: call.now - DAY_MS }) > CALLS_A_DAY ? callLimitReached(call) : undefined;
}

function used(call: Call, viewer: Viewer, name: string, windowMs: number): number {
  return call.world.uses.count({
    platform: "instagram",
    accountId: viewer.person.id,
    name,
    since: call.now - windowMs + 1,
  });
}

function readLimit(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  const fields = [...fieldsOf(call).keys()];
  const unknown = fields.find((name) => name !== "quota_usage" && name !== "config");
  if (unknown !== undefined) throw invalid(`Tried accessing nonexisting field (${unknown})`);
  const since = timeOf(call.params["since"], "since");
  if (since !== null && since * 1000 < call.now - DAY_MS) throw invalid("Param since must not be older than 24 hours.");
  const windowMs = since === null ? DAY_MS : call.now - since * 1000;
  const usage = call.behaviour?.name === "quota-full" ? QUOTAS.posts : used(call, viewer, "posts", windowMs);
  const entry = {
    ...((fields.length === 0 || fields.includes("quota_usage")) && { quota_usage: usage }),
    ...(fields.includes("config") && { config: { quota_total: QUOTAS.posts, quota_duration: 86_400 } }),
  };
  return graph.answer(call, { data: [entry] });
}
