import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { jpeg, serveFiles, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { APP, consent, errorOf, openCreator, openTikTok, REDIRECT } from "./tiktok.fixture.ts";

/** What TikTok rejects, and how a task can end. */

const CREATOR_INFO = "/v2/post/publish/creator_info/query/";

test("a missing, unknown or expired token is 401, before any other validation", async (t) => {
  const { api, advance, sandbox } = await openTikTok(t);
  assert.deepEqual(errorOf(await api(CREATOR_INFO, {}, "act.unknown")), [401, "access_token_invalid"]);
  assert.deepEqual(errorOf(await sandbox.call("POST", `https://open.tiktokapis.com${CREATOR_INFO}`)), [
    401,
    "access_token_invalid",
  ]);
  await advance(7200);
  assert.deepEqual(errorOf(await api("/v2/post/publish/video/init/", { nonsense: true })), [
    401,
    "access_token_invalid",
  ]);
});

test("an unchecked scope is missing where it is required", async (t) => {
  const { sandbox } = await openTikTok(t);
  const { init, api, token } = await openCreator(sandbox, "bob", { scopes: "user.info.basic" });
  assert.deepEqual(errorOf(await init(100_000)), [401, "scope_not_authorized"]);
  assert.deepEqual(errorOf(await api(CREATOR_INFO)), [401, "scope_not_authorized"]);
  const profile = (fields: string) =>
    sandbox.call("GET", `https://open.tiktokapis.com/v2/user/info/${fields}`, { token });
  assert.deepEqual(errorOf(await profile("?fields=open_id,username")), [401, "scope_not_authorized"]);
  assert.deepEqual(errorOf(await profile("")), [400, "invalid_params"]);
});

test("the 7th init, the 21st creator info and the 31st status within a minute are 429", async (t) => {
  const { init, api, status, advance } = await openTikTok(t);
  const begun = await init(100_000);
  for (let number = 2; number <= 6; number += 1) assert.equal((await init(100_000)).status, 200);
  assert.deepEqual(errorOf(await init(100_000)), [429, "rate_limit_exceeded"]);
  for (let number = 1; number <= 20; number += 1) assert.equal((await api(CREATOR_INFO)).status, 200);
  assert.deepEqual(errorOf(await api(CREATOR_INFO)), [429, "rate_limit_exceeded"]);
  const publishId = stringAt(begun.json, "data.publish_id");
  for (let number = 1; number <= 30; number += 1) assert.equal((await status(publishId)).status, 200);
  assert.deepEqual(errorOf(await status(publishId)), [429, "rate_limit_exceeded"]);
  await advance(60);
  assert.equal((await init(100_000)).status, 200);
});

test("without limits, nothing is counted", async (t) => {
  const { init } = await openTikTok(t, { limits: false });
  for (let number = 1; number <= 20; number += 1) assert.equal((await init(100_000)).status, 200);
});

test("invalid chunks and fields are invalid_params", async (t) => {
  const { init, api } = await openTikTok(t, { limits: false });
  const cases: [number, Record<string, unknown>][] = [
    [9_000_000, { chunk_size: 4_000_000, total_chunk_count: 2 }],
    [200_000_000, { chunk_size: 100_000_000, total_chunk_count: 2 }],
    [6_000_000_000, { chunk_size: 10_000_000, total_chunk_count: 600 }],
    [100_000_000, {}],
    [9_000_000, { chunk_size: 5_000_000, total_chunk_count: 1 }],
    [100_000, { source: "SOMEWHERE" }],
  ];
  for (const [size, source] of cases)
    assert.deepEqual(errorOf(await init(size, { source })), [400, "invalid_params"], JSON.stringify(source));
  assert.deepEqual(errorOf(await init(100_000, { info: { privacy_level: "EVERYONE" } })), [400, "invalid_params"]);
  assert.deepEqual(errorOf(await init(100_000, { info: { disable_duet: "no" } })), [400, "invalid_params"]);
  assert.deepEqual(errorOf(await api("/v2/post/publish/video/init/", { post_info: { privacy_level: "SELF_ONLY" } })), [
    400,
    "invalid_params",
  ]);
  assert.deepEqual(errorOf(await api("/v2/post/publish/video/init/")), [400, "invalid_params"]);
});

test("an unavailable privacy level, a ban and an exceeded app limit are 403", async (t) => {
  const { init, sandbox } = await openTikTok(t);
  assert.deepEqual(errorOf(await init(100_000, { info: { privacy_level: "FOLLOWER_OF_CREATOR" } })), [
    403,
    "privacy_level_option_mismatch",
  ]);
  const banned = await openCreator(sandbox, "banned one");
  assert.deepEqual(errorOf(await banned.api(CREATOR_INFO)), [200, "spam_risk_user_banned_from_posting"]);
  assert.deepEqual(errorOf(await banned.init(100_000)), [403, "spam_risk_user_banned_from_posting"]);
});

test("creator info returns the creator's options", async (t) => {
  const { api, sandbox } = await openTikTok(t);
  const { json } = await api(CREATOR_INFO);
  assert.deepEqual(valueAt(json, "data.privacy_level_options"), [
    "PUBLIC_TO_EVERYONE",
    "MUTUAL_FOLLOW_FRIENDS",
    "SELF_ONLY",
  ]);
  assert.deepEqual(
    [
      valueAt(json, "data.creator_username"),
      valueAt(json, "data.max_video_post_duration_sec"),
      valueAt(json, "data.stitch_disabled"),
    ],
    ["sandbox_tok", 300, false],
  );
  const shy = await openCreator(sandbox, "private short nocomments");
  const info = (await shy.api(CREATOR_INFO)).json;
  assert.deepEqual(
    [
      "privacy_level_options",
      "comment_disabled",
      "duet_disabled",
      "stitch_disabled",
      "max_video_post_duration_sec",
    ].map((name) => valueAt(info, `data.${name}`)),
    [["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"], true, true, true, 60],
  );
});

test("the URL, headers and length of a PUT are validated", async (t) => {
  const { init, put, posts } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  const url = stringAt((await init(bytes.length)).json, "data.upload_url");
  const range = { first: 0, total: bytes.length };
  assert.equal((await put(url.replace(/upload_token=.*/, "upload_token=wrong"), bytes, range)).status, 404);
  assert.equal((await put(url, bytes, range, { "content-range": "bytes=0-9" })).status, 400);
  assert.equal((await put(url, bytes, range, { "content-type": "application/octet-stream" })).status, 400);
  assert.equal(
    (await put(url, bytes, range, { "content-range": `bytes 0-${bytes.length}/${bytes.length + 1}` })).status,
    400,
    "one byte is missing",
  );
  assert.equal((await put(url, bytes.subarray(0, 1000), range)).status, 416, "less than the chunk that was announced");
  assert.equal((await put(url, bytes, { first: 0, total: bytes.length + 5 })).status, 416);
  assert.deepEqual(await posts(), []);
  assert.equal((await put(url, bytes, range)).status, 201);
  assert.equal((await put(url, bytes, range)).status, 404, "it is complete");
});

test("problems found by the check fail the task and show nothing", async (t) => {
  const { video: send, status, posts, advance, fault } = await openTikTok(t);
  const cases = [
    [Buffer.alloc(50_000, 7), "file_format_check_failed"],
    [await video({ seconds: 302, framesPerSecond: 24 }), "duration_check_failed"],
    [await video({ seconds: 3, framesPerSecond: 15 }), "frame_rate_check_failed"],
    [await video({ seconds: 3, width: 320, height: 640 }), "picture_size_check_failed"],
  ] as const;
  for (const [bytes, reason] of cases) {
    const publishId = await send(bytes);
    await advance(30);
    assert.equal(valueAt((await status(publishId)).json, "data.fail_reason"), reason);
  }
  await fault({ operation: "create", kind: "reject", error: "fail-spam_risk_text" });
  const publishId = await send(await video({ seconds: 3 }));
  await advance(30);
  assert.equal(valueAt((await status(publishId)).json, "data.fail_reason"), "spam_risk_text");
  assert.deepEqual(await posts(), []);
});

test("endless processing shows nothing", async (t) => {
  const { video: send, status, posts, fault, advance } = await openTikTok(t);
  await fault({ operation: "create", kind: "process_forever" });
  const first = await send(await video({ seconds: 3 }));
  const second = await send(await video({ seconds: 3 }));
  await fault({ operation: "status", kind: "process_forever" });
  await status(second);
  await advance(3600);
  for (const publishId of [first, second])
    assert.equal(valueAt((await status(publishId)).json, "data.status"), "PROCESSING_UPLOAD");
  assert.deepEqual(await posts(), []);
});

test("a task is only visible to its creator", async (t) => {
  const { init, sandbox, status, api } = await openTikTok(t);
  const publishId = stringAt((await init(100_000)).json, "data.publish_id");
  const other = await openCreator(sandbox, "carla");
  assert.deepEqual(errorOf(await other.status(publishId)), [400, "token_not_authorized_for_specified_publish_id"]);
  assert.deepEqual(errorOf(await status("v_pub_file~v2-1.1")), [400, "invalid_publish_id"]);
  assert.deepEqual(errorOf(await api("/v2/post/publish/cancel/", { publish_id: publishId })), [
    400,
    "publish_not_cancellable",
  ]);
});

test("photos are only pulled from verified domains, and not through redirects", async (t) => {
  const picture = await jpeg(800, 1000);
  const base = await serveFiles(t, { "a.jpg": picture });
  const { photos, status, advance, api } = await openTikTok(t, { mediaUrl: base, limits: false });
  for (const url of [
    "http://media.example.com/a.jpg",
    "https://93.184.216.34/a.jpg",
    "https://elsewhere.test/a.jpg",
    "a.jpg",
  ]) {
    assert.deepEqual(errorOf(await photos([url])), [403, "url_ownership_unverified"], url);
  }
  assert.deepEqual(errorOf(await photos([])), [400, "invalid_params"]);
  assert.deepEqual(errorOf(await photos([`${base}/a.jpg`], { source: { photo_cover_index: 1 } })), [
    400,
    "invalid_params",
  ]);
  assert.deepEqual(errorOf(await photos([`${base}/a.jpg`], { info: { title: "t".repeat(91) } })), [
    400,
    "invalid_params",
  ]);
  assert.deepEqual(errorOf(await photos([`${base}/a.jpg`], { info: { description: "t".repeat(4001) } })), [
    400,
    "invalid_params",
  ]);
  assert.deepEqual(errorOf(await photos([`${base}/a.jpg`], { body: { post_mode: "DIRECT POST" } })), [
    400,
    "invalid_params",
  ]);
  const gone = await photos([`${base}/a.jpg`, `${base}/gone.jpg`]);
  await advance(3);
  assert.equal(
    valueAt((await status(stringAt(gone.json, "data.publish_id"))).json, "data.fail_reason"),
    "photo_pull_failed",
  );
  const running = await photos([`${base}/a.jpg`]);
  const publish_id = stringAt(running.json, "data.publish_id");
  assert.deepEqual(errorOf(await api("/v2/post/publish/cancel/", { publish_id })), [200, "ok"]);
  assert.equal(valueAt((await status(publish_id)).json, "data.fail_reason"), "publish_cancelled");
});

test("a redirecting URL is accepted first and fails the pull", async (t) => {
  const server = createServer((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  const { api, status, advance } = await openTikTok(t, { mediaUrl: base });
  const begun = await api("/v2/post/publish/video/init/", {
    post_info: { privacy_level: "SELF_ONLY" },
    source_info: { source: "PULL_FROM_URL", video_url: `${base}/v.mp4` },
  });
  assert.match(stringAt(begun.json, "data.publish_id"), /^v_pub_url~v2\./);
  await advance(3);
  assert.equal(
    valueAt((await status(stringAt(begun.json, "data.publish_id"))).json, "data.fail_reason"),
    "video_pull_failed",
  );
});

test("drafts go to the inbox, five at a time, and are not visible to anyone", async (t) => {
  const { api, put, status, posts, advance } = await openTikTok(t);
  const bytes = await video({ seconds: 3 });
  const draft = () =>
    api("/v2/post/publish/inbox/video/init/", {
      source_info: { source: "FILE_UPLOAD", video_size: bytes.length, chunk_size: bytes.length, total_chunk_count: 1 },
    });
  const first = await draft();
  assert.match(stringAt(first.json, "data.publish_id"), /^v_inbox_file~/);
  await put(stringAt(first.json, "data.upload_url"), bytes, { first: 0, total: bytes.length });
  await advance(3);
  assert.equal(
    valueAt((await status(stringAt(first.json, "data.publish_id"))).json, "data.status"),
    "SEND_TO_USER_INBOX",
  );
  for (let number = 2; number <= 5; number += 1) assert.equal((await draft()).status, 200);
  assert.deepEqual(errorOf(await draft()), [403, "spam_risk_too_many_pending_share"]);
  assert.deepEqual(await posts(), []);
});

test("public posts are listed and queried, others are not", async (t) => {
  const { video: send, api, posts, advance } = await openTikTok(t);
  await send(await video({ seconds: 3 }), { title: "first" });
  await send(await video({ seconds: 3 }), { title: "mine", privacy_level: "SELF_ONLY" });
  const list = () => api("/v2/video/list/?fields=id,create_time,title,duration,share_url", { max_count: 20 });
  assert.deepEqual(valueAt((await list()).json, "data.videos"), []);
  await advance(60);
  const id = String((await posts())[1]?.["id"]);
  const expected = [
    {
      id,
      create_time: 1_793_534_400,
      title: "first",
      duration: 3,
      share_url: `https://www.tiktok.com/@sandbox_tok/video/${id}`,
    },
  ];
  assert.deepEqual(valueAt((await list()).json, "data.videos"), expected);
  assert.deepEqual(
    valueAt((await api("/v2/video/query/?fields=id", { filters: { video_ids: [id, "1"] } })).json, "data.videos"),
    [{ id }],
  );
});

test("an invalid app, redirect URI or scope never returns a code", async (t) => {
  const { sandbox } = await openTikTok(t);
  const ask = (changes: Record<string, string>) =>
    sandbox.call(
      "GET",
      "https://www.tiktok.com/v2/auth/authorize/?" +
        `${new URLSearchParams({ client_key: APP.client_key, response_type: "code", scope: "user.info.basic", redirect_uri: REDIRECT, state: "s", ...changes })}`,
    );
  assert.equal((await ask({})).status, 200);
  assert.equal((await ask({ client_key: "nobody" })).status, 400);
  assert.equal((await ask({ redirect_uri: "https://evil.test/" })).status, 400);
  assert.match(
    (await ask({ scope: "user.info.basic video.publish" })).headers.get("location") ?? "",
    /error=invalid_scope/,
  );
  const refused = await consent(sandbox, {});
  assert.match(refused.headers.get("location") ?? "", /code=/);
});

test("a scope that the app is not approved for refuses the whole sign-in, until it is", async (t) => {
  const { sandbox, fault } = await openTikTok(t);
  const ask = async (scope: string) => {
    const query = { client_key: APP.client_key, response_type: "code", scope, redirect_uri: REDIRECT, state: "s" };
    const answer = await sandbox.call("GET", `https://www.tiktok.com/v2/auth/authorize/?${new URLSearchParams(query)}`);
    const back = answer.headers.get("location");
    const { error = null, errCode = null } = Object.fromEntries(new URL(back ?? REDIRECT).searchParams);
    return back === null ? answer.status : [error, errCode];
  };
  const approve = (scopes: string[] | null) =>
    sandbox.control("PATCH", "apps", { platform: "tiktok", clientId: APP.client_key, scopes });
  await approve(["user.info.basic", "video.publish"]);
  assert.equal(await ask("user.info.basic,video.publish"), 200);
  assert.deepEqual(await ask("user.info.basic,video.publish,video.upload"), ["invalid_scope", "10004"]);
  await approve(null);
  assert.equal(await ask("user.info.basic,video.publish,video.upload"), 200);
  await fault({ operation: "authorize", kind: "reject", error: "scope-unapproved" });
  assert.deepEqual(await ask("user.info.basic"), ["invalid_scope", "10004"]);
});

test("an app can prove its credentials with a token of its own, which is no person's", async (t) => {
  const { sandbox } = await openTikTok(t);
  const ask = (secret: string) =>
    sandbox.call("POST", "https://open.tiktokapis.com/v2/oauth/token/", {
      form: { client_key: APP.client_key, client_secret: secret, grant_type: "client_credentials" },
    });
  assert.equal(valueAt((await ask("wrong")).json, "error"), "invalid_client");
  const token = stringAt((await ask(APP.client_secret)).json, "access_token");
  const user = await sandbox.call("GET", "https://open.tiktokapis.com/v2/user/info/?fields=open_id", { token });
  assert.equal(user.status, 401);
});

test("a desktop app, which has a loopback redirect URI, must send a PKCE challenge", async (t) => {
  const { sandbox } = await openTikTok(t);
  const loopback = "http://127.0.0.1:3000/cb";
  const app = await sandbox.control("POST", "apps", { platform: "tiktok", redirectUris: [loopback] });
  const ask = (changes: Record<string, string>) =>
    sandbox.call(
      "GET",
      `https://www.tiktok.com/v2/auth/authorize/?${new URLSearchParams({ client_key: stringAt(app.json, "clientId"), response_type: "code", scope: "user.info.basic", redirect_uri: loopback, ...changes })}`,
    );
  assert.match((await ask({})).headers.get("location") ?? "", /error=code_challenge&errCode=10007/);
  assert.equal((await ask({ code_challenge: "a".repeat(64), code_challenge_method: "S256" })).status, 200);
});

test("the sandbox page shows the post, with its text escaped", async (t) => {
  const { video: send, sandbox } = await openTikTok(t);
  await send(await video({ seconds: 3 }), {
    title: '<script>alert("x")</script> #dance',
    is_aigc: true,
    privacy_level: "SELF_ONLY",
  });
  const page = await (await fetch(sandbox.url)).text();
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.match(page, /on-tiktok[^]*@sandbox_tok[^]*#dance[^]*Creator labeled as AI-generated[^]*Only me/);
});
