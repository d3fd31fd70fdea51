import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
import { approvalsList, postsApproval } from "../../../contract/operations/approvals.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { createApiKey } from "../api-keys/api-keys.ts";

const { approvals: listOf } = approvalsList.answer.shape;
let world: World;
let robot: TestTenant;
let cookie: string;

before(async () => {
  world = await createWorld();
  const { userId, mode } = world.test;
  for (const platform of ["threads", "facebook"] as const) await world.connect(world.test, platform);
  const { apiKey } = await createApiKey(
    world.services,
    { userId, mode },
    { name: "robot", policies: keyPolicies.parse({ approvalRequired: true }) },
  );
  robot = { ...world.test, key: apiKey };
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const draft = async (changed: object = {}) =>
  idOf(
    (
      await world.call(robot, "POST", POSTS, {
        content: { text: "Hello" },
        platforms: ["threads"],
        platformSetId: robot.platformSetId,
        ...changed,
      })
    ).body,
    "post",
  );
const publish = (id: string) => world.call(robot, "POST", `${POSTS}/${id}/publish`);
const patch = (id: string, changed: object, as = robot) => world.call(as, "PATCH", `${POSTS}/${id}`, changed);
const look = (id: string) => world.callAs(cookie, "GET", `/api/posts/${id}/approval?mode=test`);
const hashOf = async (id: string) => z.string().parse(objectIn((await look(id)).body, "approval").contentHash);
const approve = (id: string, contentHash: string) =>
  world.callAs(cookie, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash });
const newMedia = async () =>
  idOf((await world.call(world.test, "POST", "/api/v1/media", { url: "https://example.com/b.jpg" })).body, "media");
/** As if all of the post's media had been fetched. */
const arrive = (id: string) =>
  world.services.pool.query(
    `update media set status = 'ready', storage_key = 'media/00/' || id, facts = $2
     where id in (select media_id from post_media where post_id = $1)`,
    [
      id,
      {
        type: "image",
        mimeType: "image/jpeg",
        sizeBytes: 1,
        width: 1000,
        height: 1000,
        durationSeconds: null,
        frameRate: null,
        bitRate: null,
        videoCodec: null,
        audioCodec: null,
        audioChannels: null,
        audioSampleRate: null,
        animated: false,
        orientation: 1,
      },
    ],
  );
const refusesPublishing = async (id: string) =>
  assert.deepEqual(
    asRefusal(await publish(id), 403).issues.map(({ rule }) => rule),
    ["key.policy.approvalRequired"],
  );

test("a key that requires approval publishes what a person has approved, and only that", async () => {
  const id = await draft();
  await refusesPublishing(id);
  const approved = await approve(id, await hashOf(id));
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
  const { approvedAt, approvedBy, postId } = objectIn(approved.body, "approval");
  assert.deepEqual([postId, approvedBy, typeof approvedAt], [id, robot.userId, "string"]);
  assert.equal(objectIn(approved.body, "post").id, id);
  assert.equal((await publish(id)).status, 200);
});

test("a post says whether it is approved and where, its ETag changes with that, and approving it is an event", async () => {
  const id = await draft();
  const read = async () => {
    const { body, headers } = await world.call(robot, "GET", `${POSTS}/${id}`);
    const { state, url, approvedAt } = Object(objectIn(body, "post").approval);
    assert.ok(String(url).endsWith(`/posts/${id}/approve?workspace=${robot.userId}`), String(url));
    return [state, headers.get("etag"), approvedAt];
  };
  const [pending, before, never] = await read();
  const given = await approve(id, await hashOf(id));
  assert.equal(given.status, 200);
  const [approved, after, since] = await read();
  assert.deepEqual([pending, approved, never], ["pending", "approved", null]);
  assert.equal(since, objectIn(given.body, "approval").approvedAt);
  assert.notEqual(after, before);
  const { rows } = await world.services.pool.query("select type from outbox where post_id = $1 order by id", [id]);
  assert.equal(rows.at(-1)?.type, "post.approved");
  await world.call(robot, "PATCH", `${POSTS}/${id}`, { content: { text: "Edited" } });
  assert.equal((await read())[0], "pending");
});

test("a post that is sent back says why, is no longer approved, leaves the list, and waits again after an edit", async () => {
  const id = await draft();
  const sendBack = async (contentHash: string, reason = " Say when. ") =>
    await world.callAs(cookie, "POST", `/api/posts/${id}/send-back?mode=test`, { contentHash, reason });
  const listed = async (state: string) =>
    listOf
      .parse(
        Object((await world.callAs(cookie, "GET", `/api/approvals?mode=test&limit=100&state=${state}`)).body).approvals,
      )
      .map(({ post }) => post.id)
      .includes(id);
  const approval = async () =>
    Object(objectIn((await world.call(robot, "GET", `${POSTS}/${id}`)).body, "post").approval);
  const seen = await hashOf(id);
  assert.equal((await approve(id, seen)).status, 200);
  assert.deepEqual(
    [await listed("pending"), await listed("approved"), await listed("sent_back")],
    [false, true, false],
  );
  assert.equal(asRefusal(await sendBack("0".repeat(64)), 412).code, "PRECONDITION_FAILED");
  asRefusal(await sendBack(seen, "  "), 400);
  const answer = await sendBack(seen);
  assert.deepEqual(
    [answer.status, objectIn(answer.body, "approval").sentBackReason, objectIn(answer.body, "approval").approvedAt],
    [200, "Say when.", null],
  );
  assert.deepEqual([(await approval()).state, (await approval()).reason], ["sent_back", "Say when."]);
  assert.deepEqual(
    [await listed("pending"), await listed("approved"), await listed("sent_back")],
    [false, false, true],
  );
  await refusesPublishing(id);
  const { rows } = await world.services.pool.query("select type from outbox where post_id = $1 order by id", [id]);
  assert.equal(rows.at(-1)?.type, "post.sent_back");
  await patch(id, { content: { text: "Today at noon" } });
  assert.deepEqual([(await approval()).state, (await approval()).reason], ["pending", null]);
  assert.deepEqual([await listed("pending"), await listed("sent_back")], [true, false]);
  asRefusal(await sendBack(seen), 412);
  await sendBack(await hashOf(id));
  assert.equal((await approve(id, await hashOf(id))).status, 200);
  assert.equal((await publish(id)).status, 200);
  asRefusal(await sendBack(await hashOf(id)), 409);
});

test("it cannot schedule, neither a new post nor an approved one", async () => {
  const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
  const created = await world.call(robot, "POST", POSTS, {
    content: { text: "Hello" },
    platforms: ["facebook"],
    platformSetId: robot.platformSetId,
    scheduledFor,
  });
  assert.deepEqual(
    asRefusal(created, 403).issues.map(({ rule, path }) => [rule, path]),
    [["key.policy.approvalRequired", "/scheduledFor"]],
  );
  const id = await draft({ platforms: ["facebook"] });
  await approve(id, await hashOf(id));
  asRefusal(await patch(id, { scheduledFor }), 403);
});

test("getting a post can wait until a person has approved or discarded it", async () => {
  const wait = async (id: string) =>
    objectIn((await world.call(robot, "GET", `${POSTS}/${id}`, undefined, { prefer: "wait=60" })).body, "post");
  const id = await draft();
  const [approved] = await Promise.all([wait(id), hashOf(id).then((hash) => approve(id, hash))]);
  assert.deepEqual([approved.status, Object(approved.approval).state], ["draft", "approved"]);
  const other = await draft();
  const [discarded] = await Promise.all([wait(other), world.call(world.test, "DELETE", `${POSTS}/${other}`)]);
  assert.deepEqual([discarded.status, discarded.approval], ["discarded", null]);
  assert.equal((await wait(other)).status, "discarded");
});

test("every edit removes an approval, by anyone, even if it is reverted", async () => {
  for (const [change, back] of [
    [{ content: { text: "Other" } }, { content: { text: "Hello" } }],
    [{ platforms: ["threads", "facebook"] }, { platforms: ["threads"] }],
    [{ content: { linkUrl: "https://example.com/" } }, { content: { linkUrl: null } }],
  ]) {
    for (const editor of [robot, world.test]) {
      const id = await draft();
      await approve(id, await hashOf(id));
      await patch(id, change ?? {}, editor);
      await refusesPublishing(id);
      await patch(id, back ?? {}, editor);
      assert.equal(objectIn((await look(id)).body, "approval").approvedAt, null);
      await refusesPublishing(id);
    }
  }
});

test("an approval is for the account that was shown: it serves neither another one nor one that has replaced it", async () => {
  const { pool } = world.services;
  const id = await draft();
  assert.equal((await approve(id, await hashOf(id))).status, 200);
  const other = await world.services.pool.query<{ id: string }>(
    `select id from accounts where user_id = $1 and mode = 'test' and platform = 'facebook'`,
    [robot.userId],
  );
  const bind = (accountId: string | undefined) =>
    pool.query<{ was: string }>(
      `update platform_posts pp set account_id = $2 from platform_posts old
       where pp.post_id = $1 and old.id = pp.id returning old.account_id as was`,
      [id, accountId],
    );
  const shown = (await bind(other.rows[0]?.id)).rows[0]?.was;
  await refusesPublishing(id);
  const stored = objectIn((await world.call(robot, "GET", `${POSTS}/${id}`)).body, "post");
  assert.equal(Object(stored.approval).state, "pending");
  await bind(shown);
  const setShown = (status: string) => pool.query("update accounts set status = $2 where id = $1", [shown, status]);
  await setShown("revoked");
  const otherId = await world.connect(robot, "threads");
  assert.equal(asRefusal(await publish(id), 400).code, "PLATFORM_NOT_CONNECTED");
  // It is connected again.
  await pool.query("delete from accounts where id = $1", [otherId]);
  await setShown("active");
  assert.equal((await publish(id)).status, 200);
});

test("an approval from before accounts were part of it holds", async () => {
  const id = await draft();
  assert.equal((await approve(id, await hashOf(id))).status, 200);
  const { rowCount } = await world.services.pool.query(
    `update post_approvals a set content_hash = encode(sha256(convert_to(jsonb_build_array(p.id, p.platform_set_id,
       p.platforms, p.content, null)::text, 'UTF8')), 'hex')
     from posts p where p.id = a.post_id and p.id = $1`,
    [id],
  );
  assert.equal(rowCount, 1);
  assert.equal((await publish(id)).status, 200);
});

test("a version that has changed since it was reviewed cannot be approved", async () => {
  const id = await draft();
  const seen = await hashOf(id);
  await patch(id, { content: { text: "Something else" } });
  assert.equal(asRefusal(await approve(id, seen), 412).code, "PRECONDITION_FAILED");
  await refusesPublishing(id);
});

test("a post can be approved once its media is stored and shown, and only with exactly that media", async () => {
  const id = await draft({
    content: {
      text: "Hello",
      media: [{ url: "https://example.com/a.jpg", thumbnailUrl: "https://example.com/b.jpg" }],
    },
  });
  const unseen = await hashOf(id);
  const refused = asRefusal(await approve(id, unseen), 400).issues;
  assert.deepEqual(
    refused.map(({ rule, path, actual }) => [rule, path, actual]),
    [
      ["post.approval.media", "/content/media/0", "pending"],
      ["post.approval.media", "/content/media/0/thumbnailUrl", "pending"],
    ],
  );
  await arrive(id);
  asRefusal(await approve(id, unseen), 412);
  const hash = await hashOf(id);
  assert.equal((await approve(id, hash)).status, 200);
  await world.services.pool.query("update post_media set media_id = $2 where post_id = $1", [id, await newMedia()]);
  assert.notEqual(await hashOf(id), hash);
  await refusesPublishing(id);
});

test("media that could not be fetched is shown with the reason, and prevents approval", async () => {
  const id = await draft({ content: { text: "Hello", media: [{ url: "https://example.com/a.jpg" }] } });
  await world.services.pool.query(
    `update media set status = 'failed', error = 'The URL responds with status 404.'
     where id in (select media_id from post_media where post_id = $1)`,
    [id],
  );
  const { approval } = postsApproval.answer.parse((await look(id)).body);
  assert.deepEqual(
    approval.media.map(({ status, url, error }) => [status, url, error]),
    [["failed", null, "The URL responds with status 404."]],
  );
  const [issue] = asRefusal(await approve(id, approval.contentHash), 400).issues;
  assert.equal(issue?.message, "a.jpg could not be fetched. The URL responds with status 404.");
});

test("the person who approves sees the stored files and never the original URL, in every place where a post uses media", async () => {
  const at = (name: string) => `https://theirs.example.com/${name}`;
  const settings = { thread: [{ text: "More", media: [{ url: at("part.jpg"), thumbnailUrl: at("part-cover.jpg") }] }] };
  const content = {
    text: "Hello",
    media: [{ url: at("a.mp4"), type: "video", thumbnailUrl: at("b.jpg") }],
    platformOverrides: { threads: { settings }, instagram: { settings: { coverUrl: at("cover.jpg") } } },
  };
  const id = await draft({ content });
  assert.ok(!JSON.stringify((await look(id)).body).includes("theirs.example.com"), "before they are here neither");
  const seen = (await look(id)).headers.get("etag");
  await arrive(id);
  const answer = await look(id);
  const { approval, post } = postsApproval.answer.parse(answer.body);
  assert.notEqual(answer.headers.get("etag"), seen);
  assert.ok(!JSON.stringify(answer.body).includes("theirs.example.com"));
  assert.deepEqual(
    approval.media.map(({ path }) => path),
    [
      "/content/media/0",
      "/content/media/0/thumbnailUrl",
      "/content/platformOverrides/instagram/settings/coverUrl",
      "/content/platformOverrides/threads/settings/thread/0/media/0",
      "/content/platformOverrides/threads/settings/thread/0/media/0/thumbnailUrl",
    ],
  );
  const shown = JSON.stringify(post.content);
  for (const { url } of approval.media) assert.ok(url?.startsWith(`${world.url}/media/`) && shown.includes(url));
  assert.deepEqual(
    Object((await world.call(robot, "GET", `${POSTS}/${id}`)).body).post.content.platformOverrides,
    content.platformOverrides,
  );
});

test("an approved failed post can be retried, and a settled one cannot be approved", async () => {
  const id = await draft();
  await approve(id, await hashOf(id));
  await publish(id);
  asRefusal(await approve(id, await hashOf(id)), 409);
  await world.services.pool.query(
    `with parts as (update platform_posts set status = 'failed', next_action_at = null where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [id],
  );
  assert.equal((await world.call(robot, "POST", `${POSTS}/${id}/retry`)).status, 200);
});

test("keys cannot approve, not even those of the post's owner", async () => {
  const id = await draft();
  const hash = await hashOf(id);
  for (const as of [robot, world.test])
    assert.equal((await world.call(as, "POST", `/api/posts/${id}/approve`, { contentHash: hash })).status, 401);
  await refusesPublishing(id);
});

const waiting = async (query = "", as = cookie) => {
  const { body } = await world.callAs(as, "GET", `/api/approvals?mode=test${query}`);
  return {
    approvals: listOf.parse(Object(body).approvals),
    nextCursor: z.string().nullable().parse(Object(body).nextCursor),
  };
};
const waitingIds = async (query = "", as = cookie) => (await waiting(query, as)).approvals.map(({ post }) => post.id);

/** A user of its own, whose list has nothing of other tests. */
async function newHolder(policies: object = { approvalRequired: true }) {
  const { test: free } = await world.makeTenants();
  await world.connect(free, "threads");
  const { apiKey, id: keyId } = await createApiKey(world.services, free, {
    name: "robot",
    policies: keyPolicies.parse(policies),
  });
  const held: TestTenant = { ...free, key: apiKey };
  const make = async (as: TestTenant) =>
    await world.call(as, "POST", POSTS, {
      content: { text: "Wait" },
      platforms: ["threads"],
      platformSetId: as.platformSetId,
    });
  return {
    free,
    held,
    keyId,
    make,
    draft: async (as = held) => idOf((await make(as)).body, "post"),
    cookie: await world.signIn(free),
  };
}

const approveFrom = async (as: string, id: string) => {
  const { approval } =
    (await waiting("&limit=100", as)).approvals.find(({ post }) => post.id === id) ?? assert.fail("it waits");
  return await world.callAs(as, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash: approval.contentHash });
};

test("a draft of a key that requires approval waits, with its approval hash, until it is approved, and again after an edit", async () => {
  const holder = await newHolder();
  const id = await holder.draft();
  const [only] = (await waiting("", holder.cookie)).approvals;
  assert.deepEqual(
    [only?.post.id, only?.key, only?.approval.approvedAt],
    [id, { id: holder.keyId, name: "robot" }, null],
  );
  assert.equal((await approveFrom(holder.cookie, id)).status, 200);
  assert.deepEqual(await waitingIds("", holder.cookie), []);
  await patch(id, { content: { text: "Edited" } }, holder.free);
  assert.deepEqual(await waitingIds("", holder.cookie), [id]);
  await world.call(holder.held, "DELETE", `${POSTS}/${id}`);
  assert.deepEqual(await waitingIds("", holder.cookie), []);
});

test("posts of other keys wait once a key that requires approval edits them, or tries to publish or retry them", async () => {
  const holder = await newHolder();
  const [untouched, changed, tried, failed] = [
    await holder.draft(holder.free),
    await holder.draft(holder.free),
    await holder.draft(holder.free),
    await holder.draft(holder.free),
  ];
  await world.services.pool.query(
    `with parts as (update platform_posts set status = 'failed' where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [failed],
  );
  assert.deepEqual(await waitingIds("", holder.cookie), []);
  await patch(changed, { content: { text: "Changed" } }, holder.held);
  asRefusal(await world.call(holder.held, "POST", `${POSTS}/${tried}/publish`), 403);
  asRefusal(await world.call(holder.held, "POST", `${POSTS}/${failed}/retry`), 403);
  assert.deepEqual(await waitingIds("", holder.cookie), [failed, tried, changed]);
  assert.equal((await approveFrom(holder.cookie, failed)).status, 200);
  assert.equal((await world.call(holder.held, "POST", `${POSTS}/${failed}/retry`)).status, 200);
  assert.deepEqual(await waitingIds("", holder.cookie), [tried, changed]);
  await world.call(holder.free, "POST", `${POSTS}/${tried}/publish`);
  assert.ok(!(await waitingIds("", holder.cookie)).includes(untouched));
  assert.deepEqual(await waitingIds("", holder.cookie), [changed]);
});

test("nothing waits for a key that is revoked, or that publishes nothing even if approved", async () => {
  const holder = await newHolder();
  await holder.draft();
  await world.callAs(holder.cookie, "DELETE", `/api/keys/${holder.keyId}`);
  assert.deepEqual(await waitingIds("", holder.cookie), []);
  const draftsOnly = await newHolder({ approvalRequired: true, draftOnly: true });
  await draftsOnly.draft();
  assert.deepEqual(await waitingIds("", draftsOnly.cookie), []);
});

test("nobody is asked for an approval that would not help", async () => {
  const holder = await newHolder({ approvalRequired: true, platforms: ["threads"] });
  await world.connect(holder.free, "facebook");
  const make = async (platforms: string[]) =>
    idOf(
      (
        await world.call(holder.free, "POST", POSTS, {
          content: { text: "Wait" },
          platforms,
          platformSetId: holder.free.platformSetId,
        })
      ).body,
      "post",
    );
  const foreign = await make(["threads", "facebook"]);
  asRefusal(await world.call(holder.held, "POST", `${POSTS}/${foreign}/publish`), 403);
  const unfit = await make(["threads"]);
  asRefusal(await world.call(holder.held, "POST", `${POSTS}/${unfit}/retry`), 409);
  await world.services.pool.query(
    "update posts set content = jsonb_set(content, '{text}', to_jsonb(repeat('long', 500))) where id = $1",
    [unfit],
  );
  asRefusal(await world.call(holder.held, "POST", `${POSTS}/${unfit}/publish`), 400);
  assert.deepEqual(await waitingIds("", holder.cookie), []);
});

test("the approvals list is paged, and shows nothing of the other mode or other users", async () => {
  const holder = await newHolder();
  const made: string[] = [];
  for (let count = 0; count < 5; count += 1) made.unshift(await holder.draft());
  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await waiting(`&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`, holder.cookie);
    seen.push(...page.approvals.map(({ post }) => post.id));
    cursor = page.nextCursor;
  }
  assert.deepEqual(seen, made);
  const stranger = await newHolder();
  assert.deepEqual(await waitingIds("", stranger.cookie), []);
  assert.deepEqual(Object((await world.callAs(holder.cookie, "GET", "/api/approvals?mode=live")).body).approvals, []);
});

test("a key's holder learns where a person can approve: when the post is created or edited, and when publishing is rejected", async () => {
  const holder = await newHolder();
  const made = await holder.make(holder.held);
  const id = idOf(made.body, "post");
  const link = `http://localhost:3000/posts/${id}/approve`;
  const warningsIn = (body: unknown) =>
    z.array(z.looseObject({ rule: z.string(), fix: z.string() })).parse(Object(body).warnings);
  for (const { body } of [made, await patch(id, { content: { text: "Other" } }, holder.held)]) {
    const [warning] = warningsIn(body);
    assert.ok(warning?.rule === "key.policy.approvalRequired" && warning.fix.includes(link), JSON.stringify(body));
  }
  assert.ok(
    asRefusal(await world.call(holder.held, "POST", `${POSTS}/${id}/publish`), 403).issues[0]?.fix.includes(link),
  );
  assert.deepEqual(warningsIn((await holder.make(holder.free)).body), []);
});

test("a page of the approvals list ends early if its posts are large", async () => {
  const owner = (await world.makeTenants()).test;
  await world.connect(owner, "threads");
  const { apiKey } = await createApiKey(
    world.services,
    { userId: owner.userId, mode: owner.mode },
    { name: "robot", policies: keyPolicies.parse({ approvalRequired: true }) },
  );
  const ids: string[] = [];
  for (let number = 0; number < 3; number += 1) {
    const made = await world.call({ ...owner, key: apiKey }, "POST", POSTS, {
      content: { text: "Large" },
      platforms: ["threads"],
      platformSetId: owner.platformSetId,
    });
    ids.unshift(idOf(made.body, "post"));
  }
  await world.services.pool.query(
    "update posts set content = jsonb_set(content, '{text}', to_jsonb(repeat('x', 1900000))) where user_id = $1",
    [owner.userId],
  );
  const session = await world.signIn(owner);
  const listed = async (cursor: string) => {
    const { body } = await world.callAs(session, "GET", `/api/approvals?mode=test&limit=100${cursor}`);
    const { nextCursor } = Object(body);
    return { ids: listOf.parse(Object(body).approvals).map(({ post }) => post.id), nextCursor };
  };
  const first = await listed("");
  assert.deepEqual(first.ids, ids.slice(0, 2));
  assert.deepEqual(await listed(`&cursor=${first.nextCursor}`), { ids: ids.slice(2), nextCursor: null });
});
