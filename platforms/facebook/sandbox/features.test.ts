import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import { jpeg, listAt, serveFiles, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { APP, connect, GRAPH, openFacebook, pageToken } from "./facebook.fixture.ts";

const VERTICAL = { width: 1080, height: 1920, audioChannels: 2 };

test("a link and photos with one field each are attached, and read back with their contents", async (t) => {
  const { get, post, posts } = await openFacebook(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 600) });
  await post("/101/feed", { message: "Read this", link: "https://example.com/a", place: "106377336067638" });
  const ids = [];
  for (let number = 0; number < 2; number += 1)
    ids.push(stringAt((await post("/101/photos", { url: `${files}/a.jpg`, published: "false" })).json, "id"));
  await post("/101/feed", {
    message: "Two",
    "attached_media[0]": `{"media_fbid":"${ids[0]}"}`,
    "attached_media[1]": `{"media_fbid":"${ids[1]}"}`,
  });
  const fields =
    "id,message,created_time,permalink_url,status_type,is_published,attachments{media_type,url,target{id},subattachments{target{id}}}";
  const [album, link] = listAt((await get("/101/feed", { fields, since: "1793534340", limit: "25" })).json, "data");
  assert.deepEqual(
    [album?.["status_type"], album?.["is_published"], link?.["message"]],
    ["added_photos", true, "Read this"],
  );
  const targets = listAt(listAt(album, "attachments.data")[0], "subattachments.data").map((part) =>
    valueAt(part, "target.id"),
  );
  assert.deepEqual(targets, ids);
  assert.deepEqual(listAt(link, "attachments.data")[0]?.["media_type"], "link");
  const seen = await posts();
  assert.deepEqual(
    seen.map((one) => [one["kind"], one["settings"]]),
    [
      ["carousel", {}],
      ["link", { link: "https://example.com/a", place: "106377336067638" }],
    ],
  );
});

test("a JSON body, a multipart photo, a token in the query and any API version also work", async (t) => {
  const { sandbox, token, posts } = await openFacebook(t);
  const json = { "content-type": "application/json" };
  const text = await sandbox.call("POST", `${GRAPH}/v23.0/101/feed?access_token=${token}`, {
    headers: json,
    body: JSON.stringify({ message: "From JSON" }),
  });
  assert.deepEqual([text.status, text.headers.get("facebook-api-version")], [200, "v23.0"]);
  assert.ok(text.headers.get("x-app-usage") && text.headers.get("x-business-use-case-usage"));
  const form = new FormData();
  form.set("caption", "From a form");
  form.set("source", new Blob([new Uint8Array(await jpeg(640, 480))], { type: "image/jpeg" }), "a.jpg");
  const photo = await sandbox.call("POST", `${GRAPH}/101/photos?fields=id,permalink_url`, { token, body: form });
  assert.deepEqual(photo.json, {
    id: "601",
    post_id: "101_502",
    permalink_url: "https://www.facebook.com/101/posts/502",
  });
  assert.deepEqual(
    (await posts()).map((one) => one["text"]),
    ["From a form", "From JSON"],
  );
});

