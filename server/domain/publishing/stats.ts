import type { PublishingStats } from "../../../contract/operations/publishing-stats.ts";
import { offsetAt, offsetFormat, readLocalTime } from "../../../model/time-zones.ts";
import { countPublishedByDay } from "../../db/queries/publishing-stats.ts";
import type { Answer, Call } from "../call.ts";
import type { Services } from "../services.ts";

const MOST_COUNTED = 100_000;
const DAY_MILLISECONDS = 86_400_000;

/** What went live on each of the last days of a time zone, today included, and how late. */
export async function getPublishingStats(
  { pool }: Pick<Services, "pool">,
  { userId, mode }: Pick<Call, "userId" | "mode">,
  { days, timeZone }: { days: number; timeZone: string },
  now = new Date(),
): Promise<Answer<{ stats: PublishingStats }>> {
  const dates = lastDates(days, timeZone, now);
  const starts = dates.map((date) => startOf(date, timeZone));
  const rows = await countPublishedByDay.all(pool, [userId, mode, starts, MOST_COUNTED]);
  const counted = rows.reduce((sum, row) => sum + row.published_count, 0);
  return {
    body: {
      stats: {
        from: (starts[0] ?? now).toISOString(),
        timeZone,
        days: rows.map((row) => ({
          date: dates[row.day - 1] ?? "",
          platform: row.platform,
          publishedCount: row.published_count,
          medianLatenessSeconds: row.median_lateness_seconds,
          maxLatenessSeconds: row.max_lateness_seconds,
        })),
        isComplete: counted < MOST_COUNTED,
      },
    },
  };
}

function lastDates(days: number, timeZone: string, now: Date): string[] {
  const today = now.getTime() + offsetAt(offsetFormat(timeZone), now.getTime());
  return Array.from({ length: days }, (_, index) =>
    new Date(today - (days - 1 - index) * DAY_MILLISECONDS).toISOString().slice(0, 10),
  );
}

/** Where clocks skip midnight, the day starts after the change. */
function startOf(date: string, timeZone: string): Date {
  const read = readLocalTime(`${date}T00:00`, timeZone);
  if (read.instant !== null) return read.instant;
  return readLocalTime(read.instead, timeZone).instant ?? new Date(`${date}T00:00:00Z`);
}
