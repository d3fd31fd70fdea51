import assert from "node:assert/strict";
import { test } from "node:test";

import { BUNDLED } from "../server/db/embedded/postgres-binaries.ts";
import { countReleases, describePostgres } from "./doctor-postgres.ts";

test("PostgreSQL's releases are counted by its calendar", () => {
  const count = (after: string, until: string) => countReleases(new Date(after), new Date(until));
  // The releases of 2026 were on these days.
  assert.equal(count("2025-11-13", "2026-02-11"), 0);
  assert.equal(count("2025-11-13", "2026-02-12"), 1);
  assert.equal(count("2026-02-12", "2026-05-14"), 1);
  assert.equal(count("2026-05-14", "2026-08-12"), 0);
  assert.equal(count("2026-05-14", "2026-11-12"), 2);
  assert.equal(count("2025-01-01", "2027-01-01"), 8);
});

test("doctor warns if the bundled PostgreSQL lacks half a year of fixes, and never about another one", () => {
  const released = new Date(BUNDLED.releasedOn).getTime();
  const look = (version: string, databaseUrl: string | null, days: number) => {
    const { status, message, cure } = describePostgres(
      version,
      { databaseUrl },
      new Date(released + days * 86_400_000),
    );
    return `${status}: ${message}${cure === null ? "" : ` ${cure}`}`;
  };
  const bundled = `PostgreSQL ${BUNDLED.version} of ${BUNDLED.releasedOn}, embedded`;
  assert.equal(look(BUNDLED.version, null, 80), `ok: ${bundled}`);
  assert.match(
    look(BUNDLED.version, null, 200),
    /^warning: .* published fixes 2 times or more Update Ampost, install /,
  );
  assert.equal(
    look("18.99 (Debian 18.99-1)", null, 900),
    "ok: PostgreSQL 18.99 (Debian 18.99-1) of this system, embedded",
  );
  assert.equal(look("15.4", "postgresql://db", 900), "ok: PostgreSQL 15.4, set by DATABASE_URL");
});
