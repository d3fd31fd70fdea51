import { BUNDLED, majorOf } from "../server/db/embedded/postgres-binaries.ts";
import type { Config } from "../server/start/config.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** So many releases with fixes may have appeared since the bundled one. */
const MOST_MISSED = 1;

/** Which PostgreSQL runs, and how old the bundled one is: its fixes come only with Ampost's own releases. */
export function describePostgres(
  version: string,
  { databaseUrl }: Pick<Config, "databaseUrl">,
  now = new Date(),
): Finding {
  if (databaseUrl !== null) return ok("database", `PostgreSQL ${version}, set by DATABASE_URL`);
  if (version !== BUNDLED.version) return ok("database", `PostgreSQL ${version} of this system, embedded`);
  const message = `PostgreSQL ${version} of ${BUNDLED.releasedOn}, embedded`;
  const missed = countReleases(new Date(BUNDLED.releasedOn), now);
  if (missed <= MOST_MISSED) return ok("database", message);
  return warning(
    "database",
    `${message}; PostgreSQL has since published fixes ${missed} times or more`,
    `Update Ampost, install PostgreSQL ${majorOf(version)} from your system's packages and set AMPOST_POSTGRES=newest, ` +
      "or set DATABASE_URL to a PostgreSQL that is kept up to date.",
  );
}

/**
 * How often PostgreSQL publishes fixes after one day and until another: at least on the second Thursday of February,
 * May, August and November. Source: https://www.postgresql.org/developer/roadmap/
 */
export function countReleases(after: Date, until: Date): number {
  let count = 0;
  for (let year = after.getUTCFullYear(); year <= until.getUTCFullYear(); year += 1) {
    for (const month of [1, 4, 7, 10]) {
      const day = secondThursday(year, month);
      if (day > after && day <= until) count += 1;
    }
  }
  return count;
}

const THURSDAY = 4;

function secondThursday(year: number, month: number): Date {
  const weekday = new Date(Date.UTC(year, month, 1)).getUTCDay();
  return new Date(Date.UTC(year, month, 8 + ((THURSDAY - weekday + 7) % 7)));
}
