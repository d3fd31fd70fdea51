import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { jpeg, openSandbox, padded, START, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import {
  API,
  connect,
  consent,
  errorOf,
  exchange,
  OAUTH,
  openLinkedIn,
  postBody,
  SEEDED,
  useToken,
} from "./linkedin.fixture.ts";

const SHARE = "urn:li:share:7000000000000000000";

test("the consent page reports errors, supports denying, and grants everything requested", async (t) => {
  const { sandbox } = await openLinkedIn(t);
  const page = (changes: Record<string, string> = {}) =>
    `${OAUTH}/authorization?${new URLSearchParams({ response_type: "code", client_id: SEEDED.client_id, redirect_uri: SEEDED.redirect_uri, state: "s&1", scope: "openid profile", ...changes })}`;
  const shown = await sandbox.call("GET", page({ login_hint: "Zoë <b>" }));
  assert.match(shown.text, /Continue as zoe-b/);
  assert.doesNotMatch(shown.text, /<script/);
  const wrongs = {
    client_id: "Client_id doesn&#39;t match",
    redirect_uri: "Redirect_uri doesn&#39;t match",
    scope: "Invalid scope",
  };
  for (const [name, message] of Object.entries(wrongs)) {
    const answer = await sandbox.call("GET", page({ [name]: name === "scope" ? "" : "https://evil.example.test/" }));
    assert.deepEqual(
      [answer.status, answer.headers.get("location"), answer.text.includes(message)],
      [401, null, true],
      name,
    );
  }
  assert.equal(
    (await sandbox.call("GET", page({ redirect_uri: `${SEEDED.redirect_uri}?more=1` }))).status,
    200,
    "query parameters are ignored",
  );
  const unauthorized = await sandbox.call("GET", page({ scope: "openid r_member_social" }));
  assert.match(unauthorized.headers.get("location") ?? "", /error=unauthorized_scope_error.*state=s%261$/);
  const refused = await sandbox.call("POST", page(), { form: { decision: "refuse" } });
  assert.match(
    refused.headers.get("location") ?? "",
    /^https:\/\/app\.example\.test\/cb\?error=user_cancelled_authorize&error_description=.*&state=s%261$/,
  );
  const approved = await sandbox.call("POST", page(), { form: { decision: "approve" } });
  assert.match(approved.headers.get("location") ?? "", /\?code=[\w-]+&state=s%261$/);
});

test("the token endpoint requires a form with valid fields, and a code works once, for 30 minutes", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const ask = async (form: Record<string, string>) => {
    const answer = await exchange(sandbox, { code: "LICODE1", ...form });
    return [answer.status, valueAt(answer.json, "error")];
  };
  for (const name of ["code", "redirect_uri", "client_id", "client_secret", "grant_type"])
    assert.deepEqual(await ask({ [name]: "" }), [400, "invalid_request"], name);
  assert.deepEqual(await ask({ grant_type: "password" }), [400, "unsupported_grant_type"]);
  assert.deepEqual(await ask({ client_secret: "wrong" }), [401, "invalid_client"]);
  assert.deepEqual(await ask({ code: "nothing" }), [401, "invalid_request"]);
  assert.deepEqual(await ask({ redirect_uri: "https://app.example.test/other" }), [400, "invalid_redirect_uri"]);
  const inQuery = await sandbox.call(
    "POST",
    `${OAUTH}/accessToken?${new URLSearchParams({ grant_type: "authorization_code", code: "LICODE1", ...SEEDED })}`,
  );
  assert.equal(inQuery.status, 400);
  const given = await exchange(sandbox, { code: "LICODE1" });
  assert.deepEqual(
    [valueAt(given.json, "scope"), valueAt(given.json, "token_type"), valueAt(given.json, "refresh_token")],
    ["email,openid,profile,w_member_social", "Bearer", undefined],
  );
  assert.deepEqual(await ask({}), [401, "invalid_request"]);
  const code = await consent(sandbox, SEEDED.client_id, { redirectUri: SEEDED.redirect_uri, scopes: "openid" });
  await sandbox.control("POST", "clock", { advanceSeconds: 1800 });
  assert.deepEqual(await ask({ code }), [400, "invalid_redirect_uri"]);
});

