import type { Media } from "../../contract/operations/media.ts";
import type { PostSummary } from "../../contract/operations/posts.ts";
import { FINISHED_MEDIA_DAYS, UNUSED_MEDIA_DAYS } from "../../model/lifetimes.ts";

/** Posts that are over need their files no longer. */
export function isOver({ status }: Pick<PostSummary, "status">): boolean {
  return status === "published" || status === "discarded";
}

/** Whether somebody keeps the file, whatever becomes of its posts. */
export function isKept({ keepUntil }: Pick<Media, "keepUntil">): boolean {
  return keepUntil === "forever" || (keepUntil !== null && Date.parse(keepUntil) > Date.now());
}

const DAY_MILLISECONDS = 86_400_000;

/**
 * When a file that is not kept forever is deleted. `posts` are the newest of those that use it. Null while a post needs
 * it, or one that is not among these might.
 */
export function endOf(
  { keepUntil, createdAt }: Pick<Media, "keepUntil" | "createdAt">,
  { posts, total }: { posts: readonly Pick<PostSummary, "status" | "updatedAt">[]; total: number },
): number | null {
  if (total > posts.length || !posts.every(isOver)) return null;
  const automatic =
    total === 0
      ? Date.parse(createdAt) + UNUSED_MEDIA_DAYS * DAY_MILLISECONDS
      : Math.max(...posts.map(({ updatedAt }) => Date.parse(updatedAt))) + FINISHED_MEDIA_DAYS * DAY_MILLISECONDS;
  return keepUntil === null ? automatic : Math.max(automatic, Date.parse(keepUntil));
}
