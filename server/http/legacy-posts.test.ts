import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld();
  for (const platform of ["linkedin", "threads", "tiktok", "youtube"] as const)
    await world.connect(world.test, platform);
});
after(() => world.close());

const LEGACY = "/api/posts";
const flat = (more: object = {}) => ({
  text: "From an old client",
  platforms: ["linkedin"],
  scheduledFor: null,
  platformSetId: world.test.platformSetId,
  ...more,
});
const create = (body: unknown) => world.call(world.test, "POST", LEGACY, body);

test("the flat body creates the same post as the current one, with bare URLs as images and unknown keys ignored", async () => {
  const made = await create(
    flat({
      mediaUrls: ["https://cdn.example.com/demo.png?size=1"],
      platformOverrides: { linkedin: { text: "On LinkedIn" } },
      madeWith: "an old client",
    }),
  );
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const post = objectIn(made.body, "post");
  const content = objectIn(post, "content");
  assert.equal(content.text, "From an old client");
  assert.deepEqual(Object(content.media)[0].url, "https://cdn.example.com/demo.png?size=1");
  assert.deepEqual(content.platformOverrides, { linkedin: { text: "On LinkedIn" } });
  const twin = await world.call(world.test, "GET", `/api/v1/posts/${idOf(made.body, "post")}`);
  assert.deepEqual(objectIn(twin.body, "post"), post);
});

test("a bare video URL is rejected, on LinkedIn with the documented message", async () => {
  const { code, error, issues } = asRefusal(
    await create(flat({ text: "This will be rejected", mediaUrls: ["https://cdn.example.com/demo.mp4"] })),
    400,
  );
  assert.deepEqual([code, error], ["VALIDATION_FAILED", "LinkedIn video URLs must be sent with explicit metadata."]);
  for (const url of ["https://cdn.example.com/DEMO.MOV?size=1", "https://cdn.example.com/demo.webm#t=1"])
    assert.equal(asRefusal(await create(flat({ mediaUrls: [url] })), 400).error, error);
  assert.deepEqual(
    issues.map(({ path }) => path),
    ["/mediaUrls/0"],
  );
  assert.match(issues[0]?.fix ?? "", /Use content\.media rather than bare mediaUrls/);
  const onTikTok = asRefusal(
    await create(
      flat({
        platforms: ["tiktok"],
        mediaUrls: ["https://cdn.example.com/a.jpg"],
        platformOverrides: { tiktok: { settings: { privacyLevel: "SELF_ONLY" } } },
      }),
    ),
    400,
  );
  assert.ok(onTikTok.issues.some(({ path, code }) => path === "/mediaUrls/0" && code === "VALIDATION_FAILED"));
});

test("a wrong flat body is reported with paths in that body, all problems together", async () => {
  const { issues } = asRefusal(
    await create({ text: 5, platforms: ["nowhere"], mediaUrls: ["ftp://x"], platformSetId: world.test.platformSetId }),
    400,
  );
  assert.deepEqual(issues.map(({ path }) => path).sort(), ["/mediaUrls/0", "/platforms/0", "/text"]);
  const wrongText = asRefusal(await create(flat({ text: 5 })), 400);
  assert.deepEqual(
    wrongText.issues.map(({ path }) => path),
    ["/text"],
  );
  const [missing] = asRefusal(await create(flat({ platforms: ["tiktok"] })), 400).issues.filter(
    ({ rule }) => rule === "tiktok.settings.privacyLevel",
  );
  assert.match(
    `${missing?.message} ${missing?.fix}`,
    /^platformOverrides\.tiktok\.settings\.privacyLevel is required\. Add platformOverrides\.tiktok/,
  );
  const long = asRefusal(await create(flat({ text: "x".repeat(5_000) })), 400);
  assert.deepEqual(
    long.issues.map(({ path, code }) => [path, code]),
    [["/text", "CONTENT_TOO_LONG"]],
  );
});

