import { createHash } from "node:crypto";

import { docsOf } from "../../../contract/issues.ts";
import type { Post, PostSummary } from "../../../contract/operations/posts.ts";
import type { Capabilities } from "../../../model/capabilities.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { mediaSlots } from "../../../platforms/validate/media-slots.ts";
import type { PostSummaryRow } from "../../db/queries/list-posts.ts";
import type { PlatformPostRow, PostMediaRow, WholePostRow } from "../../db/queries/posts.ts";
import { signMediaUrl, type MediaUrls } from "../../media/signed-url.ts";
import type { Answer } from "../call.ts";
import type { Settings } from "../services.ts";

/** The response for a post: what was sent, with signed URLs for stored files, and its outcome. */
export function toPostAnswer(
  settings: Pick<Settings, "appUrl" | "mediaUrl" | "mediaSecrets">,
  row: WholePostRow,
  now = new Date(),
): Answer<{ post: Post }> {
  const content = row.media.length === 0 ? row.content : structuredClone(row.content);
  const urls = { baseUrl: settings.mediaUrl, secret: settings.mediaSecrets()[0] };
  const signed = showStored(content, row.media, urls, now);
  const approvedAt = row.approved_at?.toISOString() ?? null;
  const reason = row.sent_back_reason;
  const state = approvedAt !== null ? "approved" : reason === null ? "pending" : "sent_back";
  const post: Post = {
    id: row.id,
    userId: row.user_id,
    content: {
      text: content.text,
      media: content.media.map((entry) => ({ ...entry })),
      linkUrl: content.linkUrl,
      platformOverrides: content.platformOverrides,
    },
    platformPosts: row.platform_posts.map((each) => toPlatformPost(settings, row.mode, each)),
    status: row.status,
    scheduledFor: row.scheduled_for?.toISOString() ?? null,
    publishBy: row.publish_by?.toISOString() ?? null,
    onPause: row.skip_when_paused ? "skip" : "late",
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    platformSetId: row.platform_set_id,
    mode: row.mode,
    publishedAt: row.published_at?.toISOString() ?? null,
    approval: row.needs_approval
      ? { state, reason, approvedAt, url: approvalUrl(settings, row.user_id, row.id) }
      : null,
  };
  // Signed URLs change every hour, but an ETag stands for every byte of a response.
  const hour = signed ? `-${Math.floor(now.getTime() / 3_600_000)}` : "";
  const waiting = row.platform_posts.some(({ warnings }) => warnings.some(({ code }) => WHILE_WAITING.has(code)));
  const approval = row.needs_approval
    ? `-${row.approved_at?.getTime() ?? (reason === null ? state : digestOf(reason))}`
    : "";
  const etag = `"${row.revision}${hour}${waiting ? "-waiting" : ""}${approval}"`;
  return { body: { post }, post: { id: row.id, etag } };
}

/** Short, and of characters that an ETag can have. */
function digestOf(reason: string): string {
  return createHash("sha256").update(reason).digest("base64url").slice(0, 16);
}

/** Where a person approves a post, also somebody who has joined the workspace. */
export function approvalUrl({ appUrl }: Pick<Settings, "appUrl">, userId: string, postId: string): string {
  return `${appUrl}/posts/${postId}/approve?workspace=${userId}`;
}

/** Warnings that come and go without a change of the post. */
const WHILE_WAITING: ReadonlySet<string> = new Set(["ACCOUNT_DISCONNECTED", "PUBLISHING_HELD", "PUBLISHING_PAUSED"]);

export function toSummary(row: PostSummaryRow): PostSummary {
  return {
    id: row.id,
    status: row.status,
    textPreview: preview(row.text_start === "" ? ownText(row.overrides) : row.text_start),
    platforms: row.platforms,
    mediaCount: row.media_count,
    publishedCount: row.published_count,
    failedCount: row.failed_count,
    unknownCount: row.unknown_count,
    blockedCount: row.blocked_count,
    scheduledFor: row.scheduled_for?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    platformSetId: row.platform_set_id,
    mode: row.mode,
    publishedAt: row.published_at?.toISOString() ?? null,
  };
}

