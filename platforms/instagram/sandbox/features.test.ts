import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import { jpeg, listAt, serveFiles, stringAt, valueAt, video } from "../../../sandbox/sandbox.fixture.ts";
import { connectByFacebook, FACEBOOK_SCOPES, openInstagram } from "./instagram.fixture.ts";

const IG = "17841400000000001";
const FACEBOOK = "https://graph.facebook.com/v25.0";

test("a carousel of an image and a video counts as one post", async (t) => {
  const { create, get, publish, posts, status } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800), "v.mp4": await video({ seconds: 4 }) });
  const image = await create({
    image_url: `${files}/a.jpg`,
    is_carousel_item: "true",
    alt_text: "A wall",
    user_tags: '[{"username":"fern","x":0.5,"y":0.5}]',
  });
  const clip = await create({
    media_type: "VIDEO",
    video_url: `${files}/v.mp4`,
    is_carousel_item: "true",
    thumb_offset: "1500",
  });
  const states = [];
  for (let read = 0; read < 3; read += 1) states.push(valueAt((await status(clip)).json, "status_code"));
  assert.deepEqual(states, ["IN_PROGRESS", "IN_PROGRESS", "FINISHED"]);
  await status(image);
  await status(image);
  const media = await publish({
    media_type: "CAROUSEL",
    children: `${image},${clip}`,
    caption: "Both",
    location_id: "106377336067638",
    collaborators: '["ana","ben"]',
  });
  const read = (
    await get(`/${media}`, { fields: "media_type,media_product_type,caption,children{media_type,alt_text}" })
  ).json;
  assert.deepEqual(
    [valueAt(read, "media_type"), valueAt(read, "media_product_type"), valueAt(read, "caption")],
    ["CAROUSEL_ALBUM", "FEED", "Both"],
  );
  assert.deepEqual(
    listAt(read, "children.data").map((child) => [child["media_type"], child["alt_text"]]),
    [
      ["IMAGE", "A wall"],
      ["VIDEO", undefined],
    ],
  );
  assert.deepEqual(listAt((await get(`/${IG}/content_publishing_limit`, { fields: "quota_usage" })).json, "data"), [
    { quota_usage: 1 },
  ]);
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], seen?.["media"]],
    [
      "carousel",
      [
        { type: "image", altText: "A wall" },
        { type: "video", altText: null },
      ],
    ],
  );
  assert.deepEqual(seen?.["settings"], {
    location_id: "106377336067638",
    collaborators: ["ana", "ben"],
    items: [{ user_tags: [{ username: "fern", x: 0.5, y: 0.5 }] }, { thumb_offset: "1500" }],
  });
});

test("a reel with a cover, and a story without its caption", async (t) => {
  const { get, publish, posts, advance } = await openInstagram(t);
  const files = await serveFiles(t, { "c.jpg": await jpeg(1080, 1920), "v.mp4": await video({ seconds: 4 }) });
  const settings = {
    share_to_feed: "true",
    cover_url: `${files}/c.jpg`,
    thumb_offset: "1500",
    audio_name: "Birds",
    is_ai_generated: "true",
  };
  const reel = await publish({
    media_type: "REELS",
    video_url: `${files}/v.mp4`,
    caption: "A reel",
    user_tags: '[{"username":"fern"}]',
    ...settings,
  });
  const story = await publish({ media_type: "STORIES", image_url: `${files}/c.jpg`, caption: "unseen" });
  assert.deepEqual((await get(`/${reel}`, { fields: "media_type,media_product_type,permalink" })).json, {
    id: reel,
    media_type: "VIDEO",
    media_product_type: "REELS",
    permalink: "https://www.instagram.com/reel/SBX1/",
  });
  const permalink = `https://www.instagram.com/stories/sandbox_brand/${story}`;
  assert.deepEqual(listAt((await get(`/${IG}/stories`, { fields: "id,media_product_type,permalink" })).json, "data"), [
    { id: story, media_product_type: "STORY", permalink },
  ]);
  assert.deepEqual(listAt((await get(`/${IG}/media`, { fields: "id" })).json, "data"), [{ id: reel }]);
  const seen = await posts();
  assert.deepEqual(
    seen.map((one) => [one["kind"], one["text"], one["url"]]),
    [
      ["story", "", permalink],
      ["reel", "A reel", "https://www.instagram.com/reel/SBX1/"],
    ],
  );
  assert.deepEqual(seen[1]?.["settings"], { user_tags: [{ username: "fern" }], ...settings });
  await advance(24 * 3600);
  assert.deepEqual(
    (await posts()).map((one) => one["kind"]),
    ["reel"],
  );
  assert.deepEqual(listAt((await get(`/${IG}/stories`)).json, "data"), []);
});

