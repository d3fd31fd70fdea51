import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { jpeg, openSandbox, START, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { ALL_SCOPES, API, connect, consent, exchange, openX, refusalOf, SEEDED, tokenCall } from "./twitter.fixture.ts";

/** What X rejects. */
test("an invalid consent URL shows an error and never redirects", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const right: Record<string, string> = {
    response_type: "code",
    client_id: SEEDED.clientId,
    redirect_uri: SEEDED.redirectUri,
    scope: "tweet.read users.read",
    state: "s",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  };
  const ask = async (change: Record<string, string>) =>
    (await sandbox.call("GET", `https://x.com/i/oauth2/authorize?${new URLSearchParams({ ...right, ...change })}`))
      .status;
  assert.equal(await ask({}), 200);
  const wrong: Record<string, string>[] = [
    { client_id: "nobody" },
    { redirect_uri: `${SEEDED.redirectUri}/` },
    { response_type: "token" },
    { scope: "tweet.read tweets.write" },
    { scope: "" },
    { state: "s".repeat(501) },
    { code_challenge: "short" },
    { code_challenge_method: "S512" },
  ];
  for (const change of wrong) assert.equal(await ask(change), 400, JSON.stringify(change));
  const refused = await consent(sandbox, { scopes: ALL_SCOPES }, "decision=refuse");
  assert.equal(refused.headers.get("location"), `${SEEDED.redirectUri}?state=s1&error=access_denied`);
});

test("an app that is not approved for a scope cannot request it", async (t) => {
  const { sandbox } = await openX(t);
  const read = ["tweet.read", "users.read"];
  const approved = { platform: "twitter", clientId: SEEDED.clientId, scopes: read };
  assert.equal((await sandbox.control("PATCH", "apps", approved)).status, 200);
  assert.match((await consent(sandbox, { scopes: ALL_SCOPES }, "decision=approve")).text, /give access to the App/);
  assert.equal((await consent(sandbox, { scopes: read }, "decision=approve")).status, 302);
});

test("the token endpoint requires a form, app authentication and a known grant", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const url = `${API}/2/oauth2/token`;
  const form = { grant_type: "refresh_token", refresh_token: "x" };
  assert.deepEqual((await sandbox.call("POST", url, { form })).json, {
    error: "unauthorized_client",
    error_description: "Missing valid authorization header",
  });
  const signed = (secret: string) => ({
    authorization: `Basic ${Buffer.from(`${SEEDED.clientId}:${secret}`).toString("base64")}`,
  });
  const badSecret = await sandbox.call("POST", url, { form, headers: signed("wrong") });
  assert.deepEqual([badSecret.status, valueAt(badSecret.json, "error")], [401, "invalid_client"]);
  const json = await sandbox.call("POST", url, {
    headers: { ...signed("x-secret"), "content-type": "application/json" },
    body: JSON.stringify(form),
  });
  assert.equal(json.status, 400);
  const codes: Record<string, string>[] = [
    {},
    { grant_type: "password" },
    { grant_type: "refresh_token" },
    { grant_type: "authorization_code", code: "x" },
    form,
  ];
  for (const body of codes) assert.equal((await tokenCall(sandbox, { ...body })).status, 400, JSON.stringify(body));
  assert.equal((await exchange(sandbox, "never given")).status, 400);
});

test("without offline.access there is no refresh token; a revoked grant is invalid", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  assert.equal((await connect(sandbox, { scopes: ["tweet.read", "users.read"] })).refreshToken, "");
  const { accessToken, refreshToken } = await connect(sandbox);
  assert.deepEqual(
    (await tokenCall(sandbox, { token: refreshToken, token_type_hint: "refresh_token" }, "/2/oauth2/revoke")).json,
    { revoked: true },
  );
  assert.equal((await sandbox.call("GET", `${API}/2/users/me`, { token: accessToken })).status, 401);
});

test("tokens expire after two hours, and a suspended person's are rejected", async (t) => {
  const { get, post, advance, sandbox } = await openX(t);
  const suspended = await connect(sandbox, { hint: "suspended" });
  const refused = await post("/2/tweets", { text: "hi" }, suspended.accessToken);
  assert.equal(valueAt(refused.json, "type"), "https://api.twitter.com/2/problems/user-suspended");
  await advance(7199);
  assert.equal((await get("/2/users/me")).status, 200);
  await advance(1);
  assert.deepEqual((await get("/2/users/me")).json, {
    title: "Unauthorized",
    detail: "Unauthorized",
    type: "about:blank",
    status: 401,
  });
  assert.equal((await sandbox.call("GET", `${API}/2/users/me`)).status, 401);
});

