import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark, Row } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { showMegabytes, show, showMilliseconds, showPercent, showSeconds } from "./numbers.ts";
import { createRequest, createTestUsers } from "./test-users.ts";

const PEOPLE = 600;
const PER_SECOND = 200;
const MINUTES = 10;
const POSTS = PER_SECOND * MINUTES * 60;
/** They are created before the first is due. */
const AHEAD_MILLISECONDS = 240_000;
const CONNECTIONS = 16;
const LOOK_MILLISECONDS = 5_000;
const MOST_DEAD_SHARE = 0.3;

/** What publishing writes. */
const TABLES = ["posts", "platform_posts", "publish_steps", "outbox", "budget_uses", "budget_limits", "post_counts"];

export const vacuum: Benchmark = {
  name: "vacuum",
  title: "Autovacuum while 200 posts a second are published",
  about:
    `${show(POSTS)} posts of ${PEOPLE} users, due evenly over ${MINUTES} minutes, published by one worker against the ` +
    "sandbox with its limits off. The dead rows of each table, looked at every " +
    `${LOOK_MILLISECONDS / 1000} s over the second half, and how much of that time autovacuum worked. A table is ` +
    "vacuumed when a part of it is dead, so as it grows, each vacuum takes longer but comes less often.",
  async measure(workspace) {
    const settings = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
    const installation = await install(workspace, "data", settings);
    await installation.start("sandbox");
    const api = await installation.start("api");
    const people = await createTestUsers(installation, PEOPLE);
    const begin = Date.now() + AHEAD_MILLISECONDS;
    const requests = Array.from({ length: POSTS }, (_, index) => {
      const person = people[index % PEOPLE];
      if (person === undefined) throw new Error("There are no people");
      return createRequest(person, `One of many, number ${index}`, new Date(begin + (index * 1000) / PER_SECOND));
    });
    await drive({ origins: [installation.apiUrl], requests, connections: CONNECTIONS, until: { count: POSTS } });
    await api.stop();
    if (Date.now() > begin) throw new Error("The posts were not created in time");
    await installation.start("worker");
    await sleep(begin + (MINUTES * 60_000) / 2 - Date.now());
    const half = await readTables(installation);
    const looks: Looked[][] = [];
    while (Date.now() < begin + MINUTES * 60_000) {
      looks.push(await readTables(installation));
      await sleep(LOOK_MILLISECONDS);
    }
    const end = await readTables(installation);
    const { rows } = await installation.pool.query<{ late: number; published: number }>(
      `select extract(epoch from percentile_cont(0.99) within group (order by s.intent_at - pp.due_at))::float8 * 1000
           as late, count(*)::int as published
         from platform_posts pp join publish_steps s on s.platform_post_id = pp.id and s.effect = 'visible'`,
    );
    return [
      ...TABLES.map((table) => tableRow(table, half, looks, end)),
      { what: "posts published meanwhile", value: show(rows[0]?.published ?? 0), target: show(POSTS) },
      { what: "commit intent after due time, p99", value: showMilliseconds(rows[0]?.late ?? NaN) },
    ];
  },
};

interface Looked {
  table: string;
  live: number;
  dead: number;
  bytes: number;
  vacuums: number;
  vacuumMilliseconds: number;
}

async function readTables({ pool }: Installation): Promise<Looked[]> {
  const { rows } = await pool.query<Looked>(
    `select relname as table, n_live_tup::float8 as live, n_dead_tup::float8 as dead,
       pg_total_relation_size(relid)::float8 as bytes, autovacuum_count::int as vacuums,
       total_autovacuum_time as "vacuumMilliseconds"
     from pg_stat_user_tables where relname = any ($1::text[])`,
    [TABLES],
  );
  return rows;
}

function tableRow(table: string, half: Looked[], looks: Looked[][], end: Looked[]): Row {
  const of = (rows: readonly Looked[]) => rows.find((row) => row.table === table);
  const shares = looks.map((rows) => {
    const { dead = 0, live = 0 } = of(rows) ?? {};
    return dead / Math.max(1, dead + live);
  });
  const most = Math.max(...shares);
  const [was, is] = [of(half), of(end)];
  const milliseconds = (is?.vacuumMilliseconds ?? 0) - (was?.vacuumMilliseconds ?? 0);
  return {
    what: `\`${table}\`: dead rows, at most`,
    value:
      `${showPercent(most)} of ${show((is?.live ?? 0) + (is?.dead ?? 0))} (${showMegabytes(is?.bytes ?? 0)}); ` +
      `${(is?.vacuums ?? 0) - (was?.vacuums ?? 0)} vacuums, ${showSeconds(milliseconds)}`,
    target: `at most ${showPercent(MOST_DEAD_SHARE)}`,
    met: most <= MOST_DEAD_SHARE,
  };
}