test("with Facebook's login, the account is found through its Page, and either token publishes", async (t) => {
  const { sandbox, token, get, post, advance, posts } = await openInstagram(t, { login: "facebook" });
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const pages = listAt(
    (
      await get("/me/accounts", {
        fields: "id,name,access_token,tasks,picture{url},instagram_business_account{id,username}",
      })
    ).json,
    "data",
  );
  assert.equal(pages.length, 1);
  assert.deepEqual(valueAt(pages[0], "instagram_business_account"), { id: IG, username: "sandbox_brand" });
  const pageToken = stringAt(pages[0], "access_token");
  assert.equal(
    stringAt(listAt((await get("/me/accounts", { fields: "access_token" })).json, "data")[0], "access_token"),
    pageToken,
  );
  for (const by of [token, pageToken]) {
    const container = stringAt(
      (await post(`/${IG}/media`, { image_url: `${files}/a.jpg`, caption: by === token ? "user" : "page" }, by)).json,
      "id",
    );
    await advance(2);
    assert.equal((await post(`/${IG}/media_publish`, { creation_id: container }, by)).status, 200);
  }
  assert.deepEqual(
    (await posts()).map((one) => one["text"]),
    ["page", "user"],
  );
  assert.deepEqual(
    listAt((await get("/me/permissions")).json, "data").map((one) => one["permission"]),
    FACEBOOK_SCOPES,
  );
  const debug = await sandbox.call("GET", `${FACEBOOK}/debug_token?input_token=${pageToken}`, { token });
  assert.deepEqual(
    [valueAt(debug.json, "data.type"), valueAt(debug.json, "data.expires_at"), valueAt(debug.json, "data.is_valid")],
    ["PAGE", 0, true],
  );
  const twoPages = await connectByFacebook(sandbox, FACEBOOK_SCOPES, "ana");
  const found = listAt(
    (await sandbox.call("GET", `${FACEBOOK}/me/accounts?fields=id,instagram_business_account`, { token: twoPages }))
      .json,
    "data",
  );
  assert.deepEqual(
    found.map((page) => "instagram_business_account" in page),
    [true, false],
  );
});

test("a first comment appears on its post, and comments can be turned off", async (t) => {
  const { get, post, publish, posts, remove } = await openInstagram(t, { login: "facebook" });
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const media = await publish({ image_url: `${files}/a.jpg` });
  const comment = await post(`/${media}/comments`, { message: "First #one" });
  assert.deepEqual(comment.json, { id: "17870000000000001" });
  assert.deepEqual(listAt((await get(`/${media}/comments`, { fields: "id,text,username" })).json, "data"), [
    { id: "17870000000000001", text: "First #one", username: "sandbox_brand" },
  ]);
  assert.deepEqual((await posts())[0]?.["comments"], ["First #one"]);
  assert.deepEqual((await post(`/${media}`, { comment_enabled: "false" })).json, { success: true });
  assert.deepEqual(codesOf(await post(`/${media}/comments`, { message: "Second" })), [400, 100]);
  assert.deepEqual((await remove("/17870000000000001")).json, { success: true });
  assert.deepEqual((await remove(`/${media}`)).json, { success: true });
  assert.deepEqual(await posts(), []);
  assert.deepEqual(codesOf(await get(`/${media}`, { fields: "id" })), [400, 100, 33]);
});

test("a comment needs its scope, and deleting needs Facebook's login", async (t) => {
  const { post, publish, remove } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const media = await publish({ image_url: `${files}/a.jpg` });
  assert.deepEqual(codesOf(await post(`/${media}/comments`, { message: "First" })), [400, 10]);
  assert.deepEqual(codesOf(await remove(`/${media}`)), [400, 10]);
});

