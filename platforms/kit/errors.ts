import { cutText } from "../../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../../model/errors.ts";
import { BrokerError, type BrokerErrorOptions } from "../platform.ts";
import type { HttpAnswer } from "./http.ts";
import { redact } from "./redaction.ts";

/**
 * One row of a platform's table of errors: what a refusal means. Every table has these columns, and adds those by which
 * its rows are matched; the first row that matches decides.
 */
export interface ErrorRow {
  /** What the platform refuses, for the documentation's table. */
  about: string;
  brokerCode: BrokerCode;
  /** How it surfaces, where that is more exact than the broker code's own public code. */
  publicCode?: PublicCode;
  /** Whether this answer to the call that publishes proves that nothing was published. */
  notPublished: boolean;
  retryable?: boolean;
  retryAfterSeconds?: number;
  /** Tries in all. */
  maxAttempts?: number;
  /** See `BrokerError`: where it is more than the code says. */
  passes?: true;
  /** Whose calls are limited; the account's where it is left out. */
  limitOf?: "app";
  /** The public sentence. */
  message: string;
}

/** What a failure means that is told apart from a refusal: of a container, a video, an upload. */
export type ErrorOutcome = Pick<ErrorRow, "brokerCode" | "message"> & Partial<ErrorRow>;

/**
 * The error that a row makes of what the platform said. An answer of the 5xx family proves nothing, whatever the row
 * says. `label` is the platform's name in sentences.
 */
export function toBrokerError(
  label: string,
  row: ErrorOutcome,
  detail: PlatformErrorDetail,
  overrides: BrokerErrorOptions = {},
): BrokerError {
  return new BrokerError(row.brokerCode, row.message + quotation(label, row.brokerCode, detail), {
    ...row,
    notPublished: row.notPublished === true && (detail.status ?? 500) < 500,
    platformError: detail,
    ...overrides,
  });
}

/** What a platform said in an answer, without secrets and of a bounded length; null where it said nothing. */
export function platformWords(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === "" ? null : cutText(redact(text), 500);
}

/** The error for an answer that is no refusal, but not of the form that the platform documents. */
export function unreadable(label: string, answer: HttpAnswer, requestId: string | null, cause: unknown): BrokerError {
  return new BrokerError("UNEXPECTED_RESPONSE", `${label} returned a response that could not be read.`, {
    platformError: { status: answer.status, code: null, message: null, requestId },
    cause,
  });
}

/**
 * The platform's own words join the sentence where they can tell what is wrong with the post. About the account, a
 * limit or a fault our sentence already says all that anyone can do.
 */
const QUOTED: ReadonlySet<BrokerCode> = new Set([
  "CONTENT_REJECTED",
  "MEDIA_REJECTED",
  "MEDIA_FAILED",
  "UNEXPECTED_RESPONSE",
]);

function quotation(label: string, code: BrokerCode, { message }: PlatformErrorDetail): string {
  return message === null || message === "" || !QUOTED.has(code) ? "" : ` ${label} says: ${message}`;
}
