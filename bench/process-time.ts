import { readFile } from "node:fs/promises";

import { treeOf } from "./process-memory.ts";

/** On Linux, whatever the kernel's own rate. */
const TICK_MILLISECONDS = 10;

/** The processor time that a process, its descendants and those that have ended took so far. */
export async function processorMilliseconds(root: number): Promise<number> {
  const times = await Promise.all((await treeOf(root)).map(ownProcessorMilliseconds));
  return times.reduce((sum, time) => sum + time, 0);
}

/** The processor time that a process and those of its children that have ended took so far. */
export async function ownProcessorMilliseconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // From the third field: its name, the second, can contain spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks * TICK_MILLISECONDS;
}
