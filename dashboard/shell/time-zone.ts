import { meUpdate } from "../../contract/operations/me.ts";
import { ask } from "../api/ask.ts";
import { start } from "../start.ts";
import { modeOf } from "./mode.ts";

/** A new user's time zone is that of their browser until they choose one. Times are shown in it from the first view on. */
export function adoptTimeZone(): void {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!start.hasDefaultTimeZone || timeZone === start.user.timeZone) return;
  start.user.timeZone = timeZone;
  // If it cannot be saved now, the next page load tries again.
  ask(meUpdate, modeOf({}), { body: { timeZone } }).catch(() => undefined);
}
