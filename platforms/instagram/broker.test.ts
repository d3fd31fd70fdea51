import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { PlatformContent } from "../../model/post.ts";
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
import { BrokerError, type OpenIntent, type PublishMedia } from "../platform.ts";
import { broker } from "./broker.ts";

const NOT_SEEN = {
  error: { message: "Unsupported get request", type: "GraphMethodException", code: 100, error_subcode: 33 },
};

const IMAGE = { ...CONTENT, placement: "feed", media: [picture()] };
const REEL = { ...CONTENT, placement: "reel", media: [film()] };
const WITH_FACEBOOK = { metadata: { login: "facebook" } };

test("an image is published in two requests, with its alt text and every setting in the first", async (t) => {
  const host = await startGraph(t);
  const settings = {
    locationId: "55",
    collaborators: ["a", "b"],
    userTags: [{ username: "c", x: 0.5, y: 0.25 }],
    firstComment: "First!",
  };
  const content = { ...IMAGE, text: "Hello #world & @all", media: [picture({ altText: "A red door" })], settings };
  const { done, steps } = await drive(broker, contextFor(host.url, content));
  assert.deepEqual(steps, ["container", "ready", "quota", "publish!", "permalink", "first-comment"]);
  assert.deepEqual(host.posts("101/media"), [
    {
      image_url: "https://media.example/a.jpg",
      alt_text: "A red door",
      caption: "Hello #world & @all",
      collaborators: '["a","b"]',
      location_id: "55",
      user_tags: '[{"username":"c","x":0.5,"y":0.25}]',
    },
  ]);
  assert.deepEqual(host.posts("101/media_publish"), [{ creation_id: "1" }]);
  assert.deepEqual(host.posts("9001/comments"), [{ message: "First!" }]);
  assert.deepEqual(done, { platformPostId: "9001", publishedUrl: "https://www.instagram.com/p/A9001/" });
  assert.ok(
    host.requests.every(
      ({ path, headers, query }) =>
        path.startsWith("graph.instagram.com/v25.0/") &&
        headers.authorization === "Bearer TOKEN-OF-THE-ACCOUNT" &&
        query.access_token === undefined,
    ),
  );
});

test("an account connected through Facebook uses Facebook's host", async (t) => {
  const host = await startGraph(t);
  await drive(broker, contextFor(host.url, IMAGE, WITH_FACEBOOK));
  assert.ok(host.requests.every(({ path }) => path.startsWith("graph.facebook.com/v25.0/")));
});

test("an image in a format Instagram does not support is converted to JPEG", async (t) => {
  for (const media of [
    picture({ mimeType: "image/png" }),
    picture({ mimeType: "image/webp" }),
    picture({ sizeBytes: 9_000_000 }),
    picture({ orientation: 6 }),
  ]) {
    const host = await startGraph(t);
    await drive(broker, contextFor(host.url, { ...IMAGE, media: [media] }));
    assert.equal(
      host.posts("101/media")[0]?.image_url,
      "https://media.example/a.jpg?as=image/jpeg&maxSizeBytes=8000000",
    );
  }
});

test("a reel has its visibility, and a cover image takes precedence over a frame", async (t) => {
  const plain = await startGraph(t);
  await drive(broker, contextFor(plain.url, { ...REEL, media: [film({ altText: "never sent" })] }));
  assert.deepEqual(plain.posts("101/media"), [
    { media_type: "REELS", video_url: "https://media.example/a.mp4", share_to_feed: "true", caption: "Hi" },
  ]);
  const rich = await startGraph(t);
  const settings = { shareToFeed: false, thumbOffsetMs: 1500, userTags: [{ username: "c", x: 0.5, y: 0.5 }] };
  await drive(
    broker,
    contextFor(rich.url, {
      ...REEL,
      text: "",
      media: [film({ thumbnail: picture({ filename: "cover.png", mimeType: "image/png" }) })],
      settings,
    }),
  );
  assert.deepEqual(rich.posts("101/media"), [
    {
      media_type: "REELS",
      video_url: "https://media.example/a.mp4",
      user_tags: '[{"username":"c"}]',
      share_to_feed: "false",
      cover_url: "https://media.example/cover.png?as=image/jpeg&maxSizeBytes=8000000",
      thumb_offset: "1500",
    },
  ]);
  const named = await startGraph(t);
  await drive(
    broker,
    contextFor(named.url, {
      ...REEL,
      media: [film({ thumbnail: picture() })],
      cover: picture({ filename: "c.png", mimeType: "image/png" }),
      settings: { coverUrl: "https://cdn.example/c.png" },
    }),
  );
  assert.equal(
    named.posts("101/media")[0]?.cover_url,
    "https://media.example/c.png?as=image/jpeg&maxSizeBytes=8000000",
  );
});

