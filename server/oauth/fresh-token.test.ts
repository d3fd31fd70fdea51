import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import type pg from "pg";
import { pino } from "pino";

import type { PlatformName } from "../../model/platform-names.ts";
import { createHttpClient, TransportError } from "../../platforms/kit/http.ts";
import { BrokerError, type Grant, type OAuth } from "../../platforms/platform.ts";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { createPool } from "../db/pool.ts";
import { createVault } from "../vault/vault.ts";
import { storeConnection } from "./connect.ts";
import { freshAccess, freshToken } from "./fresh-token.ts";
import type { OAuthServices } from "./services.ts";

let database: TestDatabase;
before(async () => (database = await createTestDatabase()));
after(() => database.drop());

const live: Grant = {
  accessToken: "first",
  refreshToken: "renew-1",
  expiresInSeconds: 7200,
  refreshExpiresInSeconds: null,
  scopes: ["post"],
};
const profile = {
  platformAccountId: "26000000000000001",
  username: "someone",
  displayName: "Someone",
  avatarUrl: null,
  metadata: {},
};

test("a token that is valid long enough is used unchanged", async () => {
  const world = await connected(live, () => assert.fail("nothing is due"));
  assert.equal(await freshToken(world.services, world.account, { minLifetimeSeconds: 600 }), "first");
});

test("fifty parallel uses of an expired token renew it once, and all get the new one", async () => {
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => ({
    ...live,
    accessToken: "second",
    refreshToken: "renew-2",
  }));
  const tokens = await Promise.all(
    Array.from({ length: 50 }, () => freshToken(world.services, world.account, { minLifetimeSeconds: 600 })),
  );
  assert.deepEqual(new Set(tokens), new Set(["second"]));
  assert.equal(world.renewals.length, 1);
  assert.equal(world.renewals[0]?.refreshToken, "renew-1");
});

test("if a platform sends no refresh token again, the old one is kept", async () => {
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => ({
    ...live,
    accessToken: "next",
    refreshToken: null,
    expiresInSeconds: -1,
  }));
  await freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  await freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  assert.deepEqual(
    world.renewals.map((grant) => grant.refreshToken),
    ["renew-1", "renew-1"],
  );
});

test("a person's token is kept besides the account's through renewals, used while it is valid, and goes with another grant", async () => {
  const person = { accessToken: "person", expiresInSeconds: 5000 };
  const world = await connected({ ...live, expiresInSeconds: -1, userToken: person }, async () => ({
    ...live,
    accessToken: "second",
  }));
  const access = () => freshAccess(world.services, world.account, { minLifetimeSeconds: 600 });
  assert.deepEqual(await access(), { accessToken: "second", userToken: "person" });
  assert.deepEqual(
    world.renewals.map(({ userToken }) => userToken?.accessToken),
    ["person"],
  );
  const { rows } = await database.pool.query("select c::text as row from connections c where account_id = $1", [
    world.account.accountId,
  ]);
  assert.doesNotMatch(JSON.stringify(rows), /person/);
  await database.pool.query("update connections set user_token_expires_at = now() where account_id = $1", [
    world.account.accountId,
  ]);
  assert.deepEqual(await access(), { accessToken: "second" });
});

test("a network error while renewing never disconnects, and a valid token is used", async () => {
  const fault = async (): Promise<Grant> => Promise.reject(new Error("connection reset"));
  const soon = await connected({ ...live, expiresInSeconds: 300 }, fault);
  assert.equal(await freshToken(soon.services, soon.account, { minLifetimeSeconds: 600 }), "first");
  const ended = await connected({ ...live, expiresInSeconds: -1 }, fault);
  await assert.rejects(
    freshToken(ended.services, ended.account, { minLifetimeSeconds: 600 }),
    (error) => error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE",
  );
  assert.equal((await health(ended.account.accountId)).token_health, "healthy");
});

test("a grant reported as revoked requires reconnecting and says why", async () => {
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () =>
    Promise.reject(new BrokerError("AUTH_REVOKED", "The person removed the app.")),
  );
  await assert.rejects(
    freshToken(world.services, world.account, { minLifetimeSeconds: 600 }),
    (error) => error instanceof BrokerError && error.code === "AUTH_REVOKED",
  );
  assert.deepEqual(await health(world.account.accountId), {
    token_health: "revoked",
    token_health_reason: "The person removed the app.",
  });
});

