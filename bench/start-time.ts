import { spawn } from "node:child_process";
import { once } from "node:events";

import { startEmbedded } from "../server/db/embedded/embedded.ts";
import type { Benchmark, Workspace, Row } from "./benchmark.ts";
import { addresses, silent } from "./installation.ts";
import { npmStart } from "./npm-start.ts";
import { median, showSeconds, showTimes } from "./numbers.ts";

const ROUNDS = 3;
const MOST_FIRST_MILLISECONDS = 10_000;
const MOST_SECOND_MILLISECONDS = 1_500;

export const startTime: Benchmark = {
  name: "start-time",
  title: "Start",
  about:
    "From the command `npm start` to the first ready response from `/readyz`, " +
    "in a new data folder and again in the same one; the first start without Node's compile cache, " +
    "as after an install. Raw limit: starting only Node, plus only the embedded PostgreSQL (created, " +
    `then started again). Medians of ${ROUNDS} rounds.`,
  async measure(workspace) {
    const rounds: { first: number; second: number; rawFirst: number; rawSecond: number }[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      const dataDir = await workspace.folder(`data-${number}`);
      const first = await startOnce(workspace, dataDir, { NODE_DISABLE_COMPILE_CACHE: "1" });
      // Fills the cache if no start has done so yet.
      if (number === 1) await startOnce(workspace, dataDir);
      const second = await startOnce(workspace, dataDir);
      const raw = await startRaw(await workspace.folder(`raw-${number}`));
      rounds.push({ first, second, rawFirst: raw.first, rawSecond: raw.second });
      workspace.say(`round ${number}: ${showSeconds(first)}, then ${showSeconds(second)}`);
    }
    return [
      row(
        "first start",
        median(rounds.map(({ first }) => first)),
        median(rounds.map(({ rawFirst }) => rawFirst)),
        MOST_FIRST_MILLISECONDS,
      ),
      row(
        "second start",
        median(rounds.map(({ second }) => second)),
        median(rounds.map(({ rawSecond }) => rawSecond)),
        MOST_SECOND_MILLISECONDS,
      ),
    ];
  },
};

function row(what: string, milliseconds: number, rawMilliseconds: number, most: number): Row {
  return {
    what,
    value: showSeconds(milliseconds),
    raw: showSeconds(rawMilliseconds),
    ratio: showTimes(milliseconds / rawMilliseconds),
    target: `at most ${showSeconds(most)}`,
    met: milliseconds <= most,
  };
}

async function startOnce(
  workspace: Workspace,
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<number> {
  const { milliseconds, stop } = await npmStart(workspace, {
    ...(await addresses()),
    AMPOST_DATA_DIR: dataDir,
    ...settings,
  });
  await stop();
  return milliseconds;
}

async function startRaw(dataDir: string): Promise<{ first: number; second: number }> {
  const node = await timed(async () => void (await once(spawn(process.execPath, ["-e", "0"]), "exit")));
  const database = () =>
    timed(
      async () => (await startEmbedded({ dataDir, log: silent })).stop,
      (stop) => stop(),
    );
  const first = await database();
  return { first: node + first, second: node + (await database()) };
}

async function timed<Value>(work: () => Promise<Value>, after?: (value: Value) => Promise<void>): Promise<number> {
  const begin = performance.now();
  const value = await work();
  const milliseconds = performance.now() - begin;
  await after?.(value);
  return milliseconds;
}
