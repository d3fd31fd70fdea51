import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { accountsList } from "../../contract/operations/accounts.ts";
import { approvalsList } from "../../contract/operations/approvals.ts";
import { auditList } from "../../contract/operations/audit.ts";
import { membersList, memberInvitesList, workspacesList } from "../../contract/operations/workspaces.ts";
import { BOUNDS } from "../../model/bounds.ts";
import type { MemberRole } from "../../model/roles.ts";
import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { joinAs } from "../../tests/members.ts";
import { emailsOf, visit } from "../../tests/visitor.ts";
import { type Called, cookiesOf, createWorld, PASSWORD, type TestTenant, type World } from "../../tests/world.ts";

let world: World;
let owner: TestTenant;
let cookie: string;

before(async () => {
  world = await createWorld();
});
beforeEach(async () => {
  owner = (await world.makeTenants()).test;
  cookie = await world.signIn(owner);
  Object.assign(world.services.settings, { signUp: "open", hasMailServer: true });
});
after(() => world.close());

/** Calls something in the owner's workspace, in test mode. */
async function inWorkspace(as: string, method: string, path: string, body?: object): Promise<Called> {
  const query = new URLSearchParams({ mode: "test", workspace: owner.userId });
  return await world.callAs(as, method, `${path}${path.includes("?") ? "&" : "?"}${query}`, body);
}