test("a token the platform has rejected is renewed whatever its age, and no token is readable in the database", async () => {
  const world = await connected(live, async () => ({ ...live, accessToken: "second", refreshToken: "renew-2" }));
  assert.equal(
    await freshToken(world.services, world.account, { minLifetimeSeconds: 600, refused: "first" }),
    "second",
  );
  assert.equal(
    await freshToken(world.services, world.account, { minLifetimeSeconds: 600, refused: "first" }),
    "second",
  );
  assert.equal(world.renewals.length, 1);
  const { rows } = await database.pool.query("select row_to_json(c)::text as row from connections c");
  assert.ok(!JSON.stringify(rows).includes("second") && !JSON.stringify(rows).includes("renew-"));
});

test("no connection or transaction is open during a request to the platform", async () => {
  const narrow = createPool(database.url, { max: 1, name: "ampost narrow" });
  const seen: unknown[] = [];
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    seen.push(
      narrow.idleCount,
      (
        await narrow.query(
          `select count(*) from pg_stat_activity where application_name = 'ampost narrow'
             and state like 'idle in transaction%'`,
        )
      ).rows[0]?.count,
    );
    return { ...live, accessToken: "second" };
  });
  assert.equal(
    await freshToken({ ...world.services, pool: narrow }, world.account, { minLifetimeSeconds: 600 }),
    "second",
  );
  assert.deepEqual(seen, [1, 0]);
  await narrow.end();
});

test("one process at a time renews a grant: the others wait, without a connection, and get its pair", async () => {
  const answers = Promise.withResolvers<void>();
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    await answers.promise;
    return { ...live, accessToken: "second", refreshToken: "renew-2" };
  });
  const first = freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  await until(() => world.renewals.length === 1);
  const other = createPool(database.url, { max: 1 });
  let looks = 0;
  other.on("acquire", () => (looks += 1));
  const second = freshToken({ ...world.services, pool: other }, world.account, { minLifetimeSeconds: 600 });
  // It has read the row, tried to claim it, and looked again twice.
  await until(() => looks >= 4 && other.idleCount === 1);
  assert.equal(world.renewals.length, 1);
  answers.resolve();
  assert.deepEqual([await first, await second], ["second", "second"]);
  assert.equal(world.renewals.length, 1);
  await other.end();
});

test("a pair from the platform is stored even if the database is down at that moment", async () => {
  const pool = createPool(database.url, { max: 1, name: "ampost broken", onError: () => undefined });
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    // The next statement of this connection ends it.
    pool.once(
      "acquire",
      (client) => void database.pool.query("select pg_terminate_backend($1)", [Object(client).processID]),
    );
    return { ...live, accessToken: "second", refreshToken: "renew-2" };
  });
  assert.equal(await freshToken({ ...world.services, pool }, world.account, { minLifetimeSeconds: 600 }), "second");
  assert.equal(await freshToken(world.services, world.account, { minLifetimeSeconds: 600 }), "second");
  await pool.end();
});

test("a pair is kept for as long as the database is away, and a deadlock afterwards does not lose it", async (t) => {
  const pool = createPool(database.url, { max: 1 });
  const connect = pool.connect.bind(pool);
  const deadlock = Object.assign(new Error("deadlock detected"), { code: "40P01" });
  const failures = [Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT", syscall: "connect" }), deadlock];
  let now = performance.now();
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    t.mock.method(performance, "now", () => now);
    t.mock.method(pool, "connect", () => {
      now += 1_000_000;
      const failure = failures.shift();
      return failure === undefined ? connect() : Promise.reject(failure);
    });
    return { ...live, accessToken: "second", refreshToken: "renew-2" };
  });
  assert.equal(await freshToken({ ...world.services, pool }, world.account, { minLifetimeSeconds: 600 }), "second");
  assert.deepEqual(failures, []);
  await pool.end();
});

test("a pair holds up no process that ends while the database is away", async (t) => {
  const pool = createPool(database.url, { max: 1 });
  let attempts = 0;
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    t.mock.method(pool, "connect", async () => {
      attempts += 1;
      if (attempts === 2) void pool.end();
      throw Object.assign(new Error("connect ETIMEDOUT"), { code: "ETIMEDOUT", syscall: "connect" });
    });
    return { ...live, accessToken: "second", refreshToken: "renew-2" };
  });
  await assert.rejects(
    freshToken({ ...world.services, pool }, world.account, { minLifetimeSeconds: 600 }),
    (error) => error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE",
  );
  assert.equal(attempts, 2);
});

