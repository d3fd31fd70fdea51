import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { NO_BRAND } from "../../../model/brand.ts";
import type { EventType } from "../../../model/events.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { type MailServer, startMailServer } from "../../../tests/mail-server.ts";
import { joinAs } from "../../../tests/members.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { recordAccountEvent, recordPostEvents } from "../../db/queries/outbox.ts";
import { startJobQueue, type JobQueue } from "../../jobs/jobs.ts";
import { deliverMail } from "../../mail/deliver-mail.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
import { relayEvents } from "../webhooks/relay.ts";
import { sendNotices } from "./send-notices.ts";

let world: World;
let server: MailServer;
let jobs: JobQueue;
const NEVER = new AbortController().signal;
const silent = () => undefined;

before(async () => {
  world = await createWorld();
  server = await startMailServer();
  jobs = await startJobQueue({ pool: world.database.pool, log: { warn: silent, error: silent } });
});
after(async () => {
  await jobs.stop(0);
  server.close();
  await world.close();
});
beforeEach(() => void server.emails.splice(0));

interface Person {
  live: TestTenant;
  test: TestTenant;
  cookie: string;
}

const newPerson = async (): Promise<Person> => {
  const { live, test: tenant } = await world.makeTenants();
  for (const each of [live, tenant]) await world.connect(each, "threads");
  return { live, test: tenant, cookie: await world.signIn(live) };
};

