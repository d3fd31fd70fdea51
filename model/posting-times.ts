import { offsetAt, offsetFormat, readLocalTime } from "./time-zones.ts";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** When posts of a platform set or of an account are published, each week: local times such as "09:30", by day. */
export interface PostingTimes {
  timeZone: string;
  times: Partial<Record<Weekday, readonly string[]>>;
}

/** Days without a time can be missing or empty. */
export function areSameTimes(one: PostingTimes | null, other: PostingTimes | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.timeZone === other.timeZone &&
    WEEKDAYS.every((day) => (one.times[day] ?? []).join() === (other.times[day] ?? []).join())
  );
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
    const ofDay = times[WEEKDAYS[(new Date(day).getUTCDay() + 6) % 7] ?? "monday"] ?? [];
    if (ofDay.length === 0) continue;
    // Wherever on Earth it is, the day is within these; without a change of clocks there is nothing to look up.
    const [offset, later] = [offsetAt(format, day - DAY), offsetAt(format, day + 2 * DAY)];
    const instants = new Set(
      ofDay.map((time) => (offset === later ? Date.parse(`${date}T${time}Z`) - offset : instantOf(`${date}T${time}`))),
    );
    for (const at of [...instants].sort((a, b) => a - b))
      if (at > after.getTime() && at <= until.getTime()) yield new Date(at);
  }
}

/** The instants that are posting times of all, in order. With none given, there are none. */
export function* commonTimesBetween(all: readonly PostingTimes[], after: Date, until: Date): Generator<Date, void> {
  const each = all.map((times) => postingTimesBetween(times, after, until));
  const heads = each.map(nextOf);
  for (;;) {
    const latest = Math.max(...heads);
    if (!Number.isFinite(latest)) return;
    const behind = heads.findIndex((head) => head < latest);
    if (behind === -1) yield new Date(latest);
    // Those that are behind catch up; if none is, the first goes on.
    const place = Math.max(behind, 0);
    const times = each[place];
    if (times === undefined) return;
    heads[place] = nextOf(times);
  }
}

/** Infinity after the last. */
function nextOf(times: Iterator<Date, void>): number {
  return times.next().value?.getTime() ?? Infinity;
}
