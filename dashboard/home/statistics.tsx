import { useLingui } from "@lingui/react/macro";

import { publishingStats, type PublishingStats } from "../../contract/operations/publishing-stats.ts";
import { useRead } from "../api/use-api.ts";
import { labelOf, start } from "../start.ts";
import { Failure } from "../ui/failure.tsx";
import { Card, Loading } from "../ui/surfaces.tsx";
import { Bars } from "./bars.tsx";

const DAYS = 30;
type DayOfPlatform = PublishingStats["days"][number];

/** What was published on each of the last days, and how late, by platform. All platforms have the same scale. */
export function Statistics() {
  const { t } = useLingui();
  const { data, error, refetch } = useRead(
    publishingStats,
    { query: { days: DAYS, timeZone: start.user.timeZone } },
    { everyMilliseconds: 30_000 },
  );
  return (
    <Card title={t`Published in the last ${DAYS} days`}>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading rows={3} />}
      {data !== undefined && <Charts stats={data.stats} />}
    </Card>
  );
}

function Charts({ stats: { from, timeZone, days, isComplete } }: { stats: PublishingStats }) {
  const { t, i18n } = useLingui();
  const seconds = useSeconds();
  if (days.length === 0) return <p className="text-sm text-dim">{t`Nothing was published.`}</p>;
  const dates = datesFrom(from, timeZone);
  const byPlatform = [...Map.groupBy(days, ({ platform }) => platform)];
  const mostPublished = Math.max(...days.map(({ publishedCount }) => publishedCount));
  const mostLate = Math.max(...days.map(({ medianLatenessSeconds }) => medianLatenessSeconds), 1);
  const shown = (date: string) => i18n.date(new Date(`${date}T12:00:00Z`), { ...SHORT, timeZone: "UTC" });
  const range = `${shown(dates[0] ?? "")} – ${shown(dates.at(-1) ?? "")}`;
  return (
    <div className="space-y-4">
      <div className="grid gap-x-6 gap-y-5 *:min-w-0 sm:grid-cols-2">
        {byPlatform.map(([platform, ofPlatform]) => {
          const label = labelOf(platform);
          const count = sum(ofPlatform);
          const latest = Math.max(...ofPlatform.map(({ maxLatenessSeconds }) => maxLatenessSeconds));
          const late = seconds(latest);
          const at = new Map(ofPlatform.map((day) => [day.date, day]));
          return (
            <section key={platform} aria-label={label}>
              <h3 className="text-sm font-semibold">{label}</h3>
              <p className="mb-1 text-sm text-dim">
                {latest < 1 ? t`${count} published, on time` : t`${count} published, at most ${late} late`}
              </p>
              <Bars
                label={t`${label}: published per day, ${range}`}
                most={mostPublished}
                bars={dates.map((date) => {
                  const published = at.get(date)?.publishedCount ?? 0;
                  return { value: published, title: t`${shown(date)}: ${published} published` };
                })}
              />
              <Bars
                label={t`${label}: median lateness per day, ${range}`}
                most={mostLate}
                isLow
                bars={dates.map((date) => {
                  const lateness = at.get(date)?.medianLatenessSeconds ?? 0;
                  return { value: lateness, title: t`${shown(date)}: ${seconds(lateness)} late` };
                })}
              />
            </section>
          );
        })}
      </div>
      <p className="text-sm text-dim">
        {t`${range}, in ${timeZone}. Above: posts per day, at most ${mostPublished}. Below: median lateness, at most ${seconds(mostLate)}.`}
      </p>
      {!isComplete && <p className="text-sm text-warn">{t`There were more posts than are counted here.`}</p>}
      <Table days={days} shown={shown} />
    </div>
  );
}

const SHORT = { day: "numeric", month: "short" } as const;

function Table({ days, shown }: { days: readonly DayOfPlatform[]; shown: (date: string) => string }) {
  const { t } = useLingui();
  const seconds = useSeconds();
  const cell = "py-1.5 pe-3";
  return (
    <details>
      <summary className="text-sm font-semibold text-link">{t`Show as a table`}</summary>
      <div className="mt-2 max-h-80 overflow-auto" tabIndex={0} role="region" aria-label={t`Published by day`}>
        <table className="w-full text-start text-sm">
          <thead>
            <tr className="border-b text-dim">
              {[t`Day`, t`Platform`, t`Published`, t`Median lateness`, t`Highest`].map((name) => (
                <th key={name} scope="col" className={`${cell} text-start font-semibold`}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.toReversed().map((day) => (
              <tr key={`${day.date} ${day.platform}`} className="border-b last:border-b-0">
                <th scope="row" className={`${cell} text-start font-normal whitespace-nowrap`}>
                  {shown(day.date)}
                </th>
                <td className={cell}>{labelOf(day.platform)}</td>
                <td className={`${cell} tabular-nums`}>{day.publishedCount}</td>
                <td className={`${cell} tabular-nums`}>{seconds(day.medianLatenessSeconds)}</td>
                <td className={`${cell} tabular-nums`}>{seconds(day.maxLatenessSeconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function sum(days: readonly DayOfPlatform[]): number {
  return days.reduce((total, { publishedCount }) => total + publishedCount, 0);
}

/** All days since the first, as dates of the time zone. */
function datesFrom(from: string, timeZone: string): string[] {
  const first = new Date(from).toLocaleDateString("sv-SE", { timeZone });
  return Array.from({ length: DAYS }, (_, index) => {
    const date = new Date(`${first}T12:00:00Z`);
    date.setUTCDate(date.getUTCDate() + index);
    return date.toISOString().slice(0, 10);
  });
}

/** A duration in the unit that fits. */
function useSeconds(): (seconds: number) => string {
  const { i18n } = useLingui();
  return (seconds) => {
    const [value, unit] =
      seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
    return i18n.number(value, {
      style: "unit",
      unit: String(unit),
      unitDisplay: "short",
      maximumFractionDigits: value < 10 ? 1 : 0,
    });
  };
}