const createPost = async (tenant: TestTenant, text: string, key?: string) => {
  const { status, body } = await world.call(key === undefined ? tenant : { ...tenant, key }, "POST", "/api/v1/posts", {
    content: { text },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return idOf(body, "post");
};

/** What the engine records when it gives up on a post. */
const report = async ({ userId, mode }: TestTenant, postId: string, type: EventType) => {
  const error = { code: "CONTENT_REJECTED", message: "Threads rejected the post.", action: "Change its text." };
  const { rows } = await world.database.pool.query<{ id: string }>(
    "update platform_posts set error = $2 where post_id = $1 returning id",
    [postId, type === "platform_post.failed" ? error : null],
  );
  await recordPostEvents(world.database.pool, { userId, mode, postId }, [
    { type, platform_post_id: type === "post.missed" ? null : (rows[0]?.id ?? "") },
  ]);
};

const send = (waitSeconds = 0, sender: JobSender = jobs) =>
  sendNotices(
    {
      pool: world.database.pool,
      log: world.services.log,
      vault: world.services.vault,
      jobs: sender,
      appUrl: APP,
      brand: NO_BRAND,
    },
    NEVER,
    waitSeconds,
  );

const APP = "http://localhost:3000";

/** Relays, sends, and delivers to the mail server. Returns subjects and texts of what came. */
const told = async (waitSeconds = 0) => {
  while (await relayEvents(world.services)) continue;
  await send(waitSeconds);
  return await deliverAll();
};

const deliverAll = async () => {
  const { rows } = await world.database.pool.query<{ data: object }>(
    "delete from jobs.job where name = $1 returning data, created_on",
    [MAIL_QUEUE],
  );
  const mail = { smtpUrl: server.url, from: "Ampost <ampost@example.com>", folder: "" };
  for (const { data } of rows) await deliverMail({ vault: world.services.vault, log: { info: silent }, mail }, data);
  return server.emails.splice(0).map((email) => {
    const [head = "", ...rest] = email.split("\r\n\r\n");
    const text = rest.join("\n\n").replaceAll("=\r\n", "").replaceAll("=3D", "=").replaceAll("\r\n", "\n");
    return { head, text, subject: /^Subject: (.*)\r$/m.exec(head)?.[1] ?? "" };
  });
};

const choose = async ({ cookie }: Person, mode: string, changes: object) =>
  objectIn((await world.callAs(cookie, "PATCH", `/api/notifications?mode=${mode}`, changes)).body, "notifications");

test("each kind of event is an email that says what happened and where to go, and can be turned off in the email", async () => {
  const person = await newPerson();
  const { userId, mode } = person.live;
  const [failed, unknown, missed] = [
    await createPost(person.live, "Hello\nBcc: evil@example.com"),
    await createPost(person.live, "Are you there?"),
    await createPost(person.live, "Too late"),
  ];
  await report(person.live, failed, "platform_post.failed");
  await report(person.live, unknown, "platform_post.unknown");
  await report(person.live, missed, "post.missed");
  const lost = { accountId: await world.connect(person.live, "linkedin"), userId, mode };
  await recordAccountEvent(world.database.pool, lost, "account.disconnected", {
    tokenHealth: "revoked",
    reason: "The person removed the app.",
  });
  await recordAccountEvent(world.database.pool, lost, "account.expiring", {
    expiresAt: "2026-12-02T10:00:00.000Z",
    scheduledPosts: 1,
  });
  await recordAccountEvent(world.database.pool, lost, "account.disconnected", { reason: "You disconnected it." });
  const emails = new Map<string, string>();
  for (const { subject, text, head } of await told()) {
    assert.match(head.replace(/\r\n[ \t]/g, ""), /^List-Unsubscribe: <http:\/\/localhost:3000\/unsubscribe\?\S+>\r$/m);
    assert.match(head, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    assert.doesNotMatch(`${head}\n${text}`, /^Bcc:/m);
    assert.match(text, /\nStop these emails: http:\/\/localhost:3000\/unsubscribe\?/);
    emails.set(`${subject} ${emails.size}`, text);
  }
  const all = [...emails].map(([subject, text]) => `${subject.replace(/ \d$/, "")}: ${text.split("\nStop")[0] ?? ""}`);
  const only = (sign: RegExp) =>
    assert.equal(all.filter((each) => sign.test(each)).length, 1, `${sign}\n${all.join("\n")}`);
  only(
    /^Your post failed on Threads: .*"Hello Bcc: evil@example\.com"\n\nThreads rejected the post\. Change its text\./s,
  );
  only(/^Your post failed on Threads: .*"Too late"\n\nIt could not be published in time\./s);
  only(/^Your post might not be live on Threads: .*"Are you there\?"/s);
  only(/^Reconnect your LinkedIn account ampost: Ampost has lost access.*\n\nThe person removed the app\./s);
  only(/^Reconnect your LinkedIn account ampost: .*expires on 2026-12-02 10:00 UTC\..*\n\n1 post is scheduled/s);
  assert.equal(all.length, 5);
  assert.ok(all.some((each) => each.includes(`${APP}/posts/${failed}?mode=live`)));
  assert.deepEqual(await told(), [], "nothing is told twice");
});

test("a post that a key cannot publish alone is told once, and again only if it changes after its approval", async () => {
  const person = await newPerson();
  const made = await world.callAs(person.cookie, "POST", "/api/keys", {
    name: "robot",
    mode: "live",
    policies: { approvalRequired: true },
  });
  const key = String(objectIn(made.body, "key").apiKey);
  const id = await createPost(person.live, "May I?", key);
  const edit = async (text: string) => {
    const path = `/api/v1/posts/${id}`;
    assert.equal((await world.call({ ...person.live, key }, "PATCH", path, { content: { text } })).status, 200);
  };
  const approve = async () => {
    const { contentHash } = objectIn(
      (await world.callAs(person.cookie, "GET", `/api/posts/${id}/approval`)).body,
      "approval",
    );
    assert.equal((await world.callAs(person.cookie, "POST", `/api/posts/${id}/approve`, { contentHash })).status, 200);
  };
  await edit("May I, please?");
  const [email, ...more] = await told();
  assert.deepEqual([email?.subject, more.length], ["A post waits for your approval", 0]);
  assert.match(email?.text ?? "", /"May I, please\?"/);
  assert.ok(email?.text.includes(`${APP}/posts/${id}/approve?mode=live`));
  await edit("Now?");
  assert.deepEqual(await told(), []);
  await approve();
  await edit("Something else");
  assert.equal((await told()).length, 1);
  await createPost(person.live, "Another", key);
  await edit("Once more");
  await world.database.pool.query("update posts set status = 'discarded' where user_id = $1", [person.live.userId]);
  assert.deepEqual(await told(), [], "what was settled before the email is not told");
});

test("a post that a writer sends again after it was decided is told again, and only then", async () => {
  const person = await newPerson();
  const { userId, mode } = person.live;
  const writer = await joinAs(world, person.live, "writer");
  const call = async (cookie: string, method: string, path: string, body?: object) => {
    const query = new URLSearchParams({ mode, ...(cookie === person.cookie ? {} : { workspace: userId }) });
    return (await world.callAs(cookie, method, `${path}?${query}`, body)).body;
  };
  const contentHash = async (id: string) =>
    objectIn(await call(person.cookie, "GET", `/api/posts/${id}/approval`), "approval").contentHash;
  const sendBack = async (id: string) =>
    await call(person.cookie, "POST", `/api/posts/${id}/send-back`, {
      contentHash: await contentHash(id),
      reason: "Shorter, please.",
    });
  const edit = (id: string, text: string) => call(writer.cookie, "PATCH", `/api/v1/posts/${id}`, { content: { text } });
  const ask = (id: string) => call(writer.cookie, "POST", `/api/v1/posts/${id}/publish`);
  const subjects = async () => (await told()).map(({ subject }) => subject);
  const waiting = ["A post waits for your approval"];

  const id = await createPost(person.live, "From a writer");
  await ask(id);
  assert.deepEqual(await subjects(), waiting);
  await sendBack(id);
  await edit(id, "From a wri");
  await edit(id, "Shorter");
  assert.deepEqual(await subjects(), [], "it is still being written");
  await ask(id);
  assert.deepEqual(await subjects(), waiting);
  await call(person.cookie, "POST", `/api/posts/${id}/approve`, { contentHash: await contentHash(id) });
  await edit(id, "Longer again");
  await ask(id);
  assert.deepEqual(await subjects(), waiting);

  const made = await world.callAs(person.cookie, "POST", "/api/keys", {
    name: "robot",
    mode,
    policies: { approvalRequired: true },
  });
  const ofKey = await createPost(person.live, "From a key", String(objectIn(made.body, "key").apiKey));
  assert.deepEqual(await subjects(), waiting);
  await sendBack(ofKey);
  await edit(ofKey, "From a key, mended by a writer");
  assert.deepEqual(await subjects(), waiting, "the key waits already");
});

test("five of a kind are five emails, six are one digest, and they wait for each other", async () => {
  const person = await newPerson();
  const fail = async (count: number) => {
    for (let number = 1; number <= count; number += 1)
      await report(person.live, await createPost(person.live, `Number ${number}`), "platform_post.failed");
  };
  await fail(5);
  assert.deepEqual(await told(300), []);
  assert.equal((await told()).length, 5);
  await fail(6);
  const [digest, ...more] = await told();
  assert.deepEqual([digest?.subject, more.length], ["6 posts failed", 0]);
  for (let number = 1; number <= 6; number += 1)
    assert.ok(digest?.text.includes(`- Threads: "Number ${number}"\n`), digest?.text);
  await fail(23);
  const [long] = await told();
  assert.equal(long?.subject, "23 posts failed");
  assert.match(long?.text ?? "", /\n- and 3 more\n/);
});

test("test mode sends nothing unless chosen, what is turned off is not sent, and others are not affected", async () => {
  const [person, other] = [await newPerson(), await newPerson()];
  const all = { failed: true, unknown: true, accountAccess: true, approval: true };
  const read = async (mode: string) =>
    objectIn((await world.callAs(person.cookie, "GET", `/api/notifications?mode=${mode}`)).body, "notifications");
  assert.deepEqual(await read("live"), all);
  assert.deepEqual(await read("test"), { failed: false, unknown: false, accountAccess: false, approval: false });
  const failEverywhere = async () => {
    for (const tenant of [person.live, person.test, other.live])
      await report(tenant, await createPost(tenant, tenant.userId), "platform_post.failed");
    return (await told()).map(({ subject, text }) => [subject, text.includes(person.live.userId)]);
  };
  const theirs = ["Your post failed on Threads", false];
  assert.deepEqual((await failEverywhere()).sort(), [theirs, ["Your post failed on Threads", true]]);
  assert.deepEqual(await choose(person, "live", { failed: false }), { ...all, failed: false });
  assert.deepEqual(await failEverywhere(), [theirs]);
  await choose(person, "test", { failed: true });
  assert.deepEqual((await failEverywhere()).sort(), [["Your post failed on Threads (test mode)", true], theirs]);
  await report(person.test, await createPost(person.test, "Waiting"), "platform_post.failed");
  while (await relayEvents(world.services)) continue;
  await choose(person, "test", { failed: false });
  assert.deepEqual(await told(), [], "what already waited is not sent either");
  asRefusal(await world.callAs(person.cookie, "PATCH", "/api/notifications", { sms: true }), 400);
});

test("the link in an email turns its kind off without a session, only when it is sent, and only as it was signed", async () => {
  const person = await newPerson();
  await report(person.live, await createPost(person.live, "One"), "platform_post.failed");
  const [email] = await told();
  const link = /Stop these emails: (\S+)/.exec(email?.text ?? "")?.[1] ?? "";
  const { search } = new URL(link);
  const isOn = async () =>
    objectIn((await world.callAs(person.cookie, "GET", "/api/notifications?mode=live")).body, "notifications").failed;
  const post = (query: string) =>
    fetch(`${world.url}/unsubscribe${query}`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "List-Unsubscribe=One-Click",
    });
  const page = await (await fetch(`${world.url}/unsubscribe${search}`)).text();
  assert.match(page, /Stop emails about posts that fail in live mode\?/);
  assert.equal(await isOn(), true, "opening it changes nothing");
  for (const [name, value] of [
    ["user", "somebody"],
    ["mode", "test"],
    ["kind", "approval"],
    ["signature", "AAAA"],
  ] as const) {
    const query = new URLSearchParams(search);
    query.set(name, value);
    assert.equal((await post(`?${query.toString()}`)).status, 400, name);
  }
  assert.equal((await post("")).status, 400);
  assert.equal(await isOn(), true);
  const recorded = async () => {
    const { rows } = await world.database.pool.query(
      "select data from audit_events where user_id = $1 and action = 'user.settings_changed'",
      [person.live.userId],
    );
    return rows.map(({ data }) => data);
  };
  for (let turn = 0; turn < 5; turn += 1) {
    const answered = await post(search);
    assert.equal(answered.status, 200);
    assert.match(await answered.text(), /You will get no more emails about posts that fail in live mode\./);
  }
  assert.equal(await isOn(), false);
  assert.deepEqual(await recorded(), [{ notifications: { failed: false } }], "no one fills the log by repeating it");
  await report(person.live, await createPost(person.live, "Two"), "platform_post.failed");
  assert.deepEqual(await told(), []);
});

test("however many workers send, and wherever one dies, each event is told once", async () => {
  const person = await newPerson();
  const { pool } = world.database;
  for (let number = 1; number <= 4; number += 1)
    await report(person.live, await createPost(person.live, `Event ${number}`), "platform_post.failed");
  await Promise.all([1, 2, 3].map(() => relayEvents(world.services)));
  let deaths = 0;
  const dying: JobSender = {
    // The worker is gone between two emails: PostgreSQL sees its connection end.
    send: async (db, queue, data) => {
      await jobs.send(db, queue, data);
      deaths += 1;
      if (deaths === 2) await db.query("select pg_terminate_backend(pg_backend_pid())");
    },
  };
  await send(0, dying);
  assert.equal(deaths, 2);
  await pool.query("update tries set not_before = now()");
  await Promise.all([1, 2, 3].map(() => send()));
  assert.deepEqual((await deliverAll()).map(({ text }) => /Event \d/.exec(text)?.[0]).sort(), [
    "Event 1",
    "Event 2",
    "Event 3",
    "Event 4",
  ]);
  assert.equal((await pool.query("select from notices where user_id = $1", [person.live.userId])).rowCount, 0);
});
