import { createContext, useContext } from "react";

import type { PostSummary } from "../../contract/operations/posts.ts";
import type { DayNames } from "./day-names.ts";
import { addDays } from "./days.ts";

/** What all views of the calendar share. */
export interface CalendarContext {
  zone: string;
  today: string;
  names: DayNames;
  /** The place that the keyboard is at: a day or an hour. */
  at: string;
  goTo: (place: string) => void;
  openDay: (day: string) => void;
  openPost: (post: PostSummary) => void;
  /** Null if the role allows no new posts. */
  compose: ((place: string) => void) | null;
  /** The posts of a place, by time. */
  postsAt: (place: string) => readonly PostSummary[];
}

const Context = createContext<CalendarContext | null>(null);
export const CalendarRoom = Context.Provider;

export function useCalendar(): CalendarContext {
  const calendar = useContext(Context);
  if (calendar === null) throw new Error("There is no CalendarRoom around this");
  return calendar;
}

const ARROWS: Readonly<Record<string, { days: number; rows: number }>> = {
  ArrowLeft: { days: -1, rows: 0 },
  ArrowRight: { days: 1, rows: 0 },
  ArrowUp: { days: 0, rows: -1 },
  ArrowDown: { days: 0, rows: 1 },
};

/** Where an arrow key leads from a place: days beside each other, and weeks or hours below each other. */
export function placeBeside(place: string, key: string, columns: number): string | null {
  const arrow = ARROWS[key];
  if (arrow === undefined) return null;
  const days = document.documentElement.dir === "rtl" ? -arrow.days : arrow.days;
  const [day = place, hour] = place.split("T");
  if (hour === undefined) return addDays(day, days + arrow.rows * columns);
  const next = Number(hour) + arrow.rows;
  return next < 0 || next > 23 ? place : `${addDays(day, days)}T${String(next).padStart(2, "0")}`;
}
