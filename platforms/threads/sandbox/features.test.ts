import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf } from "../../../sandbox/meta/errors.fixture.ts";
import { jpeg, listAt, serveFiles, stringAt, valueAt } from "../../../sandbox/sandbox.fixture.ts";
import { connect, GRAPH, openThreads } from "./threads.fixture.ts";

test("fields sent besides the text appear in the ledger and in the post", async (t) => {
  const { get, publish, posts } = await openThreads(t);
  const settings = {
    link_attachment: "https://example.test/a",
    reply_control: "mentioned_only",
    topic_tag: "House Plants",
    location_id: "106377336067638",
  };
  const id = await publish({ media_type: "TEXT", text: "Read this", ...settings });
  const [seen] = await posts();
  assert.deepEqual([seen?.["kind"], seen?.["settings"], seen?.["text"]], ["link", settings, "Read this"]);
  assert.deepEqual(
    (await get(`/${id}`, { fields: "topic_tag,link_attachment_url,reply_audience,location_id,is_reply" })).json,
    {
      id,
      topic_tag: "House Plants",
      link_attachment_url: "https://example.test/a",
      reply_audience: "MENTIONED_ONLY",
      location_id: "106377336067638",
      is_reply: false,
    },
  );
});

test("a poll, a GIF, a text attachment and a spoiler image are accepted", async (t) => {
  const { get, publish, posts } = await openThreads(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(400, 300) });
  const poll = { option_a: "Yes", option_b: "No", option_c: "Perhaps" };
  const id = await publish({ media_type: "TEXT", text: "Well?", poll_attachment: JSON.stringify(poll) });
  assert.deepEqual(
    valueAt((await get(`/${id}`, { fields: "poll_attachment{option_a,total_votes}" })).json, "poll_attachment"),
    poll,
  );
  await publish({ media_type: "TEXT", text: "Ha", gif_attachment: '{"gif_id":"1","provider":"GIPHY"}' });
  await publish({
    media_type: "TEXT",
    text: "Long",
    text_attachment: JSON.stringify({ plaintext: "x".repeat(10_000) }),
  });
  await publish({ media_type: "IMAGE", image_url: `${files}/a.jpg`, is_spoiler_media: "true", alt_text: "Seen" });
  const seen = await posts();
  assert.deepEqual(
    seen.map((one) => one["kind"]),
    ["image", "text", "gif", "text"],
  );
  assert.deepEqual(
    seen.map((one) => one["media"]),
    [[{ type: "image", altText: "Seen" }], [], [{ type: "gif", altText: null }], []],
  );
});

test("a topic within the text loses its sign, further ones keep it", async (t) => {
  const { get, publish } = await openThreads(t);
  const id = await publish({ media_type: "TEXT", text: "At #12 the #garden #sun" });
  assert.deepEqual((await get(`/${id}`, { fields: "text,topic_tag" })).json, {
    text: "At #12 the garden #sun",
    topic_tag: "garden",
    id,
  });
});

test("a ghost post leaves public view after 24 hours", async (t) => {
  const { get, publish, posts, advance } = await openThreads(t);
  const id = await publish({ media_type: "TEXT", text: "boo", is_ghost_post: "true" });
  assert.equal((await posts()).length, 1);
  await advance(24 * 3600);
  assert.deepEqual(await posts(), []);
  assert.equal((await get(`/${id}`, { fields: "id" })).status, 400);
});

test("auto_publish_text publishes in one request, which counts as a publish call", async (t) => {
  const { sandbox, get, post, posts } = await openThreads(t);
  const id = stringAt(
    (await post("/me/threads", { media_type: "TEXT", text: "at once", auto_publish_text: "true" })).json,
    "id",
  );
  assert.equal(valueAt((await get(`/${id}`, { fields: "text" })).json, "text"), "at once");
  assert.equal((await posts())[0]?.["publishCalls"], 1);
  assert.equal(listAt((await sandbox.control("GET", "requests?operation=publish")).json).length, 1);
});

test("quotes and reposts reference the original post", async (t) => {
  const { get, post, publish, posts } = await openThreads(t);
  const first = await publish({ media_type: "TEXT", text: "first" });
  const quote = await publish({ media_type: "TEXT", text: "look", quote_post_id: first });
  assert.deepEqual((await get(`/${quote}`, { fields: "is_quote_post,quoted_post" })).json, {
    is_quote_post: true,
    quoted_post: { id: first },
    id: quote,
  });
  const repost = stringAt((await post(`/${first}/repost`, {})).json, "id");
  const list = listAt((await get("/me/threads", { fields: "id,media_type,reposted_post", limit: "1" })).json, "data");
  assert.deepEqual(list, [{ id: repost, media_type: "REPOST_FACADE", reposted_post: { id: first } }]);
  assert.equal((await posts()).length, 3);
});

test("other people's replies appear below a post, and its owner can read them", async (t) => {
  const { sandbox, get, post, publish, advance } = await openThreads(t);
  const first = await publish({ media_type: "TEXT", text: "first" });
  const fan = await connect(sandbox, ["threads_basic", "threads_content_publish", "threads_manage_mentions"], "fan");
  const container = stringAt(
    (await post("/me/threads", { media_type: "TEXT", text: "nice", reply_to_id: first }, fan)).json,
    "id",
  );
  await advance(1);
  const reply = stringAt((await post("/me/threads_publish", { creation_id: container }, fan)).json, "id");
  const expected = [{ id: reply, username: "fan", is_reply_owned_by_me: false }];
  assert.deepEqual(
    listAt((await get(`/${first}/replies`, { fields: "id,username,is_reply_owned_by_me" })).json, "data"),
    expected,
  );
  assert.deepEqual(
    listAt((await get(`/${first}/conversation`, { fields: "id,username,is_reply_owned_by_me" })).json, "data"),
    expected,
  );
  assert.equal(valueAt((await get(`/${first}`, { fields: "has_replies" })).json, "has_replies"), true);
});

