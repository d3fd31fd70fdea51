import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";

import { TwitterApi } from "twitter-api-v2";

import {
  agentOf,
  controlsOf,
  jpeg,
  listAt,
  openSandbox,
  START,
  valueAt,
  video,
  type TestSandbox,
} from "../../../sandbox/sandbox.fixture.ts";
import { ALL_SCOPES, SEEDED } from "./twitter.fixture.ts";

/** npm's twitter-api-v2, unmodified, against X's own host names over TLS. */

async function open(t: TestContext) {
  const sandbox = await openSandbox(t, { tlsPort: 0, startAt: START });
  const httpAgent = agentOf(sandbox);
  t.after(() => httpAgent.destroy());
  return { sandbox, settings: { httpAgent }, ...controlsOf(sandbox, "twitter") };
}

/** What the person's browser does on the consent page; returns the URL it is sent back to. */
async function press(sandbox: TestSandbox, url: string, decision: "approve" | "refuse"): Promise<URL> {
  const body = new URLSearchParams({ decision });
  for (const scope of ALL_SCOPES) body.append("scope", scope);
  const { headers } = await sandbox.call("POST", url, { body });
  return new URL(headers.get("location") ?? "http://nowhere.test");
}

/** Everything that a client publishes and reads, whichever way it signed in. */
async function useClient(client: TwitterApi, { posts }: Awaited<ReturnType<typeof open>>): Promise<void> {
  const { data: me } = await client.v2.me({ "user.fields": ["profile_image_url", "public_metrics"] });
  const { v2 } = client;
  const { data: first } = await v2.tweet("Hello (world) #sandbox");
  const { data: answer } = await v2.reply("An answer", first.id);
  const thread = await v2.tweetThread(["One", "Two", "Three"]);
  const image = await v2.uploadMedia(await jpeg(400, 300), { media_type: "image/jpeg" });
  await v2.createMediaMetadata(image, { alt_text: { text: "A red field" } });
  await v2.tweet("An image", { media: { media_ids: [image] } });
  const gif = await v2.uploadMedia(await readFile(new URL("../../../tests/fixtures/animated.gif", import.meta.url)), {
    media_type: "image/gif",
  });
  await v2.tweet("A GIF", { media: { media_ids: [gif] } });
  const film = await v2.uploadMedia(await video({ seconds: 2 }), { media_type: "video/mp4" });
  await v2.tweet("A video", { media: { media_ids: [film] } });
  const { data: poll } = await v2.tweet("Which?", { poll: { options: ["Red", "Blue"], duration_minutes: 60 } });

  const timeline = await v2.userTimeline(me.id, { max_results: 100, "tweet.fields": ["conversation_id"] });
  assert.equal(timeline.tweets.length, 9);
  assert.equal(new Set(timeline.tweets.slice(4, 7).map((post) => post.conversation_id)).size, 1, "one conversation");
  const found = await v2.singleTweet(poll.id, { expansions: ["attachments.poll_ids"] });
  assert.deepEqual(
    found.includes?.polls?.[0]?.options.map(({ label }) => label),
    ["Red", "Blue"],
  );
  assert.equal((await v2.tweets([first.id, answer.id])).data.length, 2);
  assert.equal((await v2.deleteTweet(thread.at(-1)?.data.id ?? "")).data.deleted, true);

  const seen = await posts();
  assert.deepEqual(
    seen.map((post) => [post["text"], post["kind"]]),
    [
      ["Which?", "text"],
      ["A video", "video"],
      ["A GIF", "gif"],
      ["An image", "image"],
      ["Two", "text"],
      ["One", "text"],
      ["An answer", "text"],
      ["Hello (world) #sandbox", "text"],
    ],
  );
  assert.equal(valueAt(seen[3], "media.0.altText"), "A red field");
}

test("twitter-api-v2 signs in with OAuth 2, refreshes, publishes everything, reads it and disconnects", async (t) => {
  const world = await open(t);
  const app = new TwitterApi({ clientId: SEEDED.clientId, clientSecret: SEEDED.clientSecret }, world.settings);
  const { url, state, codeVerifier } = app.generateOAuth2AuthLink(SEEDED.redirectUri, { scope: ALL_SCOPES });
  const back = await press(world.sandbox, url, "approve");
  assert.equal(back.searchParams.get("state"), state);
  const login = await app.loginWithOAuth2({
    code: back.searchParams.get("code") ?? "",
    codeVerifier,
    redirectUri: SEEDED.redirectUri,
  });
  assert.deepEqual([...login.scope].sort(), [...ALL_SCOPES].sort());
  const { client, refreshToken = "" } = await app.refreshOAuth2Token(login.refreshToken ?? "");
  await useClient(client, world);
  await app.revokeOAuth2Token(refreshToken, "refresh_token");
  await assert.rejects(client.v2.me(), { code: 401 });
});

