import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { PgBoss } from "pg-boss";

import { EXAMPLE_PLATFORM } from "../platforms/catalog.ts";
import { countSetAside } from "../server/db/queries/tries.ts";
import { INGEST_QUEUE } from "../server/media/queues.ts";
import { type Installation, openInstallation } from "./installation.fixture.ts";

test("an endless loop in publishing stops neither health, API, pages nor other posts: the worker is killed and restarted, and the post set aside", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  const server = await installation.start("start", WATCHED, "endless-broker.ts");
  const { call, figures, publish, post } = await caller(installation);
  const pills = [await publish("[[endless]] one"), await publish("[[endless]] two")];
  // A different user: in the others' account it would wait for them.
  const other = await caller(installation, "other@example.com");
  const isLive = async () => {
    await sleep(500);
    for (const path of ["/healthz", "/api/v1/account-context", "/docs", "/readyz"]) {
      const answer = await call(path);
      assert.ok(answer.status === 200 || (path === "/readyz" && answer.status === 503), `${path}: ${answer.status}`);
    }
  };
  const innocent = await other.publish("Nothing of the kind");
  await installation.until(async () => {
    await isLive();
    return (await other.post(innocent)).status === "published";
  });
  for (const pill of pills) {
    await installation.until(async () => {
      await isLive();
      return (await post(pill)).status === "failed";
    });
    const { platformPosts } = await post(pill);
    assert.match(JSON.stringify(platformPosts), /INTERNAL_ERROR.*stopped repeatedly/);
  }
  assert.match(server.output(), /"level":"fatal".*does not come to an end/);
  assert.match(server.output(), /The worker stopped; restarting it/);
  const metrics = await figures();
  assert.match(metrics, /ampost_worker_restarts_total [1-9]/);
  assert.equal(await server.end("SIGTERM"), 0);
  assert.deepEqual(await installation.processes(), []);
});

test("a stop is clean and leaves nothing behind even if the worker hangs, and a hanging worker ends even if its server was killed", async (t) => {
  const installation = await openInstallation(t, { database: "embedded" });
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const server = await installation.start("start", WATCHED, "endless-broker.ts");
    const { publish, readiness } = await caller(installation);
    await publish("[[endless]]");
    await installation.until(async () => /worker":"does not respond/.test(await readiness()));
    assert.equal(await server.end(signal), signal === "SIGTERM" ? 0 : null);
    await installation.until(
      async () => !(await installation.processes()).some((command) => command.includes("--attached")),
    );
  }
});

test("a stop waits for a commit in progress and records its response", async (t) => {
  const installation = await openInstallation(t);
  const usual = { AMPOST_ENGINE_SPEED: "1" };
  const server = await installation.start("start", usual);
  const { publish, post } = await caller(installation);
  const slow = { platform: EXAMPLE_PLATFORM, operation: "publish", kind: "slow", delayMs: 6_000 };
  const faults = `${installation.sandboxUrl}/_sandbox/faults`;
  const headers = { "content-type": "application/json" };
  assert.equal((await fetch(faults, { method: "POST", headers, body: JSON.stringify(slow) })).status, 201);
  const id = await publish("Slow to be answered");
  await installation.until(async () => {
    const requests: unknown = await (await fetch(`${installation.sandboxUrl}/_sandbox/requests`)).json();
    return JSON.stringify(requests).includes('"operation":"publish"');
  });
  assert.equal(await server.end("SIGTERM"), 0);
  const journal = await installation.database?.pool.query(
    "select result, evidence -> 'reads' as reads from publish_steps where effect = 'visible'",
  );
  assert.deepEqual(journal?.rows, [{ result: "ok", reads: null }]);
  await installation.start("start", usual);
  await installation.until(async () => (await post(id)).status === "published");
});

