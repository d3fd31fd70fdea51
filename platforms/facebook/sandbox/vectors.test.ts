import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import {
  jpeg,
  listAt,
  openSandbox,
  padded,
  serveFiles,
  START,
  stringAt,
  valueAt,
  video,
} from "../../../sandbox/sandbox.fixture.ts";
import { exchangeCode, exchangeToken, GRAPH, openFacebook } from "./facebook.fixture.ts";

/** The test vectors from the platform's page, each against a separate sandbox, over HTTP. */
const MEBIBYTE = 1_048_576;
const VERTICAL = { width: 1080, height: 1920, audioChannels: 2 };

test("vector 1, 2, 3: a code gives a user token, that a long-lived one, and that the Page token", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  assert.deepEqual((await exchangeCode(sandbox)).json, {
    access_token: "USHORT1",
    token_type: "bearer",
    expires_in: 5108,
  });
  assert.deepEqual(codesOf(await exchangeCode(sandbox)), [400, 100, 36009]);
  assert.deepEqual((await exchangeToken(sandbox, "USHORT1")).json, {
    access_token: "ULONG1",
    token_type: "bearer",
    expires_in: 5183944,
  });
  const pages = await sandbox.call("GET", `${GRAPH}/v25.0/me/accounts?fields=id,name,access_token,tasks`, {
    token: "ULONG1",
  });
  assert.deepEqual(pages.json, {
    data: [
      {
        id: "101",
        name: "Sandbox Page",
        access_token: "PAGE1",
        tasks: ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"],
      },
    ],
    paging: { cursors: { before: "MTAx", after: "MTAx" } },
  });
});

test("vector 4, 5: a text is live immediately, and rejected when it is resent", async (t) => {
  const { post, posts } = await openFacebook(t);
  const hello = () => post("/101/feed?fields=id,permalink_url", { message: "Hello" });
  assert.deepEqual((await hello()).json, { id: "101_501", permalink_url: "https://www.facebook.com/101/posts/501" });
  const again = await hello();
  assert.deepEqual(
    { status: again.status, ...errorOf(again), error_user_title: undefined, error_user_msg: undefined },
    {
      status: 400,
      message: "Duplicate status message",
      type: "FacebookApiException",
      code: 506,
      error_subcode: 1455006,
      is_transient: false,
      error_user_title: undefined,
      error_user_msg: undefined,
    },
  );
  assert.deepEqual(await posts(), [
    {
      platform: "facebook",
      accountId: "101",
      id: "101_501",
      url: "https://www.facebook.com/101/posts/501",
      text: "Hello",
      media: [],
      kind: "text",
      visibility: "public",
      settings: {},
      createdAt: "2026-11-01T12:00:00.000Z",
      publishCalls: 2,
    },
  ]);
});

