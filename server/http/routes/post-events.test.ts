import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { after, before, test } from "node:test";

import { z } from "zod";

import type { Mode } from "../../../model/platform-names.ts";
import { idOf } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { createStreams } from "../../calls/streams.ts";
import { revokeKey } from "../../db/queries/api-keys.ts";
import { createApiKey } from "../../domain/api-keys/api-keys.ts";
import { getPost } from "../../domain/posts/get-post.ts";
import { createHttpApp } from "../app.ts";
import { createFollowed } from "./follow-post.ts";

let world: World;
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const probes = {
  ready: async () => ({ ready: true, checks: {} }),
  metrics: async () => ({ contentType: "text/plain", text: "" }),
};
const newDraft = async (tenant = world.test) => {
  const { body } = await world.call(tenant, "POST", "/api/v1/posts", {
    platformSetId: tenant.platformSetId,
    platforms: ["threads"],
    content: { text: "Followed" },
  });
  return idOf(body, "post");
};
const open = (id: string, key = world.test.key) =>
  fetch(`${world.url}/api/v1/posts/${id}/events`, { headers: { authorization: `Bearer ${key}` } });
const shown = z.object({
  post: z.object({ id: z.string(), status: z.string(), content: z.object({ text: z.string() }) }),
});

/** The posts of a stream, as they arrive. */
async function* postsOf(response: Response): AsyncGenerator<z.output<typeof shown>["post"]> {
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk);
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const data = /^event: post\nid: ".+"\ndata: (.+)$/.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield shown.parse(JSON.parse(data)).post;
    }
  }
}

test("a follower of a post gets it immediately, after every change, and no more once it is settled", async () => {
  const id = await newDraft();
  const response = await open(id);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.ok(response.headers.get("x-request-id"));
  const seen: string[] = [];
  for await (const post of postsOf(response)) {
    assert.equal(post.id, id);
    seen.push(`${post.status} ${post.content.text}`);
    if (seen.length === 1)
      await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Changed" } });
    if (seen.length === 2) await world.call(world.test, "DELETE", `/api/v1/posts/${id}`);
  }
  assert.deepEqual(seen, ["draft Followed", "draft Changed", "discarded Changed"]);
});

test("the dashboard follows a post with its session, in the mode that its address names", async () => {
  const id = await newDraft();
  const headers = { cookie: await world.signIn(world.test) };
  const follow = (mode: string) => fetch(`${world.url}/api/v1/posts/${id}/events?mode=${mode}`, { headers });
  assert.equal((await follow("live")).status, 404);
  const response = await follow("test");
  assert.equal(response.status, 200, response.ok ? "" : await response.text());
  for await (const post of postsOf(response)) {
    assert.equal(post.id, id);
    break;
  }
});

test("a missing post cannot be followed, and a follower who disconnects is released", async () => {
  assert.equal((await open("01980b7a-6c00-7000-8000-000000000001")).status, 404);
  assert.equal((await fetch(`${world.url}/api/v1/posts/01980b7a-6c00-7000-8000-000000000001/events`)).status, 401);
  for await (const _post of postsOf(await open(await newDraft()))) break;
  // Closing the server would wait for a stream that it did not end.
});

test("a stream ends with its key: revoked, expired or deleted with its user", async () => {
  const { pool } = world.database;
  const keyOf = () => createApiKey(world.services, world.test, { name: "follower" });
  const [revoked, expired, deleted] = await Promise.all([keyOf(), keyOf(), keyOf()]);
  const id = await newDraft();
  const streams = await Promise.all([revoked, expired, deleted].map(({ apiKey }) => open(id, apiKey)));
  const seen = streams.map(async (response) => {
    const texts: string[] = [];
    for await (const post of postsOf(response)) texts.push(post.content.text);
    return texts;
  });
  await revokeKey(pool, revoked.id, world.test.userId);
  await pool.query("update api_keys set expires_at = now() where id = $1", [expired.id]);
  await pool.query("delete from api_keys where id = $1", [deleted.id]);
  assert.deepEqual(await Promise.all(seen), [["Followed"], ["Followed"], ["Followed"]]);
});

