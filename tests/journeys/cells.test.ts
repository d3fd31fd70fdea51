import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { pino } from "pino";
import { z } from "zod";

import { type Installation, openInstallation } from "../../cli/installation.fixture.ts";
import { createRouter } from "../../router/router.ts";
import { listSets } from "../../server/db/queries/platform-sets.ts";
import { createApiKey } from "../../server/domain/api-keys/api-keys.ts";
import { ensureUser } from "../../server/domain/users/ensure-user.ts";
import { connectSandboxAccount } from "../../server/oauth/connect-sandbox.ts";
import { loadConfig } from "../../server/start/config.ts";
import { openInstance } from "../../server/start/instance.ts";

const TENANTS_OF_CELL = 100;
/** Posts of the tenant that moves: one is due each second. The others have one each, at any of these times. */
const SECONDS = 20;

/** What someone is told whose tenant is being moved. */
const MOVING = /is being moved to another server/;

const ledger = z.array(z.object({ text: z.string(), publishCalls: z.number(), createdAt: z.string() }));

test("a tenant moves between cells while it publishes: every post of everyone is published once and not early, and no one else is refused for it", async (t) => {
  const [a, b] = [await openInstallation(t), await openInstallation(t)];
  const secret = randomBytes(32).toString("base64");
  const router = createRouter({
    cells: [
      { name: "a", url: a.url },
      { name: "b", url: b.url },
    ],
    newcomers: ["a"],
    secret,
    onProblem: () => undefined,
  });
  router.listen(0, "127.0.0.1");
  await once(router, "listening");
  t.after(() => {
    router.closeAllConnections();
    router.close();
  });
  const { port }: AddressInfo = Object(router.address());
  const url = `http://localhost:${port}`;
  const shared = {
    AMPOST_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    AMPOST_CELL_SECRET: secret,
    AMPOST_API_URL: url,
    AMPOST_SANDBOX_URL: a.sandboxUrl,
    AMPOST_SANDBOX_LIMITS: "false",
    AMPOST_SCHEDULING: "all",
    AMPOST_TRUST_PROXY: "1",
  };
  await a.start("sandbox", shared);
  await Promise.all([a.start("start", shared), b.start("start", shared)]);
  const tenants = [await addTenants(a, shared, "a"), await addTenants(b, shared, "b")].flat();
  const [moved = assert.fail(), ...others] = tenants;

  /** What must be published, and from when on. */
  const wanted = new Map<string, number>();
  let refused = 0;
  /** As clients do, with an idempotency key: again until it is accepted. */
  const send = async ({ key }: Tenant, path: string, name: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": name };
    for (;;) {
      const response = await fetch(`${url}/api/v1/posts${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      const answer = await response.text();
      if (response.ok) return z.object({ post: z.object({ id: z.string() }) }).parse(JSON.parse(answer)).post.id;
      // A busy machine may refuse as well.
      assert.equal(response.status, 503, answer);
      if (MOVING.test(answer)) refused += 1;
      await sleep(500);
    }
  };
  const create = async (tenant: Tenant, text: string, when: object = {}) => {
    wanted.set(text, Date.now());
    const { platformSetId } = tenant;
    return await send(tenant, "", text, { content: { text }, platforms: ["threads"], platformSetId, ...when });
  };
  const publish = async (tenant: Tenant, text: string) =>
    await send(tenant, `/${await create(tenant, text)}/publish`, `publish ${text}`, {});
  const later = { scheduledFor: new Date(Date.now() + 3_600_000).toISOString() };
  for (const [place, tenant] of others.entries()) await create(tenant, `of ${place}`, later);
  for (let second = 0; second < SECONDS; second += 1) await create(moved, `moved ${second}`, later);
  assert.equal(refused, 0);
  // As if most of the time until then had passed: one each second.
  const begin = Date.now() + 2_000;
  for (const { database } of [a, b]) {
    await database?.pool.query(
      `update platform_posts pp set due_at = t.at, next_action_at = t.at
       from (select p.id, $1::timestamptz + split_part(content ->> 'text', ' ', 2)::int % ${SECONDS} * interval '1 second' as at
         from posts p) t
       where t.id = pp.post_id`,
      [new Date(begin)],
    );
    await database?.pool.query("notify ampost_due");
  }
  for (const text of wanted.keys()) wanted.set(text, begin + (Number(text.split(" ")[1]) % SECONDS) * 1000);
  const file = join(b.dataDir, "b.env");
  const settings = { ...shared, DATABASE_URL: b.database?.url, AMPOST_DATA_DIR: b.dataDir };
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );

  await sleep(Math.max(0, begin + 2_000 - Date.now()));
  const end = new AbortController();
  const move = a.run(["users", "move", moved.email, "--to", file, "--json"], shared).finally(() => end.abort());
  const calling = (async () => {
    for (let turn = 0; !end.signal.aborted; turn += 1) {
      const { key } = others[turn % others.length] ?? assert.fail();
      const response = await fetch(`${url}/api/v1/posts`, { headers: { authorization: `Bearer ${key}` } });
      const answer = await response.text();
      assert.ok(response.status === 200 || (response.status === 503 && !MOVING.test(answer)), answer);
      await sleep(50);
    }
  })();
  for (let number = 0; !end.signal.aborted; number += 1) {
    await publish(moved, `meanwhile ${number}`);
    await sleep(200);
  }
  const { code, stderr } = await move;
  assert.equal(code, 0, stderr);
  await calling;
  await publish(moved, "afterwards");
  assert.ok(refused > 0, "the tenant was asked to wait while it moved");

  const read = async () => ledger.parse(await (await fetch(`${a.sandboxUrl}/_sandbox/posts?limit=10000`)).json());
  await a.until(async () => (await read()).length >= wanted.size);
  // What would be published twice would be by now, or is about to be.
  await sleep(3_000);
  const published = await read();
  assert.deepEqual(published.map(({ text }) => text).sort(), [...wanted.keys()].sort());
  assert.deepEqual(
    published.filter(({ publishCalls }) => publishCalls !== 1),
    [],
  );
  assert.deepEqual(
    published.filter(({ text, createdAt }) => Date.parse(createdAt) < (wanted.get(text) ?? 0)),
    [],
  );
  const countOf = async ({ database }: Installation) =>
    (await database?.pool.query("select from posts where user_id = $1", [moved.userId]))?.rowCount;
  assert.deepEqual(
    [await countOf(a), await countOf(b)],
    [0, [...wanted.keys()].filter((text) => !text.startsWith("of")).length],
  );
});

interface Tenant {
  userId: string;
  email: string;
  key: string;
  platformSetId: string;
}

/** Users in test mode with a sandbox account each. */
async function addTenants({ database, dataDir, url }: Installation, env: object, name: string): Promise<Tenant[]> {
  const config = loadConfig({ ...env, DATABASE_URL: database?.url, AMPOST_DATA_DIR: dataDir, PORT: new URL(url).port });
  const instance = await openInstance(config, pino({ level: "silent" }), 0);
  try {
    const tenants: Tenant[] = [];
    for (let number = 0; number < TENANTS_OF_CELL; number += 1) {
      const email = `${name}${number}@example.com`;
      const { id: userId } = await ensureUser(instance, email);
      const [set = assert.fail()] = await listSets.all(instance.pool, [userId, "test"]);
      await connectSandboxAccount(instance.oauth, { userId, platformSetId: set.id, platform: "threads" });
      const { apiKey } = await createApiKey(instance, { userId, mode: "test" }, { name: "test" });
      tenants.push({ userId, email, key: apiKey, platformSetId: set.id });
    }
    return tenants;
  } finally {
    await instance.close();
  }
}