test("a file from a URL that kills every worker is given up after five, with an event and a line for the operator, and others are stored", async (t) => {
  const installation = await openInstallation(t);
  const { database, sandboxUrl, until } = installation;
  assert.ok(database);
  const server = await installation.start(
    "start",
    { ...WATCHED, AMPOST_ALLOW_PRIVATE_URLS: "true" },
    "deadly-source.ts",
  );
  const { call } = await caller(installation);
  const add = async (url: string) => {
    const added = await call("/api/v1/media", { method: "POST", body: JSON.stringify({ url }) });
    return String(Object(Object(await added.json()).media).id);
  };
  const read = async (id: string) => Object(Object(await (await call(`/api/v1/media/${id}`)).json()).media);
  const deaths = () => server.output().split("The worker stopped; restarting it").length - 1;
  const deadly = await add(`${sandboxUrl}/deadly.jpg`);
  const boss = new PgBoss({ connectionString: database.url, schema: "jobs", supervise: false, schedule: false });
  await boss.start();
  let seen = 0;
  await until(async () => {
    // As if the minute of a silent worker were over, and the pause before the next attempt.
    if (deaths() > seen) {
      seen = deaths();
      do {
        await database.pool.query("update jobs.queue set monitor_on = null, monitor_claim_on = null");
        await database.pool.query(`update jobs.job set heartbeat_on = now() - interval '1 hour' where ${IS_INGESTED}`);
        await boss.supervise(INGEST_QUEUE);
      } while ((await database.pool.query(`select from jobs.job where ${IS_INGESTED}`)).rowCount !== 0);
      await database.pool.query("update jobs.job set start_after = now() where name = $1", [INGEST_QUEUE]);
    }
    return (await read(deadly)).status === "failed";
  });
  await boss.stop({ graceful: false });
  // Its last act.
  await until(async () => server.output().includes("A job was set aside: processes crashed on it repeatedly"));
  assert.equal(deaths(), 5);
  assert.match((await read(deadly)).error, /stopped repeatedly/);
  assert.deepEqual(await countSetAside.all(database.pool), [{ work: INGEST_QUEUE, count: 1 }]);
  const { rows } = await database.pool.query("select data ->> 'mediaId' as id from outbox where type = 'media.failed'");
  assert.deepEqual(rows, [{ id: deadly }]);
  const harmless = await add("https://localhost:1/photo.jpg");
  await until(async () => (await read(harmless)).error !== null);
  assert.equal(deaths(), 5);
});

test("a killed worker is restarted, and its metrics are among the server's", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", WATCHED);
  await installation.kill("worker");
  await installation.until(async () => server.output().includes("The worker stopped; restarting it"));
  const { figures, publish, post, readiness } = await caller(installation);
  await installation.until(async () => (await readiness()).includes('"worker":"ok"'));
  const id = await publish("After a kill");
  await installation.until(async () => (await post(id)).status === "published");
  let metrics = "";
  await installation.until(async () => (metrics = await figures()).includes('{process="worker"}'));
  assert.match(
    metrics,
    new RegExp(`ampost_platform_posts_settled_total{platform="${EXAMPLE_PLATFORM}",outcome="published"} 1`),
  );
  assert.match(metrics, /process_resident_memory_bytes\{process="worker"\}/);
  assert.match(metrics, /process_resident_memory_bytes\{process="api"\}/);
  assert.equal(await server.end("SIGTERM"), 0);
  assert.deepEqual(await installation.processes(), []);
});

const IS_INGESTED = `name = '${INGEST_QUEUE}' and state = 'active'`;

const WATCHED = { AMPOST_METRICS_TOKEN: "the-operator-of-this" };
const OPERATOR = { authorization: `Bearer ${WATCHED.AMPOST_METRICS_TOKEN}` };

/** A caller of the installation's server with a separate key; requests that get no response are abandoned. */
async function caller(installation: Installation, email = "owner@example.com") {
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--email", email, "--json");
  const headers = { authorization: `Bearer ${String(apiKey)}`, "content-type": "application/json" };
  const call = (path: string, options: RequestInit = {}) =>
    fetch(`${installation.url}${path}`, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
      ...options,
    });
  return {
    call,
    figures: async () => await (await call("/metrics", { headers: OPERATOR })).text(),
    readiness: async () => await (await call("/readyz", { headers: OPERATOR })).text(),
    publish: async (text: string): Promise<string> => {
      const created = await call("/api/v1/posts", {
        method: "POST",
        body: JSON.stringify({ platformSetId, platforms: [EXAMPLE_PLATFORM], content: { text } }),
      });
      const { id } = Object(Object(await created.json()).post);
      assert.equal((await call(`/api/v1/posts/${id}/publish`, { method: "POST" })).status, 200);
      return id;
    },
    post: async (id: string) => Object(Object(await (await call(`/api/v1/posts/${id}`)).json()).post),
  };
}
