import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { z } from "zod";

const LOOK_MILLISECONDS = 2_000;
const IDLE_SHARE = 0.1;
const WORTHWHILE_BYTES = 10e6;

const collector = z.function({
  input: [z.object({ type: z.literal("major"), flavor: z.literal("last-resort") })],
  output: z.unknown(),
});

/**
 * Returns to the machine what a burst of requests has taken, as soon as this process is idle: V8 collects garbage when
 * it needs memory, and keeps it as long as nothing happens. It takes up to a tenth of a second.
 */
export function returnMemoryWhenIdle(): void {
  setFlagsFromString("--expose-gc");
  const collect = collector.parse(runInNewContext("gc"));
  let least = 0;
  let before = performance.eventLoopUtilization();
  setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > IDLE_SHARE || process.memoryUsage.rss() < least + WORTHWHILE_BYTES) return;
    collect({ type: "major", flavor: "last-resort" });
    least = process.memoryUsage.rss();
  }, LOOK_MILLISECONDS).unref();
}
