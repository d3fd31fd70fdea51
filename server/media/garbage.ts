import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { z } from "zod";

const collector = z.function({
  input: [z.object({ type: z.enum(["minor", "major"]), flavor: z.enum(["regular", "last-resort"]) })],
  output: z.unknown(),
});

let collect: z.output<typeof collector> | undefined;

/**
 * Has V8 collect its garbage: the young part, in a few milliseconds, or all of it, returning to the machine what is
 * free, in up to 150. V8 does so by itself only when it needs memory.
 */
export function collectGarbage(part: "young" | "all"): void {
  if (collect === undefined) {
    setFlagsFromString("--expose-gc");
    collect = collector.parse(runInNewContext("gc"));
  }
  collect(part === "young" ? { type: "minor", flavor: "regular" } : { type: "major", flavor: "last-resort" });
}
