import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { callLimitReached, ERRORS, graphHeaders, Refusal } from "./errors.ts";
import { needScopes, needSelf, withViewer, type Viewer } from "./viewer.ts";

/** A profile's limits per 24 hours. Source: Threads docs, overview, 2025-12-22. */
export const QUOTAS = { posts: 250, replies: 1000, deletions: 100, places: 500, lookups: 1000 } as const;

export type Quota = keyof typeof QUOTAS;

/** 4,800 calls per impression, of which an account has at least 10, in 24 hours per app and person. */
const CALLS_A_DAY = 48_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FULL_SWITCHES: Partial<Record<Quota, string>> = { posts: "quota-full", replies: "reply-quota-full" };

export const QUOTA_ROUTES: readonly SandboxRoute[] = [
  {
    method: "GET",
    host: "graph.threads.net",
    path: "/{user}/threads_publishing_limit",
    operation: "read",
    run: withViewer([], readLimits),
  },
];

/** Rejects the call if the quota is exceeded. */
export function needQuota(call: Call, viewer: Viewer, quota: Quota): void {
  const forced = FULL_SWITCHES[quota];
  const full = forced !== undefined && call.behaviour?.name === forced;
  if (full || (call.world.limits && used(call, viewer, quota) >= QUOTAS[quota])) throw new Refusal(ERRORS.quotaFull);
}

export function useQuota(call: Call, viewer: Viewer, quota: Quota): void {
  call.world.uses.add({ platform: "threads", accountId: viewer.person.id, name: quota, at: call.now });
}

/** Counts an app's calls for a person by the hour, and rejects calls over the daily limit. */
export function countCall(call: Call): PlatformAnswer | undefined {
  const token = call.accessToken === null ? undefined : call.world.identity.token("threads", call.accessToken);
  if (!token) return undefined;
  const of = { platform: "threads", accountId: token.personId, name: `calls of ${token.clientId}` } as const;
  call.world.uses.add({ ...of, at: Math.floor(call.now / HOUR_MS) * HOUR_MS });
  return call.world.uses.count({ ...of, since: call.now - DAY_MS }) > CALLS_A_DAY ? callLimitReached(call) : undefined;
}

function used(call: Call, viewer: Viewer, quota: Quota): number {
  const forced = FULL_SWITCHES[quota];
  if (forced !== undefined && call.behaviour?.name === forced) return QUOTAS[quota];
  return call.world.uses.count({
    platform: "threads",
    accountId: viewer.person.id,
    name: quota,
    since: call.now - DAY_MS + 1,
  });
}

/** Fields, the quota they report and the scopes they need. */
const FIELDS: Readonly<Record<string, { quota: Quota; config: boolean; scopes: readonly string[] }>> = {
  quota_usage: { quota: "posts", config: false, scopes: ["threads_content_publish"] },
  config: { quota: "posts", config: true, scopes: ["threads_content_publish"] },
  reply_quota_usage: { quota: "replies", config: false, scopes: ["threads_content_publish", "threads_manage_replies"] },
  reply_config: { quota: "replies", config: true, scopes: ["threads_content_publish", "threads_manage_replies"] },
  delete_quota_usage: { quota: "deletions", config: false, scopes: ["threads_delete"] },
  delete_config: { quota: "deletions", config: true, scopes: ["threads_delete"] },
  location_search_quota_usage: { quota: "places", config: false, scopes: ["threads_location_tagging"] },
  location_search_config: { quota: "places", config: true, scopes: ["threads_location_tagging"] },
};

function readLimits(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  const names = (call.params["fields"] ?? "quota_usage")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  const entries = names.map((name) => {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (!field) throw new Refusal(ERRORS.invalid(`Tried accessing nonexisting field (${name}).`));
    needScopes(viewer, field.scopes);
    return [
      name,
      field.config ? { quota_total: QUOTAS[field.quota], quota_duration: 86_400 } : used(call, viewer, field.quota),
    ];
  });
  return jsonAnswer({ data: [Object.fromEntries(entries)] }, { headers: graphHeaders(call) });
}
