import assert from "node:assert/strict";
import { test } from "node:test";

import sharp from "sharp";

import { codesOf } from "../../../sandbox/meta/errors.fixture.ts";
import { jpeg, openSandbox, serveFiles, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { connect, connectByFacebook, exchangeSeededCode, FACEBOOK_SCOPES, openInstagram } from "./instagram.fixture.ts";

/** Everything that the platform rejects, so that nothing is published here that would fail there. */
const IG = "17841400000000001";
const DIRECT = "https://graph.instagram.com/v25.0";
const FACEBOOK = "https://graph.facebook.com/v25.0";
const BAD = [400, 100];
const GONE = [400, 100, 33];

test("an unknown, a missing and a revoked token, and one from the other login, are rejected", async (t) => {
  const { sandbox, get, fault, token } = await openInstagram(t);
  assert.deepEqual(codesOf(await get("/me", {}, "nobody")), [400, 190]);
  assert.deepEqual(codesOf(await sandbox.call("GET", `${DIRECT}/me`)), [400, 104]);
  assert.deepEqual(codesOf(await sandbox.call("GET", `${FACEBOOK}/${IG}`, { token })), [400, 190]);
  const other = await connectByFacebook(sandbox, FACEBOOK_SCOPES);
  assert.deepEqual(codesOf(await get("/me", {}, other)), [400, 190]);
  assert.equal((await sandbox.call("GET", `${FACEBOOK}/${IG}?fields=username`, { token: other })).status, 200);
  await fault({ operation: "read", kind: "revoke_token" });
  assert.deepEqual(codesOf(await get("/me")), [400, 190, 458]);
  assert.deepEqual(codesOf(await get("/me")), [400, 190, 458]);
  const challenge = (await get("/me")).headers.get("www-authenticate");
  assert.match(challenge ?? "", /^OAuth "Facebook Platform" "invalid_token"/);
});

test("a call without the required scope is rejected", async (t) => {
  const { make, get, post } = await openInstagram(t, { scopes: ["instagram_business_basic"] });
  assert.deepEqual(codesOf(await make({ image_url: "http://127.0.0.1:9/a.jpg" })), [400, 10]);
  assert.deepEqual(codesOf(await post(`/${IG}/media_publish`, { creation_id: "1" })), [400, 10]);
  assert.deepEqual(codesOf(await get(`/${IG}/content_publishing_limit`)), [400, 10]);
  assert.equal((await get("/me")).status, 200);
});

test("another user's account and container are rejected", async (t) => {
  const { sandbox, create, get, post, advance } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const stranger = await connect(
    sandbox,
    ["instagram_business_basic", "instagram_business_content_publish"],
    "stranger",
  );
  const id = stringAt((await get("/me", { fields: "user_id" }, stranger)).json, "user_id");
  const mine = await create({ image_url: `${files}/a.jpg` });
  await advance(2);
  assert.deepEqual(codesOf(await post(`/${IG}/media`, { image_url: `${files}/a.jpg` }, stranger)), GONE);
  assert.deepEqual(codesOf(await post(`/${id}/media_publish`, { creation_id: mine }, stranger)), [400, 24, 2207006]);
  assert.deepEqual(codesOf(await get(`/${mine}`, { fields: "status_code" }, stranger)), GONE);
  assert.deepEqual(
    codesOf(await post(`/${id}/media`, { media_type: "CAROUSEL", children: `${mine},${mine}1` }, stranger)),
    GONE,
  );
});

test("invalid container parameters are rejected", async (t) => {
  const { make, create } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800), "v.mp4": await video({ seconds: 4 }) });
  const image = { image_url: `${files}/a.jpg` };
  const clip = { video_url: `${files}/v.mp4` };
  const reel = { media_type: "REELS", ...clip };
  const story = { media_type: "STORIES", ...image };
  const tags = (count: number, where = true) =>
    JSON.stringify(
      Array.from({ length: count }, (_, place) => ({ username: `user${place}`, ...(where && { x: 0.5, y: 0.5 }) })),
    );
  const lone = await create(image);
  const cases: [string, Record<string, string>, unknown[]?][] = [
    ["no media", { caption: "x" }],
    ["both media", { ...image, ...clip }],
    ["both media in a story", { media_type: "STORIES", ...image, ...clip }],
    ["a story of nothing", { media_type: "STORIES" }],
    ["a reel of an image", { media_type: "REELS", ...image }],
    ["an unknown media type", { media_type: "GUIDE", ...image }, [400, 100, 2207023]],
    ["a single VIDEO", { media_type: "VIDEO", ...clip }, [400, 100, 2207067]],
    ["a reel as carousel item", { ...reel, is_carousel_item: "true" }],
    ["a carousel with media", { media_type: "CAROUSEL", ...image, children: "1,2" }],
    ["a carousel of eleven", { media_type: "CAROUSEL", children: "1,2,3,4,5,6,7,8,9,10,11" }, [400, 100, 2207028]],
    ["a carousel without children", { media_type: "CAROUSEL" }, [400, 100, 2207028]],
    ["a carousel of what is no item", { media_type: "CAROUSEL", children: `${lone},${lone}9` }],
    ["31 hashtags", { ...image, caption: Array.from({ length: 31 }, (_, place) => `#tag${place}`).join(" ") }],
    [
      "21 mentions",
      { ...image, caption: Array.from({ length: 21 }, (_, place) => `@user${place}`).join(" ") },
      [400, 100, 2207040],
    ],
    ["alt text of 1001", { ...image, alt_text: "x".repeat(1001) }],
    ["alt text on a reel", { ...reel, alt_text: "x" }],
    ["alt text on a story", { ...story, alt_text: "x" }],
    ["21 tags", { ...image, user_tags: tags(21) }, [400, 100, 2207040]],
    ["tags of an image without a place", { ...image, user_tags: tags(1, false) }],
    ["tags of a reel with a place", { ...reel, user_tags: tags(1) }],
    ["tags that are no JSON", { ...image, user_tags: "@someone" }],
    ["a tag outside the image", { ...image, user_tags: '[{"username":"a","x":1.5,"y":0}]' }],
    ["four collaborators", { ...image, collaborators: '["a","b","c","d"]' }],
    ["collaborators on a story", { ...story, collaborators: '["a"]' }],
    ["a place that is none", { ...image, location_id: "nowhere" }],
    ["a place on a carousel item", { ...image, is_carousel_item: "true", location_id: "106377336067638" }],
    ["is_ai_generated on a carousel item", { ...image, is_carousel_item: "true", is_ai_generated: "true" }],
    ["a cover on an image", { ...image, cover_url: `${files}/a.jpg` }],
    ["trial reel of an unknown strategy", { ...reel, trial_params: '{"graduation_strategy":"LATER"}' }],
    ["share_to_feed that is neither", { ...reel, share_to_feed: "perhaps" }],
    ["thumb_offset on an image", { ...image, thumb_offset: "1000" }],
    ["thumb_offset on a story", { ...story, thumb_offset: "1000" }],
    ["is_ai_generated that is neither", { ...reel, is_ai_generated: "maybe" }],
    ["is_paid_partnership with Instagram's own login", { ...reel, is_paid_partnership: "true" }],
    ["thumb_offset that is no number", { ...reel, thumb_offset: "soon" }],
    ["thumb_offset at the end", { ...reel, thumb_offset: "4000" }, [400, 1, 2207057]],
    ["upload_type with Instagram's own login", { media_type: "REELS", upload_type: "resumable" }],
    ["an address that is not ASCII", { image_url: `${files}/ä.jpg` }, [400, 9004, 2207052]],
    ["an address that is none", { image_url: "ftp://example.test/a.jpg" }, [400, 9004, 2207052]],
    ["product tags", { ...image, product_tags: "[]" }, [400, 100, 2207035]],
  ];
  for (const [name, form, codes = BAD] of cases) assert.deepEqual(codesOf(await make(form)), codes, name);
});

