import { type NewPost, pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import type { Call } from "../../../sandbox/platform.ts";
import type { Task } from "./tasks.ts";

/**
 * Shows a post to its audience. Its ID and link are known only after moderation; `publishId` always.
 */
export function showPost(call: Call, task: Task, media: readonly Measured[], handle: string): void {
  const { world, now } = call;
  const { owner, content, postId, publishId } = task;
  const person = world.identity.person("tiktok", owner);
  if (!person || postId === null) throw new Error("the task has made no post");
  const profile = `https://www.tiktok.com/@${person.username}`;
  const url = `${profile}/${content.kind}/${postId}`;
  const type = content.kind === "photo" ? "image" : "video";
  world.ledger.add({
    platform: "tiktok",
    accountId: owner,
    id: postId,
    url,
    text: content.text,
    media: media.map(() => ({ type, altText: null })),
    kind: kindOf(task, media),
    visibility: content.privacy ?? "",
    settings: content.settings,
    at: now,
    endsAt: null,
    handle,
    rootId: postId,
    look: {
      author: { username: person.username, name: person.name, url: profile },
      media: media.map((medium) => ({ ...pictureOf(medium), type, hidden: false })),
      link: null,
      poll: [],
      attachment: content.title,
      topic: null,
      replyToId: null,
      quotedId: null,
      notes: notesOf(task),
    },
  });
  world.ledger.setExtra("tiktok", postId, { publishId, id: null, url: null });
  if (task.moderatedAt !== null)
    world.ledger.changeAt("tiktok", postId, { at: task.moderatedAt, extra: { id: postId, url } });
}

function kindOf({ content }: Task, media: readonly Measured[]): NewPost["kind"] {
  return content.kind === "video" ? "video" : media.length > 1 ? "carousel" : "image";
}

const AUDIENCES: Readonly<Record<string, string>> = {
  MUTUAL_FOLLOW_FRIENDS: "Friends",
  FOLLOWER_OF_CREATOR: "Followers",
  SELF_ONLY: "Only me",
};

function notesOf({ content: { privacy, settings } }: Task): string[] {
  return [
    ...(settings["brand_content_toggle"] === true ? ["Paid partnership"] : []),
    ...(settings["brand_organic_toggle"] === true ? ["Promotional content"] : []),
    ...(settings["is_aigc"] === true ? ["Creator labeled as AI-generated"] : []),
    ...(AUDIENCES[privacy ?? ""] ? [AUDIENCES[privacy ?? ""] ?? ""] : []),
  ];
}
