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
import { exchangeSeededCode, openInstagram } from "./instagram.fixture.ts";

/** The test vectors from the platform's page, each against a separate sandbox, over HTTP. */
const IG = "17841400000000001";
const DIRECT = "https://graph.instagram.com";
const NOT_READY = [400, 9007, 2207027];

test("vector 1, 2: a code gives a short-lived token with an unquoted account ID, once", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const first = await exchangeSeededCode(sandbox);
  assert.equal(first.status, 200);
  assert.equal(
    first.text,
    '{"access_token":"SHORT1","user_id":17841400000000001,"permissions":["instagram_business_basic","instagram_business_content_publish"]}',
  );
  const second = await exchangeSeededCode(sandbox);
  assert.equal(second.status, 400);
  assert.deepEqual(second.json, {
    error_type: "OAuthException",
    code: 400,
    error_message: "Matching code was not found or was already used",
  });
});

test("vector 3, 4: a long-lived token can be refreshed once it is a day old", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  await exchangeSeededCode(sandbox);
  const long = await sandbox.call(
    "GET",
    `${DIRECT}/access_token?grant_type=ig_exchange_token&client_secret=ig-secret&access_token=SHORT1`,
  );
  assert.deepEqual(long.json, { access_token: "LONG1", token_type: "bearer", expires_in: 5183944 });
  const refresh = () =>
    sandbox.call("GET", `${DIRECT}/refresh_access_token?grant_type=ig_refresh_token&access_token=LONG1`);
  await sandbox.control("POST", "clock", { advanceSeconds: 3600 });
  const young = await refresh();
  assert.equal(young.status, 400);
  assert.deepEqual(errorOf(young), {
    message: "Token is not old enough to refresh",
    type: "OAuthException",
    code: 100,
  });
  await sandbox.control("POST", "clock", { advanceSeconds: 25 * 3600 });
  const old = await refresh();
  assert.equal(old.status, 200);
  assert.equal(valueAt(old.json, "expires_in"), 5183944);
});

test("vector 5: the profile returns two IDs", async (t) => {
  const { get } = await openInstagram(t);
  assert.deepEqual((await get("/me", { fields: "user_id,username,account_type" })).json, {
    user_id: IG,
    username: "sandbox_brand",
    account_type: "BUSINESS",
    id: "24000000000000001",
  });
});

test("vector 6 to 10: an image goes through its container, is published once, and is read back", async (t) => {
  const { get, post, make, status, advance, posts } = await openInstagram(t);
  const files = await serveFiles(t, { "ok.jpg": await jpeg(1080, 1080) });
  assert.deepEqual((await make({ image_url: `${files}/ok.jpg`, caption: "Hi" })).json, { id: "17890000000000001" });
  const publish = () => post(`/${IG}/media_publish`, { creation_id: "17890000000000001" });
  const early = await publish();
  assert.deepEqual(
    { status: early.status, ...errorOf(early), error_user_title: undefined, error_user_msg: undefined },
    {
      status: 400,
      message: "Media ID is not available",
      type: "OAuthException",
      code: 9007,
      error_subcode: 2207027,
      is_transient: false,
      error_user_title: undefined,
      error_user_msg: undefined,
    },
  );
  assert.deepEqual((await status("17890000000000001")).json, {
    status_code: "IN_PROGRESS",
    status: "In Progress: Media is still being processed.",
    id: "17890000000000001",
  });
  const finished = {
    status_code: "FINISHED",
    status: "Finished: Media has been uploaded and it is ready to be published.",
    id: "17890000000000001",
  };
  assert.deepEqual((await status("17890000000000001")).json, finished);
  await advance(5);
  assert.deepEqual((await publish()).json, { id: "17910000000000001" });
  assert.equal(valueAt((await status("17890000000000001")).json, "status_code"), "PUBLISHED");
  assert.deepEqual(
    (await get("/17910000000000001", { fields: "permalink,media_type,media_product_type,timestamp" })).json,
    {
      permalink: "https://www.instagram.com/p/SBX1/",
      media_type: "IMAGE",
      media_product_type: "FEED",
      timestamp: "2026-11-01T12:00:05+0000",
      id: "17910000000000001",
    },
  );
  assert.deepEqual(codesOf(await publish()), NOT_READY);
  assert.deepEqual(await posts(), [
    {
      platform: "instagram",
      accountId: IG,
      id: "17910000000000001",
      url: "https://www.instagram.com/p/SBX1/",
      text: "Hi",
      media: [{ type: "image", altText: null }],
      kind: "image",
      visibility: "public",
      settings: {},
      createdAt: "2026-11-01T12:00:05.000Z",
      publishCalls: 3,
    },
  ]);
});

