import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";
import type { JobResult, JobWithMetadata, PgBoss } from "pg-boss";
import type { Logger } from "pino";

import type { JobSender } from "../db/job-sender.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import type { Db } from "../db/sql.ts";
import { createDeadlyJobs } from "./deadly-jobs.ts";
import { type GroupsOf, type FairWorker, startFairWorker } from "./fair-worker.ts";
import {
  FINISHED_JOB_SECONDS,
  type JobHandler,
  isQueueName,
  QUEUES,
  type QueueName,
  type QueueSettings,
} from "./queues.ts";
import { missingQueues, sendJob } from "./send-job.ts";

/** The job queue, in its own tables next to ours. */
export interface JobQueue extends JobSender {
  /**
   * Starts running background jobs, in this process, until `stop`. Called once. `groupsOf` knows the groups of queues
   * that are done by shares. A job on which processes die is given up, by `setAside` of its queue if it has one.
   */
  work(handlers: Record<QueueName, JobHandler>, groupsOf: GroupsOf, setAside?: SetAsides): Promise<void>;
  /** Accepts no more jobs, gives running ones this long to finish, and leaves the rest to be run again elsewhere. */
  stop(graceSeconds?: number): Promise<void>;
}

export type SetAsides = Partial<Record<QueueName, (data: unknown) => Promise<void>>>;

export interface JobQueueOptions {
  pool: pg.Pool;
  log: Pick<Logger, "warn" | "error">;
  /** For workers. Otherwise, the queue only sends. */
  works?: boolean;
  /** For workers: learns of new jobs. Without it, queues are polled more often. */
  listener?: Pick<Listener, "on" | "onReconnect">;
  onJob?: (queue: string, outcome: "done" | "failed", seconds: number) => void;
}

/** Only workers need it, and who creates its tables. */
export const loadBoss = () => import("pg-boss");

/** How often a queue is polled, with a listener and without one. */
const POLL_SECONDS = { notified: 10, alone: 2 };

/** Creates missing tables and queues; any number of processes can do so at the same time. */
export async function startJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const missing = await missingQueues(options.pool);
  if (options.works !== true) {
    if (missing.size > 0) await (await openBoss(options, missing)).stop();
    const work = () => Promise.reject(new Error("This queue only sends"));
    return { send: sendJob, work, stop: () => Promise.resolve() };
  }
  const { listener } = options;
  const boss = await openBoss(options, missing);

  const sharing: FairWorker[] = [];
  const listening: (() => void)[] = [];
  return {
    send: sendJob,
    work: async (handlers, groupsOf, setAside = {}) => {
      const schedules = await boss.getSchedules();
      for (const [name, settings] of Object.entries<QueueSettings>(QUEUES)) {
        if (!isQueueName(name)) continue;
        const counted = createDeadlyJobs(options, name);
        const run = (job: JobWithMetadata) =>
          runJob(name, job, options, () =>
            counted({ job, run: () => handlers[name](job.data, job.signal), setAside: setAside[name] }),
          );
        const { atOnce, shares, expireInSeconds = 900, heartbeatSeconds } = settings;
        if (shares !== undefined) {
          sharing.push(
            startFairWorker(boss, name, { atOnce, shares, expireInSeconds, heartbeatSeconds }, groupsOf, run),
          );
          continue;
        }
        const pace = {
          batchSize: atOnce,
          burstWhenBatchFull: true,
          pollingIntervalSeconds: listener === undefined ? POLL_SECONDS.alone : POLL_SECONDS.notified,
          perJobResults: true,
          includeMetadata: true,
        } as const;
        const worker = await boss.work(name, pace, (jobs: JobWithMetadata[]) => Promise.all(jobs.map(run)));
        if (listener !== undefined)
          listening.push(
            listener.on(CHANNELS.jobs, (queue) => queue === name && boss.notifyWorker(worker)),
            listener.onReconnect(() => boss.notifyWorker(worker)),
          );
        const { cron } = settings;
        if (cron !== undefined && !schedules.some((each) => each.name === name && each.cron === cron))
          await boss.schedule(name, cron, {});
      }
    },
    stop: async (graceSeconds = 2) => {
      for (const end of listening) end();
      await Promise.all(sharing.map((each) => each.stop(graceSeconds)));
      await boss.stop({ graceful: true, timeout: graceSeconds * 1000, close: true });
    },
  };
}

/** pg-boss, started, with all queues as they are declared. */
async function openBoss(
  { pool, log, works = false }: JobQueueOptions,
  missing: ReadonlySet<QueueName>,
): Promise<PgBoss> {
  const { PgBoss } = await loadBoss();
  const open = async (): Promise<PgBoss> => {
    const boss = new PgBoss({
      db: executor(pool),
      schema: "jobs",
      supervise: works,
      schedule: works,
    });
    boss.on("error", (error: unknown) => log.error({ err: asError(error) }, "The job queue reported an error"));
    boss.on("warning", (warning) => log.warn({ warning }, "The job queue is unhealthy"));
    await boss.start();
    return boss;
  };
  const boss = await open().catch(async (error: unknown) => {
    if (!isMadeByAnother(error)) throw error;
    // Whoever creates the schema creates the other tables, too.
    await sleep(1_000);
    return await open();
  });
  const found = new Map(works ? (await boss.getQueues()).map((queue) => [queue.name, queue]) : []);
  for (const [name, { atOnce: _atOnce, shares: _shares, cron: _cron, ...rest }] of Object.entries<QueueSettings>(
    QUEUES,
  )) {
    // pg-boss would notify in the transaction that sends a job; see `notify`.
    const settings = { ...rest, deleteAfterSeconds: FINISHED_JOB_SECONDS, notify: false };
    if (isQueueName(name) && missing.has(name)) await boss.createQueue(name, settings);
    if (works && !hasAll(found.get(name), settings)) await boss.updateQueue(name, settings);
  }
  return boss;
}

/** Whether it needs no update: most starts change nothing. */
function hasAll(found: object | undefined, settings: object): boolean {
  return found !== undefined && Object.entries(settings).every(([name, value]) => Reflect.get(found, name) === value);
}

/** pg-boss reports a copy of an error's properties. */
function asError(reported: unknown): unknown {
  if (typeof reported !== "object" || reported === null || reported instanceof Error) return reported;
  return Object.assign("severity" in reported ? new pg.DatabaseError("", 0, "error") : new Error(), reported);
}

/** PostgreSQL's "if not exists" fails if two processes create the same schema at the same time. */
function isMadeByAnother(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["23505", "42P06", "42P07", "42710"].includes(String(error.code));
}

async function runJob(
  queue: QueueName,
  job: JobWithMetadata,
  { log, onJob }: JobQueueOptions,
  work: () => Promise<"done" | "set aside">,
): Promise<JobResult> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  try {
    const outcome = await work();
    onJob?.(queue, outcome === "done" ? "done" : "failed", seconds());
    return { id: job.id, status: "completed" };
  } catch (error) {
    log.warn({ err: error, queue, jobId: job.id }, "A job failed; it is retried if its queue allows");
    onJob?.(queue, "failed", seconds());
    return {
      id: job.id,
      status: "failed",
      output: { message: error instanceof Error ? error.message : String(error) },
    };
  }
}

/** Lets pg-boss use one of our connections. It sends several statements at once, and reads the rows of all. */
function executor(db: Db): { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> } {
  return {
    executeSql: async (text, values) => {
      const results = [await db.query<Record<string, unknown>>(text, values)].flat();
      return { rows: results.flatMap(({ rows }) => rows) };
    },
  };
}
