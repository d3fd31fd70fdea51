import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import {
  jpeg,
  listAt,
  openSandbox,
  serveFiles,
  START,
  stringAt,
  valueAt,
  video,
} from "../../../sandbox/sandbox.fixture.ts";
import { connect, exchangeSeededCode, GRAPH, openThreads } from "./threads.fixture.ts";

/** The test vectors from the platform's page, each against a separate sandbox, over HTTP. */
const NOT_READY = [400, 24, 4279009];

test("vector 1, 2: a code gives a short-lived token with an unquoted user ID, once", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const first = await exchangeSeededCode(sandbox);
  assert.equal(first.status, 200);
  assert.equal(first.text, '{"access_token":"THSHORT1","user_id":26000000000000001}');
  const second = await exchangeSeededCode(sandbox);
  assert.equal(second.status, 400);
  assert.deepEqual(second.json, {
    error_type: "OAuthException",
    code: 400,
    error_message: "Matching code was not found or was already used",
  });
});

test("vector 3, 4: a long-lived token can be refreshed once it is a day old", async (t) => {
  const { sandbox, token, advance } = await openThreads(t);
  assert.equal(token, "THLONG1");
  const refresh = () =>
    sandbox.call("GET", `${GRAPH}/refresh_access_token?grant_type=th_refresh_token&access_token=THLONG1`);
  await advance(3600);
  const young = await refresh();
  assert.deepEqual(codesOf(young), [400, 100]);
  assert.match(String(errorOf(young)["message"]), /^Token is not old enough to refresh/);
  await advance(25 * 3600);
  assert.deepEqual((await refresh()).json, { access_token: "THLONG2", token_type: "bearer", expires_in: 5183944 });
});

test("vector 5: the profile has its ID as a string", async (t) => {
  const { get } = await openThreads(t);
  assert.deepEqual((await get("/me", { fields: "id,username,name" })).json, {
    id: "26000000000000001",
    username: "sandbox_threads",
    name: "Sandbox Threads",
  });
});

test("vector 6 to 10: a text's container is ready at once, is published once, and is read back", async (t) => {
  const { get, post, status, advance, posts } = await openThreads(t);
  assert.deepEqual((await post("/me/threads", { media_type: "TEXT", text: "Hello" })).json, {
    id: "18000000000000001",
  });
  assert.deepEqual((await status("18000000000000001")).json, { status: "FINISHED", id: "18000000000000001" });
  await advance(5);
  assert.deepEqual((await post("/me/threads_publish", { creation_id: "18000000000000001" })).json, {
    id: "18100000000000001",
  });
  assert.deepEqual((await status("18000000000000001")).json, { status: "PUBLISHED", id: "18000000000000001" });
  assert.deepEqual((await get("/18100000000000001", { fields: "id,permalink,media_type,timestamp" })).json, {
    id: "18100000000000001",
    permalink: "https://www.threads.net/@sandbox_threads/post/SBXa1",
    media_type: "TEXT_POST",
    timestamp: "2026-11-01T12:00:05+0000",
  });
  assert.deepEqual(codesOf(await post("/me/threads_publish", { creation_id: "18000000000000001" })), NOT_READY);
  assert.deepEqual((await status("18000000000000001")).json, { status: "PUBLISHED", id: "18000000000000001" });
  assert.equal(listAt((await get("/me/threads", { fields: "id" })).json, "data").length, 1);
  assert.deepEqual(await posts(), [
    {
      platform: "threads",
      accountId: "26000000000000001",
      id: "18100000000000001",
      url: "https://www.threads.net/@sandbox_threads/post/SBXa1",
      text: "Hello",
      media: [],
      kind: "text",
      visibility: "public",
      settings: {},
      createdAt: "2026-11-01T12:00:05.000Z",
      publishCalls: 2,
    },
  ]);
});

test("vector 11: an emoji counts as its bytes, and 501 is one too many", async (t) => {
  const { post } = await openThreads(t);
  const long = await post("/me/threads", { media_type: "TEXT", text: "a".repeat(501) });
  assert.equal(long.status, 400);
  assert.deepEqual(errorOf(long), {
    message: "Param text must be at most 500 characters long.",
    type: "OAuthException",
    code: 100,
    is_transient: false,
  });
  const emoji = await post("/me/threads", { media_type: "TEXT", text: `${"a".repeat(497)}👍` });
  assert.deepEqual(errorOf(emoji), errorOf(long));
  for (const text of ["a".repeat(500), `${"a".repeat(496)}👍`, "👨‍👩‍👧".repeat(27), "🇩🇪".repeat(62)]) {
    assert.equal((await post("/me/threads", { media_type: "TEXT", text })).status, 200);
  }
});

test("vector 12: a missing picture is rejected immediately", async (t) => {
  const { post } = await openThreads(t);
  const files = await serveFiles(t, {});
  const answer = await post("/me/threads", { media_type: "IMAGE", image_url: `${files}/missing.jpg` });
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^The media could not be fetched from this URI/);
  assert.deepEqual(
    { status: answer.status, ...error },
    { status: 400, type: "OAuthException", code: 9004, error_subcode: 2207052, is_transient: false },
  );
});

