/** A time as people write it, in their time zone; with its name, as pages are looked at elsewhere too. */
export function showTime(time: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(time));
}
