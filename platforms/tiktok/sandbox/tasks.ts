import { z } from "zod";

import type { Measured } from "../../../sandbox/media.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { FAIL_REASONS } from "./errors.ts";

/**
 * A task is created by an init call, and identified by its publish_id:
 *
 *   upload  PROCESSING_UPLOAD until the last byte, and while it is checked
 *   pull    PROCESSING_DOWNLOAD while it is checked
 *   then    FAILED, SEND_TO_USER_INBOX for a draft, or PUBLISH_COMPLETE; a public post gets its id after moderation
 *
 * The check ends after two status reads, or after 3 seconds. Source of the states: TikTok docs, get video status; the
 * times are the sandbox's choice.
 */
export interface Task {
  publishId: string;
  owner: string;
  clientId: string;
  grantId: number;
  isPull: boolean;
  isDraft: boolean;
  /** For the upload URL; null for a pull. */
  uploadId: string | null;
  uploadToken: string | null;
  /** When that URL expires. */
  expiresAt: number;
  totalBytes: number;
  chunkBytes: number;
  chunkCount: number;
  receivedBytes: number;
  /** When the last byte arrived; null before. */
  finishedAt: number | null;
  readyAt: number | null;
  readsLeft: number;
  failReason: string | null;
  /** Assigned when the post is created, returned when it is public. */
  postId: string | null;
  moderatedAt: number | null;
  content: TaskContent;
  forced: Forced;
}

const TaskContent = z.object({
  kind: z.enum(["video", "photo"]),
  text: z.string(),
  title: z.string().nullable(),
  /** Null for a draft. */
  privacy: z.string().nullable(),
  settings: z.record(z.string(), z.unknown()),
});

export type TaskContent = z.infer<typeof TaskContent>;

const Forced = z.object({
  stuck: z.boolean().optional(),
  failReason: z.string().optional(),
  /** Null for never. */
  moderationSeconds: z.number().nullable().optional(),
  processingSeconds: z.number().optional(),
  expiredFails: z.boolean().optional(),
});

/** The pending effects of faults from earlier calls. */
export type Forced = z.infer<typeof Forced>;

export const TASKS_SCHEMA = `
CREATE TABLE IF NOT EXISTS tiktok_tasks (
  publish_id TEXT PRIMARY KEY, owner TEXT NOT NULL, client_id TEXT NOT NULL, grant_id INTEGER NOT NULL,
  is_pull INTEGER NOT NULL, is_draft INTEGER NOT NULL, upload_id TEXT UNIQUE, upload_token TEXT,
  begun_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, total_bytes INTEGER NOT NULL, chunk_bytes INTEGER NOT NULL,
  chunk_count INTEGER NOT NULL, received_bytes INTEGER NOT NULL, finished_at INTEGER, ready_at INTEGER,
  reads_left INTEGER NOT NULL, fail_reason TEXT, post_id TEXT UNIQUE, moderated_at INTEGER, duration_seconds REAL,
  content TEXT NOT NULL, forced TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tiktok_tasks_by_owner ON tiktok_tasks (owner, finished_at);`;

const PROCESSING_SECONDS = 3;
const MODERATION_SECONDS = 60;
const READS = 2;

export type NewTask = Omit<
  Task,
  "receivedBytes" | "finishedAt" | "readyAt" | "readsLeft" | "failReason" | "postId" | "moderatedAt" | "forced"
>;

