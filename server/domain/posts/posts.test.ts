import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { z } from "zod";

import { post as postShape } from "../../../contract/operations/posts.ts";
import { asRefusal, countRows, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type Called, type TestTenant, type World } from "../../../tests/world.ts";
import { CHANNELS } from "../../db/listen.ts";
import { notificationsSent } from "../../db/notify.ts";

let world: World;
let tenant: TestTenant;

before(async () => {
  world = await createWorld();
  tenant = world.test;
  for (const platform of ["threads", "linkedin", "facebook"] as const) await world.connect(tenant, platform);
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const body = (changed: object = {}) => ({
  content: { text: "Hello" },
  platforms: ["threads"],
  platformSetId: tenant.platformSetId,
  ...changed,
});
const create = (changed: object = {}, as = tenant) =>
  world.call(as, "POST", POSTS, { ...body(), platformSetId: as.platformSetId, ...changed });
const patch = (id: string, changed: object) => world.call(tenant, "PATCH", `${POSTS}/${id}`, changed);
const get = (id: string) => world.call(tenant, "GET", `${POSTS}/${id}`);
const act = (id: string, action: string, sent?: object) => world.call(tenant, "POST", `${POSTS}/${id}/${action}`, sent);
const postIn = (answer: Called) => postShape.parse(objectIn(answer.body, "post"));
const verdictShape = z.looseObject({
  scheduledFor: z.string().nullable(),
  issues: z.array(z.looseObject({ path: z.string(), rule: z.string(), fix: z.string() })),
});

/** The next last Sunday of a month, counted from 0, as "2027-03-28". */
function lastSunday(month: number): string {
  const [year, last] = [
    new Date().getUTCFullYear(),
    (inYear: number) => {
      const end = new Date(Date.UTC(inYear, month + 1, 0));
      return new Date(end.getTime() - end.getUTCDay() * 86_400_000);
    },
  ] as const;
  const day = [last(year), last(year + 1)].find((each) => each.getTime() > Date.now() + 86_400_000);
  return day?.toISOString().slice(0, 10) ?? "";
}

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

test("create returns 201 with the whole post, every field included, and what was sent", async () => {
  const content = {
    text: "Hello",
    media: [{ url: "https://example.com/a.jpg", id: "label" }],
    linkUrl: null,
    platformOverrides: { linkedin: { text: "Hi", settings: { visibility: "PUBLIC" } } },
  };
  const answer = await create({ content, platforms: ["threads", "linkedin"] });
  assert.equal(answer.status, 201);
  const made = z.strictObject(postShape.shape).parse(objectIn(answer.body, "post"));
  assert.deepEqual(made.content, content);
  assert.deepEqual([made.status, made.scheduledFor, made.publishedAt, made.mode], ["draft", null, null, "test"]);
  assert.deepEqual(
    made.platformPosts.map(({ platform, status }) => [platform, status]),
    [
      ["threads", "pending"],
      ["linkedin", "pending"],
    ],
  );
  assert.deepEqual(postIn(await get(made.id)), made);
});

test("scheduling a post wakes the engine only for what that would learn of too late", async () => {
  const woken = Promise.withResolvers<void>();
  let wakes = 0;
  const stop = world.services.listener.on(CHANNELS.due, () => {
    wakes += 1;
    woken.resolve();
  });
  const later = postIn(await create({ platforms: ["facebook"], scheduledFor: inHours(48) }));
  await patch(later.id, { scheduledFor: inHours(50) });
  await notificationsSent(world.services.pool);
  await create({ platforms: ["facebook"], scheduledFor: inHours(0.1) });
  await woken.promise;
  stop();
  assert.equal(wakes, 1);
});

test("a post without optional fields shows all four fields of its content", async () => {
  assert.deepEqual(postIn(await create()).content, { text: "Hello", media: [], linkUrl: null, platformOverrides: {} });
});

test("a future time creates a scheduled post, exact to the millisecond; past times, missing offsets and more than a year are rejected", async () => {
  const scheduledFor = inHours(1);
  const made = postIn(await create({ platforms: ["facebook"], scheduledFor }));
  assert.deepEqual([made.status, made.scheduledFor], ["scheduled", scheduledFor]);
  assert.equal(postIn(await create({ platforms: ["facebook"], scheduledFor: inHours(-0.01) })).status, "scheduled");
  for (const wrong of [inHours(-1), inHours(24 * 370), scheduledFor.replace("Z", ""), "tomorrow"]) {
    const { issues } = asRefusal(await create({ platforms: ["facebook"], scheduledFor: wrong }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/scheduledFor"],
    );
  }
  assert.equal(asRefusal(await create({ scheduledFor }), 400).error, "Threads posts cannot be scheduled yet.");
});

test("a post keeps its latest publishing time, which is later than its scheduled time", async () => {
  const [scheduledFor, publishBy] = [inHours(1), inHours(2)];
  const made = postIn(await create({ platforms: ["facebook"], scheduledFor, publishBy }));
  assert.equal(made.publishBy, publishBy);
  assert.equal(postIn(await patch(made.id, { content: { text: "Better" } })).publishBy, publishBy);
  assert.deepEqual(
    asRefusal(await patch(made.id, { scheduledFor: inHours(3) }), 400).issues.map(({ path, rule }) => [path, rule]),
    [["/publishBy", "publishBy.early"]],
  );
  assert.equal(postIn(await patch(made.id, { scheduledFor: inHours(3), publishBy: null })).publishBy, null);
  for (const wrong of [scheduledFor, inHours(-1), inHours(24 * 370), "tomorrow"]) {
    const { issues } = asRefusal(await create({ platforms: ["facebook"], scheduledFor, publishBy: wrong }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/publishBy"],
    );
  }
});

test("a local time with a time zone is the instant at which clocks there show it", async () => {
  const day = inHours(72).slice(0, 10);
  const local = { scheduledFor: `${day}T09:30`, publishBy: `${day}T12:00:00`, timeZone: "Asia/Tokyo" };
  const made = postIn(await create({ platforms: ["facebook"], ...local }));
  assert.deepEqual([made.scheduledFor, made.publishBy], [`${day}T00:30:00.000Z`, `${day}T03:00:00.000Z`]);
  const moved = postIn(await patch(made.id, { scheduledFor: `${day}T10:30:00`, timeZone: "Asia/Tokyo" }));
  assert.equal(moved.scheduledFor, `${day}T01:30:00.000Z`);
  const offset = { scheduledFor: `${day}T09:30:00+02:00`, timeZone: "Asia/Tokyo" };
  assert.equal(postIn(await patch(made.id, { ...offset, publishBy: null })).scheduledFor, `${day}T07:30:00.000Z`);
});

test("a local time that clocks skip or that has no time zone is an issue, and one they show twice is the first", async () => {
  const validate = async (changed: object) => {
    const sent = body({ platforms: ["facebook"], ...changed });
    const { body: verdict } = await world.call(tenant, "POST", `${POSTS}/validate`, sent);
    return verdictShape.parse(verdict);
  };
  const rules = async (changed: object) => (await validate(changed)).issues.map(({ path, rule }) => [path, rule]);
  const timeZone = "Europe/Berlin";
  const spring = lastSunday(2);
  assert.deepEqual(await rules({ scheduledFor: `${spring}T02:30`, timeZone }), [
    ["/scheduledFor", "scheduledFor.skipped"],
  ]);
  const [skipped] = (await validate({ scheduledFor: `${spring}T02:30`, timeZone })).issues;
  assert.match(skipped?.fix ?? "", new RegExp(`Use ${spring}T03:30:00`));
  const autumn = lastSunday(9);
  assert.equal((await validate({ scheduledFor: `${autumn}T02:30`, timeZone })).scheduledFor, `${autumn}T00:30:00.000Z`);
  const day = inHours(72).slice(0, 10);
  assert.deepEqual(await rules({ scheduledFor: `${day}T09:30` }), [["/scheduledFor", "request.format"]]);
  assert.deepEqual(await rules({ scheduledFor: `${day}T09:30`, timeZone: "Mars/Phobos" }), [
    ["/timeZone", "request.value"],
  ]);
  asRefusal(await create({ platforms: ["facebook"], scheduledFor: `${spring}T02:30`, timeZone }), 400);
});

test("issues of format, media, texts and accounts are reported together, in order", async () => {
  const answer = await create({
    content: { text: "x".repeat(600), media: [{ type: "image" }], extra: 1 },
    platforms: ["threads", "instagram"],
    platformSetId: tenant.platformSetId,
  });
  const { issues } = asRefusal(answer, 400);
  assert.deepEqual(
    issues.map(({ rule }) => rule),
    ["request.unknownKey", "media.bytes", "threads.text.length", "instagram.account.connected"],
  );
  const validated = await world.call(tenant, "POST", `${POSTS}/validate`, {
    content: { text: "x".repeat(600) },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  const { valid, issues: found } = z
    .object({ valid: z.boolean(), issues: z.array(z.object({ code: z.string() })) })
    .parse(validated.body);
  assert.deepEqual([validated.status, valid, found.map(({ code }) => code)], [200, false, ["CONTENT_TOO_LONG"]]);
});

test("a platform's issue points to where it was sent, even after an invalid name", async () => {
  const { issues } = asRefusal(
    await create({
      platforms: ["threds", "threads", "instagram"],
      content: { text: "x", media: [{ url: "https://example.com/a.jpg" }] },
    }),
    400,
  );
  assert.deepEqual(
    issues.map(({ path, code }) => [path, code]),
    [
      ["/platforms/0", "VALIDATION_FAILED"],
      ["/platforms/2", "PLATFORM_NOT_CONNECTED"],
    ],
  );
});

test("validate stores nothing", async () => {
  const before = await countRows(world);
  await world.call(
    tenant,
    "POST",
    `${POSTS}/validate`,
    body({ content: { text: "x", media: [{ url: "https://example.com/a.jpg" }] } }),
  );
  assert.deepEqual(await countRows(world), before);
});

test("a patch replaces the given fields and keeps the others; a remaining platform keeps its platform post", async () => {
  const made = postIn(
    await create({ platforms: ["threads", "linkedin"], content: { text: "Hello", linkUrl: "https://example.com/" } }),
  );
  const changed = postIn(await patch(made.id, { content: { text: "Changed" }, platforms: ["facebook", "threads"] }));
  assert.deepEqual(changed.content, { ...made.content, text: "Changed" });
  assert.deepEqual(
    changed.platformPosts.map(({ platform }) => platform),
    ["facebook", "threads"],
  );
  assert.equal(changed.platformPosts[1]?.id, made.platformPosts[0]?.id);
  assert.notEqual(changed.updatedAt, "");
});

test("a patch can schedule a draft and turn a scheduled post into a draft", async () => {
  const made = postIn(await create({ platforms: ["facebook"] }));
  const scheduledFor = inHours(2);
  assert.deepEqual(postIn(await patch(made.id, { scheduledFor })).status, "scheduled");
  const { rows } = await world.services.pool.query(
    "select due_at, next_action_at is not null as waits from platform_posts where post_id = $1",
    [made.id],
  );
  assert.deepEqual(rows, [{ due_at: new Date(scheduledFor), waits: true }]);
  const draft = postIn(await patch(made.id, { scheduledFor: null }));
  assert.deepEqual([draft.status, draft.scheduledFor], ["draft", null]);
});

test("the result of a patch is validated as a whole, and a rejected patch changes nothing", async () => {
  const made = postIn(await create({ platforms: ["facebook"], scheduledFor: inHours(1) }));
  assert.equal(
    asRefusal(await patch(made.id, { platforms: ["threads"] }), 400).error,
    "Threads posts cannot be scheduled yet.",
  );
  assert.deepEqual(postIn(await get(made.id)), made);
});

test("each status allows what the table says and rejects the rest with its name", async () => {
  const { id } = postIn(await create());
  assert.equal(asRefusal(await act(id, "retry"), 409).code, "INVALID_STATUS_TRANSITION");
  assert.equal(postIn(await act(id, "publish")).status, "queued");
  assert.match(asRefusal(await patch(id, { content: { text: "x" } }), 409).error, /"queued"/);
  assert.match(asRefusal(await act(id, "publish"), 409).error, /"queued"/);
  assert.equal(postIn(await world.call(tenant, "DELETE", `${POSTS}/${id}`)).status, "discarded");
  for (const again of ["cancel", "publish", "retry"])
    assert.match(asRefusal(await act(id, again), 409).error, /"discarded"/);
});

test("retry accepts failed platform posts, and unknown ones only if listed with force", async () => {
  const made = postIn(await create({ platforms: ["threads", "linkedin", "facebook"] }));
  await act(made.id, "publish");
  const { pool } = world.services;
  const set = (platform: string, status: string) =>
    pool.query("update platform_posts set status = $2, next_action_at = null where post_id = $1 and platform = $3", [
      made.id,
      status,
      platform,
    ]);
  await Promise.all([set("threads", "published"), set("linkedin", "failed"), set("facebook", "unknown")]);
  await pool.query("update posts set status = 'partial' where id = $1", [made.id]);
  assert.equal(asRefusal(await act(made.id, "retry", { platforms: ["twitter"] }), 400).code, "VALIDATION_FAILED");
  assert.equal(
    asRefusal(await act(made.id, "retry", { platforms: ["threads"] }), 409).code,
    "INVALID_STATUS_TRANSITION",
  );
  assert.equal(asRefusal(await act(made.id, "retry", { platforms: ["facebook"] }), 409).code, "OUTCOME_UNKNOWN");
  const forced = postIn(await act(made.id, "retry", { platforms: ["facebook"], force: true }));
  assert.deepEqual(
    forced.platformPosts.map(({ status }) => status),
    ["published", "failed", "queued"],
  );
});

test("publishing is rejected if a platform no longer has an account, and the draft stays", async () => {
  const other = (await world.makeTenants()).test;
  const accountId = await world.connect(other, "threads");
  const id = idOf((await create({}, other)).body, "post");
  await world.services.pool.query("update accounts set status = 'revoked' where id = $1", [accountId]);
  const answer = await world.call(other, "POST", `${POSTS}/${id}/publish`);
  assert.equal(asRefusal(answer, 400).code, "PLATFORM_NOT_CONNECTED");
  assert.equal(objectIn((await world.call(other, "GET", `${POSTS}/${id}`)).body, "post").status, "draft");
});

const fixture = async (name: string) =>
  new Uint8Array(await readFile(new URL(`../../../tests/fixtures/${name}`, import.meta.url)));

async function sendForm(data: object, files: Record<string, string>): Promise<Called> {
  const form = new FormData();
  form.set("data", JSON.stringify(data));
  for (const [name, source] of Object.entries(files))
    form.append(
      "files",
      new File([await fixture(source)], name, { type: source.endsWith("mp4") ? "video/mp4" : "image/jpeg" }),
    );
  return await world.call(tenant, "POST", POSTS, form);
}

test("a file belongs to the entry with its name, others are appended, and the response shows the measured values", async () => {
  const content = {
    text: "Hello",
    media: [{ url: "https://example.com/first.jpg", filename: "first.jpg", altText: "First" }],
  };
  const made = postIn(
    await sendForm(body({ content }), { "second.jpg": "photo-1x1.jpg", "first.jpg": "photo-4x5.jpg" }),
  );
  assert.equal(made.content.media.length, 2);
  const [first, second] = made.content.media;
  assert.deepEqual(
    [first?.filename, first?.altText, first?.type, first?.mimeType],
    ["first.jpg", "First", "image", "image/jpeg"],
  );
  assert.deepEqual([second?.filename, second?.altText, second?.durationSeconds], ["second.jpg", null, null]);
  for (const member of [
    "id",
    "url",
    "type",
    "mimeType",
    "filename",
    "sizeBytes",
    "width",
    "height",
    "durationSeconds",
    "altText",
  ])
    assert.ok(second !== undefined && member in second, member);
  const served = await fetch(z.string().parse(first?.url));
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), await fixture("photo-4x5.jpg"));
  const { rows } = await world.services.pool.query("select path from post_media where post_id = $1 order by path", [
    made.id,
  ]);
  assert.deepEqual(rows, [{ path: "/content/media/0" }, { path: "/content/media/1" }]);
});

test("a response can be sent back as a patch: its stored files stay the same", async () => {
  const made = postIn(await sendForm(body(), { "a.jpg": "photo-1x1.jpg" }));
  const [entry] = made.content.media;
  const changed = postIn(await patch(made.id, { content: { media: [{ ...entry, altText: "A picture" }] } }));
  assert.deepEqual(
    [changed.content.media[0]?.id, changed.content.media[0]?.altText, changed.content.media[0]?.sizeBytes],
    [entry?.id, "A picture", entry?.sizeBytes],
  );
  const cleared = postIn(await patch(made.id, { content: { media: [] } }));
  assert.deepEqual(cleared.content.media, []);
});

test("a stored media object is referenced by its ID, and files in the parts of a thread by their names", async () => {
  const form = new FormData();
  form.set("file", new File([await fixture("photo-1x1.jpg")], "stored.jpg", { type: "image/jpeg" }));
  const mediaId = idOf((await world.call(tenant, "POST", "/api/v1/media", form)).body, "media");
  const thread = [{ text: "Second", media: [{ filename: "part.jpg" }] }];
  const content = { text: "First", media: [{ id: mediaId }], platformOverrides: { threads: { settings: { thread } } } };
  const made = postIn(await sendForm(body({ content }), { "part.jpg": "photo-4x5.jpg" }));
  assert.equal(made.content.media[0]?.id, mediaId);
  const { rows } = await world.services.pool.query("select path from post_media where post_id = $1 order by path", [
    made.id,
  ]);
  assert.deepEqual(rows, [
    { path: "/content/media/0" },
    { path: "/content/platformOverrides/threads/settings/thread/0/media/0" },
  ]);
});

test("an override's media is linked, uploaded by name, shown and removed like the content's", async () => {
  const platformOverrides = {
    threads: { media: [{ filename: "own.jpg", altText: "A door" }] },
    linkedin: { media: [] },
  };
  const content = { text: "Hello", media: [{ url: "https://example.com/a.jpg" }], platformOverrides };
  const platforms = ["threads", "linkedin", "facebook"];
  const made = postIn(await sendForm(body({ content, platforms }), { "own.jpg": "photo-4x5.jpg" }));
  const overrides = Object(made.content.platformOverrides);
  const [own] = overrides.threads.media;
  assert.deepEqual([own.filename, own.type, own.height, own.altText], ["own.jpg", "image", 1350, "A door"]);
  const served = await fetch(z.string().parse(own.url));
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), await fixture("photo-4x5.jpg"));
  assert.deepEqual([overrides.linkedin.media, made.content.media], [[], content.media]);
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/media/${own.id}`)).status, 409);
  const again = postIn(await patch(made.id, { content: { platformOverrides: made.content.platformOverrides } }));
  assert.equal(Object(again.content.platformOverrides).threads.media[0].id, own.id);
  await patch(made.id, { content: { platformOverrides: {} } });
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/media/${own.id}`)).status, 200);
});

