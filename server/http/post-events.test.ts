import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { idOf } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const newDraft = async () => {
  const { body } = await world.call(world.test, "POST", "/api/v1/posts", { platformSetId: world.test.platformSetId, platforms: ["threads"], content: { text: "Followed" } });
  return idOf(body, "post");
};
const open = (id: string) => fetch(`${world.url}/api/v1/posts/${id}/events`, { headers: { authorization: `Bearer ${world.test.key}` } });
const shown = z.object({ post: z.object({ id: z.string(), status: z.string(), content: z.object({ text: z.string() }) }) });

/** The posts of a stream, as they come. */
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

test("whoever follows a post is told of it at once, of every change, and no more once it is settled", async () => {
  const id = await newDraft();
  const response = await open(id);
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.ok(response.headers.get("x-request-id"));
  const seen: string[] = [];
  for await (const post of postsOf(response)) {
    assert.equal(post.id, id);
    seen.push(`${post.status} ${post.content.text}`);
    if (seen.length === 1) await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "Changed" } });
    if (seen.length === 2) await world.call(world.test, "DELETE", `/api/v1/posts/${id}`);
  }
  assert.deepEqual(seen, ["draft Followed", "draft Changed", "discarded Changed"]);
});

test("a post that is not there cannot be followed, and a follower who leaves is let go", async () => {
  assert.equal((await open("01980b7a-6c00-7000-8000-000000000001")).status, 404);
  assert.equal((await fetch(`${world.url}/api/v1/posts/01980b7a-6c00-7000-8000-000000000001/events`)).status, 401);
  for await (const _post of postsOf(await open(await newDraft()))) break;
  // Closing the server would wait for a follower that it had not let go.
});
