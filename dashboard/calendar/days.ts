import * as Instant from "temporal-polyfill/fns/Instant";
import * as PlainDate from "temporal-polyfill/fns/PlainDate";
import * as PlainDateTime from "temporal-polyfill/fns/PlainDateTime";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

import type { CalendarView } from "./calendar-search.ts";

/**
 * Days are "2026-12-01", hours of a day "2026-12-01T09", instants ISO 8601 in UTC. Temporal's functions, of which only
 * those that are used are loaded.
 */

const AGENDA_DAYS = 30;
const WEEK = 7;

export function todayIn(zone: string): string {
  return PlainDate.toString(ZonedDateTime.toPlainDate(nowIn(zone)));
}

/** The days that a view shows around a day. A month is whole weeks, which begin on `firstWeekday`: 1 is Monday. */
export function daysShown(view: CalendarView, on: string, firstWeekday: number): string[] {
  if (view === "day") return [on];
  if (view === "agenda") return daysFrom(on, AGENDA_DAYS);
  if (view === "week") return daysFrom(addDays(on, -intoWeek(on, firstWeekday)), WEEK);
  const first = `${on.slice(0, 8)}01`;
  const before = intoWeek(first, firstWeekday);
  const weeks = Math.ceil((before + PlainDate.daysInMonth(dateOf(on))) / WEEK);
  return daysFrom(addDays(first, -before), weeks * WEEK);
}

/** The same place some periods of the view later, or earlier. */
export function stepOf(view: CalendarView, on: string, periods: number): string {
  if (view === "month") return PlainDate.toString(PlainDate.addMonths(dateOf(on), periods));
  return addDays(on, periods * { week: WEEK, day: 1, agenda: AGENDA_DAYS }[view]);
}

export function addDays(on: string, days: number): string {
  return PlainDate.toString(PlainDate.addDays(dateOf(on), days));
}

/** From when to when these days last in a time zone. */
export function rangeOf(days: readonly string[], zone: string): { from: string; to: string } {
  const first = days[0] ?? todayIn(zone);
  return { from: instantOf(startOf(first, zone)), to: instantOf(startOf(addDays(days.at(-1) ?? first, 1), zone)) };
}

export function dayOf(at: string, zone: string): string {
  return localTimeOf(at, zone).slice(0, 10);
}

export function hourOf(at: string, zone: string): string {
  return localTimeOf(at, zone).slice(0, 13);
}

/** "2026-12-01T09:30": what the clocks of the time zone show. */
export function localTimeOf(at: string, zone: string): string {
  return PlainDateTime.toString(ZonedDateTime.toPlainDateTime(zoned(at, zone)), { smallestUnit: "minute" });
}

/**
 * The instant moved to a day, or to an hour of one, with the same time on the clock: its minutes are kept. A time that
 * the clocks skip on that day is as much later.
 */
export function movedTo(at: string, zone: string, place: string): string {
  const { year, month, day } = dateOf(place);
  const hour = place.includes("T") ? { hour: hourIn(place) } : {};
  return instantOf(ZonedDateTime.withFields(zoned(at, zone), { year, month, day, ...hour }));
}

/** Whether the clocks of the time zone show the hour of the day at all. In spring they skip one. */
export function hasHour(place: string, zone: string): boolean {
  return atHour(place, hourIn(place), zone).hour === hourIn(place);
}

/** The days on which the clocks of the time zone change. */
export function changesOfClocks(days: readonly string[], zone: string): string[] {
  return days.filter((day) => ZonedDateTime.hoursInDay(startOf(day, zone)) !== 24);
}

const MORNING = 9;

/** When a new post at this place is due: in the morning, or with an hour then; today, not in the past. */
export function dueAt(place: string, zone: string): string {
  const wanted = atHour(place, place.includes("T") ? hourIn(place) : MORNING, zone);
  const soon = ZonedDateTime.roundToHour(nowIn(zone), "ceil");
  const isPast = place.startsWith(todayIn(zone)) && ZonedDateTime.compare(wanted, soon) < 0;
  return instantOf(isPast ? soon : wanted);
}

/** On which day weeks begin where the locale is spoken: 1 is Monday, 7 Sunday. */
export function firstWeekdayOf(locale: string): number {
  const known = new Intl.Locale(locale);
  // Some browsers have it as a function, some as a property, and some not at all.
  const read: unknown = Reflect.get(known, "getWeekInfo");
  const info: unknown = typeof read === "function" ? read.call(known) : Reflect.get(known, "weekInfo");
  return Number(Object(info).firstDay ?? 1);
}

type Zoned = ReturnType<typeof zoned>;

function zoned(at: string, zone: string) {
  return Instant.toZonedDateTimeISO(Instant.fromString(at), zone);
}

function nowIn(zone: string): Zoned {
  return Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(Date.now()), zone);
}

function instantOf(time: Zoned): string {
  return Instant.toString(ZonedDateTime.toInstant(time));
}

function startOf(day: string, zone: string): Zoned {
  return PlainDate.toZonedDateTime(dateOf(day), zone);
}

function atHour(place: string, hour: number, zone: string): Zoned {
  const { year, month, day } = dateOf(place);
  return PlainDateTime.toZonedDateTime(PlainDateTime.create(year, month, day, hour), zone);
}

function dateOf(place: string) {
  const [year = 1970, month = 1, day = 1] = place.slice(0, 10).split("-").map(Number);
  return PlainDate.create(year, month, day);
}

function hourIn(place: string): number {
  return Number(place.slice(11, 13));
}

function intoWeek(day: string, firstWeekday: number): number {
  return (PlainDate.dayOfWeek(dateOf(day)) - firstWeekday + WEEK) % WEEK;
}

function daysFrom(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, days) => addDays(first, days));
}
