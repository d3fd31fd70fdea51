import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { VIOLATIONS } from "./checker.ts";
import type { ScenarioResult } from "./scenario.ts";

const FILE = join(import.meta.dirname, "../../docs/faults.md");

/** Writes one part's section. */
export async function writeSection(name: string, result: ScenarioResult, conditions: string): Promise<void> {
  await writeLines(name, result, [...table(result), "", ...notesOf(result), conditions]);
}

/** Writes a section between its markers; text outside of the markers is written by hand. */
export async function writeLines(
  name: string,
  { name: title, did }: Pick<ScenarioResult, "name" | "did">,
  lines: readonly string[],
): Promise<void> {
  const text = await readFile(FILE, "utf8");
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`docs/faults.md has no place for ${name}: it takes the lines ${begin} and ${end}.`);
  const section = [begin, `## ${title}`, "", `${capital(did)}.`, "", ...lines, ""].join("\n");
  await writeFile(FILE, text.slice(0, from) + section + text.slice(to));
}

/** What a part found. */
export function table({ posts, faults, fates, violations, seconds }: ScenarioResult): string[] {
  const count = (kind: string) => violations.filter((violation) => violation.kind === kind).length;
  const became = Object.entries(fates)
    .map(([fate, number]) => `${number} ${fate}`)
    .join(", ");
  return tableOf([
    ["faults", String(faults)],
    ["posts", String(posts)],
    ["became", became],
    // Not every part measures lateness, or has clients whose requests may not fail.
    ...VIOLATIONS.filter((kind) => (kind !== "late" && kind !== "failed") || count(kind) > 0).map(
      (kind): [string, string] => [kind, String(count(kind))],
    ),
    ["took", `${Math.round(seconds)} s`],
  ]);
}

/** Titles and their values, as Markdown that is also readable on a terminal. */
export function tableOf(columns: readonly (readonly [title: string, value: string])[]): string[] {
  const widths = columns.map((cells) => Math.max(3, ...cells.map((cell) => cell.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [
    line(columns.map(([title]) => title)),
    line(widths.map((width) => "-".repeat(width))),
    line(columns.map(([, value]) => value)),
  ];
}

/** Followed by an empty line. */
export function notesOf({ notes = [] }: ScenarioResult): string[] {
  return notes.length === 0 ? [] : [...notes, ""];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
