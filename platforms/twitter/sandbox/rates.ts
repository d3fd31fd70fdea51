import type { Call } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";

/**
 * Request limits per person and app, and their headers. Source: X docs, rate limits, 2026-08-22.
 */
interface Bucket {
  method: string;
  path: RegExp;
  /** Per window of 15 minutes, which starts with its first request. */
  perPerson: number;
  perApp?: { calls: number; windowSeconds: number };
}

const QUARTER_SECONDS = 900;
const DAY_SECONDS = 86_400;
const daily = (calls: number) => ({ calls, windowSeconds: DAY_SECONDS });
const quarterly = (calls: number) => ({ calls, windowSeconds: QUARTER_SECONDS });

const BUCKETS: readonly Bucket[] = [
  { method: "POST", path: /^\/2\/tweets$/, perPerson: 100, perApp: daily(10_000) },
  { method: "DELETE", path: /^\/2\/tweets\/[^/]+$/, perPerson: 50 },
  { method: "GET", path: /^\/2\/tweets$/, perPerson: 5_000, perApp: quarterly(3_500) },
  { method: "GET", path: /^\/2\/tweets\/[^/]+$/, perPerson: 900, perApp: quarterly(450) },
  { method: "GET", path: /^\/2\/users\/me$/, perPerson: 75 },
  { method: "GET", path: /^\/2\/users\/[^/]+$/, perPerson: 900, perApp: quarterly(300) },
  { method: "GET", path: /^\/2\/users\/[^/]+\/tweets$/, perPerson: 900, perApp: quarterly(10_000) },
  { method: "POST", path: /^\/2\/media\/upload$/, perPerson: 500, perApp: daily(50_000) },
  { method: "GET", path: /^\/2\/media\/upload$/, perPerson: 1_000, perApp: daily(100_000) },
  { method: "POST", path: /^\/2\/media\/upload\/initialize$/, perPerson: 1_875, perApp: daily(180_000) },
  { method: "POST", path: /^\/2\/media\/upload\/[^/]+\/append$/, perPerson: 1_875, perApp: daily(180_000) },
  { method: "POST", path: /^\/2\/media\/upload\/[^/]+\/finalize$/, perPerson: 1_875, perApp: daily(180_000) },
  { method: "POST", path: /^\/2\/media\/metadata$/, perPerson: 500, perApp: daily(50_000) },
];

export const RATES_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_windows (
  name TEXT NOT NULL, holder TEXT NOT NULL, starts_at INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (name, holder)) WITHOUT ROWID;`;

/** The current state of a limit for one holder. */
interface Standing {
  name: string;
  holder: string;
  limit: number;
  used: number;
  startsAt: number;
  windowSeconds: number;
}

/** Counts a call. False if the person or the app is over the limit; the call then does not count. */
export function countCall(call: Call): boolean {
  const standings = standingsOf(call);
  if (standings.some((one) => one.used >= one.limit)) return false;
  for (const { name, holder, startsAt, used } of standings) {
    call.world.store.run(
      `INSERT INTO twitter_windows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET starts_at = excluded.starts_at, used = excluded.used`,
      name,
      holder,
      startsAt,
      used + 1,
    );
  }
  return true;
}

/** On every response. The headers of a daily limit are sent only once it is exceeded, as for pay-per-use apps. */
export function responseHeaders(call: Call, { usedUp = false } = {}): Record<string, string> {
  const [person, app] = standingsOf(call);
  return {
    "cache-control": "no-cache, no-store, max-age=0",
    "api-version": "2.167",
    "x-access-level": "read-write",
    "x-transaction-id": call.number.toString(16).padStart(16, "0"),
    ...(person && {
      "x-rate-limit-limit": String(person.limit),
      "x-rate-limit-remaining": String(usedUp ? 0 : Math.max(0, person.limit - person.used)),
      "x-rate-limit-reset": resetOf(person),
    }),
    ...(app &&
      app.used >= app.limit &&
      (app.windowSeconds === DAY_SECONDS
        ? dayHeaders("app", app.limit, resetOf(app))
        : { "x-rate-limit-reset": resetOf(app), "x-rate-limit-remaining": "0" })),
  };
}

/** As when the daily limit is exceeded. `reset` is in seconds since 1970. */
export function dayHeaders(holder: "app" | "user", limit: number, reset: string): Record<string, string> {
  const prefix = `x-${holder}-limit-24hour`;
  return { [`${prefix}-limit`]: String(limit), [`${prefix}-remaining`]: "0", [`${prefix}-reset`]: reset };
}

function resetOf({ startsAt, windowSeconds }: Standing): string {
  return String(Math.ceil(startsAt / 1000) + windowSeconds);
}

/** The person's limit, then the app's if there is one. Nothing if the caller is unknown. */
function standingsOf(call: Call): Standing[] {
  const bucket = BUCKETS.find((one) => one.method === call.method && one.path.test(call.path.replace(/\/$/, "")));
  const token = call.accessToken === null ? undefined : call.world.identity.token("twitter", call.accessToken);
  if (!bucket || !token) return [];
  const name = `${bucket.method} ${bucket.path.source}`;
  const person = standing(call, {
    name,
    holder: `${token.clientId} for ${token.personId}`,
    limit: bucket.perPerson,
    windowSeconds: QUARTER_SECONDS,
  });
  if (!bucket.perApp) return [person];
  return [
    person,
    standing(call, {
      name,
      holder: token.clientId,
      limit: bucket.perApp.calls,
      windowSeconds: bucket.perApp.windowSeconds,
    }),
  ];
}

function standing(call: Call, of: Omit<Standing, "used" | "startsAt">): Standing {
  const row = call.world.store.get(
    "SELECT starts_at, used FROM twitter_windows WHERE name = ? AND holder = ?",
    of.name,
    of.holder,
  );
  const startsAt = row && integer(row, "starts_at");
  const isOpen = startsAt !== undefined && call.now >= startsAt && call.now < startsAt + of.windowSeconds * 1000;
  return { ...of, startsAt: isOpen ? startsAt : call.now, used: isOpen ? integer(row, "used") : 0 };
}
