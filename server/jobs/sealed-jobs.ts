import type pg from "pg";

/**
 * How many chores that are still to be done hold something sealed, by the id of the key that sealed it. The table is
 * pg-boss's own, which no migration of ours makes.
 */
export async function countSealedJobs(pool: pg.Pool): Promise<{ keyId: string; count: number }[]> {
  const { rows: tables } = await pool.query<{ there: boolean }>("select to_regclass('jobs.job') is not null as there");
  if (tables[0]?.there !== true) return [];
  const { rows } = await pool.query<{ keyId: string; count: number }>(
    `select substring(data ->> 'sealed' from '^v1\\.([0-9a-f]{8})\\.') as "keyId", count(*)::int as count
     from jobs.job where state in ('created', 'retry', 'active') and data ->> 'sealed' like 'v1.%' group by 1`,
  );
  return rows;
}
