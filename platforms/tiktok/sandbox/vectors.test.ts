import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { codeOf, jpeg, padded, serveFiles, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { consent, errorOf, exchange, openCreator, openTikTok, refresh, UNAUDITED_APP } from "./tiktok.fixture.ts";

/** The sandbox's side of each test vector from the platform's page, over HTTP. */

test("vector 1: a code must be decoded once, and gives tokens for two hours and 180 days", async (t) => {
  const { sandbox } = await openTikTok(t);
  const answer = await consent(sandbox, { loginHint: "ann" });
  const code = codeOf(answer);
  assert.match(code, /\*.*!/);
  assert.match(
    answer.headers.get("location") ?? "",
    /code=[^&]*%2A[^&]*%21[^&]*&scopes=user\.info\.basic%2C[^&]*&state=s1$/,
  );
  const encoded = code.replace("*", "%2A").replace("!", "%21");
  assert.deepEqual([valueAt((await exchange(sandbox, encoded)).json, "error")], ["invalid_grant"]);
  const { json } = await exchange(sandbox, code);
  assert.deepEqual(
    [valueAt(json, "expires_in"), valueAt(json, "refresh_expires_in"), valueAt(json, "token_type")],
    [7200, 15_552_000, "Bearer"],
  );
  assert.equal(valueAt((await exchange(sandbox, code)).json, "error"), "invalid_grant", "a code is good once");
});

test("vector 2, 3: a refresh token works once; its second use has status 200 and no consequences", async (t) => {
  const { sandbox } = await openTikTok(t);
  const { json } = await exchange(sandbox, codeOf(await consent(sandbox, {})));
  const token = stringAt(json, "refresh_token");
  const both = await Promise.all([refresh(sandbox, token), refresh(sandbox, token)]);
  const won = both.filter((one) => valueAt(one.json, "access_token") !== undefined);
  const lost = both.filter((one) => valueAt(one.json, "error") === "invalid_grant");
  assert.deepEqual([won.length, lost.length, lost[0]?.status], [1, 1, 200]);
  assert.equal(valueAt((await refresh(sandbox, token)).json, "error"), "invalid_grant");
  const winner = stringAt(won[0]?.json, "access_token");
  const profile = await sandbox.call("GET", "https://open.tiktokapis.com/v2/user/info/?fields=open_id,display_name", {
    token: winner,
  });
  assert.deepEqual(valueAt(profile.json, "data.user"), {
    open_id: stringAt(json, "open_id"),
    display_name: "Sandbox Tok",
  });
});

test("vector 4: a small file is one chunk with the file's size", async (t) => {
  const { init, put, status, posts } = await openTikTok(t);
  const bytes = padded(await video({ seconds: 3 }), 3_000_000);
  const refused = await init(bytes.length, { source: { chunk_size: 5_242_880 } });
  assert.deepEqual(
    [...errorOf(refused), valueAt(refused.json, "error.message")],
    [400, "invalid_params", "The chunk size is invalid"],
  );
  const begun = await init(bytes.length);
  const publishId = stringAt(begun.json, "data.publish_id");
  assert.match(publishId, /^v_pub_file~v2-1\.\d+$/);
  const url = stringAt(begun.json, "data.upload_url");
  assert.ok(url.startsWith("https://open-upload.tiktokapis.com/video/?upload_id=") && url.length <= 256);
  const sent = await put(url, bytes, { first: 0, total: bytes.length });
  assert.deepEqual([sent.status, sent.headers.get("content-range"), sent.text], [201, "bytes 0-3000000/3000000", ""]);
  assert.equal(valueAt((await status(publishId)).json, "data.status"), "PROCESSING_UPLOAD");
  assert.equal(valueAt((await status(publishId)).json, "data.status"), "PUBLISH_COMPLETE");
  assert.deepEqual(await posts(), [
    {
      platform: "tiktok",
      accountId: "afd97af1-b87b-48b9-ac98-410a00000001",
      id: null,
      url: null,
      publishId,
      text: "Hello",
      media: [{ type: "video", altText: null }],
      kind: "video",
      visibility: "PUBLIC_TO_EVERYONE",
      settings: { disable_duet: false, brand_content_toggle: false, brand_organic_toggle: false },
      createdAt: "2026-11-01T12:00:00.000Z",
      publishCalls: 1,
    },
  ]);
});

test("vector 5, 7: five chunks in order; a repeated one is 416, and the status says where to continue", async (t) => {
  const { init, put, status, fault, posts } = await openTikTok(t);
  const bytes = padded(await video({ seconds: 3 }), 50_000_123);
  const begun = await init(bytes.length, { source: { chunk_size: 10_000_000, total_chunk_count: 5 } });
  const url = stringAt(begun.json, "data.upload_url");
  const chunk = (number: number, last = number) =>
    put(url, bytes.subarray(number * 10_000_000, last === 4 ? undefined : (last + 1) * 10_000_000), {
      first: number * 10_000_000,
      total: bytes.length,
    });
  assert.equal((await chunk(0)).status, 206);
  assert.equal((await chunk(2)).status, 416, "out of order");
  assert.equal((await chunk(1)).status, 206);
  await fault({ operation: "upload", kind: "reject", error: "chunk-502-but-stored" });
  assert.equal((await chunk(2)).status, 502);
  const again = await chunk(2);
  assert.deepEqual([again.status, again.headers.get("content-range")], [416, "bytes 0-30000000/50000123"]);
  assert.equal(
    valueAt((await status(stringAt(begun.json, "data.publish_id"))).json, "data.uploaded_bytes"),
    30_000_000,
  );
  assert.equal((await chunk(3)).status, 206);
  const last = await chunk(4);
  assert.deepEqual([last.status, (await posts()).length], [201, 1], last.text);
});

test("vector 6: 200 MiB are 20 chunks, not 21", async (t) => {
  const { init } = await openTikTok(t);
  const source = (count: number) => ({ source: { chunk_size: 10_000_000, total_chunk_count: count } });
  assert.equal((await init(209_715_200, source(20))).status, 200);
  const refused = await init(209_715_200, source(21));
  assert.deepEqual(
    [...errorOf(refused), valueAt(refused.json, "error.message")],
    [400, "invalid_params", "The total chunk count is invalid"],
  );
});

test("vector 8: when the response to the last PUT is lost, the status says that it is done", async (t) => {
  const { init, put, status, fault, posts, advance } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  const begun = await init(bytes.length);
  await fault({ operation: "publish", kind: "drop_after" });
  await assert.rejects(put(stringAt(begun.json, "data.upload_url"), bytes, { first: 0, total: bytes.length }));
  assert.equal(
    (await put(stringAt(begun.json, "data.upload_url"), bytes, { first: 0, total: bytes.length })).status,
    404,
  );
  await advance(3);
  assert.equal(
    valueAt((await status(stringAt(begun.json, "data.publish_id"))).json, "data.status"),
    "PUBLISH_COMPLETE",
  );
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [2],
  );
});