test("vector 6: an empty post is rejected", async (t) => {
  const { post } = await openFacebook(t);
  const answer = await post("/101/feed", {});
  assert.equal(answer.status, 400);
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^\(#100\) Missing parameter: message or link/);
  assert.deepEqual(error, { type: "OAuthException", code: 100 });
});

test("vector 7, 8: a single photo, and two in one post", async (t) => {
  const { post, posts } = await openFacebook(t);
  const files = await serveFiles(t, { "ok.jpg": await jpeg(800, 600) });
  await post("/101/feed", { message: "one before" });
  const photo = (form: Record<string, string>) => post("/101/photos", { url: `${files}/ok.jpg`, ...form });
  assert.deepEqual((await photo({ caption: "Hi" })).json, { id: "601", post_id: "101_502" });
  assert.deepEqual((await photo({ published: "false", alt_text_custom: "A red wall" })).json, { id: "602" });
  assert.deepEqual((await photo({ published: "false" })).json, { id: "603" });
  const album = (ids: string[]) =>
    post("/101/feed", { message: "Two", attached_media: JSON.stringify(ids.map((id) => ({ media_fbid: id }))) });
  assert.deepEqual((await album(["602", "603"])).json, { id: "101_503" });
  assert.deepEqual(codesOf(await album(["999"])), [400, 100]);
  assert.deepEqual(codesOf(await album(["602", "603"])), [400, 100, 1366051]);
  const seen = await posts();
  assert.deepEqual(
    seen.map((one) => [one["id"], one["kind"], one["text"]]),
    [
      ["101_503", "carousel", "Two"],
      ["101_502", "image", "Hi"],
      ["101_501", "text", "one before"],
    ],
  );
  assert.deepEqual(seen[0]?.["media"], [
    { type: "image", altText: "A red wall" },
    { type: "image", altText: null },
  ]);
});

test("vector 9: a post can be scheduled at least ten minutes ahead", async (t) => {
  const { get, post, posts, advance } = await openFacebook(t);
  const files = await serveFiles(t, { "ok.jpg": await jpeg(800, 600) });
  for (const message of ["one", "two", "three"]) await post("/101/feed", { message });
  const later = (time: number) =>
    post("/101/feed", {
      message: "Later",
      published: "false",
      scheduled_publish_time: String(time),
      unpublished_content_type: "SCHEDULED",
    });
  assert.deepEqual(codesOf(await later(1793534700)), [400, 100]);
  assert.deepEqual((await later(1793538000)).json, { id: "101_504" });
  const listed = async (edge: string) =>
    listAt((await get(`/101/${edge}`, { fields: "id,message" })).json, "data").map((one) => one["id"]);
  assert.deepEqual(await listed("scheduled_posts"), ["101_504"]);
  assert.ok(!(await listed("published_posts")).includes("101_504"));
  assert.equal((await posts()).length, 3);
  await advance(3600);
  assert.deepEqual(await listed("scheduled_posts"), []);
  assert.equal((await listed("published_posts"))[0], "101_504");
  const [seen] = await posts();
  assert.deepEqual([seen?.["id"], seen?.["createdAt"]], ["101_504", "2026-11-01T13:00:00.000Z"]);
  assert.equal(
    (await post("/101/photos", { url: `${files}/ok.jpg`, published: "false", scheduled_publish_time: "1793545200" }))
      .status,
    200,
  );
});

test("vector 10: a reel is started, uploaded and finished, and published two reads later", async (t) => {
  const { get, post, send, advance, posts } = await openFacebook(t);
  const start = await post("/101/video_reels", { upload_phase: "start" });
  assert.deepEqual(start.json, { video_id: "711", upload_url: "https://rupload.facebook.com/video-upload/v25.0/711" });
  const clip = padded(await video({ seconds: 4, ...VERTICAL }), MEBIBYTE);
  const sent = await send(stringAt(start.json, "upload_url"), clip, { offset: "0", file_size: String(MEBIBYTE) });
  assert.deepEqual([sent.status, sent.json], [200, { success: true }]);
  const status = async (fields = "status") => (await get("/711", { fields })).json;
  assert.deepEqual(await status(), {
    status: {
      video_status: "upload_complete",
      uploading_phase: { status: "complete", bytes_transfered: MEBIBYTE },
      processing_phase: { status: "in_progress" },
      publishing_phase: { status: "not_started" },
    },
    id: "711",
  });
  await advance(60);
  const finish = await post("/101/video_reels", {
    upload_phase: "finish",
    video_id: "711",
    video_state: "PUBLISHED",
    description: "Look",
    title: "My reel",
  });
  assert.deepEqual(finish.json, { success: true });
  assert.equal(valueAt(await status(), "status.publishing_phase.status"), "in_progress");
  const live = await status("status,permalink_url,post_id,published");
  assert.deepEqual(valueAt(live, "status.publishing_phase"), {
    status: "complete",
    publish_status: "published",
    publish_time: 1793534460,
  });
  assert.deepEqual(
    [valueAt(live, "permalink_url"), valueAt(live, "post_id"), valueAt(live, "published")],
    ["/reel/711/", "101_501", true],
  );
  assert.deepEqual(await posts(), [
    {
      platform: "facebook",
      accountId: "101",
      id: "711",
      url: "https://www.facebook.com/reel/711/",
      text: "Look",
      media: [{ type: "video", altText: null }],
      kind: "reel",
      visibility: "public",
      settings: { title: "My reel" },
      createdAt: "2026-11-01T12:01:00.000Z",
      publishCalls: 1,
    },
  ]);
});

test("vector 11: bytes without an offset are rejected", async (t) => {
  const { start, send } = await openFacebook(t);
  const { url } = await start("video_reels");
  const answer = await send(url, Buffer.from("bytes"), { file_size: "5" });
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.json, {
    debug_info: {
      retriable: false,
      type: "ParameterValidationError",
      message: "HeaderValuePredicate: Header Offset not convertable to unsigned long",
    },
  });
});

test("vector 12: an interrupted upload resumes where it stopped", async (t) => {
  const { fault, get, start, send } = await openFacebook(t);
  const { id, url } = await start("video_reels");
  const clip = padded(await video({ seconds: 4, ...VERTICAL }), MEBIBYTE);
  await fault({ operation: "upload", kind: "reject", error: "upload-interrupt-at-524288" });
  await assert.rejects(send(url, clip, { offset: "0", file_size: String(MEBIBYTE) }));
  assert.equal(
    valueAt((await get(`/${id}`, { fields: "status" })).json, "status.uploading_phase.bytes_transfered"),
    524288,
  );
  const wrong = await send(url, clip.subarray(500_000), { offset: "500000", file_size: String(MEBIBYTE) });
  assert.equal(valueAt(wrong.json, "debug_info.type"), "OffsetInvalidError");
  const rest = await send(url, clip.subarray(524288), { offset: "524288", file_size: String(MEBIBYTE) });
  assert.deepEqual([rest.status, rest.json], [200, { success: true }]);
  assert.equal(valueAt((await get(`/${id}`, { fields: "status" })).json, "status.video_status"), "upload_complete");
});

