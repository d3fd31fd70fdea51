import pg from "pg";
import type { Logger } from "pino";

import { isDatabaseAway } from "./away.ts";

/** A log that stays readable while the database is away. */
export interface QuietLog {
  log: Logger;
  close(): void;
}

const PROBE_SECONDS = 1;

/** This many probes in a row must succeed: a database that is starting or full accepts some connections. */
const PROBES_TO_BE_BACK = 3;

const FIRST_REMINDER_SECONDS = 60;

/**
 * Logs one line when the database goes and one when it is back, with the number of errors in between, which are left
 * out; while it is away, a reminder after 1, 2, 4, … minutes. `probe` rejects as long as the database is away.
 */
export function quietWhileAway(log: Logger, databaseUrl: string, probe: () => Promise<unknown>): QuietLog {
  const isOurs = errorsOf(databaseUrl);
  const quiet = log.child({});
  let outage: { since: number; errors: number; nextReminderSeconds: number; goodProbes: number } | null = null;
  let timer: NodeJS.Timeout | undefined;

  /** Whether the line is left out. */
  function count(error: unknown): boolean {
    if (!isDatabaseAway(error) || !isOurs(error)) return false;
    if (outage === null) {
      outage = { since: performance.now(), errors: 0, nextReminderSeconds: FIRST_REMINDER_SECONDS, goodProbes: 0 };
      log.error({ err: error }, "The database is down. Errors because of it are only counted until it is back");
      lookLater();
    }
    outage.errors += 1;
    outage.goodProbes = 0;
    return true;
  }

  async function look(): Promise<void> {
    const isThere = await probe().then(
      () => true,
      () => false,
    );
    if (outage === null) return;
    const seconds = Math.round((performance.now() - outage.since) / 1000);
    outage.goodProbes = isThere ? outage.goodProbes + 1 : 0;
    if (outage.goodProbes >= PROBES_TO_BE_BACK) {
      log.info({ seconds, errors: outage.errors }, "The database is back");
      outage = null;
      return;
    }
    if (seconds >= outage.nextReminderSeconds) {
      log.error({ seconds, errors: outage.errors }, "The database is still down");
      outage.nextReminderSeconds *= 2;
    }
    lookLater();
  }

  function lookLater(): void {
    timer = setTimeout(() => void look(), PROBE_SECONDS * 1000);
    timer.unref();
  }

  for (const level of ["info", "warn", "error"] as const) {
    quiet[level] = (first: unknown, ...rest: unknown[]) => {
      if (!count(errorIn(first))) Reflect.apply(log[level], log, [first, ...rest]);
    };
  }
  return {
    log: quiet,
    close: () => {
      outage = null;
      clearTimeout(timer);
    },
  };
}

function errorIn(first: unknown): unknown {
  return typeof first === "object" && first !== null && "err" in first ? first.err : first;
}

/** Whether a failed connection was one to this database: other servers can be away, too. */
function errorsOf(databaseUrl: string): (error: unknown) => boolean {
  const { host, port } = new pg.Client({ connectionString: databaseUrl });
  const isOurs = (error: unknown): boolean => {
    if (error instanceof AggregateError) return error.errors.some(isOurs);
    if (!(error instanceof Error)) return false;
    if ("port" in error) return error.port === port;
    if ("hostname" in error) return error.hostname === host;
    return !("address" in error) || error.address === `${host}/.s.PGSQL.${port}`;
  };
  return isOurs;
}
