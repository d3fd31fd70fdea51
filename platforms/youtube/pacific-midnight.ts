/** Google's days end at midnight Pacific time; a few minutes later the new day's quota is surely there. */
const MARGIN_SECONDS = 300;

const PACIFIC = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/Los_Angeles",
  hourCycle: "h23",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Seconds until the quotas of the next day may be used. Source: YouTube docs, quota costs, 2026-09-11. */
export function untilPacificMidnight(now: Date): number {
  const left = 86_400 - secondsOfDay(now);
  const there = secondsOfDay(new Date(now.getTime() + left * 1000));
  // On the two days a year that are an hour shorter or longer, the clock shows that hour then.
  const shift = there === 0 ? 0 : there > 43_200 ? 86_400 - there : -there;
  return left + shift + MARGIN_SECONDS;
}

function secondsOfDay(at: Date): number {
  const parts = new Map(PACIFIC.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return (parts.get("hour") ?? 0) * 3600 + (parts.get("minute") ?? 0) * 60 + (parts.get("second") ?? 0);
}