test("a different set of scopes invalidates older tokens, and revoking ends the whole grant", async (t) => {
  const { sandbox, token, post } = await openLinkedIn(t);
  const introspect = async (asked: string) =>
    valueAt(
      (
        await sandbox.call("POST", `${OAUTH}/introspectToken`, {
          form: { client_id: SEEDED.client_id, client_secret: SEEDED.client_secret, token: asked },
        })
      ).json,
      "status",
    );
  assert.equal(await introspect(token), "active");
  const code = await consent(sandbox, SEEDED.client_id, { redirectUri: SEEDED.redirect_uri, scopes: "openid profile" });
  assert.deepEqual([await introspect(token), errorOf(await post())], ["revoked", [401, "REVOKED_ACCESS_TOKEN"]]);
  const other = stringAt((await exchange(sandbox, { code })).json, "access_token");
  assert.equal(
    (
      await sandbox.call("POST", `${OAUTH}/revoke`, {
        form: { client_id: SEEDED.client_id, client_secret: SEEDED.client_secret, token: other },
      })
    ).status,
    200,
  );
  assert.equal(await introspect(other), "revoked");
  assert.equal(
    (
      await sandbox.call("POST", `${OAUTH}/introspectToken`, {
        form: { client_id: SEEDED.client_id, client_secret: "wrong", token },
      })
    ).status,
    401,
  );
});

test("missing, unknown and restricted tokens, and tokens without the scope, are rejected", async (t) => {
  const { rest, sandbox, author } = await openLinkedIn(t);
  const json = postBody(author);
  assert.deepEqual(errorOf(await rest("POST", "/posts", { json, token: null })), [401, "EMPTY_ACCESS_TOKEN"]);
  assert.deepEqual(errorOf(await rest("POST", "/posts", { json, token: "AQXnothing" })), [401, "INVALID_ACCESS_TOKEN"]);
  const reader = await connect(sandbox, { loginHint: "reader", scopes: "openid profile" });
  const denied = await rest("POST", "/posts", { json, token: stringAt(reader.tokens.json, "access_token") });
  assert.deepEqual(denied.json, {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message: "Not enough permissions to access: partnerApiPostsExternal.CREATE.20260501",
  });
  const writer = stringAt(
    (await connect(sandbox, { loginHint: "writer", scopes: "w_member_social" })).tokens.json,
    "access_token",
  );
  assert.deepEqual((await sandbox.call("GET", `${API}/v2/userinfo`, { token: writer })).json, {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message: "Not enough permissions to access: userinfo.GET.NO_VERSION",
  });
  const restricted = stringAt((await connect(sandbox, { loginHint: "restricted-person" })).tokens.json, "access_token");
  assert.deepEqual(errorOf(await rest("POST", "/posts", { json, token: restricted })), [403, "RESTRICTED_MEMBER"]);
});

test("each profile claim needs its scope, and /v2/me is not available", async (t) => {
  const { sandbox, token } = await openLinkedIn(t);
  const profile = await sandbox.call("GET", `${API}/v2/userinfo`, { token });
  assert.deepEqual(profile.json, {
    sub: "782bbtaQ",
    name: "John Doe",
    given_name: "John",
    family_name: "Doe",
    picture: "https://media.licdn.com/dms/image/john-doe.jpg?e=2147483647&v=beta",
    locale: { country: "US", language: "en" },
    email: "john-doe@example.test",
    email_verified: true,
  });
  assert.equal(
    (await sandbox.call("GET", stringAt(profile.json, "picture"))).headers.get("content-type"),
    "image/jpeg",
  );
  assert.equal((await sandbox.call("GET", `${API}/v2/me`, { token })).status, 403);
  const plain = await connect(sandbox, { loginHint: "plain", scopes: "openid profile" });
  const claims = await sandbox.call("GET", `${API}/v2/userinfo`, {
    token: stringAt(plain.tokens.json, "access_token"),
  });
  assert.deepEqual([valueAt(claims.json, "email"), valueAt(claims.json, "email_verified")], [undefined, undefined]);
});

