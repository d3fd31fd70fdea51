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
import { BrokerError, type Checkpoint, type OpenIntent, type PublishMedia, type StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { containerErrors } from "./errors.ts";

const NOT_THERE = {
  error: { message: "The requested resource does not exist", type: "OAuthException", code: 24, error_subcode: 4279009 },
};

test("a text is published in two requests, with the link and every setting in the first", async (t) => {
  const server = await startGraph(t);
  const { done } = await run(server.url, {
    ...CONTENT,
    text: "Hello #world & all",
    linkUrl: "https://example.com/a",
    settings: {
      replyControl: "mentioned_only",
      topicTag: "trains",
      quotePostId: "77",
      replyTo: "55",
      poll: { options: ["Yes", "No"] },
    },
  });
  assert.deepEqual(server.created(), [
    {
      media_type: "TEXT",
      text: "Hello #world & all",
      link_attachment: "https://example.com/a",
      reply_control: "mentioned_only",
      topic_tag: "trains",
      quote_post_id: "77",
      reply_to_id: "55",
      poll_attachment: '{"option_a":"Yes","option_b":"No"}',
    },
  ]);
  assert.deepEqual(server.requests.find(({ path }) => path.endsWith("/threads_publish"))?.fields, { creation_id: "1" });
  assert.equal(done.platformPostId, "9001");
  assert.equal(done.publishedUrl, "https://www.threads.net/@someone/post/A9001");
  assert.ok(
    server.requests.every(
      (request) =>
        request.headers.authorization === "Bearer TOKEN-OF-THE-ACCOUNT" &&
        !request.url.includes("TOKEN-OF-THE-ACCOUNT"),
    ),
  );
});

test("an image and a video have their public URL and alt text, and no link", async (t) => {
  const server = await startGraph(t);
  await run(server.url, { ...CONTENT, text: "", media: [picture({ altText: "A red door" })] });
  assert.deepEqual(server.created()[0], {
    media_type: "IMAGE",
    image_url: "https://media.example/a.jpg",
    alt_text: "A red door",
  });
  await run(server.url, { ...CONTENT, media: [film()] });
  assert.deepEqual(server.created()[1], { media_type: "VIDEO", video_url: "https://media.example/a.mp4", text: "Hi" });
});

test("an image in a format Threads does not support is converted to JPEG", async (t) => {
  for (const media of [
    picture({ mimeType: "image/webp" }),
    picture({ sizeBytes: 9_000_000 }),
    picture({ orientation: 6 }),
  ]) {
    const server = await startGraph(t);
    await run(server.url, { ...CONTENT, media: [media] });
    assert.equal(server.created()[0]?.image_url, "https://media.example/a.jpg?as=image/jpeg&maxSizeBytes=8388608");
  }
});

test("a carousel waits for every child before its parent is created, in order", async (t) => {
  const server = await startGraph(t, { readsUntilFinished: 2 });
  const { steps, waits } = await run(server.url, {
    ...CONTENT,
    media: [picture({ altText: "one" }), film(), picture({})],
  });
  assert.deepEqual(steps, [
    "child-1-1",
    "child-1-2",
    "child-1-3",
    "child-ready-1-1",
    "child-ready-1-2",
    "child-ready-1-3",
    "container-1",
    "ready-1",
    "quota",
    "publish-1!",
    "permalink",
  ]);
  assert.deepEqual(server.created()[0], {
    media_type: "IMAGE",
    image_url: "https://media.example/a.jpg",
    alt_text: "one",
    is_carousel_item: "true",
  });
  assert.equal(server.created()[1]?.media_type, "VIDEO");
  assert.deepEqual(server.created()[3], { media_type: "CAROUSEL", children: "1,2,3", text: "Hi" });
  assert.deepEqual(waits["child-ready-1-1"], [2, 4]);
  assert.deepEqual(waits["child-ready-1-2"], [10, 20]);
});

test("each part of a thread replies to the previous one, by its media ID", async (t) => {
  const server = await startGraph(t);
  const { done } = await run(server.url, {
    ...CONTENT,
    settings: { topicTag: "once" },
    thread: [
      { text: "two", media: [picture({})] },
      { text: "three", media: [] },
    ],
  });
  assert.deepEqual(
    server.created().map((fields) => fields.reply_to_id),
    [undefined, "9001", "9002"],
  );
  assert.deepEqual(
    server.created().map((fields) => fields.topic_tag),
    ["once", undefined, undefined],
  );
  assert.equal(done.platformPostId, "9001");
  assert.equal(
    server.requests
      .filter((request) => request.url.includes("threads_publishing_limit"))[0]
      ?.url.includes("reply_quota_usage"),
    true,
  );
});

test("a thread's link is read after its first part, and again at the end if there was none yet, with those of its parts", async (t) => {
  for (const [readsWithoutLink, reads] of [
    [0, 1],
    [1, 2],
  ] as const) {
    const server = await startGraph(t, { readsWithoutLink });
    const { done } = await run(server.url, { ...CONTENT, thread: [{ text: "two", media: [] }] });
    assert.equal(done.publishedUrl, "https://www.threads.net/@someone/post/A9001");
    const readOf = (id: string) =>
      server.requests.filter(({ url }) => url.includes("permalink") && url.includes(id)).length;
    assert.deepEqual([readOf("9001"), readOf("9002")], [reads, 1]);
  }
});

test("a parent that is not visible yet is waited for, with a limit", async (t) => {
  const visibleLater = await startGraph(t, { refuseCreates: [{ times: 2, body: NOT_THERE }] });
  const { waits } = await run(visibleLater.url, { ...CONTENT, settings: { replyTo: "55" } });
  assert.deepEqual(waits["container-1"], [5, 15]);
  const never = await startGraph(t, {
    refuseCreates: [{ times: 99, body: { error: { code: 100, error_subcode: 33 } } }],
  });
  const error = await failureOf(run(never.url, { ...CONTENT, settings: { replyTo: "55" } }));
  assert.equal(error.code, "CONTENT_REJECTED");
});

test("a used-up quota stops a post before it is published", async (t) => {
  const full = await startGraph(t, { limit: { quota_usage: 250, config: { quota_total: 250 } } });
  assert.equal((await failureOf(run(full.url, CONTENT))).code, "QUOTA_EXCEEDED");
  assert.equal(
    full.requests.filter(
      (request) => request.url.includes("threads_publish?") || request.url.endsWith("threads_publish"),
    ).length,
    0,
  );
  const replies = await startGraph(t, {
    limit: {
      quota_usage: 0,
      config: { quota_total: 250 },
      reply_quota_usage: 999,
      reply_config: { quota_total: 1000 },
    },
  });
  await run(replies.url, { ...CONTENT, thread: [{ text: "two", media: [] }] });
  assert.equal(
    (
      await failureOf(
        run(replies.url, { ...CONTENT, settings: { replyTo: "5" }, thread: [{ text: "two", media: [] }] }),
      )
    ).code,
    "QUOTA_EXCEEDED",
  );
});

for (const [message, row] of Object.entries({
  ...containerErrors,
  SOMETHING_NEW: { brokerCode: "MEDIA_FAILED", maxAttempts: 2 },
})) {
  test(`a container that ends in ${message} is ${row.brokerCode}`, async (t) => {
    const server = await startGraph(t, { status: { status: "ERROR", error_message: message } });
    const error = await failureOf(run(server.url, { ...CONTENT, media: [film()] }));
    assert.deepEqual(
      [error.code, error.maxAttempts, error.redoFrom],
      [row.brokerCode, row.maxAttempts ?? null, "container-1"],
    );
    assert.equal(error.platformError?.code, message);
  });
}

test("a container that never finishes is given up after 15 minutes and recreated once", async (t) => {
  const server = await startGraph(t, { readsUntilFinished: 1000 });
  const error = await failureOf(run(server.url, { ...CONTENT, media: [film()] }));
  assert.deepEqual([error.code, error.redoFrom, error.maxAttempts], ["MEDIA_FAILED", "container-1", 2]);
});

test("a publishing response without a readable ID leaves the outcome open", () => {
  const publish = broker.steps(CONTENT).find((step) => step.effect === "visible");
  assert.ok(publish?.effect === "visible");
  for (const body of ["", "{", "{}", '{"id":null}', '{"id":"abc"}', "<html>"]) {
    assert.throws(
      () => publish.accept(answerOf(200, body), contextOf("http://127.0.0.1:1", CONTENT)),
      (error) => error instanceof BrokerError && error.code === "UNEXPECTED_RESPONSE" && !error.notPublished,
    );
  }
});

const LISTED = {
  id: "9001",
  media_type: "TEXT_POST",
  text: "Hi",
  timestamp: "2026-11-01T12:00:05+0000",
  permalink: "https://www.threads.net/@someone/post/A9001",
};

/** What the container says and the list holds, and what follows from it. */
const VERDICTS: {
  name: string;
  status: object | null;
  list?: object[];
  refused?: boolean;
  minutes?: number;
  intent?: Partial<OpenIntent>;
  date?: string;
  expected: object;
}[] = [
  {
    name: "PUBLISHED and listed",
    status: { status: "PUBLISHED" },
    list: [LISTED],
    expected: { verdict: "published", remoteId: "9001" },
  },
  {
    name: "PUBLISHED and not listed",
    status: { status: "PUBLISHED" },
    expected: { verdict: "published", remoteId: null },
  },
  {
    name: "PUBLISHED and listed twice",
    status: { status: "PUBLISHED" },
    list: [LISTED, { ...LISTED, id: "9002" }],
    expected: { verdict: "published", remoteId: null },
  },
  {
    name: "PUBLISHED, and one of two that were sent with the same text is listed",
    status: { status: "PUBLISHED" },
    list: [LISTED],
    intent: { hasTwin: true },
    expected: { verdict: "published", remoteId: null },
  },
  {
    name: "ERROR, and one of two that were sent with the same text is listed",
    status: { status: "ERROR" },
    list: [LISTED],
    intent: { hasTwin: true },
    expected: { verdict: "cannot_tell" },
  },
  {
    name: "FINISHED and not listed",
    status: { status: "FINISHED" },
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "FINISHED after a refusal",
    status: { status: "FINISHED" },
    refused: true,
    expected: { verdict: "not_published", definitive: true },
  },
  {
    name: "FINISHED beside a look-alike",
    status: { status: "FINISHED" },
    list: [LISTED],
    expected: { verdict: "pending" },
  },
  {
    name: "FINISHED beside a look-alike from before the call",
    status: { status: "FINISHED" },
    list: [{ ...LISTED, timestamp: "2026-11-01T11:59:50+0000" }],
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "FINISHED beside another post of ours",
    status: { status: "FINISHED" },
    list: [LISTED],
    intent: { accountedIds: new Set(["9001"]) },
    expected: { verdict: "not_published", definitive: false },
  },
  {
    name: "PUBLISHED beside another post of ours",
    status: { status: "PUBLISHED" },
    list: [LISTED, { ...LISTED, id: "9002" }],
    intent: { accountedIds: new Set(["9001"]) },
    expected: { verdict: "published", remoteId: "9002" },
  },
  {
    name: "PUBLISHED and listed, by a clock that is ten minutes behind",
    status: { status: "PUBLISHED" },
    list: [{ ...LISTED, timestamp: "2026-11-01T11:50:01+0000" }],
    date: "Sun, 01 Nov 2026 11:50:10 GMT",
    expected: { verdict: "published", remoteId: "9001" },
  },
  { name: "IN_PROGRESS", status: { status: "IN_PROGRESS" }, expected: { verdict: "pending" } },
  {
    name: "IN_PROGRESS after a refusal",
    status: { status: "IN_PROGRESS" },
    refused: true,
    expected: { verdict: "not_published", definitive: true, redoFrom: "ready-1" },
  },
  {
    name: "EXPIRED",
    status: { status: "EXPIRED" },
    expected: { verdict: "not_published", definitive: false, redoFrom: "container-1" },
  },
  {
    name: "ERROR and not listed",
    status: { status: "ERROR" },
    expected: { verdict: "not_published", definitive: false, redoFrom: "container-1" },
  },
  {
    name: "ERROR but listed",
    status: { status: "ERROR" },
    list: [LISTED],
    expected: { verdict: "published", remoteId: "9001" },
  },
  { name: "not readable, not listed", status: null, expected: { verdict: "pending" } },
  { name: "not readable for 16 minutes", status: null, minutes: 16, expected: { verdict: "cannot_tell" } },
  { name: "not readable, listed", status: null, list: [LISTED], expected: { verdict: "published", remoteId: "9001" } },
  {
    name: "another text listed",
    status: { status: "FINISHED" },
    list: [{ ...LISTED, text: "Ho" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "an older post listed",
    status: { status: "FINISHED" },
    list: [{ ...LISTED, timestamp: "2026-11-01T11:58:00+0000" }],
    expected: { verdict: "not_published" },
  },
  {
    name: "another kind listed",
    status: { status: "FINISHED" },
    list: [{ ...LISTED, media_type: "IMAGE" }],
    expected: { verdict: "not_published" },
  },
];

for (const { name, status, list = [], refused = false, minutes = 1, intent, date, expected } of VERDICTS) {
  test(`the outcome of a lost publishing request is determined by container and list: ${name}`, async (t) => {
    const server = await startGraph(t, {
      status: status ?? undefined,
      unreadable: status === null,
      list,
      date,
    });
    const context = contextOf(server.url, CONTENT, { "container-1": "1" });
    const platformError = { status: 400, code: "24/4279009", message: null, requestId: null };
    const answer: Partial<OpenIntent["answer"]> = refused
      ? { status: 400, brokerCode: "PLATFORM_UNAVAILABLE", platformError }
      : {};
    const verdict = await broker.reconcile(
      context,
      lostCommit("publish-1", { ageSeconds: minutes * 60, ...intent, answer }),
    );
    assert.partialDeepStrictEqual(verdict, expected);
    assert.ok(server.requests.every((request) => request.method === "GET"));
  });
}

test("a lost part of a thread is searched among the replies to the previous part", async (t) => {
  const reply = { ...LISTED, id: "9002", text: "two", replied_to: { id: "9001" } };
  const server = await startGraph(t, {
    status: { status: "PUBLISHED" },
    replies: [reply, { ...reply, id: "9003", replied_to: { id: "8" } }],
  });
  const content = { ...CONTENT, thread: [{ text: "two", media: [] }] };
  const context = contextOf(server.url, content, { "container-2": "2", "publish-1": "9001" });
  const verdict = await broker.reconcile(context, lostCommit("publish-2"));
  assert.deepEqual(verdict, {
    verdict: "published",
    done: { "publish-2": "9002" },
    remoteId: "9002",
    parts: [{ platformPostId: "9002", publishedUrl: null }],
  });
});

test("what the list may show of two parts in the same way has the same look", () => {
  const lookOf = (content: PlatformContent<PublishMedia>) => {
    const step = broker.steps(content).find(({ effect }) => effect === "visible");
    return step?.effect === "visible" ? step.look?.(contextOf("", content)) : undefined;
  };
  assert.equal(lookOf({ ...CONTENT, text: "A #topic" }), lookOf({ ...CONTENT, text: "A  topic " }));
  const others = [
    { ...CONTENT, text: "Ho" },
    { ...CONTENT, media: [picture()] },
    { ...CONTENT, settings: { replyTo: "8" } },
  ];
  assert.equal(new Set([CONTENT, ...others].map(lookOf)).size, 4);
});

test("a spam error proven to have published nothing is final", async (t) => {
  const server = await startGraph(t, { status: { status: "FINISHED" } });
  const context = contextOf(server.url, CONTENT, { "container-1": "1" });
  const platformError = { status: 400, code: "4/2207051", message: null, requestId: null };
  const answer = { status: 400, brokerCode: "RATE_LIMITED" as const, platformError };
  const verdict = await broker.reconcile(context, lostCommit("publish-1", { answer }));
  assert.ok(
    verdict.verdict === "not_published" && verdict.error?.code === "RATE_LIMITED" && verdict.error.retryable === false,
  );
});

function contextOf(url: string, content: PlatformContent<PublishMedia>, checkpoint: Checkpoint = {}): StepContext {
  return contextFor(url, content, { platformAccountId: "26" }, checkpoint);
}

function run(url: string, content: PlatformContent<PublishMedia>) {
  return drive(broker, contextOf(url, content));
}

interface Script {
  readsUntilFinished?: number;
  /** How many reads of what is live come without its link. */
  readsWithoutLink?: number;
  status?: object | undefined;
  unreadable?: boolean;
  list?: object[];
  /** What time it is there. */
  date?: string;
  replies?: object[];
  limit?: object;
  refuseCreates?: { times: number; body: object }[];
}

/** A Graph host that says what the script says: containers 1, 2, …, media 9001, 9002, …. */
async function startGraph(t: TestContext, script: Script = {}) {
  const reads = new Map<string, number>();
  let containers = 0;
  let published = 0;
  let withoutLink = script.readsWithoutLink ?? 0;
  const host = await startHost(t, ({ method, path: whole }) => {
    const path = whole.replace("graph.threads.net/v1.0/", "");
    if (method === "POST" && path === "26/threads") {
      const refusal = script.refuseCreates?.[0];
      if (refusal !== undefined && refusal.times > 0) {
        refusal.times -= 1;
        return [400, refusal.body];
      }
      return [200, { id: String((containers += 1)) }];
    }
    if (path === "26/threads_publish") return [200, { id: String(9000 + (published += 1)) }];
    if (path === "26/threads_publishing_limit")
      return [200, { data: [script.limit ?? { quota_usage: 1, config: { quota_total: 250 } }] }];
    if (path === "me/threads")
      return [200, { data: script.list ?? [] }, script.date === undefined ? undefined : { date: script.date }];
    if (path === "me/replies") return [200, { data: script.replies ?? [] }];
    if (path.startsWith("9") && withoutLink > 0) {
      withoutLink -= 1;
      return [200, { id: path }];
    }
    if (path.startsWith("9")) return [200, { id: path, permalink: `https://www.threads.net/@someone/post/A${path}` }];
    if (script.unreadable === true) return [400, NOT_THERE];
    if (script.status !== undefined) return [200, { id: path, ...script.status }];
    reads.set(path, (reads.get(path) ?? 0) + 1);
    return [
      200,
      { id: path, status: (reads.get(path) ?? 0) > (script.readsUntilFinished ?? 0) ? "FINISHED" : "IN_PROGRESS" },
    ];
  });
  return {
    ...host,
    created: () =>
      host.requests
        .filter(({ method, path }) => method === "POST" && path.endsWith("/26/threads"))
        .map(({ fields }) => fields),
  };
}
