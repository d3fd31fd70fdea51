import type { Logger } from "pino";

const LOOK_MILLISECONDS = 250;
const LONG_MILLISECONDS = 500;
const SAID_EVERY_MILLISECONDS = 10_000;

/**
 * Logs when this process's thread was blocked for a long time, since everything it was doing had to wait: immediately,
 * and then the longest of every ten seconds. The metrics have the rest. Call the returned function to stop.
 */
export function watchEventLoop(log: Pick<Logger, "warn">): () => void {
  let lookedAt = performance.now();
  let saidAt = -Infinity;
  let longest = 0;
  const looking = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - lookedAt - LOOK_MILLISECONDS);
    lookedAt = now;
    if (longest < LONG_MILLISECONDS || now - saidAt < SAID_EVERY_MILLISECONDS) return;
    const milliseconds = Math.round(longest);
    log.warn({ milliseconds }, "This process was blocked: everything it was doing waited this long");
    saidAt = now;
    longest = 0;
  }, LOOK_MILLISECONDS).unref();
  return () => clearInterval(looking);
}
