import { offsetAt, offsetFormat, readLocalTime } from "./time-zones.ts";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When a platform set's posts are published, each week: local times such as "09:30", by day. */
export interface PostingTimes {
  timeZone: string;
  times: Partial<Record<Weekday, readonly string[]>>;
}

const DAY = 86_400_000;

/**
 * The posting times after one instant and up to another, in order, each once. One that clocks skip in spring is as long
 * after the change as it would have been after its beginning; one that they show twice in autumn is the first.
 */
export function* postingTimesBetween(
  { timeZone, times }: PostingTimes,
  after: Date,
  until: Date,
): Generator<Date, void> {
  const format = offsetFormat(timeZone);
  const instantOf = (local: string): number => {
    const { instant, instead } = readLocalTime(local, timeZone, format);
    return instant === null ? instantOf(instead) : instant.getTime();
  };
  const today = after.getTime() + offsetAt(format, after.getTime());
  // Clocks can be set back over midnight: the day before may come again.
  for (let day = today - (today % DAY) - DAY; day <= until.getTime() + DAY; day += DAY) {
    const date = new Date(day).toISOString().slice(0, 10);
    const weekday = WEEKDAYS[(new Date(day).getUTCDay() + 6) % 7] ?? "monday";
    const instants = new Set((times[weekday] ?? []).map((time) => instantOf(`${date}T${time}`)));
    for (const at of [...instants].sort((a, b) => a - b))
      if (at > after.getTime() && at <= until.getTime()) yield new Date(at);
  }
}
