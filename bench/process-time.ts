import { readFile } from "node:fs/promises";

import { treeOf } from "./process-memory.ts";

/** On Linux, whatever the kernel's own rate. */
const TICK_MILLISECONDS = 10;

/** The processor time that a process, its descendants and those that have ended took so far. */
export async function processorMilliseconds(root: number): Promise<number> {
  let ticks = 0;
  for (const pid of await treeOf(root)) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // From the third field: its name, the second, can contain spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15);
    ticks += [user, system, endedUser, endedSystem].reduce((sum, field) => sum + Number(field ?? 0), 0);
  }
  return ticks * TICK_MILLISECONDS;
}
