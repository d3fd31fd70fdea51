/** "Europe/Berlin": a name of the IANA time zone database, not an offset. */
export function isTimeZone(name: string): boolean {
  try {
    offsetFormat(name);
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/** Tells offsets of a time zone: see `offsetAt`. Throws for an unknown one. */
export function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
}

/** How far the clocks of a time zone are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(format: Intl.DateTimeFormat, at: number): number {
  const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -60_000 : 60_000) * (Number(hours) * 60 + Number(minutes));
}

const DAY = 86_400_000;

/**
 * The first instant at which the clocks of a time zone show a local time ("2026-12-01T09:30"). In autumn they show some
 * `again`. In spring they skip some: then it is null, and `instead` is the local time as long after the change as was
 * asked for after its beginning.
 */
export function readLocalTime(
  local: string,
  timeZone: string,
  format = offsetFormat(timeZone),
): { instant: Date; again?: Date; instead?: never } | { instant: null; again?: never; instead: string } {
  const shown = Date.parse(`${local}Z`);
  const before = offsetAt(format, shown - DAY);
  const after = offsetAt(format, shown + DAY);
  const [first, second = first] = [before, after]
    .map((offset) => shown - offset)
    .filter((at) => at + offsetAt(format, at) === shown);
  if (first !== undefined)
    return { instant: new Date(first), ...(second !== first && { again: new Date(second ?? first) }) };
  return { instant: null, instead: new Date(shown - before + after).toISOString().slice(0, 19) };
}