test("every named error is returned as named", async (t) => {
  const { sandbox, fault, get } = await openInstagram(t);
  const known = (
    await sandbox.control("POST", "faults", {
      platform: "instagram",
      operation: "read",
      kind: "reject",
      error: "no-such-error",
    })
  ).json;
  const names = valueAt(known, "known");
  assert.ok(Array.isArray(names));
  for (const name of names.filter((one) => /^-?\d+(\/\d+)?$/.test(String(one)) && one !== "80002")) {
    await fault({ operation: "read", kind: "reject", error: name });
    const { code, error_subcode: subcode } = errorOf(await get("/me"));
    if (name !== "503") assert.equal(subcode === undefined ? String(code) : `${String(code)}/${String(subcode)}`, name);
  }
});

test("an interrupted video upload resumes where it stopped", async (t) => {
  const { sandbox, token, fault, make, post, status, advance } = await openInstagram(t, { login: "facebook" });
  const made = await make({ media_type: "REELS", upload_type: "resumable" });
  const id = stringAt(made.json, "id");
  const clip = await readFile(new URL("../../../tests/fixtures/portrait-9x16.mp4", import.meta.url));
  const send = (offset: number) =>
    sandbox.call("POST", stringAt(made.json, "uri"), {
      headers: { authorization: `OAuth ${token}`, offset: String(offset), file_size: String(clip.length) },
      body: clip.subarray(offset),
    });
  await fault({ operation: "upload", kind: "reject", error: "upload-interrupt-at-1000" });
  await assert.rejects(send(0));
  assert.deepEqual((await send(1000)).json, { success: true, message: "Upload successful." });
  await advance(10);
  assert.equal(valueAt((await status(id)).json, "status_code"), "FINISHED");
  assert.equal((await post(`/${IG}/media_publish`, { creation_id: id })).status, 200);
});

test("switches that routes simulate", async (t) => {
  const { create, fault, get, make, post, posts, status, advance } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  const image = { image_url: `${files}/a.jpg` };
  const finished = async () => {
    const id = await create(image);
    await advance(2);
    return id;
  };
  const publish = (creation_id: string) => post(`/${IG}/media_publish`, { creation_id });

  await fault({ operation: "create", kind: "reject", error: "fetch-404" });
  assert.deepEqual(codesOf(await make(image)), [400, 9004, 2207052]);
  await fault({ operation: "create", kind: "reject", error: "bad-format" });
  assert.deepEqual(codesOf(await make(image)), [400, 36001, 2207005]);
  await fault({ operation: "create", kind: "reject", error: "stuck-in-progress" });
  const stuck = await finished();
  assert.equal(valueAt((await status(stuck)).json, "status_code"), "IN_PROGRESS");
  await fault({ operation: "publish", kind: "reject", error: "quota-full" });
  assert.deepEqual(codesOf(await publish(await finished())), [400, 9, 2207042]);
  await fault({ operation: "publish", kind: "reject", error: "spam-2207051-but-live" });
  assert.deepEqual(codesOf(await publish(await finished())), [400, 4, 2207051]);
  assert.equal((await posts()).length, 1);
  const twice = await finished();
  await publish(twice);
  await fault({ operation: "publish", kind: "reject", error: "republish-accepts" });
  assert.equal((await publish(twice)).status, 200);
  assert.equal((await posts()).length, 3);
  await fault({ operation: "publish", kind: "reject", error: "list-lag-60s" });
  const late = stringAt((await publish(await finished())).json, "id");
  const listed = async () =>
    listAt((await get(`/${IG}/media`, { fields: "id" })).json, "data").some((one) => one["id"] === late);
  assert.equal(await listed(), false);
  await fault({ operation: "read", kind: "reject", error: "permalink-100-33" });
  assert.equal((await get("/me")).status, 200);
  assert.deepEqual(codesOf(await get(`/${late}`, { fields: "permalink" })), [400, 100, 33]);
  await advance(60);
  assert.equal(await listed(), true);
});

test("a post's permalink shows it, and the profile shows all posts", async (t) => {
  const { sandbox, publish } = await openInstagram(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(800, 800) });
  await publish({ image_url: `${files}/a.jpg`, caption: "<b>first</b>", alt_text: '" onload="x' });
  for (const address of [
    "https://www.instagram.com/p/SBX1/",
    "https://instagram.com/p/SBX1",
    "https://www.instagram.com/sandbox_brand/",
  ]) {
    const page = await sandbox.call("GET", address);
    assert.equal(page.status, 200, address);
    assert.match(page.text, /&#60;b&#62;first/);
    assert.doesNotMatch(page.text, /<b>first|" onload="/);
  }
});
