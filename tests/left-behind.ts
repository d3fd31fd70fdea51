import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";

/** What a run of the tests should have cleared away: files in its temporary folder, and processes that it or its children started. */
export async function findLeftBehind({ folder, run }: { folder: string; run: string }): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => !isNodesOwn(name)).map((name) => `the temporary folder or file ${name}`);
  return [...files, ...(await findProcesses(folder, run))];
}

/** Node keeps caches of its own in the temporary folder. */
function isNodesOwn(name: string): boolean {
  return name.startsWith("node-compile-cache");
}

/** Descendants inherit the run's variable; PostgreSQL, which gets none, works in the folder. Only Linux tells either. */
async function findProcesses(folder: string, run: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const [environment, worksIn, command] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
      readlink(join("/proc", pid, "cwd")).catch(() => ""),
      readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""),
    ]);
    if (!environment.includes(`AMPOST_TEST_RUN=${run}`) && !worksIn.startsWith(folder)) continue;
    if (command === "") continue;
    found.push(`the process ${pid}: ${command.replaceAll("\0", " ").slice(0, 120)}`);
    process.kill(Number(pid), "SIGKILL");
  }
  return found;
}