test("a story has no text and no alt text", async (t) => {
  const host = await startGraph(t);
  await drive(
    broker,
    contextFor(host.url, {
      ...CONTENT,
      placement: "story",
      media: [picture({ altText: "A red door" })],
      settings: { userTags: [{ username: "c" }] },
    }),
  );
  await drive(broker, contextFor(host.url, { ...CONTENT, placement: "story", media: [film()] }));
  assert.deepEqual(host.posts("101/media"), [
    { media_type: "STORIES", image_url: "https://media.example/a.jpg", user_tags: '[{"username":"c"}]' },
    { media_type: "STORIES", video_url: "https://media.example/a.mp4" },
  ]);
});

test("every kind of post can be labelled as AI-generated and as a paid partnership", async (t) => {
  const settings = { isAiGenerated: true, isPaidPartnership: true };
  for (const content of [IMAGE, REEL, { ...IMAGE, placement: "story" }]) {
    const host = await startGraph(t);
    await drive(broker, contextFor(host.url, { ...content, settings }));
    await drive(
      broker,
      contextFor(host.url, { ...content, settings: { isAiGenerated: false, isPaidPartnership: false } }),
    );
    assert.deepEqual(
      host.posts("101/media").map(({ is_ai_generated: made, is_paid_partnership: paid }) => [made, paid]),
      [
        ["true", "true"],
        [undefined, undefined],
      ],
    );
  }
});

test("a carousel waits for every child before its parent is created, in order", async (t) => {
  const host = await startGraph(t, { readsUntilFinished: 2 });
  const settings = {
    userTags: [
      { username: "c", x: 0.1, y: 0.2 },
      { username: "d", mediaIndex: 1 },
    ],
    collaborators: ["a"],
    isAiGenerated: true,
    thumbOffsetMs: 1500,
  };
  const media = [picture({ altText: "one" }), film(), picture()];
  const { steps, waits } = await drive(
    broker,
    contextFor(host.url, { ...CONTENT, placement: "carousel", media, settings }),
  );
  assert.deepEqual(steps, [
    "child-1",
    "child-2",
    "child-2-upload",
    "child-3",
    "child-1-ready",
    "child-2-ready",
    "child-3-ready",
    "container",
    "ready",
    "quota",
    "publish!",
    "permalink",
  ]);
  assert.deepEqual(host.posts("101/media"), [
    {
      image_url: "https://media.example/a.jpg",
      alt_text: "one",
      user_tags: '[{"username":"c","x":0.1,"y":0.2}]',
      is_carousel_item: "true",
    },
    {
      media_type: "VIDEO",
      thumb_offset: "1500",
      video_url: "https://media.example/a.mp4",
      user_tags: '[{"username":"d"}]',
      is_carousel_item: "true",
    },
    { image_url: "https://media.example/a.jpg", is_carousel_item: "true" },
    {
      media_type: "CAROUSEL",
      children: "1,2,3",
      caption: "Hi",
      collaborators: '["a"]',
      is_ai_generated: "true",
    },
  ]);
  assert.deepEqual(
    [waits["child-1-ready"], waits["child-2-ready"]],
    [
      [2, 3],
      [10, 10],
    ],
  );
});

