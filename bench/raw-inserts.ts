import { v7 as uuidv7 } from "uuid";
import { z } from "zod";

import { createPool } from "../server/db/pool.ts";
import { summarize } from "./numbers.ts";

const InsertPlan = z.object({ databaseUrl: z.string(), connections: z.int(), seconds: z.number(), body: z.string() });
export type InsertPlan = z.input<typeof InsertPlan>;

export const InsertResult = z.object({
  count: z.int(),
  perSecond: z.number(),
  p50: z.number(),
  p99: z.number(),
  /** The processor time that it took itself. */
  processorMilliseconds: z.number(),
});

/**
 * The table of the raw limits, in the product's own database: an ID and a JSON body, the minimum of a stored object.
 */
export const RAW_TABLE = "create table if not exists bench_rows (id uuid primary key, body jsonb not null)";

export const INSERT_RAW = { name: "bench.insert", text: "insert into bench_rows (id, body) values ($1, $2)" };

/** The maximum rate of single-row insert transactions in PostgreSQL, prepared, from this many connections. */
export async function insertRaw(unread: unknown): Promise<z.output<typeof InsertResult>> {
  const { databaseUrl, connections, seconds, body } = InsertPlan.parse(unread);
  const pool = createPool(databaseUrl, { max: connections, name: "bench raw" });
  const milliseconds: number[] = [];
  const begin = performance.now();
  const processor = process.cpuUsage();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = await pool.connect();
      while (performance.now() - begin < seconds * 1000) {
        const start = performance.now();
        await client.query({ ...INSERT_RAW, values: [uuidv7(), body] });
        milliseconds.push(performance.now() - start);
      }
      client.release();
    }),
  );
  const elapsedSeconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(processor);
  await pool.end();
  const { count, p50, p99 } = summarize(milliseconds);
  return { count, perSecond: count / elapsedSeconds, p50, p99, processorMilliseconds: (user + system) / 1000 };
}
