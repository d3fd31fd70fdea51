import assert from "node:assert/strict";
import { test } from "node:test";

import { jpeg, listAt, padded, stringAt, valueAt, video as videoFile } from "../../../sandbox/sandbox.fixture.ts";
import {
  API,
  connect,
  errorOf,
  exchange,
  openYouTube,
  SEEDED,
  UPLOAD_SCOPE,
  useToken,
  video,
} from "./youtube.fixture.ts";

/** The sandbox's side of each test vector from the platform's page, over HTTP. */

const CHUNK = 8_388_608;
const TOTAL = 18_432_000;

function rangeOf(first: number, last: number, total = TOTAL): { range: string } {
  return { range: `bytes ${first}-${last}/${total}` };
}

test("vector 1: a refresh returns no refresh token, and the old one keeps working", async (t) => {
  const { sandbox, refreshToken } = await openYouTube(t);
  const form = {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
    client_id: SEEDED.client_id,
    client_secret: SEEDED.client_secret,
  };
  for (let round = 0; round < 2; round += 1) {
    const { status, json } = await sandbox.call("POST", "https://oauth2.googleapis.com/token", { form });
    assert.deepEqual(
      [status, valueAt(json, "refresh_token"), valueAt(json, "expires_in"), valueAt(json, "token_type")],
      [200, undefined, 3599, "Bearer"],
    );
  }
});

test("vector 2: an unchecked scope is not granted", async (t) => {
  const { sandbox } = await openYouTube(t);
  const { tokens, back } = await connect(sandbox, { loginHint: "ann", ticked: [UPLOAD_SCOPE] });
  assert.equal(valueAt(tokens.json, "scope"), UPLOAD_SCOPE);
  assert.deepEqual([back.searchParams.get("scope"), back.searchParams.get("state")], [UPLOAD_SCOPE, "s1"]);
  const token = stringAt(tokens.json, "access_token");
  assert.deepEqual(errorOf(await sandbox.call("GET", `${API}/youtube/v3/channels?part=id&mine=true`, { token })), [
    403,
    "insufficientPermissions",
  ]);
  assert.deepEqual(errorOf(await sandbox.call("GET", `${API}/youtube/v3/videos?part=status&id=x`, { token })), [
    403,
    "insufficientPermissions",
  ]);
});

test("vector 3: an account without a channel, in both of its forms", async (t) => {
  const { sandbox } = await openYouTube(t);
  const mine = async (loginHint: string) => {
    const { tokens } = await connect(sandbox, { loginHint });
    return sandbox.call("GET", `${API}/youtube/v3/channels?part=id,snippet&mine=true`, {
      token: stringAt(tokens.json, "access_token"),
    });
  };
  const none = await mine("no-channel");
  assert.deepEqual(
    [none.status, valueAt(none.json, "items"), valueAt(none.json, "pageInfo.totalResults")],
    [200, undefined, 0],
  );
  assert.deepEqual(errorOf(await mine("signup-required")), [401, "youtubeSignupRequired"]);
});

test("vector 4, 5, 6: titles, descriptions and tags are accepted up to their limits", async (t) => {
  const { open } = await openYouTube(t);
  const answer = async (snippet: Record<string, unknown>) => {
    const opened = await open(video(snippet), { total: 1000 });
    return opened.status === 200 ? 200 : errorOf(opened)[1];
  };
  assert.equal(await answer({ title: "t".repeat(100) }), 200);
  assert.equal(await answer({ title: "\u{1F600}".repeat(100) }), 200);
  for (const title of ["t".repeat(101), "a<b", "   ", ""]) assert.equal(await answer({ title }), "invalidTitle");
  assert.equal(await answer({ description: "é".repeat(2500) }), 200);
  assert.equal(await answer({ description: "é".repeat(2501) }), "invalidDescription");
  assert.equal(await answer({ tags: ["a".repeat(500)] }), 200);
  assert.equal(await answer({ tags: ["a".repeat(501)] }), "invalidTags");
  assert.equal(await answer({ tags: ["a".repeat(249), "b".repeat(250)] }), 200);
  assert.equal(await answer({ tags: ["a".repeat(249), `${"b".repeat(200)} ${"b".repeat(49)}`] }), "invalidTags");
});