test("a feed video is uploaded by URL, in chunks and by handle", async (t) => {
  const { sandbox, get, post, posts, advance, token, userToken } = await openFacebook(t);
  const clip = await video({ seconds: 4, width: 1280, height: 720, audioChannels: 2 });
  const files = await serveFiles(t, { "v.mp4": clip });
  assert.deepEqual(
    (await post("/101/videos", { file_url: `${files}/v.mp4`, title: "By address", description: "One" })).json,
    { id: "701" },
  );

  const start = (
    await sandbox.call("POST", "https://graph-video.facebook.com/v25.0/101/videos", {
      token,
      form: { upload_phase: "start", file_size: String(clip.length) },
    })
  ).json;
  const form = new FormData();
  form.set("upload_phase", "transfer");
  form.set("upload_session_id", stringAt(start, "upload_session_id"));
  form.set("start_offset", "0");
  form.set("video_file_chunk", new Blob([new Uint8Array(clip)]), "part");
  const sent = (await sandbox.call("POST", "https://graph-video.facebook.com/v25.0/101/videos", { token, body: form }))
    .json;
  assert.equal(valueAt(sent, "start_offset"), valueAt(sent, "end_offset"));
  const finish = await post("/101/videos", {
    upload_phase: "finish",
    upload_session_id: stringAt(start, "upload_session_id"),
    description: "Two",
  });
  assert.deepEqual(finish.json, { success: true });

  const session = stringAt(
    (
      await post(
        `/${APP.client_id}/uploads?file_name=v.mp4&file_length=${clip.length}&file_type=video/mp4`,
        {},
        userToken,
      )
    ).json,
    "id",
  );
  const push = (offset: number, body: Buffer) =>
    sandbox.call("POST", `${GRAPH}/v25.0/${session}`, {
      headers: {
        authorization: `OAuth ${userToken}`,
        file_offset: String(offset),
        "content-type": "application/x-www-form-urlencoded",
      },
      body,
    });
  assert.equal((await push(0, clip.subarray(0, 500))).status, 400);
  assert.deepEqual((await get(`/${session}`, {}, userToken)).json, { id: session, file_offset: "500" });
  const handle = stringAt((await push(500, clip.subarray(500))).json, "h");
  assert.deepEqual((await post("/101/videos", { fbuploader_video_file_chunk: handle, description: "Three" })).json, {
    id: "703",
  });

  const seen = await posts();
  assert.deepEqual(
    seen.map((one) => [one["id"], one["kind"], one["text"], one["publishCalls"]]),
    [
      ["703", "video", "Three", 1],
      ["702", "video", "Two", 1],
      ["701", "video", "One", 1],
    ],
  );
  assert.deepEqual(seen[2]?.["settings"], { title: "By address" });
  await advance(10);
  const status = (await get("/702", { fields: "status,permalink_url,published,post_id" })).json;
  assert.deepEqual(
    [valueAt(status, "status.video_status"), valueAt(status, "permalink_url"), valueAt(status, "published")],
    ["ready", "/reel/702/", true],
  );
  assert.deepEqual(
    listAt((await get("/101/video_reels", { fields: "id,description,updated_time" })).json, "data").map(
      (one) => one["description"],
    ),
    ["Three", "Two", "One"],
  );
});

test("a reel fetched by the upload host and finished twice is one reel", async (t) => {
  const { start, send, post, posts, get } = await openFacebook(t);
  const files = await serveFiles(t, { "v.mp4": await video({ seconds: 4, ...VERTICAL }) });
  const { id, url } = await start("video_reels");
  assert.deepEqual((await send(url, Buffer.alloc(0), { file_url: `${files}/v.mp4` })).json, { success: true });
  const finish = () =>
    post("/101/video_reels", { upload_phase: "finish", video_id: id, video_state: "PUBLISHED", description: "Once" });
  assert.deepEqual([(await finish()).json, (await finish()).json], [{ success: true }, { success: true }]);
  assert.deepEqual(
    (await posts()).map((one) => [one["id"], one["publishCalls"]]),
    [[id, 2]],
  );
  const seen = [];
  for (let read = 0; read < 3; read += 1)
    seen.push(valueAt((await get(`/${id}`, { fields: "status" })).json, "status.publishing_phase.publish_status"));
  assert.deepEqual(seen, ["draft", "published", "published"]);
});

