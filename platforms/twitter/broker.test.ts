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
} from "../kit/broker.fixture.ts";
import { createHttpClient } from "../kit/http.ts";
import { BrokerError, type Checkpoint, type OpenIntent, type PublishMedia, type StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { oauth } from "./oauth.ts";

const MEDIA_INVALID = {
  errors: [{ parameters: { "media.media_ids": ["1"] }, message: "Your media IDs are invalid." }],
  title: "Invalid Request",
  detail: "One or more parameters to your request was invalid.",
  type: "https://api.twitter.com/2/problems/invalid-request",
};
const DUPLICATE = {
  title: "Forbidden",
  detail: "You are not allowed to create a Tweet with duplicate content.",
  type: "about:blank",
  status: 403,
};

test("a text is published in one request, with the settings of the first part", async (t) => {
  const x = await startX(t);
  const { steps, done } = await run(x.url, {
    ...CONTENT,
    text: "Hello & <all>",
    settings: { replySettings: "following", replyTo: "55", poll: { options: ["Yes", "No"], durationMinutes: 60 } },
  });
  assert.deepEqual(steps, ["ready-1", "post-1!"]);
  assert.deepEqual(x.bodies("/2/tweets"), [
    {
      text: "Hello & <all>",
      reply: { in_reply_to_tweet_id: "55" },
      poll: { options: ["Yes", "No"], duration_minutes: 60 },
      reply_settings: "following",
    },
  ]);
  assert.deepEqual(done, { platformPostId: "9001", publishedUrl: "https://x.com/someone/status/9001" });
  assert.ok(
    x.requests.every(
      ({ headers, url }) =>
        headers.authorization === "Bearer TOKEN-OF-THE-ACCOUNT" && !url.includes("TOKEN-OF-THE-ACCOUNT"),
    ),
  );
});

test("images are uploaded whole, each with its alternative text before the post", async (t) => {
  const x = await startX(t);
  const { steps } = await run(x.url, {
    ...CONTENT,
    media: [picture({ altText: "A red door" }), picture({ mimeType: "image/webp" })],
  });
  assert.deepEqual(steps, [
    "send-1-1",
    "processed-1-1",
    "describe-1-1",
    "send-1-2",
    "processed-1-2",
    "ready-1",
    "post-1!",
  ]);
  const [first] = x.requests;
  assert.match(first?.headers["content-type"] ?? "", /^multipart\/form-data; boundary=/);
  assert.match(x.requests[0]?.text ?? "", /name="media_category"\r\n\r\ntweet_image\r\n/);
  assert.match(x.requests[0]?.text ?? "", /name="media"; filename="image.jpeg"\r\nContent-Type: image\/jpeg\r\n\r\n/);
  assert.deepEqual(x.bodies("/2/media/metadata"), [{ id: "101", metadata: { alt_text: { text: "A red door" } } }]);
  assert.deepEqual(x.bodies("/2/tweets"), [{ text: "Hi", media: { media_ids: ["101", "102"] } }]);
});

test("an image that is too large or rotated is converted to JPEG", async (t) => {
  for (const media of [
    picture({ mimeType: "image/png", sizeBytes: 6_000_000 }),
    picture({ mimeType: "image/png", orientation: 6 }),
  ]) {
    const x = await startX(t);
    await run(x.url, { ...CONTENT, media: [media] });
    assert.match(x.requests[0]?.text ?? "", /Content-Type: image\/jpeg/);
  }
});

test("a video of 3.5 MiB is uploaded in four chunks of 1 MiB, waited for, and then attached", async (t) => {
  const x = await startX(t, {
    states: [
      { state: "pending", check_after_secs: 1 },
      { state: "in_progress", check_after_secs: 5, progress_percent: 42 },
      { state: "succeeded" },
    ],
  });
  const { steps, waits } = await run(x.url, { ...CONTENT, media: [film({ sizeBytes: 3_670_016 })] });
  assert.deepEqual(steps, ["open-1-1", "append-1-1-1", "finalize-1-1", "processed-1-1", "ready-1", "post-1!"]);
  assert.deepEqual(x.bodies("/2/media/upload/initialize"), [
    { media_type: "video/mp4", total_bytes: 3_670_016, media_category: "tweet_video" },
  ]);
  const appends = x.requests.map(({ text }) => text).filter((text) => text.includes('name="segment_index"'));
  assert.deepEqual(
    appends.map((text) => /segment_index"\r\n\r\n(\d+)/.exec(text)?.[1]),
    ["0", "1", "2", "3"],
  );
  assert.deepEqual(
    appends.map((text) => (/\r\n\r\n(A*)\r\n--[^\r]*--\r\n$/.exec(text)?.[1] ?? "").length),
    [1_048_576, 1_048_576, 1_048_576, 524_288],
  );
  assert.deepEqual(waits["processed-1-1"], [1, 5]);
  assert.deepEqual(x.bodies("/2/tweets"), [{ text: "Hi", media: { media_ids: ["101"] } }]);
});

test("a large video is uploaded in several steps, so that a failure does not start over", () => {
  const steps = broker.steps({ ...CONTENT, media: [film({ sizeBytes: 200 * 1_048_576 })] }).map(({ name }) => name);
  assert.deepEqual(steps.filter((name) => name.startsWith("append")).length, 13);
});

test("a GIF is uploaded in chunks too, and supports alternative text", async (t) => {
  const x = await startX(t);
  await run(x.url, { ...CONTENT, media: [picture({ mimeType: "image/gif", altText: "A cat" })] });
  assert.deepEqual(x.bodies("/2/media/upload/initialize"), [
    { media_type: "image/gif", total_bytes: 1000, media_category: "tweet_gif" },
  ]);
  assert.deepEqual(x.bodies("/2/media/metadata"), [{ id: "101", metadata: { alt_text: { text: "A cat" } } }]);
});

test("a thread uploads all media first, and each part replies to the previous one", async (t) => {
  const x = await startX(t);
  const { steps, done } = await run(x.url, {
    ...CONTENT,
    settings: { replySettings: "verified" },
    thread: [
      { text: "two", media: [picture({})] },
      { text: "three", media: [] },
    ],
  });
  assert.deepEqual(steps, [
    "send-2-1",
    "processed-2-1",
    "ready-1",
    "post-1!",
    "again-send-2-1",
    "again-processed-2-1",
    "ready-2",
    "post-2!",
    "ready-3",
    "post-3!",
  ]);
  assert.deepEqual(x.bodies("/2/tweets"), [
    { text: "Hi", reply_settings: "verified" },
    { text: "two", media: { media_ids: ["101"] }, reply: { in_reply_to_tweet_id: "9001" } },
    { text: "three", reply: { in_reply_to_tweet_id: "9002" } },
  ]);
  assert.equal(x.requests.filter(({ url }) => url.endsWith("/2/media/upload")).length, 1);
  assert.equal(done.platformPostId, "9001");
});

test("media that X has forgotten or rejected is uploaded again before a later part", async (t) => {
  const content = { ...CONTENT, thread: [{ text: "two", media: [picture({})] }] };
  const causes: Checkpoint[] = [{ "uploaded-2-1": "2026-10-31T12:00:00.000Z" }, { "begun-2": true }];
  for (const changes of causes) {
    const x = await startX(t);
    const again = broker.steps(content).find(({ name }) => name === "again-send-2-1");
    assert.ok(again !== undefined && again.effect !== "visible");
    const checkpoint = { "media-2-1": "7", "uploaded-2-1": "2026-11-01T12:00:00.000Z", ...changes };
    const outcome = await again.run(contextOf(x.url, content, checkpoint));
    assert.partialDeepStrictEqual(outcome, { done: { "media-2-1": "101" } });
  }
});

test("a part whose media X does not know starts again with its upload, once", () => {
  for (const [part, redoFrom] of [
    ["post-1", "send-1-1"],
    ["post-2", "again-send-2-1"],
  ] as const) {
    const content = { ...CONTENT, media: [picture({})], thread: [{ text: "two", media: [picture({})] }] };
    const error = refusalOf(part, 400, MEDIA_INVALID, content, { "post-1": "9001" });
    assert.deepEqual(
      [error.code, error.notPublished, error.redoFrom, error.maxAttempts],
      ["MEDIA_FAILED", true, redoFrom, 2],
    );
  }
});

test("a duplicate is a content error at first, and leaves the outcome open after a lost request", () => {
  const first = refusalOf("post-1", 403, DUPLICATE, CONTENT);
  assert.deepEqual([first.code, first.notPublished], ["CONTENT_REJECTED", true]);
  assert.match(first.message, /X says: You are not allowed to create a Tweet with duplicate content\./);
  assert.equal(refusalOf("post-1", 403, DUPLICATE, CONTENT, {}, { mayBeLive: true }).notPublished, false);
});

test("a rejection without a reason is reported as too long if the text is", () => {
  const body = {
    title: "Forbidden",
    detail: "You are not permitted to perform this action.",
    type: "about:blank",
    status: 403,
  };
  assert.equal(refusalOf("post-1", 403, body, { ...CONTENT, text: "a".repeat(281) }).publicCode, "CONTENT_TOO_LONG");
  assert.equal(refusalOf("post-1", 403, body, CONTENT).publicCode, null);
});

test("a file that X cannot process is final, and an internal error of X is retried once", async (t) => {
  const bad = await startX(t, {
    states: [{ state: "failed", error: { code: 1, name: "InvalidMedia", message: "Unsupported video format" } }],
  });
  const final = await failureOf(run(bad.url, { ...CONTENT, media: [film({})] }));
  assert.deepEqual([final.code, final.retryable, final.platformError?.code], ["MEDIA_FAILED", false, "InvalidMedia"]);
  assert.match(final.message, /Unsupported video format/);
  const internal = await startX(t, {
    states: [{ state: "failed", error: { name: "InternalError", message: "file is currently unsupported" } }],
  });
  const again = await failureOf(run(internal.url, { ...CONTENT, media: [film({})] }));
  assert.deepEqual([again.redoFrom, again.maxAttempts], ["open-1-1", 2]);
});

test("endless processing is given up after ten minutes", async (t) => {
  const x = await startX(t, { states: [{ state: "in_progress", check_after_secs: 60 }] });
  const error = await failureOf(run(x.url, { ...CONTENT, media: [film({})] }));
  assert.deepEqual([error.code, error.redoFrom, error.maxAttempts], ["MEDIA_FAILED", "open-1-1", 2]);
});

test("a rejected second finalize is accepted if the file is being processed", async (t) => {
  const x = await startX(t, {
    finalize: 400,
    states: [{ state: "pending", check_after_secs: 1 }, { state: "succeeded" }],
  });
  await run(x.url, { ...CONTENT, media: [film({})] });
  const lost = await startX(t, { finalize: 400, states: [] });
  const error = await failureOf(run(lost.url, { ...CONTENT, media: [film({})] }));
  assert.deepEqual([error.code, error.redoFrom], ["MEDIA_FAILED", "open-1-1"]);
});

test("a response without a readable ID leaves the outcome open", () => {
  const publish = broker.steps(CONTENT).find((step) => step.effect === "visible");
  assert.ok(publish?.effect === "visible");
  for (const text of ["", "{", "{}", '{"data":{}}', '{"data":{"id":12}}', "<html>"]) {
    assert.throws(
      () => publish.accept(answerOf(201, text), contextOf("http://127.0.0.1:1", CONTENT)),
      (error) => error instanceof BrokerError && error.code === "UNEXPECTED_RESPONSE" && !error.notPublished,
    );
  }
});

test("what X says is left of the account's posts is passed on once half of it is used, or if the limit is another", () => {
  const publish = broker.steps(CONTENT).find((step) => step.effect === "visible");
  assert.ok(publish?.effect === "visible");
  const context = contextOf("http://127.0.0.1:1", CONTENT);
  const said = (status: number, limit: string | undefined, remaining: string | undefined) => {
    const answer = answerOf(status, status === 201 ? { data: { id: "1", text: "Hi" } } : {}, {
      ...(limit !== undefined && { "x-rate-limit-limit": limit }),
      ...(remaining !== undefined && { "x-rate-limit-remaining": remaining }),
    });
    try {
      return publish.accept(answer, context).limits;
    } catch (error) {
      return error instanceof BrokerError && error.limits;
    }
  };
  assert.deepEqual(said(201, "100", "99"), []);
  assert.deepEqual(said(201, "100", "10"), [{ name: "posts", most: 100, used: 90 }]);
  assert.deepEqual(said(201, "17", "16"), [{ name: "posts", most: 17, used: 1 }]);
  assert.deepEqual(said(429, "100", "0"), [{ name: "posts", most: 100, used: 100 }]);
  for (const [limit, remaining] of [
    [undefined, undefined],
    ["100", undefined],
    ["100", "-1"],
    ["100", "101"],
    ["1e3", "1"],
    ["", ""],
    ["9".repeat(400), "0"],
  ])
    assert.deepEqual(said(201, limit, remaining), [], `${limit} ${remaining}`);
});

const LISTED = { id: "9001", text: "Hi", created_at: "2026-11-01T12:00:01.000Z" };
const SHORT = "https://t.co/abcdefghij";

/** What was sent, what the timeline holds, and what follows from it. */
const VERDICTS: {
  name: string;
  content?: Partial<PlatformContent<PublishMedia>>;
  list?: object[];
  checkpoint?: Checkpoint;
  step?: string;
  intent?: Partial<OpenIntent>;
  date?: string;
  expected: object;
}[] = [
  {
    name: "listed",
    list: [LISTED],
    expected: { verdict: "published", remoteId: "9001", publishedUrl: "https://x.com/someone/status/9001" },
  },
  { name: "not listed", expected: { verdict: "not_listed" } },
  { name: "two candidates", list: [LISTED, { ...LISTED, id: "9002" }], expected: { verdict: "cannot_tell" } },
  { name: "another text", list: [{ ...LISTED, text: "Ho" }], expected: { verdict: "not_listed" } },
  {
    name: "an older post",
    list: [{ ...LISTED, created_at: "2026-11-01T11:58:00.000Z" }],
    expected: { verdict: "not_listed" },
  },
  {
    name: "a reply with the same text",
    list: [{ ...LISTED, referenced_tweets: [{ type: "replied_to", id: "5" }] }],
    expected: { verdict: "not_listed" },
  },
  {
    name: "the same text with a picture",
    list: [{ ...LISTED, attachments: { media_keys: ["3_1"] } }],
    expected: { verdict: "not_listed" },
  },
  {
    name: "a link in its short form, entities escaped",
    content: { text: "A & B < C https://Example.com/a?x=1" },
    list: [
      {
        ...LISTED,
        text: `A &amp; B &lt; C ${SHORT}`,
        entities: { urls: [{ url: SHORT, expanded_url: "https://example.com/a?x=1" }] },
      },
    ],
    expected: { verdict: "published" },
  },
  {
    name: "a bare domain that X has completed",
    content: { text: "Visit example.com today" },
    list: [
      {
        ...LISTED,
        text: `Visit ${SHORT} today`,
        entities: { urls: [{ url: SHORT, expanded_url: "http://example.com/" }] },
      },
    ],
    expected: { verdict: "published" },
  },
  {
    name: "the link to its own picture left out",
    content: { media: [picture({})] },
    list: [
      {
        ...LISTED,
        text: `Hi ${SHORT}`,
        attachments: { media_keys: ["3_1"] },
        entities: {
          urls: [{ url: SHORT, expanded_url: "https://x.com/someone/status/9001/photo/1", media_key: "3_1" }],
        },
      },
    ],
    expected: { verdict: "published" },
  },
  {
    name: "a long text by its note",
    content: { text: "long ".repeat(100).trim() },
    list: [{ ...LISTED, text: "long long…", note_tweet: { text: "long ".repeat(100).trim() } }],
    expected: { verdict: "published" },
  },
  {
    name: "new names of the fields",
    content: { settings: { replyTo: "5" } },
    list: [{ ...LISTED, referenced_posts: [{ type: "replied_to", id: "5" }] }],
    expected: { verdict: "published" },
  },
  {
    name: "mentions that X has put in front of a reply",
    content: { settings: { replyTo: "5" } },
    list: [{ ...LISTED, text: "@jo @al Hi", referenced_tweets: [{ type: "replied_to", id: "5" }] }],
    expected: { verdict: "published" },
  },
  {
    name: "a poll",
    content: { settings: { poll: { options: ["a", "b"], durationMinutes: 5 } } },
    list: [LISTED, { ...LISTED, id: "9003", attachments: { poll_ids: ["1"] } }],
    expected: { verdict: "published", remoteId: "9003" },
  },
  {
    name: "another post of ours with the same text",
    list: [LISTED],
    intent: { accountedIds: new Set(["9001"]) },
    expected: { verdict: "not_listed" },
  },
  {
    name: "one of two that were sent with the same text",
    list: [LISTED],
    intent: { hasTwin: true },
    expected: { verdict: "cannot_tell" },
  },
  {
    name: "listed, by a clock that is ten minutes behind",
    list: [{ ...LISTED, created_at: "2026-11-01T11:50:01.000Z" }],
    date: "Sun, 01 Nov 2026 11:50:10 GMT",
    expected: { verdict: "published" },
  },
  {
    name: "listed, by a clock that is ten minutes ahead",
    list: [{ ...LISTED, created_at: "2026-11-01T12:10:01.000Z" }],
    date: "Sun, 01 Nov 2026 12:10:10 GMT",
    expected: { verdict: "published" },
  },
  {
    name: "an older post, by a clock that is ten minutes ahead",
    list: [LISTED],
    date: "Sun, 01 Nov 2026 12:10:10 GMT",
    expected: { verdict: "not_listed" },
  },
  {
    name: "a later part, under the part before",
    content: { thread: [{ text: "two", media: [] }] },
    step: "post-2",
    checkpoint: { "post-1": "9001" },
    list: [LISTED, { ...LISTED, id: "9002", text: "two", referenced_tweets: [{ type: "replied_to", id: "9001" }] }],
    expected: { verdict: "published", remoteId: "9002", done: { "post-2": "9002" } },
  },
];

for (const { name, content = {}, list = [], checkpoint = {}, step = "post-1", intent, date, expected } of VERDICTS) {
  test(`a lost creating call is validated by the timeline: ${name}`, async (t) => {
    const x = await startX(t, { list, date });
    const verdict = await broker.reconcile(
      contextOf(x.url, { ...CONTENT, ...content }, checkpoint),
      lostCommit(step, intent),
    );
    assert.partialDeepStrictEqual(verdict, expected);
    assert.ok(x.requests.length === 1 && x.requests[0]?.method === "GET");
    assert.partialDeepStrictEqual(x.requests[0].query, {
      max_results: "20",
      exclude: "retweets",
      start_time: "2026-11-01T11:45:00Z",
    });
  });
}

test("late reads end some minutes after the request, since every post read is billed", async (t) => {
  const x = await startX(t, { list: [] });
  const at = async (time: string, intent: Partial<OpenIntent> = {}) => {
    await broker.reconcile({ ...contextOf(x.url, CONTENT), now: new Date(time) }, lostCommit("post-1", intent));
    return x.requests.at(-1)?.query.end_time;
  };
  assert.equal(await at("2026-11-01T12:30:00Z"), undefined);
  assert.equal(await at("2026-11-01T13:00:00Z"), "2026-11-01T12:25:00Z");
  assert.equal(
    await at("2026-11-01T17:30:00Z", { lastIntentAt: new Date("2026-11-01T17:00:00Z") }),
    undefined,
    "what was sent again later is looked for as well",
  );
});

test("the timeline's fields are requested by their new names if X requires them", async (t) => {
  const x = await startX(t, { list: [LISTED], refuseFields: "tweet.fields" });
  const verdict = await broker.reconcile(contextOf(x.url, CONTENT), lostCommit("post-1"));
  assert.equal(verdict.verdict, "published");
  assert.match(x.requests[1]?.url ?? "", /post\.fields=/);
});

test("a timeline that continues for pages proves nothing", async (t) => {
  const x = await startX(t, { list: [{ ...LISTED, text: "other" }], next: "n" });
  const verdict = await broker.reconcile(contextOf(x.url, CONTENT), lostCommit("post-1"));
  assert.deepEqual([verdict.verdict, x.requests.length], ["cannot_tell", 5]);
});

test("sign-in and renewal use Basic, and errors say who can fix them", async (t) => {
  const app = { clientId: "id:1", clientSecret: "se cret", redirectUri: "http://127.0.0.1/cb" };
  const given = {
    token_type: "bearer",
    expires_in: 7200,
    access_token: "A",
    scope: "tweet.write users.read",
    refresh_token: "R",
  };
  const x = await startX(t, { token: [200, given] });
  const http = createHttpClient({ sandboxUrl: x.url });
  assert.deepEqual(await oauth.exchange(http, app, { code: "c", codeVerifier: "v" }), {
    accessToken: "A",
    refreshToken: "R",
    expiresInSeconds: 7200,
    refreshExpiresInSeconds: null,
    scopes: ["tweet.write", "users.read"],
  });
  assert.equal(x.requests[0]?.headers.authorization, `Basic ${Buffer.from("id%3A1:se%20cret").toString("base64")}`);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(x.requests[0]?.text)), {
    grant_type: "authorization_code",
    code: "c",
    redirect_uri: app.redirectUri,
    code_verifier: "v",
  });
  const codes = {
    invalid_request: "AUTH_REVOKED",
    invalid_grant: "AUTH_REVOKED",
    invalid_client: "UNEXPECTED_RESPONSE",
    unauthorized_client: "UNEXPECTED_RESPONSE",
  };
  for (const [error, code] of Object.entries(codes)) {
    const refusing = await startX(t, {
      token: [
        error === "unauthorized_client" ? 401 : 400,
        { error, error_description: "Value passed for the token was invalid." },
      ],
    });
    const refused = await failureOf(
      oauth.refresh?.run(createHttpClient({ sandboxUrl: refusing.url }), app, {
        accessToken: "A",
        refreshToken: "R",
        expiresInSeconds: 0,
        refreshExpiresInSeconds: null,
        scopes: null,
      }) ?? Promise.resolve(),
    );
    assert.equal(refused.code, code, error);
  }
});