test("with Facebook Login, a video is uploaded to the container's URL", async (t) => {
  const host = await startGraph(t);
  await drive(broker, contextFor(host.url, { ...REEL, media: [film({ sizeBytes: 1234 })] }, WITH_FACEBOOK));
  assert.deepEqual(host.posts("101/media"), [
    { media_type: "REELS", upload_type: "resumable", share_to_feed: "true", caption: "Hi" },
  ]);
  const upload = host.requests.find(({ path }) => path.startsWith("rupload.facebook.com/"));
  assert.deepEqual([upload?.path, upload?.sizeBytes], ["rupload.facebook.com/ig-api-upload/v25.0/1", 1234]);
  assert.partialDeepStrictEqual(upload?.headers, {
    authorization: "OAuth TOKEN-OF-THE-ACCOUNT",
    offset: "0",
    file_size: "1234",
  });
});

test("a token is never sent to an upload URL on another host", async (t) => {
  const host = await startGraph(t, { uri: "https://rupload.facebook.com.evil.example/x" });
  const error = await failureOf(drive(broker, contextFor(host.url, REEL, WITH_FACEBOOK)));
  assert.deepEqual([error.code, host.requests.length], ["UNEXPECTED_RESPONSE", 1]);
});

test("a rejected upload starts again with a new container", async (t) => {
  const partial = {
    debug_info: {
      retriable: true,
      type: "PartialRequestError",
      message: "Partial request (did not match length of file)",
    },
  };
  const host = await startGraph(t, { upload: [400, partial] });
  const error = await failureOf(drive(broker, contextFor(host.url, REEL, WITH_FACEBOOK)));
  assert.deepEqual(
    [error.code, error.redoFrom, error.platformError?.code],
    ["MEDIA_FAILED", "container", "PartialRequestError"],
  );
  const refused = await startGraph(t, {
    upload: [400, { debug_info: { retriable: false, type: "NotAuthorizedError", message: "no" } }],
  });
  assert.equal((await failureOf(drive(broker, contextFor(refused.url, REEL, WITH_FACEBOOK)))).code, "AUTH_REVOKED");
});

test("with Facebook Login, reads use the person's token and everything else the Page's", async (t) => {
  const host = await startGraph(t);
  const content = { ...IMAGE, settings: { firstComment: "First!" } };
  await drive(broker, { ...contextFor(host.url, content, WITH_FACEBOOK), userToken: "TOKEN-OF-THE-PERSON" });
  assert.ok(
    host.requests.some(({ method }) => method === "GET") && host.requests.some(({ method }) => method === "POST"),
  );
  for (const { method, path, headers } of host.requests)
    assert.equal(
      headers.authorization,
      `Bearer TOKEN-OF-THE-${method === "GET" ? "PERSON" : "ACCOUNT"}`,
      `${method} ${path}`,
    );
});

for (const [refusal, error] of Object.entries({
  "is rejected": { code: 190, error_subcode: 463 },
  "lacks a permission": { code: 10 },
  "does not show the container": { code: 100, error_subcode: 33 },
}))
  test(`a read with a person's token that ${refusal} is repeated with the Page's`, async (t) => {
    const host = await startGraph(t);
    const { http, ...context } = contextFor(host.url, IMAGE, WITH_FACEBOOK);
    const refusedReads: string[] = [];
    const send: typeof http.send = async (request) => {
      if (request.headers?.authorization !== "Bearer TOKEN-OF-THE-PERSON") return await http.send(request);
      refusedReads.push(request.url);
      return answerOf(400, { error: { message: "No", type: "OAuthException", ...error } });
    };
    const { done } = await drive(broker, { ...context, http: { send }, userToken: "TOKEN-OF-THE-PERSON" });
    assert.deepEqual(done, { platformPostId: "9001", publishedUrl: "https://www.instagram.com/p/A9001/" });
    assert.equal(refusedReads.length, host.requests.filter(({ method }) => method === "GET").length);
  });

