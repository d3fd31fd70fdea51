import { invalid, isFalse, missing, Refusal } from "../../../sandbox/meta/graph.ts";
import { takeBytes } from "../../../sandbox/meta/rupload.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { fbError, refusal } from "./errors.ts";
import { nextId } from "./people.ts";
import { addPost, contentHandle } from "./posts.ts";
import { publicationOf } from "./schedule.ts";
import { settingsOf } from "./settings.ts";
import { handleMedia } from "./upload-handles.ts";
import {
  countReceived,
  finishVideo,
  mediaOf,
  openVideo,
  receiveVideo,
  videoOfSession,
  willBeLive,
  type FbVideo,
} from "./videos.ts";
import { accountOf, graph, HOST, withPublisher, type PageViewer } from "./viewer.ts";

/**
 * The three ways to upload feed videos: by URL, by the handle of an upload, in chunks.
 * Source: Graph API reference, page/videos, 2026-09-11; Video API guide, publishing.
 */
export const VIDEO_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/{page}/videos",
    operation: ({ params }) =>
      params["upload_phase"] === "start" || params["upload_phase"] === "transfer"
        ? "upload"
        : isFalse(params, "published") && params["scheduled_publish_time"] === undefined
          ? "create"
          : "publish",
    post: (call) => ({
      accountId: accountOf(call),
      text: call.params["description"] ?? "",
      carriesText: carriesText(call),
      handle: handleOf(call),
    }),
    run: withPublisher(create),
  },
];

const SCHEDULE_SECONDS = 180 * 86_400;
const URL_MAX_BYTES = 1024 * 1024 * 1024;
const CHUNK_BYTES = 524_288;

function carriesText({ params }: Call): boolean {
  return params["upload_phase"] === undefined || params["upload_phase"] === "finish";
}

function handleOf(call: Call): string | null {
  const { params } = call;
  const session =
    params["upload_session_id"] === undefined ? undefined : videoOfSession(call, params["upload_session_id"]);
  if (session) return session.id;
  return (
    params["fbuploader_video_file_chunk"] ??
    contentHandle(accountOf(call), params["title"] ?? "", params["description"] ?? "", params["file_url"] ?? "")
  );
}

function create(call: Call, viewer: PageViewer): Outcome {
  const { params, body } = call;
  const phase = params["upload_phase"];
  if (phase !== undefined && params["file_url"] !== undefined)
    throw invalid("file_url cannot be combined with upload_phase.");
  switch (phase) {
    case "start":
      return start(call, viewer);
    case "transfer":
      return transfer(call, viewer);
    case "finish":
      return finishSession(call, viewer);
    case undefined:
      break;
    default:
      throw invalid("upload_phase must be one of start, transfer, finish, cancel.");
  }
  const at = publicationOf(call, { mostSeconds: SCHEDULE_SECONDS });
  const handle = params["fbuploader_video_file_chunk"];
  if (handle !== undefined) {
    const media = handleMedia(call, viewer, handle);
    return made(call, viewer, receiveVideo(call, open(call, viewer), media), at);
  }
  const file = body.kind === "fields" ? body.files.find((one) => one.field === "source") : undefined;
  if (file)
    return call.world.media
      .measure(file.path)
      .then((media) => () => made(call, viewer, receiveVideo(call, open(call, viewer), media), at));
  const url = params["file_url"];
  if (!url) throw missing("file_url or source");
  if (!URL.canParse(url)) throw refusal("389");
  return call.world.media.fetch(url, { maxBytes: URL_MAX_BYTES }).then((got) => () => {
    if (!got.ok) throw refusal("389");
    if (got.media.type !== "video") throw refusal("352");
    return made(call, viewer, receiveVideo(call, open(call, viewer), got.media), at);
  });
}

function open(call: Call, { page }: PageViewer): FbVideo {
  return openVideo(call, { pageId: page.id, surface: "feed", sessionId: null, fileSizeBytes: null });
}

