import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { NO_BRAND } from "../../../model/brand.ts";
import type { EventType } from "../../../model/events.ts";
import { newId } from "../../../model/ids.ts";
import { NOTIFICATION_KINDS, NOTIFIED } from "../../../model/notifications.ts";
import { MEMBER_ROLES, type MemberRole } from "../../../model/roles.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { type MailServer, startMailServer } from "../../../tests/mail-server.ts";
import { joinAs } from "../../../tests/members.ts";
import { relayAll } from "../../../tests/relay.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import type { JobSender } from "../../db/job-sender.ts";
import { saveMember } from "../../db/queries/members.ts";
import { recordAccountEvent, recordPostEvents } from "../../db/queries/outbox.ts";
import { startJobQueue, type JobQueue } from "../../jobs/jobs.ts";
import { deliverMail } from "../../mail/deliver-mail.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
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
  const error = { code: "CONTENT_REJECTED", message: "Invalid parameter", action: "Change its text." };
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
  await relayAll(world.services);
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
    const [to, subject] = ["To", "Subject"].map(
      (name) => new RegExp(`^${name}: (.*)\r$`, "m").exec(head.replace(/\r\n[ \t]+/g, " "))?.[1] ?? "",
    );
    return { head, text, to: to ?? "", subject: subject ?? "" };
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
  const left = await createPost(person.live, "Left behind");
  await world.database.pool.query(
    `with gone as (
       insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id, status)
       values (gen_random_uuid(), $2, $3, $4, 'threads', 'former', 'revoked') returning id
     )
     update platform_posts set account_id = gone.id from gone where post_id = $1`,
    [left, userId, mode, person.live.platformSetId],
  );
  await report(person.live, left, "post.missed");
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
  only(/^Your post failed on Threads: .*"Hello Bcc: evil@example\.com"\n\nInvalid parameter\. Change its text\./s);
  only(/^Your post failed on Threads: .*"Too late"\n\nIt could not be published in time\./s);
  only(/^Your post failed on Threads: .*"Left behind"\n\nIts account is no longer connected\./s);
  only(/^Your post might not be live on Threads: .*"Are you there\?"/s);
  only(/^Reconnect your LinkedIn account ampost: Ampost has lost access.*\n\nThe person removed the app\./s);
  only(/^Reconnect your LinkedIn account ampost: .*expires on 2026-12-02 10:00 UTC\..*\n\n1 post is scheduled/s);
  assert.equal(all.length, 6);
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
  const all = { failed: true, unknown: true, accountAccess: true, approval: true, decided: false };
  const read = async (mode: string) =>
    objectIn((await world.callAs(person.cookie, "GET", `/api/notifications?mode=${mode}`)).body, "notifications");
  assert.deepEqual(await read("live"), all);
  assert.deepEqual(await read("test"), {
    ...all,
    failed: false,
    unknown: false,
    accountAccess: false,
    approval: false,
  });
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
  await relayAll(world.services);
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
  await Promise.all([1, 2, 3].map(() => relayAll(world.services)));
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

/** A workspace with an owner, called Ada, and members. What everyone is told shows who it was sent to. */
const newTeam = async (roles: Readonly<Record<string, MemberRole>>) => {
  const { pool } = world.database;
  const owner = await newPerson();
  const { userId, platformSetId } = owner.live;
  await pool.query("update users set name = 'Ada' where id = $1", [userId]);
  const people = new Map([["owner", { tenant: owner.live, cookie: owner.cookie, memberId: "" }]]);
  for (const [name, role] of Object.entries(roles)) people.set(name, await joinAs(world, owner.live, role));
  const who = (name: string) => {
    const person = people.get(name);
    assert.ok(person, name);
    return person;
  };
  const names = new Map<string, string>();
  for (const [name, { tenant }] of people) {
    const { rows } = await pool.query<{ email: string }>("select email from users where id = $1", [tenant.userId]);
    names.set(rows[0]?.email ?? "", name);
  }
  const call = (name: string, method: string, path: string, body?: object, mode = "live") =>
    world.callAs(who(name).cookie, method, `${path}?${new URLSearchParams({ mode, workspace: userId })}`, body);
  const ask = async (name: string, text: string) => {
    const draft = { content: { text }, platforms: ["threads"], platformSetId };
    const id = idOf((await call(name, "POST", "/api/v1/posts", draft)).body, "post");
    assert.equal((await call(name, "POST", `/api/v1/posts/${id}/publish`)).status, 403);
    return id;
  };
  const decide = async (name: string, id: string, reason?: string) => {
    const { body } = await call(name, "GET", `/api/posts/${id}/approval`);
    const { contentHash } = objectIn(body, "approval");
    const path = `/api/posts/${id}/${reason === undefined ? "approve" : "send-back"}`;
    assert.equal((await call(name, "POST", path, { contentHash, reason })).status, 200);
  };
  const emails = async () => (await told()).map((email) => ({ ...email, to: names.get(email.to) ?? email.to }));
  const subjects = async () => (await emails()).map(({ to, subject }) => `${to}: ${subject}`).sort();
  return { owner, userId, who, call, ask, decide, emails, subjects };
};

