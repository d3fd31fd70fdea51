import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark, Row } from "./benchmark.ts";
import { type Costs, readCosts } from "./costs.ts";
import { COUNTING, countStatements } from "./count-statements.ts";
import { install } from "./installation.ts";
import { show, showPercent } from "./numbers.ts";

const WORKERS = [1, 20];
const SETTLED_SECONDS = 10;
const SECONDS = 30;
const MOST_CONNECTIONS = 12;

export const idleWorkers: Benchmark = {
  name: "idle-workers",
  title: "Idle workers on one database",
  about:
    `${WORKERS.join(" and ")} \`ampost worker\` processes that have nothing to publish, over ${SECONDS} s: what they ask ` +
    "PostgreSQL for, and what that takes of a processor.",
  async measure(workspace) {
    const rows: Row[] = [];
    for (const workers of WORKERS) {
      const settings = { ...COUNTING, max_connections: "400" };
      const installation = await install(workspace, `data-${workers}`, {}, settings);
      const sandbox = await installation.start("sandbox");
      // The first one creates the tables.
      const started = [await installation.start("worker")];
      while (started.length < workers) started.push(await installation.start("worker"));
      await sleep(SETTLED_SECONDS * 1000);
      const counted = await countStatements(installation);
      const before = await readCosts(installation, sandbox, started);
      await sleep(SECONDS * 1000);
      const after = await readCosts(installation, sandbox, started);
      const { statements } = await counted();
      const { rows: connected } = await installation.pool.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where datname = current_database()
           and backend_type = 'client backend' and application_name not in ('bench', 'ampost owner')`,
      );
      for (const each of [...started, sandbox]) await each.stop();
      const perSecond = (of: keyof Costs) => (after[of] - before[of]) / SECONDS;
      const connections = (connected[0]?.count ?? NaN) / workers;
      rows.push(
        { what: `**${workers === 1 ? "1 worker" : `${workers} workers`}**`, value: "" },
        { what: "statements per second", value: show(statements / SECONDS) },
        { what: "transactions per second", value: show(perSecond("transactions")) },
        { what: "of a core, PostgreSQL", value: showPercent(perSecond("database") / 1000) },
        { what: "of a core, all workers", value: showPercent(perSecond("workers") / 1000) },
        {
          what: "connections of a worker",
          value: show(connections),
          target: `at most ${MOST_CONNECTIONS}`,
          met: connections <= MOST_CONNECTIONS,
        },
      );
    }
    return rows;
  },
};
