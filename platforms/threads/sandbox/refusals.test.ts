import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import { jpeg, openSandbox, serveFiles, START, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { connect, exchangeSeededCode, GRAPH, openThreads } from "./threads.fixture.ts";

/** Everything that the platform rejects, so that nothing is published here that would fail there. */
const BAD = [400, 100];
const GONE = [400, 100, 33];
const NOT_FOUND = [400, 24, 4279009];
const URL_A = "https://media.example.test/a.jpg";

test("an unknown, a missing, an expired and a revoked token are rejected", async (t) => {
  const { sandbox, get, fault, token, advance } = await openThreads(t);
  assert.deepEqual(codesOf(await get("/me", {}, "nobody")), [400, 190]);
  assert.deepEqual(codesOf(await sandbox.call("GET", `${GRAPH}/v1.0/me`)), [400, 190]);
  await fault({ operation: "read", kind: "revoke_token" });
  assert.deepEqual(codesOf(await get("/me")), [400, 190, 458]);
  assert.deepEqual(codesOf(await get("/me")), [400, 190, 458]);
  const other = await connect(sandbox, ["threads_basic"]);
  assert.equal((await get("/me", {}, other)).status, 200);
  await advance(61 * 86_400);
  assert.deepEqual(codesOf(await get("/me", {}, other)), [400, 190, 463]);
  assert.notEqual(token, other);
});

test("a call without the required scope is rejected", async (t) => {
  const { get, post, remove } = await openThreads(t, { scopes: ["threads_basic"] });
  assert.deepEqual(codesOf(await post("/me/threads", { media_type: "TEXT", text: "x" })), [400, 10]);
  assert.deepEqual(codesOf(await post("/me/threads_publish", { creation_id: "1" })), [400, 10]);
  assert.deepEqual(codesOf(await remove("/18100000000000001")), [400, 10]);
  assert.deepEqual(codesOf(await get("/location_search", { q: "Bern" })), [400, 10]);
  assert.deepEqual(codesOf(await get("/me/threads_publishing_limit")), [400, 10]);
});

test("another user's ID, container and post are rejected", async (t) => {
  const { sandbox, create, get, post, publish, status } = await openThreads(t);
  const stranger = await connect(sandbox, ["threads_basic", "threads_content_publish"], "stranger");
  const mine = await create({ media_type: "TEXT", text: "mine" });
  await status(mine);
  assert.deepEqual(
    codesOf(await post("/26000000000000001/threads", { media_type: "TEXT", text: "x" }, stranger)),
    GONE,
  );
  assert.deepEqual(codesOf(await post("/me/threads_publish", { creation_id: mine }, stranger)), GONE);
  assert.deepEqual(codesOf(await get(`/${mine}`, { fields: "status" }, stranger)), GONE);
  const live = await publish({ media_type: "TEXT", text: "live" });
  assert.deepEqual(codesOf(await get(`/${live}`, { fields: "id" }, stranger)), GONE);
  assert.deepEqual(
    codesOf(await post("/me/threads", { media_type: "TEXT", text: "hey", reply_to_id: live }, stranger)),
    [400, 10],
  );
});

test("invalid container parameters are rejected", async (t) => {
  const { post } = await openThreads(t);
  const text = { media_type: "TEXT", text: "x" };
  const poll = JSON.stringify({ option_a: "Yes", option_b: "No" });
  const link = (number: number) => `https://example.test/${number}`;
  const cases: [string, Record<string, string>, unknown[]?][] = [
    ["no media type", { text: "x" }],
    ["an unknown media type", { media_type: "STORY", text: "x" }],
    ["no text", { media_type: "TEXT" }],
    ["white space as text", { media_type: "TEXT", text: " \n" }],
    ["no image_url", { media_type: "IMAGE", text: "x" }],
    ["no video_url", { media_type: "VIDEO", image_url: URL_A }],
    ["a carousel without children", { media_type: "CAROUSEL" }],
    [
      "a carousel of 21",
      { media_type: "CAROUSEL", children: Array.from({ length: 21 }, (_, place) => String(place)).join(",") },
    ],
    ["a carousel of unknown children", { media_type: "CAROUSEL", children: "1,2" }, GONE],
    ["a carousel item that is text", { ...text, is_carousel_item: "true" }],
    ["alt_text on text", { ...text, alt_text: "x" }],
    ["alt_text of 1001", { media_type: "IMAGE", image_url: URL_A, alt_text: "x".repeat(1001) }],
    ["is_spoiler_media on text", { ...text, is_spoiler_media: "true" }],
    ["poll on an image", { media_type: "IMAGE", image_url: URL_A, poll_attachment: poll }],
    ["link on an image", { media_type: "IMAGE", image_url: URL_A, link_attachment: link(1) }],
    ["gif on an image", { media_type: "IMAGE", image_url: URL_A, gif_attachment: '{"gif_id":"1","provider":"GIPHY"}' }],
    ["text attachment on an image", { media_type: "IMAGE", image_url: URL_A, text_attachment: '{"plaintext":"x"}' }],
    ["ghost image", { media_type: "IMAGE", image_url: URL_A, is_ghost_post: "true" }],
    ["auto_publish_text on an image", { media_type: "IMAGE", image_url: URL_A, auto_publish_text: "true" }],
    ["poll with text attachment", { ...text, poll_attachment: poll, text_attachment: '{"plaintext":"x"}' }],
    ["poll with one option", { ...text, poll_attachment: '{"option_a":"Yes"}' }],
    [
      "poll with five options",
      { ...text, poll_attachment: '{"option_a":"1","option_b":"2","option_c":"3","option_d":"4","option_e":"5"}' },
    ],
    ["poll option of 26", { ...text, poll_attachment: JSON.stringify({ option_a: "x".repeat(26), option_b: "No" }) }],
    ["poll that is no JSON", { ...text, poll_attachment: "yes,no" }],
    ["text attachment over 10 000", { ...text, text_attachment: JSON.stringify({ plaintext: "x".repeat(10_001) }) }],
    [
      "two links attached",
      {
        ...text,
        link_attachment: link(1),
        text_attachment: JSON.stringify({ plaintext: "x", link_attachment_url: link(2) }),
      },
    ],
    ["a gif of TENOR", { ...text, gif_attachment: '{"gif_id":"1","provider":"TENOR"}' }],
    [
      "eleven spoilers",
      {
        ...text,
        text_entities: JSON.stringify(
          Array.from({ length: 11 }, () => ({ entity_type: "SPOILER", offset: 0, length: 1 })),
        ),
      },
    ],
    ["a ghost reply", { ...text, is_ghost_post: "true", reply_to_id: "18100000000000001" }],
    ["a topic of 51", { ...text, topic_tag: "x".repeat(51) }],
    ["a topic with a period", { ...text, topic_tag: "a.b" }],
    ["a topic with an ampersand", { ...text, topic_tag: "a&b" }],
    ["a sixth link", { ...text, text: [1, 2, 3, 4, 5].map(link).join(" "), link_attachment: link(6) }],
    ["an unknown reply_control", { ...text, reply_control: "friends" }],
    ["countries without the feature", { ...text, allowlisted_country_codes: "US" }],
    ["a place that isn't there", { ...text, location_id: "1" }],
    ["a parent that isn't there", { ...text, reply_to_id: "18100000000009999" }, NOT_FOUND],
    ["a quoted post that isn't there", { ...text, quote_post_id: "18100000000009999" }, NOT_FOUND],
  ];
  for (const [name, form, codes = BAD] of cases)
    assert.deepEqual(codesOf(await post("/me/threads", form)), codes, name);
  const limit = await post("/me/threads", { ...text, text: [1, 2, 3, 4, 5, 6].map(link).join(" ") });
  assert.match(String(errorOf(limit)["message"]), /THREADS_API__LINK_LIMIT_EXCEEDED/);
  const five = [1, 2, 3, 4, 5].map(link).join(" ");
  assert.equal(
    (await post("/me/threads", { ...text, text: five, link_attachment: link(5) })).status,
    200,
    "5 different links, one of them twice",
  );
});

test("media whose bytes violate a rule are rejected", async (t) => {
  const { create, post, status, advance } = await openThreads(t);
  const noise = Buffer.alloc(2000 * 2000 * 3);
  for (let place = 0; place < noise.length; place += 1) noise[place] = (place * 7919) % 251;
  const files = await serveFiles(t, {
    "page.jpg": Buffer.from("<html></html>"),
    "a.webp": await sharp(await jpeg(400, 400))
      .webp()
      .toBuffer(),
    "strip.jpg": await jpeg(1100, 100),
    "edge.jpg": await jpeg(1000, 100),
    "big.png": await sharp(noise, { raw: { width: 2000, height: 2000, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer(),
    "slow.mp4": await video({ seconds: 2, framesPerSecond: 10 }),
    "wide.mp4": await video({ seconds: 2, width: 2560, height: 1440 }),
    "vp9.mp4": await video({ seconds: 2, codec: "vp9" }),
    "six.mp4": await video({ seconds: 2, audioChannels: 6 }),
    "cut.mp4": (await video({ seconds: 2 })).subarray(0, 700),
    "right.mov": await video({ seconds: 2, container: "mov", audioChannels: 1 }),
  });
  const image = (name: string) => post("/me/threads", { media_type: "IMAGE", image_url: `${files}/${name}` });
  assert.deepEqual(codesOf(await image("page.jpg")), [400, 36001, 2207005]);
  assert.deepEqual(codesOf(await image("a.webp")), [400, 36001, 2207005]);
  assert.deepEqual(codesOf(await image("strip.jpg")), [400, 36003, 2207009]);
  assert.deepEqual(codesOf(await image("big.png")), [400, 36000, 2207004]);
  assert.equal((await image("edge.jpg")).status, 200);
  assert.deepEqual(
    codesOf(await post("/me/threads", { media_type: "VIDEO", video_url: `${files}/edge.jpg` })),
    [400, 352, 2207026],
  );
  assert.deepEqual(
    codesOf(await post("/me/threads", { media_type: "VIDEO", video_url: `${files}/none.mp4` })),
    [400, 9004, 2207052],
  );
  const outcomes = {
    "slow.mp4": "INVALID_FRAME_RATE",
    "wide.mp4": "INVALID_ASPEC_RATIO",
    "vp9.mp4": "FAILED_PROCESSING_VIDEO",
    "six.mp4": "INVALID_AUDIO_CHANNELS",
    "cut.mp4": "FAILED_PROCESSING_VIDEO",
    "right.mov": undefined,
  };
  for (const [name, message] of Object.entries(outcomes)) {
    const id = await create({ media_type: "VIDEO", video_url: `${files}/${name}` });
    await advance(10);
    assert.equal(valueAt((await status(id)).json, "error_message"), message, name);
  }
});

test("children that are not carousel items, unfinished or already published are rejected", async (t) => {
  const { create, post, status, advance } = await openThreads(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(400, 400) });
  const image = { media_type: "IMAGE", image_url: `${files}/a.jpg` };
  const [plain, child, sibling] = [
    await create(image),
    await create({ ...image, is_carousel_item: "true" }),
    await create({ ...image, is_carousel_item: "true" }),
  ];
  assert.deepEqual(
    codesOf(await post("/me/threads", { media_type: "CAROUSEL", children: `${child},${sibling}` })),
    NOT_FOUND,
  );
  await advance(2);
  assert.deepEqual(codesOf(await post("/me/threads", { media_type: "CAROUSEL", children: `${plain},${child}` })), BAD);
  await status(child);
  assert.deepEqual(codesOf(await post("/me/threads_publish", { creation_id: child })), BAD);
});

test("a reply to a container or to a deleted post is rejected", async (t) => {
  const { create, post, publish, remove } = await openThreads(t);
  const container = await create({ media_type: "TEXT", text: "not live" });
  assert.deepEqual(codesOf(await post("/me/threads", { media_type: "TEXT", text: "x", reply_to_id: container })), BAD);
  const live = await publish({ media_type: "TEXT", text: "live" });
  await remove(`/${live}`);
  assert.deepEqual(codesOf(await post("/me/threads", { media_type: "TEXT", text: "x", reply_to_id: live })), NOT_FOUND);
});

test("publishing without a container, too early, too late, or after a failure is rejected", async (t) => {
  const { create, post, status, advance, fault } = await openThreads(t);
  const publish = (creation_id: string) => post("/me/threads_publish", { creation_id });
  assert.deepEqual(codesOf(await post("/me/threads_publish", {})), BAD);
  assert.deepEqual(codesOf(await publish("18000000000009999")), NOT_FOUND);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 600) });
  const early = await create({ media_type: "IMAGE", image_url: `${files}/a.jpg` });
  assert.deepEqual(codesOf(await publish(early)), NOT_FOUND);
  await advance(24 * 3600);
  assert.equal(valueAt((await status(early)).json, "status"), "EXPIRED");
  assert.deepEqual(codesOf(await publish(early)), NOT_FOUND);
  await fault({ operation: "create", kind: "reject", error: "video-FAILED_PROCESSING_VIDEO" });
  const failed = await create({ media_type: "TEXT", text: "x" });
  assert.deepEqual((await status(failed)).json, {
    status: "ERROR",
    id: failed,
    error_message: "FAILED_PROCESSING_VIDEO",
  });
  assert.deepEqual(codesOf(await publish(failed)), NOT_FOUND);
});

