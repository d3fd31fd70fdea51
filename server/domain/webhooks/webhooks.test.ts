import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { Webhook } from "standardwebhooks";
import { z } from "zod";

import { MAX_WEBHOOKS, webhooksDeliveries, webhooksGet } from "../../../contract/operations/webhooks.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { relayAll } from "../../../tests/relay.ts";
import { dump } from "../../../tests/visitor.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { deleteOldOutbox } from "../../db/queries/cleanup.ts";
import { beginTry, MOST_TRIES } from "../../db/queries/tries.ts";
import { startJobQueue } from "../../jobs/jobs.ts";
import { type JobHandler, QUEUES, type QueueName, WEBHOOK_QUEUE, WEBHOOK_RETRIES } from "../../jobs/queues.ts";
import { sweepOutbox } from "../../jobs/sweeps.ts";
import { findConditions } from "../alerts/conditions.ts";
import { deliver, NotDelivered, setDeliveryAside } from "./deliver.ts";
import { webhookGroups } from "./deliveries.ts";
import { openPayload } from "./payload.ts";
import { keepEventsRelayed, newRound, relayEvents, type RelayRound, type RelayServices, relayTried } from "./relay.ts";

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let world: World;
let receiver: Server;
let address: string;
let received: Received[] = [];
/** What the receiver answers next; 200 where nothing is left. */
let answers: number[] = [];

before(async () => {
  world = await createWorld({ allowPrivateUrls: true });
  await world.connect(world.test, "threads");
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
        if (request.url === "/compressed")
          return response.setHeader("content-encoding", "gzip").end(gzipSync("thanks"));
        if (request.url === "/large") return response.end("thanks".repeat(50_000));
        if (request.url?.startsWith("/never")) return;
        response.writeHead(answers.shift() ?? 200).end("thanks");
      });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const bound = receiver.address();
  address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
});
after(async () => {
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await world.close();
});
beforeEach(() => {
  received = [];
  answers = [];
});

const WEBHOOKS = "/api/v1/webhooks";
const webhookIn = (body: unknown) => webhooksGet.answer.shape.webhook.parse(objectIn(body, "webhook"));
const create = async (tenant: TestTenant, body: object) =>
  webhookIn((await world.call(tenant, "POST", WEBHOOKS, body)).body);
const deliveriesOf = async (tenant: TestTenant, id: string, query = "") =>
  webhooksDeliveries.answer.parse((await world.call(tenant, "GET", `${WEBHOOKS}/${id}/deliveries${query}`)).body);
const newTenant = async () => {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  return tenant;
};
const newDraft = async (tenant: TestTenant) =>
  idOf(
    (
      await world.call(tenant, "POST", "/api/v1/posts", {
        content: { text: "Told of" },
        platforms: ["threads"],
        platformSetId: tenant.platformSetId,
      })
    ).body,
    "post",
  );

const relay = () => relayAll(world.services);

/** Also what did not go through before. A failure is not the end, as with a process that goes on a second later. */
async function relayOn(services: RelayServices, round: RelayRound): Promise<void> {
  while (await relayTried(services, round.going)) continue;
  while (await relayEvents(services, round).catch(() => true)) continue;
}

/** Does the deliveries that were asked for since the last call; answers the failures. */
async function deliverAll(allowPrivateUrls = true): Promise<unknown[]> {
  const jobs = world.jobs.splice(0).filter(({ queue }) => queue === WEBHOOK_QUEUE);
  const failures: unknown[] = [];
  for (const { data } of jobs) {
    await deliver({ pool: world.services.pool, vault: world.services.vault, allowPrivateUrls }, data).catch(
      (error: unknown) => {
        failures.push(error);
        world.jobs.push({ queue: WEBHOOK_QUEUE, data });
      },
    );
  }
  return failures;
}

const envelope = z.strictObject({
  type: z.string(),
  timestamp: z.iso.datetime(),
  sequence: z.int().nullable(),
  postSequence: z.int().nullable(),
  mode: z.string(),
  data: z.looseObject({}),
});

