import type { Mode } from "../../model/platform-names.ts";
import { inMode } from "../shell/mode.ts";
import { workspace } from "../shell/workspace.ts";
import type { CalendarSearch } from "./calendar-search.ts";

const STORED = `ampost.calendar.${workspace.id}`;

type Stored = CalendarSearch & { mode?: Mode };

/** What the calendar of this tab has shown last. */
export function lastSearch(mode: Mode): CalendarSearch {
  const stored: Stored = JSON.parse(sessionStorage.getItem(STORED) ?? "{}");
  return stored.mode === mode ? stored : inMode(mode)(stored);
}

export function rememberSearch(search: Stored): void {
  sessionStorage.setItem(STORED, JSON.stringify(search));
}
