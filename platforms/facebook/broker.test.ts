import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import {
  answerOf,
  CONTENT,
  contextFor,
  drive,
  failureOf,
  film,
  lostCommit,
  picture,
  startHost,
  type Received,
} from "../kit/broker.fixture.ts";
import { BrokerError, type OpenIntent, type StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { progressOf } from "./status.ts";

const FEED = { ...CONTENT, placement: "feed" };
const PHOTOS = {
  ...FEED,
  media: [picture({ altText: "A red door" }), picture({ filename: 'b "2".webp', mimeType: "image/webp" })],
};
const VIDEO = { ...FEED, media: [film({ sizeBytes: 1_048_576 })], settings: { title: "Title" } };
const REEL = { ...VIDEO, placement: "reel" };
const STORY = { ...CONTENT, placement: "story", text: "" };

test("a text and its link are published in one request, which returns the post's URL", async (t) => {
  const host = await startGraph(t);
  const { done, steps } = await drive(
    broker,
    contextFor(host.url, { ...FEED, text: "Hello #world & all", linkUrl: "https://example.com/a" }),
  );
  assert.deepEqual(steps, ["publish!", "permalink"]);
  assert.deepEqual(host.posts("101/feed"), [
    { message: "Hello #world & all", link: "https://example.com/a", published: "true" },
  ]);
  assert.deepEqual(
    host.requests.map(({ path, query }) => [path, query]),
    [["graph.facebook.com/v25.0/101/feed", { fields: "id,permalink_url" }]],
  );
  assert.deepEqual(done, { platformPostId: "101_501", publishedUrl: "https://www.facebook.com/101/posts/501" });
  assert.equal(host.requests[0]?.headers.authorization, "Bearer TOKEN-OF-THE-ACCOUNT");
});

test("a missing URL is requested, and can be a path", async (t) => {
  const host = await startGraph(t, { feed: { id: "101_501" } });
  assert.equal(
    (await drive(broker, contextFor(host.url, FEED))).done.publishedUrl,
    "https://www.facebook.com/reel/501/",
  );
  const bare = await startGraph(t, { feed: { id: "101_501" }, link: { id: "101_501" } });
  assert.equal((await drive(broker, contextFor(bare.url, FEED))).done.publishedUrl, "https://www.facebook.com/101_501");
});

test("photos are uploaded unpublished, in order, and one request publishes them all", async (t) => {
  const host = await startGraph(t);
  const { steps, done } = await drive(broker, contextFor(host.url, PHOTOS));
  assert.deepEqual(steps, ["photo-1", "photo-2", "publish!", "permalink"]);
  assert.deepEqual(host.posts("101/photos"), [
    { published: "false", alt_text_custom: "A red door", source: "image/jpeg, 1000 bytes" },
    { published: "false", source: "image/jpeg, 1000 bytes" },
  ]);
  assert.deepEqual(host.posts("101/feed"), [
    { message: "Hi", attached_media: '[{"media_fbid":"601"},{"media_fbid":"602"}]', published: "true" },
  ]);
  assert.equal(done.platformPostId, "101_501");
});

test("a feed video is sent in the chunks Facebook asks for, and finished by one request", async (t) => {
  const host = await startGraph(t);
  const { steps, done, waits } = await drive(broker, contextFor(host.url, VIDEO));
  assert.deepEqual(steps, ["start", "upload", "publish!", "live"]);
  assert.deepEqual(host.posts("101/videos"), [
    { upload_phase: "start", file_size: "1048576" },
    {
      upload_phase: "transfer",
      upload_session_id: "801",
      start_offset: "0",
      video_file_chunk: "video/mp4, 524288 bytes",
    },
    {
      upload_phase: "transfer",
      upload_session_id: "801",
      start_offset: "524288",
      video_file_chunk: "video/mp4, 524288 bytes",
    },
    { upload_phase: "finish", upload_session_id: "801", title: "Title", description: "Hi", published: "true" },
  ]);
  assert.ok(
    host.requests
      .filter(({ path }) => path.endsWith("101/videos"))
      .every(({ path }) => path.startsWith("graph-video.facebook.com/v25.0/")),
  );
  assert.deepEqual(
    [done, waits.live],
    [{ platformPostId: "701", publishedUrl: "https://www.facebook.com/reel/701/" }, [3, 5]],
  );
});

test("a first comment is added once the post is live, to a video by the video's ID", async (t) => {
  const settings = { firstComment: "First!" };
  for (const [content, post] of [
    [FEED, "101_501"],
    [PHOTOS, "101_501"],
    [VIDEO, "701"],
    [REEL, "711"],
  ] as const) {
    const host = await startGraph(t);
    const { steps, warnings } = await drive(broker, contextFor(host.url, { ...content, settings }));
    assert.equal(steps.at(-1), "first-comment");
    assert.deepEqual(host.posts(`${post}/comments`), [{ message: "First!" }]);
    assert.deepEqual(warnings, []);
    assert.ok(!host.requests.some(({ method, path }) => method === "GET" && path.endsWith("/comments")));
  }
});

test("a first comment whose response was lost is looked for before it is added again", async (t) => {
  const content = { ...FEED, settings: { firstComment: "First!" } };
  for (const [comments, added] of [
    [[{ id: "1", message: "First!" }], 0],
    [[{ id: "1", message: "Another" }], 1],
  ] as const) {
    const host = await startGraph(t, { comments });
    await drive(broker, { ...contextFor(host.url, content), begunBefore: true });
    assert.equal(host.posts("101_501/comments").length, added);
  }
});

test("a cover can be named by a setting, and takes precedence over the video's own", async (t) => {
  const host = await startGraph(t);
  const cover = picture({ sizeBytes: 77 });
  await drive(broker, contextFor(host.url, { ...REEL, media: [film({ thumbnail: picture() })], cover }));
  assert.deepEqual(host.posts("711/thumbnails"), [{ is_preferred: "true", source: "image/jpeg, 77 bytes" }]);
});

test("a restarted upload of a feed video continues where Facebook says", async (t) => {
  for (const data of [{ start_offset: "786432", end_offset: "1048576" }, '{"start_offset":"786432"}']) {
    const wrong = {
      error: {
        message: "wrong offset",
        type: "OAuthException",
        code: 6000,
        error_subcode: 1_363_037,
        error_data: data,
      },
    };
    const host = await startGraph(t, { transfer: (sent) => (sent === "0" ? [400, wrong] : undefined) });
    await drive(broker, contextFor(host.url, VIDEO));
    assert.deepEqual(
      host
        .posts("101/videos")
        .slice(1, -1)
        .map((fields) => [fields.start_offset, fields.video_file_chunk]),
      [
        ["0", "video/mp4, 524288 bytes"],
        ["786432", "video/mp4, 262144 bytes"],
      ],
    );
  }
});

test("a session that accepts no more bytes is reopened, and given up if it makes no progress", async (t) => {
  const dead = await startGraph(t, {
    transfer: () => [400, { error: { message: "session", code: 100, error_subcode: 1_363_019 } }],
  });
  const error = await failureOf(drive(broker, contextFor(dead.url, VIDEO)));
  assert.deepEqual([error.code, error.redoFrom, error.maxAttempts], ["MEDIA_FAILED", "start", 3]);
  const stuck = await startGraph(t, { transfer: () => [200, { start_offset: "0", end_offset: "524288" }] });
  assert.equal((await failureOf(drive(broker, contextFor(stuck.url, VIDEO)))).redoFrom, "start");
});

test("a reel is started, uploaded, waited for and finished", async (t) => {
  const host = await startGraph(t);
  const { steps, done } = await drive(broker, contextFor(host.url, REEL));
  assert.deepEqual(steps, ["start", "upload", "uploaded", "publish!", "live"]);
  assert.deepEqual(host.posts("101/video_reels"), [
    { upload_phase: "start" },
    { upload_phase: "finish", video_id: "711", video_state: "PUBLISHED", title: "Title", description: "Hi" },
  ]);
  const upload = host.requests.find(({ path }) => path === "rupload.facebook.com/video-upload/v25.0/711");
  assert.partialDeepStrictEqual(upload, {
    sizeBytes: 1_048_576,
    headers: { authorization: "OAuth TOKEN-OF-THE-ACCOUNT", offset: "0", file_size: "1048576" },
  });
  assert.deepEqual(done, { platformPostId: "711", publishedUrl: "https://www.facebook.com/reel/711/" });
});

test("an interrupted upload sends the rest, and a complete one nothing", async (t) => {
  const half = await startGraph(t, { uploaded: 524_288 });
  await drive(broker, contextFor(half.url, REEL));
  assert.partialDeepStrictEqual(
    half.requests.find(({ path }) => path.startsWith("rupload")),
    { sizeBytes: 524_288, headers: { offset: "524288", file_size: "1048576" } },
  );
  const whole = await startGraph(t, { uploaded: 1_048_576 });
  await drive(broker, contextFor(whole.url, REEL));
  assert.equal(whole.requests.filter(({ path }) => path.startsWith("rupload")).length, 0);
});

test("an upload rejected by the host starts again", async (t) => {
  for (const type of [
    "OffsetInvalidError",
    "PartialRequestError",
    "ProcessingFailedError",
    "ParameterValidationError",
  ]) {
    const host = await startGraph(t, {
      upload: [
        400,
        {
          debug_info: {
            retriable: false,
            type,
            message: "HeaderValuePredicate: Header Offset not convertable to unsigned long",
          },
        },
      ],
    });
    const error = await failureOf(drive(broker, contextFor(host.url, REEL)));
    assert.deepEqual([error.code, error.redoFrom, error.platformError?.code], ["MEDIA_FAILED", "start", type]);
  }
});

test("a token is never sent to an upload URL on another host", async (t) => {
  const host = await startGraph(t, { uploadUrl: "https://evil.example/video-upload/v25.0/711" });
  assert.equal((await failureOf(drive(broker, contextFor(host.url, REEL)))).code, "UNEXPECTED_RESPONSE");
  assert.equal(host.requests.length, 1);
});

test("errors in a reel are reported by the publishing request", async (t) => {
  const status = {
    video_status: "processing",
    uploading_phase: { status: "complete", bytes_transfered: 1_048_576 },
    processing_phase: { status: "error", error: { message: "Duration not supported" } },
    publishing_phase: { status: "not_started" },
  };
  const host = await startGraph(t, {
    status,
    finish: [400, { error: { message: "no", code: 100, error_subcode: 1_363_128 } }],
  });
  const error = await failureOf(drive(broker, contextFor(host.url, REEL)));
  assert.deepEqual([error.code, error.notPublished], ["MEDIA_REJECTED", true]);
});

test("a video that Facebook accepts but cannot process is not live, and is not sent again automatically", async (t) => {
  const status = {
    video_status: "error",
    processing_phase: { status: "error", errors: [{ message: "Codec not supported" }] },
  };
  const host = await startGraph(t, { status, uploaded: 0 });
  const error = await failureOf(drive(broker, contextFor(host.url, VIDEO)));
  assert.deepEqual(
    [error.code, error.retryable, error.neverLive, error.platformError?.message],
    ["MEDIA_FAILED", false, true, "Codec not supported"],
  );
});

test("a video that Facebook never finishes ends as unknown", async (t) => {
  const host = await startGraph(t, {
    status: { video_status: "processing", publishing_phase: { status: "in_progress" } },
  });
  assert.equal((await failureOf(drive(broker, contextFor(host.url, VIDEO)))).code, "OUTCOME_UNKNOWN");
});

test("bytes that are never accepted are sent again once", async (t) => {
  const host = await startGraph(t, {
    status: { video_status: "uploading", uploading_phase: { status: "in_progress", bytes_transfered: 0 } },
  });
  const error = await failureOf(drive(broker, contextFor(host.url, REEL)));
  assert.deepEqual([error.code, error.redoFrom, error.maxAttempts], ["MEDIA_FAILED", "start", 2]);
});

test("a cover is set once the video is live", async (t) => {
  const host = await startGraph(t);
  const { steps } = await drive(
    broker,
    contextFor(host.url, { ...REEL, media: [film({ thumbnail: picture({ mimeType: "image/webp" }) })] }),
  );
  assert.equal(steps.at(-1), "cover");
  assert.deepEqual(host.posts("711/thumbnails"), [{ is_preferred: "true", source: "image/jpeg, 1000 bytes" }]);
});

test("a photo story and a video story get their URL from the Page's list", async (t) => {
  const host = await startGraph(t);
  const photo = await drive(broker, contextFor(host.url, { ...STORY, media: [picture({ altText: "A red door" })] }));
  assert.deepEqual(photo.steps, ["photo-1", "publish!", "permalink"]);
  assert.deepEqual(
    [host.posts("101/photos"), host.posts("101/photo_stories")],
    [[{ published: "false", source: "image/jpeg, 1000 bytes" }], [{ photo_id: "601" }]],
  );
  assert.deepEqual(photo.done, { platformPostId: "1234", publishedUrl: "https://facebook.com/stories/1234" });
  const video = await drive(broker, contextFor(host.url, { ...STORY, media: [film()] }));
  assert.deepEqual(video.steps, ["start", "upload", "uploaded", "publish!", "permalink"]);
  assert.deepEqual(host.posts("101/video_stories"), [
    { upload_phase: "start" },
    { upload_phase: "finish", video_id: "711" },
  ]);
  assert.equal(video.done.platformPostId, "1235");
});

test("an unreadable publishing response leaves the outcome open", () => {
  for (const content of [FEED, VIDEO, { ...STORY, media: [picture()] }]) {
    const publish = broker.steps(content).find((step) => step.effect === "visible");
    assert.ok(publish?.effect === "visible");
    for (const body of ["", "{", "{}", '{"id":null}', '{"success":false}', "<html>"]) {
      assert.throws(
        () => publish.accept(answerOf(200, body), contextFor("http://127.0.0.1:1", content, {}, { start: "701" })),
        (error) => error instanceof BrokerError && error.code === "UNEXPECTED_RESPONSE" && !error.notPublished,
      );
    }
  }
});

test("a duplicate error after an unknown outcome leaves the outcome open, and a video's always, which its state shows", () => {
  const repeats = [
    { code: 506, error_subcode: 1_455_006 },
    { code: 100, error_subcode: 1_366_051 },
    { code: 1_366_051 },
    { code: 368, error_subcode: 1_404_082 },
  ];
  for (const content of [FEED, PHOTOS, VIDEO, REEL, { ...STORY, media: [picture()] }]) {
    const publish = broker.steps(content).find((step) => step.effect === "visible");
    assert.ok(publish?.effect === "visible");
    const isVideo = content === VIDEO || content === REEL;
    const context = contextFor("http://127.0.0.1:1", content, {}, { start: "701" });
    for (const error of repeats) {
      for (const mayBeLive of [true, false]) {
        assert.throws(
          () =>
            publish.accept(
              answerOf(400, { error: { message: "Duplicate status message", ...error } }),
              mayBeLive ? { ...context, mayBeLive } : context,
            ),
          (thrown) =>
            thrown instanceof BrokerError &&
            thrown.code === "CONTENT_REJECTED" &&
            thrown.notPublished === !(mayBeLive || isVideo),
        );
      }
    }
  }
});

const LISTED = {
  id: "101_501",
  message: "Hi",
  created_time: "2026-11-01T12:00:05+0000",
  permalink_url: "https://www.facebook.com/101/posts/501",
};
const withPhotos = (...ids: string[]) => ({
  ...LISTED,
  message: "other words",
  attachments: {
    data: [
      { media_type: "album", target: { id: "900" }, subattachments: { data: ids.map((id) => ({ target: { id } })) } },
    ],
  },
});
const links = (url: string) => ({
  ...LISTED,
  message: undefined,
  attachments: { data: [{ media_type: "link", url }] },
});

const LISTS: {
  name: string;
  content?: StepContext["content"];
  list: object[];
  intent?: Partial<OpenIntent>;
  date?: string;
  expected: object;
}[] = [
  {
    name: "the same text",
    list: [LISTED],
    expected: { verdict: "published", remoteId: "101_501", publishedUrl: LISTED.permalink_url },
  },
  { name: "nothing", list: [], expected: { verdict: "not_listed" } },
  { name: "another text", list: [{ ...LISTED, message: "Hi there" }], expected: { verdict: "not_listed" } },
  {
    name: "an older post",
    list: [{ ...LISTED, created_time: "2026-11-01T11:58:00+0000" }],
    expected: { verdict: "not_listed" },
  },
  {
    name: "another post of ours with the same text",
    list: [LISTED],
    intent: { accountedIds: new Set(["101_501"]) },
    expected: { verdict: "not_listed" },
  },
  {
    name: "a video of ours with the same text",
    list: [{ ...withPhotos(), message: "Hi" }],
    intent: { accountedIds: new Set(["900"]) },
    expected: { verdict: "not_listed" },
  },
  {
    name: "this one beside another post of ours with the same text",
    list: [LISTED, { ...LISTED, id: "101_500" }],
    intent: { accountedIds: new Set(["101_500"]) },
    expected: { verdict: "published", remoteId: "101_501" },
  },
  {
    name: "one of two that were sent with the same text",
    list: [LISTED],
    intent: { hasTwin: true },
    expected: { verdict: "cannot_tell" },
  },
  {
    name: "the same text, by a clock that is ten minutes behind",
    list: [{ ...LISTED, created_time: "2026-11-01T11:50:01+0000" }],
    date: "Sun, 01 Nov 2026 11:50:10 GMT",
    expected: { verdict: "published" },
  },
  {
    name: "the same text, by a clock that is ten minutes ahead",
    list: [{ ...LISTED, created_time: "2026-11-01T12:10:01+0000" }],
    date: "Sun, 01 Nov 2026 12:10:10 GMT",
    expected: { verdict: "published" },
  },
  {
    name: "an older post, by a clock that is ten minutes ahead",
    list: [LISTED],
    date: "Sun, 01 Nov 2026 12:10:10 GMT",
    expected: { verdict: "not_listed" },
  },
  { name: "the same text twice", list: [LISTED, { ...LISTED, id: "101_502" }], expected: { verdict: "cannot_tell" } },
  {
    name: "more than can be read",
    list: Array.from({ length: 100 }, () => ({ ...LISTED, message: "Ho" })),
    expected: { verdict: "cannot_tell" },
  },
  {
    name: "a mention by its name",
    content: { ...FEED, text: "Thanks @[555]! (a+b)" },
    list: [{ ...LISTED, message: "Thanks Some Page! (a+b)" }],
    expected: { verdict: "published" },
  },
  {
    name: "a link without words",
    content: { ...FEED, text: "", linkUrl: "https://example.com/a?b" },
    list: [links("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa%3Fb&h=1")],
    expected: { verdict: "published" },
  },
  {
    name: "another link without words",
    content: { ...FEED, text: "", linkUrl: "https://example.com/a" },
    list: [links("https://example.org/")],
    expected: { verdict: "not_listed" },
  },
  {
    name: "one of our photos, whatever the words",
    content: PHOTOS,
    list: [withPhotos("777", "602")],
    expected: { verdict: "published" },
  },
  {
    name: "the same words with other photos",
    content: PHOTOS,
    list: [{ ...withPhotos("777"), message: "Hi" }],
    expected: { verdict: "not_listed" },
  },
];

for (const { name, content = FEED, list, intent, date, expected } of LISTS) {
  test(`a lost post is looked for among the published ones, and found there is ${name}`, async (t) => {
    const host = await startGraph(t, { list, date });
    const verdict = await broker.reconcile(
      contextFor(host.url, content, {}, { "photo-1": "601", "photo-2": "602" }),
      lostCommit("publish", intent),
    );
    assert.partialDeepStrictEqual(verdict, expected);
    assert.deepEqual(
      [host.requests[0]?.path, host.requests[0]?.query.since],
      ["graph.facebook.com/v25.0/101/published_posts", "1793533500"],
    );
  });
}

test("a text with many mentions is matched against a long one in linear time", async (t) => {
  const long = "a".repeat(60_000);
  for (const [text, message, verdict] of [
    [`${"@[1]".repeat(100)}X`, long, "not_listed"],
    [`${"@[1]a".repeat(100)}X`, long, "not_listed"],
    [`${"@[1]a".repeat(100)}@[1]`, long, "published"],
    [`${"@[1]".repeat(100)}`, "a".repeat(99), "not_listed"],
    [`@[1]${"a".repeat(15_000)}b${"a".repeat(15_000)}@[2]`, `${long}b`, "not_listed"],
    [`@[1]${"a".repeat(15_000)}b${"a".repeat(15_000)}@[2]`, `${long}b${"a".repeat(15_001)}`, "published"],
  ] as const) {
    const host = await startGraph(t, { list: [{ ...LISTED, message }] });
    assert.partialDeepStrictEqual(
      await broker.reconcile(contextFor(host.url, { ...FEED, text }), lostCommit("publish")),
      { verdict },
    );
  }
});

const STATES: { name: string; status: object | null; published?: boolean; minutes?: number; expected: object }[] = [
  {
    name: "published",
    status: { video_status: "ready", publishing_phase: { status: "complete", publish_status: "published" } },
    expected: { verdict: "published", remoteId: "711", platformPostId: "711" },
  },
  {
    name: "published without a phase",
    status: { video_status: "ready" },
    published: true,
    expected: { verdict: "published" },
  },
  {
    name: "being published",
    status: { video_status: "processing", publishing_phase: { status: "in_progress" } },
    expected: { verdict: "published", remoteId: "711" },
  },
  {
    name: "processing",
    status: { video_status: "processing", publishing_phase: { status: "not_started", publish_status: "draft" } },
    expected: { verdict: "pending" },
  },
  {
    name: "waiting to be published",
    status: { video_status: "ready", publishing_phase: { status: "not_started" } },
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "failed",
    status: { video_status: "processing", processing_phase: { status: "error" } },
    expected: { verdict: "not_published", definitive: true, redoFrom: "start" },
  },
  {
    name: "expired",
    status: { video_status: "expired" },
    expected: { verdict: "not_published", definitive: true, redoFrom: "start" },
  },
  { name: "not there", status: null, expected: { verdict: "pending" } },
  { name: "not there for 16 minutes", status: null, minutes: 16, expected: { verdict: "cannot_tell" } },
];

for (const { name, status, published, minutes = 1, expected } of STATES) {
  test(`a lost reel is validated by its own state: ${name}`, async (t) => {
    const host = await startGraph(
      t,
      status === null ? { isGone: true } : { status, ...(published === undefined ? {} : { published }) },
    );
    assert.partialDeepStrictEqual(
      await broker.reconcile(
        contextFor(host.url, REEL, {}, { start: "711" }),
        lostCommit("publish", { ageSeconds: minutes * 60 }),
      ),
      expected,
    );
  });
}

test("a lost story is found by its photo or video", async (t) => {
  const host = await startGraph(t);
  const found = await broker.reconcile(
    contextFor(host.url, { ...STORY, media: [picture()] }, {}, { "photo-1": "601" }),
    lostCommit("publish"),
  );
  assert.partialDeepStrictEqual(found, {
    verdict: "published",
    remoteId: "1234",
    publishedUrl: "https://facebook.com/stories/1234",
  });
  const video = await broker.reconcile(
    contextFor(host.url, { ...STORY, media: [film()] }, {}, { start: "999" }),
    lostCommit("publish"),
  );
  assert.equal(video.verdict, "not_listed");
});

test("a scheduled or published state decides, whatever else is returned", () => {
  assert.equal(
    progressOf({
      status: { video_status: "error", publishing_phase: { status: "complete", publish_status: "published" } },
      permalink_url: null,
    }),
    "live",
  );
});

interface Script {
  /** What time it is there. */
  date?: string;
  feed?: object;
  link?: object;
  comments?: readonly object[];
  list?: object[];
  status?: object;
  published?: boolean;
  isGone?: boolean;
  /** Bytes that the upload host says it has. */
  uploaded?: number;
  upload?: [number, object];
  uploadUrl?: string;
  transfer?: (startOffset: string | undefined) => [number, object] | undefined;
  finish?: [number, object];
}

/** All three hosts, which say what the script says: photos 601, 602, …, a feed video 701, a reel or story video 711. */
async function startGraph(t: TestContext, script: Script = {}) {
  let photos = 600;
  let finished = 0;
  const stateOf = (): object => {
    if (script.status !== undefined) return script.status;
    const reads = finished === 0 ? 0 : (finished += 1) - 1;
    const isLive = reads > 2;
    return {
      video_status: isLive ? "ready" : finished === 0 ? "upload_complete" : "processing",
      uploading_phase: { status: "in_progress", bytes_transfered: script.uploaded ?? 0 },
      publishing_phase: isLive
        ? { status: "complete", publish_status: "published" }
        : { status: finished === 0 ? "not_started" : "in_progress" },
    };
  };
  const host = await startHost(t, ({ path, method, fields }) => {
    if (path.startsWith("rupload.facebook.com/")) return script.upload ?? [200, { success: true }];
    const rest = path.replace(/^graph(-video)?\.facebook\.com\/v25\.0\//, "");
    if (fields.upload_phase === "start" && rest === "101/videos")
      return [200, { video_id: "701", start_offset: "0", end_offset: "524288", upload_session_id: "801" }];
    if (fields.upload_phase === "start")
      return [
        200,
        { video_id: "711", upload_url: script.uploadUrl ?? "https://rupload.facebook.com/video-upload/v25.0/711" },
      ];
    if (fields.upload_phase === "transfer")
      return (
        script.transfer?.(fields.start_offset) ?? [
          200,
          fields.start_offset === "0"
            ? { start_offset: "524288", end_offset: "1048576" }
            : { start_offset: "1048576", end_offset: "1048576" },
        ]
      );
    if (fields.upload_phase === "finish") {
      finished += 1;
      return (
        script.finish ?? [200, rest === "101/video_stories" ? { success: true, post_id: "1235" } : { success: true }]
      );
    }
    if (rest === "101/photos") return [200, { id: String((photos += 1)) }];
    if (rest === "101/feed")
      return [200, script.feed ?? { id: "101_501", permalink_url: "https://www.facebook.com/101/posts/501" }];
    if (rest === "101/photo_stories") return [200, '{"success":true,"post_id":1234}'];
    if (rest === "101/stories")
      return [
        200,
        {
          data: [
            {
              post_id: "1234",
              status: "PUBLISHED",
              media_type: "photo",
              media_id: "601",
              url: "https://facebook.com/stories/1234",
            },
          ],
        },
      ];
    if (rest === "101/published_posts")
      return [200, { data: script.list ?? [] }, script.date === undefined ? undefined : { date: script.date }];
    if (rest === "101_501") return [200, script.link ?? { id: rest, permalink_url: "/reel/501/" }];
    if (rest.endsWith("/comments"))
      return [200, method === "GET" ? { data: script.comments ?? [] } : { id: "501_901" }];
    if (rest.endsWith("/thumbnails")) return [200, { success: true }];
    if (script.isGone === true || method !== "GET")
      return [400, { error: { message: "Unsupported get request", code: 100, error_subcode: 33 } }];
    return [
      200,
      {
        id: rest,
        status: stateOf(),
        permalink_url: `/reel/${rest}/`,
        ...(script.published === undefined ? {} : { published: script.published }),
      },
    ];
  });
  return {
    ...host,
    posts: (edge: string) =>
      host.requests
        .filter(({ method, path }: Received) => method === "POST" && path.endsWith(`/v25.0/${edge}`))
        .map(({ fields }) => fields),
  };
}
