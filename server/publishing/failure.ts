import {
  BROKER_CODES,
  type BrokerCode,
  type ErrorCategory,
  type PlatformErrorDetail,
  type PlatformPostError,
  type PublicCode,
} from "../../model/errors.ts";
import { TransportError, type TransportFailure } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import { StorageAwayError } from "../storage/storage.ts";
import { USUAL_ATTEMPTS } from "./timing.ts";

/** What a step's error means: what the public sees, and what the engine does about it. */
export interface Failure {
  /** Null for internal errors. */
  brokerCode: BrokerCode | null;
  code: PublicCode;
  category: ErrorCategory;
  message: string;
  action: string;
  retryable: boolean;
  retryAfterSeconds: number | null;
  limitOf: "account" | "app";
  maxAttempts: number;
  /** Temporary, whatever the post contains: retried for as long as the post may be late, however often that is. */
  passes: boolean;
  redoFrom: string | null;
  /** The platform accepted it, but it is not live and never will be. */
  neverLive: boolean;
  platformError: PlatformErrorDetail | null;
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof BrokerError) return fromBroker(error);
  if (error instanceof TransportError) return fromTransport(error);
  const passes = error instanceof StorageAwayError;
  return {
    brokerCode: null,
    code: "INTERNAL_ERROR",
    category: "internal",
    message: passes
      ? "Publishing failed because the server's media storage was unavailable."
      : "Publishing failed because of a server error.",
    action: "Retry the post. If it fails again, report it with the post's ID.",
    retryable: true,
    retryAfterSeconds: null,
    limitOf: "account",
    maxAttempts: 3,
    passes,
    redoFrom: null,
    neverLive: false,
    platformError: null,
  };
}

/** The public error. `retryAt` is when the next attempt is due; if there is none, when a caller's retry makes sense. */
export function toPublicError(
  failure: Failure,
  options: { retryAt: Date | null; live?: { parts: number; of: number } },
): PlatformPostError {
  const { live } = options;
  // If every part was sent, what failed is something the platform had accepted: nothing is known to be live.
  const prefix =
    live === undefined || live.parts === 0 || live.parts === live.of
      ? ""
      : `${live.parts} of ${live.of} parts are live. `;
  return {
    code: failure.code,
    message: prefix + failure.message,
    category: failure.category,
    retryable: failure.retryable || failure.retryAfterSeconds !== null,
    retryAt: options.retryAt?.toISOString() ?? null,
    action: prefix === "" ? failure.action : `${failure.action} A retry continues after the parts that are live.`,
    platformError: failure.platformError,
  };
}

const LOST = "The platform's response was lost";
const RESTORED = "The database was restored or copied, so the post may have been published before";

/** `isDoubted`: there was no request that is known of. With `isOver`, checking could not settle it. */
export function checkingMessage({ isDoubted = false, isOver = false } = {}): string {
  const why = isDoubted ? RESTORED : LOST;
  return isOver
    ? `${why}, and checking could not determine whether the post is live.`
    : `${why}. Ampost is checking whether the post is live.`;
}

/** What Ampost itself still does to settle a commit: how many checks it plans, and in how many seconds it decides. */
export interface Checking {
  checks: number;
  decidedInSeconds: number;
}

/** The error shown while a commit is read back, and, with `checking` null, after that could not settle it. */
export function unknownOutcome(
  message: string,
  platformError: PlatformErrorDetail | null,
  checking: Checking | null,
): PlatformPostError {
  const { publicCode, category, action } = BROKER_CODES.OUTCOME_UNKNOWN;
  return {
    code: publicCode,
    message,
    category,
    retryable: false,
    retryAt: null,
    action: checking === null ? action : waitFor(checking),
    platformError,
  };
}

function waitFor({ checks, decidedInSeconds }: Checking): string {
  const by = new Date(Date.now() + Math.max(0, decidedInSeconds) * 1000).toISOString();
  const planned = checks === 1 ? "once more" : `up to ${checks} more times`;
  const outcomes = "live, not live (if the platform can prove it), or `unknown`";
  return `Wait. Ampost checks ${planned} and decides by ${by}: ${outcomes}. Until then, do not retry or post it again.`;
}

/** Whether an error says that the platform cannot be reached, or has an error of its own. */
export function isPlatformDown(error: unknown): boolean {
  return error instanceof TransportError
    ? isPlatformAway(error.failure)
    : describeFailure(error).brokerCode === "PLATFORM_UNAVAILABLE";
}

/** Whether the failure is the platform's, and not caused by the request or by this process. */
export function isPlatformAway(failure: TransportFailure): boolean {
  return !OUR_OWN.has(failure);
}

const OUR_OWN: ReadonlySet<TransportFailure> = new Set(["invalid_request", "forbidden", "body_failed", "aborted"]);

function fromBroker(error: BrokerError): Failure {
  const row = BROKER_CODES[error.code];
  return {
    brokerCode: error.code,
    code: error.publicCode ?? row.publicCode,
    category: row.category,
    message: error.message,
    action: row.action,
    retryable: error.retryable ?? row.retryable,
    retryAfterSeconds: error.retryAfterSeconds,
    limitOf: error.limitOf,
    maxAttempts: error.maxAttempts ?? USUAL_ATTEMPTS,
    passes: error.passes && error.maxAttempts === null,
    redoFrom: error.redoFrom,
    neverLive: error.neverLive,
    platformError: error.platformError,
  };
}

function fromTransport(error: TransportError): Failure {
  const row = BROKER_CODES.PLATFORM_UNAVAILABLE;
  return {
    brokerCode: "PLATFORM_UNAVAILABLE",
    code: row.publicCode,
    category: "network",
    message:
      error.failure === "forbidden"
        ? "The server was too slow to send the request in time."
        : `The platform could not be reached (${error.failure.replaceAll("_", " ")}).`,
    action: row.action,
    retryable: true,
    retryAfterSeconds: null,
    limitOf: "account",
    maxAttempts: USUAL_ATTEMPTS,
    passes: true,
    redoFrom: null,
    neverLive: false,
    platformError: null,
  };
}
