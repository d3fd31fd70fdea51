import { createHash } from "node:crypto";

import { z } from "zod";

import { randomSecret } from "../../../sandbox/identity.ts";
import type { Measured } from "../../../sandbox/media.ts";
import type { Call, CallPost, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { answer, CHUNK_COUNT_INVALID, CHUNK_SIZE_INVALID, invalid, Refusal, TITLE_TOO_LONG } from "./errors.ts";
import { validatePhotos, validateVideo, PHOTO_MAX_BYTES } from "./media-rules.ts";
import { accountOf, withViewer, type Viewer } from "./people.ts";
import { refuseDraft, refusePost, refuseUnowned } from "./permission.ts";
import { showPost } from "./show.ts";
import { addTask, finishTask, findTask, newId, type NewTask, type TaskContent } from "./tasks.ts";

/** The three calls that start a post. Source: TikTok docs, direct post, photo post and upload video, 2026-09-11. */
const PUBLISH = { scopes: ["video.publish"], perMinute: 6 };
const DRAFT = { scopes: ["video.upload"], perMinute: 6 };

export const CREATE_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "open.tiktokapis.com",
    path: "/v2/post/publish/video/init",
    operation: "create",
    post: videoPost,
    run: withViewer(PUBLISH, initVideo),
  },
  {
    method: "POST",
    host: "open.tiktokapis.com",
    path: "/v2/post/publish/inbox/video/init",
    operation: "create",
    run: withViewer(DRAFT, initDraft),
  },
  {
    method: "POST",
    host: "open.tiktokapis.com",
    path: "/v2/post/publish/content/init",
    post: photoPost,
    operation: (call) => (isDraftOfPhotos(call) ? "create" : "publish"),
    run: (call) => withViewer(isDraftOfPhotos(call) ? DRAFT : PUBLISH, initPhotos)(call),
  },
];

const UPLOAD_SECONDS = 3_600;
const VIDEO_MAX_BYTES = 4 * 1024 ** 3;
/** "MB" can mean either unit; the sandbox accepts what either of them allows. */
const CHUNK_BYTES = { min: 5_000_000, max: 64 * 1024 ** 2, lastMax: 128 * 1024 ** 2 };
const CHUNKS_MAX = 1_000;
const PHOTOS_MAX = 35;
const LENGTH_MAX = { video: 2_200, photoTitle: 90, description: 4_000 };

