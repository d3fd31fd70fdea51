import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { PlatformContent } from "../../model/post.ts";
import {
  answerOf,
  contextFor,
  drive,
  failureOf,
  film,
  lostCommit,
  startHost,
  type Received,
} from "../kit/broker.fixture.ts";
import { createHttpClient } from "../kit/http.ts";
import { BrokerError, type Checkpoint, type OpenIntent, type PublishMedia, type StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { refusalOf } from "./errors.fixture.ts";
import { outcomes } from "./errors.ts";
import { oauth } from "./oauth.ts";

const MIB = 1024 * 1024;

test("18,432,000 bytes are sent in chunks of 8 MiB, the last of which publishes", async (t) => {
  const youtube = await startYoutube(t);
  const { done, checkpoint } = await publish(youtube, contentOf({ media: [film({ sizeBytes: 18_432_000 })] }));
  assert.deepEqual(youtube.ranges(), [
    "bytes */18432000",
    "bytes 0-8388607/18432000",
    "bytes 8388608-16777215/18432000",
    "bytes 16777216-18431999/18432000",
  ]);
  assert.equal(checkpoint.storedBytes, 16_777_216);
  assert.deepEqual(done, {
    platformPostId: "dQw4w9WgXcQ",
    publishedUrl: "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
  });
});

test("a chunk whose response was lost is not sent again, because the session is asked first", async (t) => {
  const youtube = await startYoutube(t);
  const content = contentOf({ media: [film({ sizeBytes: 18_432_000 })] });
  const context = contextOf(youtube.url, content);
  Object.assign(context.checkpoint, await run(context, content, "open"));
  youtube.session.storedBytes = 16_777_216;
  Object.assign(context.checkpoint, await run(context, content, "upload"));
  assert.deepEqual([youtube.ranges(), context.checkpoint.storedBytes], [["bytes */18432000"], 16_777_216]);
});

test("a session that has become a video is asked for it, and no byte is sent", async (t) => {
  const youtube = await startYoutube(t);
  youtube.session.isComplete = true;
  const { done } = await publish(youtube, contentOf());
  assert.deepEqual([youtube.ranges(), done.platformPostId], [["bytes */1000", "bytes */1000"], "dQw4w9WgXcQ"]);
});

test("the session is opened with every setting, always including privacy and audience", async (t) => {
  const youtube = await startYoutube(t);
  await publish(youtube, contentOf());
  const [plain] = youtube.opened;
  assert.equal(plain?.url, "/www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&part=snippet%2Cstatus");
  assert.deepEqual(plain?.body, {
    snippet: { title: "A title", categoryId: "22" },
    status: { privacyStatus: "private", selfDeclaredMadeForKids: false },
  });
  assert.deepEqual(
    [plain?.headers["x-upload-content-length"], plain?.headers["x-upload-content-type"], plain?.headers.authorization],
    ["1000", "video/mp4", "Bearer TOKEN-OF-THE-ACCOUNT"],
  );
  const settings = {
    title: "A title",
    description: "Text",
    tags: ["launch", "two words"],
    categoryId: "28",
    privacyStatus: "private",
    publishAt: "2026-12-01T09:00:00Z",
    notifySubscribers: false,
    selfDeclaredMadeForKids: true,
    containsSyntheticMedia: true,
  };
  await publish(youtube, contentOf({ settings }));
  const full = youtube.opened[1];
  assert.match(full?.url ?? "", /notifySubscribers=false/);
  assert.deepEqual(full?.body, {
    snippet: { title: "A title", description: "Text", tags: ["launch", "two words"], categoryId: "28" },
    status: {
      privacyStatus: "private",
      publishAt: "2026-12-01T09:00:00Z",
      selfDeclaredMadeForKids: true,
      containsSyntheticMedia: true,
    },
  });
});

test("if uploads are kept private, that is sent and reported, and nothing makes it public later", async (t) => {
  const youtube = await startYoutube(t);
  const environment = { YOUTUBE_FORCE_PRIVATE_UPLOADS: "true" };
  const { warnings } = await publish(youtube, contentOf({ settings: { privacyStatus: "public" } }), { environment });
  assert.deepEqual(youtube.opened[0]?.body, {
    snippet: { title: "A title", categoryId: "22" },
    status: { privacyStatus: "private", selfDeclaredMadeForKids: false },
  });
  assert.deepEqual(warnings, [
    {
      code: "PRIVACY_FORCED",
      message: "The video is private, not public: uploads are kept private here.",
    },
  ]);
  const content = contentOf({ settings: { publishAt: "2026-12-01T09:00:00Z" } });
  const refused = await failureOf(run({ ...contextOf(youtube.url, content), environment }, content, "open"));
  assert.deepEqual([refused.code, youtube.opened.length], ["CONTENT_REJECTED", 1]);
});

test("a privacy status changed by YouTube is reported", async (t) => {
  const youtube = await startYoutube(t, { privacyStatus: "private" });
  const { warnings } = await publish(youtube, contentOf({ settings: { privacyStatus: "unlisted" } }));
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["PRIVACY_FORCED"],
  );
});

