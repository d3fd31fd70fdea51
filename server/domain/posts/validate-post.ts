import type { Input } from "../../../contract/operation.ts";
import type { PostDraft } from "../../../contract/posts.ts";
import type { Issue } from "../../../model/errors.ts";
import type { Answer, Caller } from "../caller.ts";
import type { Services } from "../services.ts";
import { judge, loadSet, unknownSet } from "./judge.ts";
import { loadKnownMedia } from "./post-media.ts";
import { planMedia } from "./plan-media.ts";

/** Everything that a create would refuse or warn of. Stores nothing and never refuses. */
export async function validatePost(
  services: Services,
  caller: Caller,
  { body, issues: formIssues }: Pick<Input<unknown, unknown, PostDraft>, "body" | "issues">,
): Promise<Answer<{ valid: boolean; issues: Issue[]; warnings: Issue[] }>> {
  const { platformSetId, platforms = [], scheduledFor = null } = body;
  const accounts = platformSetId === undefined ? null : await loadSet(services.pool, caller, platformSetId);
  const plan = planMedia(body.content, [], await loadKnownMedia(services, services.pool, caller, body.content));
  const setIssues = platformSetId !== undefined && accounts === null ? [unknownSet(platformSetId)] : [];
  const { issues, warnings } = judge(services, { ...plan, platforms, scheduledFor, accounts }, [...formIssues, ...setIssues, ...plan.issues]);
  return { body: { valid: issues.length === 0, issues, warnings } };
}