test("invalid images are rejected", async (t) => {
  const { make } = await openInstagram(t);
  const noise = await sharp({
    create: {
      width: 2500,
      height: 2500,
      channels: 3,
      background: "#000",
      noise: { type: "gaussian", mean: 128, sigma: 90 },
    },
  })
    .jpeg({ quality: 100 })
    .toBuffer();
  assert.ok(noise.length > 8 * 1024 * 1024);
  const files = await serveFiles(t, {
    "a.png": await sharp({ create: { width: 500, height: 500, channels: 3, background: "#a00" } })
      .png()
      .toBuffer(),
    "a.webp": await sharp({ create: { width: 500, height: 500, channels: 3, background: "#a00" } })
      .webp()
      .toBuffer(),
    "big.jpg": noise,
    "wide.jpg": await jpeg(2000, 1000),
    "tall.jpg": await jpeg(700, 1000),
    "page.jpg": Buffer.from("<html>not found</html>"),
    "edge.jpg": await jpeg(800, 1000),
    "banner.jpg": await jpeg(1910, 1000),
  });
  const cases: [string, unknown[]][] = [
    ["a.png", [400, 36001, 2207005]],
    ["a.webp", [400, 36001, 2207005]],
    ["big.jpg", [400, 36000, 2207004]],
    ["wide.jpg", [400, 36003, 2207009]],
    ["tall.jpg", [400, 36003, 2207009]],
    ["page.jpg", [400, 9004, 2207052]],
  ];
  for (const [file, codes] of cases)
    assert.deepEqual(codesOf(await make({ image_url: `${files}/${file}` })), codes, file);
  for (const file of ["edge.jpg", "banner.jpg"])
    assert.equal((await make({ image_url: `${files}/${file}` })).status, 200, file);
  assert.equal((await make({ media_type: "STORIES", image_url: `${files}/tall.jpg` })).status, 200);
});

