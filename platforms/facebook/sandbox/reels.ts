import { invalid, missing, Refusal } from "../../../sandbox/meta/graph.ts";
import { timeOf } from "../../../sandbox/meta/list.ts";
import { authorized, PARTIAL, processingFailed, receiveBytes } from "../../../sandbox/meta/rupload.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { refusal } from "./errors.ts";
import { scheduledAt } from "./schedule.ts";
import type { Surface } from "./video-rules.ts";
import { publishVideo } from "./video-uploads.ts";
import { countReceived, findVideo, openVideo, receiveVideo, type FbVideo } from "./videos.ts";
import { accountOf, graph, HOST, publisherOf, UPLOAD_HOST, withPublisher, type PageViewer } from "./viewer.ts";

/** Reels: start, upload, finish. Source: Reels guide, 2026-07-30. */
export const REEL_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/{page}/video_reels",
    operation: ({ params }) =>
      params["upload_phase"] !== "finish" ? "upload" : params["video_state"] === "DRAFT" ? "create" : "publish",
    post: (call) => ({
      accountId: accountOf(call),
      text: call.params["description"] ?? "",
      carriesText: call.params["upload_phase"] === "finish",
      handle: call.params["video_id"] ?? null,
    }),
    run: withPublisher((call, viewer) =>
      phaseOf(call) === "start" ? startUpload(call, viewer, "reel") : finish(call, viewer),
    ),
  },
  ...["/video-upload/{version}/{id}", "/video-upload/{id}"].map((path): SandboxRoute => ({
    method: "POST",
    host: UPLOAD_HOST,
    path,
    operation: "upload",
    rawBody: true,
    run: receive,
  })),
];

const REELS_A_DAY = 30;
const SCHEDULE_SECONDS = 29 * 86_400;
const URL_MAX_BYTES = 1024 * 1024 * 1024;

export function phaseOf({ params }: Call): "start" | "finish" {
  const phase = params["upload_phase"];
  if (phase === undefined) throw missing("upload_phase");
  if (phase !== "start" && phase !== "finish") throw invalid("upload_phase must be one of start, finish.");
  return phase;
}

export function startUpload(call: Call, { page }: PageViewer, surface: Surface): PlatformAnswer {
  const video = openVideo(call, { pageId: page.id, surface, sessionId: null, fileSizeBytes: null });
  const version = /\/(v\d+\.\d+)\//.exec(call.url)?.[1] ?? "v25.0";
  return graph.answer(call, {
    video_id: video.id,
    upload_url: `https://${UPLOAD_HOST}/video-upload/${version}/${video.id}`,
  });
}

/** The Page's own video of this surface that can be finished: its bytes are complete and it meets the requirements. */
export function uploadedVideo(call: Call, { page }: PageViewer, surface: Surface): FbVideo {
  const id = call.params["video_id"];
  if (!id) throw missing("video_id");
  const video = findVideo(call, id);
  if (!video || video.pageId !== page.id || video.surface !== surface)
    throw invalid(`video_id ${id} is no upload of this kind.`);
  if (video.finishedAt !== null) return video;
  if (call.now >= video.createdAt + DAY_MS) throw refusal("1363041");
  if (video.uploadedAt === null) throw invalid("The video has not been uploaded completely.");
  if (video.problem !== null) throw refusal(video.problem);
  return video;
}

/** Finishing the same reel again succeeds without effect, unless the first time left a draft. */
function finish(call: Call, viewer: PageViewer): PlatformAnswer {
  const { params, world, now } = call;
  const video = uploadedVideo(call, viewer, "reel");
  if (video.finishedAt !== null && video.wanted !== "draft") return graph.answer(call, { success: true });
  const at = stateAt(call);
  if (params["place"] !== undefined && !/^\d+$/.test(params["place"])) throw invalid("place must be the id of a Page.");
  if (at !== null) {
    const of = { platform: "facebook", accountId: viewer.page.id, name: "reels" } as const;
    if (world.limits && world.uses.count({ ...of, since: now - DAY_MS + 1 }) >= REELS_A_DAY)
      throw new Refusal({ message: "(#613) The Page has reached its limit of reels for 24 hours.", code: 613 });
    world.uses.add({ ...of, at: now });
  }
  publishVideo(call, viewer, video, at, "reel");
  return graph.answer(call, { success: true });
}

/** Now, a future time, or null for a draft. */
function stateAt(call: Call): number | null {
  const state = call.params["video_state"];
  const scheduled = timeOf(call.params["scheduled_publish_time"], "scheduled_publish_time");
  if (state === "SCHEDULED") {
    if (scheduled === null) throw missing("scheduled_publish_time");
    return scheduledAt(call, scheduled, SCHEDULE_SECONDS);
  }
  if (scheduled !== null) throw invalid("scheduled_publish_time goes with video_state SCHEDULED only.");
  if (state === "PUBLISHED") return call.now;
  if (state === "DRAFT") return null;
  throw state === undefined
    ? missing("video_state")
    : invalid("video_state must be one of DRAFT, SCHEDULED, PUBLISHED.");
}

const DONE = jsonAnswer({ success: true });

/** Bytes of both reels and stories. */
function receive(call: Call): Outcome {
  const video = authorized(call, () => waitingVideo(call));
  if (video === undefined) return processingFailed("unauthorized user request");
  if ("status" in video) return video;
  const fileUrl = call.headers["file_url"];
  if (fileUrl !== undefined) {
    return call.world.media.fetch(fileUrl, { maxBytes: URL_MAX_BYTES }).then((got) => () => {
      if (!got.ok) return processingFailed("The video could not be fetched.");
      receiveVideo(call, video, got.media);
      return DONE;
    });
  }
  const received = receiveBytes(call, { name: `facebook-${video.id}`, receivedBytes: video.receivedBytes });
  if (!(received instanceof Promise)) return received;
  return received.then(({ bytes, media }) => () => {
    countReceived(call, video, bytes);
    if (!media) return PARTIAL;
    receiveVideo(call, video, media);
    return DONE;
  });
}

/** The Page's own upload that is waiting for bytes. */
function waitingVideo(call: Call): FbVideo | undefined {
  const { page } = publisherOf(call, undefined);
  const video = findVideo(call, call.segments["id"] ?? "");
  const open = video?.pageId === page.id && video.uploadedAt === null && call.now < video.createdAt + DAY_MS;
  return open ? video : undefined;
}
