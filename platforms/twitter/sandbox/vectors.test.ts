import assert from "node:assert/strict";
import { test } from "node:test";

import {
  jpeg,
  listAt,
  openSandbox,
  padded,
  START,
  stringAt,
  valueAt,
  video,
} from "../../../sandbox/sandbox.fixture.ts";
import { approve, connect, exchange, openX, refresh, refusalOf } from "./twitter.fixture.ts";

/** The test vectors from the platform's page, each against a separate sandbox, over HTTP. */
const CODE_INVALID = {
  error: "invalid_request",
  error_description: "Value passed for the authorization code was invalid.",
};
const TOKEN_INVALID = { error: "invalid_request", error_description: "Value passed for the token was invalid." };
const NOT_PERMITTED = [403, "You are not permitted to perform this action."];
const MEDIA_IDS = [400, "Your media IDs are invalid."];

test("vector 1: a wrong code verifier is rejected and invalidates the code", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const code = await approve(sandbox);
  const wrong = await exchange(sandbox, code, { code_verifier: "x".repeat(43) });
  assert.deepEqual([wrong.status, wrong.json], [400, CODE_INVALID]);
  assert.deepEqual((await exchange(sandbox, code)).json, CODE_INVALID);
});

test("vector 2: a code is valid for 30 seconds", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const [late, inTime] = [await approve(sandbox), await approve(sandbox)];
  await sandbox.control("POST", "clock", { advanceSeconds: 29 });
  const { json } = await exchange(sandbox, inTime);
  assert.deepEqual([valueAt(json, "token_type"), valueAt(json, "expires_in")], ["bearer", 7200]);
  assert.deepEqual(stringAt(json, "scope").split(" ").sort(), [
    "media.write",
    "offline.access",
    "tweet.read",
    "tweet.write",
    "users.read",
  ]);
  await sandbox.control("POST", "clock", { advanceSeconds: 2 });
  assert.deepEqual((await exchange(sandbox, late)).json, CODE_INVALID);
});

test("vector 3: one of two simultaneous refreshes succeeds, and its tokens stay valid", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const { refreshToken } = await connect(sandbox);
  const answers = await Promise.all([refresh(sandbox, refreshToken), refresh(sandbox, refreshToken)]);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 400]);
  const winner = answers.find((answer) => answer.status === 200);
  assert.equal(
    (await sandbox.call("GET", "https://api.x.com/2/users/me", { token: stringAt(winner?.json, "access_token") }))
      .status,
    200,
  );
  assert.equal((await refresh(sandbox, stringAt(winner?.json, "refresh_token"))).status, 200);
});

test("vector 4: reusing an older refresh token revokes the whole grant", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const { refreshToken } = await connect(sandbox);
  const next = await refresh(sandbox, refreshToken);
  await sandbox.control("POST", "clock", { advanceSeconds: 60 });
  const replay = await refresh(sandbox, refreshToken);
  assert.deepEqual([replay.status, replay.json], [400, TOKEN_INVALID]);
  assert.equal(
    (await sandbox.call("GET", "https://api.x.com/2/users/me", { token: stringAt(next.json, "access_token") })).status,
    401,
  );
  assert.deepEqual((await refresh(sandbox, stringAt(next.json, "refresh_token"))).json, TOKEN_INVALID);
});

test("vector 5: a token without media.write cannot start an upload", async (t) => {
  const { post } = await openX(t, { scopes: ["tweet.read", "tweet.write", "users.read"] });
  const answer = await post("/2/media/upload/initialize", {
    media_type: "video/mp4",
    total_bytes: 10,
    media_category: "tweet_video",
  });
  assert.deepEqual(
    [answer.status, answer.json],
    [403, { title: "Forbidden", detail: "Forbidden", type: "about:blank", status: 403 }],
  );
});