test("invalid videos end as ERROR", async (t) => {
  const { create, status, advance } = await openInstagram(t);
  const files = await serveFiles(t, {
    "short.mp4": await video({ seconds: 2 }),
    "slow.mp4": await video({ seconds: 4, framesPerSecond: 15 }),
    "vp9.mp4": await video({ seconds: 4, codec: "vp9" }),
    "wide.mp4": await video({ seconds: 4, width: 2560, height: 1440 }),
    "no.mp4": Buffer.from("this is no video"),
    "long.mp4": await video({ seconds: 62, framesPerSecond: 24 }),
    "many.mp4": await video({ seconds: 4, audioChannels: 6 }),
  });
  const outcome = async (form: Record<string, string>) => {
    const id = await create(form);
    await advance(10);
    return valueAt((await status(id)).json, "status");
  };
  const reel = (file: string) => outcome({ media_type: "REELS", video_url: `${files}/${file}` });
  const failed = (subcode: string) => `Error: Media upload has failed with error code ${subcode}`;
  for (const file of ["short.mp4", "slow.mp4", "vp9.mp4", "wide.mp4", "no.mp4", "many.mp4"])
    assert.equal(await reel(file), failed("2207026"), file);
  assert.equal(await reel("missing.mp4"), failed("2207077"));
  assert.match(String(await reel("long.mp4")), /^Finished/);
  assert.equal(await outcome({ media_type: "STORIES", video_url: `${files}/long.mp4` }), failed("2207026"));
});

test("publishing a container that cannot be published is rejected", async (t) => {
  const { create, make, post, status, advance } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const publish = (creation_id: string) => post(`/${IG}/media_publish`, { creation_id });
  const item = await create({ image_url: `${files}/a.jpg`, is_carousel_item: "true", caption: "ignored" });
  const second = await create({ image_url: `${files}/a.jpg`, is_carousel_item: "true" });
  assert.deepEqual(
    codesOf(await make({ media_type: "CAROUSEL", children: `${item},${second}` })),
    [400, 9007, 2207027],
  );
  await advance(2);
  assert.deepEqual(codesOf(await publish(item)), BAD);
  assert.deepEqual(codesOf(await publish("17890000000009999")), [400, 24, 2207008]);
  assert.deepEqual(codesOf(await post(`/${IG}/media_publish`, {})), BAD);
  const old = await create({ image_url: `${files}/a.jpg` });
  await advance(24 * 3600);
  assert.equal(valueAt((await status(old)).json, "status_code"), "EXPIRED");
  assert.deepEqual(codesOf(await publish(old)), [400, 24, 2207008]);
});

test("the 401st container of a day is rejected", async (t) => {
  const { make, advance } = await openInstagram(t, { login: "facebook" });
  const reel = { media_type: "REELS", upload_type: "resumable" };
  for (let number = 1; number <= 400; number += 1) assert.equal((await make(reel)).status, 200);
  assert.deepEqual(codesOf(await make(reel)), [400, 9, 2207042]);
  await advance(24 * 3600);
  assert.equal((await make(reel)).status, 200);
});