export function addTask(call: Call, task: NewTask): void {
  call.world.store.run(
    `INSERT INTO tiktok_tasks (publish_id, owner, client_id, grant_id, is_pull, is_draft, upload_id, upload_token,
       begun_at, expires_at, total_bytes, chunk_bytes, chunk_count, received_bytes, reads_left, content, forced)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
    task.publishId,
    task.owner,
    task.clientId,
    task.grantId,
    Number(task.isPull),
    Number(task.isDraft),
    task.uploadId,
    task.uploadToken,
    call.now,
    task.expiresAt,
    task.totalBytes,
    task.chunkBytes,
    task.chunkCount,
    READS,
    JSON.stringify(task.content),
    JSON.stringify(forcedBy(call)),
  );
}

export function findTask(call: Call, publishId: string): Task | undefined {
  const row = call.world.store.get("SELECT * FROM tiktok_tasks WHERE publish_id = ?", publishId);
  return row && toTask(row);
}

export function findUpload(call: Call): Task | undefined {
  const row = call.world.store.get(
    "SELECT * FROM tiktok_tasks WHERE upload_id = ? AND upload_token = ?",
    call.query.get("upload_id") ?? "",
    call.query.get("upload_token") ?? "",
  );
  return row && toTask(row);
}

export function setReceived(call: Call, { publishId }: Task, receivedBytes: number): void {
  call.world.store.run("UPDATE tiktok_tasks SET received_bytes = ? WHERE publish_id = ?", receivedBytes, publishId);
}

/**
 * All bytes have arrived. `failReason` is the result of the check; null if it will succeed. Returns the updated task.
 */
export function finishTask(call: Call, task: Task, media: readonly Measured[], failReason: string | null): Task {
  const forced = { ...task.forced, ...forcedBy(call) };
  const { world, now } = call;
  const reason = forced.failReason ?? (isRevoked(call, task) ? "auth_removed" : failReason);
  const isMade = reason === null && !task.isDraft && forced.stuck !== true;
  const postId = isMade ? newPostId(call) : null;
  const moderation = forced.moderationSeconds === undefined ? MODERATION_SECONDS : forced.moderationSeconds;
  const moderatedAt =
    isMade && task.content.privacy === "PUBLIC_TO_EVERYONE" && moderation !== null ? now + moderation * 1000 : null;
  const readyAt = now + (forced.processingSeconds ?? PROCESSING_SECONDS) * 1000;
  const receivedBytes = media.reduce((sum, one) => sum + one.sizeBytes, 0);
  const readsLeft = forced.processingSeconds === undefined ? READS : Number.MAX_SAFE_INTEGER;
  world.store.run(
    `UPDATE tiktok_tasks SET received_bytes = ?, finished_at = ?, ready_at = ?, reads_left = ?, fail_reason = ?,
       post_id = ?, moderated_at = ?,
      duration_seconds = ?, forced = ? WHERE publish_id = ?`,
    receivedBytes,
    now,
    readyAt,
    readsLeft,
    reason,
    postId,
    moderatedAt,
    media[0]?.durationSeconds ?? null,
    JSON.stringify(forced),
    task.publishId,
  );
  return {
    ...task,
    receivedBytes,
    finishedAt: now,
    readyAt,
    readsLeft,
    failReason: reason,
    postId,
    moderatedAt,
    forced,
  };
}

/** No post will come of it. */
export function failTask({ world }: Call, { publishId }: Task, failReason: string): void {
  world.store.run(
    "UPDATE tiktok_tasks SET fail_reason = ?, reads_left = 0, post_id = NULL, moderated_at = NULL WHERE publish_id = ?",
    failReason,
    publishId,
  );
}

/** Its check never ends, and the post that it was about to show stays hidden. */
export function keepProcessing({ world }: Call, task: Task): void {
  world.store.run(
    "UPDATE tiktok_tasks SET forced = ?, post_id = NULL, moderated_at = NULL WHERE publish_id = ?",
    JSON.stringify({ ...task.forced, stuck: true }),
    task.publishId,
  );
}

export function countRead({ world }: Call, { publishId }: Task): void {
  world.store.run(
    `UPDATE tiktok_tasks SET reads_left = reads_left - 1
     WHERE publish_id = ? AND finished_at IS NOT NULL AND reads_left > 0`,
    publishId,
  );
}

export type Status = "PROCESSING_UPLOAD" | "PROCESSING_DOWNLOAD" | "SEND_TO_USER_INBOX" | "PUBLISH_COMPLETE" | "FAILED";

export function stateOf(call: Call, task: Task): { status: Status; failReason: string | null; postId: string | null } {
  const processing = {
    status: task.isPull ? "PROCESSING_DOWNLOAD" : "PROCESSING_UPLOAD",
    failReason: null,
    postId: null,
  } as const;
  if (task.finishedAt === null) {
    if (isRevoked(call, task)) return { status: "FAILED", failReason: "auth_removed", postId: null };
    const isOver = task.forced.expiredFails === true && call.now >= task.expiresAt;
    return isOver ? { status: "FAILED", failReason: "internal", postId: null } : processing;
  }
  const isDone = task.forced.stuck !== true && (task.readsLeft <= 0 || call.now >= (task.readyAt ?? 0));
  if (!isDone) return processing;
  if (task.failReason !== null) return { status: "FAILED", failReason: task.failReason, postId: null };
  if (task.isDraft) return { status: "SEND_TO_USER_INBOX", failReason: null, postId: null };
  const isPublic = task.moderatedAt !== null && call.now >= task.moderatedAt;
  return { status: "PUBLISH_COMPLETE", failReason: null, postId: isPublic ? task.postId : null };
}

/** 19-digit numbers like TikTok's, beyond JavaScript's safe integers. */
export function newId(call: Call): bigint {
  return 7_600_000_000_000_000_001n + BigInt(call.world.store.next("tiktok.id") - 1) * 1_000_003n;
}

function newPostId(call: Call): string {
  return String(newId(call));
}

function isRevoked({ world }: Call, { grantId }: Task): boolean {
  return integer(world.store.get("SELECT revoked FROM grants WHERE id = ?", grantId), "revoked") === 1;
}

function forcedBy({ behaviour }: Call): Forced {
  if (!behaviour) return {};
  const reason = FAIL_REASONS.find((one) => `fail-${one}` === behaviour.name);
  return {
    ...(behaviour.name === "process_forever" && { stuck: true }),
    ...(reason && { failReason: reason }),
    ...(behaviour.name === "moderation-{n}s" && { moderationSeconds: behaviour.number ?? 0 }),
    ...(behaviour.name === "moderation-never" && { moderationSeconds: null }),
    ...(behaviour.name === "slow-processing" && { processingSeconds: 60 }),
    ...(behaviour.name === "expired-fails" && { expiredFails: true }),
  };
}

export function toTask(row: Row): Task {
  return {
    publishId: text(row, "publish_id"),
    owner: text(row, "owner"),
    clientId: text(row, "client_id"),
    grantId: integer(row, "grant_id"),
    isPull: integer(row, "is_pull") === 1,
    isDraft: integer(row, "is_draft") === 1,
    uploadId: textOrNull(row, "upload_id"),
    uploadToken: textOrNull(row, "upload_token"),
    expiresAt: integer(row, "expires_at"),
    totalBytes: integer(row, "total_bytes"),
    chunkBytes: integer(row, "chunk_bytes"),
    chunkCount: integer(row, "chunk_count"),
    receivedBytes: integer(row, "received_bytes"),
    finishedAt: integerOrNull(row, "finished_at"),
    readyAt: integerOrNull(row, "ready_at"),
    readsLeft: integer(row, "reads_left"),
    failReason: textOrNull(row, "fail_reason"),
    postId: textOrNull(row, "post_id"),
    moderatedAt: integerOrNull(row, "moderated_at"),
    content: TaskContent.parse(JSON.parse(text(row, "content"))),
    forced: Forced.parse(JSON.parse(text(row, "forced"))),
  };
}
