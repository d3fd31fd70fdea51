import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { codesOf } from "../../../sandbox/meta/errors.fixture.ts";
import {
  codeOf,
  jpeg,
  listAt,
  openSandbox,
  serveFiles,
  stringAt,
  valueAt,
  video,
} from "../../../sandbox/sandbox.fixture.ts";
import {
  APP,
  connect,
  exchangeCode,
  exchangeToken,
  GRAPH,
  openFacebook,
  pageToken,
  REDIRECT_URI,
  type FacebookWorld,
} from "./facebook.fixture.ts";

/** Everything that the platform rejects, so that nothing is published here that would fail there. */
const BAD = [400, 100];
const DENIED = [400, 200];
const GONE = [400, 100, 33];
const VERTICAL = { width: 1080, height: 1920 };

test("an unknown, a missing and a revoked token are rejected", async (t) => {
  const { sandbox, fault, get, post, token, userToken } = await openFacebook(t);
  assert.deepEqual(codesOf(await get("/101", {}, "nobody")), [400, 190]);
  assert.deepEqual(codesOf(await sandbox.call("GET", `${GRAPH}/v25.0/101`)), [400, 104]);
  await fault({ operation: "publish", kind: "expire_token" });
  assert.deepEqual(codesOf(await post("/101/feed", { message: "x" })), [400, 190, 463]);
  assert.deepEqual(codesOf(await post("/101/feed", { message: "x" })), [400, 190, 463]);
  const fresh = await pageToken(sandbox, userToken);
  assert.notEqual(fresh, token);
  await fault({ operation: "publish", kind: "revoke_token" });
  assert.deepEqual(codesOf(await post("/101/feed", { message: "x" }, fresh)), [400, 190, 458]);
  assert.deepEqual(codesOf(await get("/me", {}, userToken)), [400, 190, 458]);
});

test("publishing requires the Page's own token, its scopes, and a person who is allowed to publish", async (t) => {
  const { sandbox, post, userToken } = await openFacebook(t);
  const edges = ["feed", "photos", "videos", "video_reels", "photo_stories", "video_stories"];
  for (const edge of edges)
    assert.deepEqual(codesOf(await post(`/101/${edge}`, { message: "x" }, userToken)), DENIED, edge);
  const reader = await pageToken(sandbox, await connect(sandbox, ["pages_show_list", "pages_read_engagement"]));
  for (const edge of edges)
    assert.deepEqual(codesOf(await post(`/101/${edge}`, { message: "x" }, reader)), DENIED, edge);
  const analyst = await connect(sandbox, ["pages_show_list", "pages_read_engagement", "pages_manage_posts"], "analyst");
  const [own] = listAt((await sandbox.call("GET", `${GRAPH}/me/accounts`, { token: analyst })).json, "data");
  assert.deepEqual(own?.["tasks"], ["ANALYZE"]);
  assert.deepEqual(
    codesOf(await post(`/${String(own?.["id"])}/feed`, { message: "x" }, String(own?.["access_token"]))),
    DENIED,
  );
  const stranger = await pageToken(
    sandbox,
    await connect(sandbox, ["pages_show_list", "pages_read_engagement", "pages_manage_posts"], "stranger"),
  );
  assert.deepEqual(codesOf(await post("/101/feed", { message: "x" }, stranger)), GONE);
});

test("unchecked Pages are missing, and so is the list without its scope", async (t) => {
  const { sandbox, get, userToken } = await openFacebook(t);
  const query = new URLSearchParams({
    client_id: APP.client_id,
    redirect_uri: REDIRECT_URI,
    scope: "pages_show_list",
    response_type: "code",
    state: "s",
  });
  const approved = await sandbox.call("POST", `https://www.facebook.com/v25.0/dialog/oauth?${query}`, {
    form: { decision: "approve", scope: "pages_show_list" },
  });
  const code = codeOf(approved);
  const token = stringAt((await exchangeCode(sandbox, code)).json, "access_token");
  assert.deepEqual((await get("/me/accounts", {}, token)).json, { data: [] });
  assert.equal(
    (await sandbox.call("DELETE", `${GRAPH}/v25.0/me/permissions/pages_show_list`, { token: userToken })).status,
    200,
  );
  assert.deepEqual(codesOf(await get("/me/accounts", {}, userToken)), DENIED);
});

