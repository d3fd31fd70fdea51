import { z } from "zod";

import { drawPicture } from "../../../sandbox/pictures.ts";
import {
  jsonAnswer,
  rawJsonAnswer,
  type Call,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, type Row } from "../../../sandbox/store.ts";
import { readJson } from "./create.ts";
import { answer, invalid, PROBLEMS, Refusal, success } from "./errors.ts";
import { privacyOptions, unionIdOf, withViewer, type Viewer } from "./people.ts";
import { refuseCreator } from "./permission.ts";
import { countRead, failTask, findTask, keepProcessing, stateOf, toTask, type Task } from "./tasks.ts";

/**
 * Reads: the creator, the status of a task, the profile, the public posts. Source: TikTok docs, 2025 and 2026-09-11.
 */
export const PICTURE_HOST = "p16-sign.tiktokcdn-us.com";
const HOST = "open.tiktokapis.com";
const PUBLISH = ["video.publish", "video.upload"];

export const READ_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/v2/post/publish/creator_info/query",
    operation: "read",
    run: withViewer({ scopes: ["video.publish"], perMinute: 20 }, readCreator),
  },
  {
    method: "POST",
    host: HOST,
    path: "/v2/post/publish/status/fetch",
    operation: "status",
    run: withViewer({ scopes: PUBLISH, perMinute: 30 }, readStatus),
  },
  {
    method: "POST",
    host: HOST,
    path: "/v2/post/publish/cancel",
    operation: "delete",
    run: withViewer({ scopes: PUBLISH, perMinute: 30 }, cancel),
  },
  {
    method: "GET",
    host: HOST,
    path: "/v2/user/info",
    operation: "read",
    run: withViewer(
      { scopes: ["user.info.basic", "user.info.profile", "user.info.stats"], perMinute: 600 },
      readProfile,
    ),
  },
  {
    method: "POST",
    host: HOST,
    path: "/v2/video/list",
    operation: "read",
    run: withViewer({ scopes: ["video.list"], perMinute: 600 }, listVideos),
  },
  {
    method: "POST",
    host: HOST,
    path: "/v2/video/query",
    operation: "read",
    run: withViewer({ scopes: ["video.list"], perMinute: 600 }, queryVideos),
  },
  {
    method: "GET",
    host: PICTURE_HOST,
    path: "/avatar/{name}",
    operation: "read",
    run: (call) => drawPicture(call.segments["name"] ?? ""),
  },
];

function avatarOf({ person }: Viewer, size: number): string {
  return `https://${PICTURE_HOST}/avatar/${person.username}~${size}.jpeg`;
}

function readCreator(call: Call, viewer: Viewer): PlatformAnswer {
  refuseCreator(call, viewer);
  const { person, facts } = viewer;
  return answer(call, {
    creator_avatar_url: avatarOf(viewer, 168),
    creator_username: person.username,
    creator_nickname: person.name,
    privacy_level_options: privacyOptions(facts),
    comment_disabled: facts.commentDisabled,
    duet_disabled: facts.duetDisabled,
    stitch_disabled: facts.stitchDisabled,
    max_video_post_duration_sec: facts.maxDurationSeconds,
  });
}

const PublishId = z.object({ publish_id: z.string().max(64) });

function needTask(call: Call, { person }: Viewer): Task {
  const task = findTask(call, readJson(call, PublishId).publish_id);
  if (!task) throw new Refusal(PROBLEMS.unknownPublishId);
  if (task.owner !== person.id) throw new Refusal(PROBLEMS.foreignPublishId);
  return task;
}

function readStatus(call: Call, viewer: Viewer): PlatformAnswer {
  const asked = needTask(call, viewer);
  if (call.behaviour?.name === "process_forever" && isProcessing(call, asked)) {
    if (asked.postId !== null) call.world.ledger.remove("tiktok", asked.postId);
    keepProcessing(call, asked);
  }
  countRead(call, asked);
  const task = findTask(call, asked.publishId) ?? asked;
  const { status, failReason, postId } = stateOf(call, task);
  const data = JSON.stringify({
    status,
    ...(failReason !== null && { fail_reason: failReason }),
    [task.isPull ? "downloaded_bytes" : "uploaded_bytes"]: task.receivedBytes,
  });
  const id = postId === null ? "" : `,"publicaly_available_post_id":[${postId}]`;
  return rawJsonAnswer(`{"data":${data.slice(0, -1)}${id}},"error":${JSON.stringify(success(call))}}`);
}

/** Only a pull in progress. */
function cancel(call: Call, viewer: Viewer): PlatformAnswer {
  const task = needTask(call, viewer);
  if (!task.isPull || !isProcessing(call, task)) throw new Refusal(PROBLEMS.notCancellable);
  if (task.postId !== null) call.world.ledger.remove("tiktok", task.postId);
  failTask(call, task, "publish_cancelled");
  return jsonAnswer({ error: success(call) });
}