test("vector 11: a missing picture is rejected immediately", async (t) => {
  const { make } = await openInstagram(t);
  const files = await serveFiles(t, {});
  const answer = await make({ image_url: `${files}/missing.jpg` });
  assert.deepEqual(
    { status: answer.status, ...errorOf(answer), error_user_title: undefined, error_user_msg: undefined },
    {
      status: 400,
      message: "Only photo or video can be accepted as media type.",
      type: "OAuthException",
      code: 9004,
      error_subcode: 2207052,
      is_transient: false,
      error_user_title: undefined,
      error_user_msg: undefined,
    },
  );
});

test("vector 12: a caption of 2,201 characters is rejected", async (t) => {
  const { make } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  assert.deepEqual(
    codesOf(await make({ image_url: `${files}/a.jpg`, caption: "x".repeat(2201) })),
    [400, 36004, 2207010],
  );
  assert.equal((await make({ image_url: `${files}/a.jpg`, caption: "👍".repeat(2200) })).status, 200);
});

test("vector 13: a carousel with one item is rejected", async (t) => {
  const { make, create } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const child = await create({ image_url: `${files}/a.jpg`, is_carousel_item: "true" });
  assert.deepEqual(codesOf(await make({ media_type: "CAROUSEL", children: child })), [400, 100, 2207028]);
});

test("vector 14: the publishing limit counts, and is enforced", async (t) => {
  const { fault, get, post, create, publish, status, advance } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  await publish({ image_url: `${files}/a.jpg` });
  const limit = () => get(`/${IG}/content_publishing_limit`, { fields: "quota_usage,config" });
  assert.deepEqual((await limit()).json, {
    data: [{ quota_usage: 1, config: { quota_total: 50, quota_duration: 86400 } }],
  });
  assert.deepEqual((await get(`/${IG}/content_publishing_limit`)).json, { data: [{ quota_usage: 1 }] });
  for (let number = 2; number <= 50; number += 1) await publish({ image_url: `${files}/a.jpg` });
  assert.equal(listAt((await limit()).json, "data")[0]?.["quota_usage"], 50);
  const last = await create({ image_url: `${files}/a.jpg` });
  await advance(2);
  assert.deepEqual(codesOf(await post(`/${IG}/media_publish`, { creation_id: last })), [400, 9, 2207042]);
  assert.equal(valueAt((await status(last)).json, "status_code"), "FINISHED");
  await advance(24 * 3600 - 400);
  const again = await create({ image_url: `${files}/a.jpg` });
  await advance(2);
  assert.equal((await post(`/${IG}/media_publish`, { creation_id: again })).status, 200);
  await fault({ operation: "read", kind: "reject", error: "quota-full" });
  assert.equal(listAt((await limit()).json, "data")[0]?.["quota_usage"], 50);
});

test("vector 15: after 61 days, the token has expired", async (t) => {
  const { get, advance } = await openInstagram(t);
  await advance(61 * 86_400);
  const answer = await get("/me", { fields: "user_id" });
  assert.equal(answer.status, 400);
  assert.deepEqual(errorOf(answer), {
    message: "Error validating access token: Session has expired on Friday, 01-Jan-27 04:00:00 PST.",
    type: "OAuthException",
    code: 190,
    error_subcode: 463,
  });
});

