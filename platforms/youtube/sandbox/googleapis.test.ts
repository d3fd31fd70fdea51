import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test, type TestContext } from "node:test";

import { auth, youtube } from "@googleapis/youtube";

import { agentOf, controlsOf, jpeg, openSandbox, START, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { ACCOUNT_SCOPE, SEEDED, UPLOAD_SCOPE } from "./youtube.fixture.ts";

/** npm's @googleapis/youtube, unmodified, against Google's own host names over TLS. */

const COMMENT_SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl";
const SCOPES = [UPLOAD_SCOPE, ACCOUNT_SCOPE, COMMENT_SCOPE, "https://www.googleapis.com/auth/userinfo.email"];

async function open(t: TestContext) {
  const sandbox = await openSandbox(t, { tlsPort: 0, startAt: START });
  const agent = agentOf(sandbox);
  t.after(() => agent.destroy());
  const oauth = new auth.OAuth2({
    clientId: SEEDED.client_id,
    clientSecret: SEEDED.client_secret,
    redirectUri: SEEDED.redirect_uri,
    transporterOptions: { agent },
  });
  const url = oauth.generateAuthUrl({ access_type: "offline", prompt: "consent", scope: SCOPES, state: "s1" });
  const body = new URLSearchParams({ decision: "approve" });
  for (const scope of SCOPES) body.append("scope", scope);
  const { headers } = await sandbox.call("POST", url, { body });
  const code = new URL(headers.get("location") ?? "").searchParams.get("code") ?? "";
  const { tokens } = await oauth.getToken(code);
  oauth.setCredentials(tokens);
  return { oauth, tokens, client: youtube({ version: "v3", auth: oauth, agent }), ...controlsOf(sandbox, "youtube") };
}

test("@googleapis/youtube signs in, describes its token, refreshes and revokes", async (t) => {
  const { oauth, tokens, client } = await open(t);
  assert.ok(tokens.refresh_token);
  const info = await oauth.getTokenInfo(tokens.access_token ?? "");
  assert.deepEqual([info.aud, info.email, info.scopes], [SEEDED.client_id, "mychannel@example.test", SCOPES]);
  const { credentials } = await oauth.refreshAccessToken();
  assert.notEqual(credentials.access_token, tokens.access_token);
  const mine = await client.channels.list({ part: ["id", "snippet"], mine: true });
  assert.equal(mine.data.items?.[0]?.snippet?.customUrl, "@mychannel");
  await oauth.revokeCredentials();
  oauth.setCredentials(tokens);
  await assert.rejects(oauth.refreshAccessToken(), /invalid_grant|expired or revoked/);
});

test("@googleapis/youtube uploads in one request, sets a thumbnail, comments, lists and deletes", async (t) => {
  const { client, posts } = await open(t);
  const requestBody = { snippet: { title: "One request" }, status: { privacyStatus: "public" } };
  const made = await client.videos.insert({
    part: ["snippet", "status"],
    requestBody,
    media: { mimeType: "video/mp4", body: Readable.from(await video({ seconds: 1 })) },
  });
  const id = made.data.id ?? "";
  assert.equal(made.data.status?.privacyStatus, "public");
  for (let read = 0; read < 2; read += 1) await client.videos.list({ part: ["status"], id: [id] });
  const media = { mimeType: "image/jpeg", body: Readable.from(await jpeg(1280, 720)) };
  const thumbnail = await client.thumbnails.set({ videoId: id, media });
  assert.match(thumbnail.data.items?.[0]?.maxres?.url ?? "", /maxres\.jpg$/);
  await client.commentThreads.insert({
    part: ["snippet"],
    requestBody: { snippet: { videoId: id, topLevelComment: { snippet: { textOriginal: "First" } } } },
  });
  const listed = await client.videos.list({ part: ["snippet", "statistics"], id: [id, "unknown"] });
  assert.deepEqual(
    listed.data.items?.map(({ snippet, statistics }) => [snippet?.title, statistics?.commentCount]),
    [["One request", "1"]],
  );
  assert.deepEqual((await posts())[0]?.["comments"], ["First"]);
  await client.videos.delete({ id });
  assert.deepEqual(await posts(), []);
});

test("Google's client opens a resumable upload, whose URL takes the bytes", async (t) => {
  const { oauth, posts } = await open(t);
  const bytes = await video({ seconds: 1 });
  const opened = await oauth.request({
    method: "POST",
    url: "https://youtube.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&part=snippet&part=status",
    headers: { "x-upload-content-length": String(bytes.length), "x-upload-content-type": "video/mp4" },
    data: { snippet: { title: "Resumable" }, status: { privacyStatus: "unlisted" } },
  });
  const session = opened.headers.get("location") ?? "";
  assert.match(session, /^https:\/\/(youtube|www)\.googleapis\.com\/upload\/youtube\/v3\/videos\?.*upload_id=/);
  const done = await oauth.request({
    method: "PUT",
    url: session,
    headers: { "content-type": "video/mp4", "content-length": String(bytes.length) },
    data: Readable.from([bytes]),
  });
  assert.deepEqual([done.status, valueAt(done.data, "status.privacyStatus")], [201, "unlisted"]);
  assert.equal((await posts())[0]?.["visibility"], "unlisted");
});
