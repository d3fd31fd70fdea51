import { useLingui } from "@lingui/react/macro";

import { start } from "../start.ts";

/** A moment in the user's time zone; the exact one is in the title. */
export function Time({ at, withZone = false }: { at: string; withZone?: boolean }) {
  const { i18n } = useLingui();
  const date = new Date(at);
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return (
    <time dateTime={at} title={at}>
      {i18n.date(date, {
        timeZone: start.user.timeZone,
        ...(isThisYear ? {} : { year: "numeric" }),
        month: "short",
        day: "numeric",
        hour: "numeric",
        minute: "2-digit",
        ...(withZone && { timeZoneName: "short" }),
      })}
    </time>
  );
}