function refusalOf(
  name: string,
  status: number,
  body: object,
  content: PlatformContent<PublishMedia>,
  checkpoint: Checkpoint = {},
  more: Partial<StepContext> = {},
): BrokerError {
  const step = broker.steps(content).find((candidate) => candidate.name === name);
  assert.ok(step?.effect === "visible");
  try {
    step.accept(answerOf(status, body), { ...contextOf("http://127.0.0.1:1", content, checkpoint), ...more });
  } catch (error) {
    assert.ok(error instanceof BrokerError);
    return error;
  }
  throw new Error("it was accepted");
}

function contextOf(url: string, content: PlatformContent<PublishMedia>, checkpoint: Checkpoint = {}): StepContext {
  const context = contextFor(
    url,
    content,
    { platformAccountId: "26", metadata: { subscriptionType: "None" } },
    checkpoint,
  );
  return {
    ...context,
    media: {
      ...context.media,
      open: async (media, { rendition, start = 0, end = rendition === undefined ? media.sizeBytes : 5000 } = {}) =>
        new Blob(["A".repeat(end - start)]).stream(),
      describe: async (media, rendition) => ({
        ...media,
        mimeType: rendition?.mimeType ?? media.mimeType,
        sizeBytes: rendition === undefined ? media.sizeBytes : 5000,
      }),
    },
  };
}

