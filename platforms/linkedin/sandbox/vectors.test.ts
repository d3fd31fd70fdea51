import assert from "node:assert/strict";
import { test } from "node:test";

import { jpeg, listAt, padded, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { connect, errorOf, openLinkedIn, useToken } from "./linkedin.fixture.ts";

/** The sandbox's side of each test vector from the platform's page, over HTTP. */

test("vector 1, 2: a call without a version, and one with an expired version, are rejected", async (t) => {
  const { rest, author } = await openLinkedIn(t);
  assert.deepEqual(errorOf(await rest("POST", "/posts", { json: { author }, version: null })), [
    400,
    "VERSION_MISSING",
  ]);
  const old = await rest("POST", "/posts", { json: { author }, version: "202401" });
  assert.deepEqual(
    [...errorOf(old), valueAt(old.json, "message")],
    [426, "NONEXISTENT_VERSION", "Requested version 20240101 is not active"],
  );
});

test("vector 3, 4: escaped text is shown in full; unescaped text is truncated and still returns 201", async (t) => {
  const { post, posts } = await openLinkedIn(t);
  assert.equal((await post({ commentary: "Shipping today \\(really\\) #launch" })).status, 201);
  const cut = await post({ commentary: "Shipping today (really) #launch" });
  assert.deepEqual([cut.status, cut.text], [201, ""]);
  const shown = await posts();
  assert.deepEqual(
    shown.map((one) => one["text"]),
    ["Shipping today ", "Shipping today (really) #launch"],
  );
  assert.equal(valueAt(shown[0], "settings.commentary"), "Shipping today (really) #launch");
});

test("vector 5: 3,000 characters are accepted, not counting escapes, and 3,001 are rejected", async (t) => {
  const { post } = await openLinkedIn(t);
  assert.equal((await post({ commentary: "a".repeat(3000) })).status, 201);
  assert.equal((await post({ commentary: "\\(".repeat(3000) })).status, 201);
  assert.deepEqual(errorOf(await post({ commentary: "a".repeat(3001) })), [400, "FIELD_LENGTH_TOO_LONG"]);
});

test("vector 6: visibility and the reshare control are stored", async (t) => {
  const { post, posts } = await openLinkedIn(t);
  const made = await post({ visibility: "CONNECTIONS", isReshareDisabledByAuthor: true });
  const urn = made.headers.get("x-restli-id") ?? "";
  assert.match(urn, /^urn:li:share:\d{19}$/);
  assert.deepEqual(await posts(), [
    {
      platform: "linkedin",
      accountId: "782bbtaQ",
      id: urn,
      url: `https://www.linkedin.com/feed/update/${urn}/`,
      text: "Hello",
      media: [],
      kind: "text",
      visibility: "CONNECTIONS",
      createdAt: "2026-11-01T12:00:00.000Z",
      publishCalls: 1,
      settings: {
        distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
        lifecycleState: "PUBLISHED",
        isReshareDisabledByAuthor: true,
        commentary: "Hello",
      },
    },
  ]);
});

test("vector 7: an image is uploaded with the member's token and shown with its alt text", async (t) => {
  const { post, posts, image } = await openLinkedIn(t);
  const id = await image(await jpeg(400, 300));
  assert.match(id, /^urn:li:image:/);
  const made = await post({ content: { media: { id, altText: "Product dashboard" } } });
  assert.equal(made.status, 201, made.text);
  assert.match(made.headers.get("x-restli-id") ?? "", /^urn:li:share:/);
  const [shown] = await posts();
  assert.deepEqual([shown?.["kind"], shown?.["media"]], ["image", [{ type: "image", altText: "Product dashboard" }]]);
});

test("vector 9: several images keep their order", async (t) => {
  const { post, posts, image } = await openLinkedIn(t);
  const bytes = await jpeg(200, 200);
  const images = [];
  for (const altText of ["first", "second", "third"]) images.push({ id: await image(bytes), altText });
  assert.equal((await post({ content: { multiImage: { images } } })).status, 201);
  const [shown] = await posts();
  assert.deepEqual(
    [shown?.["kind"], listAt(shown, "media").map((one) => one["altText"])],
    ["carousel", ["first", "second", "third"]],
  );
});

test("vector 11: an article contains only what was sent", async (t) => {
  const { post, posts, image } = await openLinkedIn(t);
  const thumbnail = await image(await jpeg(1200, 628));
  const article = {
    source: "https://example.com/post",
    title: "Article title",
    description: "About it",
    thumbnail,
    thumbnailAltText: "cover",
  };
  assert.equal((await post({ content: { article } })).status, 201);
  const [shown] = await posts();
  assert.deepEqual(
    [shown?.["kind"], valueAt(shown, "settings.article"), shown?.["media"]],
    ["article", article, [{ type: "image", altText: "cover" }]],
  );
});

test("vector 12: a video is uploaded in parts of 4 MiB and processed, and its post is a ugcPost", async (t) => {
  const { openVideo, put, rest, post, posts, advance } = await openLinkedIn(t);
  const bytes = padded(await video({ seconds: 4, framesPerSecond: 10 }), 9_000_000);
  const { video: id, uploadToken, parts } = await openVideo(bytes.length);
  assert.deepEqual(
    parts.map(({ firstByte, lastByte }) => lastByte - firstByte + 1),
    [4_194_304, 4_194_304, 611_392],
  );
  const early = await rest("GET", `/videos/${encodeURIComponent(id)}`);
  assert.equal(valueAt(early.json, "status"), "WAITING_UPLOAD");
  const uploadedPartIds: string[] = [];
  for (const { uploadUrl, firstByte, lastByte } of parts) {
    const sent = await put(uploadUrl, bytes.subarray(firstByte, lastByte + 1));
    assert.equal(sent.status, 200, sent.text);
    uploadedPartIds.push(sent.headers.get("etag") ?? "");
  }
  assert.ok(uploadedPartIds.every((etag) => etag.startsWith("/ambry-videoei/signedId/")));
  const finalized = await rest("POST", "/videos?action=finalizeUpload", {
    json: { finalizeUploadRequest: { video: id, uploadToken, uploadedPartIds } },
  });
  assert.deepEqual([finalized.status, finalized.text], [200, ""]);
  assert.equal(valueAt((await rest("GET", `/videos/${encodeURIComponent(id)}`)).json, "status"), "PROCESSING");
  assert.deepEqual(errorOf(await post({ content: { media: { id, title: "Demo" } } })), [
    400,
    "MEDIA_ASSET_WAITING_UPLOAD",
  ]);
  await advance(5);
  const ready = (await rest("GET", `/videos/${encodeURIComponent(id)}`)).json;
  assert.deepEqual(
    [valueAt(ready, "status"), valueAt(ready, "duration"), valueAt(ready, "aspectRatioWidth")],
    ["AVAILABLE", 4000, 720],
  );
  const made = await post({ content: { media: { id, title: "Demo" } } });
  assert.match(made.headers.get("x-restli-id") ?? "", /^urn:li:ugcPost:\d{19}$/);
  const [shown] = await posts();
  assert.deepEqual([shown?.["kind"], valueAt(shown, "settings.title"), shown?.["publishCalls"]], ["video", "Demo", 2]);
});

test("vector 13: a part can be sent with the member's token, as some clients do", async (t) => {
  const { openVideo, put, token } = await openLinkedIn(t);
  const { parts } = await openVideo(100_000);
  assert.equal((await put(parts[0]?.uploadUrl ?? "", Buffer.alloc(100_000), { token })).status, 200);
});

test("vector 14: a video that cannot be processed reports the reason", async (t) => {
  const { rest, post, advance, video: upload } = await openLinkedIn(t);
  const id = await upload(Buffer.alloc(100_000));
  await advance(5);
  const failed = (await rest("GET", `/videos/${encodeURIComponent(id)}`)).json;
  assert.deepEqual(
    [valueAt(failed, "status"), valueAt(failed, "processingFailureReason")],
    ["PROCESSING_FAILED", "The video is not in a supported format"],
  );
  assert.deepEqual(errorOf(await post({ content: { media: { id } } })), [400, "MEDIA_ASSET_PROCESSING_FAILED"]);
});

test("vector 15, 17: the same post within 10 minutes is rejected, and the error names the first", async (t) => {
  const { post, posts, fault, advance, rest } = await openLinkedIn(t);
  await fault({ operation: "publish", kind: "reject", error: "commit-then-drop" });
  await assert.rejects(post());
  const [first] = await posts();
  const again = await post();
  assert.deepEqual(again.json, {
    status: 422,
    message:
      "com.linkedin.content.common.exception.BadRequestResponseException: " +
      `Content is a duplicate of ${String(first?.["id"])}`,
    errorDetailType: "com.linkedin.common.error.BadRequest",
    errorDetails: { inputErrors: [{ description: "Duplicate post is detected", input: {}, code: "DUPLICATE_POST" }] },
  });
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [2],
  );
  assert.equal((await rest("DELETE", `/posts/${encodeURIComponent(String(first?.["id"]))}`)).status, 204);
  assert.deepEqual(await posts(), []);
  await advance(120);
  assert.equal((await post()).status, 422, "a deleted post counts, too");
  await advance(600);
  assert.equal((await post()).status, 201);
});