test("events of a post are sent to its subscribers, signed, once each and in a recognizable order", async () => {
  const tenant = await newTenant();
  const all = await create(tenant, { url: `${address}/all` });
  const few = await create(tenant, { url: `${address}/few`, events: ["post.discarded"] });
  const id = await newDraft(tenant);
  await world.call(tenant, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Changed" } });
  await world.call(tenant, "POST", `/api/v1/posts/${id}/publish`);
  await world.call(tenant, "DELETE", `/api/v1/posts/${id}`);
  await Promise.all([relay(), relay(), relay()]);
  assert.deepEqual(await deliverAll(), []);
  const at = (path: string) =>
    received.filter((each) => each.path === path).map(({ body }) => envelope.parse(JSON.parse(body)));
  assert.deepEqual(
    at("/few").map(({ type }) => type),
    ["post.discarded"],
  );
  const delivered = at("/all");
  assert.ok(
    delivered.length >= 1 && delivered.every(({ mode, data }) => mode === "test" && Object(data.post).id === id),
  );
  assert.equal(new Set(delivered.map(({ sequence }) => sequence)).size, delivered.length);
  assert.equal(
    delivered.toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0)).at(-1)?.type,
    "post.discarded",
  );
  const [first] = received.filter(({ path }) => path === "/all");
  assert.ok(first !== undefined && all.secret !== null && few.secret !== null);
  const headers = {
    "webhook-id": String(first.headers["webhook-id"]),
    "webhook-timestamp": String(first.headers["webhook-timestamp"]),
    "webhook-signature": String(first.headers["webhook-signature"]),
  };
  new Webhook(all.secret).verify(first.body, headers);
  assert.throws(() => new Webhook(few.secret ?? "").verify(first.body, headers));
  received = [];
  await relay();
  await deliverAll();
  assert.deepEqual(received, []);
});

test("the events of a post are numbered from one, so that a receiver notices missing ones", async () => {
  const tenant = await newTenant();
  await world.connect(tenant, "facebook");
  await create(tenant, { url: `${address}/all` });
  const scheduled = (hours: number) => ({ scheduledFor: new Date(Date.now() + hours * 3600_000).toISOString() });
  const body = {
    content: { text: "Counted" },
    platforms: ["facebook"],
    platformSetId: tenant.platformSetId,
    ...scheduled(1),
  };
  const id = idOf((await world.call(tenant, "POST", "/api/v1/posts", body)).body, "post");
  await world.call(tenant, "PATCH", `/api/v1/posts/${id}`, scheduled(2));
  await world.call(tenant, "DELETE", `/api/v1/posts/${id}`);
  await relay();
  await deliverAll();
  const delivered = received
    .map(({ body }) => envelope.parse(JSON.parse(body)))
    .toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0));
  assert.ok(delivered.length >= 3);
  assert.deepEqual(
    delivered.map(({ postSequence }) => postSequence),
    delivered.map((_, index) => index + 1),
  );
});