test("vector 6, 7: 281 characters are too many, unless the person subscribes", async (t) => {
  const { post } = await openX(t);
  assert.deepEqual(refusalOf(await post("/2/tweets", { text: "a".repeat(281) })), NOT_PERMITTED);
  assert.equal((await post("/2/tweets", { text: "a".repeat(280) })).status, 201);
  const premium = await openX(t, { hint: "premium" });
  assert.equal(
    valueAt(
      (await premium.get("/2/users/me", { "user.fields": "subscription_type,verified_type" })).json,
      "data.subscription_type",
    ),
    "Premium",
  );
  const id = await premium.publish({ text: "a".repeat(281) });
  const read = (await premium.get(`/2/tweets/${id}`, { "tweet.fields": "note_tweet" })).json;
  assert.equal(valueAt(read, "data.note_tweet.text"), "a".repeat(281));
  assert.ok(stringAt(read, "data.text").length < 281);
});

test("vector 8: a link counts 23, whatever its length", async (t) => {
  const { post, posts } = await openX(t);
  const url = `https://example.com/${"p".repeat(180)}`;
  assert.equal((await post("/2/tweets", { text: `${"a".repeat(257)} ${url}` })).status, 403);
  const text = `${"a".repeat(256)} ${url}`;
  const answer = await post("/2/tweets", { text });
  assert.equal(answer.status, 201);
  assert.match(stringAt(answer.json, "data.text"), /^a{256} https:\/\/t\.co\/\w{10}$/);
  assert.equal((await posts())[0]?.["text"], text);
});

test("vector 9: an image in one request, with alt text of at most 1,000 characters", async (t) => {
  const { image, post, publish, posts } = await openX(t);
  const id = await image(await jpeg(1600, 900));
  const describe = (length: number) =>
    post("/2/media/metadata", { id, metadata: { alt_text: { text: "x".repeat(length) } } });
  assert.equal((await describe(1001)).status, 400);
  assert.deepEqual((await describe(1000)).json, {
    data: { id, associated_metadata: { alt_text: { text: "x".repeat(1000) } } },
  });
  await publish({ text: "Look", media: { media_ids: [id] } });
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], seen?.["media"], seen?.["text"]],
    ["image", [{ type: "image", altText: "x".repeat(1000) }], "Look"],
  );
});

test("vector 10, 11: a video is uploaded in segments and processed, and can be posted only then", async (t) => {
  const { chunked, post, status, posts } = await openX(t);
  const clip = await video({ seconds: 3 });
  const bytes = padded(clip, 3.5 * 1024 * 1024);
  const finalized = await chunked(bytes, "video/mp4", "tweet_video");
  const id = stringAt(finalized.json, "data.id");
  assert.deepEqual(finalized.json, {
    data: {
      id,
      media_key: `7_${id}`,
      size: 3.5 * 1024 * 1024,
      expires_after_secs: 86400,
      processing_info: { state: "pending", check_after_secs: 1 },
    },
  });
  assert.deepEqual(refusalOf(await post("/2/tweets", { text: "soon", media: { media_ids: [id] } })), MEDIA_IDS);
  assert.equal(valueAt((await status(id)).json, "data.processing_info.state"), "in_progress");
  assert.deepEqual(refusalOf(await post("/2/tweets", { text: "soon", media: { media_ids: [id] } })), MEDIA_IDS);
  assert.deepEqual(valueAt((await status(id)).json, "data.processing_info"), {
    state: "succeeded",
    progress_percent: 100,
  });
  assert.equal((await post("/2/tweets", { text: "now", media: { media_ids: [id] } })).status, 201);
  assert.equal((await posts())[0]?.["kind"], "video");
});

test("vector 12: finalize requires every segment", async (t) => {
  const { sandbox, token, post, send } = await openX(t);
  const clip = await video({ seconds: 1 });
  const id = stringAt(
    (
      await post("/2/media/upload/initialize", {
        media_type: "video/mp4",
        total_bytes: clip.length,
        media_category: "tweet_video",
      })
    ).json,
    "data.id",
  );
  const half = Math.floor(clip.length / 2);
  const finalize = () => sandbox.call("POST", `https://api.x.com/2/media/upload/${id}/finalize`, { token });
  assert.equal((await send(`/2/media/upload/${id}/append`, { segment_index: "1" }, clip.subarray(half))).status, 200);
  assert.equal((await finalize()).status, 400);
  assert.equal(
    (await send(`/2/media/upload/${id}/append`, { segment_index: "0" }, clip.subarray(0, half - 1))).status,
    200,
  );
  assert.equal((await finalize()).status, 400);
  assert.equal(
    (await send(`/2/media/upload/${id}/append`, { segment_index: "0" }, clip.subarray(0, half))).status,
    200,
  );
  assert.equal((await finalize()).status, 200);
});