const WAITS = "A post waits for your approval";
const AS_MEMBER = " in the workspace of Ada";

test("the owner and publishers are told that a post waits, its writer what was decided, and nobody of their own act", async () => {
  const { owner, userId, who, ask, decide, emails, subjects, call } = await newTeam({
    publisher: "publisher",
    writer: "writer",
    colleague: "writer",
    viewer: "viewer",
  });
  const id = await ask("writer", "May I?");
  const waiting = await emails();
  assert.deepEqual(waiting.map(({ to, subject }) => `${to}: ${subject}`).sort(), [
    `owner: ${WAITS}`,
    `publisher: ${WAITS}${AS_MEMBER}`,
  ]);
  const query = `mode=live&workspace=${userId}`;
  for (const { text } of waiting) {
    assert.ok(text.includes(`\n\nApprove it: ${APP}/posts/${id}/approve?${query}\n`), text);
    assert.ok(text.includes(`\nChoose which emails you get: ${APP}/settings/notifications?${query}`), text);
  }

  await decide("publisher", id, "Shorter,\nplease.");
  const [back, ...others] = await emails();
  assert.deepEqual([back?.to, back?.subject, others], ["writer", `Your post was sent back${AS_MEMBER}`, []]);
  assert.match(back?.text ?? "", /"May I\?"\n\nReason: Shorter, please\.\n\nChange it and publish it again: /);

  await call("writer", "PATCH", `/api/v1/posts/${id}`, { content: { text: "I may" } });
  await call("writer", "POST", `/api/v1/posts/${id}/publish`);
  await subjects();
  await decide("owner", id);
  const [approved, ...more] = await emails();
  assert.deepEqual([approved?.to, approved?.subject, more], ["writer", `Your post was approved${AS_MEMBER}`, []]);
  assert.match(approved?.text ?? "", /"I may"\n\nYou can publish it now\.\n\nSee the post: /);

  const made = await call("owner", "POST", "/api/keys", {
    name: "robot",
    mode: "live",
    policies: { approvalRequired: true },
  });
  const ofKey = await createPost(owner.live, "From a key", String(objectIn(made.body, "key").apiKey));
  assert.deepEqual(await subjects(), [`owner: ${WAITS}`, `publisher: ${WAITS}${AS_MEMBER}`]);
  await decide("publisher", ofKey);
  assert.deepEqual(await subjects(), [], "a key is nobody");

  const own = await ask("writer", "Mine");
  await call("owner", "PATCH", `/api/members/${who("writer").memberId}`, { role: "publisher" });
  assert.deepEqual(await subjects(), [`owner: ${WAITS}`, `publisher: ${WAITS}${AS_MEMBER}`], "their own act");
  await decide("writer", own);
  assert.deepEqual(await subjects(), [], "their own act, and writers only");
});

