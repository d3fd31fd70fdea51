import { type Parts, start } from "../server/main.ts";
import { setUpLines, welcomeLines } from "./first-post.ts";
import { readSettings } from "./settings.ts";
import { stayUntilTold } from "./stay.ts";

const PARTS = {
  start: { api: true, worker: true, sandbox: true },
  api: { api: true, worker: false, sandbox: false },
  worker: { api: false, worker: true, sandbox: false },
} as const satisfies Record<string, Parts>;

/** Runs a server until it is told to stop. */
export async function runServer(name: keyof typeof PARTS): Promise<void> {
  const { config, log } = await readSettings(name);
  // What counts is in the database, where every write is guarded: a lost promise must not take the other users' work down.
  process.on("unhandledRejection", (error) => log.error({ err: error }, "A failure went unheard"));
  const running = await start(config, log, PARTS[name]);
  stayUntilTold(log, () => running.stop());
  log.info({ url: running.url, dataDir: config.dataDir, database: config.databaseUrl === null ? "embedded" : "given" }, "Ready");
  // Lines to be copied into a shell come last.
  if (running.setUpUrl !== null) console.log(setUpLines(running.setUpUrl).join("\n"));
  if (name === "start") console.log(welcomeLines(config).join("\n"));
}
