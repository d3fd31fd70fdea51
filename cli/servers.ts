import { answerStarter, untilToldToBegin } from "../server/start/attached-process.ts";
import type { Config } from "../server/start/config.ts";
import { loadCode, type Parts, start } from "../server/start/main.ts";
import { runUntilStopped } from "./run-until-stopped.ts";
import { readSettings } from "./settings.ts";

const PARTS = {
  start: { api: true, worker: "attached", sandbox: true },
  api: { api: true, worker: false, sandbox: false },
  worker: { api: false, worker: true, sandbox: false },
} as const satisfies Record<string, Parts>;

/**
 * Runs a server until it is stopped. One attached to another exits with it, and does not repeat what the other has
 * already printed.
 */
export async function runServer(name: keyof typeof PARTS, { attached = false } = {}): Promise<void> {
  const { config, log } = await readSettings(name);
  if (attached) config.warnings = [];
  // All state that matters is in the database, where every write is guarded: an unhandled rejection must not interrupt
  // other users' work.
  process.on("unhandledRejection", (error) => log.error({ err: error }, "Unhandled failure"));
  if (attached) {
    const told = untilToldToBegin();
    await loadCode(PARTS[name]);
    if (!(await told)) return;
  }
  const running = await start(config, log, PARTS[name]).catch((error: unknown) => nameTheOther(error, config));
  // The process that started it may have exited in the meantime.
  if (attached && !process.connected) return await running.stop();
  // Nothing is routed to a worker.
  const drainSeconds = name === "worker" ? 0 : config.drainSeconds;
  if (name === "start") (await import("../server/start/idle-memory.ts")).returnMemoryWhenIdle();
  runUntilStopped(log, running, { signals: !attached, stopSeconds: config.stopSeconds, drainSeconds });
  if (attached) return answerStarter({ ...running.answers });
  log.info(
    { url: running.url, dataDir: config.dataDir, database: config.databaseUrl === null ? "embedded" : "given" },
    "Ready",
  );
  const { setUpLines, welcomeLines } = await import("./first-post.ts");
  const isNew = running.setUpUrl !== null;
  if (name === "start") console.log(welcomeLines(config, isNew).join("\n"));
  // What has to be done next comes last.
  if (running.setUpUrl !== null) console.log(setUpLines(running.setUpUrl).join("\n"));
}

/** If the port is taken by Ampost itself, as after a second `npm start`, there is nothing to search for. */
async function nameTheOther(error: unknown, { host, port }: Config): Promise<never> {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE")) throw error;
  const { answersAt } = await import("./doctor-network.ts");
  if (!(await answersAt(host, port, "/healthz"))) throw error;
  throw new Error(
    `Ampost is already running on port ${port} of ${host}. Use that one or stop it; to run another, set PORT, ` +
      "AMPOST_SANDBOX_PORT and AMPOST_DATA_DIR.",
    { cause: error },
  );
}