test("the other mode and other users receive nothing", async () => {
  const { live, test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const stranger = await newTenant();
  for (const other of [live, stranger]) await create(other, { url: `${address}/other` });
  const id = await newDraft(tenant);
  await world.call(tenant, "DELETE", `/api/v1/posts/${id}`);
  await relay();
  await deliverAll();
  assert.deepEqual(received, []);
});

test("a failed delivery is retried with the same ID and bytes, and given up in the end", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/flaky` });
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  answers = [500, 302];
  assert.ok((await deliverAll())[0] instanceof NotDelivered);
  assert.ok((await deliverAll())[0] instanceof NotDelivered);
  assert.deepEqual(await deliverAll(), []);
  assert.equal(new Set(received.map(({ body, headers }) => `${headers["webhook-id"]} ${body}`)).size, 1);
  const [delivery] = (await deliveriesOf(tenant, id)).deliveries;
  assert.deepEqual(
    [delivery?.status, delivery?.attempts.map(({ status }) => status), delivery?.attempts[0]?.answer],
    ["delivered", [500, 302, 200], "thanks"],
  );
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  answers = Array.from({ length: WEBHOOK_RETRIES.retryLimit + 1 }, () => 503);
  for (let tries = 0; tries < WEBHOOK_RETRIES.retryLimit; tries += 1) assert.equal((await deliverAll()).length, 1);
  assert.deepEqual(await deliverAll(), []);
  const failed = (await deliveriesOf(tenant, id, "?status=failed")).deliveries;
  assert.deepEqual(
    failed.map(({ attempts }) => attempts.length),
    [WEBHOOK_RETRIES.retryLimit + 1],
  );
  const again = await world.call(tenant, "POST", `/api/v1/webhook-deliveries/${failed[0]?.id}/redeliver`);
  assert.equal(objectIn(again.body, "delivery").status, "pending");
  assert.deepEqual(await deliverAll(), []);
  const { deliveries, total } = await deliveriesOf(tenant, id, "?status=delivered&limit=1");
  assert.deepEqual([total, deliveries[0]?.attempts.length], [2, 20]);
});

test("a delivery that is set aside because processes died over it has failed, the log says why, and it can be resent", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/deadly` });
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  for (const { data } of world.jobs.splice(0).filter(({ queue }) => queue === WEBHOOK_QUEUE))
    await setDeliveryAside(world.services, data);
  const [delivery] = (await deliveriesOf(tenant, id)).deliveries;
  assert.equal(delivery?.status, "failed");
  assert.match(delivery.attempts[0]?.error ?? "", /stopped repeatedly/);
  await world.call(tenant, "POST", `/api/v1/webhook-deliveries/${delivery.id}/redeliver`);
  assert.deepEqual(await deliverAll(), []);
  assert.deepEqual(
    received.map(({ path }) => path),
    ["/deadly"],
  );
});

test("deliveries are stored without a working signed URL, but every attempt and the log have it", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/media` });
  const post = { content: { text: "" }, platforms: ["threads"], platformSetId: tenant.platformSetId };
  const form = new FormData();
  form.set("data", JSON.stringify(post));
  form.set("files", await openAsBlob(join(import.meta.dirname, "../../../tests/fixtures/photo-1x1.jpg")), "photo.jpg");
  const created = await world.call(tenant, "POST", "/api/v1/posts", form);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  await world.call(tenant, "DELETE", `/api/v1/posts/${idOf(created.body, "post")}`);
  await relay();
  answers = [500];
  assert.equal((await deliverAll()).length, 1);
  assert.deepEqual(await deliverAll(), []);
  const [delivery] = (await deliveriesOf(tenant, id)).deliveries;
  const path = `/api/v1/webhook-deliveries/${delivery?.id}/redeliver`;
  const again = await world.call(tenant, "POST", path, undefined, { "idempotency-key": "again" });
  assert.equal(objectIn(again.body, "delivery").payload, delivery?.payload);
  assert.deepEqual(await deliverAll(), []);
  assert.deepEqual(new Set(received.map(({ body }) => body)), new Set([delivery?.payload]));
  assert.equal(received.length, 3);
  const [, signature = ""] = /&signature=([\w-]{20,})/.exec(delivery?.payload ?? "") ?? [];
  assert.notEqual(signature, "");
  assert.ok(!(await dump(world)).includes(signature));
});

test("a delivery from before bodies were encrypted is shown and sent unchanged", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/earlier` });
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  const payload = JSON.stringify({ type: "webhook.test" });
  await world.services.pool.query("update webhook_deliveries set payload_sealed = $2 where webhook_id = $1", [
    id,
    payload,
  ]);
  assert.deepEqual(await deliverAll(), []);
  assert.deepEqual(
    received.map(({ body }) => body),
    [payload],
  );
  assert.equal((await deliveriesOf(tenant, id)).deliveries[0]?.payload, payload);
});

test("a 2xx status is a receipt, regardless of the body", async () => {
  const tenant = await newTenant();
  for (const path of ["/compressed", "/large"]) {
    const { id } = await create(tenant, { url: `${address}${path}` });
    await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
    assert.deepEqual(await deliverAll(), []);
    const [delivery] = (await deliveriesOf(tenant, id)).deliveries;
    assert.deepEqual([delivery?.status, delivery?.attempts.map(({ status }) => status)], ["delivered", [200]], path);
  }
});

