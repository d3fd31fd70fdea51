import { readdir, readFile, writeFile } from "node:fs/promises";

/** A process and its descendants, as counted by the system. */
export interface Resident {
  pid: number;
  name: string;
  residentBytes: number;
  /** The peak since the last `forgetPeaks`. */
  peakBytes: number;
}

export async function memoryOf(root: number): Promise<Resident[]> {
  return (await Promise.all((await treeOf(root)).map(read)))
    .filter((process) => process !== null)
    .sort((a, b) => b.residentBytes - a.residentBytes);
}

/**
 * PostgreSQL's processes each count their shared memory as their own, so only our processes are searched for the
 * largest.
 */
export async function largestOf(root: number): Promise<Resident> {
  const largest = (await memoryOf(root)).find(({ name }) => name.startsWith("node"));
  if (largest === undefined) throw new Error(`Process ${root} is gone`);
  return largest;
}

export async function forgetPeaks(root: number): Promise<void> {
  for (const pid of await treeOf(root)) await writeFile(`/proc/${pid}/clear_refs`, "5").catch(() => undefined);
}

/** A process and its descendants. */
export async function treeOf(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index += 1)
    for (const [pid, parent] of parents) if (parent === tree[index]) tree.push(pid);
  return tree;
}

async function read(pid: number): Promise<Resident | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN);
  const name = [command[0]?.split("/").at(-1), ...command.slice(1).map((part) => part.split("/").at(-1))]
    .join(" ")
    .trim();
  if (status === "" || Number.isNaN(kilobytes("VmRSS"))) return null;
  return { pid, name, residentBytes: kilobytes("VmRSS") * 1024, peakBytes: kilobytes("VmHWM") * 1024 };
}
