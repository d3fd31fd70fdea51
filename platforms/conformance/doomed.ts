import { pino } from "pino";
import { z } from "zod";

import { SPEED, startEngine } from "./engine.ts";

/** A publishing process that is killed at the point its parent names; it says "ready" when it publishes. */
const message = z.object({
  place: z.object({
    databaseUrl: z.string(),
    mediaFolder: z.string(),
    mediaUrls: z.object({ baseUrl: z.string(), secret: z.string() }),
    vaultKey: z.string(),
    sandboxUrl: z.string(),
    settings: z.record(z.string(), z.string()),
  }),
  doom: z.object({
    request: z.number().optional(),
    publish: z.number().optional(),
    storing: z.literal(true).optional(),
    when: z.enum(["before", "after"]),
  }),
});

process.once("disconnect", () => process.exit(1));
process.once("message", (received) => {
  const { place, doom } = message.parse(received);
  void startEngine(place, pino({ level: "silent" }), { speed: SPEED, doom }).then(() => process.send?.("ready"));
});
