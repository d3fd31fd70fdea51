import type pg from "pg";
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { z } from "zod";

import type { PublicCode } from "../../model/errors.ts";
import { type Mode, PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { listAlerts } from "../db/queries/operator-alerts.ts";
import { countMissed, queueDepth } from "../db/queries/queue-depth.ts";
import { readBackupState } from "../domain/backups/scheduled-backups.ts";

/** The metrics and their Prometheus text. Labels have few values: never an ID, a path or a message. */
export interface Metrics {
  /** A completed request; `route` is the pattern, not the path. */
  request(answered: { method: string; route: string; status: number; seconds: number }): void;
  /** An operation that returned an error, over any interface. */
  refused(operation: string, code: PublicCode): void;
  /** A platform post that settled. */
  settled(platform: PlatformName, outcome: (typeof OUTCOMES)[number]): void;
  /** An internal error that stopped work on a platform post. */
  faulted(platform: PlatformName): void;
  /** A platform post that was set aside because processes crashed on it. */
  setAside(platform: PlatformName): void;
  /** How long after its due time the commit of a platform post began. */
  commitStarted(platform: PlatformName, lateSeconds: number): void;
  /** Whether the platform's due posts are held back because it is down. */
  platformDown(platform: PlatformName, mode: Mode, isDown: boolean): void;
  /** A run of a job. */
  job(queue: string, outcome: "done" | "failed", seconds: number): void;
  /** The worker process crashed and was restarted. */
  workerRestarted(): void;
  contentType: string;
  /**
   * The text of all metrics, including `values` of another process. Queue depth and alerts are read from the database
   * at this moment, and omitted if it is down.
   */
  print(others?: unknown): Promise<string>;
  /** The values measured here, for the process that prints them. */
  values(): Promise<unknown>;
}

const OUTCOMES = ["published", "failed", "unknown", "discarded"] as const;
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const LATE_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];
const JOB_SECONDS = [0.01, 0.1, 0.5, 1, 5, 30, 120, 600];

const metricValues = z.array(z.looseObject({ name: z.string() }));

export function createMetrics(pool: pg.Pool, part: "api" | "worker" = "api"): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, labels: { process: part } });
  const requests = new Histogram({
    name: "ampost_http_request_seconds",
    help: "Time from a request to its response.",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const refused = new Counter({
    name: "ampost_operation_errors_total",
    help: "Errors returned by operations, over REST, MCP and the pages.",
    labelNames: ["operation", "code"],
    registers,
  });
  const settled = new Counter({
    name: "ampost_platform_posts_settled_total",
    help: "Platform posts that reached an outcome.",
    labelNames: ["platform", "outcome"],
    registers,
  });
  const faulted = new Counter({
    name: "ampost_publish_faults_total",
    help: "Internal errors that stopped work on a platform post.",
    labelNames: ["platform"],
    registers,
  });
  const setAside = new Counter({
    name: "ampost_platform_posts_set_aside_total",
    help: "Platform posts set aside because the processes working on them crashed repeatedly.",
    labelNames: ["platform"],
    registers,
  });
  const late = new Histogram({
    name: "ampost_commit_late_seconds",
    help: "Delay from a platform post's due time to the start of its commit.",
    labelNames: ["platform"],
    buckets: LATE_SECONDS,
    registers,
  });
  const jobs = new Histogram({
    name: "ampost_job_seconds",
    help: "Duration of a background job.",
    labelNames: ["queue", "outcome"],
    buckets: JOB_SECONDS,
    registers,
  });
  const restarts = new Counter({
    name: "ampost_worker_restarts_total",
    help: "Number of times the worker process crashed and was restarted.",
    registers,
  });
  const due = new Gauge({
    name: "ampost_due_platform_posts",
    help: "Platform posts whose next action is due and not being worked on.",
    registers,
  });
  const waiting = new Gauge({
    name: "ampost_waiting_platform_posts",
    help: "Platform posts with a next action, due or not.",
    registers,
  });
  const oldest = new Gauge({
    name: "ampost_due_oldest_seconds",
    help: "How long the oldest due platform post has been due.",
    registers,
  });
  const down = new Gauge({
    name: "ampost_platform_down",
    help: "1 while a platform does not respond and its due posts are held back.",
    labelNames: ["platform", "mode"],
    registers,
  });
  const missed = new Gauge({
    name: "ampost_missed_platform_posts",
    help: "Scheduled platform posts that missed their time and wait for a person.",
    registers,
  });
  const databaseUp = new Gauge({
    name: "ampost_database_up",
    help: "1 if this process can reach the database, otherwise 0.",
    registers,
  });
  const alerts = new Gauge({
    name: "ampost_alerts",
    help: "1 for each thing that the operator is alerted to now.",
    labelNames: ["name"],
    registers,
  });
  const held = new Gauge({ name: "ampost_publishing_held", help: "1 while publishing is on hold.", registers });
  // Prometheus sees an increase only of a series that was there before.
  for (const platform of PLATFORM_NAMES) {
    for (const counter of [faulted, setAside]) counter.inc({ platform }, 0);
    for (const outcome of OUTCOMES) settled.inc({ platform, outcome }, 0);
    late.zero({ platform });
  }
  const backedUp = new Gauge({
    name: "ampost_backup_last_timestamp_seconds",
    help: "When the latest scheduled backup was taken.",
    registers,
  });
  const backupFailed = new Gauge({
    name: "ampost_backup_failed",
    help: "1 while the latest scheduled backup is one that failed.",
    registers,
  });
  return {
    request: ({ seconds, ...labels }) => requests.observe(labels, seconds),
    refused: (operation, code) => refused.inc({ operation, code }),
    settled: (platform, outcome) => settled.inc({ platform, outcome }),
    faulted: (platform) => faulted.inc({ platform }),
    setAside: (platform) => setAside.inc({ platform }),
    commitStarted: (platform, lateSeconds) => late.observe({ platform }, lateSeconds),
    platformDown: (platform, mode, isDown) => down.set({ platform, mode }, isDown ? 1 : 0),
    job: (queue, outcome, seconds) => jobs.observe({ queue, outcome }, seconds),
    workerRestarted: () => restarts.inc(),
    contentType: registry.contentType,
    values: () => registry.getMetricsAsJSON(),
    print: async (others) => {
      const [depth, left, open, backups] = await Promise.all([
        queueDepth.one(pool).catch(() => undefined),
        countMissed.one(pool).catch(() => undefined),
        listAlerts.all(pool).catch(() => []),
        readBackupState(pool).catch(() => undefined),
      ]);
      databaseUp.set(depth === undefined ? 0 : 1);
      alerts.reset();
      for (const { name } of open) alerts.set({ name }, 1);
      backedUp.set(backups?.last ? Date.parse(backups.last.at) / 1000 : Number.NaN);
      backupFailed.set(backups === undefined ? Number.NaN : Number(backups.failed !== null));
      missed.set(left?.missed ?? Number.NaN);
      due.set(depth?.due ?? Number.NaN);
      waiting.set(depth?.waiting ?? Number.NaN);
      oldest.set(depth?.oldest_seconds ?? Number.NaN);
      held.set(depth === undefined ? Number.NaN : Number(depth.held));
      const values = metricValues.safeParse(others);
      if (!values.success) return await registry.metrics();
      return await AggregatorRegistry.aggregate([await registry.getMetricsAsJSON(), values.data]).metrics();
    },
  };
}