test("a post that violates the schema, or has content unavailable to self-serve apps, is rejected", async (t) => {
  const { post, publish } = await openX(t);
  const id = await publish({ text: "before" });
  const options = ["Red", "Blue"];
  const bad: [string, Record<string, unknown>][] = [
    ["nothing", {}],
    ["an empty text", { text: "  " }],
    ["a null text", { text: null }],
    ["an unknown key", { text: "x", lang: "en" }],
    ["an unknown key inside", { text: "x", reply: { in_reply_to_tweet_id: id, foo: 1 } }],
    ["reply without id", { text: "x", reply: {} }],
    ["no media ids", { text: "x", media: { media_ids: [] } }],
    ["a number as id", { text: "x", media: { media_ids: [1] } }],
    ["media that isn't there", { text: "x", media: { media_ids: ["1"] } }],
    ["one poll option", { text: "x", poll: { options: ["a"], duration_minutes: 5 } }],
    ["five poll options", { text: "x", poll: { options: ["a", "b", "c", "d", "e"], duration_minutes: 5 } }],
    ["a poll option of 26", { text: "x", poll: { options: ["a".repeat(26), "b"], duration_minutes: 5 } }],
    ["a poll of 4 minutes", { text: "x", poll: { options, duration_minutes: 4 } }],
    ["a poll of 8 days", { text: "x", poll: { options, duration_minutes: 11_520 } }],
    ["a poll alone", { poll: { options, duration_minutes: 5 } }],
    ["an unknown reply setting", { text: "x", reply_settings: "everyone" }],
    ["a poll with a quote", { text: "x", poll: { options, duration_minutes: 5 }, quote_tweet_id: id }],
    ["an invisible sign", { text: "a\uFEFFb" }],
  ];
  for (const [name, body] of bad) {
    const answer = await post("/2/tweets", body);
    assert.deepEqual(
      [answer.status, valueAt(answer.json, "title"), valueAt(answer.json, "type")],
      [400, "Invalid Request", "https://api.twitter.com/2/problems/invalid-request"],
      name,
    );
  }
  const gated: [string, Record<string, unknown>][] = [
    ["a quote", { text: "x", quote_tweet_id: id }],
    ["a community", { text: "x", community_id: "1" }],
    ["two cashtags", { text: "$AB and $CD" }],
    ["a reply to what isn't there", { text: "x", reply: { in_reply_to_tweet_id: "1" } }],
    ["an edit", { text: "x", edit_options: { previous_post_id: id } }],
  ];
  for (const [name, body] of gated) assert.equal((await post("/2/tweets", body)).status, 403, name);
  assert.match(String(refusalOf(await post("/2/tweets", { text: "$AB and $CD" }))[1]), /maximum of one cashtag/);
});

test("media of another person, of another category or a day old cannot be posted", async (t) => {
  const { sandbox, image, post, send, advance } = await openX(t);
  const id = await image(await jpeg(300, 200));
  const other = await connect(sandbox, { hint: "other" });
  const direct = stringAt(
    (await send("/2/media/upload", { media_category: "dm_image" }, await jpeg(300, 200))).json,
    "data.id",
  );
  const refused = [400, "Your media IDs are invalid."];
  assert.deepEqual(refusalOf(await post("/2/tweets", { media: { media_ids: [id] } }, other.accessToken)), refused);
  assert.deepEqual(refusalOf(await post("/2/tweets", { media: { media_ids: [direct] } })), refused);
  assert.equal(
    (await post("/2/media/metadata", { id, metadata: { alt_text: { text: "mine?" } } }, other.accessToken)).status,
    400,
  );
  await advance(86_400);
  const token = (await connect(sandbox)).accessToken;
  assert.deepEqual(refusalOf(await post("/2/tweets", { media: { media_ids: [id] } }, token)), refused);
});

