import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** A process whose event loop does not come round for so many seconds is ended. */
const SECONDS = 10;

/**
 * Ends this process, hard, where code of it never comes to an end: only a thread of its own can notice. What it held is
 * taken over as after any death, and whoever supervises it starts it again. Resolves when the watch has begun; call
 * what it answers to end it.
 */
export async function startWatchdog(part: string): Promise<() => Promise<unknown>> {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const beating = setInterval(() => Atomics.add(beats, 0, 1), 500);
  beating.unref();
  const thread = new Worker(join(import.meta.dirname, "watchdog-thread.js"), {
    workerData: { beats, seconds: SECONDS, part },
    // Nothing of what the process itself is started with.
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
