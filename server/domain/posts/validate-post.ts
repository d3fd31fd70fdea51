import { dropImpliedIssues } from "../../../contract/forms/parse.ts";
import type { Input } from "../../../contract/operation.ts";
import type { PostDraft } from "../../../contract/operations/posts.ts";
import type { Issue } from "../../../model/errors.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";
import { findIssues, loadSet, unknownSet } from "./find-issues.ts";
import { planMedia } from "./plan-media.ts";
import { loadKnownMedia } from "./post-media.ts";

/** Every issue and warning that creating the post would have. Stores nothing and always succeeds. */
export async function validatePost(
  services: Services,
  call: Pick<Call, "userId" | "mode" | "policies">,
  { body, issues: formIssues }: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
): Promise<Answer<{ valid: boolean; issues: Issue[]; warnings: Issue[] }>> {
  const { platformSetId, platforms = [], scheduledFor = null, publishBy = null } = body;
  const accounts = platformSetId === undefined ? null : await loadSet(services.pool, call, platformSetId);
  const plan = planMedia(body.content, [], await loadKnownMedia(services, services.pool, call, body.content));
  const setIssues = platformSetId !== undefined && accounts === null ? [unknownSet(platformSetId)] : [];
  const { issues, warnings } = findIssues(
    services,
    { ...plan, platforms, scheduledFor, publishBy, accounts, policies: call.policies },
    [...formIssues, ...setIssues, ...dropImpliedIssues(formIssues, plan.issues)],
  );
  return { body: { valid: issues.length === 0, issues, warnings } };
}
