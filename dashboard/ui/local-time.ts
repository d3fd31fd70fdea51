/** A time as people choose it. */
export interface LocalTime {
  /** What the clocks show: "2026-12-01T09:30". */
  local: string;
  /** The instant that is meant, if it is known: it can have seconds, and clocks show some times twice. Null: the first. */
  at: string | null;
}

/** A chosen time as the API takes it. */
export function scheduledAt({ local, at }: LocalTime, timeZone: string): { scheduledFor: string; timeZone?: string } {
  return at === null ? { scheduledFor: local, timeZone } : { scheduledFor: at };
}