test("a first comment is added to the video, and not again if it is there", async (t) => {
  const youtube = await startYoutube(t);
  const content = contentOf({ settings: { title: "A title", firstComment: "First!" } });
  const context = { ...contextOf(youtube.url, content), checkpoint: { video: "dQw4w9WgXcQ" } };
  await run(context, content, "first-comment");
  const thread = {
    snippet: { videoId: "dQw4w9WgXcQ", topLevelComment: { snippet: { textOriginal: "First!" } } },
  };
  assert.deepEqual(youtube.comments, [thread]);
  await run({ ...context, begunBefore: true }, content, "first-comment");
  assert.deepEqual(youtube.comments, [thread]);
});

test("a session URL is accepted only on Google's hosts", async (t) => {
  const youtube = await startYoutube(t, { location: "https://evil.example/upload" });
  const content = contentOf();
  const error = await failureOf(run(contextOf(youtube.url, content), content, "open"));
  assert.equal(error.code, "PLATFORM_UNAVAILABLE");
});

test("after a lost response, the session returns the video, what is missing, or its error", async (t) => {
  const youtube = await startYoutube(t);
  const content = contentOf({ media: [film({ sizeBytes: 3 * MIB })] });
  const context = contextOf(youtube.url, content);
  Object.assign(context.checkpoint, await run(context, content, "open"));
  youtube.session.storedBytes = 262_144;
  const short = await broker.reconcile(context, intent());
  assert.deepEqual(short, {
    verdict: "not_published",
    definitive: true,
    proof: "The upload has 262144 of 3145728 bytes.",
    redoFrom: "upload",
  });
  youtube.session.isComplete = true;
  const live = await broker.reconcile(context, intent());
  assert.deepEqual([live.verdict, "remoteId" in live && live.remoteId], ["published", "dQw4w9WgXcQ"]);
  youtube.session.refusal = [400, refusalOf("mediaBodyRequired")];
  const refused = await broker.reconcile(context, intent());
  assert.deepEqual([refused.verdict, "redoFrom" in refused && refused.redoFrom], ["not_published", "open"]);
  youtube.session.refusal = [403, refusalOf("quotaExceeded")];
  await assert.rejects(broker.reconcile(context, intent()), BrokerError, "that the question is refused proves nothing");
});

test("a session gone after all bytes is searched in the channel's uploads, by size and title", async (t) => {
  const { youtube, context, mine } = await lostOnTheChannel(t);
  const cases: [object[], string][] = [
    [[mine, { ...mine, id: "aaaaaaaaaaa", fileSize: "1001" }], "published"],
    [[{ ...mine, title: "Another" }], "not_listed"],
    [[{ ...mine, at: "2026-11-25T11:00:00Z" }], "not_listed"],
    [[{ ...mine, fileName: "ampost-of-another-upload.mp4" }], "not_listed"],
    [[mine, { ...mine, id: "aaaaaaaaaaa" }], "cannot_tell"],
    [
      [
        { ...mine, fileName: String(context.checkpoint.fileName) },
        { ...mine, id: "aaaaaaaaaaa" },
      ],
      "published",
    ],
    [
      Array.from({ length: 20 }, (_, index) => ({
        ...mine,
        id: `bbbbbbbbb${String(index).padStart(2, "0")}`,
        title: "Other",
      })),
      "cannot_tell",
    ],
  ];
  for (const [uploads, expected] of cases) {
    youtube.uploads = uploads;
    const verdict = await broker.reconcile(context, intent());
    assert.equal(verdict.verdict, expected, JSON.stringify(uploads));
  }
});

