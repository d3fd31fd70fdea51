import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** A process whose event loop does not come round for so many seconds is ended. */
const SECONDS = 10;

/**
 * Kills this process if its code loops endlessly: only a separate thread can notice. Its work is taken over as after
 * any crash, and a supervisor restarts it. Resolves once the watchdog runs; call the returned function to stop it.
 */
export async function startWatchdog(part: string): Promise<() => Promise<unknown>> {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const beating = setInterval(() => Atomics.add(beats, 0, 1), 500);
  beating.unref();
  const thread = new Worker(join(import.meta.dirname, "watchdog-thread.js"), {
    workerData: { beats, seconds: SECONDS, part },
    // None of the options the process itself was started with.
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  thread.unref();
  await new Promise<void>((resolve, reject) => thread.once("online", resolve).once("error", reject));
  return () => {
    clearInterval(beating);
    return thread.terminate();
  };
}
