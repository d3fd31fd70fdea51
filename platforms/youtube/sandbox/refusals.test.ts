import assert from "node:assert/strict";
import { test } from "node:test";

import { jpeg, listAt, stringAt, valueAt, video as videoFile } from "../../../sandbox/sandbox.fixture.ts";
import {
  API,
  AUTHORIZE,
  connect,
  errorOf,
  exchange,
  OAUTH,
  openYouTube,
  SEEDED,
  UPLOAD_SCOPE,
  useToken,
  video,
} from "./youtube.fixture.ts";

/** What YouTube and Google reject, over HTTP. */

test("the consent page rejects an invalid request without redirecting, and reports a denial to the app", async (t) => {
  const { sandbox } = await openYouTube(t);
  const good = {
    client_id: SEEDED.client_id,
    redirect_uri: SEEDED.redirect_uri,
    response_type: "code",
    scope: UPLOAD_SCOPE,
    state: "s",
  };
  const ask = (changes: Record<string, string>, method = "GET") =>
    sandbox.call(
      method,
      `${AUTHORIZE}?${new URLSearchParams({ ...good, ...changes })}`,
      method === "POST" ? { form: { decision: "refuse" } } : {},
    );
  assert.match((await ask({})).text, /name="scope" value="https:\/\/www.googleapis.com\/auth\/youtube.upload" checked/);
  for (const [changes, words] of [
    [{ client_id: "x" }, "invalid_client"],
    [{ redirect_uri: `${good.redirect_uri}/` }, "redirect_uri_mismatch"],
    [{ scope: "everything" }, "invalid_scope"],
    [{ response_type: "token" }, "invalid_request"],
  ] as const) {
    const answer = await ask(changes);
    assert.equal(answer.status, 400);
    assert.match(answer.text, new RegExp(words));
  }
  assert.equal(
    (await ask({}, "POST")).headers.get("location"),
    "https://app.example.test/cb?state=s&error=access_denied",
  );
});

test("a code works once, decoded once, and with its own redirect URI", async (t) => {
  const { sandbox } = await openYouTube(t);
  assert.deepEqual(errorOf(await exchange(sandbox, { code: "4/YTCODE1" })), [400, "invalid_grant"]);
  assert.deepEqual(errorOf(await exchange(sandbox, { code: "4%2FYTCODE1" })), [400, "invalid_grant"]);
  assert.deepEqual(errorOf(await exchange(sandbox, { code: "4/YTCODE1", client_secret: "wrong" })), [
    401,
    "invalid_client",
  ]);
  assert.deepEqual(errorOf(await exchange(sandbox, { code: "4/YTCODE1", grant_type: "password" })), [
    400,
    "unsupported_grant_type",
  ]);
});

test("revoking removes everything granted to the app, and fails the second time", async (t) => {
  const { sandbox, token, refreshToken } = await openYouTube(t);
  const revoke = () => sandbox.call("POST", `${OAUTH}/revoke?token=${encodeURIComponent(token)}`);
  const first = await revoke();
  assert.deepEqual([first.status, first.json], [200, {}]);
  assert.deepEqual(errorOf(await revoke()), [400, "invalid_token"]);
  assert.deepEqual(errorOf(await exchange(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken })), [
    400,
    "invalid_grant",
  ]);
  assert.deepEqual(errorOf(await sandbox.call("GET", `${API}/youtube/v3/channels?part=id&mine=true`, { token })), [
    401,
    "authError",
  ]);
});

test("without offline access, or without prompting for consent again, there is no refresh token", async (t) => {
  const { sandbox } = await openYouTube(t);
  const refreshOf = async (query: Record<string, string>, loginHint: string) =>
    valueAt((await connect(sandbox, { loginHint, query })).tokens.json, "refresh_token");
  assert.equal(await refreshOf({ access_type: "online" }, "ann"), undefined);
  assert.equal(typeof (await refreshOf({ prompt: "" }, "ann")), "string");
});

