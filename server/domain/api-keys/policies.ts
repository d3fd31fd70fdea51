import type pg from "pg";

import { refusal } from "../../../contract/forms/parse.ts";
import { keyPolicies, type KeyPolicies } from "../../../contract/operations/api-keys.ts";
import { PublicError, type Issue, issueOf } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { MemberRole } from "../../../model/roles.ts";
import { endOfDay, usedUp } from "../../../model/user-limits.ts";
import { countPostOfKey } from "../../db/queries/api-keys.ts";
import { findApproval, insertApprovalRequest, reopenApprovalRequest } from "../../db/queries/post-approvals.ts";
import type { Db } from "../../db/sql.ts";
import type { Actor, Call } from "../call.ts";
import { approvalUrl } from "../posts/to-post.ts";
import type { Services, Settings } from "../services.ts";

/** What restricts a person by their role in a workspace: a writer as a key that needs approval. */
export function policiesAs(role: MemberRole): KeyPolicies | null {
  return role === "writer" ? readPolicies({ approvalRequired: true }) : null;
}

/** A key's policies as stored; what a row does not mention is off. */
export function readPolicies(stored: unknown): KeyPolicies {
  return keyPolicies.parse(stored);
}

/**
 * What a key may not set in a post that it creates or edits: platforms it cannot use, and a time at which the post
 * would be published automatically.
 */
export function checkDraftPolicies(
  { policies, actor }: Pick<Call, "policies" | "actor">,
  post: { platforms: readonly PlatformName[]; scheduledFor: string | null },
): Issue[] {
  if (policies === null) return [];
  const issues = post.platforms.flatMap((platform, index) =>
    mayUse(policies, platform) ? [] : [foreignPlatform(policies, platform, `/platforms/${index}`)],
  );
  if (post.scheduledFor === null) return issues;
  if (policies.draftOnly)
    issues.push(
      refused(
        "draftOnly",
        "/scheduledFor",
        "This API key can only create drafts, so it cannot schedule posts",
        "Omit scheduledFor or send null, and publish the draft with a key that does not have the policy draftOnly.",
      ),
    );
  if (policies.approvalRequired)
    issues.push(
      refused(
        "approvalRequired",
        "/scheduledFor",
        `${subjectOf(actor)} requires approval to publish, so it cannot schedule posts`,
        "Omit scheduledFor or send null, get the draft approved, then publish it.",
      ),
    );
  return issues;
}

/**
 * Why a key cannot create a connect link: it would connect other platforms than those it can post to. Null: any
 * platform.
 */
export function checkConnectPolicies(policies: KeyPolicies | null, platform: PlatformName | null): Issue[] {
  if (policies === null || policies.platforms === null || (platform !== null && mayUse(policies, platform))) return [];
  const own = policies.platforms.join(", ");
  const issue = refused(
    "platforms",
    "/platform",
    `This API key can create connect links only for ${own}`,
    "Set platform to one of them, or use a key without the policy platforms.",
  );
  return [{ ...issue, platform, actual: platform, limit: policies.platforms }];
}

/** Throws POLICY_VIOLATION if a key cannot list and replace its user's own OAuth apps. */
export function requireOwnAppsPolicy(policies: KeyPolicies | null): void {
  if (policies === null || policies.oauthApps) return;
  throw refusal([
    refused(
      "oauthApps",
      "",
      "This API key cannot list or replace OAuth apps",
      "Use a key with the policy oauthApps, or the dashboard.",
    ),
  ]);
}

/** Why a key cannot publish or retry a post whose row the transaction has locked. */
export async function checkPublishPolicies(
  { settings }: Pick<Services, "settings">,
  tx: pg.PoolClient,
  call: Call,
  post: { id: string; platforms: readonly PlatformName[] },
): Promise<Issue[]> {
  const { policies } = call;
  if (policies === null) return [];
  const issues = post.platforms.flatMap((platform) =>
    mayUse(policies, platform) ? [] : [foreignPlatform(policies, platform, "")],
  );
  if (policies.draftOnly)
    issues.push(
      refused(
        "draftOnly",
        "",
        "This API key can only create drafts; it cannot publish or retry",
        `Ask a person to publish it at ${approvalUrl(settings, call.userId, post.id)}, or use a key without the policy draftOnly.`,
      ),
    );
  if (policies.approvalRequired && !(await isApproved(tx, call, post.id))) {
    issues.push(notApproved(settings, call, post.id));
  }
  return issues;
}

/**
 * Adds a post to the approvals list if the calling key publishes only approved posts. Returns what the key's holder
 * should know: for a key that only creates drafts, too, where a person can publish it.
 */
