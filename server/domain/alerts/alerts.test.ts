import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { test } from "node:test";

import { Webhook } from "standardwebhooks";

import { openInstallation } from "../../../cli/installation.fixture.ts";
import { newId } from "../../../model/ids.ts";
import { EXAMPLE_PLATFORM } from "../../../platforms/catalog.ts";
import { createTestDatabase } from "../../../tests/database.ts";
import { startMailServer } from "../../../tests/mail-server.ts";
import { type PublishingWorld, withWorld } from "../../../tests/publishing-world.ts";
import { jsonb } from "../../db/jsonb.ts";
import { recordFailedBackup } from "../../db/queries/backups.ts";
import { SET_ASIDE_TAKEOVERS } from "../../db/queries/claims.ts";
import { hold } from "../../db/queries/hold.ts";
import { endPause, insertPause } from "../../db/queries/pauses.ts";
import { ALERT_QUEUE } from "../../jobs/queues.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
import { mailSealContext } from "../../mail/send-mail.ts";
import { createVault } from "../../vault/vault.ts";
import { type AlertSettings, type Condition, sendAlerts } from "./alerts.ts";
import { findConditions } from "./conditions.ts";

const OPERATOR = "operator@example.com";
const DOWN: Condition = { name: "platform one", title: "One is down", message: "It does not respond." };
const HELD: Condition = { name: "held", title: "Publishing is on hold", message: "Release it." };
const LATE: Condition = { name: "late", title: "Posts are late", message: "Add workers." };

test("the operator gets one alert when a condition begins, and one when it is over", async () => {
  await withAlerts(async ({ alert, sent, pass }) => {
    for (const _ of [1, 2, 3]) await alert([DOWN]);
    assert.deepEqual(sent(), ["One is down"]);
    await pass(1000);
    await alert([DOWN]);
    assert.deepEqual(sent(), ["One is down"]);
    await pass(1000);
    for (const _ of [1, 2]) await alert([]);
    assert.deepEqual(sent(), ["One is down", "Over: One is down"]);
    await pass(1000);
    await alert([DOWN]);
    assert.deepEqual(sent(), ["One is down", "Over: One is down", "One is down"]);
  });
});

test("something that is gone for a moment is not over", async () => {
  await withAlerts(async ({ alert, sent, pass }) => {
    await alert([DOWN]);
    await pass(170);
    await alert([]);
    await alert([DOWN]);
    await pass(170);
    await alert([]);
    assert.deepEqual(sent(), ["One is down"]);
  });
});

test("many conditions are sent in one email", async () => {
  await withAlerts(async ({ alert, sent, texts, pass }) => {
    await alert([DOWN]);
    await alert([DOWN, HELD]);
    await alert([DOWN, HELD, LATE]);
    assert.deepEqual(sent(), ["One is down"]);
    await pass(301);
    await alert([DOWN, HELD, LATE]);
    assert.deepEqual(sent(), ["One is down", "Publishing is on hold, and 1 more"]);
    for (const { title, message } of [HELD, LATE])
      assert.match(texts().at(-1) ?? "", new RegExp(`${title}.*${message}`));
  });
});

test("processes that find the same conditions send one alert", async () => {
  await withAlerts(async ({ alert, sent }) => {
    await Promise.all(Array.from({ length: 8 }, () => alert([LATE, DOWN, HELD])));
    assert.equal(sent().length, 1);
  });
});

test("without addresses the owner gets the alerts, and with an empty list nobody", async () => {
  await withAlerts(async ({ pool, alert, recipients }) => {
    await alert([DOWN], { emails: null, webhook: null });
    assert.deepEqual(recipients(), []);
    await pool.query("insert into users (id, email, is_owner) values ('owner', 'owner@example.com', true)");
    await pool.query("delete from operator_alerts");
    await pool.query("delete from instance");
    await alert([DOWN], { emails: null, webhook: null });
    assert.deepEqual(recipients(), ["owner@example.com"]);
    await pool.query("delete from instance");
    await alert([HELD], { emails: [], webhook: null });
    assert.deepEqual(recipients(), ["owner@example.com"]);
  });
});