test("replies have their own quota", async (t) => {
  const { get, publish } = await openThreads(t);
  const first = await publish({ media_type: "TEXT", text: "1" });
  await publish({ media_type: "TEXT", text: "2", reply_to_id: first });
  const fields = "quota_usage,reply_quota_usage,reply_config,delete_quota_usage,location_search_config";
  assert.deepEqual((await get("/me/threads_publishing_limit", { fields })).json, {
    data: [
      {
        quota_usage: 1,
        reply_quota_usage: 1,
        reply_config: { quota_total: 1000, quota_duration: 86400 },
        delete_quota_usage: 0,
        location_search_config: { quota_total: 500, quota_duration: 86400 },
      },
    ],
  });
});

test("lists are paged by cursor, newest first", async (t) => {
  const { get, publish } = await openThreads(t);
  const ids: string[] = [];
  for (let number = 1; number <= 5; number += 1)
    ids.unshift(await publish({ media_type: "TEXT", text: `post ${number}` }));
  const found: unknown[] = [];
  let after: string | undefined;
  for (let page = 0; page < 3; page += 1) {
    const { json } = await get("/me/threads", { fields: "id", limit: "2", ...(after !== undefined && { after }) });
    found.push(...listAt(json, "data").map((one) => one["id"]));
    after = stringAt(json, "paging.cursors.after");
    assert.equal(typeof valueAt(json, "paging.next"), page < 2 ? "string" : "undefined");
  }
  assert.deepEqual(found, ids);
  assert.equal(listAt((await get("/me/threads", { since: "2026-11-02" })).json, "data").length, 0);
});

test("places are found by name and by position, with a number as ID", async (t) => {
  const { get } = await openThreads(t);
  const [bern] = listAt((await get("/location_search", { q: "bern" })).json, "data");
  assert.equal(bern?.["id"], 106377336067638);
  assert.equal(
    listAt((await get("/location_search", { latitude: "46.9", longitude: "7.4" })).json, "data")[0]?.["name"],
    "Bern",
  );
  assert.equal(valueAt((await get("/106377336067638", { fields: "id,city" })).json, "id"), "106377336067638");
});

test("parameters work in the query, a form, multipart or JSON, with any version or alias in the URL", async (t) => {
  const { sandbox, token } = await openThreads(t);
  const form = new FormData();
  form.set("media_type", "TEXT");
  form.set("text", "multipart ✓");
  const json = {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ media_type: "TEXT", text: "json ✓" }),
  };
  const answers = [
    await sandbox.call("POST", `${GRAPH}/v1.0/me/threads?media_type=TEXT&text=query&access_token=${token}`),
    await sandbox.call("POST", `https://graph.threads.com/v2.0/me/threads`, { token, body: form }),
    await sandbox.call("POST", `${GRAPH}/me/threads`, { token, ...json }),
  ];
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200, 200],
  );
});

test("profile pictures are images", async (t) => {
  const { sandbox, get } = await openThreads(t);
  const url = stringAt(
    (await get("/me", { fields: "threads_profile_picture_url" })).json,
    "threads_profile_picture_url",
  );
  const answer = await sandbox.call("GET", url);
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "image/jpeg"]);
});

test("every error of the platform's table can be forced by name", async (t) => {
  const { fault, post } = await openThreads(t);
  const expected: [string, unknown[]][] = [
    ["190/460", [400, 190, 460]],
    ["102", [400, 102]],
    ["190/464", [400, 190, 464]],
    ["10", [400, 10]],
    ["368", [400, 368]],
    ["613", [400, 613]],
    ["9004/2207052", [400, 9004, 2207052]],
    ["-2/2207003", [400, -2, 2207003]],
    ["352/2207026", [400, 352, 2207026]],
    ["restricted-4279013", [400, 4279013, 4279013]],
    ["spam-2207051", [400, 4, 2207051]],
    ["THREADS_API__FEATURE_NOT_AVAILABLE", [400, 100]],
    ["503", [503, 2]],
    ["3", [400, 3]],
    ["rate-4", [400, 4]],
  ];
  for (const [error, codes] of expected) {
    await fault({ operation: "create", kind: "reject", error });
    assert.deepEqual(codesOf(await post("/me/threads", { media_type: "TEXT", text: "x" })), codes, error);
  }
  assert.equal((await post("/me/threads", { media_type: "TEXT", text: "x" })).status, 200);
});

test("a person with the feature can limit a post to countries", async (t) => {
  const { sandbox, get, post } = await openThreads(t);
  const token = await connect(sandbox, ["threads_basic", "threads_content_publish"], "geo-gating");
  assert.equal(
    valueAt((await get("/me", { fields: "is_eligible_for_geo_gating" }, token)).json, "is_eligible_for_geo_gating"),
    true,
  );
  const create = (allowlisted_country_codes: string) =>
    post("/me/threads", { media_type: "TEXT", text: "x", allowlisted_country_codes }, token);
  assert.equal((await create("US,CH")).status, 200);
  assert.match((await create("US,XX")).text, /THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES/);
});