test("a video that is known to be another post's is not taken for a lost one", async (t) => {
  const { youtube, context, mine } = await lostOnTheChannel(t);
  const another = { ...mine, id: "aaaaaaaaaaa" };
  const verdictOf = async (uploads: object[], ids: string[]) => {
    youtube.uploads = uploads;
    const verdict = await broker.reconcile(context, { ...intent(), accountedIds: new Set(ids) });
    return [verdict.verdict, "remoteId" in verdict ? verdict.remoteId : null];
  };
  assert.deepEqual(await verdictOf([mine], [mine.id]), ["not_listed", null]);
  assert.deepEqual(await verdictOf([mine, another], [another.id]), ["published", mine.id]);
});

test("which videos are older than the lost request is decided by YouTube's clock, ten minutes behind or ahead", async (t) => {
  const { youtube, context, mine } = await lostOnTheChannel(t);
  const cases: [date: string, at: string, expected: string][] = [
    ["Wed, 25 Nov 2026 11:50:10 GMT", "2026-11-25T11:50:05Z", "published"],
    ["Wed, 25 Nov 2026 12:10:10 GMT", "2026-11-25T12:10:05Z", "published"],
    ["Wed, 25 Nov 2026 12:10:10 GMT", "2026-11-25T12:00:05Z", "not_listed"],
  ];
  for (const [date, at, expected] of cases) {
    youtube.date = date;
    youtube.uploads = [{ ...mine, at }];
    const verdict = await broker.reconcile(context, { ...intent(), ageSeconds: 10 });
    assert.equal(verdict.verdict, expected, `${at} at ${date}`);
  }
});

test("without a session, as after a restore, the channel's uploads are searched for the file", async (t) => {
  const { youtube, context, mine } = await lostOnTheChannel(t);
  const forgotten = { ...context, checkpoint: {} };
  const fileName = String(context.checkpoint.fileName);
  const cases: [object[], string][] = [
    [[{ ...mine, fileName }], "published"],
    [[mine], "published"],
    [[], "not_listed"],
    [[{ ...mine, fileName: "ampost-of-another-upload.mp4" }], "not_listed"],
    [
      [
        { ...mine, fileName },
        { ...mine, fileName, id: "aaaaaaaaaaa" },
      ],
      "cannot_tell",
    ],
  ];
  for (const [uploads, expected] of cases) {
    youtube.uploads = uploads;
    assert.equal((await broker.reconcile(forgotten, intent())).verdict, expected, JSON.stringify(uploads));
  }
});

/** A session that is gone after all its bytes, and the video that it became. */
async function lostOnTheChannel(t: TestContext) {
  const youtube = await startYoutube(t);
  const context = contextOf(youtube.url, contentOf());
  Object.assign(context.checkpoint, await run(context, contentOf(), "open"));
  youtube.session.refusal = [404, "Not Found"];
  return {
    youtube,
    context,
    mine: { id: "dQw4w9WgXcQ", title: "A title", fileSize: "1000", at: "2026-11-25T12:00:05Z" },
  };
}

test("a session gone before its last bytes has created no video, unless a request has an unknown outcome", async () => {
  const step = broker.steps(contentOf()).find((one) => one.effect === "visible");
  assert.ok(step?.effect === "visible");
  const context = contextOf("http://127.0.0.1:9", contentOf());
  const proof = (mayBeLive: boolean) => {
    try {
      step.accept(answerOf(404, "Not Found"), mayBeLive ? { ...context, mayBeLive } : context);
      return null;
    } catch (error) {
      return error instanceof BrokerError ? [error.code, error.notPublished, error.redoFrom] : error;
    }
  };
  assert.deepEqual(
    [proof(false), proof(true)],
    [
      ["MEDIA_FAILED", true, "open"],
      ["MEDIA_FAILED", false, null],
    ],
  );
});