test("a used-up quota stops a post before it is published, whatever the number is", async (t) => {
  const host = await startGraph(t, { limit: { quota_usage: 25, config: { quota_total: 25, quota_duration: 86_400 } } });
  assert.equal((await failureOf(drive(broker, contextFor(host.url, IMAGE)))).code, "QUOTA_EXCEEDED");
  assert.deepEqual(host.posts("101/media_publish"), []);
  const untold = await startGraph(t, { limit: { quota_usage: 3 } });
  await drive(broker, contextFor(untold.url, IMAGE));
});

for (const [code, becomes] of Object.entries({
  2207026: "MEDIA_REJECTED",
  2207076: "MEDIA_FAILED",
  2207077: "MEDIA_FAILED",
  2207081: "CONTENT_REJECTED",
  2207082: "MEDIA_FAILED",
  2207999: "MEDIA_FAILED",
})) {
  test(`a container that ends in ${code} is ${becomes}, and is recreated from the start`, async (t) => {
    const host = await startGraph(t, {
      status: { status_code: "ERROR", status: `Error: Media upload has failed with error code ${code}` },
    });
    const error = await failureOf(drive(broker, contextFor(host.url, REEL)));
    assert.deepEqual([error.code, error.platformError?.code, error.redoFrom], [becomes, code, "container"]);
  });
}

test("a container that never finishes is given up after half an hour and recreated once", async (t) => {
  const host = await startGraph(t, { readsUntilFinished: 1000 });
  const error = await failureOf(drive(broker, contextFor(host.url, REEL)));
  assert.deepEqual([error.code, error.redoFrom, error.maxAttempts], ["MEDIA_FAILED", "container", 2]);
  const carousel = await failureOf(
    drive(broker, contextFor(host.url, { ...CONTENT, placement: "carousel", media: [film(), film()] })),
  );
  assert.equal(carousel.redoFrom, "child-1");
});

test("a container that cannot be read yet is waited for", async (t) => {
  const host = await startGraph(t, { unreadable: 2 });
  const { waits } = await drive(broker, contextFor(host.url, IMAGE));
  assert.deepEqual(waits.ready, [2, 3]);
});

test("a live post whose link cannot be read yet is checked after 1, 5 and 15 minutes", async (t) => {
  const later = await startGraph(t, { unseenMedia: 2 });
  const { waits, done } = await drive(broker, contextFor(later.url, IMAGE));
  assert.deepEqual([waits.permalink, done.publishedUrl], [[60, 240], "https://www.instagram.com/p/A9001/"]);
  const never = await startGraph(t, { unseenMedia: 99 });
  assert.equal((await failureOf(drive(broker, contextFor(never.url, IMAGE)))).retryable, false);
});

test("an existing first comment is not added again", async (t) => {
  const host = await startGraph(t, { comments: [{ id: "7", text: "First!" }] });
  const context = contextFor(host.url, { ...IMAGE, settings: { firstComment: "First!" } });
  await drive(broker, { ...context, begunBefore: true });
  assert.deepEqual(host.posts("9001/comments"), []);
});

test("a publishing response without a readable ID leaves the outcome open", () => {
  const publish = broker.steps(IMAGE).find((step) => step.effect === "visible");
  assert.ok(publish?.effect === "visible");
  for (const body of ["", "{", "{}", '{"id":null}', '{"id":"abc"}', "<html>"]) {
    assert.throws(
      () => publish.accept(answerOf(200, body), contextFor("http://127.0.0.1:1", IMAGE)),
      (error) => error instanceof BrokerError && error.code === "UNEXPECTED_RESPONSE" && !error.notPublished,
    );
  }
  const done = publish.accept(answerOf(200, '{"id":17918920912340654321}'), contextFor("http://127.0.0.1:1", IMAGE));
  assert.equal(done.platformPostId, "17918920912340654321");
});

