import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark, Row } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { showMegabytes, show, showMilliseconds, showPercent, showSeconds } from "./numbers.ts";
import { createRequest, createTestUsers } from "./test-users.ts";

/** Of one user: fewer than an account may publish in a day. */
const POSTS_EACH = 200;
/** They are created before the first is due, at least this many in a second. */
const CREATED_PER_SECOND = 450;
const BEGUN_MILLISECONDS = 20_000;
/** Requests in memory at a time. */
const BLOCK = 20_000;
const CONNECTIONS = 16;
const LOOK_MILLISECONDS = 5_000;
const MOST_DEAD_SHARE = 0.3;
const MOST_LATE_MILLISECONDS = 1_000;

/** What publishing writes. */
const TABLES = ["posts", "platform_posts", "publish_steps", "outbox", "budget_uses", "budget_limits", "post_counts"];

export const vacuum = ({ minutes, perSecond }: { minutes: number; perSecond: number }): Benchmark => ({
  name: "vacuum",
  title: `Autovacuum while ${perSecond} posts a second are published`,
  about:
    `${show(perSecond * minutes * 60)} posts, due evenly over ${minutes} minutes, published by one worker against the ` +
    "sandbox with its limits off. The dead rows of each table, looked at every " +
    `${LOOK_MILLISECONDS / 1000} s over the second half, and how much of that time autovacuum worked. A table is ` +
    "vacuumed when a part of it is dead, so as it grows, each vacuum takes longer but comes less often.",
  async measure(workspace) {
    const settings = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
    const installation = await install(workspace, "data", settings);
    await installation.start("sandbox");
    const api = await installation.start("api");
    const posts = perSecond * minutes * 60;
    const milliseconds = minutes * 60_000;
    const people = await createTestUsers(installation, Math.ceil(posts / POSTS_EACH));
    const begin = Date.now() + BEGUN_MILLISECONDS + (posts * 1000) / CREATED_PER_SECOND;
    for (let done = 0; done < posts; done += BLOCK) {
      const requests = Array.from({ length: Math.min(BLOCK, posts - done) }, (_, index) => {
        const number = done + index;
        const person = people[number % people.length];
        if (person === undefined) throw new Error("There are no people");
        return createRequest(person, `One of many, number ${number}`, new Date(begin + (number * 1000) / perSecond));
      });
      const until = { count: requests.length };
      await drive({ origins: [installation.apiUrl], requests, connections: CONNECTIONS, until });
      workspace.say(`${show(done + requests.length)} created`);
    }
    await api.stop();
    if (Date.now() > begin) throw new Error("The posts were not created in time");
    await installation.start("worker");
    await sleep(begin + milliseconds / 2 - Date.now());
    const half = await readTables(installation);
    const looks: Looked[][] = [];
    while (Date.now() < begin + milliseconds) {
      looks.push(await readTables(installation));
      await sleep(LOOK_MILLISECONDS);
    }
    const end = await readTables(installation);
    const { rows } = await installation.pool.query<{ late: number; published: number }>(
      `select extract(epoch from percentile_cont(0.99) within group (order by s.intent_at - pp.due_at))::float8 * 1000
           as late, count(*)::int as published
         from platform_posts pp join publish_steps s on s.platform_post_id = pp.id and s.effect = 'visible'`,
    );
    const { late = NaN, published = 0 } = rows[0] ?? {};
    return [
      ...TABLES.map((table) => tableRow(table, half, looks, end)),
      {
        what: "posts published meanwhile",
        value: show(published),
        target: show(posts),
        met: published === posts,
      },
      {
        what: "commit intent after due time, p99",
        value: showMilliseconds(late),
        target: `at most ${showMilliseconds(MOST_LATE_MILLISECONDS)}`,
        met: late <= MOST_LATE_MILLISECONDS,
      },
    ];
  },
});

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
