import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import type { PlatformContent } from "../../model/post.ts";
import {
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
import type { Checkpoint, OpenIntent, PublishMedia, StepContext } from "../platform.ts";
import { broker } from "./broker.ts";
import { oauth } from "./oauth.ts";
import { chunkBounds, planChunks } from "./upload.ts";

const POST_ID = "7678907398077074696";

test("chunks follow the table of the transfer guide, and the last one includes the rest", () => {
  const cases = [
    [3_000_000, 3_000_000, 1, [0, 3_000_000]],
    [4_194_304, 4_194_304, 1, [0, 4_194_304]],
    [64_000_000, 64_000_000, 1, [0, 64_000_000]],
    [64_000_001, 10_000_000, 6, [50_000_000, 64_000_001]],
    [209_715_200, 10_000_000, 20, [190_000_000, 209_715_200]],
  ] as const;
  for (const [sizeBytes, chunkBytes, count, [start, end]] of cases) {
    const plan = planChunks(sizeBytes);
    assert.deepEqual(plan, { chunkBytes, count });
    assert.deepEqual(chunkBounds(plan, count - 1, sizeBytes), { start, end });
  }
  assert.deepEqual(chunkBounds({ chunkBytes: 10_000_000, count: 5 }, 4, 50_000_123), {
    start: 40_000_000,
    end: 50_000_123,
  });
});

test("a video is announced with every setting, sent, waited for, and identified by its public ID with all digits", async (t) => {
  const server = await startTikTok(t, {
    statuses: ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE", "PUBLISH_COMPLETE"],
    idAfter: 3,
  });
  const { done, remoteId, waits, warnings } = await run(server.url, {
    ...VIDEO,
    text: "Hi #all @you",
    settings: {
      privacyLevel: "PUBLIC_TO_EVERYONE",
      disableComment: false,
      disableStitch: false,
      videoCoverTimestampMs: 1000,
      brandOrganicToggle: true,
      isAigc: true,
    },
  });
  assert.deepEqual(
    server.sent().map(({ path }) => path),
    ["creator_info/query", "video/init", "PUT 0-2999999/3000000", "status/fetch", "status/fetch", "status/fetch"],
  );
  assert.deepEqual(server.sent()[1]?.body, {
    post_info: {
      title: "Hi #all @you",
      privacy_level: "PUBLIC_TO_EVERYONE",
      disable_comment: false,
      brand_content_toggle: false,
      brand_organic_toggle: true,
      disable_duet: true,
      // The creator has switched stitches off.
      disable_stitch: true,
      video_cover_timestamp_ms: 1000,
      is_aigc: true,
    },
    source_info: { source: "FILE_UPLOAD", video_size: 3_000_000, chunk_size: 3_000_000, total_chunk_count: 1 },
  });
  assert.deepEqual([waits.live, waits["post-id"], warnings], [[3], undefined, []]);
  assert.deepEqual(
    [done.platformPostId, done.publishedUrl, remoteId],
    [POST_ID, `https://www.tiktok.com/@someone/video/${POST_ID}`, "v_pub_file~v2-1.1"],
  );
  const put = server.requests.find(({ method }) => method === "PUT");
  assert.deepEqual(
    [put?.headers.authorization, put?.headers["content-type"], put?.headers["content-length"]],
    [undefined, "video/mp4", "3000000"],
  );
});

test("comments, duets and stitches are off until the caller turns them on", async (t) => {
  const server = await startTikTok(t, {});
  await run(server.url, VIDEO);
  await run(server.url, { ...VIDEO, media: [picture()] });
  const off = { disable_comment: true, disable_duet: true, disable_stitch: true };
  const [video, photos] = server.sent().flatMap(({ body }) => {
    const { post_info: info } = Object(body);
    return info === undefined ? [] : [Object(info)];
  });
  assert.deepEqual({ ...video, ...off }, video);
  assert.equal(photos.disable_comment, true);
});

test("a late public ID is requested at 1, 5, 15 and 60 minutes, then hourly for a day", async (t) => {
  const server = await startTikTok(t, { idAfter: 999 });
  const { done, waits } = await run(server.url, { ...VIDEO, settings: { privacyLevel: "PUBLIC_TO_EVERYONE" } });
  assert.deepEqual(waits["post-id"]?.slice(0, 6), [60, 240, 600, 2700, 3600, 3600]);
  assert.ok((waits["post-id"] ?? []).reduce((sum, seconds) => sum + seconds, 0) >= 86_400);
  assert.equal(done.platformPostId, undefined);
});

test("a post for only the creator is published without a link, and its ID is not requested", async (t) => {
  const server = await startTikTok(t, { idAfter: 999 });
  const { done } = await run(server.url, VIDEO);
  assert.equal(server.sent().filter(({ path }) => path === "status/fetch").length, 1);
  assert.deepEqual([done.platformPostId, done.publishedUrl], [undefined, undefined]);
});

test("photos are sent as URLs in one request, a PNG as a JPEG, with the label at the top level", async (t) => {
  const server = await startTikTok(t, {});
  const { done } = await run(server.url, {
    ...VIDEO,
    text: "Three doors",
    media: [picture(), picture({ mimeType: "image/png" }), picture({ width: 4000, height: 3000 })],
    settings: {
      privacyLevel: "PUBLIC_TO_EVERYONE",
      photoTitle: "Doors",
      photoCoverIndex: 1,
      autoAddMusic: true,
      isAigc: true,
      disableComment: true,
    },
  });
  assert.deepEqual(
    server.sent().map(({ path }) => path),
    ["creator_info/query", "content/init", "status/fetch"],
  );
  assert.deepEqual(server.sent()[1]?.body, {
    post_mode: "DIRECT_POST",
    media_type: "PHOTO",
    is_aigc: true,
    post_info: {
      title: "Doors",
      description: "Three doors",
      privacy_level: "PUBLIC_TO_EVERYONE",
      disable_comment: true,
      brand_content_toggle: false,
      brand_organic_toggle: false,
      auto_add_music: true,
    },
    source_info: {
      source: "PULL_FROM_URL",
      photo_cover_index: 1,
      photo_images: [
        "https://media.example/a.jpg",
        "https://media.example/a.jpg?as=image/jpeg",
        "https://media.example/a.jpg?as=image/jpeg",
      ],
    },
  });
  assert.equal(done.publishedUrl, `https://www.tiktok.com/@someone/photo/${POST_ID}`);
});

test("what the creator does not currently allow stops the post before anything is started", async (t) => {
  const server = await startTikTok(t, {});
  const friends = await failureOf(run(server.url, { ...VIDEO, settings: { privacyLevel: "FOLLOWER_OF_CREATOR" } }));
  const long = await failureOf(
    run(server.url, { ...VIDEO, media: [film({ sizeBytes: 3_000_000, durationSeconds: 301 })] }),
  );
  assert.deepEqual([friends.code, long.code], ["CONTENT_REJECTED", "MEDIA_REJECTED"]);
  const refused = await startTikTok(t, { creator: refusal(200, "spam_risk_too_many_posts") });
  const full = await failureOf(run(refused.url, VIDEO));
  assert.deepEqual([full.code, full.retryAfterSeconds], ["QUOTA_EXCEEDED", 86_400]);
  assert.ok([...server.requests, ...refused.requests].every(({ url }) => !url.includes("/init/")));
});

test("a chunk whose response was lost is not sent twice: TikTok says how much it has", async (t) => {
  const server = await startTikTok(t, { storedBytes: 30_000_000 });
  const media = [film({ sizeBytes: 70_000_000 })];
  await run(server.url, { ...VIDEO, media });
  assert.deepEqual(
    server
      .sent()
      .slice(2)
      .map(({ path }) => path),
    [
      "PUT 0-9999999/70000000",
      "status/fetch",
      "PUT 30000000-39999999/70000000",
      "PUT 40000000-49999999/70000000",
      "PUT 50000000-59999999/70000000",
      "PUT 60000000-69999999/70000000",
      "status/fetch",
    ],
  );
});

test("an expired upload URL is requested again", async (t) => {
  for (const status of [403, 404]) {
    const server = await startTikTok(t, { put: { status, body: "" } });
    const error = await failureOf(run(server.url, { ...VIDEO, media: [film({ sizeBytes: 70_000_000 })] }));
    assert.deepEqual([error.code, error.redoFrom, error.notPublished], ["MEDIA_FAILED", "init", false]);
  }
});

test("the state of the task determines the outcome of the last bytes", async (t) => {
  const verdictOf = async (
    state: Record<string, unknown>,
    answer: Partial<OpenIntent["answer"]> = {},
    startedAt = NOW,
  ) => {
    const server = await startTikTok(t, { state });
    const context = contextOf(server.url, VIDEO, {
      publishId: "v_pub_file~v2-1.1",
      uploadUrl: "https://up.example/",
      startedAt: startedAt.toISOString(),
    });
    return broker.reconcile(context, lostCommit("publish", { intentAt: NOW, answer }));
  };
  const shapeOf = (verdict: Awaited<ReturnType<typeof verdictOf>>) => [
    verdict.verdict,
    "definitive" in verdict ? verdict.definitive : null,
    "redoFrom" in verdict ? (verdict.redoFrom ?? null) : null,
  ];

  const live = await verdictOf({ status: "PUBLISH_COMPLETE", publicaly_available_post_id: ["ID"] });
  assert.deepEqual(live, {
    verdict: "published",
    done: { postId: POST_ID },
    remoteId: "v_pub_file~v2-1.1",
    platformPostId: POST_ID,
    publishedUrl: `https://www.tiktok.com/@someone/video/${POST_ID}`,
  });
  assert.deepEqual(shapeOf(await verdictOf({ status: "PROCESSING_UPLOAD", uploaded_bytes: 3_000_000 })), [
    "published",
    null,
    null,
  ]);
  assert.deepEqual(shapeOf(await verdictOf({ status: "PROCESSING_UPLOAD", uploaded_bytes: 0 })), [
    "not_published",
    false,
    null,
  ]);
  assert.deepEqual(shapeOf(await verdictOf({ status: "PROCESSING_UPLOAD" })), ["pending", null, null]);
  assert.deepEqual(shapeOf(await verdictOf({ status: "FAILED", fail_reason: "internal" })), [
    "not_published",
    true,
    "init",
  ]);
  const closed = { status: 403, platformError: { status: 403, code: "403", message: null, requestId: null } };
  assert.deepEqual(shapeOf(await verdictOf({ status: "PROCESSING_UPLOAD", uploaded_bytes: 0 }, closed)), [
    "not_published",
    true,
    "init",
  ]);
  const hourAgo = new Date(NOW.getTime() - 3_600_000);
  assert.deepEqual(shapeOf(await verdictOf({ status: "PROCESSING_UPLOAD", uploaded_bytes: 0 }, {}, hourAgo)), [
    "not_published",
    true,
    "init",
  ]);
});

test("a lost response about photos is never repeated: the outcome is unknown", async () => {
  const context = contextOf(
    "http://127.0.0.1:9",
    { ...VIDEO, media: [picture()] },
    { photoUrls: ["https://media.example/a.jpg"] },
  );
  assert.equal((await broker.reconcile(context, lostCommit("publish", { intentAt: NOW }))).verdict, "cannot_tell");
});

test("a post that TikTok does not finish becomes unknown after ten minutes", async (t) => {
  const server = await startTikTok(t, { statuses: Array.from({ length: 99 }, () => "PROCESSING_UPLOAD") });
  const error = await failureOf(run(server.url, VIDEO));
  assert.equal(error.code, "OUTCOME_UNKNOWN");
});

test("a code with special characters is sent encoded once", async (t) => {
  const server = await startTikTok(t, {});
  const grant = await oauth.exchange(createHttpClient({ sandboxUrl: server.url }), APP, {
    code: "a*b!c",
    codeVerifier: null,
  });
  assert.equal(server.requests[0]?.fields.code, "a*b!c");
  assert.deepEqual(grant, {
    accessToken: "act.1",
    refreshToken: "rft.1",
    expiresInSeconds: 7200,
    refreshExpiresInSeconds: 15_552_000,
    scopes: ["user.info.basic", "video.publish"],
  });
});

test("a rejected renewal with status 200 is still a rejection", async (t) => {
  const server = await startTikTok(t, {
    token: {
      status: 200,
      body: '{"error":"invalid_grant","error_description":"Refresh token is invalid.","log_id":"L1"}',
    },
  });
  const renewal = (refreshExpiresInSeconds: number) =>
    failureOf(
      Promise.resolve(
        oauth.refresh?.run(createHttpClient({ sandboxUrl: server.url }), APP, {
          accessToken: "a",
          refreshToken: "r",
          expiresInSeconds: 0,
          refreshExpiresInSeconds,
          scopes: null,
        }),
      ),
    );
  assert.equal((await renewal(1000)).code, "AUTH_REVOKED");
  assert.equal((await renewal(-1)).code, "AUTH_EXPIRED");
  const down = await startTikTok(t, { token: { status: 200, body: '{"error":"server_error"}' } });
  const error = await failureOf(
    oauth.exchange(createHttpClient({ sandboxUrl: down.url }), APP, { code: "c", codeVerifier: null }),
  );
  assert.equal(error.code, "PLATFORM_UNAVAILABLE");
});

test("the account is identified by its open ID, with what its creator can do", async (t) => {
  const server = await startTikTok(t, {});
  const profile = await oauth.profile(createHttpClient({ sandboxUrl: server.url }), "act.1");
  assert.ok("metadata" in profile);
  const { creatorInfoFetchedAt, ...metadata } = profile.metadata;
  assert.match(String(creatorInfoFetchedAt), /^\d{4}-.*Z$/);
  assert.deepEqual(
    { ...profile, metadata },
    {
      platformAccountId: "open-1",
      username: "someone",
      displayName: "Some One",
      avatarUrl: "https://p19.example/a.webp",
      metadata: {
        unionId: "union-1",
        creatorUsername: "someone",
        creatorNickname: "Some One",
        privacyLevelOptions: ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
        isPrivate: false,
        commentDisabled: false,
        duetDisabled: false,
        stitchDisabled: true,
        maxVideoPostDurationSec: 300,
      },
    },
  );
});

test("an app not audited by TikTok offers only the privacy level it can use", async (t) => {
  const server = await startTikTok(t, {});
  const profile = await oauth.profile(createHttpClient({ sandboxUrl: server.url }), "act.1", null, {
    TIKTOK_PRIVATE_POSTS_ONLY: "true",
  });
  assert.ok("metadata" in profile);
  assert.deepEqual(profile.metadata["privacyLevelOptions"], ["SELF_ONLY"]);
});

const NOW = new Date("2026-11-25T12:00:00Z");
const APP = { clientId: "key", clientSecret: "secret", redirectUri: "https://app.example/cb" };
const VIDEO: PlatformContent<PublishMedia> = {
  text: "Hi",
  media: [film({ sizeBytes: 3_000_000 })],
  linkUrl: null,
  placement: null,
  settings: { privacyLevel: "SELF_ONLY" },
  cover: null,
  thread: [],
};

interface Canned {
  status: number;
  body: string;
}

interface World {
  /** One for each time it is asked; the last one goes on. */
  statuses?: string[];
  /** How often the status is asked before the id is there. */
  idAfter?: number;
  /** The whole answer about the state. */
  state?: Record<string, unknown>;
  creator?: Canned;
  put?: Canned;
  token?: Canned;
  /** What an earlier run has sent already. */
  storedBytes?: number;
}

function refusal(status: number, code: string): Canned {
  return { status, body: JSON.stringify({ data: {}, error: { code, message: "", log_id: "L" } }) };
}

const ok = (data: unknown): Canned => ({
  status: 200,
  body: JSON.stringify({ data, error: { code: "ok", message: "", log_id: "L" } }).replaceAll('"ID"', POST_ID),
});

async function startTikTok(t: TestContext, world: World) {
  let asked = 0;
  let storedBytes = world.storedBytes ?? 0;
  const answer = (request: Received): Canned => {
    const path = request.url.replace(/^\/[^/]+/, "").replace(/\?.*$/, "");
    if (request.method === "PUT") {
      const [, first = 0, last = 0, total = 0] = (
        /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers["content-range"] ?? "") ?? []
      ).map(Number);
      if (world.put) return world.put;
      if (first !== storedBytes) return { status: 416, body: "" };
      assert.equal(request.sizeBytes, last - first + 1);
      storedBytes = last + 1;
      return { status: storedBytes === total ? 201 : 206, body: "" };
    }
    switch (path) {
      case "/v2/oauth/token/":
        return (
          world.token ?? {
            status: 200,
            body: '{"access_token":"act.1","expires_in":7200,"open_id":"open-1","refresh_expires_in":15552000,"refresh_token":"rft.1","scope":"user.info.basic,video.publish","token_type":"Bearer"}',
          }
        );
      case "/v2/user/info/":
        return ok({
          user: {
            open_id: "open-1",
            union_id: "union-1",
            avatar_url: "https://p19.example/a.webp",
            display_name: "Some One",
          },
        });
      case "/v2/post/publish/creator_info/query/":
        return (
          world.creator ??
          ok({
            creator_username: "someone",
            creator_nickname: "Some One",
            privacy_level_options: ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
            comment_disabled: false,
            duet_disabled: false,
            stitch_disabled: true,
            max_video_post_duration_sec: 300,
          })
        );
      case "/v2/post/publish/video/init/":
        return ok({
          publish_id: "v_pub_file~v2-1.1",
          upload_url: "https://open-upload.tiktokapis.com/video/?upload_id=1&upload_token=Xza123",
        });
      case "/v2/post/publish/content/init/":
        return ok({ publish_id: "p_pub_url~v2.1" });
      case "/v2/post/publish/status/fetch/": {
        asked += 1;
        if (world.state) return ok(world.state);
        const isUploading = world.storedBytes !== undefined && asked === 1;
        const status = isUploading
          ? "PROCESSING_UPLOAD"
          : (world.statuses?.[asked - 1] ?? world.statuses?.at(-1) ?? "PUBLISH_COMPLETE");
        return ok({
          status,
          uploaded_bytes: storedBytes,
          ...(status === "PUBLISH_COMPLETE" && asked >= (world.idAfter ?? 1)
            ? { publicaly_available_post_id: ["ID"] }
            : {}),
        });
      }
      default:
        return { status: 404, body: path };
    }
  };
  // Bare numbers, as TikTok writes them.
  const host = await startHost(t, (request) => {
    const { status, body } = answer(request);
    return [status, body];
  });
  const sent = () =>
    host.requests.map(({ method, path, headers, json }) => ({
      path:
        method === "PUT"
          ? `PUT ${headers["content-range"]?.replace("bytes ", "")}`
          : path.replace(/^.*\/publish\/(.*)\/$/, "$1"),
      body: json,
    }));
  return { ...host, sent };
}

function contextOf(url: string, content: PlatformContent<PublishMedia>, checkpoint: Checkpoint = {}): StepContext {
  return { ...contextFor(url, content, { platformAccountId: "open-1" }, checkpoint), now: NOW };
}

function run(url: string, content: PlatformContent<PublishMedia>) {
  return drive(broker, contextOf(url, content));
}
