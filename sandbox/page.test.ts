import assert from "node:assert/strict";
import { test } from "node:test";

import { openThreads } from "../platforms/threads/sandbox/threads.fixture.ts";
import { jpeg, openSandbox, serveFiles } from "./sandbox.fixture.ts";

test("an empty page says what to do", async (t) => {
  const { url } = await openSandbox(t, { appUrl: "http://localhost:3999" });
  const page = await (await fetch(url)).text();
  assert.match(page, /Nothing published yet/);
  assert.match(page, /http:\/\/localhost:3999\/api\/v1\/posts/);
});

test("the page shows posts, with their text escaped", async (t) => {
  const { sandbox, publish } = await openThreads(t);
  const files = await serveFiles(t, { "a.jpg": await jpeg(1200, 800) });
  await publish({ media_type: "TEXT", text: '<script>alert("x")</script> https://example.test/?a="><img src=x>' });
  await publish({ media_type: "IMAGE", image_url: `${files}/a.jpg`, alt_text: '" onload="alert(1)' });
  const page = await (await fetch(sandbox.url)).text();
  assert.equal(page.match(/<script/g)?.length, 1);
  assert.doesNotMatch(page, /<img src=x|" onload="/);
  const picture = /_sandbox\/media\/[0-9a-f]{64}\.webp/.exec(page)?.[0] ?? "";
  const answer = await fetch(`${sandbox.url}/${picture}`);
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, "image/webp"]);
});

test("a permalink on the sandbox shows its post, on every alias of the host", async (t) => {
  const { sandbox, publish } = await openThreads(t);
  const first = await publish({ media_type: "TEXT", text: "the first part" });
  await publish({ media_type: "TEXT", text: "the second part", reply_to_id: first });
  for (const host of ["www.threads.net", "threads.com"]) {
    const page = await sandbox.call("GET", `https://${host}/@sandbox_threads/post/SBXa1`);
    assert.equal(page.status, 200);
    assert.match(page.text, /the first part[^]*the second part/);
  }
  assert.match((await sandbox.call("GET", "https://www.threads.net/@sandbox_threads")).text, /the first part/);
  assert.equal((await fetch(`${sandbox.url}/no-such-page`)).status, 404);
});
