import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { request } from "undici";

import type { Workspace } from "./benchmark.ts";
import { basicEnvironment, ROOT } from "./installation.ts";
import { memoryOf } from "./process-memory.ts";

const PATIENCE_SECONDS = 60;
const STOP_SECONDS = 15;

export interface NpmStarted {
  /** The process ID of npm; the server is its child. */
  pid: number;
  /** From the command to the first response that reports readiness. */
  milliseconds: number;
  /** The process IDs of its parts. */
  parts(): Promise<Record<"API" | "worker" | "sandbox", number[]>>;
  /** Signals npm only, like a supervisor, and waits for all of them. */
  stop(): Promise<void>;
}

/** Runs `npm start` until `/readyz` reports that it is ready. `env` contains the port. */
export async function npmStart(workspace: Workspace, env: Record<string, string>): Promise<NpmStarted> {
  const begin = performance.now();
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env: { ...basicEnvironment(), ...env },
    stdio: "ignore",
    detached: true,
  });
  const pid = child.pid ?? 0;
  const stop = async () => {
    if (isGroupAlive(pid)) process.kill(pid, "SIGTERM");
    for (const late = performance.now() + STOP_SECONDS * 1000; isGroupAlive(pid); await sleep(20)) {
      if (performance.now() > late) process.kill(-pid, "SIGKILL");
    }
  };
  workspace.defer(stop);
  const deadline = begin + PATIENCE_SECONDS * 1000;
  while (!(await isReady(`http://127.0.0.1:${env.PORT}/readyz`))) {
    if (!isGroupAlive(pid) || performance.now() > deadline) throw new Error("npm start did not get ready");
    await sleep(10);
  }
  return { pid, milliseconds: performance.now() - begin, parts: () => partsOf(pid), stop };
}

async function partsOf(npm: number): Promise<Record<"API" | "worker" | "sandbox", number[]>> {
  const processes = await memoryOf(npm);
  const named = (command: string) =>
    processes.filter(({ name }) => name.includes(`ampost.js ${command}`)).map(({ pid }) => pid);
  return { API: named("start"), worker: named("worker"), sandbox: named("sandbox") };
}

/** npm and all its descendants except PostgreSQL, which has its own session. */
function isGroupAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
