import assert from "node:assert/strict";
import { test } from "node:test";

import { idOf, objectIn } from "../../tests/answers.ts";
import { createWorld } from "../../tests/world.ts";

test("a server that stops responds to waiting requests, ends streams, and keeps none of their connections", async () => {
  const world = await createWorld();
  await world.connect(world.test, "threads");
  const path = `/api/v1/posts/${idOf(
    (
      await world.call(world.test, "POST", "/api/v1/posts", {
        platformSetId: world.test.platformSetId,
        platforms: ["threads"],
        content: { text: "Wait for me" },
      })
    ).body,
    "post",
  )}`;
  const following = await fetch(`${world.url}${path}/events`, {
    headers: { authorization: `Bearer ${world.test.key}` },
  });
  const waiting = world.call(world.test, "POST", `${path}/publish`, undefined, { prefer: "wait=60" });
  // The stream shows when the request has done its work and starts to wait.
  let received = "";
  let closing: Promise<void> | undefined;
  for await (const chunk of following.body ?? []) {
    received += new TextDecoder().decode(chunk);
    if (received.includes('"status":"queued"')) closing ??= world.close();
  }
  const answer = await waiting;
  assert.deepEqual([answer.status, objectIn(answer.body, "post").status], [200, "queued"]);
  assert.deepEqual([following.headers.get("connection"), answer.headers.get("connection")], ["close", "close"]);
  await closing;
});