function made(call: Call, viewer: PageViewer, video: FbVideo, at: number | null): PlatformAnswer {
  publishVideo(call, viewer, video, at, "video");
  return graph.answer(call, { id: video.id });
}

/** Finishes a feed video or a reel, and creates its post if it will be visible. */
export function publishVideo(
  call: Call,
  { page }: PageViewer,
  video: FbVideo,
  at: number | null,
  kind: "video" | "reel",
): void {
  const ahead = at !== null && at > call.now;
  const finished = finishVideo(
    call,
    video,
    at === null ? "draft" : ahead ? "scheduled" : "published",
    ahead ? at : null,
    null,
  );
  if (!willBeLive(finished)) return;
  addPost(call, page, {
    kind,
    message: call.params["description"] ?? "",
    link: null,
    at,
    video: { id: video.id, title: call.params["title"] ?? null },
    media: [mediaOf(finished)],
    settings: settingsOf(call, ["description"]),
    handle: handleFor(call, video),
  });
}

/** A video uploaded by URL or handle is identified by the content of its call. */
function handleFor(call: Call, video: FbVideo): string {
  return video.surface === "feed" && video.sessionId === null ? (handleOf(call) ?? video.id) : video.id;
}

function start(call: Call, { page }: PageViewer): PlatformAnswer {
  const size = Number(call.params["file_size"] ?? NaN);
  if (!Number.isSafeInteger(size) || size < 1) throw missing("file_size");
  const sessionId = nextId(call.world, "session", page.id);
  const video = openVideo(call, { pageId: page.id, surface: "feed", sessionId, fileSizeBytes: size });
  return graph.answer(call, { video_id: video.id, ...range(0, size), upload_session_id: sessionId });
}

/** The next expected part: at most a sixteenth of the file, at least half a mebibyte. */
function range(start: number, size: number): { start_offset: string; end_offset: string } {
  return {
    start_offset: String(start),
    end_offset: String(Math.min(size, start + Math.max(CHUNK_BYTES, Math.ceil(size / 16)))),
  };
}

function sessionVideo(call: Call, { page }: PageViewer): FbVideo & { fileSizeBytes: number } {
  const video = videoOfSession(call, call.params["upload_session_id"] ?? "");
  if (!video || video.pageId !== page.id || video.fileSizeBytes === null || video.finishedAt !== null)
    throw refusal("1363041");
  return { ...video, fileSizeBytes: video.fileSizeBytes };
}

function transfer(call: Call, viewer: PageViewer): Outcome {
  const video = sessionVideo(call, viewer);
  const size = video.fileSizeBytes;
  const due = range(video.receivedBytes, size);
  if (call.params["start_offset"] !== due.start_offset) throw wrongOffset(due);
  const chunk =
    call.body.kind === "fields" ? call.body.files.find((one) => one.field === "video_file_chunk") : undefined;
  if (!chunk) throw missing("video_file_chunk");
  if (chunk.sizeBytes === 0 || chunk.sizeBytes > Number(due.end_offset) - video.receivedBytes) throw refusal("1363033");
  const work = takeBytes(call, {
    name: `facebook-${video.id}`,
    offset: video.receivedBytes,
    fileSize: size,
    bytes: chunk,
  });
  return work.then(({ bytes, media }) => () => {
    countReceived(call, video, bytes);
    if (media) receiveVideo(call, video, media);
    return graph.answer(call, range(bytes, size));
  });
}

function wrongOffset(due: { start_offset: string; end_offset: string }): Refusal {
  return new Refusal({ ...fbError("1363037"), data: due });
}

function finishSession(call: Call, viewer: PageViewer): PlatformAnswer {
  const video = sessionVideo(call, viewer);
  if (video.uploadedAt === null) throw invalid("The video has not been uploaded completely.");
  if (video.problem !== null) throw refusal(video.problem);
  const at = publicationOf(call, { mostSeconds: SCHEDULE_SECONDS });
  publishVideo(call, viewer, video, at, "video");
  return graph.answer(call, { success: true });
}
