import { once } from "node:events";

import { z } from "zod";

import { loadConfig } from "../../server/start/config.ts";
import { createLog } from "../../server/start/log.ts";
import { start } from "../../server/start/main.ts";
import { faultHook } from "./fault-plan.ts";

/**
 * A worker as started by `ampost worker`, with a hook at its fault points. A held one starts working on request, so
 * that its startup is complete by then. It exits with the process that started it.
 */
const { FAULTS_FOLDER: folder } = z.object({ FAULTS_FOLDER: z.string() }).parse(process.env);

process.on("disconnect", () => process.exit(1));
process.send?.("loaded");
await once(process, "message");
const config = loadConfig(process.env);
const log = createLog({ level: config.logLevel, part: "worker" });
process.on("unhandledRejection", (error) => log.error({ err: error }, "A failure went unheard"));
const running = await start(config, log, { api: false, worker: true, sandbox: false, faultPoint: faultHook(folder) });
process.send?.("started");
process.on("SIGTERM", () => void running.stop().then(() => process.exit(0)));
