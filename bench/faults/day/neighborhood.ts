import { once } from "node:events";
import { getPriority, setPriority } from "node:os";

import pg from "pg";
import { z } from "zod";

import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { createApi } from "../api.ts";
import { startBadSources } from "./bad-sources.ts";
import { startNoisyNeighbors } from "./neighbors.ts";

/**
 * The bad neighbors, and the servers that they direct others to, in a separate process, which waits for its target and
 * duration. Attackers have their own machines: this process only gets the CPU time that nothing else needs, and no
 * request of a tenant is timed by it.
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

/** It gets almost no CPU time while others are working. */
const PRIORITY_BELOW = 15;

process.on("disconnect", () => process.exit(1));
setPriority(Math.min(19, getPriority() + PRIORITY_BELOW));
process.send?.("loaded");
const [task] = await once(process, "message");
const { apiUrl, databaseUrl, people, day } = Task.parse(JSON.parse(String(task)));
const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
// The database is interrupted now and then, whether or not a connection is in use.
pool.on("error", () => undefined).on("connect", (client) => client.on("error", () => undefined));
const sources = await startBadSources();
const { answers, over } = startNoisyNeighbors({ api: createApi([apiUrl]), apiUrl, pool }, people, sources, day);
const violations = await over;
process.send?.({ violations, answers: [...answers] }, () => process.exit(0));