test("processing is checked after 10, 40 and 100 seconds; then the post counts as published, and is checked for an hour", async (t) => {
  const youtube = await startYoutube(t);
  youtube.processing = { status: { uploadStatus: "uploaded" }, processingDetails: { processingStatus: "processing" } };
  const { waits, warnings } = await publish(youtube, contentOf());
  assert.deepEqual(waits.processed, [10, 30, 60]);
  assert.deepEqual(waits.processing?.slice(0, 3), [120, 300, 300]);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ["STILL_PROCESSING"],
  );
});

test("every final processing state has its code", async (t) => {
  const youtube = await startYoutube(t);
  const content = contentOf();
  for (const { state, reasons, brokerCode } of outcomes) {
    for (const reason of reasons ?? ["anything"]) {
      youtube.processing = state.startsWith("processing")
        ? {
            status: { uploadStatus: "uploaded" },
            processingDetails: { processingStatus: "failed", processingFailureReason: reason },
          }
        : { status: { uploadStatus: state, [state === "failed" ? "failureReason" : "rejectionReason"]: reason } };
      const error = await failureOf(
        run({ ...contextOf(youtube.url, content, { video: "dQw4w9WgXcQ" }), polls: 1 }, content, "processed"),
      );
      assert.deepEqual([error.code, error.retryable, error.platformError?.code], [brokerCode, false, reason]);
    }
  }
});

test("a thumbnail is set once the video is processed; its rejection leaves the post as it is", async (t) => {
  const youtube = await startYoutube(t);
  const content = contentOf({
    media: [
      film({
        width: 720,
        height: 1280,
        durationSeconds: 60,
        thumbnail: { ...film(), type: "image", mimeType: "image/jpeg", filename: "t.jpg", sizeBytes: 5 },
      }),
    ],
  });
  assert.deepEqual(
    broker
      .steps(content)
      .slice(-1)
      .map((step) => [step.name, "cosmetic" in step && step.cosmetic]),
    [["thumbnail", true]],
  );
  await publish(youtube, content);
  assert.deepEqual(youtube.thumbnails, [
    "/www.googleapis.com/upload/youtube/v3/thumbnails/set?videoId=dQw4w9WgXcQ&uploadType=media image/jpeg",
  ]);
  youtube.thumbnailRefusal = refusalOf("forbidden");
  const context = contextOf(youtube.url, content, { video: "dQw4w9WgXcQ", processed: true });
  assert.match(
    (await failureOf(run(context, content, "thumbnail"))).message,
    /^The thumbnail was not set\..*phone number/,
  );
  const early = await failureOf(
    run({ ...context, checkpoint: { video: "dQw4w9WgXcQ", processed: false } }, content, "thumbnail"),
  );
  assert.match(early.message, /after processing/);
});

test("a renewal keeps the refresh token, and an invalid one requires reconnecting", async (t) => {
  const youtube = await startYoutube(t);
  const http = createHttpClient({ sandboxUrl: youtube.url });
  const app = { clientId: "id", clientSecret: "secret", redirectUri: "https://app.example/cb" };
  const grant = {
    accessToken: "old",
    refreshToken: "1//0g",
    expiresInSeconds: 0,
    refreshExpiresInSeconds: null,
    scopes: null,
  };
  const renewed = await oauth.refresh?.run(http, app, grant);
  assert.deepEqual(
    [renewed?.accessToken, renewed?.refreshToken, renewed?.expiresInSeconds],
    ["ya29.NEW", "1//0g", 3599],
  );
  youtube.tokenRefusal = { error: "invalid_grant", error_description: "Token has been expired or revoked." };
  assert.equal((await failureOf(oauth.refresh?.run(http, app, grant) ?? Promise.reject())).code, "AUTH_REVOKED");
  assert.equal(
    (await failureOf(oauth.refresh?.run(http, app, { ...grant, refreshExpiresInSeconds: -1 }) ?? Promise.reject()))
      .code,
    "AUTH_EXPIRED",
  );
  youtube.tokenRefusal = { error: "invalid_client" };
  assert.equal((await failureOf(oauth.refresh?.run(http, app, grant) ?? Promise.reject())).code, "UNEXPECTED_RESPONSE");
});