test("a writer is told what became of an approved post, only the last decision, and nothing that no longer holds", async () => {
  const { call, ask, decide, emails, subjects } = await newTeam({ writer: "writer" });
  await call("owner", "PATCH", "/api/notifications", { approval: false });
  const decided = async (change: string) => {
    const id = await ask("writer", "Hello");
    await decide("owner", id, "Not yet");
    await decide("owner", id);
    await world.database.pool.query(`update posts set ${change} where id = $1`, [id]);
    return (await emails()).map(({ subject, text }) => `${subject}: ${text.split("\n\n")[1] ?? ""}`);
  };
  const approved = `Your post was approved${AS_MEMBER}: `;
  assert.deepEqual(await decided("status = 'queued'"), [`${approved}It is being published.`]);
  assert.deepEqual(await decided("status = 'published'"), [`${approved}It has been published.`]);
  assert.deepEqual(await decided("status = 'failed'"), [`${approved}It failed. You can retry it now.`]);
  assert.deepEqual(await decided("status = 'scheduled', scheduled_for = '2031-05-06 07:08:09Z'"), [
    `${approved}It is scheduled for 2031-05-06 07:08 UTC.`,
  ]);
  assert.deepEqual(await decided("status = 'discarded'"), []);

  const scheduled = await ask("writer", "Soon");
  await decide("owner", scheduled);
  await world.database.pool.query("update posts set status = 'scheduled' where id = $1", [scheduled]);
  await world.database.pool.query("delete from post_approvals where post_id = $1", [scheduled]);
  assert.deepEqual(
    await subjects(),
    [`writer: Your post was approved${AS_MEMBER}`],
    "an edit that schedules it is no other decision",
  );

  const edited = await ask("writer", "Hello");
  await decide("owner", edited, "Not yet");
  await call("writer", "PATCH", `/api/v1/posts/${edited}`, { content: { text: "Better" } });
  assert.deepEqual(await subjects(), [], "the writer knows already");

  for (const number of [1, 2, 3, 4, 5, 6])
    await decide("owner", await ask("writer", `Number ${number}`), number === 6 ? "Too many" : undefined);
  const [digest, ...others] = await emails();
  assert.deepEqual([digest?.subject, others], [`6 of your posts were approved or sent back${AS_MEMBER}`, []]);
  assert.match(digest?.text ?? "", /^- Approved: "Number 1"\n(.*\n)+- Sent back: "Number 6"\. Reason: "Too many"\n/);
});

test("who has left, was removed or has another role when emails are sent gets none, nor anyone who is suspended", async () => {
  const { call, ask, subjects, who, userId, decide } = await newTeam({
    publisher: "publisher",
    gone: "publisher",
    left: "publisher",
    demoted: "publisher",
    suspended: "publisher",
    writer: "writer",
  });
  const suspend = (id: string, at: string | null) =>
    world.database.pool.query("update users set suspended_at = $2 where id = $1", [id, at]);
  const id = await ask("writer", "May I?");
  await relayAll(world.services);
  await call("owner", "DELETE", `/api/members/${who("gone").memberId}`);
  assert.equal((await world.callAs(who("left").cookie, "DELETE", `/api/workspaces/${userId}`)).status, 200);
  await call("owner", "PATCH", `/api/members/${who("demoted").memberId}`, { role: "writer" });
  await suspend(who("suspended").tenant.userId, "2026-01-01");
  assert.deepEqual(await subjects(), [`owner: ${WAITS}`, `publisher: ${WAITS}${AS_MEMBER}`]);
  await decide("publisher", id);
  await call("owner", "DELETE", `/api/members/${who("writer").memberId}`);
  assert.deepEqual(await subjects(), []);
  await ask("demoted", "And I?");
  await suspend(userId, "2026-01-01");
  assert.deepEqual(await subjects(), [`owner: ${WAITS}`], "its members cannot open a suspended workspace");
  await suspend(userId, null);
});