test("a backlog, late posts, a hold, a platform that is down and a version about to be retired are found, and end", async () => {
  await withWorld(async (world) => {
    const { pool } = world;
    const names = async (
      platformsDown: (typeof EXAMPLE_PLATFORM)[] = [],
      version = "v26.0",
      stuckResults: ReadonlySet<string> = new Set(),
    ) =>
      (
        await findConditions({
          pool,
          environment: { META_GRAPH_VERSION: version, LINKEDIN_API_VERSION: "209912" },
          platformsDown: new Set(platformsDown),
          stuckResults,
        })
      ).map(({ name }) => name);
    assert.deepEqual(await names(), []);
    assert.deepEqual(await names([EXAMPLE_PLATFORM]), [`platform ${EXAMPLE_PLATFORM}`]);
    assert.deepEqual(await names([], "v26.0", new Set(["platform post"])), ["results"]);
    assert.deepEqual(await names([], "v20.0"), ["retirement Meta Graph API version v20.0"]);

    const waiting = await livePost(world, "waiting");
    await pool.query("update platform_posts set next_action_at = now() - interval '4 minutes' where id = $1", [
      waiting,
    ]);
    assert.deepEqual(await names(), []);
    await pool.query("update platform_posts set next_action_at = now() - interval '6 minutes' where id = $1", [
      waiting,
    ]);
    assert.deepEqual(await names(), ["backlog"]);
    await pool.query("update platform_posts set lease_until = now() + interval '1 minute' where id = $1", [waiting]);
    assert.deepEqual(await names(), []);
    await pool.query("update platform_posts set lease_until = null where id = $1", [waiting]);

    await recordFailedBackup.run(pool, [jsonb({ at: new Date().toISOString(), message: "The folder is full." })]);
    assert.deepEqual(await names(), ["backlog", "backup"]);
    await pool.query("delete from instance");

    const held = { reason: "behind", since: new Date().toISOString(), doubtedUntil: new Date().toISOString() };
    await hold.run(pool, [jsonb(held)]);
    assert.deepEqual(await names(), ["held"], "what waits for the release is no backlog");
    await pool.query("delete from instance; update platform_posts set next_action_at = null");

    for (const userId of [null, await world.addUser()]) {
      const mode = userId === null ? null : "live";
      await insertPause.run(pool, [newId(), userId, mode, null, null, true]);
      assert.deepEqual(await names(), [userId === null ? "paused" : "paused in part"]);
      await endPause.run(pool, [userId, mode, null, null, true]);
      await insertPause.run(pool, [newId(), userId ?? (await world.addUser()), "live", null, null, false]);
      assert.deepEqual(await names(), [], "what users pause is theirs");
    }

    for (const index of Array.from({ length: 4 }, (_, each) => each)) await publishedLate(world, `late ${index}`);
    assert.deepEqual(await names(), [], "a few are late for reasons of their own");
    await publishedLate(world, "late 5");
    assert.deepEqual(await names(), ["late"]);
    await pool.query("update platform_posts set due_at = now()");
    assert.deepEqual(await names(), []);
  });
});

test("the latest 10,000 requests tell whether posts are late", async () => {
  await withWorld(async (world) => {
    const { pool } = world;
    const messages = async () =>
      (await findConditions({ pool, environment: {}, platformsDown: new Set() }))
        .filter(({ name }) => name === "late")
        .map(({ message }) => message);
    for (const index of Array.from({ length: 5 }, (_, each) => each)) await publishedLate(world, `late ${index}`);
    await published(world, "on time", "0 minutes", 9_995);
    assert.match((await messages())[0] ?? "", /^5 of the latest 6 posts were published more than 5 minutes late\./);
    await published(world, "on time, too", "0 minutes", 1);
    assert.deepEqual(await messages(), []);
  });
});

test("a post that was set aside is told, in both modes, until it is retried or a day is over", async () => {
  await withWorld(async (world) => {
    const { pool } = world;
    const post = await world.addPost({ text: "crashes" });
    await world.publish(post);
    const told = async (now?: Date) =>
      (await findConditions({ pool, environment: {}, platformsDown: new Set() }, now)).filter(
        ({ name }) => name === "posts set aside",
      );
    const put = async (takeovers: number, next: string | null) =>
      await pool.query(
        "update platform_posts set takeovers = $2, next_action_at = $3, status = 'failed', updated_at = now() where id = $1",
        [post.platformPostId, takeovers, next],
      );
    await put(SET_ASIDE_TAKEOVERS, new Date().toISOString());
    assert.deepEqual(await told(), []);
    await put(SET_ASIDE_TAKEOVERS - 1, null);
    assert.deepEqual(await told(), []);
    await put(SET_ASIDE_TAKEOVERS, null);
    const [condition] = await told();
    assert.equal(condition?.title, "Posts were set aside");
    assert.match(condition.message, new RegExp(`${post.id} .*failed.*ampost posts retry`));
    assert.deepEqual(await told(new Date(Date.now() + 25 * 3_600_000)), []);
  });
});

test("posts of test mode are no backlog", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "test" });
    await world.publish(post);
    await world.pool.query("update platform_posts set next_action_at = now() - interval '1 hour'");
    const found = await findConditions({ pool: world.pool, environment: {}, platformsDown: new Set() });
    assert.deepEqual(
      found.filter(({ name }) => name === "backlog"),
      [],
    );
  });
});