test("a connection without both permissions, or without a channel, is rejected with a reason", async (t) => {
  const youtube = await startYoutube(t);
  const http = createHttpClient({ sandboxUrl: youtube.url });
  const profile = await oauth.profile(http, "ya29.TOKEN");
  assert.deepEqual(profile, {
    platformAccountId: "UC_x5XG1OV2P6uZZ5FSM9Ttw",
    username: "mychannel",
    displayName: "My Channel",
    avatarUrl: "https://yt3.ggpht.com/h",
    metadata: {
      channelId: "UC_x5XG1OV2P6uZZ5FSM9Ttw",
      channelTitle: "My Channel",
      customUrl: "@mychannel",
      thumbnailUrl: "https://yt3.ggpht.com/h",
      uploadsPlaylistId: "UU_x5XG1OV2P6uZZ5FSM9Ttw",
      subscriberCount: 678,
      videoCount: 9,
      viewCount: 12345,
      longUploadsStatus: "allowed",
    },
  });
  youtube.channel = [200, { pageInfo: { totalResults: 0 } }];
  assert.match((await failureOf(Promise.resolve(oauth.profile(http, "ya29.TOKEN")))).message, /no YouTube channel/);
  youtube.channel = [401, refusalOf("youtubeSignupRequired")];
  assert.equal((await failureOf(Promise.resolve(oauth.profile(http, "ya29.TOKEN")))).code, "AUTH_REVOKED");
});

function contentOf(changes: Partial<PlatformContent<PublishMedia>> = {}): PlatformContent<PublishMedia> {
  return {
    text: "A title",
    media: [film()],
    linkUrl: null,
    placement: null,
    settings: {},
    cover: null,
    thread: [],
    ...changes,
  };
}

function intent(): OpenIntent {
  return lostCommit("publish", { intentAt: new Date("2026-11-25T12:00:00Z") });
}

function contextOf(url: string, content: PlatformContent<PublishMedia>, checkpoint: Checkpoint = {}): StepContext {
  const account = {
    platformAccountId: "UC_x5XG1OV2P6uZZ5FSM9Ttw",
    username: "mychannel",
    metadata: { uploadsPlaylistId: "UU_x5XG1OV2P6uZZ5FSM9Ttw" },
  };
  return { ...contextFor(url, content, account, checkpoint), now: new Date("2026-11-25T12:00:00Z") };
}

/** One step, without log output or waiting. */
async function run(context: StepContext, content: PlatformContent<PublishMedia>, name: string): Promise<Checkpoint> {
  const step = broker.steps(content).find((one) => one.name === name);
  assert.ok(step !== undefined && step.effect !== "visible");
  const outcome = await step.run(context);
  assert.ok("done" in outcome);
  return outcome.done;
}

async function publish(
  { url }: { url: string },
  content: PlatformContent<PublishMedia>,
  more: Partial<StepContext> = {},
) {
  const context = { ...contextOf(url, content), ...more };
  return { ...(await drive(broker, context)), checkpoint: context.checkpoint };
}

