import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { badValue, ERRORS, needs, Refusal } from "./errors.ts";
import { CATEGORIES, listOf, namedParts, partsOf, readMetadata, validateMetadata, windowOf } from "./metadata.ts";
import { reannounce } from "./posts.ts";
import {
  apiTime,
  etagOf,
  findVideo,
  isProcessing,
  privacyOf,
  setMetadata,
  thumbnailsOf,
  videoResource,
  videosOf,
  type Video,
} from "./videos.ts";
import { allowed, ALLOWED, type Viewer } from "./viewer.ts";

/**
 * Reading, updating and deleting videos, and the playlist of a channel's uploads. Source: YouTube docs, videos and
 * playlistItems, 2026-10.
 */
const HOST = "www.googleapis.com";

export const LIBRARY_ROUTES: readonly SandboxRoute[] = [
  {
    method: "GET",
    host: HOST,
    path: "/youtube/v3/videos",
    operation: (call) =>
      listOf(call, "part").some((part) => part === "status" || part === "processingDetails") ? "status" : "read",
    run: allowed(ALLOWED.read, list),
  },
  { method: "PUT", host: HOST, path: "/youtube/v3/videos", operation: "create", run: allowed(ALLOWED.change, update) },
  {
    method: "DELETE",
    host: HOST,
    path: "/youtube/v3/videos",
    operation: "delete",
    run: allowed(ALLOWED.change, remove),
  },
  {
    method: "GET",
    host: HOST,
    path: "/youtube/v3/playlistItems",
    operation: "read",
    run: allowed(ALLOWED.read, listUploads),
  },
  {
    method: "GET",
    host: HOST,
    path: "/youtube/v3/videoCategories",
    operation: "read",
    run: allowed(ALLOWED.read, listCategories),
  },
];

const OWNERS_PARTS = ["processingDetails", "fileDetails", "suggestions"];
const IDS = 50;

function list(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = partsOf(call);
  const filters = ["id", "myRating", "chart"].filter((name) => call.query.has(name));
  if (filters.length === 0)
    throw new Refusal({ ...needs("id"), message: "No filter selected. Expected one of: id, chart, myRating" });
  if (filters.length > 1)
    throw new Refusal({
      ...ERRORS.incompatibleParameters,
      message: `Incompatible parameters specified in the request: ${filters.join(", ")}`,
    });
  const ids = listOf(call, "id");
  if (ids.length > IDS) throw new Refusal(badValue("Too many ids", "id", "parameter"));
  const videos = ids
    .flatMap((id) => findVideo(call, id) ?? [])
    .filter((video) => video.channelId === viewer.person.id || privacyOf(video, call.now) !== "private");
  if (parts.some((part) => OWNERS_PARTS.includes(part)) && videos.some((video) => video.channelId !== viewer.person.id))
    throw new Refusal(ERRORS.forbidden);
  const items = videos.map((video) => videoResource(call, lookAt(call, viewer, video), parts));
  return jsonAnswer({
    kind: "youtube#videoListResponse",
    etag: etagOf(items),
    items,
    pageInfo: { totalResults: items.length, resultsPerPage: items.length },
  });
}

/** Counts the owner's reads; faults about processing are applied here. */
function lookAt(call: Call, viewer: Viewer, video: Video): Video {
  if (video.channelId !== viewer.person.id || call.operation !== "status") return video;
  const [, kind, reason] = /^(failed|rejected|processing)-(\w+)$/.exec(call.behaviour?.name ?? "") ?? [];
  const fate = kind === undefined ? video.fate : `${kind}:${reason}`;
  const stuck = video.stuck || call.behaviour?.name === "process_forever";
  call.world.store.run(
    "UPDATE youtube_videos SET asked = asked + 1, fate = ?, stuck = ? WHERE id = ?",
    fate,
    stuck ? 1 : 0,
    video.id,
  );
  const looked = { ...video, fate, stuck, asked: video.asked + 1 };
  // The audience never sees a video that could not be processed.
  if (fate !== "succeeded" && !isProcessing(looked, call.now)) call.world.ledger.remove("youtube", video.id);
  return looked;
}

/** Fields missing from a named part are erased. */
function update(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = partsOf(call);
  if (call.body.kind !== "json") throw new Refusal(ERRORS.badRequest);
  const value = call.body.value;
  const id = typeof value === "object" && value !== null && "id" in value ? String(value.id) : "";
  if (id === "") throw new Refusal(needs("id"));
  const video = needOwn(call, viewer, id);
  const sent = readMetadata(value, parts);
  if (parts.includes("snippet") && (sent.snippet?.categoryId ?? "") === "") throw new Refusal(ERRORS.invalidCategoryId);
  const named = Object.fromEntries(
    (["snippet", "status", "localizations", "recordingDetails"] as const)
      .filter((part) => parts.includes(part))
      .map((part) => [part, sent[part] ?? {}]),
  );
  const kept = {
    ...video.metadata,
    ...(privacyOf(video, call.now) === "public" && {
      status: { ...video.metadata.status, privacyStatus: "public" as const, publishAt: undefined },
    }),
  };
  const metadata = { ...kept, ...named };
  validateMetadata(metadata);
  const changed = setMetadata(call, video, metadata);
  reannounce(call, changed);
  return jsonAnswer(videoResource(call, changed, parts));
}

