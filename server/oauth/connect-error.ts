import { oneLine } from "../../model/one-line.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { catalog } from "../../platforms/catalog.ts";
import { platformWords } from "../../platforms/kit/errors.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { AuthorizationRow } from "../db/queries/oauth-attempts.ts";

/** Why nothing was connected. */
export interface OAuthFailure {
  kind: FailureKind;
  platform: PlatformName | null;
  /** Sentences: what happened, and what to do. None of it comes from the platform's response. */
  message: string;
  cure: string;
  /** For the owner's eyes only; null if the platform said nothing. */
  reason: PlatformReason | null;
}

export interface PlatformReason {
  /** The platform's own words, on one line, without secrets, at most 500 characters. Not to be trusted as markup. */
  said: string;
  /** What the operator of the app can do about it; null if that is not known. */
  cure: string | null;
}

export type FailureKind = keyof typeof FAILURES;

/**
 * Thrown if a platform sign-in fails. `authorization` is the one it ends; null if the browser has presented none of its
 * own.
 */
export class ConnectError extends Error {
  readonly failure: OAuthFailure;
  readonly authorization: AuthorizationRow | null;

  constructor(
    kind: FailureKind,
    about: {
      platform: PlatformName | null;
      authorization?: AuthorizationRow | null;
      message?: string;
      cure?: string;
      reason?: PlatformReason | null;
      cause?: unknown;
    },
  ) {
    const { platform } = about;
    const label = platform === null ? "The platform" : catalog[platform].capabilities.label;
    const { message, cure } = FAILURES[kind];
    const failure = {
      kind,
      platform,
      message: about.message ?? message(label),
      cure: about.cure ?? cure(label),
      reason: about.reason ?? null,
    };
    super(failure.message, { cause: about.cause });
    this.name = "ConnectError";
    this.failure = failure;
    this.authorization = about.authorization ?? null;
  }
}

const startAgain = () => "Go back and try again.";

const FAILURES = {
  refused: {
    message: (label: string) => `You did not allow access on ${label}, so nothing was connected.`,
    cure: () => "To connect the account, try again and allow access.",
  },
  permission_missing: {
    message: (label: string) => `${label} did not grant a permission that publishing needs.`,
    cure: () => "Connect again and leave every box checked.",
  },
  nothing_to_connect: {
    message: (label: string) => `There is no account to connect on ${label}.`,
    cure: () => "Check your account on the platform, then connect again.",
  },
  not_accepted: { message: (label: string) => `${label} rejected the sign-in.`, cure: startAgain },
  forbidden_by_rules: {
    message: (label: string) => `The organization that owns this ${label} account does not allow this app.`,
    cure: () => "Ask an administrator of the organization to allow the app, or connect another account.",
  },
  app_refused: {
    message: (label: string) =>
      `${label} rejected the app that Ampost connects accounts through, or the permissions it requests.`,
    cure: (label: string) =>
      `Ask the operator of this instance to check the app on ${label}'s developer portal: ` +
      "client ID, secret, redirect URI and permissions.",
  },
  platform_away: {
    message: (label: string) => `${label} is having problems, so nothing was connected.`,
    cure: () => "Try again in a few minutes.",
  },
  unknown_answer: {
    message: (label: string) => `${label} ended the sign-in for a reason that Ampost does not recognize.`,
    cure: () => "Try again. If it keeps happening, try later or ask the operator of this instance.",
  },
  unknown_state: { message: () => "This sign-in was not started here.", cure: startAgain },
  expired: {
    message: () => "This sign-in took longer than ten minutes and has expired.",
    cure: startAgain,
  },
  used: {
    message: () => "This sign-in has already been completed.",
    cure: () => "Check whether the account is connected under Platforms. If not, try again.",
  },
  foreign: {
    message: () => "This sign-in was started in another browser or by another user.",
    cure: () => "Finish it there, or try again here.",
  },
  wrong_platform: { message: () => "The response came back to another platform's redirect URI.", cure: startAgain },
  wrong_issuer: {
    message: (label: string) => `The response did not come from ${label}.`,
    cure: () => "Nothing was connected. Try again, and sign in only on the platform's own pages.",
  },
  no_code: {
    message: (label: string) => `${label} sent you back without saying whether you allowed access.`,
    cure: startAgain,
  },
  link_over: {
    message: () => "This link has already been used or has been revoked.",
    cure: () => "Ask the person who sent it for a new one.",
  },
  set_gone: {
    message: () => "The platform set you were connecting to has been deleted.",
    cure: () => "Choose another platform set and try again.",
  },
} as const satisfies Record<string, { message: (label: string) => string; cure: (label: string) => string }>;

/** What each platform sends instead of a code. Sources: the platforms' documentation on their login, 2026. */
const REFUSALS: Readonly<Record<string, FailureKind>> = {
  access_denied: "refused",
  // Meta's documentation prints it so in one table.
  acceess_denied: "refused",
  user_denied: "refused",
  user_cancelled_login: "refused",
  user_cancelled_authorize: "refused",
  interaction_required: "refused",
  login_required: "refused",
  consent_required: "refused",
  admin_policy_enforced: "forbidden_by_rules",
  org_internal: "forbidden_by_rules",
  server_error: "platform_away",
  temporarily_unavailable: "platform_away",
  invalid_scope: "app_refused",
  unauthorized_scope_error: "app_refused",
  invalid_request: "app_refused",
  invalid_client: "app_refused",
  deleted_client: "app_refused",
  unauthorized_client: "app_refused",
  unsupported_response_type: "app_refused",
  redirect_uri_mismatch: "app_refused",
  invalid_redirect_uri: "app_refused",
  // TikTok's, for a missing or malformed challenge.
  code_challenge: "app_refused",
};

