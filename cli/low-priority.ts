import { readdir } from "node:fs/promises";
import { constants, platform, setPriority } from "node:os";

/**
 * Gives the whole process a low priority. On Linux each thread has its own, and those that read files and compress have
 * started already.
 */
export async function letRequestsGoFirst(): Promise<void> {
  const threads = platform() === "linux" ? await readdir("/proc/self/task") : [String(process.pid)];
  for (const thread of threads) setPriority(Number(thread), constants.priority.PRIORITY_LOW);
}
