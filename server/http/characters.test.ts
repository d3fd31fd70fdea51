import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";

import { asRefusal, idOf } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";

/**
 * What PostgreSQL cannot store as text or JSON: in a field of a request it is rejected, and is never an internal error.
 */
const BAD = { NUL: "a\u0000b", "half a character": "a\ud83db" };

let world: World;
let postId: string;
let session: string;

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
  session = await world.signIn(world.test);
  postId = idOf((await world.call(world.test, "POST", "/api/v1/posts", post({}))).body, "post");
});
after(() => world.close());

const post = (content: object) => ({
  content: { text: "Hi", ...content },
  platforms: ["threads"],
  platformSetId: world.test.platformSetId,
});
const settings = (given: object) => post({ platformOverrides: { threads: { settings: given } } });

/** All ways to send text as JSON. */
const WAYS: Record<string, (text: string) => [method: string, path: string, body: unknown]> = {
  "a post's text": (text) => ["POST", "/api/v1/posts", post({ text })],
  "the text of a change": (text) => ["PATCH", `/api/v1/posts/${postId}`, { content: { text } }],
  "the text of an old route": (text) => [
    "POST",
    "/api/posts",
    { text, platforms: ["threads"], platformSetId: world.test.platformSetId },
  ],
  "a text to validate": (text) => ["POST", "/api/v1/posts/validate", post({ text })],
  "the text of one platform": (text) => ["POST", "/api/v1/posts", post({ platformOverrides: { threads: { text } } })],
  "a setting": (text) => ["POST", "/api/v1/posts", settings({ topicTag: text })],
  "the name of a setting": (text) => ["POST", "/api/v1/posts", settings({ [text]: 1 })],
  "a part of a chain": (text) => ["POST", "/api/v1/posts", settings({ thread: [{ text }] })],
  "an alternative text": (text) => [
    "POST",
    "/api/v1/posts",
    post({ media: [{ url: "https://example.com/a.jpg", altText: text }] }),
  ],
  "the name of a file": (text) => ["POST", "/api/v1/posts", post({ media: [{ filename: text }] })],
  "the address of a file": (text) => ["POST", "/api/v1/media", { url: `https://example.com/${text}` }],
  "a link": (text) => ["POST", "/api/v1/posts", post({ linkUrl: `https://example.com/${text}` })],
  "a time": (text) => ["POST", "/api/v1/posts", { ...post({}), scheduledFor: text }],
  "the name of a platform set": (text) => ["POST", "/api/v1/platform-sets", { name: text }],
  "a webhook's description": (text) => [
    "POST",
    "/api/v1/webhooks",
    { url: "https://example.com/events", events: ["post.published"], description: text },
  ],
  "a customer's id": (text) => [
    "POST",
    "/api/v1/connect-links",
    { platformSetId: world.test.platformSetId, externalId: text, returnUrl: "https://example.com/back" },
  ],
};

suite("a character that no database keeps is refused with a sentence", () => {
  for (const [kind, text] of Object.entries(BAD)) {
    for (const [way, write] of Object.entries(WAYS)) {
      test(`${kind} in ${way}`, async () => {
        const refusal = asRefusal(await world.call(world.test, ...write(text)), 400);
        assert.equal(refusal.issues[0]?.rule, "request.characters", JSON.stringify(refusal));
      });
    }
    test(`${kind} in the name of a key`, async () => {
      const refusal = asRefusal(await world.callAs(session, "POST", "/api/keys", { name: text, mode: "test" }), 400);
      assert.equal(refusal.issues[0]?.rule, "request.characters", JSON.stringify(refusal));
    });
  }

  for (const written of ["%00", "a%00b", "%ED%A0%BD", "%FF", "%"]) {
    test(`${written} in the URL of a request`, async () => {
      for (const path of [
        `/api/v1/posts?search=${written}`,
        `/api/v1/posts?cursor=${written}`,
        `/api/v1/posts?status=${written}`,
        `/api/v1/media?cursor=${written}`,
        `/api/v1/posts?${written}=1`,
      ]) {
        const { status, body } = await world.call(world.test, "GET", path);
        assert.ok(status === 200 || (status >= 400 && status < 500), `${path}: ${status} ${JSON.stringify(body)}`);
      }
    });
  }
});

test("errors before any route have the same format, ID, limits and CORS headers as all others", async () => {
  for (const path of ["/api/v1/posts/%FF", "/api/v1/posts/%", "/api/v1/media/%ED%A0%80", "/api/v1/no/such"]) {
    const called = await world.call(world.test, "GET", path);
    const { requestId } = asRefusal(called, path.endsWith("such") ? 404 : 400);
    assert.equal(called.headers.get("x-request-id"), requestId);
    for (const name of ["limit", "remaining", "reset"])
      assert.ok(Number(called.headers.get(`x-ratelimit-${name}`)) > 0, `${path}: ${name}`);
    assert.equal(called.headers.get("access-control-allow-origin"), "*");
  }
});

test("a file keeps as much of its name as possible, in whole characters", async () => {
  const picture = await readFile(new URL("../../tests/fixtures/photo-1x1.png", import.meta.url));
  for (const [name, kept] of [
    ["a\u0001b\u0000.png", "a\u0001b.png"],
    [`${"a".repeat(254)}\u{1f600}.png`, "a".repeat(254)],
  ] as const) {
    const form = new FormData();
    form.set("data", JSON.stringify(post({})));
    form.set("files", new File([picture], name, { type: "image/png" }));
    const { status, body } = await world.call(world.test, "POST", "/api/v1/posts", form);
    assert.equal(status, 201, JSON.stringify(body));
    const read = await world.call(world.test, "GET", `/api/v1/posts/${idOf(body, "post")}`);
    for (const answer of [body, read.body])
      assert.ok(JSON.stringify(answer).includes(`"filename":${JSON.stringify(kept)}`), JSON.stringify(answer));
  }
});

test("an Idempotency-Key can have any bytes that a header allows", async () => {
  for (const key of ["\u00e9\u00ff", "\u0080", "'; --", "a\tb", "%00"]) {
    const { status } = await world.call(world.test, "POST", "/api/v1/posts", post({}), { "idempotency-key": key });
    assert.ok(status === 201 || status === 400, `${JSON.stringify(key)}: ${status}`);
  }
});

test("a resumable upload's name without usable characters is not a server error", async () => {
  for (const name of [
    "a\u0000b.png",
    "\u0000",
    Buffer.from([0x61, 0xed, 0xa0, 0xbd]),
    `${"a".repeat(254)}\u{1f600}.png`,
  ]) {
    const headers = {
      "tus-resumable": "1.0.0",
      "upload-length": "10",
      "upload-metadata": `filename ${Buffer.from(name).toString("base64")}`,
    };
    const { status } = await world.call(world.test, "POST", "/api/v1/media", undefined, headers);
    assert.ok(status === 201 || status === 400, `${String(name)}: ${status}`);
  }
});