test("a user's streams are limited, and so are all together", async () => {
  const few = await createHttpApp(world.services, { probes, mostStreams: { ofUser: 2, all: 3 } });
  const url = await few.listen({ port: 0, host: "127.0.0.1" });
  const other = (await world.makeTenants()).test;
  await world.connect(other, "threads");
  const [mine, theirs] = [await newDraft(), await newDraft(other)];
  const follow = (id: string, key: string) =>
    fetch(`${url}/api/v1/posts/${id}/events`, { headers: { authorization: `Bearer ${key}` } });
  const held = [await follow(mine, world.test.key), await follow(mine, world.test.key)];
  const refused = await follow(mine, world.test.key);
  assert.equal(refused.status, 429);
  assert.match(await refused.text(), /You have reached the limit of 2 open streams/);
  held.push(await follow(theirs, other.key));
  assert.match(await (await follow(theirs, other.key)).text(), /reached its limit of open streams/);
  await held[0]?.body?.cancel();
  // It is counted until the server notices that it disconnected.
  let again = await follow(mine, world.test.key);
  while (again.status === 429) again = await follow(mine, world.test.key);
  assert.equal(again.status, 200);
  await few.close();
});

test("however many streams some users hold, those who have few get more, and live mode never waits for test mode", () => {
  const streams = createStreams(world.services);
  const hold = (userId: string, mode: Mode = "test") =>
    streams.hold(
      { userId, mode, actor: { kind: "key", id: null } },
      () => Promise.resolve(),
      () => {},
    );
  const held: (() => void)[] = [];
  for (let user = 0; user < 20; user += 1)
    assert.throws(
      () => {
        for (;;) held.push(hold(`many ${user}`));
      },
      { name: "PublicError", code: "RATE_LIMITED" },
    );
  for (let user = 0; user < 100; user += 1) held.push(hold(`few ${user}`));
  // Live mode has its own.
  for (let stream = 0; stream < 500; stream += 1) held.push(hold("many 0", "live"));
  for (const release of held) release();
});

test("a stream on a waiting post ends after a while", async () => {
  const short = await createHttpApp(world.services, { probes, longestStreamMilliseconds: 200 });
  const url = await short.listen({ port: 0, host: "127.0.0.1" });
  const text = await (
    await fetch(`${url}/api/v1/posts/${await newDraft()}/events`, {
      headers: { authorization: `Bearer ${world.test.key}` },
    })
  ).text();
  assert.equal(text.match(/^event: post$/gm)?.length, 1);
  await short.close();
});

test("a change of a post is read once, however many follow it", async () => {
  const heard = new EventEmitter();
  const listener = {
    on: (_channel: string, hear: (payload: string) => void) => (
      heard.on("post", hear),
      () => void heard.off("post", hear)
    ),
  };
  const id = await newDraft();
  const first = await getPost(world.services, world.test, id);
  const followed = createFollowed(listener, 1_000_000);
  const ended = new AbortController();
  let looks = 0;
  const read = () => ((looks += 1), getPost(world.services, world.test, id));
  const followers = Array.from({ length: 1_000 }, () => followed.follow("key", read, first, ended.signal));
  const next = () => Promise.all(followers.map((follower) => follower.next()));
  await next();
  // What was sent between the first read and listening.
  await next();
  await next();
  const before = looks;
  const told = next();
  heard.emit("post", id);
  assert.equal(
    (await told).every(({ done }) => done !== true),
    true,
  );
  assert.equal(looks, before + 1);
  ended.abort();
  await Promise.all(followers.map((follower) => follower.return(undefined)));
  assert.equal(heard.listenerCount("post"), 0);
});
