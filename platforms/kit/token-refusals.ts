import { z } from "zod";

import type { BrokerCode } from "../../model/errors.ts";
import { BrokerError, type Grant } from "../platform.ts";
import { platformWords } from "./errors.ts";
import type { HttpAnswer } from "./http.ts";

/** What a token endpoint's refusals mean; a limit and an outage are the same everywhere. */
export interface TokenRefusals {
  /** The platform's name in messages. */
  label: string;
  /** How long a limit lasts, in seconds. */
  limitSeconds: number;
  /** The first match applies. */
  rows: readonly TokenRefusal[];
}

export interface TokenRefusal {
  /** Absent: any. */
  statuses?: readonly number[];
  /** The standard's names, or the platform's own; absent: any. */
  errors?: readonly string[];
  /** Absent: both. */
  at?: "sign-in" | "renewal";
  brokerCode: BrokerCode;
  message: string;
}

/**
 * The error for a token endpoint's response, whose format is the standard's (RFC 6749, 5.2). A response in another one
 * says nothing about the account. `renewed` is the grant of a renewal, null at a sign-in: if it was over, it has expired
 * and was not revoked.
 */
export function refuseToken(
  { label, limitSeconds, rows }: TokenRefusals,
  answer: HttpAnswer,
  renewed: Pick<Grant, "refreshExpiresInSeconds"> | null,
  requestId: string | null = null,
): BrokerError {
  const { status } = answer;
  const refusal = form.safeParse(answer.json()).data;
  const message = platformWords(refusal?.error_description);
  const platformError = { status, code: refusal?.error ?? null, message, requestId };
  if (status === 429)
    return new BrokerError("RATE_LIMITED", `${label} is rate limiting requests right now.`, {
      retryAfterSeconds: limitSeconds,
      platformError,
    });
  if (status >= 500)
    return new BrokerError("PLATFORM_UNAVAILABLE", `${label} is having problems right now.`, { platformError });
  const row = rows.find(
    ({ statuses, errors, at }) =>
      refusal !== undefined &&
      (statuses === undefined || statuses.includes(status)) &&
      (errors === undefined || errors.includes(refusal.error)) &&
      (at === undefined || (at === "sign-in") === (renewed === null)),
  );
  if (row === undefined)
    return new BrokerError("UNEXPECTED_RESPONSE", `${label} returned an unexpected response.`, { platformError });
  const isOver = (renewed?.refreshExpiresInSeconds ?? 1) <= 0;
  const code = row.brokerCode === "AUTH_REVOKED" && row.at === "renewal" && isOver ? "AUTH_EXPIRED" : row.brokerCode;
  return new BrokerError(code, row.message, { platformError });
}

const form = z.object({ error: z.string(), error_description: z.string().nullish() });