test("vector 7: chunks of 8 MiB are reported in Range, and the last one returns the video", async (t) => {
  const { session, put, posts, channelId } = await openYouTube(t);
  const bytes = padded(await videoFile({ seconds: 2 }), TOTAL);
  const url = await session(
    TOTAL,
    video(
      { title: "Explicit title", description: "Text", tags: ["launch", "demo"], categoryId: "28" },
      { selfDeclaredMadeForKids: false, containsSyntheticMedia: true },
    ),
  );
  const first = await put(url, bytes.subarray(0, CHUNK), rangeOf(0, CHUNK - 1));
  assert.deepEqual(
    [first.status, first.headers.get("range"), first.headers.get("location")],
    [308, "bytes=0-8388607", null],
  );
  const second = await put(url, bytes.subarray(CHUNK, 2 * CHUNK), rangeOf(CHUNK, 2 * CHUNK - 1));
  assert.deepEqual([second.status, second.headers.get("range")], [308, "bytes=0-16777215"]);
  assert.deepEqual(await posts(), []);
  const last = await put(url, bytes.subarray(2 * CHUNK), rangeOf(2 * CHUNK, TOTAL - 1));
  assert.equal(last.status, 201, last.text);
  const id = stringAt(last.json, "id");
  assert.match(id, /^[\w-]{11}$/);
  assert.deepEqual(valueAt(last.json, "status"), {
    uploadStatus: "uploaded",
    privacyStatus: "private",
    license: "youtube",
    embeddable: true,
    publicStatsViewable: true,
    madeForKids: false,
    selfDeclaredMadeForKids: false,
    containsSyntheticMedia: true,
  });
  assert.deepEqual(await posts(), [
    {
      platform: "youtube",
      accountId: channelId,
      id,
      url: `https://www.youtube.com/watch?v=${id}`,
      text: "Explicit title",
      media: [{ type: "video", altText: null }],
      kind: "video",
      visibility: "private",
      createdAt: "2026-11-01T12:00:00.000Z",
      publishCalls: 1,
      settings: {
        description: "Text",
        tags: ["launch", "demo"],
        categoryId: "28",
        selfDeclaredMadeForKids: false,
        containsSyntheticMedia: true,
      },
    },
  ]);
});

test("vector 8: a lost response in the middle is resolved by a query", async (t) => {
  const { session, put, ask, fault, posts } = await openYouTube(t);
  const bytes = padded(await videoFile({ seconds: 2 }), TOTAL);
  const url = await session(TOTAL);
  const nothing = await ask(url, TOTAL);
  assert.deepEqual([nothing.status, nothing.headers.get("range")], [308, null]);
  await put(url, bytes.subarray(0, CHUNK), rangeOf(0, CHUNK - 1));
  await fault({ operation: "upload", kind: "drop_after" });
  await assert.rejects(put(url, bytes.subarray(CHUNK, 2 * CHUNK), rangeOf(CHUNK, 2 * CHUNK - 1)));
  assert.equal((await ask(url, TOTAL)).headers.get("range"), "bytes=0-16777215");
  assert.equal((await put(url, bytes.subarray(2 * CHUNK), rangeOf(2 * CHUNK, TOTAL - 1))).status, 201);
  assert.equal((await posts()).length, 1);
});

test("vector 9, 10: after a lost final response, the session repeats it, and there is one video", async (t) => {
  const { session, put, ask, fault, posts } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 2 });
  const url = await session(bytes.length);
  await fault({ operation: "publish", kind: "drop_after" });
  await assert.rejects(put(url, bytes));
  const asked = await ask(url, bytes.length);
  const again = await put(url, bytes);
  const [shown, ...others] = await posts();
  assert.deepEqual(
    [asked.status, again.status, again.text, others, shown?.["publishCalls"]],
    [201, 201, asked.text, [], 2],
  );
  assert.equal(shown?.["id"], valueAt(asked.json, "id"));
});