test("vector 16: after a 500 that published nothing, a retry succeeds", async (t) => {
  const { post, posts, fault } = await openLinkedIn(t);
  await fault({ operation: "publish", kind: "reject", error: "500-without-commit" });
  assert.equal((await post()).status, 500);
  assert.equal((await post()).status, 201);
  assert.deepEqual(
    (await posts()).map((one) => one["publishCalls"]),
    [2],
  );
});

test("vector 18, 20: expired and revoked tokens have different errors", async (t) => {
  const world = await openLinkedIn(t);
  await world.advance(5_184_000);
  const expired = await world.post();
  assert.deepEqual(expired.json, {
    status: 401,
    serviceErrorCode: 65602,
    code: "EXPIRED_ACCESS_TOKEN",
    message: "The token used in the request has expired",
  });
  const other = await openLinkedIn(t);
  await other.fault({ operation: "publish", kind: "reject", error: "token-revoked" });
  assert.deepEqual(
    [errorOf(await other.post()), valueAt((await other.post()).json, "serviceErrorCode")],
    [[401, "REVOKED_ACCESS_TOKEN"], 65601],
  );
});

test("vector 19: a refresh returns a new 60-day token, and the refresh token keeps its expiry", async (t) => {
  const { sandbox, advance } = await openLinkedIn(t);
  const { app, tokens } = await connect(sandbox, { programmaticRefresh: true });
  assert.deepEqual(
    [valueAt(tokens.json, "expires_in"), valueAt(tokens.json, "refresh_token_expires_in")],
    [5_184_000, 31_536_000],
  );
  const refresh_token = stringAt(tokens.json, "refresh_token");
  const refresh = () =>
    sandbox.call("POST", "https://www.linkedin.com/oauth/v2/accessToken", {
      form: { grant_type: "refresh_token", refresh_token, ...app },
    });
  await advance(5_184_000);
  const first = await refresh();
  assert.deepEqual(
    [valueAt(first.json, "refresh_token"), valueAt(first.json, "refresh_token_expires_in")],
    [refresh_token, 31_536_000 - 5_184_000],
  );
  assert.equal((await (await useToken(sandbox, stringAt(first.json, "access_token"))).post()).status, 201);
  assert.equal((await refresh()).status, 200, "it is not single-use");
  await advance(31_536_000);
  assert.deepEqual([(await refresh()).status, valueAt((await refresh()).json, "error")], [400, "invalid_request"]);
});

test("vector 21: the 151st request of a day fails, rejected ones count, and the next day starts over", async (t) => {
  const { rest, post, advance } = await openLinkedIn(t);
  for (let number = 0; number < 150; number += 1) assert.equal((await rest("GET", "/posts?q=author")).status, 403);
  const limited = await post();
  assert.deepEqual(limited.json, {
    status: 429,
    serviceErrorCode: 101,
    code: "TOO_MANY_REQUESTS",
    message: "Resource level throttle MEMBER DAY limit for calls to this resource is reached.",
  });
  assert.equal(limited.headers.get("retry-after"), null);
  await advance(12 * 3600);
  assert.equal((await post()).status, 201);
});

test("vector 24: a 201 without an ID has published", async (t) => {
  const { post, posts, fault } = await openLinkedIn(t);
  await fault({ operation: "publish", kind: "reject", error: "201-without-id" });
  const made = await post();
  assert.deepEqual([made.status, made.headers.get("x-restli-id"), (await posts()).length], [201, null, 1]);
});
