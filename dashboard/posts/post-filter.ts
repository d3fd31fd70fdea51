import type { SearchSchemaInput } from "@tanstack/react-router";
import type { z } from "zod";

import type { postsList } from "../../contract/operations/posts.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { readLocalTime } from "../../model/time-zones.ts";
import { filterOf, SHOWN_STATUSES, type ShownStatus } from "./shown-status.ts";

/** Which posts the list shows, as in its address. */
export interface PostFilter {
  status?: ShownStatus | undefined;
  platform?: PlatformName | undefined;
  /** ID of a platform set. */
  set?: string | undefined;
  /** First and last day of the scheduled times, such as "2026-12-01". */
  from?: string | undefined;
  to?: string | undefined;
  search?: string | undefined;
}

export function readPostFilter({
  status,
  platform,
  set,
  from,
  to,
  search,
}: PostFilter & SearchSchemaInput): PostFilter {
  return {
    status: SHOWN_STATUSES.find((each) => each === status),
    platform: PLATFORM_NAMES.find((each) => each === platform),
    set: textIn(set),
    from: dayIn(from),
    to: dayIn(to),
    search: textIn(search),
  };
}

/** The same for the API; days are those of the time zone. */
export function toQuery(
  { status, set, from, to, ...same }: PostFilter,
  timeZone: string,
): z.input<typeof postsList.query> {
  return {
    ...same,
    ...filterOf(status),
    platformSetId: set,
    scheduledFrom: from && startOfDay(from, timeZone),
    scheduledTo: to && startOfNextDay(to, timeZone),
  };
}

/** Addresses are read as JSON, so that a search for 2026 is a number. */
export function textIn(given: unknown): string | undefined {
  return given === undefined || given === "" ? undefined : String(given);
}

export function dayIn(given: unknown): string | undefined {
  const day = textIn(given);
  return day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(Date.parse(day)) ? day : undefined;
}

export function startOfNextDay(day: string, timeZone: string): string {
  return startOfDay(new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10), timeZone);
}

/** Where clocks skip midnight, the day starts later. */
export function startOfDay(day: string, timeZone: string): string {
  const { instant, instead } = readLocalTime(`${day}T00:00`, timeZone);
  const start = instant ?? readLocalTime(instead ?? day, timeZone).instant;
  return (start ?? new Date(day)).toISOString();
}