test("twitter-api-v2 signs in with OAuth 1.0a and publishes everything", async (t) => {
  const world = await open(t);
  const keys = { appKey: SEEDED.clientId, appSecret: SEEDED.clientSecret };
  const asked = await new TwitterApi(keys, world.settings).generateAuthLink(SEEDED.redirectUri);
  assert.equal(asked.oauth_callback_confirmed, "true");
  const back = await press(world.sandbox, asked.url, "approve");
  const pending = new TwitterApi(
    { ...keys, accessToken: asked.oauth_token, accessSecret: asked.oauth_token_secret },
    world.settings,
  );
  const { client, screenName, userId } = await pending.login(back.searchParams.get("oauth_verifier") ?? "");
  assert.deepEqual([screenName, (await client.v2.me()).data.id], ["sandbox_x", userId]);
  await useClient(client, world);
});

test("with OAuth 1.0a, a PIN replaces the callback, and a person can refuse", async (t) => {
  const { sandbox, settings } = await open(t);
  const keys = { appKey: SEEDED.clientId, appSecret: SEEDED.clientSecret };
  const app = new TwitterApi(keys, settings);
  const refused = await app.generateAuthLink(SEEDED.redirectUri);
  const back = await press(sandbox, refused.url, "refuse");
  assert.equal(back.searchParams.get("denied"), refused.oauth_token);
  await assert.rejects(app.generateAuthLink("https://elsewhere.example.test/cb"), /403/);

  const asked = await app.generateAuthLink("oob");
  const page = await sandbox.call("POST", asked.url, { form: { decision: "approve" } });
  const pin = /PIN: (\d{7})/.exec(page.text)?.[1] ?? "";
  const tokens = { ...keys, accessToken: asked.oauth_token, accessSecret: asked.oauth_token_secret };
  await assert.rejects(new TwitterApi(tokens, settings).login("0000000"), /401/);
  assert.equal((await new TwitterApi(tokens, settings).login(pin)).screenName, "sandbox_x");
});

test("a signature holds for one request, at its time, with the right secrets and permissions", async (t) => {
  const { sandbox, settings } = await open(t);
  const keys = { appKey: SEEDED.clientId, appSecret: SEEDED.clientSecret };
  const connect = async (access: "read" | "write") => {
    const asked = await new TwitterApi(keys, settings).generateAuthLink(SEEDED.redirectUri, {
      authAccessType: access,
    });
    const back = await press(sandbox, asked.url, "approve");
    const tokens = { ...keys, accessToken: asked.oauth_token, accessSecret: asked.oauth_token_secret };
    return new TwitterApi(tokens, settings).login(back.searchParams.get("oauth_verifier") ?? "");
  };
  const { client, accessToken, accessSecret } = await connect("write");
  await client.v2.me();
  const [logged] = listAt((await sandbox.control("GET", "requests?platform=twitter&operation=read")).json);
  const authorization = String(valueAt(logged, "headers.authorization"));
  const me = "https://api.x.com/2/users/me";
  assert.equal((await sandbox.call("GET", me, { headers: { authorization } })).status, 401, "a nonce is used once");

  const signed = (changes: { secondsAgo?: number; secret?: string; url?: string } = {}) =>
    sandbox.call("GET", me, {
      headers: {
        authorization: sign(changes.url ?? me, {
          key: SEEDED.clientId,
          token: accessToken,
          secrets: [SEEDED.clientSecret, changes.secret ?? accessSecret],
          at: Math.floor(Date.now() / 1000) - (changes.secondsAgo ?? 0),
        }),
      },
    });
  assert.equal((await signed()).status, 200);
  assert.equal((await signed({ url: sandbox.at(me) })).status, 200, "the sandbox's own URL can be signed too");
  assert.equal((await signed({ secondsAgo: 600 })).status, 401);
  assert.equal((await signed({ secret: "wrong" })).status, 401);
  assert.equal((await signed({ url: "https://api.x.com/2/users/you" })).status, 401);
  assert.equal((await sandbox.call("GET", me, { token: accessToken })).status, 401, "the token alone proves nothing");

  const reader = await connect("read");
  await assert.rejects(reader.client.v2.tweet("Not allowed"), { code: 403 });
  const readOnly = { platform: "twitter", clientId: SEEDED.clientId, scopes: ["tweet.read", "users.read"] };
  assert.equal((await sandbox.control("PATCH", "apps", readOnly)).status, 200);
  const limited = await connect("write");
  await assert.rejects(limited.client.v2.tweet("Not allowed either"), { code: 403 });
});

/** A second implementation of the signature, from RFC 5849. */
function sign(
  url: string,
  { key, token, secrets, at }: { key: string; token: string; secrets: [string, string]; at: number },
): string {
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const fields: [string, string][] = [
    ["oauth_consumer_key", key],
    ["oauth_nonce", crypto.randomUUID()],
    ["oauth_signature_method", "HMAC-SHA1"],
    ["oauth_timestamp", String(at)],
    ["oauth_token", token],
    ["oauth_version", "1.0"],
  ];
  const text = fields.map(([name, value]) => `${name}=${encode(value)}`).join("&");
  const signature = createHmac("sha1", secrets.map(encode).join("&"))
    .update(["GET", encode(url), encode(text)].join("&"))
    .digest("base64");
  return `OAuth ${[...fields, ["oauth_signature", signature]].map(([name = "", value = ""]) => `${name}="${encode(value)}"`).join(", ")}`;
}