test("a reel can be scheduled, or kept as a draft that is published later", async (t) => {
  const { start, send, post, posts, get, advance } = await openFacebook(t);
  const clip = await video({ seconds: 4, ...VERTICAL });
  const ready = async () => {
    const { id, url } = await start("video_reels");
    await send(url, clip, { offset: "0", file_size: String(clip.length) });
    return id;
  };
  const finish = (id: string, form: Record<string, string>) =>
    post("/101/video_reels", { upload_phase: "finish", video_id: id, ...form });
  const scheduled = await ready();
  await finish(scheduled, { video_state: "SCHEDULED", scheduled_publish_time: "1793538000" });
  const draft = await ready();
  await finish(draft, { video_state: "DRAFT" });
  assert.deepEqual(await posts(), []);
  const status = async (id: string) =>
    valueAt((await get(`/${id}`, { fields: "status" })).json, "status.publishing_phase.publish_status");
  assert.deepEqual([await status(scheduled), await status(draft)], ["scheduled", "draft"]);
  await advance(3600);
  assert.deepEqual([await status(scheduled), await status(draft)], ["published", "draft"]);
  assert.deepEqual(
    (await posts()).map((one) => one["id"]),
    [scheduled],
  );
  await finish(draft, { video_state: "PUBLISHED", description: "At last" });
  assert.deepEqual(
    (await posts()).map((one) => one["id"]),
    [draft, scheduled],
  );
});

test("a video story is listed with its video, and can be finished once", async (t) => {
  const { start, send, post, posts, get } = await openFacebook(t);
  const clip = await video({ seconds: 10, framesPerSecond: 24, ...VERTICAL });
  const { id, url } = await start("video_stories");
  assert.deepEqual([id, url], ["721", "https://rupload.facebook.com/video-upload/v25.0/721"]);
  await send(url, clip, { offset: "0", file_size: String(clip.length) });
  const finish = () => post("/101/video_stories", { upload_phase: "finish", video_id: id });
  assert.deepEqual(
    [(await finish()).text, (await finish()).text],
    ['{"success":true,"post_id":1234}', '{"success":true,"post_id":1234}'],
  );
  assert.deepEqual(
    listAt((await get("/101/stories", { since: "1793534340" })).json, "data").map((one) => [
      one["media_id"],
      one["media_type"],
    ]),
    [["721", "video"]],
  );
  assert.deepEqual(
    (await posts()).map((one) => [one["id"], one["kind"], one["text"]]),
    [["1234", "story", ""]],
  );
});

test("a scheduled post is rescheduled, published early, edited and deleted", async (t) => {
  const { get, post, posts, remove } = await openFacebook(t);
  const id = stringAt(
    (await post("/101/feed", { message: "Later", published: "false", scheduled_publish_time: "1793538000" })).json,
    "id",
  );
  assert.deepEqual((await post(`/${id}`, { scheduled_publish_time: "1793541600" })).json, { success: true });
  assert.equal(
    listAt((await get("/101/scheduled_posts", { fields: "scheduled_publish_time" })).json, "data")[0]?.[
      "scheduled_publish_time"
    ],
    1793541600,
  );
  assert.deepEqual((await post(`/${id}`, { is_published: "true" })).json, { success: true });
  assert.deepEqual((await post(`/${id}`, { message: "Sooner" })).json, { success: true });
  assert.deepEqual(
    (await posts()).map((one) => [one["text"], one["createdAt"]]),
    [["Sooner", "2026-11-01T12:00:00.000Z"]],
  );
  assert.deepEqual(codesOf(await post(`/${id}`, { scheduled_publish_time: "1793541600" })), [400, 100]);
  assert.deepEqual((await remove(`/${id}`)).json, { success: true });
  assert.deepEqual(await posts(), []);
  assert.deepEqual(codesOf(await get(`/${id}`, { fields: "id" })), [400, 100, 33]);
  const draft = stringAt((await post("/101/feed", { message: "Draft", published: "false" })).json, "id");
  assert.deepEqual(await posts(), []);
  await post(`/${draft}`, { is_published: "true" });
  assert.equal((await posts()).length, 1);
});

test("a comment appears on its post if the caller is allowed to comment", async (t) => {
  const { sandbox, get, post, posts } = await openFacebook(t);
  const id = stringAt((await post("/101/feed", { message: "Post" })).json, "id");
  assert.deepEqual(codesOf(await post(`/${id}/comments`, { message: "First" })), [400, 200]);
  const able = await pageToken(
    sandbox,
    await connect(sandbox, [
      "pages_show_list",
      "pages_read_engagement",
      "pages_manage_posts",
      "pages_manage_engagement",
    ]),
  );
  assert.deepEqual((await post(`/${id}/comments`, { message: "First" }, able)).json, { id: "501_901" });
  assert.deepEqual(listAt((await get(`/${id}/comments`)).json, "data"), [
    { created_time: "2026-11-01T12:00:00+0000", message: "First", id: "501_901" },
  ]);
  assert.deepEqual((await posts())[0]?.["comments"], ["First"]);
});