test("a webhook without a URL is sent nothing: its deliveries are in its log, as long as someone reads it", async () => {
  const tenant = await newTenant();
  const { id, url, secret } = await create(tenant, { url: null });
  assert.ok(url === null && secret !== null);
  world.jobs.splice(0);
  await world.call(tenant, "DELETE", `/api/v1/posts/${await newDraft(tenant)}`);
  await relay();
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  const { deliveries } = await deliveriesOf(tenant, id);
  assert.deepEqual(
    deliveries.map(({ type, status, attempts, deliveredAt }) => [type, status, attempts.length, deliveredAt !== null]),
    [
      ["webhook.test", "delivered", 0, true],
      ["post.discarded", "delivered", 0, true],
    ],
  );
  const again = await world.call(tenant, "POST", `/api/v1/webhook-deliveries/${deliveries[1]?.id}/redeliver`);
  assert.equal(objectIn(again.body, "delivery").status, "delivered");
  assert.deepEqual(
    world.jobs.filter(({ queue }) => queue === WEBHOOK_QUEUE),
    [],
  );
  const sweep = () => sweepOutbox(world.services.pool, new AbortController().signal);
  const age = () =>
    world.services.pool.query("update webhooks set read_at = now() - interval '8 days' where user_id = $1", [
      tenant.userId,
    ]);
  await create(tenant, { url: `${address}/kept` });
  await age();
  await deliveriesOf(tenant, id);
  await sweep();
  assert.equal((await world.call(tenant, "GET", `${WEBHOOKS}/${id}`)).status, 200);
  await age();
  await sweep();
  const { body } = await world.call(tenant, "GET", WEBHOOKS);
  assert.deepEqual(z.object({ webhooks: z.array(z.object({ url: z.string().nullable() })) }).parse(body).webhooks, [
    { url: `${address}/kept` },
  ]);
});