test("vector 11: a session that expired incomplete left nothing, a complete one a video in the playlist", async (t) => {
  const { session, put, ask, fault, api, channelId } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 2 });
  const playlist = () =>
    api(
      "GET",
      `/youtube/v3/playlistItems?part=snippet,contentDetails,status&maxResults=20&playlistId=UU${channelId.slice(2)}`,
    );
  const missing = await session(bytes.length);
  await fault({ operation: "status", kind: "reject", error: "session-expired" });
  assert.equal((await ask(missing, bytes.length)).status, 404);
  assert.equal((await put(missing, bytes)).status, 404);
  assert.deepEqual(listAt((await playlist()).json, "items"), []);

  const url = await session(bytes.length, video({ title: "Find me" }));
  await fault({ operation: "publish", kind: "drop_after" });
  await assert.rejects(put(url, bytes));
  await fault({ operation: "status", kind: "reject", error: "session-gone" });
  assert.equal((await ask(url, bytes.length)).status, 410);
  const [item] = listAt((await playlist()).json, "items");
  const id = stringAt(item, "contentDetails.videoId");
  const { json } = await api("GET", `/youtube/v3/videos?part=snippet,status,fileDetails&id=${id}`);
  assert.deepEqual(
    [
      valueAt(item, "snippet.title"),
      valueAt(item, "status.privacyStatus"),
      valueAt(json, "items.0.fileDetails.fileSize"),
    ],
    ["Find me", "private", String(bytes.length)],
  );
});

test("vector 12: an expired token in the middle leaves the session intact", async (t) => {
  const { session, put, sandbox, refreshToken, fault } = await openYouTube(t);
  const bytes = padded(await videoFile({ seconds: 2 }), 2 * 262_144);
  const url = await session(bytes.length);
  assert.equal((await put(url, bytes.subarray(0, 262_144), rangeOf(0, 262_143, bytes.length))).status, 308);
  await fault({ operation: "publish", kind: "expire_token" });
  const rest = rangeOf(262_144, bytes.length - 1, bytes.length);
  assert.deepEqual(errorOf(await put(url, bytes.subarray(262_144), rest)), [401, "authError"]);
  const { json } = await exchange(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken });
  assert.equal(
    (await put(url, bytes.subarray(262_144), { ...rest, token: stringAt(json, "access_token") })).status,
    201,
  );
});

test("vector 13: the 101st upload of a Pacific day is rejected; a channel's own cap has its own message", async (t) => {
  const { open, advance, sandbox, refreshToken, fault } = await openYouTube(t);
  for (let number = 0; number < 100; number += 1) await open(number % 2 === 0 ? video() : {}, { total: 1000 });
  const refused = await open(video(), { total: 1000 });
  assert.deepEqual(errorOf(refused), [429, "rateLimitExceeded"]);
  assert.match(stringAt(refused.json, "error.message"), /'Video Uploads per day'.*project_number:123456789012/);
  // 12:00 UTC is 4 a.m. there.
  await advance(20 * 3600 + 60);
  const { json } = await exchange(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken });
  const token = stringAt(json, "access_token");
  assert.equal((await open(video(), { total: 1000, token })).status, 200);
  await fault({ operation: "upload", kind: "reject", error: "quotaExceeded" });
  assert.deepEqual(errorOf(await open(video(), { token })), [403, "quotaExceeded"]);

  const small = await useToken(
    sandbox,
    stringAt((await connect(sandbox, { loginHint: "unverified" })).tokens.json, "access_token"),
  );
  const bytes = await videoFile({ seconds: 1 });
  for (let number = 0; number < 10; number += 1) assert.equal((await small.upload(bytes)).status, 201);
  assert.deepEqual(errorOf(await small.open(video())), [400, "uploadLimitExceeded"]);
});

