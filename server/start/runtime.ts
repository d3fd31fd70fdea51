import type { Logger } from "pino";

import type { PlanOf } from "../../model/plans.ts";
import { createListener, type Listener } from "../db/listen.ts";
import { createPlanOf } from "../domain/users/plans.ts";
import { type JobQueue, startJobQueue } from "../jobs/jobs.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";
import type { Config } from "./config.ts";
import type { OpenDatabase } from "./database.ts";
import { type Instance, openInstance } from "./instance.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { openTracing, type Tracing } from "./tracing.ts";

/** What the API and the worker of one process share. */
export interface Runtime {
  instance: Instance;
  listener: Listener;
  storage: Storage;
  jobs: JobQueue;
  planOf: PlanOf;
  metrics: Metrics;
  /** Null: off. */
  tracing: Tracing | null;
}

/** Of a worker's connections, those for claims, and for renewing leases, whatever results wait for. */
export const CLAIM_CONNECTIONS = 2;
export const LEASE_CONNECTIONS = 1;

/** Closes everything opened, in reverse order. */
export type Closers = (() => Promise<unknown> | void)[];

/** Adds to `closers` as it goes, so that a failed startup leaves nothing behind. */
export async function openRuntime(
  config: Config,
  log: Logger,
  options: { runsJobs: boolean; database?: Promise<OpenDatabase> },
  closers: Closers,
): Promise<Runtime> {
  const ofWorker = options.runsJobs ? CLAIM_CONNECTIONS + LEASE_CONNECTIONS : 0;
  const databasePool = Math.max(1, config.databasePool - ofWorker);
  const instance = await openInstance({ ...config, databasePool }, log, undefined, options.database);
  closers.push(() => instance.close());
  const part = options.runsJobs ? "worker" : "api";
  const metrics = createMetrics(instance.pool, part);
  const tracing =
    config.traces && (await openTracing(config.traces, part, (error) => log.warn({ err: error }, "Traces were lost")));
  if (tracing) closers.push(() => tracing.close());
  const storage = await openStorage(config.storage);
  closers.push(() => storage.close());
  const listener = await createListener(instance.databaseUrl, instance.log);
  closers.push(() => listener.close());
  const jobs = await startJobQueue({
    pool: instance.pool,
    log: instance.log,
    onJob: metrics.job,
    ...(options.runsJobs && { works: true, listener }),
  });
  closers.push(() => jobs.stop());
  const planOf = createPlanOf({ pool: instance.pool, listener }, config.billing === null ? "self-hosted" : "free");
  return { instance, listener, storage, jobs, planOf, metrics, tracing };
}
