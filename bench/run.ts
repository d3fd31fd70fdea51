import { parseArgs } from "node:util";

import { backup } from "./backup.ts";
import { type Benchmark, type Row, withWorkspace } from "./benchmark.ts";
import { composer } from "./composer.ts";
import { createDraft } from "./create-draft.ts";
import { createScheduled } from "./create-scheduled.ts";
import { dashboard } from "./dashboard.ts";
import { engineThroughput } from "./engine-throughput.ts";
import { fold } from "./fold.ts";
import { growth } from "./growth.ts";
import { idleWorkers } from "./idle-workers.ts";
import { limits } from "./limits.ts";
import { listFilters } from "./list-filters.ts";
import { listPosts } from "./list-posts.ts";
import { memory } from "./memory.ts";
import { notifying } from "./notify.ts";
import { conditionsNow, table, writeSection } from "./report.ts";
import { scheduleAccuracy } from "./schedule-accuracy.ts";
import { startTime } from "./start-time.ts";
import { vacuum } from "./vacuum.ts";

/**
 * Runs the benchmarks of docs/benchmarks.md and writes the results there: all of them, or those named. Exits with 1 if
 * a target is missed or a measurement failed. Run it on an otherwise idle machine.
 */
const benchmarks: Benchmark[] = [
  startTime,
  createDraft,
  createScheduled,
  notifying,
  limits,
  listPosts,
  listFilters,
  fold,
  scheduleAccuracy,
  engineThroughput,
  growth,
  idleWorkers,
  memory,
  backup,
  composer,
  dashboard,
];

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: "string", default: "10" }, "per-second": { type: "string", default: "200" } },
});

/** Takes so long that it runs only if it is named. */
const byName: Benchmark[] = [vacuum({ minutes: Number(values.minutes), perSecond: Number(values["per-second"]) })];

const all = [...benchmarks, ...byName];
const strange = names.filter((name) => !all.some((benchmark) => benchmark.name === name));
if (strange.length > 0) {
  console.error(`There is no benchmark ${strange.join(", ")}. There are: ${all.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}

for (const benchmark of names.length === 0 ? benchmarks : all.filter(({ name }) => names.includes(name))) {
  console.log(`\n${benchmark.title}`);
  const conditions = await conditionsNow();
  const rows = await measure(benchmark);
  if (rows === null) continue;
  console.log(`\n${table(rows).join("\n")}`);
  await writeSection(benchmark, rows, conditions);
  if (rows.some(({ met }) => met === false)) process.exitCode = 1;
}

async function measure(benchmark: Benchmark): Promise<Row[] | null> {
  try {
    return await withWorkspace(
      (progress) => console.log(`  ${progress}`),
      (workspace) => benchmark.measure(workspace),
    );
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return null;
  }
}