test("vector 13: five images, or images with a video, are rejected", async (t) => {
  const { image, chunked, status, post, publish, posts } = await openX(t);
  const images: string[] = [];
  for (let number = 1; number <= 5; number += 1) images.push(await image(await jpeg(300 + number, 200)));
  const clip = stringAt((await chunked(await video({ seconds: 1 }), "video/mp4", "tweet_video")).json, "data.id");
  await status(clip);
  await status(clip);
  assert.equal((await post("/2/tweets", { text: "five", media: { media_ids: images } })).status, 400);
  assert.match(
    String(
      refusalOf(await post("/2/tweets", { text: "mixed", media: { media_ids: [...images.slice(0, 3), clip] } }))[1],
    ),
    /^You can only provide one of /,
  );
  await publish({ media: { media_ids: images.slice(0, 4) } });
  assert.equal((await posts())[0]?.["kind"], "carousel");
});

test("vector 14: the same text twice is a duplicate, until the first is deleted or six hours have passed", async (t) => {
  const { sandbox, post, publish, remove, advance } = await openX(t);
  const id = await publish({ text: "twice" });
  await advance(50);
  const again = await post("/2/tweets", { text: "twice" });
  assert.deepEqual(again.json, {
    title: "Forbidden",
    detail: "You are not allowed to create a Tweet with duplicate content.",
    type: "about:blank",
    status: 403,
  });
  assert.deepEqual((await remove(`/2/tweets/${id}`)).json, { data: { deleted: true } });
  await publish({ text: "twice" });
  await advance(6 * 3600);
  await publish({ text: "twice" }, (await connect(sandbox)).accessToken);
});

const TIMELINE = {
  max_results: "20",
  start_time: "2026-11-01T11:59:50Z",
  exclude: "retweets",
  "tweet.fields": "created_at,conversation_id,referenced_tweets,attachments,entities,note_tweet",
};

test("vector 15: a post whose response is lost is found in the timeline", async (t) => {
  const { userId, fault, get, post, posts } = await openX(t);
  await fault({ operation: "publish", kind: "reject", error: "drop-connection-but-live" });
  await assert.rejects(post("/2/tweets", { text: "lost & found https://example.com/a" }));
  const [found, ...others] = listAt((await get(`/2/users/${userId}/tweets`, TIMELINE)).json, "data");
  assert.equal(others.length, 0);
  assert.match(String(found?.["text"]), /^lost &amp; found https:\/\/t\.co\/\w{10}$/);
  assert.equal(listAt(found, "entities.urls")[0]?.["expanded_url"], "https://example.com/a");
  assert.deepEqual([found?.["conversation_id"], found?.["created_at"]], [found?.["id"], "2026-11-01T12:00:00.000Z"]);
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["id"], seen?.["publishCalls"], seen?.["url"]],
    [found?.["id"], 1, `https://x.com/sandbox_x/status/${String(found?.["id"])}`],
  );
});

test("vector 16: while the timeline lags, a repeat is rejected as a duplicate", async (t) => {
  const { userId, fault, get, post, advance, posts } = await openX(t);
  await fault({ operation: "publish", kind: "reject", error: "timeline-lag-90s" });
  await fault({ operation: "publish", kind: "drop_after", after: 1 });
  assert.equal((await post("/2/tweets", { text: "late" })).status, 201);
  const list = async () => (await get(`/2/users/${userId}/tweets`, TIMELINE)).json;
  assert.deepEqual(await list(), { meta: { result_count: 0 } });
  await assert.rejects(post("/2/tweets", { text: "late" }));
  assert.equal(refusalOf(await post("/2/tweets", { text: "late" }))[0], 403);
  await advance(90);
  assert.equal(listAt(await list(), "data").length, 1);
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [3],
  );
});

