import { pino } from "pino";
import { z } from "zod";

import { SPEED, startEngine } from "./engine.ts";

/** A publishing process that kills itself at a given point. It sends "ready" once the engine has started. */
const message = z.object({
  environment: z.object({
    databaseUrl: z.string(),
    mediaFolder: z.string(),
    mediaUrls: z.object({ baseUrl: z.string(), secret: z.string() }),
    vaultKey: z.string(),
    sandboxUrl: z.string(),
    settings: z.record(z.string(), z.string()),
    longestCallSeconds: z.number(),
  }),
  crashPoint: z.object({
    request: z.number().optional(),
    publish: z.number().optional(),
    storing: z.literal(true).optional(),
    when: z.enum(["before", "after"]),
  }),
});

process.once("disconnect", () => process.exit(1));
process.once("message", (received) => {
  const { environment, crashPoint } = message.parse(received);
  const log = pino({ level: "silent" });
  void startEngine(environment, log, { speed: SPEED, crashPoint }).then(() => process.send?.("ready"));
});
