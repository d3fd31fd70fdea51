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
import { createHttpClient } from "../kit/http.ts";
import { BrokerError, type Checkpoint, type PublishMedia, type StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { deprecations, VERSIONS } from "./deprecations.ts";
import { classify } from "./errors.ts";
import { oauth } from "./oauth.ts";

const IMAGE_PUT = "https://www.linkedin.com/dms-uploads/image";
const PART_PUT = "https://www.linkedin.com/dms-uploads/part";

test("a text is one request, escaped, with every setting in its body and the version in its headers", async (t) => {
  const { requests, done } = await run(t, {
    ...CONTENT,
    text: "Shipping today (really) #launch",
    settings: { visibility: "CONNECTIONS", isReshareDisabledByAuthor: true },
  });
  assert.equal(requests.length, 1);
  assert.deepEqual(requests[0]?.json, {
    author: "urn:li:person:782bbtaQ",
    commentary: String.raw`Shipping today \(really\) #launch`,
    visibility: "CONNECTIONS",
    distribution: { feedDistribution: "MAIN_FEED", targetEntities: [], thirdPartyDistributionChannels: [] },
    lifecycleState: "PUBLISHED",
    isReshareDisabledByAuthor: true,
  });
  assert.deepEqual(
    ["authorization", "linkedin-version", "x-restli-protocol-version"].map((name) => requests[0]?.headers[name]),
    ["Bearer TOKEN-OF-THE-ACCOUNT", "202605", "2.0.0"],
  );
  assert.deepEqual(done, {
    platformPostId: "urn:li:share:6844785523593134080",
    publishedUrl: "https://www.linkedin.com/feed/update/urn:li:share:6844785523593134080/",
  });
});

test("one image is initialized, uploaded with the token, and referenced by the post", async (t) => {
  const { requests, waits } = await run(t, {
    ...CONTENT,
    media: [picture({ mimeType: "image/png", altText: "Dashboard" })],
  });
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url}`),
    [
      "POST /api.linkedin.com/rest/images?action=initializeUpload",
      "PUT /www.linkedin.com/dms-uploads/image",
      "POST /api.linkedin.com/rest/posts",
    ],
  );
  assert.deepEqual(
    [requests[1]?.headers["content-type"], requests[1]?.headers.authorization, requests[1]?.sizeBytes],
    ["image/png", "Bearer TOKEN-OF-THE-ACCOUNT", 1000],
  );
  assert.deepEqual(contentOf(requests), { media: { id: "urn:li:image:I1", altText: "Dashboard" } });
  assert.deepEqual(waits, { "images-ready": [4] });
});

test("an image in a format LinkedIn does not support is converted to JPEG", async (t) => {
  const { requests } = await run(t, { ...CONTENT, media: [picture({ mimeType: "image/webp" })] });
  assert.equal(requests[1]?.headers["content-type"], "image/jpeg");
});

test("several images keep their order, with the alternative texts of the setting or their own", async (t) => {
  const media = [picture({ altText: "own" }), picture({}), picture({})];
  const textsOf = async (settings: Record<string, unknown>) => {
    const { requests } = await run(t, { ...CONTENT, media, settings });
    return contentOf(requests);
  };
  const images = (...texts: (string | undefined)[]) => ({
    multiImage: {
      images: texts.map((altText, index) => ({
        id: `urn:li:image:I${index + 1}`,
        ...(altText === undefined ? {} : { altText }),
      })),
    },
  });
  assert.deepEqual(await textsOf({ altText: ["one", "two", "three"] }), images("one", "two", "three"));
  assert.deepEqual(await textsOf({ altText: "all" }), images("all", "all", "all"));
  assert.deepEqual(await textsOf({}), images("own", undefined, undefined));
});

test("a link is an article, its one image the thumbnail, its title given or taken from the text", async (t) => {
  const articleOf = async (content: Partial<PlatformContent<PublishMedia>>) =>
    contentOf((await run(t, { ...CONTENT, linkUrl: "https://www.example.com/post?x=1", ...content })).requests);
  const media = [picture({ altText: "cover" })];
  assert.deepEqual(await articleOf({ media, settings: { articleTitle: "Title", articleDescription: "Why" } }), {
    article: {
      source: "https://www.example.com/post?x=1",
      title: "Title",
      description: "Why",
      thumbnail: "urn:li:image:I1",
      thumbnailAltText: "cover",
    },
  });
  assert.deepEqual(await articleOf({ text: "\n  First (line) \nsecond" }), {
    article: { source: "https://www.example.com/post?x=1", title: "First (line)" },
  });
  assert.deepEqual(await articleOf({ text: " " }), {
    article: { source: "https://www.example.com/post?x=1", title: "www.example.com" },
  });
  assert.deepEqual(await articleOf({ text: `${"é".repeat(398)}👋👋` }), {
    article: { source: "https://www.example.com/post?x=1", title: `${"é".repeat(398)}…` },
  });
});

test("a video is uploaded in the parts LinkedIn lists, without the token, and finalized with their ETags in order", async (t) => {
  const { requests, waits, done } = await run(t, {
    ...CONTENT,
    media: [film({ sizeBytes: 9_000_000 })],
    settings: { videoTitle: "Demo" },
  });
  assert.deepEqual(requests[0]?.json, {
    initializeUploadRequest: {
      owner: "urn:li:person:782bbtaQ",
      fileSizeBytes: 9_000_000,
      uploadCaptions: false,
      uploadThumbnail: false,
    },
  });
  const parts = requests.filter(({ method }) => method === "PUT");
  assert.deepEqual(
    parts.map(({ sizeBytes, headers }) => [sizeBytes, headers.authorization, headers["content-type"]]),
    [4_194_304, 4_194_304, 611_392].map((size) => [size, undefined, "application/octet-stream"]),
  );
  const closed = requests.find(({ url }) => url.endsWith("finalizeUpload"));
  assert.deepEqual(closed?.json, {
    finalizeUploadRequest: {
      video: "urn:li:video:V1",
      uploadToken: "",
      uploadedPartIds: ["/ambry/part-0", "/ambry/part-1", "/ambry/part-2"],
    },
  });
  assert.deepEqual(waits, { "video-ready": [5, 5, 10] });
  assert.deepEqual(contentOf(requests), { media: { id: "urn:li:video:V1", title: "Demo" } });
  assert.equal(done.platformPostId, "urn:li:share:6844785523593134080");
});

test("a large video is uploaded in separate steps, so that little is repeated after a crash", () => {
  const names = broker.steps({ ...CONTENT, media: [film({ sizeBytes: 40_000_000 })] }).map(({ name }) => name);
  assert.deepEqual(names, [
    "version",
    "video",
    "video-parts-1",
    "video-parts-2",
    "video-parts-3",
    "video-finalize",
    "video-ready",
    "publish",
  ]);
});

test("a cover is uploaded before the video is finalized, and a rejected one is only a warning", async (t) => {
  const media = [film({ thumbnail: picture({}) })];
  const taken = await run(t, { ...CONTENT, media });
  const cover = taken.requests.find(({ path }) => path.endsWith("/cover"));
  assert.deepEqual([cover?.headers["media-type-family"], cover?.headers.authorization], ["STILLIMAGE", undefined]);
  assert.deepEqual(taken.warnings, []);
  const refused = await run(t, { ...CONTENT, media }, { cover: 400 });
  assert.deepEqual(
    refused.warnings.map(({ code }) => code),
    ["THUMBNAIL_NOT_SET"],
  );
  assert.equal(refused.done.platformPostId, "urn:li:share:6844785523593134080");
});

test("a cover named by a setting takes precedence over the video's own", async (t) => {
  const media = [film({ thumbnail: picture({}) })];
  const { requests } = await run(t, { ...CONTENT, media, cover: picture({ sizeBytes: 77 }) });
  assert.equal(requests.find(({ path }) => path.endsWith("/cover"))?.sizeBytes, 77);
});

test("a first comment is added once, and a repeat that cannot read comments says so", async (t) => {
  const content = { ...CONTENT, settings: { firstComment: "First! #1" } };
  const { requests, warnings } = await run(t, content);
  const urn = "urn:li:share:6844785523593134080";
  const path = `/api.linkedin.com/rest/socialActions/${encodeURIComponent(urn)}/comments`;
  assert.deepEqual(
    [requests.at(-1)?.method, requests.at(-1)?.url, requests.at(-1)?.json],
    ["POST", path, { actor: "urn:li:person:782bbtaQ", object: urn, message: { text: "First! #1" } }],
  );
  assert.deepEqual(warnings, []);
  const host = await startLinkedIn(t, {});
  const again = await drive(broker, { ...contextOf(host.url, content), begunBefore: true });
  assert.deepEqual(
    again.warnings.map(({ code }) => code),
    ["FIRST_COMMENT_UNKNOWN"],
  );
  assert.deepEqual(
    host.requests.filter(({ url }) => url === path).map(({ method }) => method),
    ["GET"],
  );
});

test("a video that cannot be processed publishes nothing and fails with the reason", async (t) => {
  const error = await failureOf(
    run(
      t,
      { ...CONTENT, media: [film({})] },
      { video: { status: "PROCESSING_FAILED", processingFailureReason: "No audio\ntrack" } },
    ),
  );
  assert.deepEqual(
    [error.code, error.retryable, error.message],
    ["MEDIA_FAILED", false, "LinkedIn could not process the video: No audio track"],
  );
});

test("a member who cannot check a video gives it a minute for every 100 MB", async (t) => {
  const { waits } = await run(t, { ...CONTENT, media: [film({ sizeBytes: 150_000_000 })] }, { video: 403 });
  assert.deepEqual(waits, { "video-ready": [5, 115] });
});

test("bytes are sent only to LinkedIn", async (t) => {
  const error = await failureOf(
    run(t, { ...CONTENT, media: [picture({})] }, { imageUrl: "https://attacker.example/upload" }),
  );
  assert.equal(error.code, "UNEXPECTED_RESPONSE");
});

test("the version is the operator's, or the newest known one if LinkedIn has retired it", async () => {
  const [version] = broker.steps(CONTENT);
  assert.ok(version !== undefined && version.effect !== "visible");
  const choose = (checkpoint: Checkpoint, environment?: Record<string, string>) =>
    version.run({
      ...contextOf("http://127.0.0.1:9", CONTENT, checkpoint),
      environment,
    });
  assert.deepEqual(await choose({}), { done: { version: "202605" } });
  assert.deepEqual(await choose({}, { LINKEDIN_API_VERSION: "202401" }), { done: { version: "202401" } });
  assert.deepEqual(await choose({ version: "202401" }, { LINKEDIN_API_VERSION: "202401" }), {
    done: { version: "202610" },
    replacedSetting: { name: "LINKEDIN_API_VERSION", value: "202401", by: "202610" },
  });
  assert.deepEqual(await choose({ version: "202610" }), { done: { version: "202610" } });
  assert.deepEqual(await choose({ version: "202610" }, { LINKEDIN_API_VERSION: "202701" }), {
    done: { version: "202701" },
  });
});

test("a retired version is worth a retry as long as a newer one is known, however often the post has failed", () => {
  const retired = (newerVersion: string | null) =>
    classify(
      answerOf(426, { status: 426, code: "NONEXISTENT_VERSION", message: "Requested version 20240101 is not active" }),
      { ...CIRCUMSTANCES, newerVersion },
    );
  assert.deepEqual(
    [retired("202610"), retired(null)].map((error) => [
      error.code,
      error.redoFrom,
      error.notPublished,
      error.maxAttempts,
    ]),
    [
      ["PLATFORM_UNAVAILABLE", "version", true, Number.POSITIVE_INFINITY],
      ["PLATFORM_UNAVAILABLE", "version", true, 1],
    ],
  );
  assert.match(retired(null).message, /LINKEDIN_API_VERSION/);
});

test("the operator is warned three months before the version ends", () => {
  const warningsOn = (day: string, version?: string) =>
    deprecations(version === undefined ? {} : { LINKEDIN_API_VERSION: version }, new Date(day));
  assert.deepEqual(warningsOn("2027-02-13"), []);
  assert.deepEqual(warningsOn("2027-02-14"), [
    {
      what: "LinkedIn API version 202605",
      message: "LinkedIn is expected to retire API version 202605 on 2027-05-15, in 90 days.",
      cure: "Set LINKEDIN_API_VERSION to 202610.",
    },
  ]);
  assert.match(warningsOn("2027-05-16")[0]?.message ?? "", /have retired API version 202605/);
  assert.match(warningsOn("2027-10-01", "202610")[0]?.cure ?? "", /^Update Ampost/);
  assert.equal(warningsOn("2026-08-01", "202512").length, 0);
  assert.equal(warningsOn("2026-11-20", "202511").length, 1);
  assert.deepEqual(
    [...VERSIONS].sort((one, other) => one.version.localeCompare(other.version)),
    VERSIONS,
  );
});

const DUPLICATE = {
  errorDetailType: "com.linkedin.common.error.BadRequest",
  message:
    "com.linkedin.content.common.exception.BadRequestResponseException: " +
    "Content is a duplicate of urn:li:share:7295588489876647936",
  errorDetails: { inputErrors: [{ description: "Duplicate post is detected", input: {}, code: "DUPLICATE_POST" }] },
  status: 422,
};

test("a duplicate error names the first post, and after a lost response it is that post", () => {
  const publish = broker.steps(CONTENT).at(-1);
  assert.ok(publish?.effect === "visible");
  const context = contextOf("http://127.0.0.1:9", CONTENT);
  const refusal = thrown(() => publish.accept(answerOf(422, DUPLICATE), context));
  assert.deepEqual([refusal.code, refusal.notPublished], ["CONTENT_REJECTED", true]);
  assert.match(refusal.message, /urn:li:share:7295588489876647936/);
  const found = publish.accept(answerOf(422, DUPLICATE), { ...context, mayBeLive: true });
  assert.deepEqual(
    [found.remoteId, found.publishedUrl],
    ["urn:li:share:7295588489876647936", "https://www.linkedin.com/feed/update/urn:li:share:7295588489876647936/"],
  );
  assert.deepEqual(
    [found.onDuplicateRemoteId?.code, found.onDuplicateRemoteId?.notPublished],
    ["CONTENT_REJECTED", true],
  );
});

test("a duplicate of what was just created is the post itself: an intermediary has delivered the request twice", () => {
  const publish = broker.steps(CONTENT).at(-1);
  assert.ok(publish?.effect === "visible");
  const context = contextOf("http://127.0.0.1:9", CONTENT);
  const createdAt = Number(7_295_588_489_876_647_936n >> 22n);
  const refusedAfter = (seconds: number) =>
    answerOf(422, DUPLICATE, { date: new Date(createdAt + seconds * 1000).toUTCString() });
  for (const seconds of [0, 30]) {
    const found = publish.accept(refusedAfter(seconds), context);
    assert.equal(found.remoteId, "urn:li:share:7295588489876647936");
    assert.ok(found.onDuplicateRemoteId?.notPublished, "unless it belongs to another post");
  }
  for (const seconds of [-60, 60]) assert.ok(thrown(() => publish.accept(refusedAfter(seconds), context)).notPublished);
});

test("a post that LinkedIn accepted without returning its ID is live, and is not sent again", () => {
  const publish = broker.steps(CONTENT).at(-1);
  assert.ok(publish?.effect === "visible");
  const context = contextOf("http://127.0.0.1:9", CONTENT);
  assert.deepEqual(publish.accept({ ...answerOf(201, ""), text: "" }, context), { done: {}, remoteId: null });
  assert.throws(
    () => publish.accept(answerOf(200, {}), context),
    (error) => !(error instanceof BrokerError),
  );
  for (const id of ["urn:li:ugcPost:7", "urn%3Ali%3AugcPost%3A7"])
    assert.equal(
      publish.accept({ ...answerOf(201, ""), headers: { "x-restli-id": id } }, context).remoteId,
      "urn:li:ugcPost:7",
    );
});

test("only the identical repeat settles what LinkedIn has published", async () => {
  assert.equal(broker.identicalRepeat?.withinSeconds, 480);
  const answer = { status: null, brokerCode: null, platformError: null, failure: "timeout" };
  const verdict = await broker.reconcile(contextOf("http://127.0.0.1:9", CONTENT), lostCommit("publish", { answer }));
  assert.equal(verdict.verdict, "cannot_tell");
});

test("a grant without a refresh token cannot be renewed, with the contract's message", async (t) => {
  const server = await startLinkedIn(t, {});
  const grant = {
    accessToken: "A",
    refreshToken: null,
    expiresInSeconds: 10,
    refreshExpiresInSeconds: null,
    scopes: null,
  };
  const error = await failureOf(
    oauth.refresh?.run(createHttpClient({ sandboxUrl: server.url }), APP, grant) ?? Promise.reject(new Error("none")),
  );
  assert.deepEqual(
    [error.code, error.message],
    ["AUTH_EXPIRED", "LinkedIn did not return a refresh token for this app. Reconnect this account."],
  );
  assert.equal(server.requests.length, 0);
});

test("a renewed grant keeps its refresh token if none is returned, and its expiry as LinkedIn counts it down", async (t) => {
  const grant = {
    accessToken: "A",
    refreshToken: "R1",
    expiresInSeconds: 10,
    refreshExpiresInSeconds: null,
    scopes: null,
  };
  const renew = async (token: object, status = 200) => {
    const server = await startLinkedIn(t, { token: [status, token] });
    return (
      oauth.refresh?.run(createHttpClient({ sandboxUrl: server.url }), APP, grant) ?? Promise.reject(new Error("none"))
    );
  };
  const full = await renew({
    access_token: "B",
    expires_in: 5_184_000,
    refresh_token: "R2",
    refresh_token_expires_in: 27_648_000,
    scope: "email,openid profile,w_member_social",
  });
  assert.deepEqual(full, {
    accessToken: "B",
    refreshToken: "R2",
    expiresInSeconds: 5_184_000,
    refreshExpiresInSeconds: 27_648_000,
    scopes: ["email", "openid", "profile", "w_member_social"],
  });
  assert.equal((await renew({ access_token: "B" })).refreshToken, "R1");
  assert.equal(
    (
      await failureOf(
        renew(
          {
            error: "invalid_request",
            error_description: "The provided authorization grant or refresh token is invalid, expired or revoked.",
          },
          400,
        ),
      )
    ).code,
    "AUTH_REVOKED",
  );
  assert.equal((await failureOf(renew({ error: "invalid_client" }, 401))).code, "UNEXPECTED_RESPONSE");
  assert.equal((await failureOf(renew({}, 503))).code, "PLATFORM_UNAVAILABLE");
});

test("the profile is the member's, with the locale in either format, and optional fields can be missing", async (t) => {
  const profileOf = async (userinfo: object) =>
    oauth.profile(createHttpClient({ sandboxUrl: (await startLinkedIn(t, { userinfo })).url }), "A", [
      "openid",
      "w_member_social",
    ]);
  assert.deepEqual(
    await profileOf({
      sub: "782bbtaQ",
      name: "John Doe",
      given_name: "John",
      family_name: "Doe",
      picture: "https://media.licdn.com/a",
      locale: { country: "US", language: "en" },
      email: "doe@email.com",
      email_verified: true,
    }),
    {
      platformAccountId: "782bbtaQ",
      username: null,
      displayName: "John Doe",
      avatarUrl: "https://media.licdn.com/a",
      metadata: {
        subject: "782bbtaQ",
        profile: {
          name: "John Doe",
          givenName: "John",
          familyName: "Doe",
          email: "doe@email.com",
          emailVerified: true,
          pictureUrl: "https://media.licdn.com/a",
          locale: "en-US",
        },
        grantedScopes: ["openid", "w_member_social"],
        authFlow: "member-oidc",
        organizationPosting: "gated",
      },
    },
  );
  const bare = await profileOf({ sub: "x", locale: "en-US" });
  assert.ok("metadata" in bare && bare.displayName === null && bare.avatarUrl === null);
});

const APP = { clientId: "78", clientSecret: "secret", redirectUri: "https://app.example/cb" };
const CIRCUMSTANCES = {
  now: new Date("2026-11-01T12:00:10Z"),
  accountId: "782bbtaQ",
  newerVersion: null,
  uploadStep: "image-1",
};

function thrown(work: () => unknown): BrokerError {
  try {
    work();
  } catch (error) {
    if (error instanceof BrokerError) return error;
    throw error;
  }
  throw new Error("it went through");
}

function contextOf(url: string, content: PlatformContent<PublishMedia>, checkpoint: Checkpoint = {}): StepContext {
  return contextFor(url, content, { platformAccountId: "782bbtaQ", username: null }, checkpoint);
}

async function run(t: TestContext, content: PlatformContent<PublishMedia>, script: Script = {}) {
  const { url, requests } = await startLinkedIn(t, script);
  return { requests, ...(await drive(broker, contextOf(url, content))) };
}

interface Script {
  /** What a read of a video says: its body, or a status that refuses. Without it, processing takes two reads. */
  video?: object | number;
  cover?: number;
  imageUrl?: string;
  token?: [number, object];
  userinfo?: object;
}

function contentOf(requests: readonly Received[]): unknown {
  const body = requests.at(-1)?.json;
  return typeof body === "object" && body !== null && "content" in body ? body.content : undefined;
}

/** LinkedIn's hosts, saying what the script says. */
async function startLinkedIn(t: TestContext, script: Script) {
  let images = 0;
  let reads = 0;
  const answer = ({
    url: path,
    json,
    method,
  }: Received): { status: number; body?: object; headers?: Record<string, string> } => {
    if (path.endsWith("/accessToken")) return { status: script.token?.[0] ?? 200, body: script.token?.[1] ?? {} };
    if (path.endsWith("/userinfo")) return { status: 200, body: script.userinfo ?? {} };
    if (path.includes("/rest/images?"))
      return {
        status: 200,
        body: {
          value: {
            image: `urn:li:image:I${(images += 1)}`,
            uploadUrl: script.imageUrl ?? IMAGE_PUT,
            uploadUrlExpiresAt: 1,
          },
        },
      };
    if (path.endsWith("?action=initializeUpload")) return { status: 200, body: { value: videoValue(json) } };
    if (path.endsWith("?action=finalizeUpload")) return { status: 200 };
    if (path.includes("/rest/videos/urn%3Ali%3Avideo%3AV1")) {
      if (typeof script.video === "number")
        return { status: script.video, body: { status: script.video, code: "ACCESS_DENIED" } };
      return { status: 200, body: script.video ?? { status: (reads += 1) > 2 ? "AVAILABLE" : "PROCESSING" } };
    }
    if (path.endsWith("/comments"))
      return method === "GET" ? { status: 403, body: { status: 403, code: "ACCESS_DENIED" } } : { status: 201 };
    if (path.endsWith("/cover")) return { status: script.cover ?? 201 };
    if (method === "PUT")
      return path.includes("part")
        ? { status: 200, headers: { etag: `"/ambry/part-${path.at(-1)}"` } }
        : { status: 201 };
    return { status: 201, headers: { "x-restli-id": "urn:li:share:6844785523593134080" } };
  };
  return startHost(t, (received) => {
    const { status, body, headers } = answer(received);
    return [status, body, headers];
  });
}

function videoValue(json: unknown): object {
  const sizeBytes = Number(/"fileSizeBytes":(\d+)/.exec(JSON.stringify(json))?.[1]);
  const withCover = JSON.stringify(json).includes('"uploadThumbnail":true');
  const count = Math.ceil(sizeBytes / 4_194_304);
  return {
    video: "urn:li:video:V1",
    uploadToken: "",
    uploadUrlsExpireAt: 1,
    // The last range may reach behind the end of the file.
    uploadInstructions: Array.from({ length: count }, (_, index) => ({
      uploadUrl: `${PART_PUT}${index}`,
      firstByte: index * 4_194_304,
      lastByte: (index + 1) * 4_194_304 - 1,
    })),
    ...(withCover ? { thumbnailUploadUrl: "https://www.linkedin.com/dms-uploads/cover" } : {}),
  };
}
