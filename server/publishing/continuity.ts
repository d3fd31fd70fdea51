import type pg from "pg";
import type { Logger } from "pino";

import { CHANNELS, type Listener } from "../db/listen.ts";
import { lockContinuity } from "../db/queries/hold.ts";
import { transaction } from "../db/sql.ts";
import { checkContinuity, findEpoch } from "./hold.ts";
import { type MarkPlaces, NO_INTENT, type NotedCommit, openMarks } from "./marks.ts";

/**
 * From now on notes every commit outside the database; holds publishing if this database was not the last to publish.
 */
export interface Continuity {
  noteCommit(commit: NotedCommit): void;
  /** Can be called more than once. */
  close(): Promise<void>;
}

export interface ContinuityDeps {
  pool: pg.Pool;
  places: MarkPlaces;
  listener: Pick<Listener, "on">;
  log: Pick<Logger, "error" | "warn">;
}

export async function openContinuity({ pool, places, listener, log }: ContinuityDeps): Promise<Continuity> {
  // One after the other: workers that start together on a new database would take it for a copy without its folder.
  let marks = await transaction(pool, async (tx) => {
    await lockContinuity.run(tx);
    const { mark } = await checkContinuity({ pool, places, log });
    return mark === null ? null : await openMarks(places, mark, log);
  });
  const reopen = async () => {
    const before = marks;
    marks = await openMarks(places, { epoch: await findEpoch(pool), intentId: NO_INTENT }, log);
    await before?.close();
  };
  let closing: Promise<void> | null = null;
  let beginning: Promise<void> | null = null;
  const released = () => {
    beginning ??= reopen()
      .catch((error: unknown) => log.error({ err: error }, "commits cannot be recorded, so nothing is published"))
      .finally(() => (beginning = null));
  };
  const stop = listener.on(CHANNELS.released, released);
  return {
    noteCommit(commit) {
      if (closing !== null) throw new Error("The process stops.");
      if (marks !== null) return marks.note(commit);
      // The database accepted the intent, so publishing is released; only the notification was lost.
      released();
      throw new Error("Commits cannot be recorded yet.");
    },
    async close() {
      stop();
      await beginning;
      closing ??= marks?.close() ?? Promise.resolve();
      await closing;
    },
  };
}