test("410 disables a webhook, and nothing is sent until it is enabled again", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/gone` });
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  answers = [410];
  assert.deepEqual(await deliverAll(), []);
  const disabled = webhookIn((await world.call(tenant, "GET", `${WEBHOOKS}/${id}`)).body);
  assert.equal(disabled.status, "disabled");
  assert.match(disabled.disabledReason ?? "", /410/);
  await world.call(tenant, "DELETE", `/api/v1/posts/${await newDraft(tenant)}`);
  await relay();
  await deliverAll();
  assert.equal(received.length, 1);
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  assert.deepEqual(await deliverAll(), []);
  const [unsent] = (await deliveriesOf(tenant, id)).deliveries;
  assert.deepEqual(
    [unsent?.status, unsent?.attempts.map(({ status, error }) => [status, error])],
    ["failed", [[null, "The webhook is disabled, so nothing was sent."]]],
  );
  assert.equal(received.length, 1);
  const enabled = webhookIn((await world.call(tenant, "PATCH", `${WEBHOOKS}/${id}`, { status: "active" })).body);
  assert.deepEqual([enabled.status, enabled.disabledReason], ["active", null]);
  await world.call(tenant, "DELETE", `/api/v1/posts/${await newDraft(tenant)}`);
  await relay();
  await deliverAll();
  assert.equal(received.length, 2);
});

test("both secrets sign during a rotation; neither is shown again or stored in plain text", async () => {
  const tenant = await newTenant();
  const made = await create(tenant, { url: `${address}/rotated` });
  const key = { "idempotency-key": `rotate-${made.id}` };
  const rotated = webhookIn(
    (await world.call(tenant, "POST", `${WEBHOOKS}/${made.id}/rotate-secret`, undefined, key)).body,
  );
  assert.ok(made.secret !== null && rotated.secret !== null && made.secret !== rotated.secret);
  assert.equal(
    webhookIn((await world.call(tenant, "POST", `${WEBHOOKS}/${made.id}/rotate-secret`, undefined, key)).body).secret,
    null,
  );
  assert.equal(webhookIn((await world.call(tenant, "GET", `${WEBHOOKS}/${made.id}`)).body).secret, null);
  await world.call(tenant, "POST", `${WEBHOOKS}/${made.id}/test`);
  await deliverAll();
  const [got] = received;
  const headers = {
    "webhook-id": String(got?.headers["webhook-id"]),
    "webhook-timestamp": String(got?.headers["webhook-timestamp"]),
    "webhook-signature": String(got?.headers["webhook-signature"]),
  };
  for (const secret of [made.secret, rotated.secret]) new Webhook(secret).verify(got?.body ?? "", headers);
  await world.services.pool.query("update webhooks set old_secret_until = now() where id = $1", [made.id]);
  await world.call(tenant, "POST", `${WEBHOOKS}/${made.id}/test`);
  await deliverAll();
  assert.equal(String(received[1]?.headers["webhook-signature"]).split(" ").length, 1);
  for (const table of ["webhooks", "webhook_deliveries", "idempotency_keys", "audit_events"]) {
    const { rows } = await world.services.pool.query<{ row: string }>(
      `select to_jsonb(t)::text as row from ${table} t`,
    );
    for (const secret of [made.secret, rotated.secret])
      assert.ok(!rows.some(({ row }) => row.includes(secret.slice(6))), table);
  }
});

test("a URL that is not public is not requested, and the delivery says so", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: `${address}/private` });
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  assert.equal((await deliverAll(false)).length, 1);
  assert.deepEqual(received, []);
  assert.match((await deliveriesOf(tenant, id)).deliveries[0]?.attempts[0]?.error ?? "", /not public/);
  world.jobs.length = 0;
});

test("a URL to which nothing would be sent is rejected immediately, with what to do instead", async () => {
  const tenant = await newTenant();
  const { id } = await create(tenant, { url: "https://app.example.com/" });
  world.services.settings.allowPrivateUrls = false;
  try {
    for (const url of [
      "http://127.0.0.1:8080/",
      "http://0x7f.1/",
      "http://[::1]/",
      "http://10.0.0.1/",
      "http://[::ffff:192.168.0.1]/",
      "http://169.254.169.254/latest",
      "http://localhost:8080/",
      "https://my.localhost/",
    ]) {
      for (const refused of [
        await world.call(tenant, "POST", WEBHOOKS, { url }),
        await world.call(tenant, "PATCH", `${WEBHOOKS}/${id}`, { url }),
      ]) {
        assert.deepEqual(
          asRefusal(refused, 400).issues.map(({ path, rule }) => [path, rule]),
          [["/url", "webhooks.url.private"]],
          url,
        );
      }
    }
    world.services.settings.allowPrivateUrls = true;
    asRefusal(await world.call(tenant, "POST", WEBHOOKS, { url: "http://169.254.169.254/latest" }), 400);
  } finally {
    world.services.settings.allowPrivateUrls = true;
  }
});

test("there are at most twenty webhooks, even with concurrent requests, and a deleted one is gone with its log", async () => {
  const tenant = await newTenant();
  const made = await Promise.all(
    Array.from({ length: MAX_WEBHOOKS + 5 }, () => world.call(tenant, "POST", WEBHOOKS, { url: `${address}/many` })),
  );
  assert.equal(made.filter(({ status }) => status === 201).length, MAX_WEBHOOKS);
  assert.match(
    asRefusal(made.find(({ status }) => status !== 201) ?? { status: 0, headers: new Headers(), body: null }, 400)
      .error,
    /limit of 20/,
  );
  const id = webhookIn(made.find(({ status }) => status === 201)?.body).id;
  await world.call(tenant, "POST", `${WEBHOOKS}/${id}/test`);
  assert.equal((await world.call(tenant, "DELETE", `${WEBHOOKS}/${id}`)).status, 200);
  assert.deepEqual(await deliverAll(), []);
  assert.deepEqual(received, []);
  asRefusal(await world.call(tenant, "GET", `${WEBHOOKS}/${id}/deliveries`), 404);
});

test("two receivers that never respond delay nothing else, whether of their owner or of others", async () => {
  const [owner, other] = [await newTenant(), await newTenant()];
  for (const path of ["/never/1", "/never/2", "/quick"])
    await create(owner, { url: `${address}${path}`, events: ["post.discarded"] });
  await create(other, { url: `${address}/other`, events: ["post.discarded"] });
  const posts = 30;
  for (let n = 0; n < posts; n += 1)
    for (const tenant of [owner, other]) await world.call(tenant, "DELETE", `/api/v1/posts/${await newDraft(tenant)}`);
  const { pool, vault } = world.services;
  const silent = () => undefined;
  const jobs = await startJobQueue({ pool, log: { warn: silent, error: silent }, works: true });
  try {
    await relayAll({ ...world.services, jobs });
    const idle = forEachQueue(() => Promise.resolve());
    const send: JobHandler = (data, signal) => deliver({ pool, vault, allowPrivateUrls: true }, data, signal);
    await jobs.work({ ...idle, [WEBHOOK_QUEUE]: send }, (group) => webhookGroups({ pool }, group));
    const at = (path: string) => received.filter((each) => each.path === path).length;
    while (at("/quick") < posts || at("/other") < posts) await sleep(20);
    for (const path of ["/never/1", "/never/2"]) {
      assert.ok(at(path) > 0 && at(path) < posts, `${path} was asked ${at(path)} times`);
    }
  } finally {
    await jobs.stop(0);
  }
});

test("a user with many events holds up nobody else's", async () => {
  const { pool } = world.services;
  const [many, other] = [await newTenant(), await newTenant()];
  for (const tenant of [many, other]) await create(tenant, { url: `${address}/turns`, events: [] });
  await insertEvents(
    many,
    Array.from({ length: 300 }, () => ({})),
  );
  await insertEvents(other, [{}]);
  await relayEvents(world.services, newRound("test"));
  const { rows } = await pool.query("select from webhook_deliveries where user_id = $1", [other.userId]);
  assert.equal(rows.length, 1);
  await relay();
  const { rows: told } = await pool.query("select from webhook_deliveries where user_id = $1", [many.userId]);
  assert.equal(told.length, 300);
});

test("an event that cannot be passed on is set aside, which the operator sees, and holds up nobody else", async () => {
  const { pool, vault } = world.services;
  const [owner, other] = [await newTenant(), await newTenant()];
  for (const tenant of [owner, other]) await create(tenant, { url: `${address}/poison`, events: [] });
  await insertEvents(owner, [{ note: "before" }, { note: "poison" }, { note: "after" }]);
  await insertEvents(other, [{ note: "other" }]);
  let failures = 0;
  const seal: typeof vault.seal = (text, place) => {
    if (!text.includes("poison")) return vault.seal(text, place);
    failures += 1;
    throw new Error("Cannot be sealed");
  };
  const services = { ...world.services, vault: { ...vault, seal } };
  const round = newRound("test");
  const notesOf = async ({ userId }: TestTenant) =>
    (
      await pool.query<{ id: string; payload_sealed: string }>(
        "select id, payload_sealed from webhook_deliveries where user_id = $1 order by id",
        [userId],
      )
    ).rows.map((row) => Object(JSON.parse(openPayload(vault, row))).data.note);
  await assert.rejects(relayEvents(services, round), /Cannot be sealed/);
  await relayOn(services, round);
  assert.deepEqual(await notesOf(other), ["other"]);
  for (let rounds = 0; rounds < 7; rounds += 1) {
    await pool.query("update tries set not_before = now() - interval '1 second' where set_aside_at is null");
    await relayOn(services, round);
  }
  assert.deepEqual(await notesOf(owner), ["before", "after"]);
  assert.ok(failures <= 8, `it was tried ${failures} times`);
  const { rows } = await pool.query("select work from tries");
  assert.deepEqual(rows, [{ work: "a webhook event" }]);
  const told = await findConditions({ pool, environment: {}, platformsDown: new Set() });
  assert.match(told.find(({ name }) => name === "set aside")?.message ?? "", /a webhook event \(1\)/);
});

test("while nobody's events can be passed on, none is set aside; one that fails alone is after an hour", async () => {
  const { pool, vault } = world.services;
  const [owner, other] = [await newTenant(), await newTenant()];
  for (const tenant of [owner, other]) {
    await create(tenant, { url: `${address}/fault`, events: [] });
    await insertEvents(tenant, [{ note: "one" }, { note: "two" }]);
  }
  let isBroken = true;
  const seal: typeof vault.seal = (text, place) => {
    if (isBroken) throw new Error("Cannot be sealed");
    return vault.seal(text, place);
  };
  const services = { ...world.services, vault: { ...vault, seal } };
  const round = newRound("test", true);
  const relayLater = async () => {
    await pool.query("update tries set not_before = now() - interval '1 second' where set_aside_at is null");
    await relayOn(services, round);
  };
  const waiting = async () =>
    (
      await pool.query("select from outbox where relayed_at is null and user_id in ($1, $2)", [
        owner.userId,
        other.userId,
      ])
    ).rowCount;
  const longFor = "update tries set tries = 100 where work = 'webhooks' and subject like $1 || '%'";
  for (let rounds = 0; rounds < 8; rounds += 1) await relayLater();
  await pool.query(longFor, [owner.userId]);
  await relayLater();
  assert.equal(await waiting(), 4, "both fail");
  const told = await findConditions({ pool, environment: {}, platformsDown: new Set() });
  assert.match(told.find(({ name }) => name === "set aside")?.message ?? "", /webhooks \(2\)/);
  await pool.query("delete from tries where subject like $1 || '%'", [other.userId]);
  await pool.query("delete from outbox where user_id = $1", [other.userId]);
  await relayLater();
  assert.equal(await waiting(), 1, "it fails alone");
  isBroken = false;
  await relayLater();
  assert.equal(await waiting(), 0);
});

test("after a fault that stopped everybody's events, all of them are passed on", async () => {
  const { pool, vault } = world.services;
  const owners = [await newTenant(), await newTenant(), await newTenant()];
  for (const tenant of owners) {
    await create(tenant, { url: `${address}/recovered`, events: [] });
    await insertEvents(tenant, [{}, {}]);
  }
  let isBroken = true;
  const seal: typeof vault.seal = (text, place) => {
    if (isBroken) throw new Error("Cannot be sealed");
    return vault.seal(text, place);
  };
  const round = newRound("test", true);
  const relayLater = async () => {
    await pool.query("update tries set not_before = now() - interval '1 second' where set_aside_at is null");
    await relayOn({ ...world.services, vault: { ...vault, seal } }, round);
  };
  for (let rounds = 0; rounds < 8; rounds += 1) await relayLater();
  isBroken = false;
  await relayLater();
  const { rows } = await pool.query<{ count: number }>(
    "select count(*)::int as count from webhook_deliveries where user_id = any ($1) group by user_id",
    [owners.map(({ userId }) => userId)],
  );
  assert.deepEqual(rows, Array(3).fill({ count: 2 }));
});

test("an event that killed its process five times is set aside, even if nobody else has any", async () => {
  const { pool } = world.services;
  const owner = await newTenant();
  const { userId, mode } = owner;
  await create(owner, { url: `${address}/killer`, events: [] });
  await insertEvents(owner, [{}, {}]);
  for (let kills = 0; kills < MOST_TRIES; kills += 1)
    assert.equal((await beginTry.all(pool, ["webhooks", `${userId} ${mode}`, -1])).length, 1);
  await relayOn(world.services, newRound("test", true));
  const { rowCount } = await pool.query("select from webhook_deliveries where user_id = $1", [userId]);
  assert.equal(rowCount, 1);
});

test("live events wait for none of test mode, and nobody's for those of a user that did not go through before", async () => {
  const { pool } = world.services;
  const [stuck, tried, other] = [await world.makeTenants(), await world.makeTenants(), await world.makeTenants()];
  const holding = await pool.connect();
  await holding.query("begin");
  for (const tenant of [stuck.test, tried.test, other.test, other.live]) {
    await world.connect(tenant, "threads");
    const { id } = await create(tenant, { url: `${address}/beside`, events: [] });
    // Passing their events on now waits as long as this transaction.
    if (tenant === stuck.test || tenant === tried.test) await holding.query("delete from webhooks where id = $1", [id]);
  }
  const untilTrue = async (look: () => Promise<boolean>) => {
    for (const end = performance.now() + 60_000; !(await look()); await sleep(20)) assert.ok(performance.now() < end);
  };
  const isTold = async ({ userId, mode }: TestTenant) =>
    (await pool.query("select from webhook_deliveries where user_id = $1 and mode = $2", [userId, mode])).rowCount ===
    1;
  const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  const areWaiting = (count: number) => untilTrue(async () => ((await pool.query(waiting)).rowCount ?? 0) >= count);
  await beginTry.all(pool, ["webhooks", `${tried.test.userId} test`, -1]);
  await insertEvents(tried.test, [{}]);
  const stop = keepEventsRelayed(world.services, 0.05);
  try {
    await areWaiting(1);
    await insertEvents(other.test, [{}]);
    await untilTrue(() => isTold(other.test));
    await areWaiting(1);
    await insertEvents(stuck.test, [{}]);
    await areWaiting(2);
    await insertEvents(other.live, [{}]);
    await untilTrue(() => isTold(other.live));
    const { rows } = await pool.query("select unended from tries where subject like $1 || '%'", [tried.test.userId]);
    assert.deepEqual(rows, [{ unended: 2 }], "the first try is still waiting");
  } finally {
    await holding.query("rollback");
    holding.release();
    await stop();
  }
  await relayAll(world.services);
  for (const tenant of [tried.test, stuck.test]) assert.ok(await isTold(tenant));
});

test("an event that waits is not deleted, however old it is", async () => {
  const { pool } = world.services;
  const tenant = await newTenant();
  await insertEvents(tenant, [{}, {}]);
  await pool.query(
    `update outbox set created_at = now() - interval '31 days', relayed_at = case when id % 2 = 0 then now() end
     where user_id = $1`,
    [tenant.userId],
  );
  await deleteOldOutbox.run(pool, [1_000]);
  const { rows } = await pool.query("select relayed_at from outbox where user_id = $1", [tenant.userId]);
  assert.deepEqual(rows, [{ relayed_at: null }]);
  await relay();
});

test("a webhook that is deleted while events are passed on is skipped, and delays nobody else's", async () => {
  const { pool } = world.services;
  const [owner, other] = [await newTenant(), await newTenant()];
  const { id } = await create(owner, { url: `${address}/deleted`, events: [] });
  for (const tenant of [owner, other]) {
    await create(tenant, { url: `${address}/kept`, events: [] });
    await insertEvents(tenant, [{}]);
  }
  const deleting = await pool.connect();
  await deleting.query("begin");
  await deleting.query("delete from webhooks where id = $1", [id]);
  const relayed = relayEvents(world.services, newRound("test"));
  const isHeld = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await deleting.query(isHeld)).rowCount === 0) await sleep(10);
  await deleting.query("commit");
  deleting.release();
  await relayed;
  const { rows } = await pool.query<{ url: string }>(
    `select w.url from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.user_id in ($1, $2)`,
    [owner.userId, other.userId],
  );
  assert.deepEqual(
    rows.map(({ url }) => url),
    [`${address}/kept`, `${address}/kept`],
  );
});

test("a process that ends serves no further owner", async () => {
  const { pool } = world.services;
  const owners = [await newTenant(), await newTenant(), await newTenant()];
  for (const tenant of owners) {
    await create(tenant, { url: `${address}/ending`, events: [] });
    await insertEvents(tenant, [{}]);
  }
  let asked = 0;
  assert.equal(await relayEvents(world.services, newRound("test", true), () => (asked += 1) > 1), false);
  const { rowCount } = await pool.query("select from webhook_deliveries where user_id = any ($1)", [
    owners.map(({ userId }) => userId),
  ]);
  assert.equal(rowCount, 1);
  await relay();
});

async function insertEvents({ userId, mode }: TestTenant, data: readonly object[]): Promise<void> {
  await world.services.pool.query(
    `insert into outbox (user_id, mode, type, data)
     select $1, $2, 'publishing.paused', value from jsonb_array_elements($3::jsonb) with ordinality order by ordinality`,
    [userId, mode, JSON.stringify(data)],
  );
}

function forEachQueue(handler: JobHandler): Record<QueueName, JobHandler> {
  return Object.fromEntries(Object.keys(QUEUES).map((name) => [name, handler])) as Record<QueueName, JobHandler>;
}
