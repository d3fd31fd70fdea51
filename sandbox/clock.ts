import { integer, integerOrNull, type Store } from "./store.ts";

/** The sandbox's time: the machine's time until it is moved, and the same for every process on the same data. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  advance(seconds: number): void;
  /** Resets it to its start. */
  reset(): void;
}

/**
 * With `startAt`, a new sandbox starts at that instant and its time stands still until it is advanced, so that results
 * can be compared to the second.
 */
export function openClock(store: Store, startAt: Date | undefined): Clock {
  const start = startAt?.getTime() ?? null;
  store.run(
    "INSERT INTO clock (id, ahead_ms, stands_at, starts_at) VALUES (1, 0, ?, ?) ON CONFLICT DO NOTHING",
    start,
    start,
  );
  return {
    now() {
      const row = store.get("SELECT ahead_ms, stands_at FROM clock WHERE id = 1");
      return (integerOrNull(row, "stands_at") ?? Date.now()) + integer(row, "ahead_ms");
    },
    advance(seconds) {
      store.run("UPDATE clock SET ahead_ms = ahead_ms + ? WHERE id = 1", Math.round(seconds * 1000));
    },
    reset() {
      store.run("UPDATE clock SET ahead_ms = 0, stands_at = starts_at WHERE id = 1");
    },
  };
}