test("invalid posts are rejected", async (t) => {
  const { post } = await openFacebook(t);
  const cases: [string, Record<string, string>, unknown[]?][] = [
    ["white space", { message: " \n" }],
    ["a message of 63 207", { message: "x".repeat(63_207) }],
    ["a link that is none", { link: "not a link" }, [400, 1500]],
    ["a link of another kind", { link: "ftp://example.com/a" }, [400, 1500]],
    ["a link to Facebook", { link: "https://www.facebook.com/zuck" }, [400, 100, 1609008]],
    ["a preview without a link", { message: "x", name: "A title" }],
    ["tags without a place", { message: "x", tags: "1,2" }],
    ["a place that is none", { message: "x", place: "Bern" }],
    ["one child", { link: "https://example.com", child_attachments: '[{"link":"https://example.com/1"}]' }],
    ["attached media that are no JSON", { message: "x", attached_media: "601" }],
    ["attached media without an id", { message: "x", attached_media: '[{"id":"601"}]' }],
    ["published and scheduled", { message: "x", published: "true", scheduled_publish_time: "1793538000" }],
    ["scheduled and not unpublished", { message: "x", scheduled_publish_time: "1793538000" }],
    ["scheduled by kind without a time", { message: "x", published: "false", unpublished_content_type: "SCHEDULED" }],
    ["31 days ahead", { message: "x", published: "false", scheduled_publish_time: String(1793534400 + 31 * 86_400) }],
    ["a time that is none", { message: "x", published: "false", scheduled_publish_time: "tomorrow" }],
    ["fields that there are none of", { message: "x", fields: "shoe_size" }],
  ];
  for (const [name, form, codes = BAD] of cases) assert.deepEqual(codesOf(await post("/101/feed", form)), codes, name);
  assert.equal((await post("/101/feed", { message: "👍".repeat(63_206) })).status, 200);
});

test("invalid photos are rejected", async (t) => {
  const { post, sandbox, token } = await openFacebook(t);
  const noise = await sharp({
    create: {
      width: 2800,
      height: 2800,
      channels: 3,
      background: "#000",
      noise: { type: "gaussian", mean: 128, sigma: 90 },
    },
  })
    .jpeg({ quality: 100 })
    .toBuffer();
  assert.ok(noise.length > 10_000_000);
  const webp = await sharp({ create: { width: 100, height: 100, channels: 3, background: "#a00" } })
    .webp()
    .toBuffer();
  const files = await serveFiles(t, {
    "a.webp": webp,
    "big.jpg": noise,
    "no.jpg": Buffer.from("no picture"),
    "v.mp4": await video({ seconds: 3 }),
  });
  const photo = (file: string) => post("/101/photos", { url: `${files}/${file}`, published: "false" });
  assert.deepEqual(codesOf(await photo("a.webp")), [400, 100, 1366046]);
  assert.deepEqual(codesOf(await photo("big.jpg")), [400, 100, 1366046]);
  for (const file of ["no.jpg", "v.mp4", "missing.jpg"])
    assert.deepEqual(codesOf(await photo(file)), [400, 324, 2069019], file);
  assert.deepEqual(codesOf(await post("/101/photos", {})), [400, 324]);
  const form = new FormData();
  form.set("source", new Blob([new Uint8Array(webp)]), "a.webp");
  assert.deepEqual(
    codesOf(await sandbox.call("POST", `${GRAPH}/101/photos`, { token, body: form })),
    [400, 100, 1366046],
  );
});

test("a photo can be used once", async (t) => {
  const { post, advance } = await openFacebook(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 600) });
  const unpublished = async (form: Record<string, string> = {}) =>
    stringAt((await post("/101/photos", { url: `${files}/a.jpg`, published: "false", ...form })).json, "id");
  const attach = (id: string) =>
    post("/101/feed", { message: "x", attached_media: JSON.stringify([{ media_fbid: id }]) });
  const story = await unpublished();
  await post("/101/photo_stories", { photo_id: story });
  assert.deepEqual(codesOf(await attach(story)), BAD);
  const attached = await unpublished();
  assert.equal((await attach(attached)).status, 200);
  assert.deepEqual(codesOf(await attach(attached)), [400, 100, 1366051]);
  assert.deepEqual(codesOf(await post("/101/photo_stories", { photo_id: attached })), BAD);
  const published = stringAt((await post("/101/photos", { url: `${files}/a.jpg` })).json, "id");
  assert.deepEqual(codesOf(await attach(published)), [400, 100, 1366051]);
  const temporary = await unpublished({ temporary: "true" });
  await advance(24 * 3600);
  assert.deepEqual(codesOf(await attach(temporary)), BAD);
});

/** Uploads a whole clip and finishes it. */
async function tryReel(
  { start, send, post }: FacebookWorld,
  clip: Buffer,
  edge: "video_reels" | "video_stories",
  form: Record<string, string>,
) {
  const { id, url } = await start(edge);
  await send(url, clip, { offset: "0", file_size: String(clip.length) });
  return post(`/101/${edge}`, { upload_phase: "finish", video_id: id, ...form });
}

