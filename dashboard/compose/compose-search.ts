import type { SearchSchemaInput } from "@tanstack/react-router";

import { isTimeZone } from "../../model/time-zones.ts";
import type { CalendarSearch } from "../calendar/calendar-search.ts";

/**
 * `post` edits a post, `from` copies one, `at` proposes a time on the clocks of `zone`, `media` is the ID of a stored file
 * to begin with, and `kept` the key of what this browser keeps.
 */
export interface ComposeSearch {
  post?: string | undefined;
  from?: string | undefined;
  at?: string | undefined;
  zone?: string | undefined;
  media?: string | undefined;
  kept?: string | undefined;
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The calendar that the composer was opened from, to which it leads back. */
    calendar?: CalendarSearch;
  }
}

export function readComposeSearch({
  post,
  from,
  at,
  zone,
  media,
  kept,
}: ComposeSearch & SearchSchemaInput): ComposeSearch {
  return { post, from, at, zone: zone !== undefined && isTimeZone(zone) ? zone : undefined, media, kept };
}