test("invalid byte uploads are rejected", async (t) => {
  const { sandbox, token, make } = await openInstagram(t, { login: "facebook" });
  const { json } = await make({ media_type: "STORIES", upload_type: "resumable" });
  const send = (headers: Record<string, string>, body = "bytes") =>
    sandbox.call("POST", stringAt(json, "uri"), { headers: { authorization: `OAuth ${token}`, ...headers }, body });
  const typeOf = async (answer: ReturnType<typeof send>) => valueAt((await answer).json, "debug_info.type");
  assert.equal(
    await typeOf(send({ authorization: `Bearer ${token}`, offset: "0", file_size: "5" })),
    "NotAuthorizedError",
  );
  assert.equal(
    await typeOf(send({ authorization: "OAuth nobody", offset: "0", file_size: "5" })),
    "NotAuthorizedError",
  );
  assert.equal(await typeOf(send({ file_size: "5" })), "ParameterValidationError");
  assert.equal(await typeOf(send({ offset: "0" })), "ParameterValidationError");
  assert.equal(await typeOf(send({ offset: "3", file_size: "5" })), "OffsetInvalidError");
  assert.equal(await typeOf(send({ offset: "0", file_size: "9" })), "PartialRequestError");
  assert.equal((await send({ offset: "5", file_size: "9" }, "more")).status, 200);
  assert.equal(await typeOf(send({ offset: "0", file_size: "5" })), "ProcessingFailedError");
  assert.deepEqual(codesOf(await make({ upload_type: "resumable" })), BAD);
  assert.deepEqual(codesOf(await make({ media_type: "REELS", upload_type: "chunked" })), BAD);
  assert.deepEqual(
    codesOf(await make({ media_type: "REELS", upload_type: "resumable", video_url: "http://127.0.0.1:9/v.mp4" })),
    BAD,
  );
});

test("an invalid code, app or redirect URI is rejected", async (t) => {
  const sandbox = await openSandbox(t);
  const form = {
    client_id: "990602627938098",
    client_secret: "ig-secret",
    grant_type: "authorization_code",
    redirect_uri: "https://app.example.test/cb",
    code: "CODE1",
  };
  const exchange = (changed: Record<string, string>) =>
    sandbox.call("POST", "https://api.instagram.com/oauth/access_token", { form: { ...form, ...changed } });
  const wrong: Record<string, string>[] = [
    { client_id: "1" },
    { client_secret: "x" },
    { grant_type: "password" },
    { redirect_uri: "https://app.example.test/cb/" },
    { code: "x" },
  ];
  for (const changed of wrong) {
    const answer = await exchange(changed);
    assert.deepEqual(
      [answer.status, valueAt(answer.json, "error_type"), valueAt(answer.json, "code")],
      [400, "OAuthException", 400],
    );
  }
  const json = await sandbox.call("POST", "https://api.instagram.com/oauth/access_token", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify(form),
  });
  assert.equal(json.status, 400);
  await sandbox.control("POST", "clock", { advanceSeconds: 3600 });
  assert.equal(
    valueAt((await exchangeSeededCode(sandbox)).json, "error_message"),
    "Matching code was not found or was already used",
  );
  const page = (query: Record<string, string>) =>
    sandbox.call(
      "GET",
      "https://www.instagram.com/oauth/authorize?" +
        `${new URLSearchParams({ client_id: form.client_id, redirect_uri: form.redirect_uri, response_type: "code", scope: "instagram_business_basic", ...query })}`,
    );
  assert.equal((await page({})).status, 200);
  const refused: Record<string, string>[] = [
    { client_id: "1" },
    { redirect_uri: "https://evil.example.test" },
    { response_type: "token" },
    { scope: "business_basic" },
    { scope: "instagram_business_content_publish" },
  ];
  for (const query of refused) {
    assert.equal((await page(query)).status, 400, JSON.stringify(query));
  }
});

test("tokens that are too new, short-lived or invalid are not refreshed", async (t) => {
  const { sandbox, token, advance } = await openInstagram(t);
  const refresh = (by: string) =>
    sandbox.call(
      "GET",
      `https://graph.instagram.com/refresh_access_token?grant_type=ig_refresh_token&access_token=${by}`,
    );
  assert.deepEqual(codesOf(await refresh(token)), BAD);
  assert.deepEqual(codesOf(await refresh("SHORT1")), BAD);
  assert.deepEqual(codesOf(await refresh("nobody")), [400, 190]);
  await advance(61 * 86_400);
  assert.deepEqual(codesOf(await refresh(token)), [400, 190, 463]);
});

test("unknown fields and a withdrawn parameter are rejected", async (t) => {
  const { sandbox, get, token } = await openInstagram(t);
  assert.deepEqual(codesOf(await get("/me", { fields: "shoe_size" })), BAD);
  assert.deepEqual(codesOf(await get(`/${IG}/media`, { fields: "id", limit: "none" })), BAD);
  assert.deepEqual(codesOf(await get("/17910000000009999", { fields: "id" })), GONE);
  assert.deepEqual(
    codesOf(await sandbox.call("GET", "https://graph.instagram.com/v26.0/me?date_format=U", { token })),
    BAD,
  );
  const old = await sandbox.call("GET", "https://graph.instagram.com/v18.0/me", { token });
  assert.deepEqual([old.status, old.headers.get("facebook-api-version")], [200, "v21.0"]);
});
