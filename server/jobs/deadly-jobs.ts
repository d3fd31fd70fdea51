import type pg from "pg";
import type { JobWithMetadata } from "pg-boss";
import type { Logger } from "pino";
import { z } from "zod";

import { beginTry, endTry, findTry, MOST_TRIES, setTryAside } from "../db/queries/tries.ts";
import { createSlots } from "../turns/slots.ts";

/** What pg-boss notes of an attempt whose process has said nothing more of it: most likely, it is dead. */
export const UNENDED = ["job heartbeat timeout", "job timed out"] as const;

const unended = z.object({ value: z.object({ message: z.enum(UNENDED) }) });

export interface CountedJob {
  job: JobWithMetadata;
  run(): Promise<void>;
  /** Tells whose it is that it will not be done. */
  setAside?: ((data: unknown) => Promise<void>) | undefined;
}

/**
 * Does a queue's jobs, whose attempts are counted once their process has died: after five deaths in a row, the job is
 * set aside, and the operator is told. A failure is no death, so its number is left to the queue. What its process has
 * not survived twice is done alone among its like, so that those that only happened to be near it are not counted.
 */
export function createDeadlyJobs(
  { pool, log }: { pool: pg.Pool; log: Pick<Logger, "error"> },
  queue: string,
): (counted: CountedJob) => Promise<"done" | "set aside"> {
  const alone = createSlots({ any: 1 });
  return async ({ job, run, setAside }) => {
    const begin = async () => {
      job.signal.throwIfAborted();
      const deaths = (await beginTry.one(pool, [queue, job.id, 0]))?.unended ?? 0;
      if (deaths < MOST_TRIES) {
        try {
          await run();
        } finally {
          await endTry.run(pool, [queue, job.id]);
        }
        return "done";
      }
      await setAside?.(job.data);
      await setTryAside.run(pool, [queue, job.id]);
      const { sealed: _sealed, ...data } = Object(job.data);
      log.error({ queue, jobId: job.id, data, deaths }, "A job was set aside: processes crashed on it repeatedly");
      return "set aside";
    };
    if (!unended.safeParse(job.output).success) {
      await run();
      return "done";
    }
    const known = await findTry.one(pool, [queue, job.id]);
    return known === undefined ? await begin() : await alone.run({ whose: queue, isLight: false }, begin);
  };
}
