import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Ended, Installation } from "../../cli/installation.fixture.ts";

export const LANGUAGES = ["sh", "ts", "py"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A code block of a page: its language, and whether its request is expected to fail. */
export interface Block {
  language: Language;
  isRefused: boolean;
  code: string;
  /** Blocks of a group follow each other directly: they do the same in several languages. */
  group: number;
}

/** A block to run. `makes`: later blocks use what it creates, with its ID in ID. */
export interface Runnable extends Pick<Block, "language" | "code"> {
  makes?: boolean;
}

/** A request that a block sent. */
export interface Call {
  block: number;
  status: number;
  method: string;
  /** Without the query. */
  path: string;
}

/** Samples run on an installed, running instance, so blocks that install or start it are left out. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let [group, end] = [0, 0];
  for (const { index, 0: whole, 1: language, 2: refused, 3: code = "" } of markdown.matchAll(
    /^```(sh|ts|py)( refused)?\n([^]*?)^```\n/gm,
  )) {
    if (markdown.slice(end, index).trim() !== "") group += 1;
    end = index + whole.length;
    const known = LANGUAGES.find((each) => each === language);
    if (known !== undefined && !/\b(npm (ci|i|install|start|test)|pip install)\b/.test(code))
      blocks.push({ language: known, isRefused: refused !== undefined, code, group });
  }
  return blocks;
}

/**
 * Runs blocks as a reader would: those of a language in order, in the repository's folder, shell first. With `apart`,
 * each block is its own program; otherwise all blocks of a language are one.
 */
export async function runBlocks(
  installation: Installation,
  blocks: readonly Runnable[],
  { name, variables, apart = false }: { name: string; variables: Record<string, string>; apart?: boolean },
): Promise<Ended & { calls: Call[] }> {
  const programs = await writePrograms(installation, blocks, { name, apart });
  const lines = [
    SHELL,
    ...Object.entries(variables).map(([variable, value]) => `${variable}='${value}'`),
    ...blocks.flatMap(({ language, code, makes }, index) =>
      language === "sh" ? [`BLOCK=${index}`, makes ? `ANSWER=$(${code.trim()})\n${KEEP_ID}` : code] : [],
    ),
    `ID='${variables.ID ?? ""}'`,
    ...(programs.ts.length === 0
      ? []
      : [
          `"${process.execPath}" --disable-warning=ExperimentalWarning tests/samples/driver.ts ` +
            `${programs.ts.join(" ")}`,
        ]),
    ...(programs.py.length === 0 ? [] : [PYTHON_IS_THERE, `python3 tests/samples/driver.py ${programs.py.join(" ")}`]),
  ];
  const script = lines.join("\n").replaceAll("npm run --silent ampost --", `"${process.execPath}" cli/ampost.js`);
  const ended = await installation.shell(here(script, installation));
  assert.equal(ended.code, 0, `${name}: ${ended.stdout.slice(-2000)}\n${ended.stderr.slice(-3000)}`);
  const calls = [...ended.stderr.matchAll(/^CALL (\d+) (\d+) (\w+) (\S+)$/gm)].map(
    ([, block, status, method = "", url = ""]) => ({
      block: Number(block),
      status: Number(status),
      method,
      path: new URL(url).pathname,
    }),
  );
  return { ...ended, calls };
}

/** Where programs other than shell scripts are written, so that all TypeScript can be checked together. */
export function folderOf({ dataDir }: Installation): string {
  return join(dataDir, "samples");
}

async function writePrograms(
  installation: Installation,
  blocks: readonly Runnable[],
  { name, apart }: { name: string; apart: boolean },
): Promise<Record<"ts" | "py", string[]>> {
  const folder = folderOf(installation);
  await mkdir(folder, { recursive: true });
  const write = async (
    language: "ts" | "py",
    ending: string,
    begin: (block: number, makes: boolean) => string,
  ): Promise<string[]> => {
    const parts = blocks.flatMap((block, index) =>
      block.language === language ? [`${begin(index, block.makes ?? false)}\n${block.code}`] : [],
    );
    const programs = apart || parts.length === 0 ? parts : [parts.join("\n")];
    const files = programs.map((_, index) => join(folder, `${name.replaceAll(/\W/g, "-")}-${index}.${ending}`));
    for (const [index, file] of files.entries()) await writeFile(file, here(programs[index] ?? "", installation));
    return files;
  };
  return {
    ts: await write(
      "ts",
      "mts",
      (block, makes) => `Object.assign(process.env, { BLOCK: "${block}", MAKES: "${makes ? "yes" : ""}" });`,
    ),
    py: await write(
      "py",
      "py",
      (block, makes) => `__import__("os").environ.update(BLOCK="${block}", MAKES="${makes ? "yes" : ""}")`,
    ),
  };
}

function here(text: string, { url, metricsUrl }: Installation): string {
  return text.replaceAll("http://localhost:3000", url).replaceAll("http://localhost:9464", metricsUrl);
}

/** Each request is written to standard error, as in the other languages. */
const SHELL = String.raw`set -a -o pipefail
curl() { command curl -w '%{stderr}\nCALL '"$BLOCK"' %{http_code} %{method} %{url_effective}\n' "$@"; }`;

const KEEP_ID = `ID=$(echo "$ANSWER" | grep -o '"id":"[^"]*' | head -n 1 | cut -d '"' -f 4)`;

const PYTHON_IS_THERE =
  'command -v python3 >/dev/null || { echo "python3 is not installed, ' +
  'and the samples in Python cannot run without it (on Debian: apt-get install python3)." >&2; exit 1; }';