test("an override's invalid media is reported at its place, together with everything else", async () => {
  const platformOverrides = { threads: { media: [7, { url: "https://example.com/a.jpg", width: "wide" }] } };
  const { issues } = asRefusal(await create({ content: { text: "", platformOverrides, media: [{}] } }), 400);
  assert.deepEqual(
    issues.map(({ path }) => path),
    [
      "/content/platformOverrides/threads/media/0",
      "/content/platformOverrides/threads/media/1/width",
      "/content/media/0",
    ],
  );
});

test("a cover or thumbnail can be a stored media object of one's own, which is in use then", async () => {
  const store = async (as: TestTenant) => {
    const form = new FormData();
    form.set("file", new File([await fixture("photo-9x16.jpg")], "cover.jpg", { type: "image/jpeg" }));
    return idOf((await world.call(as, "POST", "/api/v1/media", form)).body, "media");
  };
  const [coverMediaId, thumbnailMediaId, foreign] = [await store(tenant), await store(tenant), await store(world.live)];
  const content = (cover: string, thumbnail: string) => ({
    text: "Hello",
    media: [{ url: "https://example.com/a.mp4", type: "video", thumbnailMediaId: thumbnail }],
    platformOverrides: { facebook: { settings: { coverMediaId: cover } } },
  });
  const made = postIn(
    await create({ content: content(coverMediaId, thumbnailMediaId), platforms: ["facebook", "threads"] }),
  );
  assert.deepEqual(made.content, { ...content(coverMediaId, thumbnailMediaId), linkUrl: null });
  for (const id of [coverMediaId, thumbnailMediaId])
    assert.equal((await world.call(tenant, "DELETE", `/api/v1/media/${id}`)).status, 409);
  for (const wrong of [foreign, "unknown"]) {
    const { issues } = asRefusal(await create({ content: content(wrong, wrong), platforms: ["facebook"] }), 400);
    assert.deepEqual(
      issues.map(({ rule, path }) => [rule, path]),
      [
        ["media.unknown", "/content/media/0/thumbnailMediaId"],
        ["media.unknown", "/content/platformOverrides/facebook/settings/coverMediaId"],
      ],
    );
  }
  await act(made.id, "cancel");
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/media/${coverMediaId}`)).status, 200);
});

test("a URL that will not be fetched is rejected when the post is created or validated, wherever it stands", async () => {
  const at = (name: string) => `http://127.0.0.1:8080/${name}`;
  const thread = [{ text: "More", media: [{ url: at("part.jpg") }] }];
  const content = {
    text: "Hello",
    media: [{ url: at("a.mp4"), type: "video", thumbnailUrl: "http://localhost/b.jpg" }],
    platformOverrides: {
      threads: { media: [{ url: "http://10.0.0.1/c.jpg" }], settings: { thread } },
      facebook: { settings: { coverUrl: "https://example.com:25/d.jpg" } },
    },
  };
  const sent = { content, platforms: ["threads", "facebook"] };
  const { issues } = asRefusal(await create(sent), 400);
  assert.deepEqual(
    issues.map(({ rule, path }) => [rule, path]),
    [
      ["media.url.private", "/content/media/0/url"],
      ["media.url.private", "/content/platformOverrides/threads/media/0/url"],
      ["media.url.private", "/content/platformOverrides/threads/settings/thread/0/media/0/url"],
      ["media.url.private", "/content/media/0/thumbnailUrl"],
      ["media.url.private", "/content/platformOverrides/facebook/settings/coverUrl"],
    ],
  );
  const validated = await world.call(tenant, "POST", `${POSTS}/validate`, body(sent));
  assert.deepEqual(Object(validated.body).issues, issues);
  assert.equal((await world.call(tenant, "POST", "/api/v1/media", { url: at("a.jpg") })).status, 400);
});

