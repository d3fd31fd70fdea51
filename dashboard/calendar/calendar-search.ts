import type { SearchSchemaInput } from "@tanstack/react-router";

import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { isTimeZone } from "../../model/time-zones.ts";
import { SHOWN_STATUSES, type ShownStatus } from "../posts/shown-status.ts";

export const CALENDAR_VIEWS = ["month", "week", "day", "agenda"] as const;
export type CalendarView = (typeof CALENDAR_VIEWS)[number];

/** What the calendar shows, in its address. */
export interface CalendarSearch {
  view?: CalendarView | undefined;
  /** A day, as "2026-12-01". */
  on?: string | undefined;
  /** By default the user's time zone. */
  zone?: string | undefined;
  platform?: PlatformName | undefined;
  status?: ShownStatus | undefined;
  /** The ID of a platform set. */
  set?: string | undefined;
}

export function readCalendarSearch(search: CalendarSearch & SearchSchemaInput): CalendarSearch {
  const { view, on, zone, platform, status, set } = search;
  return {
    view: CALENDAR_VIEWS.find((each) => each === view),
    on: isDay(on) ? on : undefined,
    zone: typeof zone === "string" && isTimeZone(zone) ? zone : undefined,
    platform: PLATFORM_NAMES.find((each) => each === platform),
    status: SHOWN_STATUSES.find((each) => each === status),
    set: typeof set === "string" ? set : undefined,
  };
}

function isDay(text: unknown): text is string {
  if (typeof text !== "string" || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
