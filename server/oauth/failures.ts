import type { PlatformName } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { OAuthAttemptRow } from "../db/oauth-attempts.ts";

/** Why nothing was connected, as a person is told it. No word of it comes from the address that the browser was sent back to. */
export interface OAuthFailure {
  kind: FailureKind;
  platform: PlatformName | null;
  /** Sentences: what happened, and what to do. */
  message: string;
  cure: string;
}

export type FailureKind = keyof typeof FAILURES;

/** Thrown where a sign-in at a platform has come to nothing. `attempt` is the one it ends; null where the browser has shown none of its own. */
export class ConnectingFailed extends Error {
  readonly failure: OAuthFailure;
  readonly attempt: OAuthAttemptRow | null;

  constructor(
    kind: FailureKind,
    about: {
      platform: PlatformName | null;
      attempt?: OAuthAttemptRow | null;
      message?: string;
      cure?: string;
      cause?: unknown;
    },
  ) {
    const { platform } = about;
    const label = platform === null ? "The platform" : catalog[platform].capabilities.label;
    const { message, cure } = FAILURES[kind];
    const failure = { kind, platform, message: about.message ?? message(label), cure: about.cure ?? cure(label) };
    super(failure.message, { cause: about.cause });
    this.name = "ConnectingFailed";
    this.failure = failure;
    this.attempt = about.attempt ?? null;
  }
}

const startAgain = () => "Go back to your connections and start again.";

const FAILURES = {
  refused: {
    message: (label: string) => `You did not allow access at ${label}, so nothing was connected.`,
    cure: () => "If you want to connect the account after all, start again and allow access.",
  },
  permission_missing: {
    message: (label: string) => `${label} was connected without a permission that publishing needs.`,
    cure: () => "Connect again and leave everything ticked.",
  },
  nothing_to_connect: {
    message: (label: string) => `There is nothing that could be connected at ${label}.`,
    cure: () => "Look at the account there, then connect again.",
  },
  not_accepted: { message: (label: string) => `${label} did not accept the sign-in.`, cure: startAgain },
  forbidden_by_rules: {
    message: (label: string) =>
      `The rules of the organization that the ${label} account belongs to do not allow this app.`,
    cure: () => "Ask the organization's administrator to allow it, or connect another account.",
  },
  app_refused: {
    message: (label: string) =>
      `${label} does not accept the app through which accounts are connected, or what it asks for.`,
    cure: (label: string) =>
      `Whoever runs this instance has to look at the app's settings on ${label}'s developer portal: client id, secret, redirect address and permissions.`,
  },
  platform_away: {
    message: (label: string) => `${label} has a fault at the moment, so nothing was connected.`,
    cure: () => "Try again in a few minutes.",
  },
  unknown_answer: {
    message: (label: string) => `${label} ended the sign-in and gave a reason that is not known here.`,
    cure: () => "Start again. If it goes on, connect the account on another day or ask whoever runs this instance.",
  },
  unknown_state: { message: () => "This sign-in was not begun here.", cure: startAgain },
  expired: {
    message: () => "This sign-in took longer than ten minutes, so it is not good any more.",
    cure: startAgain,
  },
  used: {
    message: () => "This sign-in was finished already; it works once.",
    cure: () => "Look at your connections: the account may be there. If it is not, start again.",
  },
  foreign: {
    message: () => "This sign-in was begun in another browser or by somebody else.",
    cure: () => "Finish it where it was begun, or start again here.",
  },
  wrong_platform: { message: () => "The answer came back to the address of another platform.", cure: startAgain },
  wrong_issuer: {
    message: (label: string) => `The answer does not come from ${label}.`,
    cure: () => "Nothing was connected. Start again, and only ever sign in at the platform's own pages.",
  },
  no_code: {
    message: (label: string) => `${label} sent you back without saying whether you allow access.`,
    cure: startAgain,
  },
  link_over: {
    message: () => "The link was used already, or whoever sent it has withdrawn it.",
    cure: () => "Ask them for a new one.",
  },
  set_gone: {
    message: () => "The platform set that the account was to be connected to is not there any more.",
    cure: () => "Choose another platform set and start again.",
  },
} as const satisfies Record<string, { message: (label: string) => string; cure: (label: string) => string }>;

/** What a platform says instead of a code, as each of them names it. Sources: the platforms' notes on their login, 2026. */
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
};

/** The refusal in the address that a platform has sent the browser back to; null where it holds none. */
export function readRefusal(query: URLSearchParams): FailureKind | null {
  const names = ["error", "error_reason", "error_type"].flatMap((name) => query.get(name) ?? []);
  // Meta and TikTok have numbers, too, in which they tell that the app is not set up as it should be.
  const isNumbered = ["error_code", "error_message", "errCode"].some((name) => query.has(name));
  if (names.length === 0 && !isNumbered) return null;
  const known = names.flatMap((name) => (Object.hasOwn(REFUSALS, name) ? (REFUSALS[name] ?? []) : []));
  return known[0] ?? (names.length === 0 ? "app_refused" : "unknown_answer");
}

/** What went wrong while the platform was asked. Faults of our own are thrown on as they are. */
export function toConnectingFailed(error: unknown, attempt: OAuthAttemptRow): unknown {
  const about = { platform: attempt.platform, attempt, cause: error };
  if (error instanceof TransportError) return new ConnectingFailed("platform_away", about);
  if (!(error instanceof BrokerError)) return error;
  if (error.code === "AUTH_EXPIRED") return new ConnectingFailed("not_accepted", about);
  if (error.code === "UNEXPECTED_RESPONSE") return new ConnectingFailed("app_refused", about);
  if (error.code === "PLATFORM_UNAVAILABLE" || error.code === "RATE_LIMITED" || error.code === "QUOTA_EXCEEDED")
    return new ConnectingFailed("platform_away", about);
  // The platform's own sentence for the person says both what is missing and how it is mended.
  return new ConnectingFailed("nothing_to_connect", { ...about, message: error.message });
}
