import type { NewPostingTimes, PostingTimes } from "../../client/index.ts";
import { WEEKDAYS } from "../../model/posting-times.ts";
import { usageError } from "./client-command.ts";
import { columns } from "./show.ts";

export interface TimesOptions {
  at?: string[];
  timeZone?: string;
}

/** "monday 09:30,17:00"; null if no times are given. */
export function readTimes({ at = [], timeZone }: TimesOptions): NewPostingTimes["times"] | null {
  if (timeZone !== undefined && at.length === 0) usageError("error: --time-zone requires --at");
  const times: NewPostingTimes["times"] = {};
  for (const each of at) {
    const [name = "", ...own] = each
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((word) => word !== "");
    const day = WEEKDAYS.find((weekday) => weekday === name);
    if (day === undefined || own.length === 0)
      usageError(`error: --at ${each}: write a day and its times, such as "monday 09:30,17:00".`);
    times[day] = [...(times[day] ?? []), ...own];
  }
  return at.length === 0 ? null : times;
}

export function linesOfTimes({ times, timeZone, nextFreeAt }: PostingTimes): string[] {
  const days = WEEKDAYS.flatMap((day) => {
    const own = times[day] ?? [];
    return own.length === 0 ? [] : [[day, own.join(", ")]];
  });
  if (days.length === 0) return ["No posting times."];
  return columns([...days, ["time zone", timeZone], ["next free", nextFreeAt ?? "-"]]);
}
