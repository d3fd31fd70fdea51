import type { Logger } from "pino";

const LOOK_MILLISECONDS = 250;
const LONG_MILLISECONDS = 500;
const SAID_EVERY_MILLISECONDS = 10_000;
/** The thread is busy if it was late this many times in a row: being blocked once is over before anyone can react. */
const LATE_MILLISECONDS = 200;
const BUSY_LOOKS = 3;

/** Watches this process's thread, on which everything that it does has to wait. */
export interface EventLoopWatch {
  /** Whether everything has been late for a while. */
  isBusy(): boolean;
  stop(): void;
}

/**
 * Logs when this process's thread was blocked for a long time: immediately, and then the longest of every ten seconds.
 * The metrics have the rest.
 */
export function watchEventLoop(log: Pick<Logger, "warn">): EventLoopWatch {
  let lookedAt = performance.now();
  let saidAt = -Infinity;
  let longest = 0;
  let lateLooks = 0;
  const looking = setInterval(() => {
    const now = performance.now();
    const late = now - lookedAt - LOOK_MILLISECONDS;
    lateLooks = late < LATE_MILLISECONDS ? 0 : lateLooks + 1;
    longest = Math.max(longest, late);
    lookedAt = now;
    if (longest < LONG_MILLISECONDS || now - saidAt < SAID_EVERY_MILLISECONDS) return;
    const milliseconds = Math.round(longest);
    log.warn({ milliseconds }, "This process was blocked: everything it was doing waited this long");
    saidAt = now;
    longest = 0;
  }, LOOK_MILLISECONDS).unref();
  return { isBusy: () => lateLooks >= BUSY_LOOKS, stop: () => clearInterval(looking) };
}
