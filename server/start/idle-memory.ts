import { collectGarbage } from "../media/garbage.ts";

const LOOK_MILLISECONDS = 2_000;
const IDLE_SHARE = 0.1;
const WORTHWHILE_BYTES = 10e6;

/** Returns to the machine what a burst of requests has taken, as soon as this process is idle. */
export function returnMemoryWhenIdle(): void {
  let leastBytes = 0;
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > IDLE_SHARE || process.memoryUsage.rss() < leastBytes + WORTHWHILE_BYTES) return;
    collectGarbage("all");
    leastBytes = process.memoryUsage.rss();
  }, LOOK_MILLISECONDS).unref();
}