test("vector 13: a carousel waits for every child, and counts as one post", async (t) => {
  const { create, get, post, status, posts } = await openThreads(t);
  const files = await serveFiles(t, {
    "a.jpg": await jpeg(800, 600),
    "b.mp4": await video({ seconds: 3, audioChannels: 2 }),
  });
  await create({ media_type: "TEXT", text: "one before" });
  const image = await create({
    media_type: "IMAGE",
    image_url: `${files}/a.jpg`,
    is_carousel_item: "true",
    alt_text: "A red wall",
  });
  const clip = await create({ media_type: "VIDEO", video_url: `${files}/b.mp4`, is_carousel_item: "true" });
  const states = async (id: string) => valueAt((await status(id)).json, "status");
  assert.deepEqual([await states(image), await states(image)], ["IN_PROGRESS", "FINISHED"]);
  assert.equal(await states(clip), "IN_PROGRESS");
  const carousel = { media_type: "CAROUSEL", children: `${image},${clip}`, text: "Both" };
  assert.deepEqual(codesOf(await post("/me/threads", carousel)), NOT_READY);
  assert.deepEqual([await states(clip), await states(clip)], ["IN_PROGRESS", "FINISHED"]);
  assert.equal(await create(carousel), "18000000000000004");
  await status("18000000000000004");
  const media = stringAt((await post("/me/threads_publish", { creation_id: "18000000000000004" })).json, "id");
  assert.deepEqual((await get(`/${media}`, { fields: "media_type,children{media_type,alt_text}" })).json, {
    media_type: "CAROUSEL_ALBUM",
    id: media,
    children: {
      data: [
        { media_type: "IMAGE", alt_text: "A red wall", id: "18050000000000002" },
        { media_type: "VIDEO", id: "18050000000000003" },
      ],
    },
  });
  assert.deepEqual((await get("/me/threads_publishing_limit", { fields: "quota_usage" })).json, {
    data: [{ quota_usage: 1 }],
  });
  assert.deepEqual(codesOf(await post("/me/threads", { media_type: "CAROUSEL", children: image })), [400, 100]);
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], seen?.["media"]],
    [
      "carousel",
      [
        { type: "image", altText: "A red wall" },
        { type: "video", altText: null },
      ],
    ],
  );
});

test("vector 14: a chain that fails at its third part leaves two live and can be resumed", async (t) => {
  const { create, fault, get, publish, status, posts } = await openThreads(t);
  await fault({ operation: "create", kind: "reject", error: "chain-break-at-3" });
  const first = await publish({ media_type: "TEXT", text: "1 of 3" });
  const second = await publish({ media_type: "TEXT", text: "2 of 3", reply_to_id: first });
  const broken = await create({ media_type: "TEXT", text: "3 of 3", reply_to_id: second });
  assert.deepEqual((await status(broken)).json, { status: "ERROR", id: broken, error_message: "UNKNOWN" });
  const third = await publish({ media_type: "TEXT", text: "3 of 3", reply_to_id: second });
  assert.deepEqual(listAt((await get("/me/threads", { fields: "id" })).json, "data"), [{ id: first }]);
  assert.deepEqual(listAt((await get("/me/replies", { fields: "id,replied_to,root_post" })).json, "data"), [
    { id: third, replied_to: { id: second }, root_post: { id: first } },
    { id: second, replied_to: { id: first }, root_post: { id: first } },
  ]);
  assert.deepEqual(
    (await posts()).map((one) => one["text"]),
    ["3 of 3", "2 of 3", "1 of 3"],
  );
});

test("vector 15: a video of 301 s becomes a container that ends as an error", async (t) => {
  const { create, status, advance } = await openThreads(t);
  const files = await serveFiles(t, {
    "long.mp4": await video({ seconds: 301, framesPerSecond: 24 }),
    "right.mp4": await video({ seconds: 300, framesPerSecond: 24 }),
  });
  for (let number = 1; number <= 6; number += 1) await create({ media_type: "TEXT", text: "x" });
  assert.equal(await create({ media_type: "VIDEO", video_url: `${files}/long.mp4` }), "18000000000000007");
  const right = await create({ media_type: "VIDEO", video_url: `${files}/right.mp4` });
  assert.equal(valueAt((await status("18000000000000007")).json, "status"), "IN_PROGRESS");
  await advance(10);
  assert.deepEqual((await status("18000000000000007")).json, {
    status: "ERROR",
    id: "18000000000000007",
    error_message: "INVALID_DURATION",
  });
  assert.equal(valueAt((await status(right)).json, "status"), "FINISHED");
});

test("vector 16: a poll works with text only", async (t) => {
  const { create, post } = await openThreads(t);
  const poll_attachment = JSON.stringify({ option_a: "Yes", option_b: "No" });
  await create({ media_type: "TEXT", text: "Well?", poll_attachment });
  assert.deepEqual(
    codesOf(
      await post("/me/threads", {
        media_type: "IMAGE",
        image_url: "https://media.example.test/a.jpg",
        poll_attachment,
      }),
    ),
    [400, 100],
  );
});