function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.query.get("id") ?? "";
  if (id === "") throw new Refusal(needs("id"));
  needOwn(call, viewer, id);
  call.world.store.run("DELETE FROM youtube_videos WHERE id = ?", id);
  call.world.store.run("DELETE FROM youtube_comments WHERE video_id = ?", id);
  call.world.ledger.remove("youtube", id);
  return { status: 204, headers: {}, body: "" };
}

export function needOwn(call: Call, viewer: Viewer, id: string): Video {
  const video = findVideo(call, id);
  if (!video) throw new Refusal(ERRORS.videoNotFound);
  if (video.channelId !== viewer.person.id) throw new Refusal(ERRORS.forbidden);
  return video;
}

/** Newest first; the owner also sees private videos. The only playlists are the channels' uploads. */
function listUploads(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = namedParts(call, ["contentDetails", "id", "snippet", "status"]);
  const playlistId = call.query.get("playlistId");
  if (playlistId === null)
    throw new Refusal({ ...needs("playlistId"), message: "No filter selected. Expected one of: id, playlistId" });
  const channelId = `UC${playlistId.slice(2)}`;
  if (!playlistId.startsWith("UU") || !call.world.identity.person("youtube", channelId))
    throw new Refusal(ERRORS.playlistNotFound);
  const { from, maxResults } = windowOf(call, { preset: 5, least: 0, most: 50 });
  const isOwner = channelId === viewer.person.id;
  const videos = videosOf(call, channelId).filter(
    (video) => video.listedAt <= call.now && (isOwner || privacyOf(video, call.now) === "public"),
  );
  const items = videos
    .slice(from, from + maxResults)
    .map((video, place) => playlistItem(call, video, { playlistId, parts, position: from + place }));
  return jsonAnswer({
    kind: "youtube#playlistItemListResponse",
    etag: etagOf(items),
    ...(from + maxResults < videos.length && { nextPageToken: String(from + maxResults) }),
    items,
    pageInfo: { totalResults: videos.length, resultsPerPage: maxResults },
  });
}

function playlistItem(
  call: Call,
  video: Video,
  { playlistId, parts, position }: { playlistId: string; parts: readonly string[]; position: number },
): Record<string, unknown> {
  const person = call.world.identity.person("youtube", video.channelId);
  const { title, description = "" } = video.metadata.snippet ?? {};
  return {
    kind: "youtube#playlistItem",
    etag: etagOf([video.id, position]),
    id: Buffer.from(`${playlistId}.${video.id}`).toString("base64url"),
    ...(parts.includes("snippet") && {
      snippet: {
        publishedAt: apiTime(video.at),
        channelId: video.channelId,
        title,
        description,
        thumbnails: thumbnailsOf(video.id, ["default", "medium", "high"]),
        channelTitle: person?.name ?? "",
        playlistId,
        position,
        resourceId: { kind: "youtube#video", videoId: video.id },
        videoOwnerChannelTitle: person?.name ?? "",
        videoOwnerChannelId: video.channelId,
      },
    }),
    ...(parts.includes("contentDetails") && {
      contentDetails: { videoId: video.id, videoPublishedAt: apiTime(video.at) },
    }),
    ...(parts.includes("status") && { status: { privacyStatus: privacyOf(video, call.now) } }),
  };
}

function listCategories(call: Call): PlatformAnswer {
  if (!call.query.has("part")) throw new Refusal(needs("part"));
  if (!call.query.has("regionCode") && !call.query.has("id"))
    throw new Refusal({ ...needs("regionCode"), message: "No filter selected. Expected one of: regionCode, id" });
  const wanted = call.query.has("id") ? listOf(call, "id") : undefined;
  const items = Object.entries(CATEGORIES)
    .filter(([id]) => wanted?.includes(id) ?? true)
    .map(([id, title]) => ({
      kind: "youtube#videoCategory",
      etag: etagOf(id),
      id,
      snippet: { title, assignable: true, channelId: "UCBR8-60-B28hp2BmDPdntcQ" },
    }));
  return jsonAnswer({ kind: "youtube#videoCategoryListResponse", etag: etagOf(items), items });
}
