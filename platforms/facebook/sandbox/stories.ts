import { invalid, missing } from "../../../sandbox/meta/graph.ts";
import { pageOf, windowOf } from "../../../sandbox/meta/list.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import { rawJsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text } from "../../../sandbox/store.ts";
import { nextId } from "./people.ts";
import { findPhoto, usePhoto } from "./photos.ts";
import { lookOf, type PostMedia } from "./posts.ts";
import { phaseOf, startUpload, uploadedVideo } from "./reels.ts";
import { settingsOf } from "./settings.ts";
import { finishVideo, mediaOf, willBeLive } from "./videos.ts";
import { accountOf, graph, HOST, readerOf, withPublisher, type PageViewer } from "./viewer.ts";

/** A Page's stories, which disappear after a day. Source: Page stories guide, 2026-09-11. */
export const STORIES_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_stories (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, page_id TEXT NOT NULL, media_type TEXT NOT NULL,
  media_id TEXT NOT NULL, at INTEGER NOT NULL, visible_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS facebook_stories_by_page ON facebook_stories (page_id, seq);`;

export const STORY_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/{page}/photo_stories",
    operation: "publish",
    post: (call) => ({
      accountId: accountOf(call),
      text: "",
      carriesText: false,
      handle: call.params["photo_id"] ?? null,
    }),
    run: withPublisher(publishPhoto),
  },
  {
    method: "POST",
    host: HOST,
    path: "/{page}/video_stories",
    operation: ({ params }) => (params["upload_phase"] === "finish" ? "publish" : "upload"),
    post: (call) => ({
      accountId: accountOf(call),
      text: "",
      carriesText: false,
      handle: call.params["video_id"] ?? null,
    }),
    run: withPublisher((call, viewer) =>
      phaseOf(call) === "start" ? startUpload(call, viewer, "story") : publishVideo(call, viewer),
    ),
  },
  { method: "GET", host: HOST, path: "/{page}/stories", operation: "read", run: graph.refusing(listStories) },
];

function publishPhoto(call: Call, viewer: PageViewer): PlatformAnswer {
  const id = call.params["photo_id"];
  if (!id) throw missing("photo_id");
  const photo = findPhoto(call, id);
  if (!photo || photo.pageId !== viewer.page.id) throw invalid(`photo_id ${id} is no photo of this Page.`);
  if (photo.state !== "unpublished") throw invalid(`Photo ${id} was used already.`);
  usePhoto(call, photo, "storied");
  return answerStory(call, addStory(call, viewer, { media: photo.media, handle: id, live: true }));
}

/** Finishing again returns the first response. */
function publishVideo(call: Call, viewer: PageViewer): PlatformAnswer {
  const video = uploadedVideo(call, viewer, "story");
  if (video.storyId !== null) return answerStory(call, video.storyId);
  const storyId = nextId(call.world, "story", viewer.page.id);
  const finished = finishVideo(call, video, "published", null, storyId);
  addStory(call, viewer, { media: mediaOf(finished), handle: video.id, live: willBeLive(finished), id: storyId });
  return answerStory(call, storyId);
}

/** If it is not live, processing failed and nobody sees it. */
function addStory(
  call: Call,
  { page }: PageViewer,
  story: { media: PostMedia; handle: string; live: boolean; id?: string },
): string {
  const { store, ledger } = call.world;
  const id = story.id ?? nextId(call.world, "story", page.id);
  if (!story.live) return id;
  const lagSeconds = call.behaviour?.name === "feed-lag-{n}s" ? (call.behaviour.number ?? 0) : 0;
  const { media, handle } = story;
  store.run(
    "INSERT INTO facebook_stories VALUES (?, ?, ?, ?, ?, ?, ?)",
    store.next("facebook.storySeq"),
    id,
    page.id,
    media.type === "video" ? "video" : "photo",
    media.id,
    call.now,
    call.now + lagSeconds * 1000,
  );
  const settings = settingsOf(call, []);
  ledger.add({
    platform: "facebook",
    accountId: page.id,
    id,
    url: storyUrl(page.id, id),
    text: "",
    media: [{ type: media.type, altText: media.altText }],
    kind: "story",
    visibility: "public",
    settings,
    at: call.now,
    endsAt: call.now + DAY_MS,
    handle,
    rootId: id,
    look: lookOf(page, { media: [media], link: null, settings, video: null }),
  });
  return id;
}

/** The ID is an unquoted number, as on the platform. */
function answerStory(call: Call, id: string): PlatformAnswer {
  return rawJsonAnswer(`{"success":true,"post_id":${id}}`, { headers: graph.headers(call) });
}

function storyUrl(pageId: string, id: string): string {
  return `https://facebook.com/stories/${pageId}/${id}`;
}

/** Newest first, without expired ones: the archive is off. */
function listStories(call: Call): PlatformAnswer {
  const { page } = readerOf(call, call.segments["page"] ?? "");
  const window = windowOf(call, { preset: 25, most: 100 });
  const rows = call.world.store.all(
    `SELECT * FROM facebook_stories WHERE page_id = ? AND visible_at <= ? AND at > ? AND at >= ? AND at <= ? AND seq < ?
       AND seq > ? ORDER BY seq DESC LIMIT ?`,
    page.id,
    call.now,
    call.now - DAY_MS,
    window.sinceAt,
    window.untilAt,
    window.beforeSeq,
    window.afterSeq,
    window.limit + 1,
  );
  return graph.answer(
    call,
    pageOf(call, rows, window.limit, {
      seqOf: (row) => integer(row, "seq"),
      toItem: (row) => ({
        post_id: text(row, "id"),
        status: "PUBLISHED",
        creation_time: String(Math.floor(integer(row, "at") / 1000)),
        media_type: text(row, "media_type"),
        media_id: text(row, "media_id"),
        url: storyUrl(page.id, text(row, "id")),
      }),
    }),
  );
}