function run(url: string, content: PlatformContent<PublishMedia>) {
  return drive(broker, contextOf(url, content));
}

interface Script {
  /** What the status reads say in turn; the last goes on. Without one nothing is processed. */
  states?: object[];
  finalize?: number;
  list?: object[];
  next?: string;
  /** What time it is there. */
  date?: string;
  refuseFields?: string;
  token?: [number, object];
}

/** An X that says what the script says: media 101, 102, …, posts 9001, 9002, …. */
async function startX(t: TestContext, script: Script = {}) {
  let media = 100;
  let posts = 9000;
  let reads = 0;
  const problem = {
    errors: [{ parameters: { "tweet.fields": ["x"] }, message: "Unknown parameter [tweet.fields]" }],
    type: "https://api.x.com/2/problems/invalid-request",
  };
  const host = await startHost(t, ({ method, path: whole, query }) => {
    const path = whole.replace("api.x.com", "");
    if (path === "/2/oauth2/token") return script.token ?? [200, {}];
    if (path === "/2/tweets") return [201, { data: { id: String((posts += 1)), text: "Hi" } }];
    if (path === "/2/media/metadata") return [200, { data: {} }];
    if (path.endsWith("/append")) return [200, {}];
    if (path.endsWith("/finalize") && script.finalize !== undefined)
      return [script.finalize, { title: "Invalid Request", detail: "Refused", type: problem.type }];
    if (path.endsWith("/finalize"))
      return [
        200,
        {
          data: {
            id: String(media),
            processing_info: script.states === undefined ? undefined : { state: "pending", check_after_secs: 1 },
          },
        },
      ];
    if (path.startsWith("/2/media/upload") && method === "POST") return [200, { data: { id: String((media += 1)) } }];
    if (path === "/2/media/upload") {
      const state = script.states?.[Math.min(reads, (script.states?.length ?? 1) - 1)];
      reads += 1;
      return [200, { data: { id: query.media_id, processing_info: state } }];
    }
    if (script.refuseFields !== undefined && script.refuseFields in query) return [400, problem];
    return [
      200,
      {
        ...(script.list?.length === 0 ? {} : { data: script.list }),
        meta: {
          result_count: script.list?.length ?? 0,
          next_token: script.next,
        },
      },
      script.date === undefined ? undefined : { date: script.date },
    ];
  });
  return {
    ...host,
    bodies: (path: string): unknown[] =>
      host.requests.flatMap(({ url, json }) => (url === `/api.x.com${path}` ? [json] : [])),
  };
}
