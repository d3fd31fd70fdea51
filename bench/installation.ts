import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";
import pino from "pino";

import { findFreePort } from "../cli/free-port.ts";
import { type EmbeddedPostgres, startEmbedded } from "../server/db/embedded/embedded.ts";
import { createPool } from "../server/db/pool.ts";
import { loadConfig } from "../server/start/config.ts";
import { type Instance, openInstance } from "../server/start/instance.ts";
import type { Workspace } from "./benchmark.ts";

export const ROOT = dirname(import.meta.dirname);
export const COMMAND = join(ROOT, "cli/ampost.js");
const START_SECONDS = 60;
const STOP_SECONDS = 15;

export const silent = pino({ level: "silent" });

/**
 * A separate installation: a data folder with an embedded PostgreSQL, free ports, and the product's own commands.
 */
export interface Installation {
  env: Record<string, string>;
  apiUrl: string;
  sandboxUrl: string;
  dataDir: string;
  databaseUrl: string;
  /** The benchmark's own database connection. */
  pool: pg.Pool;
  /**
   * Runs `ampost COMMAND` until it reports that it is ready, with extra settings on top of the installation's.
   */
  start(command: "start" | "api" | "worker" | "sandbox", settings?: Record<string, string>): Promise<Started>;
  /** The product's runtime in this process, for setup before the measurement. */
  open<Result>(work: (instance: Instance) => Promise<Result>): Promise<Result>;
}

export interface Started {
  pid: number;
  /** Its last lines. */
  output(): string;
  stop(): Promise<void>;
}

export async function install(
  workspace: Workspace,
  name: string,
  settings: Record<string, string> = {},
  databaseSettings: Record<string, string> = {},
): Promise<Installation> {
  const dataDir = await workspace.folder(name);
  const env = { ...(await addresses()), AMPOST_DATA_DIR: dataDir, AMPOST_LOG_LEVEL: "info", ...settings };
  const embedded = await keepDatabase(workspace, dataDir, databaseSettings);
  const pool = createPool(embedded.url, { max: 2, name: "bench", statementTimeoutSeconds: 0 });
  workspace.defer(() => pool.end());
  return {
    env,
    apiUrl: `http://127.0.0.1:${env.PORT}`,
    sandboxUrl: `http://127.0.0.1:${env.AMPOST_SANDBOX_PORT}`,
    dataDir,
    databaseUrl: embedded.url,
    pool,
    start: async (command, own = {}) => {
      const started = await startCommand(command, { ...env, ...own }, dataDir);
      workspace.defer(() => started.stop());
      return started;
    },
    open: async (work) => {
      const instance = await openInstance(loadConfig(env), silent);
      try {
        return await work(instance);
      } finally {
        await instance.close();
      }
    },
  };
}

export async function addresses(): Promise<{ PORT: string; AMPOST_SANDBOX_PORT: string }> {
  return { PORT: String(await findFreePort()), AMPOST_SANDBOX_PORT: String(await findFreePort()) };
}

/** The commands use this server, and leave it running when they exit. */
async function keepDatabase(
  workspace: Workspace,
  dataDir: string,
  settings: Record<string, string>,
): Promise<EmbeddedPostgres> {
  const embedded = await startEmbedded({ dataDir, log: silent, settings });
  workspace.defer(() => embedded.stop());
  return embedded;
}

async function startCommand(command: string, env: Record<string, string>, cwd: string): Promise<Started> {
  const child = spawn(process.execPath, [COMMAND, command], {
    cwd,
    env: { ...basicEnvironment(), ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const said: string[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (said.push(line) > 50) said.shift();
      if (isReady(line, command)) resolve();
    });
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const late = sleep(STOP_SECONDS * 1000, undefined, { ref: false }).then(() => child.kill("SIGKILL"));
    await Promise.race([ended, late.then(() => ended)]);
  };
  const outcome = await Promise.race([
    ready.then(() => "ready"),
    ended.then(() => "ended"),
    sleep(START_SECONDS * 1000, "late", { ref: false }),
  ]);
  if (outcome === "ready") return { pid: child.pid ?? 0, output: () => said.join("\n"), stop };
  await stop();
  throw new Error(`ampost ${command} did not get ready:\n${said.join("\n")}`);
}

function isReady(line: string, command: string): boolean {
  return line.includes(`"part":"${command}"`) && /"msg":"(Ready|The sandbox is ready)"/.test(line);
}

/** Without any variables of the current shell. */
export function basicEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", LANG: "C.UTF-8" };
}