export async function requestApproval(
  { settings }: Pick<Services, "settings">,
  db: Db,
  call: Call,
  postId: string,
  { wasDecided = false }: { wasDecided?: boolean } = {},
): Promise<Issue[]> {
  if (call.policies?.draftOnly === true) {
    const fix = `A person can publish or schedule it at ${approvalUrl(settings, call.userId, postId)}.`;
    return [refused("draftOnly", "", "This API key can only create drafts; it cannot publish this one", fix)];
  }
  if (!wantsApproval(call)) {
    const { userId, mode, actor, policies } = call;
    if (wasDecided && policies?.approvalRequired === true && actor.member !== undefined)
      await reopenApprovalRequest.run(db, [postId, userId, mode, actor.member.id]);
    return [];
  }
  await insertRequest(db, call, postId, wasDecided);
  return [notApproved(settings, call, postId)];
}

async function insertRequest(
  db: Db,
  { userId, mode, actor }: Call,
  postId: string,
  wasDecided: boolean,
): Promise<void> {
  await insertApprovalRequest.run(db, [postId, userId, mode, actor.member?.id ?? actor.id, wasDecided]);
}

/**
 * Whether what it writes waits for approval at once. A draft-only key publishes nothing, approved or not, so it waits
 * for nobody. A person's draft waits once they try to publish it.
 */
export function wantsApproval({ policies, actor }: Pick<Call, "policies" | "actor">): boolean {
  return policies !== null && policies.approvalRequired && !policies.draftOnly && actor.kind === "key";
}

/**
 * Runs an action that may need approval. If only that is missing, the post is added to the approvals list, although
 * everything else is rolled back: nobody is asked for an approval that would not help.
 */
export async function requestApprovalIfMissing<Result>(
  services: Pick<Services, "settings" | "pool">,
  call: Call,
  postId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (refusal) {
    const missing = refusal instanceof PublicError ? refusal.issues.map(({ rule }) => rule) : [];
    if (missing.length === 1 && missing[0] === ruleOf("approvalRequired"))
      await insertRequest(services.pool, call, postId, false);
    throw refusal;
  }
}

function notApproved(
  settings: Pick<Settings, "appUrl">,
  { userId, actor }: Pick<Call, "userId" | "actor">,
  postId: string,
): Issue {
  const message = `${subjectOf(actor)} requires approval to publish, and the current version of the post is not approved`;
  return refused(
    "approvalRequired",
    "",
    message,
    `Ask a person to approve it at ${approvalUrl(settings, userId, postId)}, then publish it. Any edit removes the approval.`,
  );
}

function subjectOf({ kind }: Actor): string {
  return kind === "key" ? "This API key" : "Your role in this workspace";
}

async function isApproved(tx: pg.PoolClient, { userId, mode }: Call, postId: string): Promise<boolean> {
  const approval = await findApproval.one(tx, [postId, userId, mode]);
  return approval !== undefined && approval.approved_at !== null;
}

/**
 * Counts a post that a key creates, in the transaction that creates it. Throws RATE_LIMITED if the key has reached its
 * daily limit.
 */
export async function countAgainstPolicies(tx: pg.PoolClient, call: Call, now = new Date()): Promise<void> {
  const limit = call.policies?.postsPerDay ?? null;
  if (limit === null || (await countPostOfKey.one(tx, [call.actor.id, call.userId, call.mode, limit])) !== undefined)
    return;
  const resetsAt = endOfDay(now);
  throw usedUp(
    {
      kind: "quota",
      name: "postsPerDay",
      limit,
      resetsAt,
      message: `This API key has reached its limit of ${limit} ${limit === 1 ? "post" : "posts"} per day`,
      fix: `Wait until ${resetsAt.toISOString()}, or use a key with a higher limit.`,
    },
    { rule: ruleOf("postsPerDay"), now },
  );
}

function mayUse({ platforms }: KeyPolicies, platform: PlatformName): boolean {
  return platforms === null || platforms.includes(platform);
}

function foreignPlatform({ platforms }: KeyPolicies, platform: PlatformName, path: string): Issue {
  const own = platforms?.join(", ") ?? "";
  return {
    ...refused(
      "platforms",
      path,
      `This API key cannot post to ${platform}, only to ${own}`,
      "Remove the platform, or use a key that can post to it.",
    ),
    platform,
    actual: platform,
    limit: platforms,
  };
}

function refused(policy: keyof KeyPolicies, path: string, message: string, fix: string): Issue {
  const code = policy === "approvalRequired" ? "APPROVAL_REQUIRED" : "POLICY_VIOLATION";
  return issueOf({ rule: ruleOf(policy), code, path, message, fix });
}

function ruleOf(policy: keyof KeyPolicies): string {
  return `key.policy.${policy}`;
}
