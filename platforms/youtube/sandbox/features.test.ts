import assert from "node:assert/strict";
import { test } from "node:test";

import { listAt, stringAt, valueAt, video as videoFile } from "../../../sandbox/sandbox.fixture.ts";
import {
  ACCOUNT_SCOPE,
  API,
  AUTHORIZE,
  connect,
  errorOf,
  OAUTH,
  openYouTube,
  SEEDED,
  UPLOAD_SCOPE,
  useToken,
  video,
} from "./youtube.fixture.ts";

const PREFIX = "https://www.googleapis.com/auth/";
const COMMENT_SCOPE = `${PREFIX}youtube.force-ssl`;

/** A channel that has granted everything that a first comment needs. */
async function openCommenter(t: Parameters<typeof openYouTube>[0]) {
  const { sandbox, token: withoutComments } = await openYouTube(t);
  const scopes = [UPLOAD_SCOPE, ACCOUNT_SCOPE, COMMENT_SCOPE];
  const { tokens } = await connect(sandbox, { ticked: scopes, query: { scope: scopes.join(" ") } });
  const world = await useToken(sandbox, stringAt(tokens.json, "access_token"));
  const publish = async (status: Record<string, unknown> = { privacyStatus: "public" }) =>
    stringAt((await world.upload(await videoFile({ seconds: 1 }), video({}, status))).json, "id");
  const comment = (videoId: string, textOriginal: string, token?: string) =>
    world.api("POST", "/youtube/v3/commentThreads?part=snippet", {
      json: { snippet: { channelId: world.channelId, videoId, topLevelComment: { snippet: { textOriginal } } } },
      ...(token !== undefined && { token }),
    });
  return { ...world, withoutComments, publish, comment };
}

test("a comment is returned, listed, counted and shown with its video", async (t) => {
  const { api, posts, channelId, publish, comment, sandbox } = await openCommenter(t);
  const id = await publish();
  const { status, json } = await comment(id, "First! <3");
  assert.deepEqual(
    [
      status,
      valueAt(json, "kind"),
      valueAt(json, "snippet.videoId"),
      valueAt(json, "snippet.topLevelComment.snippet.textOriginal"),
      valueAt(json, "snippet.topLevelComment.snippet.authorChannelId.value"),
    ],
    [200, "youtube#commentThread", id, "First! <3", channelId],
  );
  await comment(id, "Second");
  const listed = await api("GET", `/youtube/v3/commentThreads?part=id&videoId=${id}&maxResults=1`);
  assert.deepEqual([listAt(listed.json, "items").length, valueAt(listed.json, "nextPageToken")], [1, "1"]);
  const byId = await api("GET", `/youtube/v3/commentThreads?part=snippet&id=${stringAt(json, "id")}`);
  assert.equal(valueAt(byId.json, "items.0.id"), valueAt(json, "id"));
  const counted = await api("GET", `/youtube/v3/videos?part=statistics&id=${id}`);
  assert.equal(valueAt(counted.json, "items.0.statistics.commentCount"), "2");
  assert.deepEqual((await posts())[0]?.["comments"], ["First! <3", "Second"]);
  const page = await (await fetch(`${sandbox.url}/www.youtube.com/watch?v=${id}`)).text();
  assert.match(page, /First! &#60;3/);
});

test("a comment needs its own scope, a text, and a video that takes comments", async (t) => {
  const { api, publish, comment, withoutComments } = await openCommenter(t);
  const id = await publish();
  const refusals = async (made: ReturnType<typeof comment>) => errorOf(await made);
  assert.deepEqual(await refusals(comment(id, "x", withoutComments)), [403, "insufficientPermissions"]);
  assert.deepEqual(await refusals(comment(id, " ")), [400, "commentTextRequired"]);
  assert.deepEqual(await refusals(comment(id, "x".repeat(10_001))), [400, "commentTextTooLong"]);
  assert.deepEqual(await refusals(comment("", "x")), [400, "channelOrVideoIdMissing"]);
  assert.deepEqual(await refusals(comment("nothing", "x")), [404, "videoNotFound"]);
  const hidden = await publish({ privacyStatus: "private" });
  assert.deepEqual(await refusals(comment(hidden, "x")), [403, "commentsDisabled"]);
  const forKids = await publish({ privacyStatus: "public", selfDeclaredMadeForKids: true });
  assert.deepEqual(await refusals(comment(forKids, "x")), [403, "commentsDisabled"]);
  assert.deepEqual(errorOf(await api("POST", "/youtube/v3/commentThreads?part=snippet", { json: [] })), [
    400,
    "badRequest",
  ]);
});

test("the URL of an upload session is its own credential", async (t) => {
  const { session, put } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 1 });
  const uploaded = await put(await session(bytes.length), bytes, { token: null });
  assert.deepEqual([uploaded.status, valueAt(uploaded.json, "kind")], [201, "youtube#video"]);
});