test("a post that violates a body rule is rejected as on the platform", async (t) => {
  const { post, posts, sandbox, token, image } = await openLinkedIn(t);
  const urn = await image(await jpeg(100, 100));
  const images = (count: number) => ({ multiImage: { images: Array.from({ length: count }, () => ({ id: urn })) } });
  const cases: [string, Record<string, unknown>, unknown[]][] = [
    ["a field nobody knows", { shoeSize: 42 }, [422, null]],
    ["no commentary", { commentary: undefined }, [422, null]],
    ["no visibility", { visibility: undefined }, [422, null]],
    ["no distribution", { distribution: undefined }, [422, null]],
    ["no feed", { distribution: {} }, [422, null]],
    ["no author", { author: undefined }, [422, null]],
    ["a wrong type", { isReshareDisabledByAuthor: "no" }, [422, null]],
    ["an unknown visibility", { visibility: "FRIENDS" }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["an unknown feed", { distribution: { feedDistribution: "SIDE_FEED" } }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["a dark post", { distribution: { feedDistribution: "NONE" } }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["a draft", { lifecycleState: "DRAFT" }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["somebody else", { author: "urn:li:person:nobody" }, [403, "ACCESS_DENIED"]],
    ["an organization", { author: "urn:li:organization:2414183" }, [403, "ACCESS_DENIED"]],
    ["an author that is no URN", { author: "me" }, [400, "INVALID_URN_TYPE"]],
    ["blank", { commentary: " \n" }, [400, "INVALID_VALUE_BLANK_FIELD"]],
    [
      "two kinds of content",
      { content: { media: { id: urn }, article: { source: "https://example.com" } } },
      [400, "INVALID_VALUE_FOR_FIELD"],
    ],
    ["content without a kind", { content: {} }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["an unknown kind", { content: { gallery: {} } }, [422, null]],
    ["an unknown member", { content: { media: { id: urn, caption: "x" } } }, [422, null]],
    ["one image of several", { content: images(1) }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["21 images", { content: images(21) }, [400, "INVALID_VALUE_FOR_FIELD"]],
    ["an unknown image", { content: { media: { id: "urn:li:image:nothing" } } }, [400, "INVALID_IMAGE_ID"]],
    ["an unknown video", { content: { media: { id: "urn:li:video:nothing" } } }, [400, "INVALID_VIDEO_ID"]],
    ["something else", { content: { media: { id: SHARE } } }, [400, "INVALID_URN_TYPE"]],
    ["an article without its source", { content: { article: { title: "x" } } }, [400, "MISSING_FIELD"]],
    [
      "an article elsewhere",
      { content: { article: { source: "ftp://example.com", title: "x" } } },
      [400, "INVALID_VALUE_FOR_FIELD"],
    ],
    [
      "a title too long",
      { content: { article: { source: "https://example.com", title: "x".repeat(401) } } },
      [400, "FIELD_LENGTH_TOO_LONG"],
    ],
    [
      "an alternative text too long",
      { content: { media: { id: urn, altText: "x".repeat(4087) } } },
      [400, "FIELD_LENGTH_TOO_LONG"],
    ],
  ];
  for (const [name, changes, expected] of cases) assert.deepEqual(errorOf(await post(changes)), expected, name);
  assert.match(
    stringAt((await post({ author: undefined, shoeSize: 1 })).json, "message"),
    /^ERROR :: \/author :: field is required but not found and has no default value\nERROR :: \/shoeSize :: unrecognized field found but not allowed\n$/,
  );
  for (const body of ["[]", "{", "null", "author=me"]) {
    const headers = { "Linkedin-Version": "202605", "content-type": "application/json" };
    assert.deepEqual(errorOf(await sandbox.call("POST", `${API}/rest/posts`, { token, headers, body })), [
      400,
      "ILLEGAL_ARGUMENT",
    ]);
  }
  assert.deepEqual(await posts(), []);
  assert.equal((await post({ content: { media: { id: urn, altText: "x".repeat(4086) } } })).status, 201);
});

test("images: owner, token and contents are validated", async (t) => {
  const { rest, put, post, token, author, image, sandbox, advance } = await openLinkedIn(t);
  const open = (owner: string) =>
    rest("POST", "/images?action=initializeUpload", { json: { initializeUploadRequest: { owner } } });
  assert.equal((await open("urn:li:person:nobody")).status, 403);
  assert.equal((await rest("POST", "/images?action=nothing", { json: {} })).status, 400);
  assert.equal(
    (await rest("POST", "/images?action=initializeUpload", { json: { initializeUploadRequest: {} } })).status,
    422,
  );
  const { json } = await open(author);
  const [url, id] = [stringAt(json, "value.uploadUrl"), stringAt(json, "value.image")];
  assert.match(url, /^https:\/\/www\.linkedin\.com\/dms-uploads\//);
  assert.equal(valueAt(json, "value.uploadUrlExpiresAt"), START.getTime() + 30 * 86_400_000);
  assert.deepEqual(errorOf(await post({ content: { media: { id } } })), [400, "MEDIA_ASSET_WAITING_UPLOAD"]);
  const bytes = await jpeg(100, 100);
  assert.equal((await put(url, bytes)).status, 401);
  assert.equal((await put(url.replace(/ut=[^&]*/, "ut=x"), bytes, { token })).status, 404);
  const other = stringAt((await connect(sandbox, { loginHint: "other" })).tokens.json, "access_token");
  assert.equal((await put(url, bytes, { token: other })).status, 403);
  assert.equal((await put(url, bytes, { token, headers: { "content-type": "image/jpeg" } })).status, 201);
  const read = await rest("GET", `/images/${encodeURIComponent(id)}`);
  assert.deepEqual(
    [read.status, valueAt(read.json, "message")],
    [403, "Accessing this image resource is forbidden. Please check your permissions for this resource"],
  );
  const stranger = await useToken(sandbox, other);
  assert.deepEqual(errorOf(await stranger.post({ content: { media: { id } } })), [400, "INVALID_IMAGE_ID"]);
  const webp = await image(await sharp(bytes).webp().toBuffer());
  assert.deepEqual(errorOf(await post({ content: { media: { id: webp } } })), [400, "MEDIA_ASSET_PROCESSING_FAILED"]);
  await advance(30 * 86_400);
  assert.deepEqual(errorOf(await put(url, bytes, { token })), [400, "EXPIRED_UPLOAD_URL"]);
});

test("videos: sizes, parts, tokens and order are validated", async (t) => {
  const { rest, put, post, posts, author, openVideo, advance } = await openLinkedIn(t);
  const open = (request: Record<string, unknown>) =>
    rest("POST", "/videos?action=initializeUpload", {
      json: { initializeUploadRequest: { owner: author, ...request } },
    });
  assert.equal((await open({})).status, 422);
  assert.equal((await open({ fileSizeBytes: "many" })).status, 422);
  assert.deepEqual(errorOf(await open({ fileSizeBytes: 0 })), [400, "INVALID_VALUE_FOR_FIELD"]);
  assert.equal((await open({ fileSizeBytes: 1, owner: "urn:li:person:nobody" })).status, 403);
  const clip = await video({ seconds: 4, framesPerSecond: 10 });
  const bytes = padded(clip, clip.length + 5_000_000);
  const { video: id, uploadToken, parts } = await openVideo(bytes.length, { uploadThumbnail: true });
  const finalize = (changes: Record<string, unknown>) =>
    rest("POST", "/videos?action=finalizeUpload", {
      json: { finalizeUploadRequest: { video: id, uploadToken, uploadedPartIds: [], ...changes } },
    });
  assert.deepEqual(errorOf(await finalize({})), [400, "MEDIA_ASSET_WAITING_UPLOAD"]);
  assert.deepEqual(errorOf(await finalize({ video: "urn:li:video:nothing" })), [400, "INVALID_VIDEO_ID"]);
  const [first, second] = parts;
  assert.ok(first && second);
  assert.equal(
    (await put(first.uploadUrl, bytes.subarray(0, 4_194_303))).status,
    400,
    "split -b 4194303 is one byte short",
  );
  const etagOf = async (part: typeof first) =>
    (await put(part.uploadUrl, bytes.subarray(part.firstByte, part.lastByte + 1))).headers.get("etag") ?? "";
  const stale = await etagOf(first);
  const [one, two] = [await etagOf(first), await etagOf(second)];
  assert.deepEqual(errorOf(await finalize({ uploadedPartIds: [stale, two] })), [400, "INVALID_VALUE_FOR_FIELD"]);
  assert.deepEqual(errorOf(await finalize({ uploadedPartIds: [one] })), [400, "INVALID_VALUE_FOR_FIELD"]);
  assert.deepEqual(errorOf(await finalize({ uploadedPartIds: [one, two], uploadToken: "" })), [
    400,
    "INVALID_VALUE_FOR_FIELD",
  ]);
  assert.equal(
    (await finalize({ uploadedPartIds: [two, one] })).status,
    200,
    "a wrong order is answered like a right one",
  );
  await advance(5);
  assert.equal((await post({ content: { media: { id } } })).status, 201);
  assert.deepEqual(
    (await posts()).map((shown) => valueAt(shown, "settings.scrambled")),
    [true],
  );
});

test("custom thumbnails of videos, and expired URLs", async (t) => {
  const { put, openVideo, advance, rest, fault } = await openLinkedIn(t);
  const { parts, json } = await openVideo(100_000, { uploadThumbnail: true });
  const url = stringAt(json, "value.thumbnailUploadUrl");
  const picture = await jpeg(720, 1280);
  assert.equal((await put(url, picture)).status, 400);
  assert.equal((await put(url, picture, { headers: { "media-type-family": "STILLIMAGE" } })).status, 201);
  const part = parts[0]?.uploadUrl ?? "";
  await fault({ operation: "upload", kind: "reject", error: "part-url-expired" });
  const struck = await put(part, Buffer.alloc(100_000));
  assert.deepEqual([struck.status, struck.text], [401, ""]);
  assert.equal((await put(part, Buffer.alloc(100_000))).status, 200);
  await advance(30 * 86_400);
  assert.equal((await put(part, Buffer.alloc(100_000))).status, 401);
  assert.equal((await rest("GET", "/videos/urn%3Ali%3Avideo%3Anothing")).status, 404);
});

test("posts cannot be read back; their author can edit and delete them", async (t) => {
  const { rest, post, posts, sandbox } = await openLinkedIn(t);
  const urn = (await post({ commentary: "Before" })).headers.get("x-restli-id") ?? "";
  const path = `/posts/${encodeURIComponent(urn)}`;
  const list = await rest("GET", "/posts?q=author&author=urn%3Ali%3Aperson%3A782bbtaQ", {
    headers: { "X-RestLi-Method": "FINDER" },
  });
  assert.deepEqual(
    [list.status, valueAt(list.json, "message")],
    [403, "Not enough permissions to access: partnerApiPostsExternal.FINDER-author.20260501"],
  );
  const read = await rest("GET", path);
  assert.match(stringAt(read.json, "message"), /^Accessing the UGC resource is forbidden/);
  const json = { patch: { $set: { commentary: "After \\(all\\)" } } };
  assert.equal((await rest("POST", path, { json })).status, 400);
  assert.equal((await rest("POST", path, { json, headers: { "X-RestLi-Method": "PARTIAL_UPDATE" } })).status, 204);
  assert.equal((await posts())[0]?.["text"], "After (all)");
  const other = await useToken(
    sandbox,
    stringAt((await connect(sandbox, { loginHint: "other" })).tokens.json, "access_token"),
  );
  assert.equal((await other.rest("DELETE", path)).status, 403);
  for (const gone of [path, path, `/posts/${encodeURIComponent(SHARE)}`])
    assert.equal((await rest("DELETE", gone)).status, 204);
  assert.deepEqual(await posts(), []);
});

test("processing takes as long as a test sets, and fails on request", async (t) => {
  const { fault, image, post, advance, rest, video: upload } = await openLinkedIn(t);
  await fault({ operation: "upload", kind: "reject", error: "processing-slow-60s" });
  const slow = await image(await jpeg(100, 100));
  assert.deepEqual(errorOf(await post({ content: { media: { id: slow } } })), [400, "MEDIA_ASSET_WAITING_UPLOAD"]);
  await advance(60);
  assert.equal((await post({ content: { media: { id: slow } } })).status, 201);
  await fault({ operation: "upload", kind: "process_forever" });
  const forever = await upload(Buffer.alloc(100_000));
  await advance(3600);
  for (let read = 0; read < 4; read += 1)
    assert.equal(valueAt((await rest("GET", `/videos/${encodeURIComponent(forever)}`)).json, "status"), "PROCESSING");
  await fault({ operation: "upload", kind: "reject", error: "processing-failed" });
  const failed = await image(await jpeg(100, 100));
  assert.deepEqual(errorOf(await post({ content: { media: { id: failed } } })), [400, "MEDIA_ASSET_PROCESSING_FAILED"]);
});

test("named faults use the platform's error format", async (t) => {
  const { fault, post, posts } = await openLinkedIn(t);
  const named = async (error: string) => {
    await fault({ operation: "publish", kind: "reject", error });
    return post();
  };
  assert.deepEqual(errorOf(await named("65600")), [401, "INVALID_ACCESS_TOKEN"]);
  assert.deepEqual(errorOf(await named("DUPLICATE_POST")).slice(0, 1), [422]);
  assert.deepEqual(errorOf(await named("CONFLICT")), [409, "CONFLICT"]);
  assert.match(stringAt((await named("rate-app")).json, "message"), /APPLICATION DAY/);
  assert.deepEqual(await posts(), []);
  const gateway = await named("commit-then-504");
  assert.deepEqual([gateway.status, gateway.json, (await posts()).length], [504, undefined, 1]);
  assert.equal((await named("duplicate-unseen")).status, 201);
  assert.equal((await posts()).length, 2);
});
