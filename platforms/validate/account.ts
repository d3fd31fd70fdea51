import type { Capabilities } from "../../model/capabilities.ts";
import type { Issue } from "../../model/errors.ts";
import type { AccountFacts, Definition } from "../definition.ts";
import { withArticle } from "../describe.ts";
import { missingScopes, requiredScopes } from "../kit/scopes.ts";
import type { TopicIssue } from "./files.ts";

/**
 * Checks what depends on the account, without asking the platform. `path` is the platform's position in `platforms`.
 */
export function validateAccount(
  { capabilities, scopes }: Definition,
  account: AccountFacts | null,
  path: string,
): TopicIssue[] {
  const { platform, label } = capabilities;
  if (account === null) {
    return [
      finding(capabilities, path, {
        rule: `${platform}.account.connected`,
        code: "PLATFORM_NOT_CONNECTED",
        message: `The platform set has no connected ${label} account.`,
        actual: platform,
        fix: `Connect ${withArticle(label).replace("A", "a")} account to the platform set, or remove "${platform}" from platforms.`,
      }),
    ];
  }
  const missing = requiredScopes(missingScopes(scopes, account.scopes));
  if (missing.length === 0) return [];
  return [
    finding(capabilities, path, {
      rule: `${platform}.account.scopes`,
      code: "VALIDATION_FAILED",
      message: `The connected ${label} account has not granted these permissions: ${missing.join(", ")}.`,
      actual: account.scopes,
      limit: missing,
      fix: `Reconnect the ${label} account and grant all permissions.`,
    }),
  ];
}

/** What may prevent the account from publishing at that time, as far as known now. */
export function warnOfAccount(
  capabilities: Capabilities,
  account: AccountFacts,
  path: string,
  publishAt: Date,
): TopicIssue[] {
  const { platform, label } = capabilities;
  if (account.tokenExpiresAt === null || Date.parse(account.tokenExpiresAt) > publishAt.getTime()) return [];
  return [
    finding(capabilities, path, {
      rule: `${platform}.account.token`,
      code: "AUTH_EXPIRED",
      message: `Access to the ${label} account expires at ${account.tokenExpiresAt}, before the post is published.`,
      actual: account.tokenExpiresAt,
      limit: publishAt.toISOString(),
      fix: `Reconnect the ${label} account before then.`,
    }),
  ];
}

function finding(
  { platform }: Capabilities,
  path: string,
  issue: Pick<Issue, "rule" | "code" | "message" | "fix"> & Partial<Issue>,
): TopicIssue {
  return { about: "account", issue: { platform, path, actual: null, limit: null, ...issue } };
}
