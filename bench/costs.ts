import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Row } from "./benchmark.ts";
import type { Installation } from "./installation.ts";
import { show, showPercent } from "./numbers.ts";
import { ownProcessorMilliseconds, processorMilliseconds } from "./process-time.ts";

/** Milliseconds of processor time by who took them. */
export type Costs = Map<string, number>;

/** Of these processes, without their descendants, and of PostgreSQL. */
export async function readCosts({ dataDir }: Installation, processes: Record<string, number[]>): Promise<Costs> {
  const [server] = (await readFile(join(dataDir, "postgres/data/postmaster.pid"), "utf8")).split("\n");
  const costs: Costs = new Map();
  for (const [name, pids] of Object.entries(processes)) {
    const times = await Promise.all(pids.map(ownProcessorMilliseconds));
    costs.set(
      name,
      times.reduce((sum, time) => sum + time, 0),
    );
  }
  costs.set("PostgreSQL", await processorMilliseconds(Number(server)));
  return costs;
}

export function costsBetween(before: Costs, after: Costs): Costs {
  return new Map([...after].map(([name, time]) => [name, time - (before.get(name) ?? 0)]));
}

/** What each of so many posts cost. */
export function showCosts(costs: Costs, posts: number): string {
  return [...costs].map(([name, time]) => `${show(time / posts)} ms ${name}`).join(", ");
}

export function processorRow(before: Costs, after: Costs, posts: number): Row {
  return { what: "processor time per post", value: showCosts(costsBetween(before, after), posts) };
}

/** What posts cost that were created in some time. */
export interface Created {
  count: number;
  seconds: number;
  costs: Costs;
}

/** Drives, and counts the driver's time among the others'. */
export async function costsOfDriving<
  Result extends { count: number; perSecond: number; processorMilliseconds: number },
>(
  installation: Installation,
  processes: Record<string, number[]>,
  driving: () => Promise<Result>,
): Promise<Result & Created> {
  const before = await readCosts(installation, processes);
  const result = await driving();
  const costs = costsBetween(before, await readCosts(installation, processes));
  costs.set("driver", result.processorMilliseconds);
  return { ...result, seconds: result.count / result.perSecond, costs };
}

/** What each cost, and which part of a core that took. */
export function createdRow(what: string, rounds: readonly Created[]): Row {
  const sum = (of: (round: Created) => number) => rounds.reduce((total, round) => total + of(round), 0);
  const names = [...(rounds[0]?.costs.keys() ?? [])];
  const times = names.map((name) => {
    const milliseconds = sum(({ costs }) => costs.get(name) ?? 0);
    const share = milliseconds / 1000 / sum(({ seconds }) => seconds);
    return `${show(milliseconds / sum(({ count }) => count))} ms ${name} (${showPercent(share)})`;
  });
  return { what, value: times.join(", ") };
}

export async function countTransactions({ pool }: Installation): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    "select xact_commit::float8 as count from pg_stat_database where datname = current_database()",
  );
  return rows[0]?.count ?? NaN;
}
