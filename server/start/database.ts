import { mkdir } from "node:fs/promises";

import type { Logger } from "pino";

import { startEmbedded } from "../db/embedded/embedded.ts";
import type { Config } from "./config.ts";
import { closeDataDir } from "./data-dir.ts";

export interface OpenDatabase {
  url: string;
  /** Releases it. Can be called twice. */
  stop(): Promise<void>;
}

/** Starts the embedded server if it is not running. `launched` is called as soon as it is only waited for. */
export async function openDatabase(
  config: Pick<Config, "databaseUrl" | "dataDir" | "postgres">,
  log: Logger,
  launched?: () => void,
): Promise<OpenDatabase> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  await mkdir(config.dataDir, { recursive: true });
  const embedded = await startEmbedded({ dataDir: config.dataDir, log, choice: config.postgres, launched });
  return { url: embedded.url, stop: () => embedded.stop() };
}

/** As every server starts: with its warnings, and in a data folder that is closed to the machine's other users. */
export async function enterDatabase(config: Config, log: Logger, launched?: () => void): Promise<OpenDatabase> {
  for (const { message, cure } of config.warnings) log.warn(`${message} ${cure}`);
  await closeDataDir(config);
  return await openDatabase(config, log, launched);
}
