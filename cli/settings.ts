import type { Logger } from "pino";

import { type Config, loadConfig } from "../server/start/config.ts";
import { createLog } from "../server/start/log.ts";
import { findFreePort } from "./free-port.ts";

/** The configuration and the log of one command. */
export async function readSettings(part: string): Promise<{ config: Config; log: Logger }> {
  const config = loadConfig(await withFreePorts(process.env));
  return { config, log: createLog({ level: config.logLevel, part }) };
}

/** Port 0 is resolved before anything is derived from it: URLs contain the port. */
async function withFreePorts(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const settled = { ...env };
  for (const name of ["PORT", "AMPOST_SANDBOX_PORT"])
    if (env[name] === "0") settled[name] = String(await findFreePort());
  return settled;
}
