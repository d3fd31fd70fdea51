import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { pino } from "pino";

import type { PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import { createHttpClient } from "../../platforms/kit/http.ts";
import { askedScopes } from "../../platforms/kit/scopes.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { createVault } from "../vault/vault.ts";
import { registerSandboxApp } from "./app.ts";
import { connectSandboxAccount } from "./connect-sandbox.ts";
import { freshToken } from "./fresh-token.ts";
import type { OAuthServices } from "./services.ts";

let database: TestDatabase;
let services: OAuthServices;
const ends: (() => Promise<unknown>)[] = [];

before(async () => {
  database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-connect-"));
  const sandbox = await startSandbox({ port: 0, dataDir, limits: true });
  ends.push(
    () => database.drop(),
    () => sandbox.close(),
    () => rm(dataDir, { recursive: true }),
  );
  services = {
    pool: database.pool,
    vault: createVault([randomBytes(32)]),
    log: pino({ enabled: false }),
    httpFor: () => createHttpClient({ sandboxUrl: sandbox.url }),
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: (platform) => platforms[platform].oauth,
    liveApp: () => null,
    appUrl: "http://localhost:3000",
    sandboxUrl: sandbox.url,
  };
});
after(async () => {
  for (const end of ends) await end();
});

test("each user has their own account at the sandbox, and reconnecting keeps it", async () => {
  const [first, second] = [await userWithSet(), await userWithSet()];
  const accountId = await connectSandboxAccount(services, { ...first, platform: "threads" });
  assert.equal(await connectSandboxAccount(services, { ...first, platform: "threads" }), accountId);
  await connectSandboxAccount(services, { ...second, platform: "threads" });
  const { rows } = await database.pool.query("select platform_account_id, username, status, scopes from accounts");
  assert.equal(rows.length, 2);
  assert.equal(new Set(rows.map((row) => row.platform_account_id)).size, 2);
  for (const row of rows)
    assert.deepEqual([row.status, row.scopes], ["active", askedScopes(platforms.threads.oauth?.scopes ?? [])]);
  assert.match(
    await freshToken(services, { accountId, userId: first.userId, mode: "test" }, { minLifetimeSeconds: 3600 }),
    /^TH/,
  );
});

test("the instance's app at the sandbox names the instance's callbacks, where the platform has such", async () => {
  const settingsOf = async (platform: PlatformName) => {
    const { clientId } = await registerSandboxApp(services, platform);
    const answer = await services.directHttp.send({
      method: "PATCH",
      url: `${services.sandboxUrl}/_sandbox/apps`,
      json: { platform, clientId },
    });
    const { deauthorizeUrl, dataDeletionUrl } = Object(answer.json());
    return [answer.status, deauthorizeUrl, dataDeletionUrl];
  };
  for (const platform of ["facebook", "instagram", "threads"] as const)
    assert.deepEqual(await settingsOf(platform), [
      200,
      `http://localhost:3000/meta/deauthorize/${platform}`,
      `http://localhost:3000/meta/data-deletion/${platform}`,
    ]);
  assert.deepEqual(await settingsOf("tiktok"), [200, undefined, undefined]);
});

test("a platform without a broker is rejected with a message", async () => {
  await assert.rejects(
    connectSandboxAccount({ ...services, oauthOf: () => undefined }, { ...(await userWithSet()), platform: "threads" }),
    /cannot be connected yet/,
  );
});

test("a sandbox that has lost the app gets it again", async () => {
  await database.pool.query("update oauth_apps set client_id = 'forgotten'");
  await connectSandboxAccount(services, { ...(await userWithSet()), platform: "threads" });
});

test("the sandbox of an instance with another app URL is named with what to do", async () => {
  await assert.rejects(
    registerSandboxApp({ ...services, appUrl: "http://ampost.example.test" }, "threads"),
    ({ message }: Error) =>
      message.includes(services.sandboxUrl) &&
      message.includes("does not accept this instance's app URL, http://ampost.example.test (it returned 400)") &&
      message.includes("set AMPOST_SANDBOX_PORT to a free port"),
  );
});

test("an account keeps using the app it was connected with, even after it was replaced", async () => {
  const place = { ...(await userWithSet()), platform: "twitter" } as const;
  const accountId = await connectSandboxAccount(services, place);
  await connectSandboxAccount(
    { ...services, appUrl: "http://localhost:4000" },
    { ...(await userWithSet()), platform: "twitter" },
  );
  const { rows } = await database.pool.query("select client_id from oauth_apps where platform = 'twitter'");
  assert.equal(new Set(rows.map((row) => row.client_id)).size, 2);
  await database.pool.query(
    "update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1",
    [accountId],
  );
  assert.equal(
    typeof (await freshToken(services, { accountId, userId: place.userId, mode: "test" }, { minLifetimeSeconds: 60 })),
    "string",
  );
});

test("several users connecting at the same time all succeed", async () => {
  await database.pool.query("delete from oauth_apps where platform = 'linkedin'");
  const places = await Promise.all(Array.from({ length: 5 }, userWithSet));
  const ids = await Promise.all(
    places.map((place) => connectSandboxAccount(services, { ...place, platform: "linkedin" })),
  );
  assert.equal(new Set(ids).size, 5);
});

async function userWithSet() {
  const userId = randomUUID();
  const platformSetId = randomUUID();
  await database.pool.query("insert into users (id, email) values ($1, $1)", [userId]);
  await database.pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'test', 'Default')", [
    platformSetId,
    userId,
  ]);
  return { userId, platformSetId };
}