test("an opening request is fully validated before any bytes are sent", async (t) => {
  const { open, api } = await openYouTube(t);
  assert.deepEqual(errorOf(await open(video(), { query: "uploadType=resumable" })), [400, "missingRequiredParameter"]);
  assert.deepEqual(errorOf(await open(video(), { query: "uploadType=resumable&part=snippet,nothing" })), [
    400,
    "invalidValue",
  ]);
  assert.deepEqual(errorOf(await open(video(), { query: "uploadType=resumable&part=status" })), [400, "invalidTitle"]);
  assert.deepEqual(errorOf(await open(video(), { query: "part=snippet" })), [400, "mediaBodyRequired"]);
  assert.deepEqual(errorOf(await open(video({ categoryId: "21" }))), [400, "invalidCategoryId"]);
  assert.deepEqual(errorOf(await open(video({}, { privacyStatus: "secret" }))), [400, "invalidValue"]);
  assert.deepEqual(errorOf(await open(video(), { headers: { "x-upload-content-type": "image/png" } })), [
    400,
    "badRequest",
  ]);
  assert.deepEqual(errorOf(await open(video(), { headers: { slug: "a/b" } })), [400, "invalidFilename"]);
  const noToken = await api("POST", "/upload/youtube/v3/videos?uploadType=resumable&part=snippet", {
    json: video(),
    token: null,
  });
  assert.deepEqual(errorOf(noToken), [401, "required"]);
});

test("a session accepts bytes in order, in steps of 256 KiB, as declared, and from its own channel", async (t) => {
  const { session, put, ask, sandbox } = await openYouTube(t);
  const total = 600_000;
  const url = await session(total);
  const bytes = Buffer.alloc(total);
  assert.deepEqual(errorOf(await put(url, bytes, { token: "ya29.unknown" })), [401, "authError"]);
  const other = stringAt((await connect(sandbox, { loginHint: "ann" })).tokens.json, "access_token");
  assert.deepEqual(errorOf(await put(url, bytes, { token: other })), [403, "forbidden"]);
  assert.equal((await put(`${url}x`, bytes)).status, 404);
  assert.equal((await put(url, bytes.subarray(0, 300_000), { range: `bytes 0-299999/${total}` })).status, 400);
  assert.equal((await put(url, bytes.subarray(0, 262_144), { range: "bytes 0-262143/700000" })).status, 400);
  assert.equal((await put(url, bytes.subarray(0, 262_144), { range: `bytes 0-262142/${total}` })).status, 400);
  assert.equal((await put(url, bytes.subarray(0, 262_144), { range: "nonsense" })).status, 400);
  assert.equal((await put(url, bytes.subarray(0, 262_144), { range: `bytes 0-262143/${total}` })).status, 308);
  const gap = await put(url, bytes.subarray(0, 262_144), { range: `bytes 0-262143/${total}` });
  assert.deepEqual([gap.status, gap.headers.get("range")], [308, "bytes=0-262143"]);
  assert.equal((await ask(url, 700_000)).status, 400);
});

test("an interrupted connection keeps complete steps", async (t) => {
  const { session, put, ask, fault, posts } = await openYouTube(t);
  const file = await videoFile({ seconds: 2 });
  const bytes = Buffer.concat([file, Buffer.alloc(600_000)]);
  const url = await session(bytes.length);
  await fault({ operation: "publish", kind: "reject", error: "cut-at-300000" });
  await assert.rejects(put(url, bytes));
  assert.equal((await ask(url, bytes.length)).headers.get("range"), "bytes=0-262143");
  assert.deepEqual(await posts(), []);
  assert.equal(
    (await put(url, bytes.subarray(262_144), { range: `bytes 262144-${bytes.length - 1}/${bytes.length}` })).status,
    201,
  );
});

test("a video of zero bytes is rejected, and so is every later query", async (t) => {
  const { session, sandbox, token } = await openYouTube(t);
  const url = await session(0);
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(errorOf(await sandbox.call("PUT", url, { token, headers: { "content-length": "0" } })), [
      400,
      "mediaBodyRequired",
    ]);
  }
});

test("a single upload request with two parts creates the same video", async (t) => {
  const { sandbox, token, posts } = await openYouTube(t);
  const file = await videoFile({ seconds: 2 });
  const body = Buffer.concat([
    Buffer.from(
      `--X\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(video())}\r\n--X\r\n` +
        "Content-Type: video/mp4\r\n\r\n",
    ),
    file,
    Buffer.from("\r\n--X--\r\n"),
  ]);
  const made = await sandbox.call(
    "POST",
    "https://youtube.googleapis.com/upload/youtube/v3/videos?uploadType=multipart&part=snippet,status,fileDetails",
    {
      token,
      headers: { "content-type": "multipart/related; boundary=X" },
      body: new Uint8Array(body),
    },
  );
  assert.deepEqual([made.status, valueAt(made.json, "fileDetails.fileSize")], [200, String(file.length)]);
  assert.equal((await posts()).length, 1);
});

