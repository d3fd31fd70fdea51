import type { SearchSchemaInput } from "@tanstack/react-router";
import type { z } from "zod";

import type { requestsList } from "../../contract/operations/requests.ts";
import { dayIn, startOfDay, startOfNextDay, textIn } from "../posts/post-filter.ts";

export const STATUSES = ["failed", "2xx", "3xx", "4xx", "5xx"] as const;
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Which requests the log shows, as in its address. */
export interface RequestFilter {
  /** The class of its status; another view has `status` for posts. */
  result?: (typeof STATUSES)[number] | undefined;
  method?: (typeof METHODS)[number] | undefined;
  /** An endpoint, such as "/api/v1/posts/:id". */
  route?: string | undefined;
  /** ID of a key. */
  key?: string | undefined;
  /** First and last day, such as "2026-12-01". */
  from?: string | undefined;
  to?: string | undefined;
  /** Where an older page begins. */
  cursor?: string | undefined;
}

export function readRequestFilter({
  result,
  method,
  route,
  key,
  from,
  to,
  cursor,
}: RequestFilter & SearchSchemaInput): RequestFilter {
  return {
    result: STATUSES.find((each) => each === result),
    method: METHODS.find((each) => each === method),
    route: routeIn(textIn(route)),
    key: textIn(key),
    from: dayIn(from),
    to: dayIn(to),
    cursor: textIn(cursor),
  };
}

export function routeIn(given: string | undefined): string | undefined {
  return given?.startsWith("/") === true ? given.slice(0, 200) : undefined;
}

/** The same for the API; days are those of the time zone. */
export function toRequestsQuery(
  { result, key, from, to, ...same }: RequestFilter,
  timeZone: string,
): Omit<z.input<typeof requestsList.query>, "limit"> {
  return {
    ...same,
    status: result,
    keyId: key,
    from: from && startOfDay(from, timeZone),
    to: to && startOfNextDay(to, timeZone),
  };
}