test("an instance sends its alerts by email and to a webhook, signed and until it is received", async (t) => {
  const mail = await startMailServer();
  t.after(() => mail.close());
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const received = Promise.withResolvers<{ headers: Record<string, string>; body: string }>();
  const ids: string[] = [];
  const endpoint = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      ids.push(headers["webhook-id"] ?? "");
      response.writeHead(ids.length === 1 ? 503 : 204).end();
      if (ids.length > 1) received.resolve({ headers, body: Buffer.concat(chunks).toString() });
    });
  }).listen(0, "127.0.0.1");
  t.after(() => endpoint.close());
  await new Promise((resolve) => endpoint.once("listening", resolve));
  const address = endpoint.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const installation = await openInstallation(t);
  const server = await installation.start("start", {
    META_GRAPH_VERSION: "v20.0",
    AMPOST_SMTP_URL: mail.url,
    AMPOST_ALERT_EMAIL: `${OPERATOR}, second@example.com`,
    AMPOST_ALERT_WEBHOOK: `http://127.0.0.1:${port}/hook`,
    AMPOST_ALERT_WEBHOOK_SECRET: secret,
  });
  const { headers, body } = await received.promise;
  assert.equal(ids[0], ids[1]);
  const { type, text, data } = Object(new Webhook(secret).verify(body, headers));
  assert.equal(type, "operator.alerts");
  assert.match(text, /^Meta Graph API version v20\.0 is being retired\n/);
  assert.deepEqual(
    data.begun.map(({ title }: Condition) => title),
    ["Meta Graph API version v20.0 is being retired"],
  );
  await installation.until(async () => mail.emails.length === 2);
  assert.deepEqual(mail.recipients.sort(), [`<${OPERATOR}>`, "<second@example.com>"]);
  assert.match(mail.emails[0] ?? "", /Subject: Meta Graph API version v20\.0 is being retired/);
  assert.match((mail.emails[0] ?? "").replaceAll("=\r\n", ""), /Set META_GRAPH_VERSION to v26\.0/);
  assert.equal(await server.end("SIGTERM"), 0);
});

interface Alerts {
  pool: PublishingWorld["pool"];
  alert(conditions: readonly Condition[], alerts?: AlertSettings): Promise<void>;
  /** The subjects of the emails, in order. A webhook received the same. */
  sent(): string[];
  texts(): string[];
  recipients(): string[];
  /** As if this time had passed. */
  pass(seconds: number): Promise<void>;
}

async function withAlerts(work: (alerts: Alerts) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  const { pool } = database;
  const vault = createVault([randomBytes(32)]);
  const emails: { to: string; subject: string; text: string }[] = [];
  const hooks: string[] = [];
  const jobs = {
    send: async (_db: unknown, queue: string, data: object) => {
      const { id, sealed, body } = Object(data);
      if (queue === MAIL_QUEUE) emails.push(JSON.parse(vault.open(sealed, mailSealContext(id))));
      if (queue === ALERT_QUEUE) hooks.push(Object(JSON.parse(body)).text.split("\n")[0]);
    },
  };
  const both: AlertSettings = { emails: [OPERATOR], webhook: { url: "http://127.0.0.1:1", secret: null } };
  try {
    await work({
      pool,
      alert: (conditions, alerts = both) =>
        sendAlerts({ pool, jobs, vault, alerts, appUrl: "https://ampost.example.com" }, conditions),
      sent: () => {
        assert.deepEqual(
          hooks,
          emails.map(({ subject }) => subject),
        );
        return hooks;
      },
      texts: () => emails.map(({ text }) => text),
      recipients: () => emails.map(({ to }) => to),
      pass: async (seconds) => {
        await pool.query("update operator_alerts set last_seen_at = last_seen_at - make_interval(secs => $1)", [
          seconds,
        ]);
        await pool.query("update instance set value = (value::timestamptz - make_interval(secs => $1))::text", [
          seconds,
        ]);
      },
    });
  } finally {
    await database.drop();
  }
}

/** A due post of a live account; returns its platform post. */
async function livePost({ addUser, addAccount, addPost, publish }: PublishingWorld, text: string): Promise<string> {
  const userId = await addUser();
  const post = await addPost({ text, userId, accountId: await addAccount(userId, { mode: "live" }) });
  await publish(post);
  return post.platformPostId;
}

/** Its commit began ten minutes after it was due. */
async function publishedLate(world: PublishingWorld, text: string): Promise<void> {
  await published(world, text, "10 minutes", 1);
}

/** The first of this many requests published it this long (an interval of PostgreSQL's) after its time. */
async function published(world: PublishingWorld, text: string, late: string, requests: number): Promise<void> {
  const id = await livePost(world, text);
  await world.pool.query(
    `update platform_posts set due_at = now() - $2::interval, next_action_at = null, status = 'published'
     where id = $1`,
    [id, late],
  );
  await world.pool.query(
    `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step,
       effect, attempt, fence, result)
     select step_id, pp.id, account_id, user_id, 'live', platform, '1', 'publish', 'visible', 1, 1, 'ok'
     from platform_posts pp, unnest($2::uuid[]) as step_id where pp.id = $1`,
    [id, Array.from({ length: requests }, () => newId())],
  );
}
