import { graphTime } from "../../../sandbox/meta/graph.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, text } from "../../../sandbox/store.ts";

/** Comments on posts and videos. Source: Graph API reference, comments. */
export const COMMENTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_comments (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, object_id TEXT NOT NULL, page_id TEXT NOT NULL,
  message TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS facebook_comments_by_object ON facebook_comments (object_id, seq);`;

export function addComment(
  call: Call,
  comment: { id: string; objectId: string; pageId: string; message: string },
): void {
  const { store } = call.world;
  store.run(
    "INSERT INTO facebook_comments VALUES (?, ?, ?, ?, ?, ?)",
    store.next("facebook.commentSeq"),
    comment.id,
    comment.objectId,
    comment.pageId,
    comment.message,
    call.now,
  );
}

export function findComment(call: Call, id: string): { id: string; objectId: string; pageId: string } | undefined {
  const row = call.world.store.get("SELECT * FROM facebook_comments WHERE id = ?", id);
  return row && { id, objectId: text(row, "object_id"), pageId: text(row, "page_id") };
}

export function removeComment(call: Call, id: string): void {
  call.world.store.run("DELETE FROM facebook_comments WHERE id = ?", id);
}

/** Oldest first. */
export function commentsOf(call: Call, objectId: string): { id: string; message: string; created_time: string }[] {
  return call.world.store
    .all("SELECT * FROM facebook_comments WHERE object_id = ? ORDER BY seq LIMIT 100", objectId)
    .map((row) => ({
      created_time: graphTime(integer(row, "at")),
      message: text(row, "message"),
      id: text(row, "id"),
    }));
}

export function countComments(call: Call, objectId: string): number {
  return integer(
    call.world.store.get("SELECT count(*) AS number FROM facebook_comments WHERE object_id = ?", objectId),
    "number",
  );
}