test("vector 9: a video that was started twice and sent once is one post", async (t) => {
  const { init, video: send, posts, fault } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  await fault({ operation: "create", kind: "drop_after" });
  await assert.rejects(init(bytes.length));
  await send(bytes);
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [1],
  );
});

test("vector 10: photos are published even if the response is lost", async (t) => {
  const { photos, fault, posts, base } = await openWithFiles(t);
  await fault({ operation: "publish", kind: "drop_after" });
  await assert.rejects(photos([`${base}/a.jpg`, `${base}/b.webp`, `${base}/c.jpg`]));
  const [post] = await posts();
  assert.deepEqual(
    [post?.["kind"], post?.["text"], post?.["publishCalls"], valueAt(post, "settings.title")],
    ["carousel", "Three views", 1, "A title"],
  );
  assert.match(String(post?.["publishId"]), /^p_pub_url~v2\.\d+$/);
});

test("vector 11: a public post gets its ID after moderation, as a number that JavaScript would round", async (t) => {
  const { video: send, status, posts, advance, fault } = await openTikTok(t);
  await fault({ operation: "create", kind: "reject", error: "moderation-90s" });
  const publishId = await send(await video({ seconds: 3 }));
  await advance(3);
  const first = await status(publishId);
  assert.deepEqual([valueAt(first.json, "data.status"), first.text.includes("publicaly")], ["PUBLISH_COMPLETE", false]);
  await advance(86);
  assert.equal((await status(publishId)).text.includes("publicaly"), false);
  await advance(1);
  const second = await status(publishId);
  const id = /"publicaly_available_post_id":\[(\d{19})\]/.exec(second.text)?.[1] ?? "";
  assert.notEqual(JSON.stringify(valueAt(second.json, "data.publicaly_available_post_id")), `[${id}]`);
  assert.deepEqual(
    (await posts()).map((one) => [one["id"], one["url"]]),
    [[id, `https://www.tiktok.com/@sandbox_tok/video/${id}`]],
  );
});

test("vector 12: a private post never gets an ID", async (t) => {
  const { video: send, status, posts, advance } = await openTikTok(t);
  const publishId = await send(await video({ seconds: 3 }), { privacy_level: "SELF_ONLY" });
  await advance(7000);
  const answer = await status(publishId);
  assert.deepEqual(
    [valueAt(answer.json, "data.status"), answer.text.includes("available_post_id")],
    ["PUBLISH_COMPLETE", false],
  );
  assert.deepEqual(
    (await posts()).map((one) => [one["visibility"], one["id"]]),
    [["SELF_ONLY", null]],
  );
});