test("videos are read, updated and deleted", async (t) => {
  const { upload, api, posts, sandbox, video: read } = await openYouTube(t);
  const id = stringAt(
    (await upload(await videoFile({ seconds: 1 }), video({ tags: ["one"] }, { privacyStatus: "public" }))).json,
    "id",
  );
  assert.deepEqual(listAt((await read("unknownid00")).json, "items"), []);
  assert.deepEqual(errorOf(await api("GET", "/youtube/v3/videos?part=status")), [400, "missingRequiredParameter"]);
  const ann = await useToken(
    sandbox,
    stringAt((await connect(sandbox, { loginHint: "ann" })).tokens.json, "access_token"),
  );
  assert.deepEqual(errorOf(await ann.video(id)), [403, "forbidden"]);
  assert.equal(listAt((await ann.video(id, "snippet")).json, "items").length, 1);
  assert.deepEqual(
    errorOf(await api("PUT", "/youtube/v3/videos?part=snippet", { json: { id, snippet: { title: "New" } } })),
    [400, "invalidCategoryId"],
  );
  const changed = await api("PUT", "/youtube/v3/videos?part=snippet", {
    json: { id, snippet: { title: "New", categoryId: "22" } },
  });
  assert.deepEqual(
    [changed.status, valueAt(changed.json, "snippet.tags"), (await posts())[0]?.["text"]],
    [200, undefined, "New"],
  );
  assert.deepEqual(errorOf(await ann.api("DELETE", `/youtube/v3/videos?id=${id}`)), [403, "forbidden"]);
  assert.equal((await api("DELETE", `/youtube/v3/videos?id=${id}`)).status, 204);
  assert.deepEqual(
    [errorOf(await api("DELETE", `/youtube/v3/videos?id=${id}`)), await posts()],
    [[404, "videoNotFound"], []],
  );
});

test("a thumbnail must be an image for an existing video", async (t) => {
  const { api, upload } = await openYouTube(t);
  const id = stringAt((await upload(await videoFile({ seconds: 1 }))).json, "id");
  const path = "/upload/youtube/v3/thumbnails/set?uploadType=media";
  const picture = await jpeg(640, 360);
  assert.deepEqual(errorOf(await api("POST", path, { bytes: picture, type: "image/jpeg" })), [
    400,
    "missingRequiredParameter",
  ]);
  assert.deepEqual(errorOf(await api("POST", `${path}&videoId=unknownid00`, { bytes: picture, type: "image/jpeg" })), [
    404,
    "videoNotFound",
  ]);
  assert.deepEqual(errorOf(await api("POST", `${path}&videoId=${id}`, { bytes: picture, type: "image/webp" })), [
    400,
    "invalidImage",
  ]);
  assert.deepEqual(
    errorOf(await api("POST", `${path}&videoId=${id}`, { bytes: Buffer.from("no picture"), type: "image/png" })),
    [400, "invalidImage"],
  );
  assert.deepEqual(errorOf(await api("POST", `${path}&videoId=${id}`)), [400, "mediaBodyRequired"]);
});

test("every video outcome that a test can request is selected by its words", async (t) => {
  const { upload, fault, video: read, advance } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 1 });
  const ends = [
    ["failed-codec", ["failed", "codec", undefined, "failed"]],
    ["rejected-copyright", ["rejected", undefined, "copyright", "failed"]],
    ["processing-transcodeFailed", ["failed", undefined, undefined, "failed"]],
  ] as const;
  for (const [error, expected] of ends) {
    await fault({ operation: "publish", kind: "reject", error });
    const id = stringAt((await upload(bytes)).json, "id");
    await advance(10);
    const { json } = await read(id);
    const paths = [
      "status.uploadStatus",
      "status.failureReason",
      "status.rejectionReason",
      "processingDetails.processingStatus",
    ];
    assert.deepEqual(
      paths.map((path) => valueAt(json, `items.0.${path}`)),
      expected,
    );
  }
  await fault({ operation: "upload", kind: "process_forever" });
  const id = stringAt((await upload(bytes)).json, "id");
  await advance(3000);
  assert.equal(valueAt((await read(id)).json, "items.0.status.uploadStatus"), "uploaded");
});
