import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { createTestDatabase, type TestDatabase } from "../tests/database.ts";
import { findFreePort } from "./free-port.ts";

/** A separate installation for a test: a data folder and ports, with commands run as processes. */
export interface Installation {
  url: string;
  /** The same server under the hostname that its pages and forms use. */
  appUrl: string;
  dataDir: string;
  /** Undefined if it is embedded. */
  database: TestDatabase | undefined;
  sandboxUrl: string;
  /** Where metrics are served, if AMPOST_METRICS_PORT is set to its port. */
  metricsUrl: string;
  /**
   * Starts a server and resolves when it reports that it is ready. `loaded` preloads a file of `tests/` into it.
   */
  start(command: keyof typeof SIGNS, env?: Record<string, string>, loaded?: string): Promise<Server>;
  run(args: string[], env?: Record<string, string>): Promise<Ended>;
  /** Runs a command that must succeed and returns the JSON of its last line. */
  json(...args: string[]): Promise<Record<string, unknown>>;
  /** Runs lines in a shell, as a person would. */
  shell(lines: string): Promise<Ended>;
  /** The command lines of processes running on this data folder. */
  processes(): Promise<string[]>;
  /** Kills the processes with such a command line with SIGKILL. */
  kill(part: "sandbox" | "worker"): Promise<void>;
  until(holds: () => Promise<boolean>): Promise<void>;
}

export interface Server {
  output(): string;
  /** Sends a signal and returns the exit code; null if the signal ended the process. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const root = join(import.meta.dirname, "..");

/** The output of a server that is ready. */
const SIGNS = {
  start: ['"msg":"Ready"', "Ampost is ready at"],
  api: ['"msg":"Ready"'],
  worker: ['"msg":"Ready"'],
  sandbox: ['"msg":"The sandbox is ready"'],
};

/**
 * Removed when the test ends, whatever the outcome, with every process still running on it. The test fails if a server
 * sent a response that does not match the API description.
 */
export async function openInstallation(
  test: TestContext,
  options: {
    /** Default: migrated, on the PostgreSQL that all tests share. */
    database?: "embedded" | "empty";
    /** Another `cli/ampost.js`, and the folder to run it in: an installed package. */
    program?: string;
    folder?: string;
  } = {},
): Promise<Installation> {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-installation-"));
  const [port, sandboxPort, metricsPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const database: TestDatabase | undefined =
    options.database === "embedded" ? undefined : await createTestDatabase({ migrated: options.database !== "empty" });
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    AMPOST_DATA_DIR: dataDir,
    PORT: String(port),
    AMPOST_SANDBOX_PORT: String(sandboxPort),
    AMPOST_ENGINE_SPEED: "10",
    // A slow machine must not cut a stop short.
    AMPOST_STOP_SECONDS: "30",
  };
  if (database) env.DATABASE_URL = database.url;
  const launched: ChildProcess[] = [];
  // Server responses are checked against the API description while they run.
  const watching = {
    NODE_OPTIONS: `--import=${pathToFileURL(join(root, "tests/watch-process.ts")).href}`,
    AMPOST_TEST_DIFFERENCES: join(dataDir, "differences.txt"),
  };
  const launch = (args: string[], more: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [options.program ?? "cli/ampost.js", ...args], {
      cwd: options.folder ?? root,
      env: { ...env, ...watching, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    launched.push(child);
    return child;
  };
  test.after(async () => {
    for (const child of launched) if (child.exitCode === null) child.kill("SIGKILL");
    for (const { pid } of await findProcesses(dataDir)) endNow(pid);
    await database?.drop();
    const differences = await readFile(watching.AMPOST_TEST_DIFFERENCES, "utf8").catch(() => "");
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    // A hook that fails keeps later ones from running, so this one comes last.
    test.after(() => assert.equal(differences, "", "everything is answered as it is described"));
  });
  const run: Installation["run"] = (args, more) => whenEnded(launch(args, more));

  return {
    url: `http://127.0.0.1:${port}`,
    appUrl: `http://localhost:${port}`,
    dataDir,
    database,
    sandboxUrl: `http://127.0.0.1:${sandboxPort}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
    start: (command, more, loaded) => {
      const files = loaded === undefined ? "" : ` --import=${pathToFileURL(join(root, "tests", loaded)).href}`;
      return whenReady(launch([command], { NODE_OPTIONS: watching.NODE_OPTIONS + files, ...more }), SIGNS[command]);
    },
    run,
    json: async (...args) => {
      const { code, stdout, stderr } = await run(args);
      if (code !== 0) throw new Error(`ampost ${args.join(" ")} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    },
    shell: (lines) =>
      whenEnded(spawn("bash", ["-e", "-c", lines], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] })),
    processes: async () => (await findProcesses(dataDir)).map(({ command }) => command),
    kill: async (part) => {
      for (const { pid, command } of await findProcesses(dataDir))
        if (command.includes(`${part} --attached`)) process.kill(pid, "SIGKILL");
    },
    until: async (holds) => {
      while (!(await holds())) await sleep(50);
    },
  };
}

async function whenReady(child: ChildProcess, signs: readonly string[]): Promise<Server> {
  let output = "";
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (signs.every((sign) => output.includes(sign))) resolve();
      });
    }
  });
  const failed = ended.then((code) => Promise.reject(new Error(`It ended with ${code}: ${output}`)));
  failed.catch(() => undefined);
  await Promise.race([ready, failed]);
  return {
    output: () => output,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function whenEnded(child: ChildProcess): Promise<Ended> {
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (ended.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (ended.stderr += text));
  return new Promise((resolve, reject) =>
    child.once("error", reject).once("close", (code) => resolve({ ...ended, code })),
  );
}

/** Found by the folder in their environment or working directory: servers, sandboxes and PostgreSQL. */
async function findProcesses(dataDir: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [environment, worksIn, command] = await Promise.all([
      readFile(`/proc/${pid}/environ`, "latin1").catch(() => ""),
      readlink(`/proc/${pid}/cwd`).catch(() => ""),
      readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""),
    ]);
    if (command !== "" && (environment.includes(`AMPOST_DATA_DIR=${dataDir}\0`) || worksIn.startsWith(dataDir)))
      found.push({ pid: Number(pid), command: command.replaceAll("\0", " ") });
  }
  return found;
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has exited in the meantime.
  }
}