test("after a lost renewal, a rejection ends nothing while its pair may still arrive, and that is used", async () => {
  const [asked, answers] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    if (world.renewals.length > 1) throw new BrokerError("AUTH_REVOKED", "The token was used before.");
    asked.resolve();
    await answers.promise;
    return { ...live, accessToken: "second", refreshToken: "renew-2" };
  });
  const first = freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  await asked.promise;
  await waitedTooLong(world.account.accountId);
  const other = createPool(database.url, { max: 1 });
  await assert.rejects(
    freshToken({ ...world.services, pool: other }, world.account, { minLifetimeSeconds: 600 }),
    (error) =>
      error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE" && /while renewing/.test(error.message),
  );
  assert.deepEqual(await health(world.account.accountId), { token_health: "healthy", token_health_reason: null });
  answers.resolve();
  assert.equal(await first, "second");
  assert.equal(
    await freshToken({ ...world.services, pool: other }, world.account, { minLifetimeSeconds: 600 }),
    "second",
  );
  assert.equal((await health(world.account.accountId)).token_health, "healthy");
  await other.end();
});

test("after a lost response to a renewal, a later rejection is reported as such", async () => {
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    throw world.renewals.length > 1
      ? new BrokerError("AUTH_REVOKED", "The token was used before.")
      : new TransportError("The connection broke.", { sent: true, failure: "reset" });
  });
  const ask = () => freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  await assert.rejects(ask(), (error) => error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE");
  await assert.rejects(ask(), (error) => error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE");
  assert.equal((await health(world.account.accountId)).token_health, "healthy");
  await database.pool.query(
    `update connections set issued_at = issued_at - interval '1 hour',
       renewal_lost_at = renewal_lost_at - interval '10 minutes' where account_id = $1`,
    [world.account.accountId],
  );
  await assert.rejects(ask(), (error) => error instanceof BrokerError && error.code === "AUTH_EXPIRED");
  const told = await health(world.account.accountId);
  assert.equal(told.token_health, "expired");
  assert.match(told.token_health_reason ?? "", /stopped or lost .* while renewing .* Reconnect the account/);
});

test("a platform that does not respond to renewals blocks neither connections nor the renewals of others", async () => {
  const answers = Promise.withResolvers<void>();
  const hangs = await Promise.all(
    Array.from({ length: 12 }, () =>
      connected({ ...live, expiresInSeconds: -1 }, () =>
        answers.promise.then(() => ({ ...live, accessToken: "late" })),
      ),
    ),
  );
  const other = await connected(
    { ...live, expiresInSeconds: -1 },
    async () => ({ ...live, accessToken: "second" }),
    false,
    "youtube",
  );
  const pool = createPool(database.url, { max: 2 });
  const hanging = hangs.map(({ services, account }) =>
    freshToken({ ...services, pool }, account, { minLifetimeSeconds: 600 }).catch((error: unknown) => error),
  );
  const underWay = () => hangs.filter(({ renewals }) => renewals.length > 0).length;
  await until(() => underWay() === 4 && pool.idleCount === pool.totalCount);
  assert.equal(await freshToken({ ...other.services, pool }, other.account, { minLifetimeSeconds: 600 }), "second");
  // Which four are first is chance.
  const [asked, turnedAway] = [true, false].map((isAsked) =>
    hanging.filter((_, index) => (hangs[index]?.renewals.length === 1) === isAsked),
  );
  for (const error of await Promise.all(turnedAway ?? []))
    assert.ok(error instanceof BrokerError && error.code === "PLATFORM_UNAVAILABLE");
  assert.equal(underWay(), 4);
  answers.resolve();
  assert.deepEqual(await Promise.all(asked ?? []), ["late", "late", "late", "late"]);
  await pool.end();
});

test("a rejection after the user has reconnected says nothing about the new grant", async () => {
  const narrow = narrowPool();
  const refused = Promise.withResolvers<void>();
  const world = await connected({ ...live, expiresInSeconds: -1 }, async () => {
    narrow.hold();
    refused.resolve();
    throw new BrokerError("AUTH_REVOKED", "The person removed the app.");
  });
  const place = { ...world.account, platformSetId: world.setId, platform: "threads" as const };
  const asked = freshToken({ ...world.services, pool: narrow.pool }, world.account, { minLifetimeSeconds: 600 });
  await refused.promise;
  await storeConnection(world.services, place, { ...live, accessToken: "again" }, profile);
  await narrow.letGo();
  assert.equal(await asked, "again");
  await narrow.pool.end();
  assert.equal((await health(world.account.accountId)).token_health, "healthy");
});