test("vector 17: the 251st post of a day is rejected, and its container stays finished", async (t) => {
  const { create, get, post, publish, status, advance } = await openThreads(t);
  await publish({ media_type: "TEXT", text: "first" });
  const limits = () => get("/me/threads_publishing_limit", { fields: "quota_usage,config" });
  assert.deepEqual((await limits()).json, {
    data: [{ quota_usage: 1, config: { quota_total: 250, quota_duration: 86400 } }],
  });
  for (let number = 2; number <= 250; number += 1) await publish({ media_type: "TEXT", text: `post ${number}` });
  const last = await create({ media_type: "TEXT", text: "one too many" });
  await advance(5);
  const refused = await post("/me/threads_publish", { creation_id: last });
  assert.match(String(errorOf(refused)["message"]), /^Publishing limit reached/);
  assert.deepEqual(codesOf(refused), [400, 9]);
  assert.equal(valueAt((await status(last)).json, "status"), "FINISHED");
  await advance(24 * 3600 - 250 * 10);
  const again = await create({ media_type: "TEXT", text: "the window has moved on" });
  await advance(5);
  assert.equal((await post("/me/threads_publish", { creation_id: again })).status, 200);
});

test("vector 18: a post whose publish response is lost is live and found in the list", async (t) => {
  const { create, fault, get, post, status, posts } = await openThreads(t);
  await fault({ operation: "publish", kind: "reject", error: "publish-drop-connection-but-live" });
  const id = await create({ media_type: "TEXT", text: "lost" });
  await status(id);
  await assert.rejects(post("/me/threads_publish", { creation_id: id }));
  assert.equal(valueAt((await status(id)).json, "status"), "PUBLISHED");
  const list = await get("/me/threads", { fields: "id,text,media_type,timestamp,permalink", since: "1793534280" });
  assert.deepEqual(listAt(list.json, "data"), [
    {
      id: "18100000000000001",
      text: "lost",
      media_type: "TEXT_POST",
      timestamp: "2026-11-01T12:00:00+0000",
      permalink: "https://www.threads.net/@sandbox_threads/post/SBXa1",
    },
  ]);
  assert.equal((await posts())[0]?.["publishCalls"], 1);
});

test("vector 19: after 61 days the token has expired, and cannot be refreshed", async (t) => {
  const { sandbox, get, advance } = await openThreads(t);
  await advance(61 * 86_400);
  const answer = await get("/me", { fields: "id" });
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^Error validating access token: Session has expired/);
  assert.deepEqual(
    { status: answer.status, ...error },
    { status: 400, type: "OAuthException", code: 190, error_subcode: 463 },
  );
  const refreshed = await sandbox.call(
    "GET",
    `${GRAPH}/refresh_access_token?grant_type=th_refresh_token&access_token=THLONG1`,
  );
  assert.deepEqual(codesOf(refreshed), [400, 190, 463]);
});

test("vector 20: a deleted post is gone", async (t) => {
  const { sandbox, publish, posts, ...world } = await openThreads(t, {
    scopes: ["threads_basic", "threads_content_publish", "threads_delete"],
  });
  const id = await publish({ media_type: "TEXT", text: "short-lived" });
  assert.deepEqual((await world.remove(`/${id}`)).json, { success: true, deleted_id: id });
  assert.deepEqual(codesOf(await world.get(`/${id}`, { fields: "id" })), [400, 100, 33]);
  assert.deepEqual(await posts(), []);
  assert.equal((await sandbox.call("GET", `https://www.threads.net/@sandbox_threads/post/SBXa1`)).status, 404);
});

test("a tester's token can inspect a token", async (t) => {
  const { get, advance, token } = await openThreads(t);
  const inspect = (input_token: string) => get("/debug_token", { input_token });
  const seen = (await inspect(token)).json;
  const names = ["type", "application", "data_access_expires_at", "expires_at", "is_valid", "issued_at", "user_id"];
  assert.deepEqual(
    names.map((name) => valueAt(seen, `data.${name}`)),
    ["USER", "Sandbox App", 1801310400, 1798718344, true, 1793534400, "26000000000000001"],
  );
  assert.equal(valueAt((await inspect("nonsense")).json, "data.is_valid"), false);
  await advance(3601);
  assert.equal(valueAt((await inspect("THSHORT1")).json, "data.error.subcode"), 463);
});

test("every login hint is a separate person, the same each time", async (t) => {
  const sandbox = await openSandbox(t);
  const me = async (hint: string) =>
    (
      await sandbox.call("GET", `${GRAPH}/v1.0/me?fields=id,username,name`, {
        token: await connect(sandbox, ["threads_basic"], hint),
      })
    ).json;
  const ana = await me("ana.lopez@example.test");
  assert.deepEqual(ana, { id: "26000000000000002", username: "ana.lopez", name: "Ana Lopez" });
  assert.deepEqual(await me("ana.lopez@example.test"), ana);
  assert.equal(valueAt(await me("ana.lopez@other.test"), "username"), "ana.lopez2");
});
