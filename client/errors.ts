import type { ErrorBody, ErrorCode, Issue } from "./types.ts";

/** What can fail before the API responds, or when something else responds in its place. */
export type FailureCode = "CONNECTION_FAILED" | "TIMED_OUT" | "UNEXPECTED_ANSWER";

/** The limit behind a 429. */
export interface UsedUpLimit {
  kind: "rate" | "quota";
  name: string;
  limit: number;
  /** Null if waiting does not restore it. */
  resetsAt: string | null;
}

/** Why a call failed. `message` is for people; code should check `code`. */
export class AmpostError extends Error {
  override readonly name = "AmpostError";
  readonly code: ErrorCode | FailureCode;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  /** Every broken rule, each with its location in the request and what to do. */
  readonly issues: readonly Issue[];
  /** The page that explains the code; null if there was no response from the API. */
  readonly docs: string | null;
  /** The request ID, as in the server's log; null if there was no response. */
  readonly requestId: string | null;
  /** How many seconds to wait before a retry, according to the server. */
  readonly retryAfterSeconds: number | null;
  /** The exceeded limit, if the code is `RATE_LIMITED` and the server returns it. */
  readonly limit: UsedUpLimit | null;
  /** What the earlier request created or changed, if the code is `IDEMPOTENCY_KEY_REUSED`. */
  readonly object: { type: string; id: string } | null;

  constructor(
    code: ErrorCode | FailureCode,
    message: string,
    details: Partial<
      Pick<AmpostError, "status" | "issues" | "docs" | "requestId" | "retryAfterSeconds" | "limit" | "object" | "cause">
    > = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.issues = details.issues ?? [];
    this.docs = details.docs ?? null;
    this.requestId = details.requestId ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.limit = details.limit ?? null;
    this.object = details.object ?? null;
  }
}

/** The error of an unsuccessful response. */
export function refusalOf(response: Response, text: string): AmpostError {
  const { status, headers } = response;
  const requestId = headers.get("x-request-id");
  const retryAfterSeconds = secondsOf(headers.get("retry-after"));
  // Browsers report a redirect as status 0.
  if (status < 400) {
    const target = headers.get("location");
    return new AmpostError(
      "UNEXPECTED_ANSWER",
      `The URL redirects${target === null ? "" : ` to ${target}`}. Use the final URL as baseUrl.`,
      { status, requestId },
    );
  }
  const body = parseError(text);
  if (body === null && text === "" && status === 401)
    return new AmpostError("UNAUTHORIZED", "The API key is missing, invalid, expired or revoked.", {
      status,
      requestId,
    });
  if (body === null)
    return new AmpostError(
      "UNEXPECTED_ANSWER",
      `Status ${status} without a response from the API. Is baseUrl the URL of an Ampost instance?`,
      { status, requestId, retryAfterSeconds },
    );
  return new AmpostError(body.code, body.error, {
    status,
    issues: body.issues,
    docs: body.docs,
    requestId: body.requestId,
    retryAfterSeconds,
    limit: body.limit ?? null,
    object: body.object ?? null,
  });
}

/** The error thrown when there was no complete response. */
export function failureOf(error: unknown): AmpostError {
  if (error instanceof AmpostError) return error;
  const isTimeout = error instanceof Error && error.name === "TimeoutError";
  if (isTimeout) return new AmpostError("TIMED_OUT", "No response in time.", { cause: error });
  if (error instanceof SyntaxError)
    return new AmpostError("UNEXPECTED_ANSWER", "The response is not JSON. Is baseUrl the URL of an Ampost instance?", {
      cause: error,
    });
  return new AmpostError(
    "CONNECTION_FAILED",
    `The server could not be reached, or the connection broke${reasonOf(error)}.`,
    { cause: error },
  );
}

/** Whether the same call may succeed a little later, if it can be repeated at all. */
export function isPassing({ code, status }: AmpostError): boolean {
  return (
    code === "CONNECTION_FAILED" ||
    code === "TIMED_OUT" ||
    code === "RATE_LIMITED" ||
    code === "IDEMPOTENCY_IN_PROGRESS" ||
    (status !== null && status >= 500)
  );
}

function parseError(text: string): (ErrorBody & { limit?: UsedUpLimit }) | null {
  try {
    const body: Partial<ErrorBody & { limit: UsedUpLimit }> | null = JSON.parse(text);
    if (typeof body?.code !== "string" || typeof body.error !== "string") return null;
    return {
      code: body.code,
      error: body.error,
      docs: body.docs ?? "",
      requestId: body.requestId ?? "",
      issues: body.issues ?? [],
      limit: body.limit,
      object: body.object,
    };
  } catch {
    return null;
  }
}

/** `Retry-After` in seconds, from either of its formats (RFC 9110 §10.2.3). */
function secondsOf(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}

/** Node wraps the underlying error, whose code is what people know. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause ? ` (${String(cause.code)})` : "";
}