test("every value of a repeated query parameter counts", async (t) => {
  const { api, upload, channelId } = await openYouTube(t);
  const bytes = await videoFile({ seconds: 1 });
  const ids: string[] = [];
  for (const title of ["one", "two"]) ids.push(stringAt((await upload(bytes, video({ title }))).json, "id"));
  const videos = await api("GET", `/youtube/v3/videos?part=id&part=snippet&id=${ids[0]}&id=${ids[1]}`);
  assert.deepEqual(
    listAt(videos.json, "items").map((item) => valueAt(item, "snippet.title")),
    ["one", "two"],
  );
  const channels = await api("GET", `/youtube/v3/channels?part=snippet&part=contentDetails&id=${channelId}&id=x`);
  assert.equal(valueAt(channels.json, "items.0.snippet.customUrl"), "@mychannel");
  const uploads = stringAt(channels.json, "items.0.contentDetails.relatedPlaylists.uploads");
  const listed = await api("GET", `/youtube/v3/playlistItems?part=status&part=contentDetails&playlistId=${uploads}`);
  assert.equal(valueAt(listed.json, "items.0.status.privacyStatus"), "private");
});

test("Google's own scopes can be granted, and describe the account to tokeninfo and userinfo", async (t) => {
  const { sandbox, token: withoutSignIn } = await openYouTube(t);
  const scopes = [
    "openid",
    `${PREFIX}userinfo.email`,
    `${PREFIX}userinfo.profile`,
    `${PREFIX}youtubepartner`,
    `${PREFIX}yt-analytics.readonly`,
    `${PREFIX}drive.file`,
  ];
  const { tokens } = await connect(sandbox, {
    loginHint: "ann@example.test",
    ticked: scopes,
    query: { scope: scopes.join(" ") },
  });
  assert.equal(valueAt(tokens.json, "scope"), scopes.join(" "));
  const token = stringAt(tokens.json, "access_token");
  // Google's Node.js client asks by POST, with the token as a header.
  for (const [method, url] of [
    ["POST", `${OAUTH}/tokeninfo`],
    ["GET", `${OAUTH}/tokeninfo?access_token=${token}`],
    ["GET", `${API}/oauth2/v3/tokeninfo?access_token=${token}`],
  ] as const) {
    const { json } = await sandbox.call(method, url, method === "POST" ? { token } : {});
    assert.deepEqual([valueAt(json, "email"), valueAt(json, "scope")], ["ann@example.test", scopes.join(" ")], url);
  }
  const older = (await sandbox.call("GET", `${API}/oauth2/v2/userinfo`, { token })).json;
  const newer = (await sandbox.call("GET", "https://openidconnect.googleapis.com/v1/userinfo", { token })).json;
  assert.match(stringAt(older, "id"), /^\d{21}$/);
  assert.deepEqual(
    [valueAt(newer, "sub"), valueAt(older, "verified_email"), valueAt(newer, "email_verified"), valueAt(older, "name")],
    [valueAt(older, "id"), true, true, "Ann"],
  );
  assert.deepEqual(errorOf(await sandbox.call("GET", `${API}/oauth2/v2/userinfo`, { token: withoutSignIn })), [
    403,
    "insufficientPermissions",
  ]);
  const channel = await sandbox.call("GET", `${API}/youtube/v3/channels?part=id&mine=true`, { token });
  assert.equal(channel.status, 200, "youtubepartner reads channels");
});

test("the refresh tokens of an app under review end after seven days, however often they are used", async (t) => {
  const { sandbox, advance } = await openYouTube(t);
  const { app } = await connect(sandbox, { loginHint: "ann" });
  const approval = { platform: "youtube", clientId: app.client_id, scopes: [UPLOAD_SCOPE, ACCOUNT_SCOPE] };
  assert.equal((await sandbox.control("PATCH", "apps", approval)).status, 200);
  const { tokens } = await connect(sandbox, { loginHint: "ann", app });
  assert.equal(valueAt(tokens.json, "refresh_token_expires_in"), 604_799);
  const refresh = async () =>
    errorOf(
      await sandbox.call("POST", `${OAUTH}/token`, {
        form: { grant_type: "refresh_token", refresh_token: stringAt(tokens.json, "refresh_token"), ...app },
      }),
    )[0];
  await advance(6 * 86_400);
  assert.equal(await refresh(), 200);
  await advance(86_400);
  assert.equal(await refresh(), 400);
});

test("an app that is not approved for a scope gets no consent, until it is", async (t) => {
  const { sandbox, fault } = await openYouTube(t);
  const ask = async (scope: string) => {
    const query = { client_id: SEEDED.client_id, redirect_uri: SEEDED.redirect_uri, response_type: "code", scope };
    return sandbox.call("GET", `${AUTHORIZE}?${new URLSearchParams(query)}`);
  };
  const approve = (scopes: string[] | null) =>
    sandbox.control("PATCH", "apps", { platform: "youtube", clientId: SEEDED.client_id, scopes });
  assert.equal((await approve([UPLOAD_SCOPE])).status, 200);
  assert.equal((await ask(UPLOAD_SCOPE)).status, 200);
  assert.match((await ask(`${UPLOAD_SCOPE} ${COMMENT_SCOPE}`)).text, /Error 403: access_denied/);
  await approve(null);
  assert.equal((await ask(`${UPLOAD_SCOPE} ${COMMENT_SCOPE}`)).status, 200);
  await fault({ operation: "authorize", kind: "reject", error: "scope-unapproved" });
  assert.match((await ask(UPLOAD_SCOPE)).text, /Error 403: access_denied/);
});
