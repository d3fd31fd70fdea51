import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark, Row } from "./benchmark.ts";
import { costsBetween, countTransactions, readCosts } from "./costs.ts";
import { COUNTING, countStatements } from "./count-statements.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { show, showPercent } from "./numbers.ts";
import { createRequest, createTestUsers } from "./test-users.ts";

const WORKERS = [1, 20];
const SETTLED_SECONDS = 10;
const SECONDS = 30;
const MOST_CONNECTIONS = 12;
const PEOPLE = 50;
const CREATED_PER_SECOND = 50;
const CONNECTIONS = 8;
/** Longer than what is measured, from before it begins until after it ends. */
const LOADED_SECONDS = SECONDS + 12;
const BEGUN_SECONDS = 3;
/** What is due so soon is prepared at once. */
const DUE_MILLISECONDS = 20 * 60_000;

export const idleWorkers: Benchmark = {
  name: "idle-workers",
  title: "Idle workers on one database",
  about:
    `${WORKERS.join(" and ")} \`ampost worker\` processes over ${SECONDS} s: what they ask PostgreSQL for, and what that ` +
    "takes of a processor. First with nothing to publish; then while an `ampost api` creates " +
    `${CREATED_PER_SECOND} drafts a second, of which each process is notified; then with as many posts that are due in ` +
    `${DUE_MILLISECONDS / 60_000} minutes, for which all are woken and one prepares each. PostgreSQL's part includes creating them.`,
  async measure(workspace) {
    const rows: Row[] = [];
    for (const workers of WORKERS) {
      const settings = { ...COUNTING, max_connections: "400" };
      const env = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
      const installation = await install(workspace, `data-${workers}`, env, settings);
      const sandbox = await installation.start("sandbox");
      const people = await createTestUsers(installation, PEOPLE);
      const started = [];
      while (started.length < workers) started.push(await installation.start("worker"));
      const pids = started.map(({ pid }) => pid);
      await sleep(SETTLED_SECONDS * 1000);
      const idle = await measure(installation, pids);
      const { rows: connected } = await installation.pool.query<{ count: number }>(
        `select count(*)::int as count from pg_stat_activity where datname = current_database()
           and backend_type = 'client backend' and application_name not in ('bench', 'ampost owner')`,
      );
      const connections = (connected[0]?.count ?? NaN) / workers;
      const api = await installation.start("api");
      const measureDuring = async (dueAt?: Date) => {
        const creating = drive({
          origins: [installation.apiUrl],
          requests: people.map((person) => createRequest(person, "It notifies.", dueAt)),
          connections: CONNECTIONS,
          perSecond: CREATED_PER_SECOND,
          until: { count: CREATED_PER_SECOND * LOADED_SECONDS },
        });
        await sleep(BEGUN_SECONDS * 1000);
        const measured = await measure(installation, pids);
        await creating;
        return measured;
      };
      const drafts = await measureDuring();
      const scheduled = await measureDuring(new Date(Date.now() + DUE_MILLISECONDS));
      for (const each of [...started, api, sandbox]) await each.stop();
      rows.push(
        { what: `**${workers === 1 ? "1 worker" : `${workers} workers`}**`, value: "" },
        { what: "statements per second", value: show(idle.statements) },
        { what: "transactions per second", value: show(idle.transactions) },
        ...usesOf("", idle),
        {
          what: "connections of a worker",
          value: show(connections),
          target: `at most ${MOST_CONNECTIONS}`,
          met: connections <= MOST_CONNECTIONS,
        },
        ...usesOf(`${CREATED_PER_SECOND} drafts a second: `, drafts),
        ...usesOf(`${CREATED_PER_SECOND} posts a second due soon: `, scheduled),
      );
    }
    return rows;
  },
};

type Uses = Record<"statements" | "claims" | "transactions" | "PostgreSQL" | "workers", number>;

/** Each per second, and the processor time in seconds. */
async function measure(installation: Installation, workers: number[]): Promise<Uses> {
  const counted = await countStatements(installation);
  const before = await readCosts(installation, { workers });
  const transactions = await countTransactions(installation);
  await sleep(SECONDS * 1000);
  const costs = costsBetween(before, await readCosts(installation, { workers }));
  const committed = (await countTransactions(installation)) - transactions;
  const { statements, claims, seconds } = await counted();
  return {
    statements: statements / seconds,
    claims: claims / seconds,
    transactions: committed / SECONDS,
    PostgreSQL: (costs.get("PostgreSQL") ?? NaN) / 1000 / SECONDS,
    workers: (costs.get("workers") ?? NaN) / 1000 / SECONDS,
  };
}

function usesOf(when: string, uses: Uses): Row[] {
  return [
    { what: `${when}claims per second`, value: show(uses.claims) },
    { what: `${when}of a core, PostgreSQL`, value: showPercent(uses.PostgreSQL) },
    { what: `${when}of a core, all workers`, value: showPercent(uses.workers) },
  ];
}