/**
 * What the operator of an app can do about a platform's code. Sources: Meta, LinkedIn and TikTok docs on their login,
 * and what open-source clients report, 2026.
 */
const CURES: readonly { codes: readonly string[]; cure: (about: Refused) => string }[] = [
  {
    codes: ["unauthorized_scope_error"],
    cure: ({ label, scopes }) =>
      `Add the products “Share on LinkedIn” and “Sign In with LinkedIn using OpenID Connect” to the app on ${label}'s ` +
      `developer portal, or leave out what they do not include (${scopes}).`,
  },
  {
    // Meta's and TikTok's numbers for it.
    codes: ["invalid_scope", "1349048", "10004"],
    cure: ({ label, scopes }) =>
      `The app does not have a permission that was asked for. Add it on ${label}'s developer portal, ` +
      `or leave it out (${scopes}) if publishing does not require it.`,
  },
  {
    codes: ["code_challenge", "10007"],
    cure: ({ label, redirectUri }) =>
      `On ${label}'s developer portal, register ${redirectUri} in Login Kit under the kind of app it belongs to: ` +
      "Desktop for an address on this machine, otherwise Web.",
  },
  {
    codes: ["redirect_uri_mismatch", "invalid_redirect_uri"],
    cure: ({ label, redirectUri }) =>
      `Register this redirect URI exactly on ${label}'s developer portal: ${redirectUri}`,
  },
  {
    // Meta's "App Not Setup".
    codes: ["1349126"],
    cure: ({ label }) =>
      `The app is in development: give the person a role on it on ${label}'s developer portal, or make it live.`,
  },
  {
    codes: ["invalid_client", "deleted_client", "unauthorized_client"],
    cure: ({ label }) => `Compare the app's client ID and secret with ${label}'s developer portal.`,
  },
];

/** What a cure is about. */
interface Refused {
  label: string;
  /** Where the app's permissions are chosen. */
  scopes: string;
  redirectUri: string;
}

/** A platform's reason in its own words, made safe to log and show, with what to do about it. */
export function reasonOf(
  codes: readonly string[],
  words: readonly string[],
  authorization: AuthorizationRow,
): PlatformReason | null {
  const all = [codes.join(", "), words.join(" ")].filter((part) => part !== "").join(": ");
  const said = oneLine(withoutTurns(platformWords(all) ?? ""));
  if (said === "") return null;
  const about = {
    label: catalog[authorization.platform].capabilities.label,
    scopes:
      `${(authorization.login === "" ? authorization.platform : authorization.login).toUpperCase()}_SCOPES, ` +
      "or the permissions of the platform set's own app",
    redirectUri: authorization.redirect_uri,
  };
  const known = CURES.find((row) => row.codes.some((code) => codes.includes(code)));
  return { said, cure: known?.cure(about) ?? null };
}

const CODES = ["error", "error_reason", "error_type", "error_code", "errCode"] as const;
const WORDS = ["error_message", "error_description"] as const;

/** The platform's reason in the URL that it has sent the browser back to. */
export function readReason(query: URLSearchParams, authorization: AuthorizationRow): PlatformReason | null {
  const values = (names: readonly string[]) => names.flatMap((name) => query.get(name)?.trim() || []);
  return reasonOf(values(CODES), values(WORDS), authorization);
}

/** The error in the URL that a platform has sent the browser back to; null if there is none. */
export function readRefusal(query: URLSearchParams): FailureKind | null {
  const names = ["error", "error_reason", "error_type"].flatMap((name) => query.get(name) ?? []);
  // Meta and TikTok also use numeric codes for an app that is set up incorrectly.
  const isNumbered = ["error_code", "error_message", "errCode"].some((name) => query.has(name));
  if (names.length === 0 && !isNumbered) return null;
  const known = names.flatMap((name) => (Object.hasOwn(REFUSALS, name) ? (REFUSALS[name] ?? []) : []));
  return known[0] ?? (names.length === 0 ? "app_refused" : "unknown_answer");
}

/** The error of a request to the platform. Internal errors are rethrown. */
export function toConnectError(error: unknown, authorization: AuthorizationRow): unknown {
  const known = { platform: authorization.platform, authorization, cause: error };
  if (error instanceof TransportError) return new ConnectError("platform_away", known);
  if (!(error instanceof BrokerError)) return error;
  const { code, message } = error.platformError ?? {};
  const about = { ...known, reason: reasonOf(code ? [code] : [], message ? [message] : [], authorization) };
  if (error.code === "AUTH_EXPIRED") return new ConnectError("not_accepted", about);
  if (error.code === "UNEXPECTED_RESPONSE") return new ConnectError("app_refused", about);
  if (error.code === "PLATFORM_UNAVAILABLE" || error.code === "RATE_LIMITED" || error.code === "QUOTA_EXCEEDED")
    return new ConnectError("platform_away", about);
  // The platform's own message says both what is missing and how to fix it.
  return new ConnectError("nothing_to_connect", { ...about, message: error.message });
}