test("vector 14: publishAt requires a private video, and makes it public at that time", async (t) => {
  const { open, upload, posts, advance, video: read } = await openYouTube(t);
  assert.deepEqual(errorOf(await open(video({}, { privacyStatus: "public", publishAt: "2026-12-01T09:00:00Z" }))), [
    400,
    "invalidPublishAt",
  ]);
  assert.deepEqual(errorOf(await open(video({}, { publishAt: "tomorrow" }))), [400, "invalidPublishAt"]);
  const made = await upload(await videoFile({ seconds: 1 }), video({}, { publishAt: "2026-11-01T12:30:00Z" }));
  assert.equal(valueAt(made.json, "status.publishAt"), "2026-11-01T12:30:00Z");
  assert.equal((await posts())[0]?.["visibility"], "private");
  await advance(1800);
  assert.equal((await posts())[0]?.["visibility"], "public");
  const { json } = await read(stringAt(made.json, "id"));
  assert.deepEqual(
    [
      valueAt(json, "items.0.status.privacyStatus"),
      valueAt(json, "items.0.status.publishAt"),
      valueAt(json, "items.0.snippet.publishedAt"),
    ],
    ["public", undefined, "2026-11-01T12:30:00Z"],
  );
});

test("vector 15, 16: without a privacy setting, a video is public, and under the old lock it is private", async (t) => {
  const { upload, fault } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 1 });
  const plain = await upload(bytes, { snippet: { title: "Plain" } });
  assert.equal(valueAt(plain.json, "status.privacyStatus"), "public");
  await fault({ operation: "upload", kind: "reject", error: "private-lock" });
  const locked = await upload(bytes, video({}, { privacyStatus: "public" }));
  assert.equal(valueAt(locked.json, "status.privacyStatus"), "private");
});

test("vector 17: a file that is not a video is accepted, and fails in processing", async (t) => {
  const { upload, video: read, advance } = await openYouTube(t);
  const made = await upload(Buffer.from("this is no video"));
  assert.equal(made.status, 201);
  await advance(10);
  const { json } = await read(stringAt(made.json, "id"), "status,processingDetails,suggestions");
  assert.deepEqual(
    [
      valueAt(json, "items.0.status.uploadStatus"),
      valueAt(json, "items.0.status.failureReason"),
      valueAt(json, "items.0.processingDetails.processingStatus"),
      valueAt(json, "items.0.suggestions"),
    ],
    ["failed", "invalidFile", "failed", { processingErrors: ["notAVideoFile"] }],
  );
});

test("vector 18: a Short accepts a thumbnail only after processing, and an unverified channel never", async (t) => {
  const { upload, api, video: read, sandbox } = await openYouTube(t);
  const made = await upload(await videoFile({ seconds: 60, framesPerSecond: 1 }));
  const id = stringAt(made.json, "id");
  const picture = await jpeg(720, 1280);
  const set = (by = api) =>
    by("POST", `/upload/youtube/v3/thumbnails/set?videoId=${id}&uploadType=media`, {
      bytes: picture,
      type: "image/jpeg",
    });
  const shown = async () =>
    /_sandbox\/media\/[0-9a-f]{64}\.webp/.test(
      (await sandbox.call("GET", `https://www.youtube.com/watch?v=${id}`)).text,
    );
  assert.deepEqual([(await set()).status, await shown()], [200, false]);
  assert.equal(valueAt((await read(id)).json, "items.0.processingDetails.processingStatus"), "processing");
  assert.equal(valueAt((await read(id)).json, "items.0.processingDetails.processingStatus"), "succeeded");
  const done = await set();
  assert.deepEqual(
    [done.status, await shown(), valueAt(done.json, "kind"), listAt(done.json, "items").length],
    [200, true, "youtube#thumbnailSetResponse", 1],
  );

  const small = await useToken(
    sandbox,
    stringAt((await connect(sandbox, { loginHint: "unverified" })).tokens.json, "access_token"),
  );
  const other = await small.upload(await videoFile({ seconds: 1 }));
  assert.deepEqual(
    errorOf(
      await small.api("POST", `/upload/youtube/v3/thumbnails/set?videoId=${stringAt(other.json, "id")}`, {
        bytes: picture,
        type: "image/jpeg",
      }),
    ),
    [403, "forbidden"],
  );
});
