import { answerStarter, untilToldToBegin } from "../server/start/attached-process.ts";
import { type Parts, start } from "../server/start/main.ts";
import { setUpLines, welcomeLines } from "./first-post.ts";
import { readSettings } from "./settings.ts";
import { stayUntilTold } from "./stay.ts";

const PARTS = {
  start: { api: true, worker: "attached", sandbox: true },
  api: { api: true, worker: false, sandbox: false },
  worker: { api: false, worker: true, sandbox: false },
} as const satisfies Record<string, Parts>;

/**
 * Runs a server until it is told to stop. One that is attached to another ends with that, and says nothing that it has
 * said already.
 */
export async function runServer(name: keyof typeof PARTS, { attached = false } = {}): Promise<void> {
  const { config, log } = await readSettings(name);
  if (attached) config.warnings = [];
  // What counts is in the database, where every write is guarded: a lost promise must not take the other users' work
  // down.
  process.on("unhandledRejection", (error) => log.error({ err: error }, "Unhandled failure"));
  if (attached && !(await untilToldToBegin())) return;
  const running = await start(config, log, PARTS[name]);
  // The one that has started it may have gone meanwhile.
  if (attached && !process.connected) return await running.stop();
  stayUntilTold(log, () => running.stop(), { signals: !attached, stopSeconds: config.stopSeconds });
  if (attached) return answerStarter({ ...running.answers });
  log.info(
    { url: running.url, dataDir: config.dataDir, database: config.databaseUrl === null ? "embedded" : "given" },
    "Ready",
  );
  // Lines to be copied into a shell come last.
  if (running.setUpUrl !== null) console.log(setUpLines(running.setUpUrl).join("\n"));
  if (name === "start") console.log(welcomeLines(config).join("\n"));
}
