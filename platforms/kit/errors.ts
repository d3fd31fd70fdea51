import { cutText } from "../../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../../model/errors.ts";
import { BrokerError, type BrokerErrorOptions } from "../platform.ts";
import type { HttpAnswer } from "./http.ts";
import { redact } from "./redaction.ts";

/**
 * A row of a platform's error table: what an error means. Every table has these columns, and adds those by which its
 * rows are matched; the first match applies.
 */
export interface ErrorRow {
  /** What the platform reports, for the documentation. */
  about: string;
  brokerCode: BrokerCode;
  /** The public code, if more specific than the broker code's. */
  publicCode?: PublicCode;
  /** Whether this response to the publishing request proves that nothing was published. */
  notPublished: boolean;
  retryable?: boolean;
  retryAfterSeconds?: number;
  /** Tries in all. */
  maxAttempts?: number;
  /** See `BrokerError`: if it differs from the code's default. */
  passes?: true;
  /** Whose limit it is; the account's by default. */
  limitOf?: "app";
  /** The public sentence. */
  message: string;
}

/** The meaning of a failure that is reported other than as an error: of a container, a video, an upload. */
export type ErrorOutcome = Pick<ErrorRow, "brokerCode" | "message"> & Partial<ErrorRow>;

/**
 * The error for a row and the platform's response. A 5xx response proves nothing, whatever the row says. `label` is the
 * platform's name in messages.
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

/** A platform's own message from a response: plain text, without secrets and truncated; null if there is none. */
export function platformWords(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === "" ? null : cutText(redact(plainText(text)), 500);
}

/** Google writes links and markup into its messages. */
function plainText(text: string): string {
  return text
    .replace(/<\/?([a-z][a-z0-9]*)\b[^<>]*>/gi, (_tag, name: string) => (/^(br|p|li|div)$/i.test(name) ? " " : ""))
    .replace(/&(amp|lt|gt|quot|apos|nbsp|#39|#x27);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  "#39": "'",
  "#x27": "'",
};

/** The error for a successful response in an undocumented format. */
export function unreadable(label: string, answer: HttpAnswer, requestId: string | null, cause: unknown): BrokerError {
  return new BrokerError("UNEXPECTED_RESPONSE", `${label} returned a response that could not be read.`, {
    platformError: { status: answer.status, code: null, message: null, requestId },
    cause,
  });
}

/**
 * The platform's own message is included if it can say what is wrong with the post. For account, limit and server
 * errors, our message already says everything useful.
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