async function newPost(as: string): Promise<string> {
  await world.connect(owner, "threads");
  const { status, body } = await inWorkspace(as, "POST", "/api/v1/posts", {
    content: { text: "Hello" },
    platforms: ["threads"],
    platformSetId: owner.platformSetId,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return idOf(body, "post");
}

async function waiting(as: string) {
  const { body } = await inWorkspace(as, "GET", "/api/approvals");
  return approvalsList.answer.parse(body).approvals.map(({ post, key, member }) => ({ id: post.id, key, member }));
}

async function emailOf(userId: string): Promise<string> {
  const { rows } = await world.services.pool.query<{ email: string }>("select email from users where id = $1", [
    userId,
  ]);
  return rows[0]?.email ?? "";
}

async function auditOf(action: string) {
  const { body } = await world.callAs(cookie, "GET", "/api/audit?limit=100");
  return auditList.answer.parse(body).events.filter((event) => event.action === action);
}

test("members work on the workspace's objects, and without naming it on their own", async () => {
  const viewer = await joinAs(world, owner, "viewer");
  const account = await world.connect(owner, "threads");
  const accounts = async (query: string) =>
    accountsList.answer.parse((await world.callAs(viewer.cookie, "GET", `/api/v1/accounts?mode=test${query}`)).body)
      .accounts;
  assert.deepEqual(
    (await accounts(`&workspace=${owner.userId}`)).map(({ id }) => id),
    [account],
  );
  assert.deepEqual(await accounts(""), []);
  assert.deepEqual(await accounts(`&workspace=${viewer.tenant.userId}`), []);
  // In the mode that is named, and in no other workspace at the same time.
  assert.equal((await world.callAs(viewer.cookie, "GET", `/api/v1/accounts/${account}?mode=test`)).status, 404);
  const both = `/api/v1/accounts?workspace=${owner.userId}&workspace=${viewer.tenant.userId}`;
  for (const path of [both, "/api/v1/accounts?workspace=", "/api/v1/accounts?workspace=%00"])
    assert.equal(asRefusal(await world.callAs(viewer.cookie, "GET", path), 400).issues[0]?.rule, "request.workspace");
});

test("a writer's posts wait until a publisher approves them, and the log says who did", async () => {
  const writer = await joinAs(world, owner, "writer");
  const publisher = await joinAs(world, owner, "publisher");
  await world.services.pool.query("update users set name = 'Grace' where id = $1", [writer.tenant.userId]);
  const id = await newPost(writer.cookie);
  assert.equal((await world.call(owner, "GET", `/api/v1/posts/${id}`)).status, 200);
  // A draft is not finished, so it does not wait yet.
  assert.deepEqual(await waiting(cookie), []);
  const publish = async (as: string) => await inWorkspace(as, "POST", `/api/v1/posts/${id}/publish`);
  const refused = asRefusal(await publish(writer.cookie), 403);
  assert.equal(refused.code, "APPROVAL_REQUIRED");
  assert.match(refused.error, /^Your role in this workspace requires approval/);
  const listed = [{ id, key: null, member: { id: writer.tenant.userId, name: "Grace" } }];
  for (const as of [cookie, publisher.cookie, writer.cookie]) assert.deepEqual(await waiting(as), listed);

  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const scheduled = await inWorkspace(writer.cookie, "PATCH", `/api/v1/posts/${id}`, { scheduledFor: soon });
  assert.ok(asRefusal(scheduled, 400).issues.some(({ code }) => code === "APPROVAL_REQUIRED"));

  const approval = objectIn((await inWorkspace(writer.cookie, "GET", `/api/posts/${id}/approval`)).body, "approval");
  const approve = async (as: string) =>
    await inWorkspace(as, "POST", `/api/posts/${id}/approve`, { contentHash: approval.contentHash });
  assert.equal(asRefusal(await approve(writer.cookie), 403).code, "POLICY_VIOLATION");
  const approved = await approve(publisher.cookie);
  assert.equal(objectIn(approved.body, "approval").approvedBy, publisher.tenant.userId);
  assert.deepEqual(await waiting(cookie), []);
  const [event] = await auditOf("post.approved");
  const { userId } = publisher.tenant;
  assert.deepEqual([event?.target, event?.data.memberUserId, event?.actor.name], [id, userId, await emailOf(userId)]);
  const exported = await world.callAs(cookie, "GET", "/api/audit/export?action=post.approved");
  assert.ok(String(exported.body).includes(`,${await emailOf(userId)},`), String(exported.body));
  assert.equal((await publish(writer.cookie)).status, 200);
});

test("an edit by a writer removes the approval, and the post waits once they ask again", async () => {
  const writer = await joinAs(world, owner, "writer");
  const id = await newPost(writer.cookie);
  const publish = () => inWorkspace(writer.cookie, "POST", `/api/v1/posts/${id}/publish`);
  await publish();
  const { contentHash } = objectIn((await inWorkspace(cookie, "GET", `/api/posts/${id}/approval`)).body, "approval");
  assert.equal((await inWorkspace(cookie, "POST", `/api/posts/${id}/approve`, { contentHash })).status, 200);
  const edited = await inWorkspace(writer.cookie, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Hello again" } });
  assert.equal(edited.status, 200, JSON.stringify(edited.body));
  assert.equal(objectIn(edited.body, "post").approval, null);
  assert.deepEqual(await waiting(cookie), []);
  assert.equal(asRefusal(await publish(), 403).code, "APPROVAL_REQUIRED");
  assert.deepEqual(
    (await waiting(cookie)).map((each) => each.id),
    [id],
  );
});

test("a new role and a removal take effect at the next request, and end what is open", async () => {
  const { cookie: theirs, memberId, tenant } = await joinAs(world, owner, "publisher");
  const id = await newPost(theirs);
  const open = async () =>
    await fetch(`${world.url}/api/v1/posts/${id}/events?mode=test&workspace=${owner.userId}`, {
      headers: { cookie: theirs },
    });
  const change = async (role: MemberRole) => await world.callAs(cookie, "PATCH", `/api/members/${memberId}`, { role });
  assert.equal((await change("viewer")).status, 200);
  const refused = await inWorkspace(theirs, "POST", `/api/v1/posts/${id}/publish`);
  assert.equal(asRefusal(refused, 403).issues[0]?.rule, "request.role");
  const stream = await open();
  assert.equal(stream.status, 200);
  assert.equal((await world.callAs(cookie, "DELETE", `/api/members/${memberId}`)).status, 200);
  // It ends by itself.
  await stream.text();
  const gone = await inWorkspace(theirs, "GET", `/api/v1/posts/${id}`);
  assert.equal(asRefusal(gone, 400).issues[0]?.rule, "request.workspace");
  assert.equal((await open()).status, 400);
  const actions = [(await auditOf("member.role_changed"))[0], (await auditOf("member.removed"))[0]];
  const email = await emailOf(tenant.userId);
  assert.deepEqual(
    actions.map((event) => [event?.target, event?.targetName, event?.data.memberUserId]),
    [
      [tenant.userId, email, undefined],
      [tenant.userId, email, undefined],
    ],
  );
  assert.equal((await change("writer")).status, 404);
});

test("a member leaves; the workspaces are listed with their roles", async () => {
  const { cookie: theirs, tenant } = await joinAs(world, owner, "writer");
  const list = async () =>
    workspacesList.answer
      .parse((await world.callAs(theirs, "GET", "/api/workspaces")).body)
      .workspaces.map(({ id, role }) => [id, role]);
  assert.deepEqual(await list(), [
    [tenant.userId, "owner"],
    [owner.userId, "writer"],
  ]);
  const leave = async (id: string) => (await world.callAs(theirs, "DELETE", `/api/workspaces/${id}`)).status;
  assert.equal(await leave(tenant.userId), 404);
  assert.deepEqual([await leave(owner.userId), await leave(owner.userId)], [200, 404]);
  const [event] = await auditOf("member.left");
  assert.deepEqual(
    [event?.targetName, event?.data.memberUserId, event?.actor.name],
    [await emailOf(tenant.userId), tenant.userId, null],
  );
  assert.deepEqual(await list(), [[tenant.userId, "owner"]]);
});

test("while the owner is suspended, and once they are deleted, nobody is in their workspace", async () => {
  const { cookie: theirs } = await joinAs(world, owner, "publisher");
  const status = async () => (await inWorkspace(theirs, "GET", "/api/v1/posts")).status;
  const suspend = async (at: Date | null) =>
    await world.services.pool.query("update users set suspended_at = $2 where id = $1", [owner.userId, at]);
  assert.equal(await status(), 200);
  await suspend(new Date());
  assert.equal(await status(), 400);
  await suspend(null);
  assert.equal(await status(), 200);
  assert.equal((await world.callAs(cookie, "DELETE", "/api/me", { password: PASSWORD })).status, 200);
  assert.equal(await status(), 400);
  assert.equal((await world.callAs(theirs, "GET", "/api/me")).status, 200);
});

test("uploads in parts go to the workspace, and what is about the person alone is refused there", async () => {
  const [viewer, writer] = [await joinAs(world, owner, "viewer"), await joinAs(world, owner, "writer")];
  const query = new URLSearchParams({ mode: "test", workspace: owner.userId });
  const begin = async (as: string) =>
    await world.callAs(as, "POST", `/api/v1/media?${query}`, undefined, {
      "tus-resumable": "1.0.0",
      "upload-length": "10",
    });
  assert.equal(asRefusal(await begin(viewer.cookie), 403).issues[0]?.rule, "request.role");
  const begun = await begin(writer.cookie);
  assert.equal(begun.status, 201);
  const { rows } = await world.services.pool.query("select user_id from resumable_uploads where user_id = any($1)", [
    [owner.userId, writer.tenant.userId],
  ]);
  assert.deepEqual(rows, [{ user_id: owner.userId }]);
  const exported = await world.callAs(writer.cookie, "GET", `/api/me/export?${query}`);
  assert.equal(asRefusal(exported, 403).issues[0]?.rule, "request.role");
  const tool = await world.callAs(
    writer.cookie,
    "POST",
    `/mcp?${query}`,
    { jsonrpc: "2.0", id: 1, method: "tools/list" },
    { accept: "application/json, text/event-stream" },
  );
  assert.ok(tool.status >= 400, JSON.stringify(tool.body));
});

const invite = async (email: string, role: MemberRole = "writer") =>
  await world.callAs(cookie, "POST", "/api/member-invites", { email, role });

async function membersNow() {
  const { body } = await world.callAs(cookie, "GET", "/api/members");
  return membersList.answer.parse(body).members.map(({ email, role }) => [email, role]);
}

async function invitesNow() {
  const { body } = await world.callAs(cookie, "GET", "/api/member-invites");
  return memberInvitesList.answer.parse(body).invites.map(({ email }) => email);
}

/** The path in the last email to an address. */
function linkTo(address: string): string {
  const text = emailsOf(world).findLast(({ to }) => to === address)?.text ?? "";
  return /\/join\/[\w-]+/.exec(text)?.[0] ?? "";
}

async function page(method: "GET" | "POST", path: string, as?: string, form?: Record<string, string>) {
  const response = await fetch(world.url + path, {
    method,
    redirect: "manual",
    headers: { origin: world.services.settings.appUrl, ...(as === undefined ? {} : { cookie: as }) },
    ...(method === "POST" ? { body: new URLSearchParams(form) } : {}),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

let invited = 0;
const newAddress = () => `guest${(invited += 1)}@example.com`;

test("who has no account joins with a new one, even if sign-up is closed; the link works once", async () => {
  world.services.settings.signUp = "closed";
  const email = newAddress();
  const made = await invite(` ${email.toUpperCase()} `);
  assert.deepEqual([made.status, objectIn(made.body, "invite").email, Object(made.body).link], [201, email, null]);
  assert.deepEqual(await invitesNow(), [email]);
  const link = linkTo(email);
  const shown = await page("GET", link);
  assert.equal(shown.status, 200);
  assert.match(shown.text, /as a\s+<b>writer<\/b>/);
  assert.match((await page("POST", link, undefined, { password: "short", name: "" })).text, /at least 10 characters/);
  const joined = await page("POST", link, undefined, { password: PASSWORD, name: "Grace" });
  assert.deepEqual([joined.status, joined.headers.get("location")], [303, `/posts?workspace=${owner.userId}`]);
  assert.deepEqual([await membersNow(), await invitesNow()], [[[email, "writer"]], []]);
  const theirs = cookiesOf(joined);
  assert.equal((await inWorkspace(theirs, "GET", "/api/v1/posts")).status, 200);
  assert.equal((await page("GET", link)).status, 400);
  assert.equal((await page("POST", link, undefined, { password: PASSWORD, name: "" })).status, 400);
  const [event] = await auditOf("member.joined");
  assert.deepEqual([event?.data.email, event?.targetName, event?.actor.name], [email, "Grace", "Grace"]);
});

test("nobody joins with a new account beyond the users that the instance has at most", async () => {
  const email = newAddress();
  await invite(email);
  const link = linkTo(email);
  world.services.settings.maxUsers = 1;
  const full = await page("POST", link, undefined, { password: PASSWORD, name: "" });
  assert.equal(full.status, 400);
  assert.match(full.text, /This instance has as many users as its owner allows/);
  assert.deepEqual(await invitesNow(), [email]);
  world.services.settings.maxUsers = null;
  assert.equal((await page("POST", link, undefined, { password: PASSWORD, name: "" })).status, 303);
});

test("who has an account signs in with the invited address first; no other can use the link", async () => {
  const { tenant: guest } = { tenant: (await world.makeTenants()).test };
  const theirs = await world.signIn(guest);
  const { email } = Object(Object((await world.callAs(theirs, "GET", "/api/me")).body).user);
  const other = await world.signIn((await world.makeTenants()).test);
  await invite(String(email), "viewer");
  const link = linkTo(String(email));
  const visitor = await page("GET", link);
  assert.ok(visitor.text.includes(`/sign-in?returnTo=${encodeURIComponent(link)}`));
  assert.match((await page("GET", link, other)).text, /You are signed in as/);
  const wrong = await page("POST", link, other);
  assert.equal(wrong.status, 400);
  assert.deepEqual(await membersNow(), []);
  // A password is of no use either: the account exists.
  assert.equal((await page("POST", link, undefined, { password: PASSWORD, name: "" })).status, 400);
  assert.equal((await page("POST", link, theirs)).headers.get("location"), `/posts?workspace=${owner.userId}`);
  assert.deepEqual(await membersNow(), [[email, "viewer"]]);
  assert.equal(asRefusal(await invite(String(email)), 400).issues[0]?.rule, "members.email");
});

test("an invitation can be revoked and replaced, and expires", async () => {
  const email = newAddress();
  const id = idOf((await invite(email)).body, "invite");
  const first = linkTo(email);
  await invite(email, "publisher");
  const second = linkTo(email);
  assert.deepEqual([(await page("GET", first)).status, (await page("GET", second)).status], [400, 200]);
  assert.equal((await world.callAs(cookie, "DELETE", `/api/member-invites/${id}`)).status, 404);
  const { body } = await world.callAs(cookie, "GET", "/api/member-invites");
  const [open] = memberInvitesList.answer.parse(body).invites;
  await world.services.pool.query("update member_invites set expires_at = now() where id = $1", [open?.id]);
  assert.equal((await page("GET", second)).status, 400);
  assert.equal((await page("POST", second, undefined, { password: PASSWORD, name: "" })).status, 400);
  await invite(email);
  const third = idOf((await invite(email)).body, "invite");
  assert.equal((await world.callAs(cookie, "DELETE", `/api/member-invites/${third}`)).status, 200);
  assert.equal((await auditOf("member.invite_withdrawn"))[0]?.targetName, email);
  assert.equal((await page("GET", linkTo(email))).status, 400);
});

test("without a mail server, the owner gets the link once, and no repeated request gets it", async () => {
  world.services.settings.hasMailServer = false;
  const ask = () =>
    world.callAs(
      cookie,
      "POST",
      "/api/member-invites",
      { email: "copied@example.com", role: "viewer" },
      { "idempotency-key": "invite-once" },
    );
  const first = await ask();
  const link = String(Object(first.body).link);
  assert.ok(link.startsWith(`${world.services.settings.appUrl}/join/`));
  assert.equal((await page("GET", new URL(link).pathname)).status, 200);
  assert.equal(Object((await ask()).body).link, null);
});

test("nobody invites themselves, and a workspace has a limit of people and invitations", async () => {
  const { email } = Object(Object((await world.callAs(cookie, "GET", "/api/me")).body).user);
  assert.equal(asRefusal(await invite(String(email)), 400).issues[0]?.rule, "members.email");
  await world.services.pool.query(
    `insert into member_invites (id, user_id, email, role, token_digest, expires_at)
     select gen_random_uuid(), $1, n || '@example.com', 'viewer', $1 || n, now() + interval '1 day'
     from generate_series(1, $2::int) n`,
    [owner.userId, BOUNDS.members],
  );
  assert.equal(asRefusal(await invite(newAddress()), 400).issues[0]?.rule, "members.limit");
  assert.equal((await invite("1@example.com")).status, 201);
});

test("invitations to one address, and by one owner, are limited", async () => {
  const email = newAddress();
  const statuses = [];
  for (let n = 0; n < 6; n += 1) statuses.push((await invite(email)).status);
  assert.deepEqual(statuses, [201, 201, 201, 201, 201, 429]);
});

test("however often an address is invited, others can invite it, and it gets a limited number of emails", async () => {
  const email = newAddress();
  await world.services.pool.query("delete from throttles");
  const others = await Promise.all(
    Array.from({ length: 5 }, async () => world.signIn((await world.makeTenants()).live)),
  );
  for (const other of others)
    for (let n = 0; n < 5; n += 1) {
      const made = await world.callAs(other, "POST", "/api/member-invites", { email, role: "writer" });
      assert.equal(made.status, 201);
    }
  assert.equal(emailsOf(world).filter(({ to }) => to === email).length, 20);
  const { body } = await world.callAs(others[4] ?? "", "GET", "/api/member-invites");
  assert.deepEqual(
    memberInvitesList.answer.parse(body).invites.map((open) => open.email),
    [email],
  );
  await world.services.pool.query("delete from throttles");
});

test("whoever is invited again and again can still reset their password, and the subject is not the inviter's", async () => {
  const guest = (await world.makeTenants()).test;
  const theirs = await world.signIn(guest);
  const { email } = Object(Object((await world.callAs(theirs, "GET", "/api/me")).body).user);
  await world.callAs(cookie, "PATCH", "/api/me", { name: "Win a prize at prize.example" });
  for (let n = 0; n < 6; n += 1) await invite(String(email));
  const sent = () => emailsOf(world).filter(({ to }) => to === email);
  assert.deepEqual(
    [...new Set(sent().map(({ subject }) => subject))],
    ["You have been invited to a workspace on Ampost"],
  );
  const asked = await visit(world, "POST", "/api/auth/request-password-reset", { email });
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  assert.equal(sent().at(-1)?.subject, "Reset your password");
});

test("an account made with an invitation signs in with its password, and has its own workspace", async () => {
  const email = newAddress();
  await invite(email);
  await page("POST", linkTo(email), undefined, { password: PASSWORD, name: "" });
  const signedIn = await visit(world, "POST", "/api/auth/sign-in/email", { email, password: PASSWORD });
  assert.equal(signedIn.status, 200);
  const { body } = await world.callAs(signedIn.cookie, "GET", "/api/v1/platform-sets?mode=test");
  assert.equal(Object(body).sets?.length ?? Object(body).platformSets?.length, 1);
});