test("vector 13: a reel of two seconds is rejected", async (t) => {
  const { get, post, posts, start, send } = await openFacebook(t);
  const { id, url } = await start("video_reels");
  const clip = await video({ seconds: 2, ...VERTICAL });
  await send(url, clip, { offset: "0", file_size: String(clip.length) });
  const status = async (path: string) => valueAt((await get(`/${id}`, { fields: "status" })).json, `status.${path}`);
  assert.equal(await status("processing_phase.status"), "error");
  assert.match(String(await status("processing_phase.error.message")), /duration/i);
  assert.equal(await status("video_status"), "error");
  const finish = await post("/101/video_reels", { upload_phase: "finish", video_id: id, video_state: "PUBLISHED" });
  assert.deepEqual(codesOf(finish), [400, 100, 1363128]);
  assert.deepEqual(await posts(), []);
});

test("vector 14: a photo story has an unquoted number as its ID", async (t) => {
  const { get, post, posts, advance } = await openFacebook(t);
  const files = await serveFiles(t, { "ok.jpg": await jpeg(1080, 1920) });
  await post("/101/photos", { url: `${files}/ok.jpg`, published: "false" });
  await post("/101/photos", { url: `${files}/ok.jpg`, published: "false" });
  const story = await post("/101/photo_stories", { photo_id: "602" });
  assert.equal(story.text, '{"success":true,"post_id":1234}');
  assert.deepEqual(listAt((await get("/101/stories")).json, "data"), [
    {
      post_id: "1234",
      status: "PUBLISHED",
      creation_time: "1793534400",
      media_type: "photo",
      media_id: "602",
      url: "https://facebook.com/stories/101/1234",
    },
  ]);
  assert.deepEqual(codesOf(await post("/101/photo_stories", { photo_id: "602" })), [400, 100]);
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["id"], seen?.["kind"], seen?.["url"], seen?.["publishCalls"]],
    ["1234", "story", "https://facebook.com/stories/101/1234", 2],
  );
  await advance(24 * 3600);
  assert.deepEqual(listAt((await get("/101/stories")).json, "data"), []);
  assert.deepEqual(await posts(), []);
});

test("vector 15: an identity that must be confirmed is reported", async (t) => {
  const { fault, post, posts } = await openFacebook(t);
  await fault({ operation: "publish", kind: "reject", error: "identity-4854002" });
  const answer = await post("/101/feed", { message: "Hello" });
  const { message, error_user_title: title, error_user_msg: text, ...error } = errorOf(answer);
  assert.match(String(message), /^Confirm your identity before you can publish as this Page\./);
  assert.deepEqual([typeof title, typeof text], ["string", "string"]);
  assert.deepEqual(
    { status: answer.status, ...error },
    { status: 400, type: "OAuthException", code: 368, error_subcode: 4854002, is_transient: false },
  );
  assert.deepEqual(await posts(), []);
});

test("vector 16: an exceeded limit says how many minutes remain", async (t) => {
  const { fault, post } = await openFacebook(t);
  await fault({ operation: "publish", kind: "reject", error: "rate-80001" });
  const answer = await post("/101/feed", { message: "Hello" });
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^\(#80001\) There have been too many calls to this Page account\./);
  assert.deepEqual({ status: answer.status, ...error }, { status: 400, type: "OAuthException", code: 80001 });
  const usage: unknown = JSON.parse(answer.headers.get("x-business-use-case-usage") ?? "");
  assert.equal(listAt(usage, "101")[0]?.["estimated_time_to_regain_access"], 19);
});

test("vector 17: a post whose response is lost is live and found in the list", async (t) => {
  const { fault, get, post, posts } = await openFacebook(t);
  await fault({ operation: "publish", kind: "reject", error: "publish-drop-connection-but-live" });
  await assert.rejects(post("/101/feed", { message: "lost" }));
  assert.deepEqual(
    listAt((await get("/101/published_posts", { fields: "id,message,created_time,permalink_url" })).json, "data"),
    [
      {
        id: "101_501",
        message: "lost",
        created_time: "2026-11-01T12:00:00+0000",
        permalink_url: "https://www.facebook.com/101/posts/501",
      },
    ],
  );
  assert.equal((await posts()).length, 1);
});

test("vector 18: a person who has lost the role is rejected", async (t) => {
  const { fault, post } = await openFacebook(t);
  await fault({ operation: "publish", kind: "reject", error: "role-492" });
  const answer = await post("/101/feed", { message: "Hello" });
  const { message, ...error } = errorOf(answer);
  assert.match(String(message), /^Error validating access token/);
  assert.deepEqual(
    { status: answer.status, ...error },
    { status: 400, type: "OAuthException", code: 190, error_subcode: 492 },
  );
});