test("uploads without a type, too large or out of order are rejected", async (t) => {
  const { sandbox, token, post, send, status } = await openX(t);
  const image = await jpeg(300, 200);
  const open = (body: Record<string, unknown>) => post("/2/media/upload/initialize", body);
  const right = { media_type: "video/mp4", total_bytes: 100, media_category: "tweet_video" };
  const wrong = [
    {},
    { ...right, media_type: "video/avi" },
    { ...right, media_category: "tweet_movie" },
    { ...right, total_bytes: "100" },
    { ...right, total_bytes: 9 * 2 ** 30 },
    { ...right, media_category: "tweet_gif" },
    { media_type: "image/gif", total_bytes: 16 * 2 ** 20, media_category: "tweet_gif" },
    { ...right, name: "clip.mp4" },
  ];
  for (const body of wrong) assert.equal((await open(body)).status, 400, JSON.stringify(body));
  const id = stringAt((await open(right)).json, "data.id");
  const append = (index: string, bytes: Buffer) =>
    send(`/2/media/upload/${id}/append`, { segment_index: index }, bytes);
  assert.equal((await append("1000", image)).status, 400);
  assert.equal((await append("x", image)).status, 400);
  assert.equal((await append("0", Buffer.alloc(0))).status, 400);
  assert.equal((await append("0", Buffer.alloc(5 * 2 ** 20 + 1))).status, 413);
  assert.equal((await send("/2/media/upload/1/append", { segment_index: "0" }, image)).status, 400);
  assert.equal((await send(`/2/media/upload/${id}/append`, { segment_index: "0" })).status, 400);
  assert.equal((await status(id)).status, 400);
  assert.equal((await status("1")).status, 400);
  assert.equal((await sandbox.call("POST", `${API}/2/media/upload/${id}/finalize`, { token })).status, 400);
  const once = (fields: Record<string, string>, bytes: Buffer) =>
    send("/2/media/upload", fields, bytes).then((answer) => answer.status);
  assert.equal(await once({ media_category: "tweet_image" }, Buffer.from("<html></html>")), 400);
  assert.equal(await once({ media_category: "tweet_image" }, Buffer.alloc(5 * 2 ** 20 + 1)), 413);
  assert.equal(await once({ media_category: "tweet_video" }, image), 400);
  assert.equal(await once({ media_category: "tweet_image", media_type: "image/jpeg" }, image), 400);
  assert.equal(await once({ command: "INIT" }, image), 400);
});

test("bytes that are not a video or GIF fail in processing", async (t) => {
  const { chunked, status } = await openX(t);
  const tiny = await sharp({ create: { width: 1300, height: 20, channels: 3, background: "#fff" } })
    .gif()
    .toBuffer();
  const cases: [string, Buffer, string, string][] = [
    ["a text", Buffer.from("no video at all"), "video/mp4", "tweet_video"],
    ["VP9", await video({ seconds: 1, codec: "vp9" }), "video/mp4", "tweet_video"],
    ["too short", await video({ seconds: 0.3 }), "video/mp4", "tweet_video"],
    ["too wide", await video({ seconds: 1, width: 1280, height: 320 }), "video/mp4", "tweet_video"],
    ["six channels", await video({ seconds: 1, audioChannels: 6 }), "video/mp4", "tweet_video"],
    ["a wide GIF", tiny, "image/gif", "tweet_gif"],
  ];
  for (const [name, bytes, type, category] of cases) {
    const id = stringAt((await chunked(bytes, type, category)).json, "data.id");
    await status(id);
    const info = valueAt((await status(id)).json, "data.processing_info");
    assert.deepEqual([valueAt(info, "state"), valueAt(info, "error.name")], ["failed", "InvalidMedia"], name);
  }
});

test("a video over the person's length limit is rejected when it is posted", async (t) => {
  const { chunked, status, post } = await openX(t);
  const id = stringAt(
    (await chunked(await video({ seconds: 1201, framesPerSecond: 2 }), "video/mp4", "tweet_video")).json,
    "data.id",
  );
  await status(id);
  assert.equal(valueAt((await status(id)).json, "data.processing_info.state"), "succeeded");
  assert.deepEqual(refusalOf(await post("/2/tweets", { media: { media_ids: [id] } })), [
    403,
    "This user is not allowed to post a video longer than 20 minutes.",
  ]);
});

test("reads reject unknown parameters and values, and report missing objects with 200", async (t) => {
  const { get, userId } = await openX(t);
  const bad: Record<string, string>[] = [
    { max_results: "4" },
    { max_results: "101" },
    { max_results: "x" },
    { "tweet.fields": "foo" },
    { foo: "1" },
    { start_time: "yesterday" },
    { exclude: "quotes" },
    { since_id: "x" },
    { expansions: "author" },
    { pagination_token: "?" },
  ];
  for (const params of bad)
    assert.equal((await get(`/2/users/${userId}/tweets`, params)).status, 400, JSON.stringify(params));
  assert.equal((await get("/2/users/me", { "user.fields": "email" })).status, 400);
  const missing = await get("/2/tweets/1999");
  assert.deepEqual([missing.status, valueAt(missing.json, "data")], [200, undefined]);
  assert.match(missing.text, /resource-not-found/);
});

test("only a person's own posts can be deleted", async (t) => {
  const { sandbox, publish, remove, posts } = await openX(t);
  const other = await connect(sandbox, { hint: "other" });
  const id = await publish({ text: "mine" });
  assert.equal((await remove(`/2/tweets/${id}`, other.accessToken)).status, 403);
  assert.equal((await remove(`/2/tweets/${id}`)).status, 200);
  assert.deepEqual((await remove(`/2/tweets/${id}`)).json, { data: { deleted: true } });
  assert.deepEqual(await posts(), []);
  assert.equal((await remove("/2/tweets/1")).status, 404);
});
