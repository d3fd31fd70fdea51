import type { Deprecation } from "../platform.ts";

const WARNING_DAYS = 90;
const DAY_MILLISECONDS = 86_400_000;

/** Reported to the operator three months before the platform retires something, and from then on. */
export function retirement(
  { label, what, endsOn, cure }: { label: string; what: string; endsOn: string; cure: string },
  now: Date,
): Deprecation[] {
  const days = Math.ceil((Date.parse(endsOn) - now.getTime()) / DAY_MILLISECONDS);
  if (days > WARNING_DAYS) return [];
  const message =
    days > 0
      ? `${label} is expected to retire ${what} on ${endsOn}, in ${days} days.`
      : `${label} is expected to have retired ${what} on ${endsOn}.`;
  return [{ what: `${label} ${what}`, message, cure }];
}
