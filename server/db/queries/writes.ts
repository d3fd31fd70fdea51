import type pg from "pg";

import { matched, together } from "../batches.ts";
import { type Json, jsonArray, jsonb } from "../jsonb.ts";
import type { Db, Statement } from "../sql.ts";

/** A row for the claim of this owner, asked for as JSON or returned. */
interface Owned {
  owner: string;
}

type Write<Row> = Statement<Row, [rows: Json]>;

/**
 * One write, for one claim or for many: both statements take an array of rows, and return one for each that was written.
 *
 * What is asked for at the same time is one statement, which skips what others have locked. What that has not done, and
 * everything if PostgreSQL rejects it, is written alone, by the statement that waits. What cannot be JSON fails alone.
 */
export function writesOf<Row extends Owned>(
  waiting: Write<Row>,
  skipping: Write<Row>,
  isDone: (row: Row) => boolean = () => true,
) {
  const ownerOf = ({ owner }: Owned) => owner;
  const inBatch = together<Owned & { json: Json }, Row>(async (pool, asked) => {
    const rows = await skipping.all(pool, [jsonArray(asked.map(({ json }) => json))]);
    return matched(asked, ownerOf, rows.filter(isDone), ownerOf);
  });
  const alone = (db: Db, row: Owned) => waiting.one(db, [jsonb([row])]);
  return {
    together: async (pool: pg.Pool, row: Owned) =>
      (await inBatch(pool, { owner: row.owner, json: jsonb(row) })) ?? (await alone(pool, row)),
    alone,
  };
}
