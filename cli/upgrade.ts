import { statfs } from "node:fs/promises";

import type pg from "pg";
import queue from "pg-boss/package.json" with { type: "json" };

import { isCompatible, migrationState, MigrationRefused, type MigrationState } from "../server/db/migrate.ts";
import { type Migration, ownMigrations } from "../server/db/migration-files.ts";
import { createPool } from "../server/db/pool.ts";
import type { Config } from "../server/start/config.ts";
import { openDatabase } from "../server/start/database.ts";
import { answer } from "./answer.ts";
import { failed, type Finding, linesOf, ok, warning } from "./finding.ts";
import { readSettings } from "./settings.ts";

/** Says what starting this version would do to the database, and exits with 1 if it would refuse. Changes nothing. */
export async function runUpgradeCheck(options: { json?: boolean }): Promise<void> {
  const { config, log } = await readSettings("upgrade");
  log.level = "error";
  const database = await openDatabase(config, log);
  const pool = createPool(database.url, { max: 1 });
  try {
    const checks = await checkUpgrade(pool, config, await ownMigrations());
    const canStart = checks.every(({ status }) => status !== "failed");
    answer(options, { ok: canStart, checks }, [
      ...checks.flatMap(linesOf),
      "",
      canStart ? "This version can be started. Nothing was changed." : "This version cannot be started.",
    ]);
    if (!canStart) process.exitCode = 1;
  } finally {
    await pool.end();
    await database.stop();
  }
}

/** What a start with these migrations would run, and what stands in its way. */
export async function checkUpgrade(
  pool: pg.Pool,
  config: Pick<Config, "databaseUrl" | "dataDir"> & { longSeconds?: number },
  own: Migration[],
): Promise<Finding[]> {
  const state = await migrationState(pool, own).catch((error: unknown) => {
    if (error instanceof MigrationRefused) return error;
    throw error;
  });
  if (state instanceof MigrationRefused)
    return [failed("migrations", state.message, "Install a version that is as new as the database, or newer.")];
  if (state.applied.length === 0)
    return [ok("migrations", `the database is empty; the first start runs all ${state.pending.length}`)];
  const sizes = await sizesOf(pool);
  return [
    summaryOf(state),
    ...state.pending.map((migration) => describe(migration, sizes)),
    checkOlder(state, own),
    ...(await checkQueue(pool)),
    ...(await checkRoom(config, state, sizes)),
    ...(await checkUnfinished(pool, state)),
    ...(state.pending.length === 0 ? [] : await checkTransactions(pool, config.longSeconds ?? LONG_SECONDS)),
  ];
}

function summaryOf({ pending, applied }: MigrationState): Finding {
  const end = applied.at(-1)?.name ?? "none";
  if (pending.length === 0) return ok("migrations", `none to run; the database is at ${end}`);
  return ok("migrations", `${pending.length} to run; the database is at ${end}`);
}

function describe({ name, statements, locks }: Migration, sizes: Map<string, number>): Finding {
  const how =
    statements === null
      ? "in one transaction"
      : `in ${statements.length} statements that run one by one and continue after a crash`;
  const locked = locks.map((table) => `${table} (${inMegabytes(sizes.get(table) ?? 0)})`).join(", ");
  return ok(name, `${how}; ${locks.length === 0 ? "locks nothing" : `locks ${locked} for a moment`}`);
}

/** Processes of the version that runs now, which ends where the database does. */
function checkOlder({ pending, applied }: MigrationState, own: readonly Migration[]): Finding {
  const lacked = applied.filter(({ version }) => !own.some((migration) => migration.version === version));
  if (lacked.length > 0)
    return ok("older version", `this one is older than the database, which is compatible up to ${lacked.at(-1)?.name}`);
  const end = applied.at(-1)?.version ?? 0;
  const breaking = pending.filter(({ compatibleWith }) => !isCompatible(end, compatibleWith));
  if (breaking.length === 0)
    return ok(
      "older version",
      "its processes can keep running during and after the upgrade, and it can be started again",
    );
  return warning(
    "older version",
    `its processes cannot keep running after ${breaking[0]?.name}` +
      (breaking.length === 1 ? "" : ` and ${breaking.length - 1} more of these migrations`),
    "Stop them all before the first process of this version starts. To go back, restore a backup.",
  );
}