test("reels and stories outside the limits are rejected", async (t) => {
  const world = await openFacebook(t);
  const live = { video_state: "PUBLISHED" };
  const cases: [string, Buffer, unknown[]][] = [
    ["too wide", await video({ seconds: 4, width: 2100, height: 900 }), [400, 100, 1363040]],
    ["too narrow", await video({ seconds: 4, width: 540, height: 1200 }), [400, 100, 1363040]],
    ["too small", await video({ seconds: 4, width: 360, height: 640 }), [400, 100, 1363127]],
    ["too short", await video({ seconds: 2, ...VERTICAL }), [400, 100, 1363128]],
    ["too long", await video({ seconds: 92, framesPerSecond: 24, ...VERTICAL }), [400, 100, 1363128]],
    ["too few frames", await video({ seconds: 4, framesPerSecond: 15, ...VERTICAL }), [400, 100, 1363129]],
    ["no video", Buffer.from("no video at all"), [400, 352]],
  ];
  for (const [name, clip, codes] of cases)
    assert.deepEqual(codesOf(await tryReel(world, clip, "video_reels", live)), codes, name);
  const long = await video({ seconds: 62, framesPerSecond: 24, ...VERTICAL });
  assert.equal((await tryReel(world, long, "video_reels", live)).status, 200);
  assert.deepEqual(codesOf(await tryReel(world, long, "video_stories", {})), [400, 100, 1363128]);
  assert.deepEqual((await world.posts()).length, 1);
});

test("a reel's phases in the wrong order are rejected", async (t) => {
  const world = await openFacebook(t);
  const { post, start, send, advance, get } = world;
  const clip = await video({ seconds: 4, ...VERTICAL });
  const finish = (id: string, form: Record<string, string> = { video_state: "PUBLISHED" }) =>
    post("/101/video_reels", { upload_phase: "finish", video_id: id, ...form });
  assert.deepEqual(codesOf(await post("/101/video_reels", {})), BAD);
  assert.deepEqual(codesOf(await post("/101/video_reels", { upload_phase: "complete" })), BAD);
  assert.deepEqual(codesOf(await finish("711")), BAD);
  const { id, url } = await start("video_reels");
  assert.deepEqual(codesOf(await finish(id)), BAD);
  const part = await send(url, clip.subarray(0, 100), { offset: "0", file_size: String(clip.length) });
  assert.equal(valueAt(part.json, "debug_info.type"), "PartialRequestError");
  assert.deepEqual(codesOf(await finish(id)), BAD);
  assert.equal((await send(url, clip.subarray(100), { offset: "100", file_size: String(clip.length) })).status, 200);
  const wrong: Record<string, string>[] = [
    {},
    { video_state: "LIVE" },
    { video_state: "SCHEDULED" },
    { video_state: "PUBLISHED", scheduled_publish_time: "1793538000" },
    { video_state: "SCHEDULED", scheduled_publish_time: "1793534500" },
  ];
  for (const form of wrong) assert.deepEqual(codesOf(await finish(id, form)), BAD, JSON.stringify(form));
  assert.deepEqual(codesOf(await post("/101/video_stories", { upload_phase: "finish", video_id: id })), BAD);
  assert.equal((await finish(id)).status, 200);
  assert.equal(
    valueAt((await send(url, clip, { offset: "0", file_size: String(clip.length) })).json, "debug_info.type"),
    "ProcessingFailedError",
  );
  const late = await start("video_reels");
  await advance(24 * 3600);
  assert.equal(valueAt((await get(`/${late.id}`, { fields: "status" })).json, "status.video_status"), "expired");
});

test("the 31st reel of a day is rejected", async (t) => {
  const world = await openFacebook(t);
  const clip = await video({ seconds: 4, ...VERTICAL });
  for (let number = 1; number <= 30; number += 1)
    assert.equal((await tryReel(world, clip, "video_reels", { video_state: "PUBLISHED" })).status, 200);
  assert.deepEqual(codesOf(await tryReel(world, clip, "video_reels", { video_state: "PUBLISHED" })), [400, 613]);
  await world.advance(24 * 3600);
  assert.equal((await tryReel(world, clip, "video_reels", { video_state: "PUBLISHED" })).status, 200);
});

