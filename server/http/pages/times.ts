/** A time in a readable format, in the user's time zone. */
export function showTime(time: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(time));
}
