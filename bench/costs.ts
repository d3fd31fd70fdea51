import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Row } from "./benchmark.ts";
import type { Installation, Started } from "./installation.ts";
import { show } from "./numbers.ts";
import { processorMilliseconds } from "./process-time.ts";

/** Milliseconds of processor time, and a number. */
export interface Costs {
  workers: number;
  database: number;
  sandbox: number;
  transactions: number;
}

export function processorRow(before: Costs, after: Costs, posts: number): Row {
  const times = (["workers", "database", "sandbox"] as const).map(
    (of) => `${show((after[of] - before[of]) / posts)} ms ${of}`,
  );
  return { what: "processor time per post", value: times.join(", ") };
}

export async function readCosts(
  { pool, dataDir }: Installation,
  sandbox: Started,
  workers: readonly Started[],
): Promise<Costs> {
  const [server] = (await readFile(join(dataDir, "postgres/data/postmaster.pid"), "utf8")).split("\n");
  const { rows } = await pool.query<{ count: number }>(
    "select xact_commit::float8 as count from pg_stat_database where datname = current_database()",
  );
  const times = await Promise.all(workers.map(({ pid }) => processorMilliseconds(pid)));
  return {
    workers: times.reduce((sum, time) => sum + time, 0),
    database: await processorMilliseconds(Number(server)),
    sandbox: await processorMilliseconds(sandbox.pid),
    transactions: rows[0]?.count ?? NaN,
  };
}
