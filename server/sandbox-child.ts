import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";

/** The sandbox as a process of its own, which ends with this one, however this one ends. */
export interface SandboxChild {
  /** Resolves when it answers for the first time; rejects where it ends before that. */
  started: Promise<void>;
  isRunning(): boolean;
  stop(): Promise<void>;
}

const COMMAND = join(import.meta.dirname, "../cli/ampost.js");
const LONGEST_PAUSE_SECONDS = 10;

/**
 * Starts `ampost sandbox --attached` with this process's environment over `env`, and starts it again when it dies. The channel
 * between the two is what tells the child that its parent is gone, after a kill -9 too.
 */
export function startSandboxChild(env: Record<string, string>, log: Pick<Logger, "warn" | "error">): SandboxChild {
  let child: ChildProcess | undefined;
  let running = false;
  let stopping = false;

  async function start(): Promise<void> {
    const fresh = spawn(process.execPath, [COMMAND, "sandbox", "--attached"], { env: { ...process.env, ...env }, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child = fresh;
    fresh.once("exit", (code, signal) => {
      running = false;
      if (wasRunning && !stopping) void restart(code, signal);
    });
    let wasRunning = false;
    const ended = once(fresh, "exit").then(() => {
      throw new Error("The sandbox did not start; its own message stands above.");
    });
    await Promise.race([once(fresh, "message"), ended]);
    ended.catch(() => undefined);
    wasRunning = running = true;
  }

  async function restart(code: number | null, signal: string | null): Promise<void> {
    log.warn({ code, signal }, "The sandbox ended; starting it again");
    for (let pauseSeconds = 0.2; !stopping; pauseSeconds = Math.min(pauseSeconds * 2, LONGEST_PAUSE_SECONDS)) {
      try {
        return await start();
      } catch (error) {
        log.error({ err: error }, "The sandbox does not start");
        await sleep(pauseSeconds * 1000, undefined, { ref: false });
      }
    }
  }

  return {
    started: start(),
    isRunning: () => running,
    stop: async () => {
      stopping = true;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      if (child.connected) child.disconnect();
      const late = sleep(2_000, "late", { ref: false });
      if ((await Promise.race([ended, late])) === "late") child.kill("SIGKILL");
      await ended;
    },
  };
}
