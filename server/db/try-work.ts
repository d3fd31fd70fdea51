import type pg from "pg";
import type { Logger } from "pino";

import { beginTry, endTry, failTry, MOST_TRIES, setTryAside } from "./queries/tries.ts";

export interface TryDeps {
  pool: pg.Pool;
  log: Pick<Logger, "warn" | "error">;
}

export interface TriedWork {
  work: string;
  /** Whose it is. */
  subject: string;
  /** Asked about a failure: whether it is this work that fails, and not everything. Only then is it set aside. */
  isAtFault?: (tries: number) => Promise<boolean>;
  /** Does away with what is in the way; otherwise, the work is tried once a day. */
  setAside?: () => Promise<void>;
  run(tries: number): Promise<unknown>;
}

/** How long a try is waited for that does not end: it may have killed its process. */
const LEASE_SECONDS = 60;
/** Between the first tries; later ones are as far apart as if each had killed its process. */
export const PAUSE_SECONDS = 10;

/**
 * Does work for one user, account or file, and says whether there is nothing more to do. A try is counted before it
 * begins: work that fails or kills its process five times in a row is set aside, and the operator is told. So it holds up
 * nobody else.
 */
export async function tryWork(deps: TryDeps, tried: TriedWork): Promise<boolean> {
  const { pool, log } = deps;
  const { work, subject, isAtFault, run } = tried;
  const begun = await beginTry.one(pool, [work, subject, LEASE_SECONDS]);
  if (begun === undefined) return false;
  const { tries, unended } = begun;
  if (unended > MOST_TRIES) return await putAside(deps, tried, new Error("The process stopped while it was at it"));
  try {
    await run(tries);
  } catch (error) {
    if (tries >= MOST_TRIES && ((await isAtFault?.(tries)) ?? true)) return await putAside(deps, tried, error);
    log.warn({ err: error, work, subject, tries }, "Work failed; will retry");
    const message = error instanceof Error ? error.message : String(error);
    await failTry.run(pool, [work, subject, message, tries >= MOST_TRIES ? LEASE_SECONDS : PAUSE_SECONDS]);
    return false;
  }
  await endTry.run(pool, [work, subject]);
  return true;
}

async function putAside({ pool, log }: TryDeps, { work, subject, setAside }: TriedWork, error: unknown) {
  log.error({ err: error, work, subject }, "Work was set aside: it failed or crashed its process repeatedly");
  if (setAside === undefined) await setTryAside.run(pool, [work, subject]);
  else {
    await setAside();
    await endTry.run(pool, [work, subject]);
  }
  return setAside !== undefined;
}