test("vector 17: a thread whose third part fails can be resumed", async (t) => {
  const { fault, get, post, publish, posts } = await openX(t);
  const first = await publish({ text: "1/4" });
  const second = await publish({ text: "2/4", reply: { in_reply_to_tweet_id: first } });
  await fault({ operation: "publish", kind: "reject", error: "503" });
  assert.equal((await post("/2/tweets", { text: "3/4", reply: { in_reply_to_tweet_id: second } })).status, 503);
  const third = await publish({ text: "3/4", reply: { in_reply_to_tweet_id: second } });
  const fourth = await publish({ text: "4/4", reply: { in_reply_to_tweet_id: third } });
  const read = listAt(
    (
      await get("/2/tweets", {
        ids: [first, second, third, fourth].join(","),
        "tweet.fields": "conversation_id,referenced_tweets",
      })
    ).json,
    "data",
  );
  assert.deepEqual(
    read.map((one) => one["conversation_id"]),
    [first, first, first, first],
  );
  assert.deepEqual(
    read.map((one) => one["referenced_tweets"]),
    [undefined, first, second, third].map((id) => id && [{ type: "replied_to", id }]),
  );
  assert.deepEqual(
    (await posts()).map((one) => one["text"]),
    ["4/4", "3/4", "2/4", "1/4"],
  );
});

test("vector 18: another person's post can only be replied to if it mentions the person", async (t) => {
  const { sandbox, post, publish } = await openX(t);
  const stranger = await connect(sandbox, { hint: "stranger" });
  const plain = await publish({ text: "hello" }, stranger.accessToken);
  const mention = await publish({ text: "hello @sandbox_x, what do you say?" }, stranger.accessToken);
  const [status, detail] = refusalOf(
    await post("/2/tweets", { text: "me too", reply: { in_reply_to_tweet_id: plain } }),
  );
  assert.equal(status, 403);
  assert.match(
    String(detail),
    /^Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged/,
  );
  await publish({ text: "me too", reply: { in_reply_to_tweet_id: mention } });
});

test("vector 19: the 101st post within 15 minutes is rejected until the window ends", async (t) => {
  const { post, publish, advance } = await openX(t);
  for (let number = 1; number <= 100; number += 1) await publish({ text: `post ${number}` });
  await advance(60);
  const refused = await post("/2/tweets", { text: "one too many" });
  assert.deepEqual(
    [refused.status, refused.json],
    [429, { title: "Too Many Requests", detail: "Too Many Requests", type: "about:blank", status: 429 }],
  );
  const headers = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"].map((name) =>
    refused.headers.get(name),
  );
  assert.deepEqual(headers, ["100", "0", String(START.getTime() / 1000 + 900)]);
  await advance(840);
  const answer = await post("/2/tweets", { text: "the window has moved on" });
  assert.deepEqual([answer.status, answer.headers.get("x-rate-limit-remaining")], [201, "99"]);
});

test("vector 20, 21: no credits left, and a 401 that occurs once", async (t) => {
  const { fault, post, posts } = await openX(t);
  await fault({ operation: "publish", kind: "reject", error: "credits" });
  await fault({ operation: "publish", kind: "reject", error: "credits-depleted" });
  await fault({ operation: "publish", kind: "reject", error: "unauthorized" });
  const titles = [
    await post("/2/tweets", { text: "x" }),
    await post("/2/tweets", { text: "x" }),
    await post("/2/tweets", { text: "x" }),
  ].map((one) => [one.status, valueAt(one.json, "title")]);
  assert.deepEqual(titles, [
    [402, "CreditsDepleted"],
    [402, "Payment Required"],
    [401, "Unauthorized"],
  ]);
  assert.equal((await post("/2/tweets", { text: "x" })).status, 201);
  assert.equal((await posts()).length, 1);
});