/** The job queue has tables of its own. */
async function checkQueue(pool: pg.Pool): Promise<Finding[]> {
  const { rows } = await pool
    .query<{ version: number }>("select version from jobs.version")
    .catch(() => ({ rows: [] }));
  const now = rows[0]?.version;
  if (now === undefined || now === queue.pgboss.schema) return [];
  return [
    warning(
      "job queue",
      `its tables change from version ${now} to ${queue.pgboss.schema}`,
      "Stop all older processes before the first process of this version starts.",
    ),
  ];
}

/** Indexes and new rows need room beside what is there: at most as much as the tables that they are about. */
async function checkRoom(
  { databaseUrl, dataDir }: Pick<Config, "databaseUrl" | "dataDir">,
  { pending }: MigrationState,
  sizes: Map<string, number>,
): Promise<Finding[]> {
  const text = pending.map(({ sql }) => ` ${sql.replaceAll(/\W/g, " ")} `).join("");
  const named = [...sizes].filter(([table]) => text.includes(` ${table} `));
  const bytes = named.reduce((sum, [, size]) => sum + size, 0);
  if (pending.length === 0) return [];
  const message = `the database can grow by up to ${inMegabytes(bytes)} meanwhile`;
  if (databaseUrl !== null) return [ok("disk", message)];
  const { bavail, bsize } = await statfs(dataDir);
  const free = bavail * bsize;
  const both = `${message}; ${inMegabytes(free)} are free`;
  return [bytes < free ? ok("disk", both) : failed("disk", both, "Free up space, or move AMPOST_DATA_DIR.")];
}

async function checkUnfinished(pool: pg.Pool, { pending, applied }: MigrationState): Promise<Finding[]> {
  const begun = applied.flatMap(({ version, name, next_statement: next }) => {
    const of = pending.find((migration) => migration.version === version)?.statements?.length;
    return next === null || next === undefined ? [] : [`${name} has run ${next} of ${of ?? "its"} statements`];
  });
  const { rows } = await pool.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where not i.indisvalid and c.relnamespace = (select oid from pg_namespace where nspname = current_schema())`,
  );
  const found = [...begun, ...rows.map(({ name }) => `the index ${name} is not complete`)];
  if (found.length === 0) return [ok("unfinished", "nothing")];
  return [
    warning(
      "unfinished",
      found.join("; "),
      "A process migrates right now, or was ended while it did. In that case the next one to start continues.",
    ),
  ];
}

const LONG_SECONDS = 30;

/** Who a migration that locks a table would have to wait for. */
async function checkTransactions(pool: pg.Pool, longSeconds: number): Promise<Finding[]> {
  const { rows } = await pool.query<{ pid: number; name: string; seconds: number }>(
    `select pid, application_name as name, extract(epoch from now() - xact_start)::integer as seconds
     from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
       and xact_start < now() - make_interval(secs => $1)`,
    [longSeconds],
  );
  return rows.map(({ pid, name, seconds }) =>
    warning(
      "transactions",
      `process ${pid} of PostgreSQL (${name || "unnamed"}) has been in a transaction for ${seconds} s`,
      `End it, for example with \`select pg_terminate_backend(${pid})\`: migrations wait for what it has locked.`,
    ),
  );
}

async function sizesOf(pool: pg.Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    `select relname as name, pg_total_relation_size(oid)::float8 as bytes
     from pg_class where relkind = 'r' and relnamespace = (select oid from pg_namespace where nspname = current_schema())`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