test("vector 16: a video is uploaded completely", async (t) => {
  const { sandbox, token, make, post, status } = await openInstagram(t, { login: "facebook" });
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  for (let number = 1; number < 9; number += 1) await make({ image_url: `${files}/a.jpg` });
  const made = await make({ media_type: "REELS", upload_type: "resumable", caption: "Sent" });
  assert.deepEqual(made.json, {
    id: "17890000000000009",
    uri: "https://rupload.facebook.com/ig-api-upload/v25.0/17890000000000009",
  });
  const uri = stringAt(made.json, "uri");
  const send = (body: Buffer, headers: Record<string, string>) =>
    sandbox.call("POST", uri, { headers: { authorization: `OAuth ${token}`, ...headers }, body });
  const short = await send(Buffer.from("123456789"), { offset: "0", file_size: "10" });
  assert.equal(short.status, 400);
  assert.deepEqual(short.json, {
    debug_info: {
      retriable: true,
      type: "PartialRequestError",
      message: "Partial request (did not match length of file)",
    },
  });
  assert.equal(valueAt((await status("17890000000000009")).json, "status_code"), "IN_PROGRESS");
  const clip = await video({ seconds: 4, audioChannels: 2 });
  const sent = await send(clip, {
    offset: "0",
    file_size: String(clip.length),
    "content-type": "application/x-www-form-urlencoded",
  });
  assert.deepEqual([sent.status, sent.json], [200, { success: true, message: "Upload successful." }]);
  const states = [
    await status("17890000000000009"),
    await status("17890000000000009"),
    await status("17890000000000009"),
  ].map((one) => valueAt(one.json, "status_code"));
  assert.deepEqual(states, ["IN_PROGRESS", "IN_PROGRESS", "FINISHED"]);
  assert.equal((await post(`/${IG}/media_publish`, { creation_id: "17890000000000009" })).status, 200);
});

test("vector 17: a post whose publish response is lost is live and found in the list", async (t) => {
  const { create, fault, get, post, status, advance, posts } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  await fault({ operation: "publish", kind: "reject", error: "publish-drop-connection-but-live" });
  const id = await create({ image_url: `${files}/a.jpg`, caption: "lost" });
  await advance(2);
  await assert.rejects(post(`/${IG}/media_publish`, { creation_id: id }));
  assert.equal(valueAt((await status(id)).json, "status_code"), "PUBLISHED");
  assert.deepEqual(
    listAt((await get(`/${IG}/media`, { fields: "id,caption,permalink,timestamp", since: "1793534280" })).json, "data"),
    [
      {
        id: "17910000000000001",
        caption: "lost",
        permalink: "https://www.instagram.com/p/SBX1/",
        timestamp: "2026-11-01T12:00:02+0000",
      },
    ],
  );
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [1],
  );
});

test("vector 18: processing can fail", async (t) => {
  const { create, fault, status } = await openInstagram(t);
  const files = await serveFiles(t, { "a.mp4": await video({ seconds: 4 }) });
  await fault({ operation: "create", kind: "reject", error: "processing-error-2207076" });
  const id = await create({ media_type: "REELS", video_url: `${files}/a.mp4` });
  await status(id);
  await status(id);
  assert.deepEqual((await status(id)).json, {
    status_code: "ERROR",
    status: "Error: Media upload has failed with error code 2207076",
    id,
  });
});

test("vector 19: an exceeded limit says how many minutes remain", async (t) => {
  const { fault, get } = await openInstagram(t);
  await fault({ operation: "read", kind: "reject", error: "rate-80002" });
  const answer = await get("/me");
  assert.equal(answer.status, 400);
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^\(#80002\) There have been too many calls to this Instagram account\./);
  assert.deepEqual(error, { type: "OAuthException", code: 80002 });
  const usage: unknown = JSON.parse(answer.headers.get("x-business-use-case-usage") ?? "");
  assert.equal(listAt(usage, IG)[0]?.["estimated_time_to_regain_access"], 12);
});