function isProcessing(call: Call, task: Task): boolean {
  return stateOf(call, task).status.startsWith("PROCESSING");
}

const PROFILE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "user.info.basic": ["open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"],
  "user.info.profile": ["bio_description", "profile_deep_link", "profile_web_link", "is_verified", "username"],
  "user.info.stats": ["follower_count", "following_count", "likes_count", "video_count"],
};

/** A single field outside the granted scopes fails the whole call. */
function readProfile(call: Call, viewer: Viewer): PlatformAnswer {
  const fields = fieldsOf(call, Object.values(PROFILE_FIELDS).flat());
  const granted = viewer.token.scopes.flatMap((scope) => PROFILE_FIELDS[scope] ?? []);
  if (fields.some((field) => !granted.includes(field))) throw new Refusal(PROBLEMS.scopeMissing);
  const { person } = viewer;
  const link = `https://www.tiktok.com/@${person.username}`;
  const values: Record<string, unknown> = {
    open_id: person.id,
    union_id: unionIdOf(person),
    avatar_url: avatarOf(viewer, 168),
    avatar_url_100: avatarOf(viewer, 100),
    avatar_large_url: avatarOf(viewer, 1080),
    display_name: person.name,
    bio_description: "Posting from the sandbox",
    profile_deep_link: link,
    profile_web_link: link,
    is_verified: false,
    username: person.username,
    follower_count: 10,
    following_count: 5,
    likes_count: 0,
    video_count: publicPosts(call, person.id).length,
  };
  return answer(call, { user: Object.fromEntries(fields.map((field) => [field, values[field]])) });
}

const VIDEO_FIELDS = [
  "id",
  "create_time",
  "cover_image_url",
  "share_url",
  "video_description",
  "duration",
  "height",
  "width",
  "title",
  "embed_html",
  "embed_link",
  "like_count",
  "comment_count",
  "share_count",
  "view_count",
];

function fieldsOf({ query }: Call, known: readonly string[]): string[] {
  const fields = (query.get("fields") ?? "").split(",").filter(Boolean);
  if (fields.length === 0 || fields.some((field) => !known.includes(field)))
    throw new Refusal(invalid("The fields parameter is missing or has an unknown field"));
  return fields;
}

const ListBody = z.object({ cursor: z.int().optional(), max_count: z.int().min(1).max(20).optional() });

function listVideos(call: Call, viewer: Viewer): PlatformAnswer {
  const fields = fieldsOf(call, VIDEO_FIELDS);
  const { cursor = Number.MAX_SAFE_INTEGER, max_count: count = 10 } =
    call.body.kind === "none" ? {} : readJson(call, ListBody);
  const older = publicPosts(call, viewer.person.id).filter((row) => integer(row, "finished_at") < cursor);
  const page = older.slice(0, count);
  const last = page.at(-1);
  return answer(call, {
    videos: page.map((row) => videoValues(viewer, row, fields)),
    cursor: last ? integer(last, "finished_at") : 0,
    has_more: older.length > count,
  });
}

const QueryBody = z.object({ filters: z.object({ video_ids: z.array(z.string()).min(1).max(20) }) });

function queryVideos(call: Call, viewer: Viewer): PlatformAnswer {
  const fields = fieldsOf(call, VIDEO_FIELDS);
  const { video_ids: ids } = readJson(call, QueryBody).filters;
  const rows = publicPosts(call, viewer.person.id).filter((row) => ids.includes(text(row, "post_id")));
  return answer(call, { videos: rows.map((row) => videoValues(viewer, row, fields)) });
}

/** Newest first. */
function publicPosts(call: Call, owner: string): Row[] {
  return call.world.store.all(
    `SELECT * FROM tiktok_tasks WHERE owner = ? AND post_id IS NOT NULL AND moderated_at <= ?
     ORDER BY finished_at DESC, post_id DESC`,
    owner,
    call.now,
  );
}

function videoValues({ person }: Viewer, row: Row, fields: readonly string[]): Record<string, unknown> {
  const { postId, content } = toTask(row);
  const shared = `https://www.tiktok.com/@${person.username}/${content.kind}/${postId ?? ""}`;
  const duration = row["duration_seconds"];
  const values: Record<string, unknown> = {
    id: postId,
    create_time: Math.floor((integerOrNull(row, "finished_at") ?? 0) / 1000),
    share_url: shared,
    embed_link: shared,
    title: (content.title ?? content.text).slice(0, 150),
    video_description: content.text.slice(0, 150),
    duration: typeof duration === "number" ? Math.round(duration) : 0,
    like_count: 0,
    comment_count: 0,
    share_count: 0,
    view_count: 0,
  };
  return Object.fromEntries(fields.flatMap((field) => (values[field] === undefined ? [] : [[field, values[field]]])));
}
