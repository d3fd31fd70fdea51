import { dropImpliedIssues } from "../../../contract/forms/parse.ts";
import type { Input } from "../../../contract/operation.ts";
import type { PostDraft } from "../../../contract/operations/posts.ts";
import { boundIssues } from "../../../model/bound-issues.ts";
import type { Issue } from "../../../model/errors.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";
import { budgetsOf, checkBudgets, type Fees, type Left } from "./budgets.ts";
import { findIssues, loadSet, unknownSet } from "./find-issues.ts";
import { planMedia } from "./plan-media.ts";
import { loadKnownMedia } from "./post-media.ts";

/** Every issue and warning that creating the post would have. Stores nothing and always succeeds. */
export async function validatePost(
  services: Services,
  call: Pick<Call, "userId" | "mode" | "policies" | "actor">,
  { body, issues: formIssues }: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
): Promise<
  Answer<{
    valid: boolean;
    issues: Issue[];
    warnings: Issue[];
    scheduledFor: string | null;
    limits: Left;
    fees: Fees;
  }>
> {
  const { platformSetId, platforms = [], scheduledFor = null, publishBy = null } = body;
  const accounts = platformSetId === undefined ? null : await loadSet(services.pool, call, platformSetId);
  const plan = planMedia(body.content, [], await loadKnownMedia(services, services.pool, call, body.content));
  const setIssues = platformSetId !== undefined && accounts === null ? [unknownSet(platformSetId)] : [];
  const { issues, warnings } = findIssues(
    services,
    { ...plan, platforms, scheduledFor, publishBy, accounts, policies: call.policies },
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
  const all = wanted === null ? issues : boundIssues([...issues, ...full]);
  return {
    body: {
      valid: all.length === 0,
      issues: all,
      // A draft is valid: it would only fail if it were published now.
      warnings: wanted === null ? boundIssues([...warnings, ...full]) : warnings,
      scheduledFor: (moved ?? wanted)?.toISOString() ?? null,
      limits: checked.left,
      fees,
    },
  };
}