const LISTED = {
  id: "9001",
  caption: "Hi",
  media_type: "IMAGE",
  media_product_type: "FEED",
  timestamp: "2026-11-01T12:00:05+0000",
  permalink: "https://www.instagram.com/p/A9001/",
};
const { caption: _, media_product_type: __, ...BARE } = LISTED;

/** What the container says and the list holds, and what follows from it. */
const VERDICTS: {
  name: string;
  state: string | null;
  list?: object[];
  refused?: boolean;
  minutes?: number;
  intent?: Partial<OpenIntent>;
  date?: string;
  expected: object;
}[] = [
  {
    name: "PUBLISHED and listed",
    state: "PUBLISHED",
    list: [LISTED],
    expected: { verdict: "published", remoteId: "9001", publishedUrl: LISTED.permalink },
  },
  { name: "PUBLISHED and not listed", state: "PUBLISHED", expected: { verdict: "published", remoteId: null } },
  {
    name: "PUBLISHED and listed twice",
    state: "PUBLISHED",
    list: [LISTED, { ...LISTED, id: "9002" }],
    expected: { verdict: "published", remoteId: null },
  },
  {
    name: "PUBLISHED and listed without captions",
    state: "PUBLISHED",
    list: [BARE],
    expected: { verdict: "published", remoteId: "9001" },
  },
  {
    name: "PUBLISHED and listed without captions, beside others with an unknown outcome",
    state: "PUBLISHED",
    list: [BARE],
    intent: { hasOthers: true },
    expected: { verdict: "published", remoteId: null },
  },
  {
    name: "PUBLISHED, and one of two that were sent with the same caption is listed",
    state: "PUBLISHED",
    list: [LISTED],
    intent: { hasTwin: true, hasOthers: true },
    expected: { verdict: "published", remoteId: null },
  },
  { name: "FINISHED and not listed", state: "FINISHED", expected: { verdict: "not_published", definitive: false } },
  {
    name: "FINISHED after a refusal",
    state: "FINISHED",
    refused: true,
    expected: { verdict: "not_published", definitive: true },
  },
  { name: "FINISHED beside a look-alike", state: "FINISHED", list: [LISTED], expected: { verdict: "pending" } },
  {
    name: "FINISHED beside a look-alike from before the call",
    state: "FINISHED",
    list: [{ ...LISTED, timestamp: "2026-11-01T11:59:50+0000" }],
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "FINISHED beside another post of ours",
    state: "FINISHED",
    list: [LISTED],
    intent: { accountedIds: new Set(["9001"]) },
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "PUBLISHED beside another post of ours",
    state: "PUBLISHED",
    list: [LISTED, { ...LISTED, id: "9002" }],
    intent: { accountedIds: new Set(["9001"]) },
    expected: { verdict: "published", remoteId: "9002" },
  },
  {
    name: "PUBLISHED and listed, by a clock that is ten minutes behind",
    state: "PUBLISHED",
    list: [{ ...LISTED, timestamp: "2026-11-01T11:50:01+0000" }],
    date: "Sun, 01 Nov 2026 11:50:10 GMT",
    expected: { verdict: "published", remoteId: "9001" },
  },
  {
    name: "FINISHED and something listed without captions",
    state: "FINISHED",
    list: [BARE],
    expected: { verdict: "not_published", definitive: false },
  },
  { name: "IN_PROGRESS", state: "IN_PROGRESS", expected: { verdict: "pending" } },
  {
    name: "IN_PROGRESS after a refusal",
    state: "IN_PROGRESS",
    refused: true,
    expected: { verdict: "not_published", definitive: true, redoFrom: "ready" },
  },
  {
    name: "EXPIRED",
    state: "EXPIRED",
    expected: { verdict: "not_published", definitive: false, redoFrom: "container" },
  },
  { name: "ERROR", state: "ERROR", expected: { verdict: "not_published", definitive: false, redoFrom: "container" } },
  { name: "ERROR but listed", state: "ERROR", list: [LISTED], expected: { verdict: "published", remoteId: "9001" } },
  {
    name: "ERROR, and one of two that were sent with the same caption is listed",
    state: "ERROR",
    list: [LISTED],
    intent: { hasTwin: true, hasOthers: true },
    expected: { verdict: "cannot_tell" },
  },
  { name: "not readable, not listed", state: null, expected: { verdict: "pending" } },
  { name: "not readable for 16 minutes", state: null, minutes: 16, expected: { verdict: "cannot_tell" } },
  { name: "not readable, listed", state: null, list: [LISTED], expected: { verdict: "published", remoteId: "9001" } },
  {
    name: "another caption listed",
    state: "FINISHED",
    list: [{ ...LISTED, caption: "Ho" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "an older post listed",
    state: "FINISHED",
    list: [{ ...LISTED, timestamp: "2026-11-01T11:58:00+0000" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "another kind listed",
    state: "FINISHED",
    list: [{ ...LISTED, media_type: "CAROUSEL_ALBUM" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "another product listed",
    state: "FINISHED",
    list: [{ ...LISTED, media_product_type: "AD" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "more listed than can be read",
    state: "FINISHED",
    list: Array.from({ length: 100 }, () => ({ ...LISTED, caption: "Ho" })),
    expected: { verdict: "cannot_tell" },
  },
];

for (const { name, state, list = [], refused = false, minutes = 1, intent, date, expected } of VERDICTS) {
  test(`the outcome of a lost publishing request is determined by container and list: ${name}`, async (t) => {
    const host = await startGraph(t, {
      ...(state === null ? { unreadable: 99 } : { status: { status_code: state, status: `${state}.` } }),
      list,
      date,
    });
    const platformError = { status: 400, code: "9007/2207027", message: null, requestId: null };
    const answer: Partial<OpenIntent["answer"]> = refused
      ? { status: 400, brokerCode: "MEDIA_FAILED", platformError }
      : {};
    const verdict = await broker.reconcile(
      contextFor(host.url, IMAGE, {}, { container: "1" }),
      lostCommit("publish", { ageSeconds: minutes * 60, ...intent, answer }),
    );
    assert.partialDeepStrictEqual(verdict, expected);
    assert.ok(host.requests.every(({ method }) => method === "GET"));
  });
}

test("a caption matches without its @ and with collapsed whitespace", async (t) => {
  const host = await startGraph(t, {
    status: { status_code: "PUBLISHED" },
    list: [{ ...LISTED, caption: "Thanks friend ! And more" }],
  });
  const context = contextFor(host.url, { ...IMAGE, text: "Thanks @friend !\n\nAnd  more " }, {}, { container: "1" });
  assert.partialDeepStrictEqual(await broker.reconcile(context, lostCommit("publish")), {
    verdict: "published",
    remoteId: "9001",
  });
});

for (const { state, seconds, expected } of [
  { state: "PUBLISHED", seconds: 60, expected: { verdict: "published", remoteId: "9005" } },
  { state: "PUBLISHED", seconds: 59, expected: { verdict: "published", remoteId: null } },
  { state: "ERROR", seconds: 60, expected: { verdict: "cannot_tell" } },
])
  test(`a lost story is named once lists have it, since people's stories look the same: ${state}, ${seconds} s`, async (t) => {
    const host = await startGraph(t, {
      status: { status_code: state, status: `${state}.` },
      list: [LISTED],
      stories: [{ ...BARE, id: "9005", media_product_type: "STORY" }],
    });
    const verdict = await broker.reconcile(
      contextFor(host.url, { ...IMAGE, placement: "story" }, {}, { container: "1" }),
      lostCommit("publish", { ageSeconds: seconds }),
    );
    assert.partialDeepStrictEqual(verdict, expected);
  });

test("what the list may show of two posts in the same way has the same look", () => {
  const lookOf = (content: PlatformContent<PublishMedia>) => {
    const step = broker.steps(content).find(({ effect }) => effect === "visible");
    return step?.effect === "visible" ? step.look?.(contextFor("", content)) : undefined;
  };
  const alike = [IMAGE, { ...IMAGE, text: ` ${IMAGE.text.replaceAll("@", "")}\n` }];
  assert.equal(new Set(alike.map(lookOf)).size, 1);
  assert.equal(new Set([IMAGE, REEL, { ...IMAGE, text: "Ho" }, { ...IMAGE, placement: "story" }].map(lookOf)).size, 4);
  const story = { ...IMAGE, placement: "story" };
  assert.equal(lookOf(story), lookOf({ ...story, text: "Ho" }));
});

test("a spam error proven to have published nothing is final", async (t) => {
  const host = await startGraph(t, { status: { status_code: "FINISHED" } });
  const platformError = { status: 400, code: "4/2207051", message: null, requestId: null };
  const verdict = await broker.reconcile(
    contextFor(host.url, IMAGE, {}, { container: "1" }),
    lostCommit("publish", { answer: { status: 400, brokerCode: "RATE_LIMITED", platformError } }),
  );
  assert.ok(
    verdict.verdict === "not_published" && verdict.error?.code === "RATE_LIMITED" && verdict.error.retryable === false,
  );
});

interface Script {
  readsUntilFinished?: number;
  status?: object;
  /** How many reads of a container find nothing. */
  unreadable?: number;
  /** How many reads of fresh media find nothing. */
  unseenMedia?: number;
  list?: object[];
  /** What time it is there. */
  date?: string;
  stories?: object[];
  comments?: object[];
  limit?: object;
  uri?: string;
  upload?: [number, object];
}

/** Both Graph hosts and the upload host, which say what the script says: containers 1, 2, …, media 9001, 9002, …. */
async function startGraph(t: TestContext, script: Script = {}) {
  const reads = new Map<string, number>();
  let containers = 0;
  let published = 0;
  const count = (name: string): number => {
    reads.set(name, (reads.get(name) ?? 0) + 1);
    return reads.get(name) ?? 0;
  };
  const host = await startHost(t, ({ path, fields, method }) => {
    if (path.startsWith("rupload.facebook.com/"))
      return script.upload ?? [200, { success: true, message: "Upload successful." }];
    const rest = path.replace(/^graph\.(instagram|facebook)\.com\/v25\.0\//, "");
    if (rest === "101/media" && method === "POST") {
      const id = String((containers += 1));
      return [
        200,
        {
          id,
          ...(fields.upload_type === "resumable"
            ? { uri: script.uri ?? `https://rupload.facebook.com/ig-api-upload/v25.0/${id}` }
            : {}),
        },
      ];
    }
    if (rest === "101/media")
      return [200, { data: script.list ?? [] }, script.date === undefined ? undefined : { date: script.date }];
    if (rest === "101/stories") return [200, { data: script.stories ?? [] }];
    if (rest === "101/media_publish") return [200, { id: String(9000 + (published += 1)) }];
    if (rest === "101/content_publishing_limit")
      return [200, { data: [script.limit ?? { quota_usage: 1, config: { quota_total: 50, quota_duration: 86_400 } }] }];
    if (rest.endsWith("/comments")) return [200, method === "POST" ? { id: "7" } : { data: script.comments ?? [] }];
    if (rest.startsWith("9"))
      return count(rest) <= (script.unseenMedia ?? 0)
        ? [400, NOT_SEEN]
        : [200, { id: rest, permalink: `https://www.instagram.com/p/A${rest}/` }];
    if (count(rest) <= (script.unreadable ?? 0)) return [400, NOT_SEEN];
    return [
      200,
      {
        id: rest,
        ...(script.status ?? {
          status_code: (reads.get(rest) ?? 0) > (script.readsUntilFinished ?? 0) ? "FINISHED" : "IN_PROGRESS",
        }),
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