test("a video gets a custom cover", async (t) => {
  const { sandbox, token, post, posts } = await openFacebook(t);
  const files = await serveFiles(t, { "v.mp4": await video({ seconds: 4 }) });
  await post("/101/videos", { file_url: `${files}/v.mp4`, description: "x" });
  const form = new FormData();
  form.set("is_preferred", "true");
  form.set("source", new Blob([new Uint8Array(await jpeg(720, 1280))]), "cover.jpg");
  assert.deepEqual((await sandbox.call("POST", `${GRAPH}/v25.0/701/thumbnails`, { token, body: form })).json, {
    success: true,
  });
  assert.equal((await posts()).length, 1);
  assert.match(
    (await sandbox.call("GET", "https://www.facebook.com/reel/701/")).text,
    /_sandbox\/media\/[0-9a-f]{64}\.webp/,
  );
});

test("a Page token identifies its Page, and two Pages are two accounts", async (t) => {
  const { sandbox, get, userToken } = await openFacebook(t);
  const me = (await get("/me", { fields: "id,name,username,link,picture{url},instagram_business_account{id}" })).json;
  assert.deepEqual(
    [valueAt(me, "id"), valueAt(me, "name"), valueAt(me, "link"), valueAt(me, "instagram_business_account")],
    ["101", "Sandbox Page", "https://www.facebook.com/sandboxpage", undefined],
  );
  assert.deepEqual((await get("/101", { fields: "access_token,name" }, userToken)).json, {
    access_token: "PAGE1",
    name: "Sandbox Page",
    id: "101",
  });
  assert.deepEqual((await get("/me", {}, userToken)).json, { id: "10200000000000001", name: "Sandbox Person" });
  const two = await connect(sandbox, ["pages_show_list"], "ana");
  assert.equal(listAt((await sandbox.call("GET", `${GRAPH}/me/accounts`, { token: two })).json, "data").length, 2);
  const debug = await sandbox.call(
    "GET",
    `${GRAPH}/v25.0/debug_token?input_token=PAGE1&access_token=${APP.client_id}|fb-secret`,
  );
  assert.deepEqual(
    ["app_id", "type", "expires_at", "is_valid", "profile_id", "user_id"].map((name) =>
      valueAt(debug.json, `data.${name}`),
    ),
    [APP.client_id, "PAGE", 0, true, "101", "10200000000000001"],
  );
  const dead = await sandbox.call(
    "GET",
    `${GRAPH}/v25.0/debug_token?input_token=nobody&access_token=${APP.client_id}|fb-secret`,
  );
  assert.deepEqual(
    [dead.status, valueAt(dead.json, "data.is_valid"), valueAt(dead.json, "data.error.code")],
    [200, false, 190],
  );
  assert.equal(
    (await sandbox.call("DELETE", `${GRAPH}/v25.0/10200000000000001/permissions`, { token: userToken })).status,
    200,
  );
  assert.deepEqual(codesOf(await get("/101")), [400, 190, 458]);
});