test("validate rejects a URL whose host name leads to a private address", async () => {
  const thumbnailUrl = "http://inside.example/b.jpg";
  const media = [
    { url: "https://inside.example/a.mp4", type: "video", thumbnailUrl },
    { url: "https://example.com/c.jpg" },
  ];
  const sent = { content: { text: "Hello", media }, platforms: ["threads"] };
  const validated = await world.call(tenant, "POST", `${POSTS}/validate`, body(sent));
  assert.deepEqual(
    Object(validated.body).issues.map(({ rule, path }: { rule: string; path: string }) => [rule, path]),
    [
      ["media.url.private", "/content/media/0/url"],
      ["media.url.private", "/content/media/0/thumbnailUrl"],
    ],
  );
});

test("media by URL is fetched by a job, and an unchanged URL is not fetched again after a patch", async () => {
  const jobsBefore = world.jobs.length;
  const media = [{ url: "https://example.com/a.mp4", type: "video", thumbnailUrl: "https://example.com/a.jpg" }];
  const platformOverrides = { instagram: { settings: { coverUrl: "https://example.com/c.jpg" } } };
  const made = postIn(await create({ content: { text: "Hello", media, platformOverrides } }));
  assert.equal(world.jobs.length, jobsBefore + 3);
  await patch(made.id, { content: { text: "Changed", media, platformOverrides } });
  assert.equal(world.jobs.length, jobsBefore + 3);
  await patch(made.id, { content: { media: [{ url: "https://example.com/b.jpg" }] } });
  assert.equal(world.jobs.length, jobsBefore + 4);
});
