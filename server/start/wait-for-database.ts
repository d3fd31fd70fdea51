import { setTimeout as sleep } from "node:timers/promises";

import type { Logger } from "pino";

import { isDatabaseAway } from "../db/away.ts";
import { cureOfRefusal } from "../db/refused-connection.ts";

const TRY_SECONDS = 1;
const FIRST_REMINDER_SECONDS = 60;

export interface Patience {
  log: Pick<Logger, "info" | "warn">;
  /** The variable with the URL. */
  setting: string;
  /** How long to wait; forever by default, as for everything that starts together with its database. */
  seconds?: number;
}

/**
 * Repeats `work` while the database is away, with a line when the wait begins, after 1, 2, 4, … minutes, and when it is
 * over. Throws an error that says what to do if the time is over, or if waiting cannot help.
 */
export async function waitForDatabase<Result>(
  work: () => Promise<Result>,
  { log, setting, seconds = Number.POSITIVE_INFINITY }: Patience,
): Promise<Result> {
  const began = performance.now();
  let nextLineSeconds = 0;
  for (;;) {
    try {
      const result = await work();
      if (nextLineSeconds > 0) log.info("The database can be reached");
      return result;
    } catch (error) {
      const cure = cureOfRefusal(error, setting);
      if (cure !== null)
        throw new Error(`The database refuses the connection: ${reasonOf(error)}. ${cure}`, { cause: error });
      if (!isDatabaseAway(error)) throw error;
      const waited = (performance.now() - began) / 1000;
      if (waited >= seconds)
        throw new Error(`The database cannot be reached: ${reasonOf(error)}. Check ${setting}.`, { cause: error });
      if (waited >= nextLineSeconds) {
        log.warn(
          { err: error },
          `The database cannot be reached; waiting for it. If this does not end, check ${setting}`,
        );
        nextLineSeconds = Math.max(FIRST_REMINDER_SECONDS, nextLineSeconds * 2);
      }
      await sleep(TRY_SECONDS * 1000);
    }
  }
}

/** Of several addresses, each has its own reason. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
}
