import type { Logger } from "pino";

import { createListener, type Listener } from "../db/listen.ts";
import { type JobQueue, startJobQueue } from "../jobs/jobs.ts";
import { openStorage } from "../storage/open-storage.ts";
import type { Storage } from "../storage/storage.ts";
import type { Config } from "./config.ts";
import { type Instance, openInstance } from "./instance.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

/** What API and worker of one process stand on. */
export interface Ground {
  instance: Instance;
  listener: Listener;
  storage: Storage;
  jobs: JobQueue;
  metrics: Metrics;
}

/** What has been opened, as what closes it; the last first. */
export type Opened = (() => Promise<unknown> | void)[];

/** Adds to `opened` as it goes, so that a start that fails half-way leaves nothing behind. */
export async function openGround(
  config: Config,
  log: Logger,
  options: { doesChores: boolean },
  opened: Opened,
): Promise<Ground> {
  const instance = await openInstance(config, log);
  opened.push(() => instance.close());
  const metrics = createMetrics(instance.pool, options.doesChores ? "worker" : "api");
  const storage = await openStorage(config.storage);
  opened.push(() => storage.close());
  const listener = await createListener(instance.databaseUrl, log);
  opened.push(() => listener.close());
  const workUrl = options.doesChores ? { workUrl: instance.databaseUrl } : {};
  const jobs = await startJobQueue({ pool: instance.pool, log, onChore: metrics.chore, ...workUrl });
  opened.push(() => jobs.stop());
  return { instance, listener, storage, jobs, metrics };
}
