import type pg from "pg";

/**
 * Number of unfinished jobs that contain encrypted data, by key ID. The table belongs to pg-boss; none of our
 * migrations creates it.
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
