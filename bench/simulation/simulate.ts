import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import type { ScenarioResult } from "../faults/scenario.ts";
import type { SeedResult } from "./run-seed.ts";

export interface SimulateOptions {
  from: number;
  to: number;
  /** Only one in so many of them. */
  every?: number;
  /** No seed is started after this many seconds. */
  withinSeconds?: number;
  /** Stops at the first seed that fails. */
  untilOneFails?: boolean;
  /** How many processes share the seeds. Default: one per processor. */
  processes?: number;
  /** Called after every seed. */
  onResult?: (result: SeedResult) => void;
}

export interface Simulated {
  results: SeedResult[];
  failed: SeedResult[];
  seconds: number;
}

/** Runs the seeds in several processes, each with its own database and sandboxes. */
export async function simulate({
  from,
  to,
  every = 1,
  withinSeconds = Infinity,
  untilOneFails = false,
  processes = availableParallelism(),
  onResult,
}: SimulateOptions): Promise<Simulated> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const results: SeedResult[] = [];
  const failed: SeedResult[] = [];
  let next = from;
  const isOver = (): boolean => next > to || seconds() > withinSeconds || (untilOneFails && failed.length > 0);
  const drive = async (): Promise<void> => {
    const worker = startWorker();
    try {
      await answerOf(worker);
      while (!isOver()) {
        worker.send(String(next));
        next += every;
        const one = await answerOf(worker);
        results.push(one);
        if (one.violations.length > 0) failed.push(one);
        onResult?.(one);
      }
      const gone = once(worker, "exit");
      worker.send("end");
      await gone;
    } finally {
      worker.kill("SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, to - from + 1) }, drive));
  return { results, failed: failed.sort((left, right) => left.seed - right.seed), seconds: seconds() };
}

/** In the same format as the other parts of the harness. */
export function toPart({ results, failed, seconds }: Simulated): ScenarioResult {
  const fates: Record<string, number> = {};
  for (const one of results)
    for (const [fate, count] of Object.entries(one.fates)) fates[fate] = (fates[fate] ?? 0) + count;
  const sum = (of: (one: SeedResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const seeds = results.map(({ seed }) => seed);
  const shapes = new Set(results.flatMap((one) => one.shapes));
  const platforms = new Set([...shapes].map((shape) => shape.split(" ")[0]));
  const days = Math.round(sum((one) => one.seconds) / 86_400);
  const did =
    `seeds ${Math.min(...seeds)} to ${Math.max(...seeds)}: ` +
    `${days} days of publishing in ${shapes.size} shapes on ${platforms.size} platforms, ` +
    `at ${Math.round((results.length / seconds) * 3600)} runs per hour`;
  return {
    name: "Simulation",
    did,
    posts: sum((one) => one.posts),
    faults: sum((one) => one.faults),
    fates,
    violations: failed.flatMap(({ violations }) => violations),
    seconds,
  };
}

function startWorker(): ChildProcess {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return fork(join(import.meta.dirname, "worker.ts"), {
    env,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
}

/** The worker's next message. Throws if it exits without one. */
async function answerOf(worker: ChildProcess): Promise<SeedResult> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const [answer] = await Promise.race([
      once(worker, "message", { signal }),
      once(worker, "exit", { signal }).then(() => {
        throw new Error("A process of the simulation has ended");
      }),
    ]);
    return answer;
  } finally {
    over.abort();
  }
}
