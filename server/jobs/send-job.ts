import type pg from "pg";

import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import type { Db } from "../db/sql.ts";
import { isQueueName, QUEUES, type QueueName } from "./queues.ts";

/** The version of pg-boss's tables for which SEND is written. */
export const TABLES_VERSION = 46;

/**
 * Queues a job as pg-boss would, which most processes that send jobs do not load: it is a tenth of their code.
 */
export async function sendJob(db: Db, queue: string, data: object, group?: string, priority = 0): Promise<void> {
  if (!isQueueName(queue)) throw new Error(`There is no queue named ${queue}`);
  const { rowCount } = await db.query({
    name: "jobs.send",
    text: SEND,
    values: [queue, jsonb(data), priority, group ?? null],
  });
  if (rowCount !== 1) throw new Error(`The database has no queue ${queue}`);
  // Fair workers poll often.
  if (!isShared(queue)) notify(db, CHANNELS.jobs, queue);
}

const SEND = `
  insert into jobs.job (
    name, data, priority, group_id, start_after, created_on, keep_until, expire_seconds, deletion_seconds, retry_limit,
    retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds)
  select name, $2::jsonb, $3::int, $4::text, jobs.job_now(), jobs.job_now(),
    jobs.job_now() + make_interval(secs => retention_seconds), expire_seconds, deletion_seconds, retry_limit,
    retry_delay, retry_backoff, retry_delay_max, policy, dead_letter, heartbeat_seconds
  from jobs.queue where name = $1`;

/** The queues that still have to be created; all if the tables are not there, or those of an older version. */
export async function missingQueues(pool: pg.Pool): Promise<Set<QueueName>> {
  const missing = new Set(Object.keys(QUEUES).filter(isQueueName));
  try {
    const { rows } = await pool.query<{ name: QueueName }>(
      "select name from jobs.queue where (select version from jobs.version) >= $1",
      [TABLES_VERSION],
    );
    for (const { name } of rows) missing.delete(name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === UNDEFINED_TABLE)) throw error;
  }
  return missing;
}

const UNDEFINED_TABLE = "42P01";

function isShared(queue: QueueName): boolean {
  return "shares" in QUEUES[queue];
}