const Privacy = z.enum(["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]);
const flag = z.boolean().optional();

const VideoSource = z.discriminatedUnion("source", [
  z.object({
    source: z.literal("FILE_UPLOAD"),
    video_size: z.int().positive(),
    chunk_size: z.int().positive(),
    total_chunk_count: z.int().positive(),
  }),
  z.object({ source: z.literal("PULL_FROM_URL"), video_url: z.string() }),
]);

type VideoSource = z.infer<typeof VideoSource>;

const VideoBody = z.object({
  post_info: z.object({
    privacy_level: Privacy,
    title: z.string().optional(),
    disable_duet: flag,
    disable_comment: flag,
    disable_stitch: flag,
    video_cover_timestamp_ms: z.int32().optional(),
    brand_content_toggle: flag,
    brand_organic_toggle: flag,
    is_aigc: flag,
  }),
  source_info: VideoSource,
});

const DraftBody = z.object({ source_info: VideoSource });

const PhotoBody = z.object({
  post_mode: z.enum(["DIRECT_POST", "MEDIA_UPLOAD"]),
  media_type: z.literal("PHOTO"),
  is_aigc: flag,
  post_info: z.object({
    title: z.string().optional(),
    description: z.string().optional(),
    privacy_level: Privacy.optional(),
    disable_comment: flag,
    auto_add_music: flag,
    brand_content_toggle: flag,
    brand_organic_toggle: flag,
  }),
  source_info: z.object({
    source: z.literal("PULL_FROM_URL"),
    photo_cover_index: z.int().min(0),
    photo_images: z.array(z.string()).min(1).max(PHOTOS_MAX),
  }),
});

const Texts = z.object({ title: z.string(), description: z.string() }).partial();
const Carried = z.object({
  post_mode: z.string().optional(),
  post_info: Texts.optional(),
  source_info: z.object({ photo_images: z.array(z.unknown()).optional() }).optional(),
});

function carried({ body }: Call): z.infer<typeof Carried> {
  return (body.kind === "json" && Carried.safeParse(body.value).data) || {};
}

function isDraftOfPhotos(call: Call): boolean {
  return carried(call).post_mode === "MEDIA_UPLOAD";
}

function videoPost(call: Call): CallPost {
  return { accountId: accountOf(call), text: carried(call).post_info?.title ?? "", carriesText: true, handle: null };
}

/**
 * Photos have no handle before they are published, so one post's calls are matched by account and content; URLs can be
 * signed again.
 */
function photoPost(call: Call): CallPost {
  const { post_info: info = {}, source_info: source } = carried(call);
  const accountId = accountOf(call);
  const content = JSON.stringify([accountId, info.title, info.description, source?.photo_images?.length]);
  return {
    accountId,
    text: info.description ?? "",
    carriesText: true,
    handle: createHash("sha256").update(content).digest("base64url"),
  };
}

function initVideo(call: Call, viewer: Viewer): Outcome {
  const { post_info: info, source_info: source } = readJson(call, VideoBody);
  const { title = "", privacy_level: privacy, ...settings } = info;
  if (title.length > LENGTH_MAX.video) throw new Refusal(TITLE_TOO_LONG);
  validateSource(source);
  refusePost(call, viewer, privacy);
  return begin(call, viewer, source, { kind: "video", text: title, title: null, privacy, settings });
}

function initDraft(call: Call, viewer: Viewer): Outcome {
  const { source_info: source } = readJson(call, DraftBody);
  validateSource(source);
  refuseDraft(call, viewer);
  return begin(call, viewer, source, { kind: "video", text: "", title: null, privacy: null, settings: {} });
}

function initPhotos(call: Call, viewer: Viewer): Outcome {
  const { post_mode: mode, is_aigc: isAigc, post_info: info, source_info: source } = readJson(call, PhotoBody);
  const { title, description = "", privacy_level: privacy = null, ...settings } = info;
  const isDraft = mode === "MEDIA_UPLOAD";
  if ((title?.length ?? 0) > LENGTH_MAX.photoTitle || description.length > LENGTH_MAX.description)
    throw new Refusal(TITLE_TOO_LONG);
  if (source.photo_cover_index >= source.photo_images.length)
    throw new Refusal(invalid("The photo cover index is invalid"));
  if (isDraft) refuseDraft(call, viewer);
  else if (privacy === null) throw new Refusal(invalid("The privacy level is missing"));
  else refusePost(call, viewer, privacy);
  for (const url of source.photo_images) refuseUnowned(call, url);
  const content: TaskContent = {
    kind: "photo",
    text: description,
    title: title ?? null,
    privacy: isDraft ? null : privacy,
    settings: {
      ...(title !== undefined && { title }),
      ...settings,
      ...(isAigc !== undefined && { is_aigc: isAigc }),
      photo_cover_index: source.photo_cover_index,
    },
  };
  return pull(call, viewer, { urls: source.photo_images, maxBytes: PHOTO_MAX_BYTES, content, isDraft });
}

/** Chunk requirements. Source: TikTok docs, media transfer guide, 2026-09-11. */
function validateSource(source: VideoSource): void {
  if (source.source !== "FILE_UPLOAD") return;
  const { video_size: size, chunk_size: chunk, total_chunk_count: count } = source;
  if (size > VIDEO_MAX_BYTES) throw new Refusal(invalid("The video size is invalid"));
  if (count === 1 && chunk !== size) throw new Refusal(CHUNK_SIZE_INVALID);
  if (chunk > size || chunk > CHUNK_BYTES.max || (chunk < CHUNK_BYTES.min && chunk !== size))
    throw new Refusal(CHUNK_SIZE_INVALID);
  if (count !== Math.floor(size / chunk) || count > CHUNKS_MAX) throw new Refusal(CHUNK_COUNT_INVALID);
  if (size - chunk * (count - 1) > CHUNK_BYTES.lastMax) throw new Refusal(CHUNK_SIZE_INVALID);
}

function begin(call: Call, viewer: Viewer, source: VideoSource, content: TaskContent): Outcome {
  const isDraft = content.privacy === null;
  if (source.source === "PULL_FROM_URL") {
    refuseUnowned(call, source.video_url);
    return pull(call, viewer, { urls: [source.video_url], maxBytes: VIDEO_MAX_BYTES, content, isDraft });
  }
  const number = newId(call);
  const task = newTask(call, viewer, {
    publishId: `${isDraft ? "v_inbox_file" : "v_pub_file"}~v2-1.${number}`,
    isPull: false,
    isDraft,
    content,
    uploadId: String(number),
    uploadToken: randomSecret("", 30),
    totalBytes: source.video_size,
    chunkBytes: source.chunk_size,
    chunkCount: source.total_chunk_count,
  });
  addTask(call, task);
  const query = new URLSearchParams({ upload_id: String(number), upload_token: task.uploadToken ?? "" });
  return answer(call, { publish_id: task.publishId, upload_url: `https://open-upload.tiktokapis.com/video/?${query}` });
}

interface Pull {
  urls: readonly string[];
  maxBytes: number;
  content: TaskContent;
  isDraft: boolean;
}

/** Downloads immediately; the result is reported by the task's status. */
async function pull(
  call: Call,
  viewer: Viewer,
  { urls, maxBytes, content, isDraft }: Pull,
): Promise<() => PlatformAnswer> {
  const got = await Promise.all(urls.map((url) => call.world.media.fetch(url, { maxBytes, redirects: "refuse" })));
  const media = got.flatMap((one) => (one.ok ? [one.media] : []));
  const isWhole = media.length === urls.length;
  return () => {
    const prefix =
      content.kind === "photo" ? (isDraft ? "p_inbox_url" : "p_pub_url") : isDraft ? "v_inbox_url" : "v_pub_url";
    const task = newTask(call, viewer, {
      publishId: `${prefix}~v2.${newId(call)}`,
      isPull: true,
      isDraft,
      content,
      uploadId: null,
      uploadToken: null,
      totalBytes: 0,
      chunkBytes: 0,
      chunkCount: 0,
    });
    addTask(call, task);
    const found =
      content.kind === "photo" ? validatePhotos(media) : media[0] ? validateVideo(media[0], viewer.facts) : null;
    finishPulled(call, task.publishId, media, isWhole ? found : `${content.kind}_pull_failed`);
    return answer(call, { publish_id: task.publishId });
  };
}

function finishPulled(call: Call, publishId: string, media: readonly Measured[], failReason: string | null): void {
  const begun = findTask(call, publishId);
  if (!begun) throw new Error("the task is not there");
  const task = finishTask(call, begun, media, failReason);
  if (task.postId !== null)
    showPost(call, task, media, begun.content.kind === "photo" ? (photoPost(call).handle ?? publishId) : publishId);
}

function newTask(
  call: Call,
  { person, token }: Viewer,
  task: Omit<NewTask, "owner" | "clientId" | "grantId" | "expiresAt">,
): NewTask {
  return {
    ...task,
    owner: person.id,
    clientId: token.clientId,
    grantId: token.grantId,
    expiresAt: call.now + UPLOAD_SECONDS * 1000,
  };
}

/** The JSON body, or TikTok's error about it. Unknown fields are ignored. */
export function readJson<T>({ body }: Call, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(body.kind === "json" ? body.value : undefined);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new Refusal(
    invalid(
      place === "" ? "The request body is not valid JSON" : `The request parameter ${place} is missing or invalid`,
    ),
  );
}