test("switches that routes simulate", async (t) => {
  const { fault, get, post, posts, start, send, advance } = await openFacebook(t);
  const clip = await video({ seconds: 4, ...VERTICAL });
  const ready = async () => {
    const { id, url } = await start("video_reels");
    await send(url, clip, { offset: "0", file_size: String(clip.length) });
    return id;
  };
  const finish = (id: string) =>
    post("/101/video_reels", { upload_phase: "finish", video_id: id, video_state: "PUBLISHED" });
  const status = async (id: string, path: string) =>
    valueAt((await get(`/${id}`, { fields: "status" })).json, `status.${path}`);

  await fault({ operation: "publish", kind: "reject", error: "feed-lag-60s" });
  const late = stringAt((await post("/101/feed", { message: "late" })).json, "id");
  const listed = async () =>
    listAt((await get("/101/published_posts", { fields: "id" })).json, "data").some((one) => one["id"] === late);
  assert.equal(await listed(), false);
  await advance(60);
  assert.equal(await listed(), true);

  await fault({ operation: "publish", kind: "reject", error: "publish-status-stuck" });
  const stuck = await ready();
  assert.deepEqual((await finish(stuck)).json, { success: true });
  await advance(3600);
  assert.deepEqual(
    [await status(stuck, "publishing_phase.publish_status"), await status(stuck, "publishing_phase.status")],
    ["draft", "in_progress"],
  );

  await fault({ operation: "publish", kind: "reject", error: "reel-processing-error" });
  const failing = await ready();
  assert.deepEqual((await finish(failing)).json, { success: true });
  assert.deepEqual(
    [await status(failing, "processing_phase.status"), await status(failing, "publishing_phase.status")],
    ["error", "error"],
  );

  await fault({ operation: "upload", kind: "reject", error: "reel-processing-error" });
  assert.deepEqual(codesOf(await finish(await ready())), [400, 352]);
  assert.deepEqual(
    (await posts()).map((one) => one["text"]),
    ["late"],
  );
});

test("every named error is returned as named", async (t) => {
  const { sandbox, fault, get } = await openFacebook(t);
  const known = (
    await sandbox.control("POST", "faults", {
      platform: "facebook",
      operation: "read",
      kind: "reject",
      error: "no-such-error",
    })
  ).json;
  const names = valueAt(known, "known");
  assert.ok(Array.isArray(names));
  for (const name of names.filter((one) => /^\d+(\/\d+)?$/.test(String(one)) && one !== "503")) {
    await fault({ operation: "read", kind: "reject", error: name });
    const { code, error_subcode: subcode } = errorOf(await get("/101"));
    const codes = [String(code), String(subcode), `${String(code)}/${String(subcode)}`];
    assert.ok(codes.includes(String(name)), `${name} is sent as ${codes[2]}`);
  }
});

test("calls on hosts shared by the two platforms go to the owner of the app and token", async (t) => {
  const { sandbox, token, get } = await openFacebook(t);
  await get("/101", { fields: "name" });
  const { json } = await sandbox.control("POST", "apps", {
    platform: "instagram",
    redirectUris: ["http://127.0.0.1:9/cb"],
  });
  const dialog = new URLSearchParams({
    client_id: stringAt(json, "clientId"),
    redirect_uri: "http://127.0.0.1:9/cb",
    scope: "instagram_basic",
    response_type: "code",
  });
  assert.equal((await sandbox.call("GET", `https://www.facebook.com/v25.0/dialog/oauth?${dialog}`)).status, 200);
  const requests = listAt((await sandbox.control("GET", "requests")).json);
  assert.deepEqual(
    requests.slice(-2).map((one) => [one["platform"], one["operation"]]),
    [
      ["facebook", "read"],
      ["instagram", "authorize"],
    ],
  );
  assert.deepEqual(codesOf(await sandbox.call("GET", "https://graph.instagram.com/v25.0/me", { token })), [400, 190]);
});

test("a post's permalink shows it, on every alias of the host", async (t) => {
  const { sandbox, post } = await openFacebook(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(1080, 1920) });
  await post("/101/feed", { message: "<b>Hello</b>", link: 'https://example.com/?a="><img>' });
  await post("/101/photos", { url: `${files}/a.jpg`, published: "false" });
  await post("/101/photo_stories", { photo_id: "601" });
  for (const address of [
    "https://www.facebook.com/101/posts/501",
    "https://facebook.com/101/posts/501",
    "https://www.facebook.com/sandboxpage",
  ]) {
    const page = await sandbox.call("GET", address);
    assert.match(page.text, /&#60;b&#62;Hello/, address);
    assert.doesNotMatch(page.text, /<b>Hello|"><img>/);
  }
  assert.equal((await sandbox.call("GET", "https://facebook.com/stories/101/1234")).status, 200);
});
