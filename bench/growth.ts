import { setTimeout as sleep } from "node:timers/promises";

import { sweepPublishSteps } from "../server/db/queries/publish-steps.ts";
import type { Benchmark } from "./benchmark.ts";
import { queuePosts } from "./engine-throughput.ts";
import { install, type Installation } from "./installation.ts";
import { show, showPercent } from "./numbers.ts";
import { createTestUsers } from "./test-users.ts";

const POSTS = 1_000;
const PEOPLE = 50;
const PATIENCE_SECONDS = 120;
const MOST_CONNECTIONS = 12;
/** What may be left of the journal. */
const MOST_KEPT = 0.5;
/** Smaller columns are not named. */
const LEAST_SHARE = 0.05;
const FIRST_STEP = "00000000-0000-0000-0000-000000000000";
/** Rows of these stay; the others are emptied after some time. */
const TABLES = ["posts", "platform_posts", "publish_steps", "outbox", "post_counts"];

export const growth: Benchmark = {
  name: "growth",
  title: "What a published post leaves",
  about:
    `${show(POSTS)} text posts of ${PEOPLE} users, published at once by one worker against the sandbox: the bytes of ` +
    "each table with its indexes afterwards, per post and compacted, its rows, and the log that PostgreSQL wrote. " +
    `What takes the journal's bytes: columns from ${showPercent(LEAST_SHARE)} on, before indexes and the headers of rows. The journal is what ` +
    "repeats itself, so AMPOST_JOURNAL_DAYS deletes its steps, except for commits. The most database connections of " +
    "the worker meanwhile.",
  async measure(workspace) {
    const installation = await install(workspace, "data", { AMPOST_SANDBOX_LIMITS: "off" });
    await installation.start("sandbox");
    const people = await createTestUsers(installation, PEOPLE);
    const api = await installation.start("api");
    const before = await look(installation);
    await queuePosts(installation, people, POSTS);
    await api.stop();
    const others = await countConnections(installation);
    await installation.start("worker");
    const connections = (await mostConnectionsUntilPublished(installation)) - others;
    await sleep(3_000);
    const log = (await look(installation)).log - before.log;
    const after = await compact(installation);
    const largest = await largestColumns(installation, "publish_steps");
    await sweepPublishSteps.all(installation.pool, [FIRST_STEP, POSTS * 100, 0]);
    const swept = await compact(installation);
    const per = (table: string, { tables }: Look, of: "bytes" | "rows") =>
      ((tables.get(table)?.[of] ?? 0) - (before.tables.get(table)?.[of] ?? 0)) / POSTS;
    const sizeOf = (table: string, then: Look) =>
      `${show(per(table, then, "bytes"))} bytes in ${show(per(table, then, "rows"))} rows`;
    const kept = per("publish_steps", swept, "bytes") / per("publish_steps", after, "bytes");
    return [
      ...TABLES.map((table) => ({ what: `\`${table}\``, value: sizeOf(table, after) })),
      { what: "`publish_steps`, what takes them", value: largest },
      {
        what: "`publish_steps`, after AMPOST_JOURNAL_DAYS",
        value: sizeOf("publish_steps", swept),
        raw: sizeOf("publish_steps", after),
        ratio: showPercent(kept),
        target: `at most ${showPercent(MOST_KEPT)}`,
        met: kept <= MOST_KEPT,
      },
      { what: "PostgreSQL's log", value: `${show(log / POSTS)} bytes` },
      {
        what: "connections of a worker",
        value: show(connections),
        target: `at most ${MOST_CONNECTIONS}`,
        met: connections <= MOST_CONNECTIONS,
      },
    ];
  },
};

interface Look {
  log: number;
  tables: Map<string, { bytes: number; rows: number }>;
}

async function compact(installation: Installation): Promise<Look> {
  for (const table of TABLES) await installation.pool.query(`vacuum full ${table}`);
  return await look(installation);
}

async function look({ pool }: Installation): Promise<Look> {
  const tables = new Map<string, { bytes: number; rows: number }>();
  for (const table of TABLES) {
    const { rows } = await pool.query<{ bytes: number; rows: number }>(
      `select pg_total_relation_size('${table}')::float8 as bytes, (select count(*) from ${table})::int as rows`,
    );
    if (rows[0]) tables.set(table, rows[0]);
  }
  const { rows } = await pool.query<{ log: number }>(
    "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as log",
  );
  return { log: rows[0]?.log ?? NaN, tables };
}

/** The bytes that each takes per post. */
async function largestColumns({ pool }: Installation, table: string): Promise<string> {
  const { rows: columns } = await pool.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped",
    [table],
  );
  const sums = columns.map(({ name }) => `coalesce(sum(pg_column_size(t.${name})), 0)::float8 as ${name}`);
  const { rows } = await pool.query<Record<string, number>>(
    `select pg_indexes_size('${table}')::float8 as indexes, count(*) * 28::float8 as headers, ${sums.join(", ")} from ${table} t`,
  );
  const sizes = Object.entries(rows[0] ?? {}).sort(([, a], [, b]) => b - a);
  const least = LEAST_SHARE * sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  return sizes
    .filter(([, bytes]) => bytes >= least)
    .map(([name, bytes]) => `${name} ${show(bytes / POSTS)}`)
    .join(", ");
}

async function countConnections({ pool }: Installation): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where backend_type = 'client backend' and application_name <> 'bench'",
  );
  return rows[0]?.count ?? 0;
}

async function mostConnectionsUntilPublished(installation: Installation): Promise<number> {
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  for (let most = 0; ; await sleep(100)) {
    most = Math.max(most, await countConnections(installation));
    const { rows } = await installation.pool.query<{ left: number }>(
      "select count(*)::int as left from platform_posts where status <> 'published'",
    );
    if (rows[0]?.left === 0) return most;
    if (performance.now() > deadline) throw new Error(`${rows[0]?.left} posts were not published`);
  }
}
