import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

import { openSetUp } from "../domain/users/set-up.ts";
import type { ProbeAccess, Probes } from "../http/routes/probes.ts";
import { loadBoss } from "../jobs/jobs.ts";
import { keepPostCountsFolded } from "../jobs/sweeps.ts";
import type { FaultHook } from "../publishing/fault-points.ts";
import type { AttachedProcess } from "./attached-process.ts";
import type { Config } from "./config.ts";
import { watchEventLoop } from "./event-loop.ts";
import { listen } from "./listen.ts";
import { readiness } from "./readiness.ts";
import type { Closers, Runtime } from "./runtime.ts";
import { startWatchdog } from "./watchdog.ts";

export { openRuntime } from "./runtime.ts";

/** A started process. `stop` accepts no new work, finishes or hands back work in progress, and releases everything. */
export interface Running {
  /** Where it listens; null for a worker without a port. */
  url: string | null;
  /** The setup URL, while no owner can sign in. It contains a token: show it on a terminal, never in the log. */
  setUpUrl: string | null;
  /** What the parent process can query. */
  answers: { ready(): Promise<unknown>; metrics(): Promise<unknown> };
  /** From now on it reports that it is not ready, and keeps no connection alive; it still responds to everything. */
  drain(): void;
  stop(): Promise<void>;
}

/** What a process does: serve requests, publish and run jobs, or both. */
export interface Parts {
  api: boolean;
  /** Attached: in a separate process, so that nothing in publishing delays requests. */
  worker: boolean | "attached";
  /** Whether it runs a sandbox, unless one elsewhere is configured. */
  sandbox: boolean;
  /** Called by the worker at its fault points, for the fault harness. */
  faultPoint?: FaultHook;
}

/** The API and the worker are most of the code, of the memory and of the time of a start: each process loads its own. */
const loadApi = () => import("./api.ts");
const loadWorker = () => import("./worker.ts");
export const loadParts = async ({ api, worker }: Parts) =>
  void (await Promise.all([api && loadApi(), worker === true && loadWorker(), worker === true && loadBoss()]));

/** Runs the parts of a process whose attached processes are starting. What has to be closed is added to `closers`. */
export async function serve(
  { config, log, parts, runtime }: { config: Config; log: Logger; parts: Parts; runtime: Runtime },
  attached: { worker: AttachedProcess | undefined; sandbox: AttachedProcess | undefined },
  { draining, closers }: { draining: AbortController; closers: Closers },
): Promise<Omit<Running, "stop">> {
  const { worker, sandbox } = attached;
  await loadParts(parts);
  // By every process: lists read what is not folded, with or without a worker.
  closers.push(keepPostCountsFolded(runtime.instance.pool, runtime.instance.log));
  const eventLoop = watchEventLoop(log);
  closers.push(() => eventLoop.stop());
  // Before anything is published, because that may be what hangs.
  if (parts.worker === true) closers.push(await startWatchdog("worker"));
  const work = parts.worker === true ? await (await loadWorker()).runWorker(runtime, parts.faultPoint) : undefined;
  if (work) closers.push(() => work.stop());
  const isBusy = () => parts.api && eventLoop.isBusy();
  const probes = probesOf(runtime, { work, worker, sandbox, draining: draining.signal, isBusy });
  const metrics = await serveMetrics(config, probes);
  if (metrics) closers.push(() => metrics.close());
  const app = parts.api
    ? await (await loadApi()).serveApi(runtime, probes, draining.signal, isBusy)
    : await serveProbes(config, probes);
  // Requests that wait for a publish end together with it.
  closers.push(() => Promise.all([app?.close(), work?.stop(), worker?.stop()]));
  const setUpUrl = parts.api ? await openSetUp(runtime.instance, config.appUrl) : null;
  await Promise.all([sandbox?.started, worker?.started]);
  const answers = { ready: probes.ready, metrics: () => runtime.metrics.values() };
  return { url: app ? addressOf(app) : null, setUpUrl, answers, drain: () => draining.abort() };
}

function probesOf(runtime: Runtime, parts: Parameters<typeof readiness>[1]): Probes {
  const { metrics } = runtime;
  const ofWorker = async () =>
    parts.worker === undefined ? null : await parts.worker.ask("metrics").catch(() => null);
  return {
    ready: readiness(runtime, parts),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.print(await ofWorker()) }),
  };
}

/** Metrics and health of a standalone worker. */
async function serveProbes(config: Config, probes: Probes): Promise<FastifyInstance | undefined> {
  const { host, workerPort: port, metrics } = config;
  return port === null
    ? undefined
    : await listenForProbes({ host, port, variable: "AMPOST_WORKER_PORT" }, probes, { token: metrics.token }, config);
}

/** A process's metrics and health for its operator, on a separate port. */
async function serveMetrics(config: Config, probes: Probes): Promise<FastifyInstance | undefined> {
  const { host, port } = config.metrics;
  const access = { token: null, isOwnPort: true };
  return port === null
    ? undefined
    : await listenForProbes({ host, port, variable: "AMPOST_METRICS_PORT" }, probes, access, config);
}

async function listenForProbes(
  where: { host: string; port: number; variable: string },
  probes: Probes,
  access: ProbeAccess,
  config: Config,
): Promise<FastifyInstance> {
  const { createProbesApp } = await import("../http/routes/probes.ts");
  const app = createProbesApp(probes, access, config);
  await listen(app, where);
  return app;
}

function addressOf(app: FastifyInstance): string {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The API cannot listen");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
