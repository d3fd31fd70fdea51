import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";

const POSTS = "/api/v1/posts";
const LINK = "https://x.com/ampost/status/1900000000000000001";

let world: World;
before(async () => {
  world = await createWorld();
  for (const platform of ["threads", "twitter", "linkedin"] as const) await world.connect(world.test, platform);
});
after(() => world.close());

const resolve = (id: string, body: object, headers: Record<string, string> = {}) =>
  world.call(world.test, "POST", `${POSTS}/${id}/resolve`, body, headers);

/** A post with a commit whose outcome is unknown. */
async function unknownPost(platform: PlatformName = "twitter"): Promise<string> {
  const { body } = await world.call(world.test, "POST", POSTS, {
    content: { text: "Is it there?" },
    platforms: [platform],
    platformSetId: world.test.platformSetId,
  });
  const id = idOf(body, "post");
  const { pool } = world.services;
  await pool.query("update posts set status = 'failed' where id = $1", [id]);
  await pool.query(
    `with unknown as (
       update platform_posts set status = 'unknown', next_action_at = null where post_id = $1
       returning id, account_id, user_id, mode, platform)
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step,
       effect, attempt, fence, result, checkpoint)
     select $2, u.id, u.account_id, u.user_id, u.mode, u.platform, a.platform_account_id, 'post-1', 'visible', 1, 0,
       'unknown', '{}'
     from unknown u join accounts a on a.id = u.account_id`,
    [id, newId()],
  );
  return id;
}

async function commitOf(id: string) {
  const { rows } = await world.services.pool.query(
    `select s.result, s.evidence -> 'answered' as answered, pp.lane, pp.next_action_at is not null as is_due
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id where pp.post_id = $1`,
    [id],
  );
  return rows[0];
}

test("what a person found is handed to the engine, audited, and changes the ETag", async () => {
  const id = await unknownPost();
  const etag = (await world.call(world.test, "GET", `${POSTS}/${id}`)).headers.get("etag") ?? "";
  const answer = await resolve(id, { platform: "twitter", isLive: true, publishedUrl: `${LINK}?s=20#top` });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(objectIn(answer.body, "post").id, id);
  assert.notEqual(answer.headers.get("etag"), etag);
  assert.deepEqual(await commitOf(id), {
    result: null,
    answered: { isLive: true, publishedUrl: `${LINK}?s=20`, id: "1900000000000000001" },
    lane: "observe",
    is_due: true,
  });
  const { rows } = await world.services.pool.query("select data from audit_events where action = 'post.resolved'");
  assert.deepEqual(rows, [{ data: { platform: "twitter", isLive: true, publishedUrl: `${LINK}?s=20` } }]);
  const stale = await resolve(id, { platform: "twitter", isLive: false }, { "if-match": etag });
  assert.equal(asRefusal(stale, 412).code, "PRECONDITION_FAILED");
});

test("in test mode, the link of the post at the sandbox stands for its link on the platform", async () => {
  const id = await unknownPost();
  const { appUrl } = world.services.settings;
  const sandboxUrl = `${appUrl}/sandbox/x.com/ampost/status/42`;
  assert.equal((await resolve(id, { platform: "twitter", isLive: true, publishedUrl: sandboxUrl })).status, 200);
  const { answered } = await commitOf(id);
  assert.deepEqual(answered, { isLive: true, publishedUrl: "https://x.com/ampost/status/42", id: "42" });
});

test("only an unknown platform post can be resolved, and only with a link to a post on its platform", async () => {
  const id = await unknownPost();
  for (const publishedUrl of [undefined, "https://example.com/a", "https://x.com/", "https://x.com/ampost"]) {
    const { issues } = asRefusal(await resolve(id, { platform: "twitter", isLive: true, publishedUrl }), 400);
    assert.deepEqual(
      issues.map(({ rule, path }) => [rule, path]),
      [["posts.resolve.link", "/publishedUrl"]],
      publishedUrl,
    );
  }
  assert.equal(
    asRefusal(await resolve(id, { platform: "threads", isLive: false }), 409).code,
    "INVALID_STATUS_TRANSITION",
  );
  await world.services.pool.query("update platform_posts set status = 'published' where post_id = $1", [id]);
  const late = asRefusal(await resolve(id, { platform: "twitter", isLive: false }), 409);
  assert.match(late.error, /is in status "published"/);
});

test("the link of another post on the account is refused, by its ID, its address, or as a part of a thread", async () => {
  const other = await unknownPost();
  const id = await unknownPost();
  const { pool } = world.services;
  await pool.query(
    `update platform_posts set status = 'published', platform_post_id = '77', published_url = $2, parts = $3
     where post_id = $1`,
    [other, "https://x.com/ampost/status/77", JSON.stringify([{ platformPostId: "78", publishedUrl: null }])],
  );
  for (const link of ["https://twitter.com/other/status/77", "https://x.com/ampost/status/78?s=20"]) {
    const refused = asRefusal(await resolve(id, { platform: "twitter", isLive: true, publishedUrl: link }), 400);
    assert.equal(refused.issues[0]?.rule, "posts.resolve.other", link);
  }
  const [known, thread] = [await unknownPost("threads"), await unknownPost("threads")];
  const address = "https://www.threads.com/@ampost/post/Abc";
  await pool.query("update platform_posts set status = 'published', published_url = $2 where post_id = $1", [
    known,
    address,
  ]);
  const found = (publishedUrl: string) => resolve(thread, { platform: "threads", isLive: true, publishedUrl });
  assert.equal(asRefusal(await found(`${address}?xmt=1`), 400).issues[0]?.rule, "posts.resolve.other");
  assert.equal((await found(`${address}d/`)).status, 200);
});

test("links of every kind have the ID that publishing stores", async () => {
  for (const [platform, link, wanted] of [
    ["twitter", "https://twitter.com/i/web/status/123", "123"],
    ["linkedin", "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A12/?x=1", "urn:li:share:12"],
    ["linkedin", "https://www.linkedin.com/posts/ampost_hello-activity-7012345678901234567-abcd", null],
    ["threads", "https://www.threads.net/@ampost/post/Xyz", null],
  ] as const) {
    const id = await unknownPost(platform);
    assert.equal((await resolve(id, { platform, isLive: true, publishedUrl: link })).status, 200, link);
    assert.equal((await commitOf(id)).answered.id, wanted, link);
  }
});
