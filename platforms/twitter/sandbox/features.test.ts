import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { jpeg, listAt, stringAt, valueAt } from "../../../sandbox/sandbox.fixture.ts";
import { SWITCHES } from "./errors.ts";
import { API, connect, openX } from "./twitter.fixture.ts";

test("a poll and the reply settings appear in the ledger and in the post", async (t) => {
  const { get, publish, posts } = await openX(t);
  const poll = { options: ["Red", "Blue"], duration_minutes: 1440 };
  const id = await publish({ text: "Which one?", poll, reply_settings: "following", made_with_ai: true });
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], seen?.["settings"]],
    ["text", { poll, reply_settings: "following", made_with_ai: true }],
  );
  const { json } = await get(`/2/tweets/${id}`, {
    "tweet.fields": "reply_settings,author_id",
    expansions: "attachments.poll_ids,author_id",
    "poll.fields": "voting_status,end_datetime",
  });
  assert.equal(valueAt(json, "data.reply_settings"), "following");
  const [found] = listAt(json, "includes.polls");
  assert.deepEqual([found?.["voting_status"], found?.["end_datetime"]], ["open", "2026-11-02T12:00:00.000Z"]);
  assert.equal(listAt(json, "includes.users")[0]?.["username"], "sandbox_x");
});

test("a GIF is processed, described and posted alone", async (t) => {
  const { chunked, status, post, publish, posts, get } = await openX(t);
  const bytes = await readFile(new URL("../../../tests/fixtures/animated.gif", import.meta.url));
  const id = stringAt((await chunked(bytes, "image/gif", "tweet_gif")).json, "data.id");
  assert.equal((await post("/2/media/metadata", { id, metadata: { alt_text: { text: "It moves" } } })).status, 200);
  await status(id);
  assert.equal(valueAt((await status(id)).json, "data.processing_info.state"), "succeeded");
  const tweet = await publish({ media: { media_ids: [id] } });
  const [seen] = await posts();
  assert.deepEqual(
    [seen?.["kind"], seen?.["media"], seen?.["text"]],
    ["gif", [{ type: "gif", altText: "It moves" }], ""],
  );
  const { json } = await get(`/2/tweets/${tweet}`, {
    "tweet.fields": "attachments",
    expansions: "attachments.media_keys",
    "media.fields": "alt_text,type",
  });
  assert.deepEqual(listAt(json, "includes.media"), [
    { media_key: `16_${id}`, type: "animated_gif", alt_text: "It moves" },
  ]);
  assert.match(stringAt(json, "data.text"), /^https:\/\/t\.co\/\w{10}$/);
});

test("an image can be sent as base64 in JSON, and so can segments", async (t) => {
  const { sandbox, token, post, publish } = await openX(t);
  const bytes = await jpeg(400, 300);
  const media = bytes.toString("base64");
  const once = await post("/2/media/upload", { media, media_category: "tweet_image" });
  const id = stringAt(once.json, "data.id");
  assert.deepEqual(once.json, {
    data: {
      id,
      media_key: `3_${id}`,
      size: bytes.length,
      expires_after_secs: 86400,
      image: { image_type: "image/jpeg", w: 400, h: 300 },
    },
  });
  const opened = stringAt(
    (
      await post("/2/media/upload/initialize", {
        media_type: "image/jpeg",
        total_bytes: bytes.length,
        media_category: "tweet_image",
      })
    ).json,
    "data.id",
  );
  assert.equal(
    typeof valueAt(
      (await post(`/2/media/upload/${opened}/append`, { media, segment_index: 0 })).json,
      "data.expires_at",
    ),
    "number",
  );
  const finalize = () => sandbox.call("POST", `${API}/2/media/upload/${opened}/finalize`, { token });
  const finished = await finalize();
  assert.deepEqual([finished.status, valueAt(finished.json, "data.processing_info")], [200, undefined]);
  assert.deepEqual((await finalize()).json, finished.json);
  await publish({ media: { media_ids: [id, opened] } });
});

