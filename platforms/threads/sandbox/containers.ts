import { z } from "zod";

import { PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import {
  jsonAnswer,
  type Call,
  type Outcome,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { validateCreate, type NewContainer } from "./create.ts";
import { ERRORS, graphHeaders, Refusal, CONTAINER_ERRORS } from "./errors.ts";
import { findPost, publishContainer } from "./posts.ts";
import { accountOf, needScopes, needSelf, withViewer, type Viewer } from "./viewer.ts";

/**
 * Containers: posts before they are published.
 *
 *   TEXT, CAROUSEL  FINISHED at once, as clients that publish immediately see it
 *   IMAGE           IN_PROGRESS, FINISHED or ERROR at the second read or after 2 s
 *   VIDEO           IN_PROGRESS, FINISHED or ERROR at the third read or after 10 s
 *   then PUBLISHED by a publish call, or EXPIRED after 24 h
 *
 * Source: Threads docs, troubleshooting, for the states; the times are the sandbox's choice.
 */
export interface Container {
  id: string;
  owner: string;
  draft: NewContainer;
  media: MediaFacts | null;
  createdAt: number;
  state: "IN_PROGRESS" | "FINISHED" | "PUBLISHED" | "ERROR" | "EXPIRED";
  errorMessage: string | null;
}

const MediaFactsSchema = PictureSchema.extend({ mimeType: z.string().nullable(), sizeBytes: z.number() });

export type MediaFacts = z.infer<typeof MediaFactsSchema>;

const Draft: z.ZodType<NewContainer> = z.object({
  kind: z.enum(["TEXT", "IMAGE", "VIDEO", "CAROUSEL"]),
  text: z.string(),
  item: z.boolean(),
  children: z.array(z.string()),
  mediaUrl: z.string().nullable(),
  altText: z.string().nullable(),
  replyToId: z.string().nullable(),
  quoteId: z.string().nullable(),
  ghost: z.boolean(),
  autoPublish: z.boolean(),
  settings: z.record(z.string(), z.unknown()),
});

export const CONTAINERS_SCHEMA = `
CREATE TABLE IF NOT EXISTS threads_containers (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, draft TEXT NOT NULL, media TEXT, created_at INTEGER NOT NULL,
  reads_left INTEGER NOT NULL, ready_at INTEGER NOT NULL, stuck INTEGER NOT NULL DEFAULT 0, error TEXT,
  published INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;`;

const DAY_MS = 86_400_000;
const READS_BEFORE = { TEXT: 0, CAROUSEL: 0, IMAGE: 1, VIDEO: 2 } as const;
const SECONDS_BEFORE = { TEXT: 0, CAROUSEL: 0, IMAGE: 2, VIDEO: 10 } as const;
const IMAGE_MAX_BYTES = 8 * 1024 * 1024;
const VIDEO_MAX_BYTES = 1024 * 1024 * 1024;

export const CONTAINER_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "graph.threads.net",
    path: "/{user}/threads",
    operation: (call) => (call.params["auto_publish_text"] === "true" ? "publish" : "create"),
    post: (call) => ({ accountId: accountOf(call), text: call.params["text"] ?? "", carriesText: true, handle: null }),
    run: withViewer(["threads_content_publish"], create),
  },
  {
    method: "POST",
    host: "graph.threads.net",
    path: "/{user}/threads_publish",
    operation: "publish",
    post(call) {
      const id = call.params["creation_id"] ?? "";
      return {
        accountId: accountOf(call),
        text: findContainer(call, id)?.draft.text ?? "",
        carriesText: false,
        handle: id || null,
      };
    },
    run: withViewer(["threads_content_publish"], publish),
  },
];

export function findContainer(call: Call, id: string): Container | undefined {
  const row = call.world.store.get("SELECT * FROM threads_containers WHERE id = ?", id);
  return row && toContainer(row, call.now);
}

/** One status read: it counts toward the reads after which a container changes. */
export function readStatus(call: Call, container: Container): { status: string; id: string; error_message?: string } {
  const { store } = call.world;
  if (call.behaviour?.name === "process_forever") setStuck(call, container.id);
  const row = store.get("SELECT * FROM threads_containers WHERE id = ?", container.id);
  if (row && integer(row, "reads_left") > 0)
    store.run("UPDATE threads_containers SET reads_left = reads_left - 1 WHERE id = ?", container.id);
  else store.run("UPDATE threads_containers SET ready_at = 0 WHERE id = ?", container.id);
  const { state, errorMessage } = findContainer(call, container.id) ?? container;
  return {
    status: state,
    id: container.id,
    ...(state === "ERROR" && errorMessage !== null && { error_message: errorMessage }),
  };
}

