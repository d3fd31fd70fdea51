import type { Logger } from "pino";

import { type AttachedProcess, startAttached } from "./attached-process.ts";
import type { Config } from "./config.ts";
import { enterDatabase } from "./database.ts";
import type { Closers, Runtime } from "./runtime.ts";
import type { Parts, Running } from "./serve.ts";

export type { Parts, Running } from "./serve.ts";

/** Nearly all code. While a process loads it, it can do nothing else, so other processes are started before. */
const load = () => import("./serve.ts");
export const loadCode = async (parts: Parts) => await (await load()).loadParts(parts);

/** Starts a process. Throws an error that says what to do, and then leaves nothing behind. */
export async function start(config: Config, log: Logger, parts: Parts): Promise<Running> {
  const closers: Closers = [];
  const draining = new AbortController();
  const stop = async () => {
    draining.abort();
    // Close in reverse order: later resources need earlier ones.
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const sandbox = parts.sandbox && !config.sandbox.elsewhere ? startSandbox(config, log) : undefined;
    if (sandbox) closers.push(() => sandbox.stop());
    const opening = open(config, log, parts, closers);
    const worker = parts.worker === "attached" ? startWorker(config, log, opening) : undefined;
    if (worker) closers.push(() => worker.stop());
    // The API is loaded once the worker has begun.
    const runtime = await opening;
    const { serve } = await load();
    const running = await serve({ config, log, parts, runtime }, { worker, sandbox }, { draining, closers });
    return { ...running, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(config: Config, log: Logger, parts: Parts, closers: Closers): Promise<Runtime> {
  const launched = Promise.withResolvers<void>();
  const database = enterDatabase(config, log, () => launched.resolve());
  closers.push(async () => await (await database.catch(() => null))?.stop());
  await Promise.race([database, launched.promise]);
  const { openRuntime } = await load();
  return await openRuntime(config, log, { runsJobs: parts.worker === true, database }, closers);
}

/** A second or two: everything it serves ends with it. */
const SANDBOX_STOP_SECONDS = 2;

/** The part of the shutdown time that is left after the worker has stopped. */
const AFTER_WORKER_SECONDS = 2;

function startSandbox(config: Config, log: Logger): AttachedProcess {
  const env = { AMPOST_SANDBOX_PORT: String(config.sandbox.port), AMPOST_DATA_DIR: config.dataDir };
  return unheard(startAttached("sandbox", { env, stopSeconds: SANDBOX_STOP_SECONDS, log }));
}

/** It starts once this process is up: startup errors are reported once, and only one process migrates the database. */
function startWorker(config: Config, log: Logger, runtime: Promise<Runtime>): AttachedProcess {
  // Ports chosen here are part of URLs there; it does not listen itself.
  const env = {
    PORT: String(config.port),
    AMPOST_SANDBOX_PORT: String(config.sandbox.port),
    AMPOST_DATA_DIR: config.dataDir,
    AMPOST_WORKER_PORT: "",
    AMPOST_METRICS_PORT: "",
  };
  const flags = process.execArgv.filter((flag) => !flag.startsWith("--inspect"));
  return unheard(
    startAttached("worker", {
      env,
      flags,
      stopSeconds: Math.max(1, config.stopSeconds - AFTER_WORKER_SECONDS),
      log,
      after: runtime,
      onEnd: () => void runtime.then(({ metrics }) => metrics.workerRestarted()),
    }),
  );
}

/** Awaited at the end of startup; until then, a failure must not be unhandled. */
function unheard(attached: AttachedProcess): AttachedProcess {
  attached.started.catch(() => undefined);
  return attached;
}