test("reads of missing objects are rejected", async (t) => {
  const { create, get } = await openThreads(t);
  const id = await create({ media_type: "TEXT", text: "x" });
  assert.deepEqual(codesOf(await get("/me/threads", { since: "1688540399" })), BAD);
  assert.deepEqual(codesOf(await get(`/${id}`, { fields: "status_code" })), BAD);
  assert.deepEqual(codesOf(await get("/me", { fields: "id,shoe_size" })), BAD);
  assert.deepEqual(codesOf(await get("/18100000000000001", { fields: "id" })), GONE);
  assert.deepEqual(codesOf(await get("/me/threads", { limit: "many" })), BAD);
});

test("a code with a wrong secret or redirect URI, or after an hour, and an expired token are rejected", async (t) => {
  const { sandbox, advance } = await openThreads(t);
  const exchange = async (changes: Record<string, string>) => {
    const answer = await sandbox.call("POST", `${GRAPH}/oauth/access_token`, {
      form: {
        client_id: "990602627938098",
        client_secret: "th-secret",
        grant_type: "authorization_code",
        redirect_uri: "https://app.example.test/cb",
        code: "THCODE1",
        ...changes,
      },
    });
    return [answer.status, valueAt(answer.json, "error_type"), valueAt(answer.json, "code")];
  };
  const refused = [400, "OAuthException", 400];
  assert.deepEqual(await exchange({ client_secret: "wrong" }), refused);
  assert.deepEqual(await exchange({ redirect_uri: "https://app.example.test/other" }), refused);
  await advance(3600);
  assert.deepEqual(
    codesOf(
      await sandbox.call(
        "GET",
        `${GRAPH}/access_token?grant_type=th_exchange_token&client_secret=th-secret&access_token=THSHORT1`,
      ),
    ),
    [400, 190, 463],
  );
  const late = await openSandbox(t, { startAt: START });
  await late.control("POST", "clock", { advanceSeconds: 3600 });
  assert.equal((await exchangeSeededCode(late)).status, 400);
});

