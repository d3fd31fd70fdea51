import type { Logger } from "pino";

/** A launcher forwards signals that the terminal already sent to this process: within this time, they are the same. */
const SAME_SIGNAL_SECONDS = 0.5;

/**
 * Keeps a server running until SIGTERM, SIGINT, SIGHUP or the exit of the process that started it; then stops it
 * cleanly and exits with 0. A second signal ends it immediately. Without `signals`, only that exit stops it. All work
 * in progress must be finished or handed back within `stopSeconds`.
 */
export function stayUntilTold(
  log: Logger,
  stop: () => Promise<void>,
  { signals = true, stopSeconds = 10 }: { signals?: boolean; stopSeconds?: number } = {},
): void {
  let toldAt: number | undefined;
  const told = (why: NodeJS.Signals | "disconnect") => {
    if (toldAt !== undefined) {
      if (why !== "disconnect" && performance.now() - toldAt > SAME_SIGNAL_SECONDS * 1000) process.exit(1);
      return;
    }
    toldAt = performance.now();
    log.info({ why }, "Stopping");
    setTimeout(
      () => {
        log.warn("Stopping took too long; other workers or the next start will take over the remaining work");
        process.exit(0);
      },
      (stopSeconds - 0.5) * 1000,
    ).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, "Stopping failed");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, signals ? told : () => undefined);
  if (process.channel) process.on("disconnect", () => told("disconnect"));
}
