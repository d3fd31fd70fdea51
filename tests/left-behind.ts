import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Processes that were told to exit, or have lost their parent, are gone within this time. */
const ENDING_SECONDS = 15;

/**
 * Finds what a test run should have cleaned up: files in its temporary folder, and processes that it or its children
 * started. Ends such processes.
 */
export async function findLeftBehind({ folder, run }: { folder: string; run: string }): Promise<string[]> {
  const until = performance.now() + ENDING_SECONDS * 1000;
  for (;;) {
    const files = (await readdir(folder))
      .filter((name) => !isNodesOwn(name))
      .map((name) => `the temporary folder or file ${name}`);
    const processes = await findProcesses(folder, run);
    if (files.length + processes.length > 0 && performance.now() < until) {
      await sleep(200);
      continue;
    }
    for (const { pid } of processes) endNow(pid);
    return [...files, ...processes.map(({ pid, command }) => `the process ${pid}: ${command}`)];
  }
}

/** Node keeps its own caches in the temporary folder. */
function isNodesOwn(name: string): boolean {
  return name.startsWith("node-compile-cache");
}

/**
 * Descendants inherit the run's variable. PostgreSQL does not, but its working directory is in the folder. Only Linux
 * shows either.
 */
async function findProcesses(folder: string, run: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const [environment, worksIn, command] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
      readlink(join("/proc", pid, "cwd")).catch(() => ""),
      readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""),
    ]);
    if (!environment.includes(`AMPOST_TEST_RUN=${run}`) && !worksIn.startsWith(folder)) continue;
    if (command === "") continue;
    found.push({ pid: Number(pid), command: command.replaceAll("\0", " ").slice(0, 120) });
  }
  return found;
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has exited in the meantime.
  }
}
