import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";

/** A launcher forwards signals that the terminal already sent to this process: within this time, they are the same. */
const SAME_SIGNAL_SECONDS = 0.5;

/**
 * Keeps a server running until SIGTERM, SIGINT, SIGHUP or the exit of the process that started it; then stops it
 * cleanly and exits with 0. A second signal ends it immediately. Without `signals`, only that exit stops it. After
 * SIGTERM, which is how supervisors stop it, it drains for `drainSeconds` before. All work in progress must be finished
 * or handed back within `stopSeconds`.
 */
export function runUntilStopped(
  log: Logger,
  { stop, drain }: { stop(): Promise<void>; drain?(): void },
  {
    signals = true,
    stopSeconds = 10,
    drainSeconds = 0,
  }: { signals?: boolean; stopSeconds?: number; drainSeconds?: number } = {},
): void {
  let stoppedAt: number | undefined;
  const stopNow = (why: NodeJS.Signals | "disconnect") => {
    if (stoppedAt !== undefined) {
      if (why !== "disconnect" && performance.now() - stoppedAt > SAME_SIGNAL_SECONDS * 1000) process.exit(1);
      return;
    }
    stoppedAt = performance.now();
    const waitSeconds = why === "SIGTERM" ? drainSeconds : 0;
    log.info({ why, ...(waitSeconds > 0 ? { drainSeconds: waitSeconds } : {}) }, "Stopping");
    drain?.();
    setTimeout(
      () => {
        log.warn("Stopping took too long; other workers or the next start will take over the remaining work");
        process.exit(0);
      },
      (waitSeconds + stopSeconds - 0.5) * 1000,
    ).unref();
    sleep(waitSeconds * 1000)
      .then(stop)
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, "Stopping failed");
          process.exit(1);
        },
      );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, signals ? stopNow : () => undefined);
  if (process.channel) process.on("disconnect", () => stopNow("disconnect"));
}