test("the consent page asks, supports denying, and grants what was checked", async (t) => {
  const { sandbox } = await openThreads(t);
  const page = (changes: Record<string, string> = {}) =>
    "https://www.threads.com/oauth/authorize?" +
    `${new URLSearchParams({ client_id: "990602627938098", redirect_uri: "https://app.example.test/cb", scope: "threads_basic threads_content_publish", response_type: "code", state: "s&1", ...changes })}`;
  const shown = await sandbox.call("GET", page({ login_hint: "Zoë <b>" }));
  assert.match(shown.text, /Continue as zoe_b/);
  assert.doesNotMatch(shown.text, /<b>"|<script/);
  const wrongs: Record<string, string>[] = [
    { client_id: "1" },
    { redirect_uri: "https://evil.example.test/" },
    { scope: "threads_delete" },
    { scope: "threads_basic,nonsense" },
    { response_type: "token" },
  ];
  for (const wrong of wrongs) {
    const answer = await sandbox.call("GET", page(wrong));
    assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
  }
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const refused = await sandbox.call("POST", page(), { headers: form, body: "decision=refuse" });
  assert.equal(
    refused.headers.get("location"),
    "https://app.example.test/cb?error=access_denied&error_reason=user_denied&" +
      "error_description=The+user+denied+your+request&state=s%261#_",
  );
  const approved = await sandbox.call("POST", page(), { headers: form, body: "decision=approve&scope=threads_basic" });
  const location = approved.headers.get("location") ?? "";
  assert.match(location, /^https:\/\/app\.example\.test\/cb\?code=[\w-]+&state=s%261#_$/);
  const code = new URL(location).searchParams.get("code") ?? "";
  const short = await sandbox.call("POST", `${GRAPH}/oauth/access_token`, {
    form: {
      client_id: "990602627938098",
      client_secret: "th-secret",
      grant_type: "authorization_code",
      redirect_uri: "https://app.example.test/cb",
      code,
    },
  });
  const create = await sandbox.call("POST", `${GRAPH}/v1.0/me/threads`, {
    form: { media_type: "TEXT", text: "x", access_token: stringAt(short.json, "access_token") },
  });
  assert.deepEqual(codesOf(create), [400, 10]);
});
