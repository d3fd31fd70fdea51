import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { keyPolicies } from "../../../contract/api-keys.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type Tenant, type World } from "../../../tests/world.ts";
import { createApiKey } from "../api-keys/api-keys.ts";

let world: World;
let robot: Tenant;
let cookie: string;

before(async () => {
  world = await createWorld();
  const { userId, mode } = world.test;
  for (const platform of ["threads", "facebook"] as const) await world.connect(world.test, platform);
  const { apiKey } = await createApiKey(world.services, { userId, mode }, { name: "robot", policies: keyPolicies.parse({ approvalRequired: true }) });
  robot = { ...world.test, key: apiKey };
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const draft = async (changed: object = {}) => idOf((await world.call(robot, "POST", POSTS, { content: { text: "Hello" }, platforms: ["threads"], platformSetId: robot.platformSetId, ...changed })).body, "post");
const publish = (id: string) => world.call(robot, "POST", `${POSTS}/${id}/publish`);
const patch = (id: string, changed: object, as = robot) => world.call(as, "PATCH", `${POSTS}/${id}`, changed);
const look = (id: string) => world.callAs(cookie, "GET", `/api/posts/${id}/approval?mode=test`);
const hashOf = async (id: string) => z.string().parse(objectIn((await look(id)).body, "approval").contentHash);
const approve = (id: string, contentHash: string) => world.callAs(cookie, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash });
const newMedia = async () => idOf((await world.call(world.test, "POST", "/api/v1/media", { url: "https://example.com/b.jpg" })).body, "media");
const refusesPublishing = async (id: string) => assert.deepEqual(asRefusal(await publish(id), 400).issues.map(({ rule }) => rule), ["key.policy.approvalRequired"]);

test("a key that needs approval publishes what a person has approved, and only that", async () => {
  const id = await draft();
  await refusesPublishing(id);
  const approved = await approve(id, await hashOf(id));
  assert.equal(approved.status, 200, JSON.stringify(approved.body));
  const { approvedAt, approvedBy, postId } = objectIn(approved.body, "approval");
  assert.deepEqual([postId, approvedBy, typeof approvedAt], [id, robot.userId, "string"]);
  assert.equal(objectIn(approved.body, "post").id, id);
  assert.equal((await publish(id)).status, 200);
});

test("it cannot schedule, neither a new post nor an approved one", async () => {
  const scheduledFor = new Date(Date.now() + 3_600_000).toISOString();
  const created = await world.call(robot, "POST", POSTS, { content: { text: "Hello" }, platforms: ["facebook"], platformSetId: robot.platformSetId, scheduledFor });
  assert.deepEqual(asRefusal(created, 400).issues.map(({ rule, path }) => [rule, path]), [["key.policy.approvalRequired", "/scheduledFor"]]);
  const id = await draft({ platforms: ["facebook"] });
  await approve(id, await hashOf(id));
  asRefusal(await patch(id, { scheduledFor }), 400);
});

test("every edit voids an approval, whoever makes it, also one that is taken back", async () => {
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

test("what has changed since it was looked at is not approved", async () => {
  const id = await draft();
  const seen = await hashOf(id);
  await patch(id, { content: { text: "Something else" } });
  assert.equal(asRefusal(await approve(id, seen), 412).code, "PRECONDITION_FAILED");
  await refusesPublishing(id);
});

test("a post is approved once its media are there, and stands for just these", async () => {
  const id = await draft({ content: { text: "Hello", media: [{ url: "https://example.com/a.jpg" }] } });
  const hash = await hashOf(id);
  assert.deepEqual(asRefusal(await approve(id, hash), 400).issues.map(({ rule }) => rule), ["post.approval.media"]);
  await world.services.pool.query("update media set status = 'ready' where id in (select media_id from post_media where post_id = $1)", [id]);
  assert.equal((await approve(id, hash)).status, 200);
  await world.services.pool.query("update post_media set media_id = $2 where post_id = $1", [id, await newMedia()]);
  assert.notEqual(await hashOf(id), hash);
  await refusesPublishing(id);
});

test("a failed post that was approved may be retried, and what is settled cannot be approved", async () => {
  const id = await draft();
  await approve(id, await hashOf(id));
  await publish(id);
  asRefusal(await approve(id, await hashOf(id)), 409);
  await world.services.pool.query("with parts as (update platform_posts set status = 'failed', next_action_at = null where post_id = $1) update posts set status = 'failed' where id = $1", [id]);
  assert.equal((await world.call(robot, "POST", `${POSTS}/${id}/retry`)).status, 200);
});

test("keys approve nothing, those of the post's owner included", async () => {
  const id = await draft();
  const hash = await hashOf(id);
  for (const as of [robot, world.test]) assert.equal((await world.call(as, "POST", `/api/posts/${id}/approve`, { contentHash: hash })).status, 401);
  await refusesPublishing(id);
});
