import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";

import { offsetFormat, readLocalTime } from "../../model/time-zones.ts";
import { regionOf } from "../shell/language.ts";
import { localTimeOf } from "./days.ts";

/** Days and times as the language writes them. A day is at noon UTC, where it is the same day. */
export function useDayNames(zone: string) {
  const { i18n } = useLingui();
  const format = useMemo(() => offsetFormat(zone), [zone]);
  const named = (day: string, format: Intl.DateTimeFormatOptions) =>
    i18n.date(new Date(`${day}T12:00:00Z`), { ...format, timeZone: "UTC" });
  return {
    weekday: (day: string) => named(day, { weekday: "short" }),
    fullWeekday: (day: string) => named(day, { weekday: "long" }),
    shortDay: (day: string) => named(day, { weekday: "short", day: "numeric" }),
    fullDay: (day: string) => named(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
    shortDate: (day: string) => named(day, { day: "numeric", month: "short" }),
    date: (day: string) => named(day, { day: "numeric", month: "long", year: "numeric" }),
    range: (first: string, last: string) =>
      new Intl.DateTimeFormat(regionOf(), { dateStyle: "medium", timeZone: "UTC" }).formatRange(
        new Date(`${first}T12:00:00Z`),
        new Date(`${last}T12:00:00Z`),
      ),
    month: (day: string) => named(day, { month: "long", year: "numeric" }),
    hour: (hour: number) => i18n.date(new Date(Date.UTC(2026, 0, 1, hour)), { hour: "numeric", timeZone: "UTC" }),
    /** Of a time that the clocks show twice, it says which. */
    time: (at: string) =>
      i18n.date(new Date(at), {
        hour: "numeric",
        minute: "2-digit",
        timeZone: zone,
        ...(readLocalTime(localTimeOf(at, zone), zone, format).again && { timeZoneName: "short" }),
      }),
    moment: (at: string) => i18n.date(new Date(at), { dateStyle: "full", timeStyle: "short", timeZone: zone }),
    offset: (at: string) =>
      new Intl.DateTimeFormat(regionOf(), { timeZone: zone, timeZoneName: "shortOffset" })
        .formatToParts(new Date(at))
        .find(({ type }) => type === "timeZoneName")?.value ?? "UTC",
  };
}

export type DayNames = ReturnType<typeof useDayNames>;