test("a grant without a required refresh token is used until it expires, and then the platform says why", async () => {
  const refused = async (): Promise<Grant> =>
    Promise.reject(new BrokerError("AUTH_EXPIRED", "The platform gave no refresh token."));
  const old = await connected({ ...live, refreshToken: null, expiresInSeconds: 300 }, refused, true);
  assert.equal(await freshToken(old.services, old.account, { minLifetimeSeconds: 600 }), "first");
  assert.equal(old.renewals.length, 0);
  const ended = await connected({ ...live, refreshToken: null, expiresInSeconds: -1 }, refused, true);
  await assert.rejects(freshToken(ended.services, ended.account, { minLifetimeSeconds: 600 }), /gave no refresh token/);
  assert.equal((await health(ended.account.accountId)).token_health, "expired");
});

test("a refresh token returned without its expiry keeps the one it had", async () => {
  const world = await connected(
    { ...live, expiresInSeconds: -1, refreshExpiresInSeconds: 3 * 86_400 },
    async ({ refreshToken }) => ({ ...live, accessToken: "next", refreshToken }),
    true,
  );
  await freshToken(world.services, world.account, { minLifetimeSeconds: 600 });
  const { rows } = await database.pool.query(
    "select refresh_token_expires_at > now() + interval '2 days' as kept from connections where account_id = $1",
    [world.account.accountId],
  );
  assert.deepEqual(rows, [{ kept: true }]);
  assert.equal((await health(world.account.accountId)).token_health, "expiring");
});

test("another account replaces the set's, and the same one keeps its ID", async () => {
  const world = await connected(live, async () => live);
  const place = { ...world.account, platformSetId: world.setId, platform: "threads" as const };
  assert.equal(await storeConnection(world.services, place, live, profile), world.account.accountId);
  const other = await storeConnection(world.services, place, live, {
    ...profile,
    platformAccountId: "26000000000000002",
  });
  assert.notEqual(other, world.account.accountId);
  assert.equal((await health(world.account.accountId)).token_health, "revoked");
  await assert.rejects(freshToken(world.services, world.account, { minLifetimeSeconds: 600 }), BrokerError);
});

/**
 * A pool of one connection, which is kept from the next who wants it from `hold` on until it is let go: so long their
 * work stands still.
 */
function narrowPool() {
  const pool = createPool(database.url, { max: 1, onError: () => undefined });
  let held: Promise<pg.PoolClient> | undefined;
  return {
    pool,
    hold: () => void (held = pool.connect()),
    letGo: async () => (await held)?.release(),
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** As if the process that renews had stood still for longer than is waited for. */
async function waitedTooLong(accountId: string): Promise<void> {
  await database.pool.query("update connections set renewing_until = now() where account_id = $1", [accountId]);
}

async function connected(
  grant: Grant,
  renew: (grant: Grant) => Promise<Grant>,
  needsRefreshToken = false,
  platform: PlatformName = "threads",
) {
  const userId = randomUUID();
  const setId = randomUUID();
  await database.pool.query("insert into users (id, email) values ($1, $1)", [userId]);
  await database.pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'live', 'Default')", [
    setId,
    userId,
  ]);
  const renewals: Grant[] = [];
  const oauth: OAuth = {
    environmentPrefix: "TEST",
    portalUrl: "https://platform.example/developers",
    authorizeUrl: "https://platform.example/authorize",
    scopes: [],
    scopeSeparator: " ",
    pkce: false,
    exchange: () => Promise.reject(new Error("not part of this test")),
    profile: () => Promise.resolve(profile),
    refresh: {
      minAgeSeconds: 0,
      afterSeconds: 86_400,
      ...(needsRefreshToken ? { needsRefreshToken } : {}),
      run: (_http, _app, old) => {
        renewals.push(old);
        return renew(old);
      },
    },
  };
  const services: OAuthServices = {
    pool: database.pool,
    vault: createVault([randomBytes(32)]),
    log: pino({ enabled: false }),
    httpFor: () => createHttpClient({}),
    directHttp: createHttpClient({}),
    oauthOf: () => oauth,
    liveApp: () => ({ clientId: "client", clientSecret: "secret", redirectUri: "https://ampost.example/callback" }),
    appUrl: "https://ampost.example",
    sandboxUrl: "http://127.0.0.1:9",
  };
  const accountId = await storeConnection(
    services,
    { userId, mode: "live", platformSetId: setId, platform },
    grant,
    profile,
  );
  return { services, account: { accountId, userId, mode: "live" as const }, setId, renewals };
}

async function health(accountId: string) {
  const { rows } = await database.pool.query<{ token_health: string; token_health_reason: string | null }>(
    "select token_health, token_health_reason from accounts where id = $1",
    [accountId],
  );
  assert.ok(rows[0]);
  return rows[0];
}
