import { requestHash, type HttpRequest } from "../../platforms/kit/http.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { IntentRow } from "../db/queries/work-rows.ts";
import { ageSeconds, watch } from "./reading.ts";
import type { Work } from "./work.ts";

/**
 * Whether the request may be sent without asking the caller, although the outcome of an earlier call of the step is
 * unknown: only if the platform documents that it refuses the very same bytes, within its window, and while the status
 * is posting.
 */
export function isRepeat(work: Work, request: HttpRequest, first: IntentRow): boolean {
  const { identicalRepeat } = work.broker;
  if (identicalRepeat === undefined || work.row.status !== "posting") return false;
  const seconds = Math.max(ageSeconds(work, first), watch(first.evidence).seconds);
  return seconds < identicalRepeat.withinSeconds && requestHash(request) === first.requestHash;
}

export function repeatRefused(): BrokerError {
  return new BrokerError(
    "PLATFORM_UNAVAILABLE",
    "It could not be sent again within the time in which the platform rejects duplicates.",
    { retryable: false },
  );
}
