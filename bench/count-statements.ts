import { setTimeout as sleep } from "node:timers/promises";

import type { Installation } from "./installation.ts";

/** For an installation whose statements are counted. */
export const COUNTING = { shared_preload_libraries: "pg_stat_statements" };

/** What its processes asked PostgreSQL for, and how often that waited for the disk. */
export interface Counts {
  statements: number;
  /** Those that look for what is due. */
  claims: number;
  fsyncs: number;
  seconds: number;
}

/** Longer than a server process keeps its counts to itself. */
const REPORTED_SECONDS = 1.5;

/** Begins to count; the function that is returned says what has been asked since. */
export async function countStatements({ pool }: Installation): Promise<() => Promise<Counts>> {
  await pool.query("create extension if not exists pg_stat_statements");
  const read = async (): Promise<Counts> => {
    await sleep(REPORTED_SECONDS * 1000);
    const { rows } = await pool.query<Counts>(
      `select coalesce(sum(calls), 0)::float8 as statements,
         coalesce(sum(calls) filter (where query ~ '^with recursive oldest'), 0)::float8 as claims,
         (select coalesce(sum(fsyncs), 0)::float8 from pg_stat_io where object = 'wal') as fsyncs,
         extract(epoch from clock_timestamp())::float8 as seconds
       from pg_stat_statements where query !~ '^/\\* bench' and query !~* 'pg_stat_|^create extension'`,
    );
    if (rows[0] === undefined) throw new Error("There are no counts");
    return rows[0];
  };
  const before = await read();
  return async () => {
    const after = await read();
    return {
      statements: after.statements - before.statements,
      claims: after.claims - before.claims,
      fsyncs: after.fsyncs - before.fsyncs,
      seconds: after.seconds - before.seconds,
    };
  };
}