test("what members choose is theirs, of each workspace by itself, and ends when they leave", async () => {
  const roles = { publisher: "publisher", writer: "writer" } as const;
  const [ours, theirs] = [await newTeam(roles), await newTeam({})];
  const both = ours.who("publisher");
  await saveMember.run(world.database.pool, [newId(), theirs.userId, both.tenant.userId, "publisher"]);
  const choices = async (path: string) =>
    objectIn((await world.callAs(both.cookie, "GET", path)).body, "notifications");
  const [here, there, own] = [`workspace=${ours.userId}&`, `workspace=${theirs.userId}&`, ""].map(
    (workspace) => `/api/notifications?${workspace}mode=live`,
  );
  const before = { failed: false, unknown: false, accountAccess: false, approval: true, decided: false };
  assert.deepEqual(await choices(here ?? ""), before);
  const patched = await world.callAs(both.cookie, "PATCH", here ?? "", { approval: false, failed: true });
  assert.equal(patched.status, 200);
  assert.deepEqual(await choices(here ?? ""), { ...before, approval: false, failed: true });
  assert.deepEqual(await choices(there ?? ""), before);
  assert.deepEqual(await choices(own ?? ""), {
    failed: true,
    unknown: true,
    accountAccess: true,
    approval: true,
    decided: false,
  });
  assert.deepEqual((await world.callAs(ours.owner.cookie, "GET", own ?? "")).status, 200);

  await ours.ask("writer", "May I?");
  for (const team of [ours, theirs])
    await report(team.owner.live, await createPost(team.owner.live, team.userId), "platform_post.failed");
  const email = both.tenant.userId;
  const { rows } = await world.database.pool.query<{ email: string }>("select email from users where id = $1", [email]);
  const emails = await told();
  assert.deepEqual(
    emails.map(({ to, subject }) => `${to === rows[0]?.email}: ${subject}`).sort(),
    [
      `false: ${WAITS}`,
      "false: Your post failed on Threads",
      "false: Your post failed on Threads",
      `true: A post failed on Threads${AS_MEMBER}`,
    ].sort(),
  );
  const failed = emails.find(({ to }) => to === rows[0]?.email);
  const text = failed?.text ?? "";
  assert.ok(text.includes(ours.userId) && !text.includes(theirs.userId), text);

  const { search } = new URL(/Stop these emails: (\S+)/.exec(text)?.[1] ?? "");
  const unsubscribe = (query: URLSearchParams) => fetch(`${world.url}/unsubscribe?${query}`, { method: "POST" });
  for (const [name, value] of [
    ["member", theirs.userId],
    ["member", ours.userId],
    ["user", theirs.userId],
  ] as const) {
    const query = new URLSearchParams(search);
    query.set(name, value);
    assert.equal((await unsubscribe(query)).status, 400, name);
  }
  const without = new URLSearchParams(search);
  without.delete("member");
  assert.equal((await unsubscribe(without)).status, 400);
  const done = await unsubscribe(new URLSearchParams(search));
  assert.match(
    await done.text(),
    new RegExp(`settings/notifications\\?mode=live(&amp;|&#38;|&)workspace=${ours.userId}`),
  );
  assert.deepEqual(await choices(here ?? ""), { ...before, approval: false });
  const owners = await world.callAs(ours.owner.cookie, "GET", "/api/notifications?mode=live");
  assert.equal(objectIn(owners.body, "notifications").failed, true);
  const audited = await world.database.pool.query(
    "select user_id, data from audit_events where action = 'user.settings_changed' and user_id = any ($1) order by id",
    [[both.tenant.userId, ours.userId]],
  );
  const workspace = ours.userId;
  assert.deepEqual(audited.rows, [
    { user_id: both.tenant.userId, data: { notifications: { failed: true, approval: false }, workspace } },
    { user_id: both.tenant.userId, data: { notifications: { failed: false }, workspace } },
  ]);

  await ours.call("owner", "DELETE", `/api/members/${both.memberId}`);
  assert.equal((await unsubscribe(new URLSearchParams(search))).status, 200, "it has nothing to do");
  await saveMember.run(world.database.pool, [newId(), ours.userId, both.tenant.userId, "publisher"]);
  assert.deepEqual(await choices(here ?? ""), before);
});

test("more than five are one email for each person, and what a person has asked for is not counted", async () => {
  const { call, who, ask, emails } = await newTeam({ publisher: "publisher", writer: "writer", risen: "writer" });
  for (let number = 1; number <= 6; number += 1) await ask(number < 6 ? "writer" : "risen", `Number ${number}`);
  await call("owner", "PATCH", `/api/members/${who("risen").memberId}`, { role: "publisher" });
  const sent = (await emails()).map(({ to, subject, text }) => [to, subject, text.includes("Number 6")]);
  const several = "6 posts wait for your approval";
  assert.deepEqual(sent.sort(), [
    ["owner", several, true],
    ["publisher", `${several}${AS_MEMBER}`, true],
    ...Array.from({ length: 5 }, () => ["risen", `${WAITS}${AS_MEMBER}`, false]),
  ]);
});

test("each role can choose what it can act on, and gets at first what the table says", async () => {
  const team = await newTeam({ viewer: "viewer", writer: "writer", publisher: "publisher" });
  const none = Object.fromEntries(NOTIFICATION_KINDS.map((kind) => [kind, false]));
  for (const role of ["owner", ...MEMBER_ROLES] as const) {
    const read = async (mode: string) => await team.call(role, "GET", "/api/notifications", undefined, mode);
    if (role === "viewer") {
      assert.equal((await read("live")).status, 403);
      continue;
    }
    const first = Object.fromEntries(NOTIFICATION_KINDS.map((kind) => [kind, NOTIFIED[kind][role] ?? false]));
    assert.deepEqual(objectIn((await read("live")).body, "notifications"), first, role);
    assert.deepEqual(objectIn((await read("test")).body, "notifications"), none, role);
    for (const kind of NOTIFICATION_KINDS) {
      const patched = await team.call(role, "PATCH", "/api/notifications", { [kind]: true }, "test");
      if (NOTIFIED[kind][role] === undefined)
        assert.deepEqual(asRefusal(patched, 400).issues[0]?.rule, "notifications.role", `${role} ${kind}`);
      else assert.equal(objectIn(patched.body, "notifications")[kind], true, `${role} ${kind}`);
    }
  }
});
