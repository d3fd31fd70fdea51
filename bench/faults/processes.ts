import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A process of the harness. It ends with the harness, however that ends. */
export interface ChildProcessHandle {
  pid: number;
  /** Resolves when it has exited, with its exit code; null if a signal ended it. */
  gone: Promise<number | null>;
  isGone(): boolean;
  /** The end of its log, for errors about it. */
  lastWords(): string;
  /** Resolves with its next message; rejects if it exits instead. */
  message(): Promise<unknown>;
  send(message: string): void;
  /** Sends the signal; for SIGKILL, resolves when it has exited. */
  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGTERM"): void;
  kill(): Promise<void>;
}

export interface ProcessOptions {
  /** Its working directory, which contains its log. */
  folder: string;
  env: Record<string, string>;
}

const ROOT = join(import.meta.dirname, "../..");

const started = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of started) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

/** Runs a script of this project, or of a copy. `name` is its log's name in the folder. */
export function startProcess(
  name: string,
  script: string,
  args: readonly string[],
  { folder, env }: ProcessOptions,
): ChildProcessHandle {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", resolve(ROOT, script), ...args], {
    cwd: folder,
    env: { ...withoutOurs(process.env), ...env },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  started.add(child);
  let isGone = false;
  const gone = once(child, "exit").then(([code]: (number | null)[]) => {
    isGone = true;
    started.delete(child);
    return code ?? null;
  });
  const lastWords = (): string => readFileSync(logFile, "utf8").slice(-2_000);
  // It may be killed while a message to it is in transit.
  child.on("error", () => undefined);
  return {
    pid: child.pid ?? 0,
    gone,
    isGone: () => isGone,
    lastWords,
    message: async () => {
      const ended = gone.then(() => Promise.reject(new Error(`${name} ended: ${lastWords()}`)));
      const [message] = await Promise.race([once(child, "message"), ended]);
      ended.catch(() => undefined);
      return message;
    },
    send: (message) => void child.send(message, () => undefined),
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Environment variables for the harness are not meant for its processes. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(AMPOST_(?!TEST_)|DATABASE_URL|PORT$|HOST$|NODE_TEST|THREADS_)/.test(name),
    ),
  );
}
