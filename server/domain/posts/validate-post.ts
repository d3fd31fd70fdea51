import type { z } from "zod";

import { dropImpliedIssues } from "../../../contract/forms/parse.ts";
import type { Input } from "../../../contract/operation.ts";
import type { PostDraft, postsValidate } from "../../../contract/operations/posts.ts";
import { boundIssues } from "../../../model/bound-issues.ts";
import { type Issue, issueOf } from "../../../model/errors.ts";
import { isAllowedAddress } from "../../../platforms/kit/addresses.ts";
import { jsonb } from "../../db/jsonb.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";
import { readRemaining } from "../usage/quotas.ts";
import { budgetsOf, checkBudgets } from "./budgets.ts";
import { findIssues, unknownSet } from "./find-issues.ts";
import { loadSet } from "./known-sets.ts";
import { atInstants } from "./local-times.ts";
import { atPostingTime } from "./next-posting-time.ts";
import { type MediaPlan, planMedia } from "./plan-media.ts";
import { loadKnownMedia } from "./post-media.ts";

type Validated = z.output<typeof postsValidate.answer>;
type QuotaNeeded = Validated["quotas"][number];

/** Every issue and warning that creating the post would have. Stores nothing and always succeeds. */
export async function validatePost(
  services: Services,
  call: Pick<Call, "userId" | "mode" | "policies" | "actor">,
  draft: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
): Promise<Answer<Validated>> {
  const given = atInstants(draft);
  const { body, issues: formIssues } = await atPostingTime(services, services.pool, call, given, given.body);
  const { platformSetId, platforms = [], scheduledFor = null, publishBy = null } = body;
  const accounts = platformSetId === undefined ? null : await loadSet(services.pool, call, platformSetId);
  const plan = await planByName(services, call, body.content);
  const setIssues = platformSetId !== undefined && accounts === null ? [unknownSet(platformSetId)] : [];
  const { issues, warnings } = findIssues(
    services,
    { ...plan, platforms, scheduledFor, publishBy, accounts, by: call },
    [...formIssues, ...setIssues, ...dropImpliedIssues(formIssues, plan.issues)],
  );
  const { uses, fees } = budgetsOf(services, call, { ...plan, platforms, accounts: accounts ?? {} });
  const wanted = scheduledFor === null || Number.isNaN(Date.parse(scheduledFor)) ? null : new Date(scheduledFor);
  const at = wanted ?? new Date();
  const checked = await checkBudgets(services.pool, uses, { at, path: wanted === null ? "" : "/scheduledFor" });
  const latest = publishBy === null ? null : Date.parse(publishBy);
  const moved =
    body.spread === true &&
    wanted !== null &&
    checked.freeAt !== null &&
    !(latest !== null && checked.freeAt.getTime() > latest)
      ? checked.freeAt
      : null;
  const full = moved === null ? checked.issues : [];
  const quotas = await quotasFor(services, call, plan, wanted !== null);
  const all = boundIssues([...issues, ...(wanted === null ? [] : full), ...quotas.flatMap((quota) => exceeded(quota))]);
  return {
    body: {
      valid: all.length === 0,
      issues: all,
      // A draft is valid: it would only fail if it were published now.
      warnings: wanted === null ? boundIssues([...warnings, ...full]) : warnings,
      scheduledFor: (moved ?? wanted)?.toISOString() ?? null,
      limits: checked.left,
      fees,
      quotas,
    },
  };
}

/** How many hosts are looked up. */
const MAX_HOSTS = 10;

/** Names are resolved only here: creating a post doesn't wait for name servers. The fetch will check again. */
async function planByName(
  services: Services,
  call: Pick<Call, "userId" | "mode">,
  sent: PostDraft["content"],
): Promise<MediaPlan> {
  const known = await loadKnownMedia(services, services.pool, call, sent);
  const plan = planMedia(sent, [], known);
  const { allowPrivateUrls } = services.settings;
  const hosts = plan.links.flatMap(({ source }) => ("url" in source ? (hostOf(source.url) ?? []) : []));
  const refused = new Set<string>();
  if (!allowPrivateUrls)
    await Promise.all(
      [...new Set(hosts)].slice(0, MAX_HOSTS).map(async (host) => {
        const addresses = await services.addressesOf(host);
        if (!addresses.every((address) => isAllowedAddress(address, false))) refused.add(host);
      }),
    );
  if (refused.size === 0) return plan;
  return planMedia(sent, [], { ...known, isRefused: (url) => known.isRefused(url) || refused.has(hostOf(url) ?? "") });
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname;
}

/** What is left of the limits that creating the post counts against. */
async function quotasFor(
  services: Services,
  call: Pick<Call, "userId" | "mode">,
  { content }: Pick<MediaPlan, "content">,
  isScheduled: boolean,
): Promise<QuotaNeeded[]> {
  const needed: Partial<Record<QuotaNeeded["name"], number>> = {
    postsPerMonth: 1,
    postsPerDay: 1,
    contentBytesPerDay: Buffer.byteLength(jsonb(content)),
    ...(isScheduled ? { maxScheduledPosts: 1 } : {}),
  };
  return (await readRemaining(services, call)).flatMap((left) => {
    const amount = needed[left.name];
    return amount === undefined ? [] : [{ ...left, needed: amount }];
  });
}

/** The issue of a limit of which more is needed than is left. */
export function exceeded({ name, limit, remaining, needed }: QuotaNeeded, subject = "The post needs"): Issue[] {
  if (remaining === null || needed <= remaining) return [];
  return [
    issueOf({
      rule: `quota.${name}`,
      code: "RATE_LIMITED",
      path: name === "maxScheduledPosts" ? "/scheduledFor" : "",
      message: `${subject} ${needed} of your limit ${name}, of which ${remaining} are left`,
      actual: needed,
      limit,
      fix: "GET /api/v1/usage shows what has been used and when it resets. Discarding drafts and scheduled posts makes room.",
    }),
  ];
}