test("invalid feed videos are rejected", async (t) => {
  const { sandbox, token, post } = await openFacebook(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(100, 100) });
  assert.deepEqual(codesOf(await post("/101/videos", {})), BAD);
  assert.deepEqual(codesOf(await post("/101/videos", { file_url: `${files}/missing.mp4` })), [400, 389]);
  assert.deepEqual(codesOf(await post("/101/videos", { file_url: `${files}/a.jpg` })), [400, 352]);
  assert.deepEqual(codesOf(await post("/101/videos", { file_url: `${files}/a.jpg`, upload_phase: "start" })), BAD);
  assert.deepEqual(codesOf(await post("/101/videos", { fbuploader_video_file_chunk: "2:nothing" })), BAD);
  assert.deepEqual(codesOf(await post("/101/videos", { upload_phase: "start" })), BAD);
  const started = (await post("/101/videos", { upload_phase: "start", file_size: "1048576" })).json;
  assert.deepEqual(started, { video_id: "701", start_offset: "0", end_offset: "524288", upload_session_id: "801" });
  const chunk = (start: string, sizeBytes: number) => {
    const form = new FormData();
    for (const [name, value] of [
      ["upload_phase", "transfer"],
      ["upload_session_id", "801"],
      ["start_offset", start],
    ] as const)
      form.set(name, value);
    form.set("video_file_chunk", new Blob([new Uint8Array(sizeBytes)]), "part");
    return sandbox.call("POST", `https://graph-video.facebook.com/v25.0/101/videos`, { token, body: form });
  };
  const early = await chunk("524288", 524288);
  assert.deepEqual(codesOf(early), [400, 100, 1363037]);
  assert.equal(valueAt(early.json, "error.error_data.start_offset"), "0");
  assert.deepEqual(codesOf(await chunk("0", 524289)), [400, 100, 1363033]);
  assert.deepEqual((await chunk("0", 524288)).json, { start_offset: "524288", end_offset: "1048576" });
  assert.deepEqual(codesOf(await post("/101/videos", { upload_phase: "finish", upload_session_id: "801" })), BAD);
  assert.deepEqual((await chunk("524288", 524288)).json, { start_offset: "1048576", end_offset: "1048576" });
  assert.deepEqual(
    codesOf(await post("/101/videos", { upload_phase: "finish", upload_session_id: "801" })),
    [400, 352],
  );
  assert.deepEqual(
    codesOf(await post("/101/videos", { upload_phase: "transfer", upload_session_id: "999" })),
    [400, 100, 1363041],
  );
});

test("invalid codes, apps and redirect URIs are rejected", async (t) => {
  const sandbox = await openSandbox(t);
  const exchange = (changed: Record<string, string>) =>
    sandbox.call(
      "GET",
      `${GRAPH}/v25.0/oauth/access_token?${new URLSearchParams({ ...APP, redirect_uri: REDIRECT_URI, code: "FBCODE1", ...changed })}`,
    );
  assert.deepEqual(codesOf(await exchange({ client_id: "1" })), [400, 101]);
  assert.deepEqual(codesOf(await exchange({ client_secret: "x" })), [400, 1]);
  assert.deepEqual(codesOf(await exchange({ redirect_uri: `${REDIRECT_URI}/` })), [400, 100, 36008]);
  assert.deepEqual(codesOf(await exchange({ code: "x" })), BAD);
  await sandbox.control("POST", "clock", { advanceSeconds: 3600 });
  assert.deepEqual(codesOf(await exchange({})), [400, 100, 36007]);
  assert.deepEqual(codesOf(await exchangeToken(sandbox, "nobody")), [400, 190]);
  const refused = await sandbox.call(
    "POST",
    "https://www.facebook.com/v25.0/dialog/oauth?" +
      `${new URLSearchParams({ client_id: APP.client_id, redirect_uri: REDIRECT_URI, scope: "pages_show_list", response_type: "code", state: "s" })}`,
    { form: { decision: "refuse" } },
  );
  assert.equal(
    refused.headers.get("location"),
    `${REDIRECT_URI}?error=access_denied&error_reason=user_denied&error_description=Permissions+error&state=s`,
  );
});

test("a user token expires after 60 days, and a Page token from a short-lived one expires with it", async (t) => {
  const { sandbox, get, token, userToken, advance } = await openFacebook(t);
  const short = await sandbox.call(
    "POST",
    "https://www.facebook.com/v25.0/dialog/oauth?" +
      new URLSearchParams({
        client_id: APP.client_id,
        redirect_uri: REDIRECT_URI,
        scope: "pages_show_list pages_read_engagement",
        response_type: "code",
      }).toString(),
    {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "decision=approve&scope=pages_show_list&scope=pages_read_engagement&page=101",
    },
  );
  const code = codeOf(short);
  const brief = await pageToken(sandbox, stringAt((await exchangeCode(sandbox, code)).json, "access_token"));
  assert.equal((await get("/101", {}, brief)).status, 200);
  await advance(5108);
  assert.deepEqual(codesOf(await get("/101", {}, brief)), [400, 190, 463]);
  await advance(61 * 86_400);
  assert.deepEqual(codesOf(await get("/me", {}, userToken)), [400, 190, 463]);
  assert.equal((await get("/101", {}, token)).status, 200);
  assert.deepEqual(codesOf(await exchangeToken(sandbox, userToken)), [400, 190, 463]);
});