test("issues about bare URLs come first, once each, followed by all others", async () => {
  const { issues } = asRefusal(
    await create(
      flat({
        text: "x".repeat(501),
        platforms: ["linkedin", "threads"],
        mediaUrls: ["https://cdn.example.com/Demo.MP4?x=1"],
      }),
    ),
    400,
  );
  assert.deepEqual(
    issues.map(({ path, message }) => `${path} ${message}`),
    [
      "/mediaUrls/0 LinkedIn video URLs must be sent with explicit metadata.",
      "/mediaUrls/0 Threads media must be sent as objects in content.media, " +
        "with type, mimeType and the other metadata.",
      "/text Threads text is too long: 501 of 500 characters (an emoji counts as its UTF-8 bytes).",
    ],
  );
  const alone = asRefusal(
    await create(flat({ platforms: ["youtube"], mediaUrls: ["https://cdn.example.com/a.jpg"] })),
    400,
  );
  assert.deepEqual(
    alone.issues.filter(({ path }) => path.startsWith("/mediaUrls")).map(({ path, rule }) => [path, rule]),
    [["/mediaUrls/0", "youtube.media.bareUrl"]],
  );
});

test("warnings have paths in the flat body, also when the request is repeated", async () => {
  const body = flat({ platformOverrides: { threads: { text: "For nobody" } } });
  const headers = { "idempotency-key": "from an old client" };
  for (const replayed of [null, "true"]) {
    const made = await world.call(world.test, "POST", LEGACY, body, headers);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.headers.get("idempotency-replayed"), replayed);
    const [warning] = Object(made.body).warnings;
    assert.deepEqual(
      [warning.path, warning.message],
      ["/platformOverrides/threads", "platformOverrides.threads has no effect: the post is not published to Threads."],
    );
  }
});

test("a flat body's warnings are stored together with the post, so that no crash leaves others for a repeat", async () => {
  const body = flat({ platformOverrides: { threads: { text: "For nobody" } } });
  const headers = { "idempotency-key": "from an old client that repeats" };
  const { pool } = world.services;
  await pool.query(
    `create function refuse_second_store() returns trigger language plpgsql
     as $$ begin raise exception 'stored twice'; end $$;
     create trigger refuse_second_store before update on idempotency_keys for each row
       when (old.status is not null) execute function refuse_second_store()`,
  );
  try {
    for (const replayed of [null, "true"]) {
      const made = await world.call(world.test, "POST", LEGACY, body, headers);
      assert.deepEqual([made.status, made.headers.get("idempotency-replayed")], [201, replayed]);
      assert.equal(Object(made.body).warnings[0].path, "/platformOverrides/threads");
    }
  } finally {
    await pool.query("drop function refuse_second_store cascade");
  }
});

test("a file sent with a flat body is its own declaration", async () => {
  const form = new FormData();
  form.append("data", JSON.stringify(flat({ platforms: ["threads"] })));
  form.append(
    "files",
    new Blob([await readFile(new URL("../../tests/fixtures/photo-1x1.jpg", import.meta.url))], { type: "image/jpeg" }),
    "photo.jpg",
  );
  const made = await create(form);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(Object(objectIn(objectIn(made.body, "post"), "content").media)[0].filename, "photo.jpg");
});

test("legacy endpoints accept the current body and do everything the current ones do, and name their replacement", async () => {
  const made = await create({
    content: { text: "Today's body" },
    platforms: ["threads"],
    platformSetId: world.test.platformSetId,
  });
  assert.equal(made.status, 201);
  const id = idOf(made.body, "post");
  assert.equal(made.headers.get("deprecation"), "true");
  assert.match(made.headers.get("link") ?? "", /\/api\/v1\/posts>; rel="successor-version"$/);
  const read = await world.call(world.test, "GET", `${LEGACY}/${id}`);
  assert.match(read.headers.get("link") ?? "", new RegExp(`/api/v1/posts/${id}>; rel="successor-version"$`));
  const listed = await world.call(world.test, "GET", `${LEGACY}?limit=1`);
  assert.equal(Object(listed.body).posts[0].id, id);
  const changed = await world.call(world.test, "PATCH", `${LEGACY}/${id}`, { content: { text: "Changed" } });
  assert.equal(objectIn(objectIn(changed.body, "post"), "content").text, "Changed");
  assert.equal(
    objectIn((await world.call(world.test, "POST", `${LEGACY}/${id}/publish`)).body, "post").status,
    "queued",
  );
  assert.equal(
    objectIn((await world.call(world.test, "POST", `${LEGACY}/${id}/cancel`)).body, "post").status,
    "discarded",
  );
  assert.equal((await world.call(world.test, "POST", `${LEGACY}/${id}/retry`)).status, 409);
  assert.equal((await world.call(world.test, "DELETE", `${LEGACY}/${id}`)).status, 409);
});