/** Google's hosts, as scripted: one session at a time, one video. */
async function startYoutube(t: TestContext, script: { privacyStatus?: string; location?: string } = {}) {
  const state = {
    url: "",
    opened: [] as { url: string; headers: Received["headers"]; body: unknown }[],
    puts: [] as string[],
    thumbnails: [] as string[],
    comments: [] as unknown[],
    session: { storedBytes: 0, isComplete: false, refusal: null as [number, string | object] | null },
    privacyStatus: "private",
    processing: { status: { uploadStatus: "processed" } } as object,
    uploads: [] as object[],
    date: null as string | null,
    thumbnailRefusal: null as object | null,
    tokenRefusal: null as object | null,
    channel: [200, CHANNEL] as [number, object],
    ranges: (): string[] => state.puts,
  };
  const host = await startHost(t, (request): [number, string | object, Record<string, string>?] => {
    const url = new URL(request.url, "http://localhost");
    if (request.method === "POST" && url.pathname.endsWith("/upload/youtube/v3/videos")) {
      const resource: { status?: { privacyStatus?: string } } = JSON.parse(request.text);
      state.opened.push({ url: request.url, headers: request.headers, body: resource });
      state.privacyStatus = script.privacyStatus ?? resource.status?.privacyStatus ?? "public";
      return [
        200,
        "",
        {
          location:
            script.location ??
            "https://www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&upload_id=xa298sd_f",
        },
      ];
    }
    if (request.method === "PUT") {
      const range = request.headers["content-range"] ?? "";
      state.puts.push(range);
      if (state.session.refusal !== null) return state.session.refusal;
      const [, last, total] = /^bytes \d+-(\d+)\/(\d+)$/.exec(range) ?? [];
      if (last !== undefined) state.session.storedBytes = Number(last) + 1;
      if (last !== undefined && Number(last) + 1 === Number(total)) state.session.isComplete = true;
      if (state.session.isComplete) return [201, { id: "dQw4w9WgXcQ", status: { privacyStatus: state.privacyStatus } }];
      return [308, "", state.session.storedBytes === 0 ? {} : { range: `bytes=0-${state.session.storedBytes - 1}` }];
    }
    if (url.pathname.endsWith("/thumbnails/set")) {
      state.thumbnails.push(`${request.url} ${request.headers["content-type"]}`);
      return state.thumbnailRefusal === null ? [200, { items: [] }] : [403, state.thumbnailRefusal];
    }
    if (url.pathname.endsWith("/youtube/v3/commentThreads")) {
      if (request.method === "GET") return [200, { items: state.comments }];
      state.comments.push(request.json);
      return [200, { id: "Ugx" }];
    }
    if (url.pathname.endsWith("/token"))
      return state.tokenRefusal === null
        ? [200, { access_token: "ya29.NEW", expires_in: 3599, scope: "a b" }]
        : [400, state.tokenRefusal];
    if (url.pathname.endsWith("/channels")) return state.channel;
    const uploads = state.uploads.map((one) => ({
      id: "",
      title: "",
      fileSize: "",
      fileName: "a.mp4",
      at: "",
      ...one,
    }));
    if (url.pathname.endsWith("/playlistItems"))
      return [
        200,
        {
          items: uploads.map(({ id, at }) => ({
            snippet: { publishedAt: at },
            contentDetails: { videoId: id, videoPublishedAt: at },
          })),
        },
        state.date === null ? {} : { date: state.date },
      ];
    if (url.searchParams.get("part")?.includes("fileDetails")) {
      const wanted = (url.searchParams.get("id") ?? "").split(",");
      const listed = uploads.filter(({ id }) => wanted.includes(id));
      return [
        200,
        {
          items: listed.map(({ id, title, at, fileSize, fileName }) => ({
            id,
            snippet: { title, publishedAt: at },
            status: { privacyStatus: "private" },
            fileDetails: { fileSize, fileName },
          })),
        },
      ];
    }
    return [200, { items: [state.processing] }];
  });
  state.url = host.url;
  return state;
}

const CHANNEL = {
  items: [
    {
      id: "UC_x5XG1OV2P6uZZ5FSM9Ttw",
      snippet: {
        title: "My Channel",
        customUrl: "@mychannel",
        thumbnails: { default: { url: "https://yt3.ggpht.com/d" }, high: { url: "https://yt3.ggpht.com/h" } },
      },
      contentDetails: { relatedPlaylists: { likes: "LL", uploads: "UU_x5XG1OV2P6uZZ5FSM9Ttw" } },
      statistics: { viewCount: "12345", subscriberCount: "678", hiddenSubscriberCount: false, videoCount: "9" },
      status: { privacyStatus: "public", longUploadsStatus: "allowed" },
    },
  ],
};
