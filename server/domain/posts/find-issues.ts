import { refusal, dropImpliedIssues } from "../../../contract/forms/parse.ts";
import { boundIssues } from "../../../model/bound-issues.ts";
import { BOUNDS } from "../../../model/bounds.ts";
import { issueOf, type Issue } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { PostContent } from "../../../model/post.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { AccountFacts } from "../../../platforms/definition.ts";
import type { Measured } from "../../../platforms/validate/resolve-content.ts";
import { validatePost } from "../../../platforms/validate/validate.ts";
import { grantEnd } from "../../oauth/token-health.ts";
import { checkDraftPolicies } from "../api-keys/policies.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";
import type { SetAccounts } from "./known-sets.ts";

/** The valid parts of a post, with everything needed to validate it. */
export interface PostCandidate {
  content: PostContent;
  platforms: readonly PlatformName[];
  scheduledFor: string | null;
  publishBy?: string | null;
  /** Null if the set is unknown: then accounts are not checked. */
  accounts: SetAccounts | null;
  /** Of a stored post: where its account is no longer connected, and the set has another one. */
  replaced?: readonly PlatformName[];
  measured: Measured;
  /** Who creates or edits it, and what restricts them. */
  by?: Pick<Call, "policies" | "actor">;
}

/** Every issue and warning of a post: format issues first, then those about its content. */
export function findIssues(
  services: Pick<Services, "oauthOf" | "settings">,
  post: PostCandidate,
  formIssues: readonly Issue[],
  now = new Date(),
): { issues: Issue[]; warnings: Issue[] } {
  const { scheduling, signUp, forcePrivateUploads } = services.settings;
  const accounts = post.accounts === null ? null : factsOf(services, post.accounts);
  const found = validatePost(post, {
    now,
    scheduling,
    isService: signUp === "open",
    forcePrivateUploads,
    accounts,
    measured: post.measured,
  });
  const validated = {
    issues: restorePlatformIndexes(formIssues, [
      ...found.issues.map((issue) => asReplaced(issue, post.replaced)),
      ...draftIssues(post),
    ]),
    warnings: restorePlatformIndexes(formIssues, [...found.warnings, ...pauseWarnings(post)]),
  };
  return {
    issues: boundIssues([...formIssues, ...dropImpliedIssues(formIssues, validated.issues)]),
    warnings: boundIssues(dropImpliedIssues(formIssues, validated.warnings).map(asWarning)),
  };
}

/** What is asked only of a post that is written now. */
function draftIssues({ by, ...post }: PostCandidate): Issue[] {
  return by === undefined ? [] : [...sizeIssues(post.content), ...checkDraftPolicies(by, post)];
}

/** Lists, exports and webhooks hold the contents of many posts. */
function sizeIssues(content: PostContent): Issue[] {
  const sizeBytes = Buffer.byteLength(JSON.stringify(content));
  if (sizeBytes <= BOUNDS.contentBytes) return [];
  return [
    issueOf({
      rule: "content.size",
      path: "/content",
      message: `content is ${sizeBytes} bytes as JSON; the limit is ${BOUNDS.contentBytes}`,
      actual: sizeBytes,
      limit: BOUNDS.contentBytes,
      fix: "Shorten its texts, or create several posts. Overrides of platforms that are not in platforms count, too.",
    }),
  ];
}

/** The account that is missing is not the set's. */
function asReplaced(issue: Issue, replaced: readonly PlatformName[] = []): Issue {
  const { platform, rule, path } = issue;
  return platform !== null && replaced.includes(platform) && rule === `${platform}.account.connected`
    ? replacedIssue(platform, path)
    : issue;
}

/** Nothing goes out through an account that nobody has chosen for it. */
export function replacedIssue(platform: PlatformName, path: string): Issue {
  const { label } = catalog[platform].capabilities;
  return issueOf({
    rule: `${platform}.account.connected`,
    code: "PLATFORM_NOT_CONNECTED",
    platform,
    path,
    message: `The post's ${label} account is no longer connected: another one has taken its place in the platform set.`,
    actual: platform,
    fix: "Choose the account that is connected now with accountIds, or connect its own account again.",
  });
}

/** What is no failure does not have the code of one. */
function asWarning(issue: Issue): Issue {
  return issue.code === "VALIDATION_FAILED" ? { ...issue, code: "WARNING" } : issue;
}

/** Accounts whose publishing is paused now. */
function pauseWarnings({ platforms, accounts }: Pick<PostCandidate, "platforms" | "accounts">): Issue[] {
  return platforms.flatMap((platform, index) =>
    accounts?.[platform]?.is_paused === true
      ? [
          issueOf({
            rule: "publishing.paused",
            platform,
            path: `/platforms/${index}`,
            message: "Publishing is paused for this account.",
            actual: platform,
            fix: "Nothing is published there until publishing is resumed. GET /api/v1/publishing shows what is paused.",
          }),
        ]
      : [],
  );
}

/** Invalid platform names have been removed; issues of later ones point to where they were sent. */
function restorePlatformIndexes(formIssues: readonly Issue[], validated: readonly Issue[]): Issue[] {
  const cut = new Set(formIssues.map(({ path }) => path));
  return validated.map((issue) => {
    const found = /^\/platforms\/(\d+)$/.exec(issue.path)?.[1];
    if (found === undefined) return issue;
    let place = -1;
    for (let kept = 0; kept <= Number(found); kept += 1) {
      do place += 1;
      while (cut.has(`/platforms/${place}`));
    }
    return { ...issue, path: `/platforms/${place}` };
  });
}

/** Refuses a post that has any issue, with all of them. */
export function refuseIssues(issues: Issue[]): void {
  if (issues.length > 0) throw refusal(issues);
}

/** A post's platform set must belong to the caller. */
export function unknownSet(platformSetId: string): Issue {
  return issueOf({
    rule: "platformSetId.unknown",
    path: "/platformSetId",
    message: "No platform set has this platformSetId",
    actual: platformSetId,
    fix: "Use the ID of a platform set from GET /api/v1/platform-sets. Live and test keys see different ones.",
  });
}

function factsOf(
  services: Pick<Services, "oauthOf">,
  accounts: SetAccounts,
): Partial<Record<PlatformName, AccountFacts>> {
  return Object.fromEntries(
    Object.entries(accounts).map(([platform, account]) => [
      platform,
      {
        scopes: account.scopes,
        metadata: account.platform_metadata,
        tokenExpiresAt: grantEnd(services.oauthOf(account.platform)?.refresh, account)?.toISOString() ?? null,
      },
    ]),
  );
}
