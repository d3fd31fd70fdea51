import { collectGarbage } from "../media/garbage.ts";

const LOOK_MILLISECONDS = 15_000;
const IDLE_SHARE = 0.02;
const WORTHWHILE_BYTES = 10e6;

/**
 * Returns to the machine what a burst of requests has taken, once this process has been idle for a while. Not sooner: V8
 * then takes some seconds to be fast again.
 */
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
