import { once } from "node:events";
import { getPriority, setPriority } from "node:os";

import pg from "pg";
import { z } from "zod";

import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { createApi } from "../api.ts";
import { startBadSources } from "./bad-sources.ts";
import { startNoisyNeighbours } from "./neighbours.ts";

/**
 * The bad neighbours, and the servers that they name to others, in a process of their own, which waits to be told where
 * and how long. Whoever attacks has machines of their own: it gets of this one what nobody else wants, and no call of a
 * tenant is timed by it.
 */
const Task = z.object({
  apiUrl: z.string(),
  databaseUrl: z.string(),
  people: z.array(
    z.object({
      userId: z.string(),
      key: z.string(),
      platformSetId: z.string(),
      platformAccountIds: z.partialRecord(z.enum(PLATFORM_NAMES), z.string()),
    }),
  ),
  day: z.object({ seconds: z.number(), seed: z.number(), pauseMilliseconds: z.number() }),
});
export type Task = z.infer<typeof Task>;

/** It gets next to nothing where somebody else is at work. */
const PRIORITY_BELOW = 15;

process.on("disconnect", () => process.exit(1));
setPriority(Math.min(19, getPriority() + PRIORITY_BELOW));
process.send?.("loaded");
const [told] = await once(process, "message");
const { apiUrl, databaseUrl, people, day } = Task.parse(JSON.parse(String(told)));
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
// The database is broken now and then, whether a connection is in use or not.
pool.on("error", () => undefined).on("connect", (client) => client.on("error", () => undefined));
const sources = await startBadSources();
const { answers, over } = startNoisyNeighbours({ api: createApi([apiUrl]), apiUrl, pool }, people, sources, day);
const violations = await over;
process.send?.({ violations, answers: [...answers] }, () => process.exit(0));