/** A post in short form, as `toSummary` gives it. */
export function summarize(post: Post): PostSummary {
  const { id, status, content, platformPosts, scheduledFor, createdAt, updatedAt, platformSetId, mode } = post;
  const numberOf = (...statuses: readonly string[]) =>
    platformPosts.filter((each) => statuses.includes(each.status)).length;
  return {
    id,
    status,
    textPreview: preview(content.text === "" ? ownText(content.platformOverrides) : content.text),
    platforms: platformPosts.map(({ platform }) => platform),
    mediaCount: content.media.length,
    publishedCount: numberOf("published"),
    failedCount: numberOf("failed", "unknown"),
    unknownCount: numberOf("unknown"),
    blockedCount: status === "scheduled" ? platformPosts.filter(isBlocked).length : 0,
    scheduledFor,
    createdAt,
    updatedAt,
    platformSetId,
    mode,
    publishedAt: post.publishedAt,
  };
}

const BLOCKING: ReadonlySet<string> = new Set(["ACCOUNT_DISCONNECTED", "PUBLISH_MISSED"]);

function isBlocked({ status, warnings }: Post["platformPosts"][number]): boolean {
  return status === "pending" && warnings.some(({ code }) => BLOCKING.has(code));
}

function toPlatformPost(
  { appUrl }: Pick<Settings, "appUrl">,
  mode: Mode,
  row: PlatformPostRow,
): Post["platformPosts"][number] {
  const sandboxUrl = (url: string | null) => (mode === "test" && url !== null ? inSandbox(appUrl, url) : null);
  return {
    id: row.id,
    platform: row.platform,
    status: row.status,
    publishedUrl: row.published_url,
    sandboxUrl: sandboxUrl(row.published_url),
    accountId: row.account_id,
    platformPostId: row.platform_post_id,
    parts: row.parts.map((part) => ({ ...part, sandboxUrl: sandboxUrl(part.publishedUrl) })),
    publishedAt: toIso(row.published_at),
    attemptCount: row.attempt_count,
    nextAttemptAt: toIso(row.next_attempt_at),
    error: row.error === null ? null : { ...row.error, docs: docsOf(appUrl, row.error.code) },
    warnings: row.warnings,
  };
}

/** A test post's page at the sandbox: nothing is at its address on the platform. */
function inSandbox(appUrl: string, publishedUrl: string): string | null {
  const url = URL.parse(publishedUrl);
  return url === null ? null : `${appUrl}/sandbox/${url.host}${url.pathname}${url.search}`;
}

/** Fills in entries with uploaded or stored bytes; returns whether there were any. */
function showStored(
  content: WholePostRow["content"],
  media: readonly PostMediaRow[],
  urls: MediaUrls,
  now: Date,
): boolean {
  const byPath = new Map(media.map((row) => [row.path, row]));
  let signed = false;
  for (const { path, entry } of mediaSlots(content)) {
    const row = byPath.get(path);
    if (row === undefined || typeof entry.url === "string") continue;
    const { facts } = row;
    signed ||= facts !== null;
    Object.assign(entry, {
      id: row.media_id,
      url:
        facts === null
          ? row.source_url
          : signMediaUrl(urls, { id: row.media_id, filename: row.filename, mimeType: facts.mimeType }, now),
      type: facts?.type ?? null,
      mimeType: facts?.mimeType ?? null,
      filename: entry.filename ?? row.filename,
      sizeBytes: facts?.sizeBytes ?? null,
      width: facts?.width ?? null,
      height: facts?.height ?? null,
      durationSeconds: facts?.durationSeconds ?? null,
      altText: entry.altText ?? null,
    });
  }
  return signed;
}

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
const PREVIEW_GRAPHEMES = 100;

/** The text, or the setting that replaces it, of the first platform that has one of its own. */
function ownText(overrides: Readonly<Record<string, unknown>> | null): string {
  const texts = Object.values(catalog).flatMap(({ capabilities }): unknown[] => {
    const { platform, text }: Capabilities = capabilities;
    const override = Object(overrides?.[platform]);
    return [override.text, text.replacedBy === undefined ? null : Object(override.settings)[text.replacedBy]];
  });
  return texts.find((text): text is string => typeof text === "string" && text !== "") ?? "";
}

/** The first hundred characters as people count them. */
function preview(text: string): string {
  if (text.length <= PREVIEW_GRAPHEMES) return text;
  let end = 0;
  let count = 0;
  for (const { index, segment } of segmenter.segment(text)) {
    if (count === PREVIEW_GRAPHEMES) break;
    end = index + segment.length;
    count += 1;
  }
  return text.slice(0, end);
}

function toIso(time: string | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
