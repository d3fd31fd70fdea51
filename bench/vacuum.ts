import { setTimeout as sleep } from "node:timers/promises";

import type { Benchmark, Row, Workspace } from "./benchmark.ts";
import { drive } from "./drive.ts";
import { install, type Installation } from "./installation.ts";
import { showMegabytes, show, showMilliseconds, showPercent, showSeconds } from "./numbers.ts";
import { createRequest, createTestUsers, type TestUser } from "./test-users.ts";

/** Of one user: fewer than an account may publish in a day. */
const POSTS_EACH = 200;
/** How long before its time a post is created: the sandbox keeps 100,000 prepared posts. */
const AHEAD_MILLISECONDS = 180_000;
/** Of requests that are in memory at a time. */
const BLOCK_SECONDS = 60;
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
    `${show(perSecond * minutes * 60)} posts, due evenly over ${minutes} minutes and created ` +
    `${AHEAD_MILLISECONDS / 60_000} minutes before by one \`ampost api\`, published by one worker against the sandbox ` +
    "with its limits off. The dead rows of each table, looked at every " +
    `${LOOK_MILLISECONDS / 1000} s over the second half, and how much of that time autovacuum worked. A table is ` +
    "vacuumed when a part of it is dead, so as it grows, each vacuum takes longer but comes less often.",
  async measure(workspace) {
    const settings = { AMPOST_SCHEDULING: "all", AMPOST_SANDBOX_LIMITS: "off" };
    const installation = await install(workspace, "data", settings);
    await installation.start("sandbox");
    await installation.start("api");
    await installation.start("worker");
    const posts = perSecond * minutes * 60;
    const milliseconds = minutes * 60_000;
    const people = await createTestUsers(installation, Math.ceil(posts / POSTS_EACH));
    const begin = Date.now() + AHEAD_MILLISECONDS;
    const [{ half, looks, end }] = await Promise.all([
      lookAt(installation, begin, milliseconds),
      create(workspace, installation, { people, posts, perSecond, begin }),
    ]);
    const { rows } = await installation.pool.query<{ late: number; published: number }>(
      `select extract(epoch from percentile_cont(0.99) within group (order by s.intent_at - pp.due_at))::float8 * 1000
           as late, count(*) filter (where pp.status = 'published')::int as published
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

/** The tables in the middle, during the second half, and at the end. */
async function lookAt(
  installation: Installation,
  begin: number,
  milliseconds: number,
): Promise<{ half: Looked[]; looks: Looked[][]; end: Looked[] }> {
  await sleep(begin + milliseconds / 2 - Date.now());
  const half = await readTables(installation);
  const looks: Looked[][] = [];
  while (Date.now() < begin + milliseconds) {
    looks.push(await readTables(installation));
    await sleep(LOOK_MILLISECONDS);
  }
  return { half, looks, end: await readTables(installation) };
}

async function create(
  workspace: Workspace,
  { apiUrl }: Installation,
  { people, posts, perSecond, begin }: { people: TestUser[]; posts: number; perSecond: number; begin: number },
): Promise<void> {
  const block = BLOCK_SECONDS * perSecond;
  for (let done = 0; done < posts; done += block) {
    const requests = Array.from({ length: Math.min(block, posts - done) }, (_, index) => {
      const number = done + index;
      const person = people[number % people.length];
      if (person === undefined) throw new Error("There are no people");
      return createRequest(person, `One of many, number ${number}`, new Date(begin + (number * 1000) / perSecond));
    });
    await drive({
      origins: [apiUrl],
      requests,
      connections: CONNECTIONS,
      perSecond,
      until: { count: requests.length },
    });
    workspace.say(`${show(done + requests.length)} created`);
  }
}

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
