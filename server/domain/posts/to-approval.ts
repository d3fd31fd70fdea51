import { createHash } from "node:crypto";

import type { Approval, ShownMedia } from "../../../contract/operations/approvals.ts";
import type { Post } from "../../../contract/operations/posts.ts";
import { imageSlots, mediaSlots } from "../../../platforms/validate/media-slots.ts";
import type { ApprovalRow } from "../../db/queries/post-approvals.ts";
import type { PostMediaRow, WholePostRow } from "../../db/queries/posts.ts";
import { signMediaUrl, type MediaUrls } from "../../media/signed-url.ts";
import type { Answer } from "../call.ts";
import type { Settings } from "../services.ts";
import { toPostAnswer } from "./to-post.ts";

/**
 * A post as shown for approval. Media are shown as stored, wherever they came from: the original server could show the
 * person something other than what was fetched and will be published.
 */
export function toApprovalAnswer(
  settings: Pick<Settings, "appUrl" | "mediaUrl" | "mediaSecrets">,
  row: WholePostRow,
  approval: ApprovalRow,
  now = new Date(),
): Answer<{ approval: Approval; post: Post }> {
  const urls = { baseUrl: settings.mediaUrl, secret: settings.mediaSecrets()[0] };
  const media = row.media.map((each) => toShown(each, urls, now)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const stored = new Map(media.map(({ path, url }) => [path, url]));
  const { post } = toPostAnswer(settings, row, now).body;
  for (const { path, entry } of mediaSlots(post.content)) entry.url = stored.get(path) ?? null;
  for (const { path, source, replace } of imageSlots(post.content))
    if ("url" in source) replace(stored.get(path) ?? null);
  const { content_hash: contentHash, approved_at: approvedAt, approved_by: approvedBy, reason } = approval;
  const body = {
    approval: {
      postId: row.id,
      contentHash,
      approvedAt: approvedAt?.toISOString() ?? null,
      approvedBy,
      sentBackReason: reason,
      media,
    },
    post,
  };
  // The revision covers only the post: media can arrive, and approvals be given, without a new one.
  const digest = createHash("sha256").update(JSON.stringify(body)).digest("base64url");
  return { body, post: { id: row.id, etag: `"${row.revision}-${digest}"` } };
}

function toShown(
  { path, media_id, status, error, filename, facts }: PostMediaRow,
  urls: MediaUrls,
  now: Date,
): ShownMedia {
  return {
    path,
    status,
    url: facts === null ? null : signMediaUrl(urls, { id: media_id, filename, mimeType: facts.mimeType }, now),
    type: facts?.type ?? null,
    mimeType: facts?.mimeType ?? null,
    filename,
    error,
  };
}