test("links are shortened and special characters escaped, and short links redirect", async (t) => {
  const { sandbox, get, publish, posts } = await openX(t);
  const text = "a < b & example.com #tag @sandbox_x $AB";
  const id = await publish({ text });
  assert.equal((await posts())[0]?.["text"], text);
  const { json } = await get(`/2/tweets/${id}`, { "tweet.fields": "entities" });
  const given = stringAt(json, "data.text");
  assert.match(given, /^a &lt; b &amp; https:\/\/t\.co\/\w{10} #tag @sandbox_x \$AB$/);
  const [url] = listAt(json, "data.entities.urls");
  assert.deepEqual(
    [given.slice(Number(url?.["start"]), Number(url?.["end"])), url?.["expanded_url"], url?.["display_url"]],
    [url?.["url"], "http://example.com", "example.com"],
  );
  for (const [name, member] of [
    ["hashtags", "tag"],
    ["cashtags", "tag"],
    ["mentions", "username"],
  ] as const) {
    const [entity] = listAt(json, `data.entities.${name}`);
    assert.equal(given.slice(Number(entity?.["start"]) + 1, Number(entity?.["end"])), entity?.[member], name);
  }
  const followed = await sandbox.call("GET", String(url?.["url"]));
  assert.deepEqual([followed.status, followed.headers.get("location")], [301, "http://example.com"]);
});

test("a timeline is paginated, without replies on request, with old and new field names", async (t) => {
  const { get, publish, userId, fault } = await openX(t);
  const first = await publish({ text: "post 0" });
  for (let number = 1; number <= 6; number += 1)
    await publish({ text: `post ${number}`, ...(number === 3 && { reply: { in_reply_to_tweet_id: first } }) });
  const path = `/2/users/${userId}/tweets`;
  const page = (await get(path, { max_results: "5" })).json;
  assert.deepEqual(
    listAt(page, "data").map((one) => one["text"]),
    ["post 6", "post 5", "post 4", "post 3", "post 2"],
  );
  const rest = (await get(path, { max_results: "5", pagination_token: stringAt(page, "meta.next_token") })).json;
  assert.deepEqual(
    listAt(rest, "data").map((one) => one["text"]),
    ["post 1", "post 0"],
  );
  assert.equal(valueAt((await get(path, { exclude: "replies,retweets" })).json, "meta.result_count"), 6);
  assert.equal(valueAt((await get(path, { since_id: first })).json, "meta.result_count"), 6);
  await fault({ operation: "read", kind: "reject", error: "fields-renamed" });
  const refused = await get(path, { "tweet.fields": "referenced_tweets" });
  assert.equal(refused.status, 400);
  assert.match(refused.text, /tweet\.fields/);
  const renamed = listAt((await get(path, { "post.fields": "referenced_posts" })).json, "data")[3];
  assert.deepEqual(
    [renamed?.["referenced_posts"], Array.isArray(renamed?.["edit_history_post_ids"])],
    [[{ type: "replied_to", id: first }], true],
  );
});

test("faults of processing: failed, slow, stuck", async (t) => {
  const { sandbox, fault, chunked, status, advance, post } = await openX(t);
  const bytes = await readFile(new URL("../../../tests/fixtures/animated.gif", import.meta.url));
  const upload = async (kind: Record<string, unknown>) => {
    await fault({ operation: "upload", ...kind });
    return stringAt((await chunked(bytes, "image/gif", "tweet_gif")).json, "data.id");
  };
  const state = async (id: string) => valueAt((await status(id)).json, "data.processing_info.state");
  const failed = await upload({ kind: "reject", error: "media-failed" });
  assert.deepEqual([await state(failed), await state(failed)], ["in_progress", "failed"]);
  assert.equal((await post("/2/tweets", { media: { media_ids: [failed] } })).status, 400);
  const slow = await upload({ kind: "reject", error: "slow-processing" });
  assert.deepEqual(
    [await state(slow), await state(slow), await state(slow)],
    ["in_progress", "in_progress", "in_progress"],
  );
  await advance(60);
  assert.equal(await state(slow), "succeeded");
  await fault({ operation: "status", kind: "process_forever" });
  const stuck = stringAt((await chunked(bytes, "image/gif", "tweet_gif")).json, "data.id");
  await state(stuck);
  await advance(3600);
  assert.equal(await state(stuck), "in_progress");
  assert.deepEqual(sandbox.logged, []);
});

test("every named error can be forced, and the next call succeeds", async (t) => {
  const { fault, post } = await openX(t);
  const names = SWITCHES.filter((one) => one.answer && one.operations.includes("publish")).map((one) => one.name);
  for (const error of names) {
    await fault({ operation: "publish", kind: "reject", error });
    const answer = await post("/2/tweets", { text: `forced ${error}` });
    assert.ok(answer.status >= 400, error);
    assert.ok(answer.json !== undefined, error);
  }
  assert.equal((await post("/2/tweets", { text: "x" })).status, 201);
  await fault({ operation: "publish", kind: "reject", error: "rate-24h" });
  const day = await post("/2/tweets", { text: "y" });
  assert.deepEqual(
    [day.status, day.headers.get("x-user-limit-24hour-remaining"), day.headers.get("x-user-limit-24hour-reset")],
    [429, "0", "1793620800"],
  );
  await fault({ operation: "publish", kind: "rate_limit" });
  const limited = await post("/2/tweets", { text: "y" });
  assert.deepEqual([limited.status, limited.headers.get("x-rate-limit-remaining")], [429, "0"]);
});

test("without limits, nothing is counted; aliases behave the same; a page shows each post", async (t) => {
  const { sandbox, token, publish } = await openX(t, { limits: false });
  for (let number = 1; number <= 101; number += 1) await publish({ text: `post ${number}` });
  assert.equal(
    (
      await sandbox.call("POST", "https://api.twitter.com/2/tweets", {
        token,
        headers: { "content-type": "application/json" },
        body: '{"text":"alias"}',
      })
    ).status,
    201,
  );
  const id = await publish({ text: "<b>seen</b>" });
  const page = await sandbox.call("GET", `https://x.com/sandbox_x/status/${id}`);
  assert.equal(page.status, 200);
  assert.match(page.text, /&#60;b&#62;seen/);
});

test("every login hint is a separate person with a picture", async (t) => {
  const { sandbox, get } = await openX(t);
  const me = async (hint: string) =>
    (await get("/2/users/me", { "user.fields": "profile_image_url" }, (await connect(sandbox, { hint })).accessToken))
      .json;
  const ana = await me("ana.lopez@example.test");
  assert.deepEqual(ana, await me("ana.lopez@example.test"));
  assert.deepEqual([valueAt(ana, "data.username"), valueAt(ana, "data.name")], ["ana_lopez", "Ana Lopez"]);
  assert.equal(valueAt(await me("ana.lopez@other.test"), "data.username"), "ana_lopez2");
  const picture = await sandbox.call("GET", stringAt(ana, "data.profile_image_url"));
  assert.deepEqual([picture.status, picture.headers.get("content-type")], [200, "image/jpeg"]);
});