function create(call: Call, viewer: Viewer): Outcome {
  needSelf(call, viewer);
  const draft = validateCreate(call, viewer);
  validateReferences(call, viewer, draft);
  if (draft.mediaUrl === null) return made(call, viewer, draft, null, null);
  const maxBytes = draft.kind === "IMAGE" ? IMAGE_MAX_BYTES : VIDEO_MAX_BYTES;
  return call.world.media.fetch(draft.mediaUrl, { maxBytes }).then((fetched) => () => {
    if (fetched.ok)
      return made(
        call,
        viewer,
        draft,
        fetched.media,
        draft.kind === "IMAGE" ? validateImage(fetched.media) : validateVideo(fetched.media),
      );
    if (fetched.why === "unreachable") throw new Refusal(ERRORS.notFetched);
    if (draft.kind === "IMAGE") throw new Refusal(ERRORS.imageSize);
    return made(call, viewer, draft, null, "FAILED_PROCESSING_VIDEO");
  });
}

/** The new container's references must exist: children, parent, quoted post. */
function validateReferences(call: Call, viewer: Viewer, draft: NewContainer): void {
  if (draft.kind === "CAROUSEL") validateChildren(call, viewer, draft.children);
  if (draft.quoteId !== null && !findPost(call, draft.quoteId)) throw new Refusal(ERRORS.notFound);
  if (draft.replyToId === null) return;
  if (findContainer(call, draft.replyToId))
    throw new Refusal(ERRORS.invalid("Param reply_to_id must be the id of a published post."));
  const parent = findPost(call, draft.replyToId);
  if (!parent) throw new Refusal(ERRORS.notFound);
  const rootOwner = findPost(call, parent.rootId)?.owner;
  if (parent.owner === viewer.person.id || rootOwner === viewer.person.id) return;
  if (!viewer.token.scopes.includes("threads_keyword_search")) needScopes(viewer, ["threads_manage_mentions"]);
}

function validateChildren(call: Call, viewer: Viewer, children: string[]): void {
  if (children.length < 2 || children.length > 20)
    throw new Refusal(ERRORS.invalid("Param children must hold 2 to 20 ids."));
  for (const id of children) {
    const child = findContainer(call, id);
    if (!child || child.owner !== viewer.person.id) throw new Refusal(ERRORS.noObject(id));
    if (!child.draft.item)
      throw new Refusal(ERRORS.invalid(`Param children: ${id} was not made with is_carousel_item.`));
    if (child.state !== "FINISHED") throw new Refusal(ERRORS.notFound);
  }
}

/** Rejects an invalid image immediately. Source: Threads docs, overview: JPEG or PNG, 8 MB, 10:1 either way. */
function validateImage(media: Measured): null {
  const { width, height } = media;
  if (media.sizeBytes > IMAGE_MAX_BYTES) throw new Refusal(ERRORS.imageSize);
  if (media.mimeType !== "image/jpeg" && media.mimeType !== "image/png") throw new Refusal(ERRORS.imageFormat);
  if (width === null || height === null) throw new Refusal(ERRORS.imageFormat);
  if (Math.max(width, height) > 10 * Math.min(width, height)) throw new Refusal(ERRORS.imageRatio);
  return null;
}

/** An invalid video becomes a container that ends as ERROR; bytes that are not MP4 or MOV are rejected immediately. */
function validateVideo(media: Measured): string | null {
  const { width, height, durationSeconds, frameRate, bitRate } = media;
  if (media.mimeType !== "video/mp4" && media.mimeType !== "video/quicktime" && media.mimeType !== "video/x-m4v")
    throw new Refusal(ERRORS.videoFormat);
  if (width === null || height === null || durationSeconds === null) return "FAILED_PROCESSING_VIDEO";
  if (durationSeconds <= 0 || durationSeconds > 300) return "INVALID_DURATION";
  if (media.videoCodec !== "avc" && media.videoCodec !== "hevc") return "FAILED_PROCESSING_VIDEO";
  if (frameRate !== null && (frameRate < 22.9 || frameRate > 60.5)) return "INVALID_FRAME_RATE";
  if (width > 1920 || width > 10 * height || height > 100 * width) return "INVALID_ASPEC_RATIO";
  if (bitRate !== null && bitRate > 100_000_000) return "INVALID_BIT_RATE";
  if (media.audioCodec !== null && media.audioCodec !== "aac") return "FAILED_PROCESSING_AUDIO";
  if ((media.audioChannels ?? 0) > 2) return "INVALID_AUDIO_CHANNELS";
  if ((media.audioSampleRate ?? 0) > 48_000) return "FAILED_PROCESSING_AUDIO";
  return null;
}

