import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";

import type { Benchmark, Row } from "./benchmark.ts";
import { ROOT } from "./installation.ts";
import { show } from "./numbers.ts";

const FILE = join(ROOT, "docs/benchmarks.md");

/** Writes one benchmark's section between its markers; text outside of the markers is written by hand. */
export async function writeSection(benchmark: Benchmark, rows: readonly Row[], conditions: string): Promise<void> {
  const text = await readFile(FILE, "utf8");
  const [begin, end] = [`<!-- ${benchmark.name} -->`, `<!-- /${benchmark.name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`docs/benchmarks.md has no place for ${benchmark.name}: it takes the lines ${begin} and ${end}.`);
  const section = [begin, `## ${benchmark.title}`, "", benchmark.about, "", ...table(rows), "", conditions, ""].join(
    "\n",
  );
  await writeFile(FILE, text.slice(0, from) + section + text.slice(to));
}

/** Markdown, also readable on a terminal. */
export function table(rows: readonly Row[]): string[] {
  const head = ["", "value", "raw limit", "ratio", "target", "met"];
  const cells = rows.map(({ what, value, raw = "", ratio = "", target = "", met }) => [
    what,
    value,
    raw,
    ratio,
    target,
    met === undefined ? "" : met ? "yes" : "**no**",
  ]);
  const widths = head.map((title, column) =>
    Math.max(3, ...[title, ...cells.map((row) => row[column] ?? "")].map((cell) => cell.length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)];
}

/** The date and the machine, and its load from other processes. */
export async function conditionsNow(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? process.platform;
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores, ${system}, ` +
    `Node ${process.versions.node}; load average ${show(loadavg()[0] ?? NaN)} at the start.`
  );
}