test("vector 13: an unaudited app posts for five private accounts a day, visible only to themselves", async (t) => {
  const { sandbox } = await openTikTok(t);
  const creator = (hint: string) => openCreator(sandbox, hint, { app: UNAUDITED_APP });
  const code = "unaudited_client_can_only_post_to_private_accounts";
  const info = { privacy_level: "SELF_ONLY" };
  assert.deepEqual(errorOf(await (await creator("open")).init(100_000, { info })), [403, code]);
  const bytes = await video({ seconds: 3 });
  for (let number = 1; number <= 5; number += 1) await (await creator(`private ${number}`)).video(bytes, info);
  const known = await creator("private 1");
  assert.deepEqual(errorOf(await known.init(100_000, { info: { privacy_level: "FOLLOWER_OF_CREATOR" } })), [403, code]);
  assert.equal((await known.init(100_000, { info })).status, 200);
  const sixth = await creator("private 6");
  assert.deepEqual(errorOf(await sixth.api("/v2/post/publish/creator_info/query/")), [200, "reached_active_user_cap"]);
  assert.deepEqual(errorOf(await sixth.init(100_000, { info })), [403, "reached_active_user_cap"]);
});

test("vector 14: the 16th post of a day is rejected, by creator info with status 200", async (t) => {
  const { video: send, api, init, advance, sandbox } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  for (let number = 1; number <= 15; number += 1) {
    await send(bytes);
    await advance(11);
  }
  assert.deepEqual(errorOf(await api("/v2/post/publish/creator_info/query/")), [200, "spam_risk_too_many_posts"]);
  assert.deepEqual(errorOf(await init(bytes.length)), [403, "spam_risk_too_many_posts"]);
  await advance(86_400 - 165);
  assert.deepEqual(
    errorOf(await api("/v2/post/publish/creator_info/query/", undefined, await openCreatorOfSeed(sandbox))),
    [200, "ok"],
  );
});

test("vector 15: a caption is counted in UTF-16 units", async (t) => {
  const { init } = await openTikTok(t);
  assert.equal((await init(100_000, { info: { title: "\u{1F600}".repeat(1100) } })).status, 200);
  assert.deepEqual(errorOf(await init(100_000, { info: { title: "\u{1F600}".repeat(1101) } })), [
    400,
    "invalid_params",
  ]);
});

test("vector 16: a PNG fails the check, and 36 photos are rejected", async (t) => {
  const { photos, status, posts, base, advance } = await openWithFiles(t);
  assert.deepEqual(errorOf(await photos(Array.from({ length: 36 }, () => `${base}/a.jpg`))), [400, "invalid_params"]);
  const begun = await photos([`${base}/a.jpg`, `${base}/d.png`]);
  assert.equal(begun.status, 200, begun.text);
  await advance(3);
  const ended = await status(stringAt(begun.json, "data.publish_id"));
  assert.deepEqual(
    [valueAt(ended.json, "data.status"), valueAt(ended.json, "data.fail_reason")],
    ["FAILED", "file_format_check_failed"],
  );
  assert.deepEqual(await posts(), []);
});

test("vector 17: an upload URL is valid for an hour", async (t) => {
  const { init, put, status, video: send, advance, posts } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  const begun = await init(bytes.length);
  await advance(3600);
  assert.equal(
    (await put(stringAt(begun.json, "data.upload_url"), bytes, { first: 0, total: bytes.length })).status,
    403,
  );
  assert.equal(
    valueAt((await status(stringAt(begun.json, "data.publish_id"))).json, "data.status"),
    "PROCESSING_UPLOAD",
  );
  await send(bytes);
  assert.equal((await posts()).length, 1);
});

test("vector 18: a grant revoked during the upload fails the task", async (t) => {
  const world = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  const begun = await world.init(bytes.length);
  assert.deepEqual(
    (
      await world.sandbox.call("POST", "https://open.tiktokapis.com/v2/oauth/revoke/", {
        form: { client_key: "sbaw0sandboxtiktok", client_secret: "tt-secret", token: world.token },
      })
    ).json,
    {},
  );
  assert.deepEqual(errorOf(await world.status(stringAt(begun.json, "data.publish_id"))), [401, "access_token_invalid"]);
  const again = await openCreatorOfSeed(world.sandbox);
  const ended = await world.status(stringAt(begun.json, "data.publish_id"), again);
  assert.deepEqual(
    [valueAt(ended.json, "data.status"), valueAt(ended.json, "data.fail_reason")],
    ["FAILED", "auth_removed"],
  );
});

async function openCreatorOfSeed(sandbox: Parameters<typeof consent>[0]): Promise<string> {
  return stringAt((await exchange(sandbox, codeOf(await consent(sandbox, {})))).json, "access_token");
}

async function openWithFiles(t: Parameters<typeof openTikTok>[0]) {
  const picture = await jpeg(800, 1000);
  const base = await serveFiles(t, {
    "a.jpg": picture,
    "b.webp": await sharp(picture).webp().toBuffer(),
    "c.jpg": await jpeg(1080, 1920),
    "d.png": await sharp(picture).png().toBuffer(),
  });
  return { ...(await openTikTok(t, { mediaUrl: base })), base };
}