function made(
  call: Call,
  viewer: Viewer,
  draft: NewContainer,
  media: Measured | null,
  error: string | null,
): PlatformAnswer {
  const { store } = call.world;
  const id = String(18_000_000_000_000_000n + BigInt(store.next("threads.container")));
  store.run(
    `INSERT INTO threads_containers (id, owner, draft, media, created_at, reads_left, ready_at, stuck, error)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    viewer.person.id,
    JSON.stringify(draft),
    media && JSON.stringify(factsOfMedia(media)),
    call.now,
    READS_BEFORE[draft.kind],
    call.now + SECONDS_BEFORE[draft.kind] * 1000,
    call.behaviour?.name === "process_forever" ? 1 : 0,
    forcedError(call) ?? error,
  );
  if (!draft.autoPublish) return jsonAnswer({ id }, { headers: graphHeaders(call) });
  store.run("UPDATE threads_containers SET ready_at = 0 WHERE id = ?", id);
  call.world.ledger.countPublishCall("threads", id);
  return publishNow(call, viewer, id);
}

function forcedError(call: Call): string | undefined {
  const name = call.behaviour?.name ?? "";
  if (name.startsWith("chain-break-at-")) return "UNKNOWN";
  return CONTAINER_ERRORS.find((message) => name === `video-${message}`);
}

function publish(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  const id = call.params["creation_id"];
  if (!id) throw new Refusal(ERRORS.missing("creation_id"));
  if (call.behaviour?.name === "process_forever") setStuck(call, id);
  return publishNow(call, viewer, id);
}

function publishNow(call: Call, viewer: Viewer, id: string): PlatformAnswer {
  const container = findContainer(call, id);
  if (!container) throw new Refusal(ERRORS.notFound);
  if (container.owner !== viewer.person.id) throw new Refusal(ERRORS.noObject(id));
  if (container.draft.item) throw new Refusal(ERRORS.invalid("An item of a carousel cannot be published by itself."));
  // A second publish looks just like a premature one, so that only a client that reads the status handles it correctly.
  const again = container.state === "PUBLISHED" && call.behaviour?.name === "republish-accepts";
  if (container.state !== "FINISHED" && !again) throw new Refusal(ERRORS.notFound);
  const mediaId = publishContainer(call, viewer, container, (childId) => findContainer(call, childId));
  call.world.store.run("UPDATE threads_containers SET published = 1 WHERE id = ?", id);
  return jsonAnswer({ id: mediaId }, { headers: graphHeaders(call) });
}

function setStuck(call: Call, id: string): void {
  call.world.store.run("UPDATE threads_containers SET stuck = 1 WHERE id = ? AND published = 0", id);
}

function factsOfMedia(media: Measured): MediaFacts {
  return { ...pictureOf(media), mimeType: media.mimeType, sizeBytes: media.sizeBytes };
}

function toContainer(row: Row, now: number): Container {
  const media = textOrNull(row, "media");
  const createdAt = integer(row, "created_at");
  const errorMessage = textOrNull(row, "error");
  return {
    id: text(row, "id"),
    owner: text(row, "owner"),
    draft: Draft.parse(JSON.parse(text(row, "draft"))),
    media: media === null ? null : MediaFactsSchema.parse(JSON.parse(media)),
    createdAt,
    errorMessage,
    state: stateOf(row, { now, createdAt, errorMessage }),
  };
}

function stateOf(
  row: Row,
  { now, createdAt, errorMessage }: { now: number; createdAt: number; errorMessage: string | null },
): Container["state"] {
  if (integer(row, "published") === 1) return "PUBLISHED";
  const done = integer(row, "stuck") === 0 && now >= integer(row, "ready_at");
  if (done && errorMessage !== null) return "ERROR";
  if (now >= createdAt + DAY_MS) return "EXPIRED";
  return done ? "FINISHED" : "IN_PROGRESS";
}
