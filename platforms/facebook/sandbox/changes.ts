import { invalid, isTrue, missing, noObject } from "../../../sandbox/meta/graph.ts";
import { timeOf } from "../../../sandbox/meta/list.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { addComment, commentsOf, findComment, removeComment } from "./comments.ts";
import { refusal } from "./errors.ts";
import { nextId } from "./people.ts";
import { changePost, ledgerId, removePost, type FbPost } from "./posts.ts";
import { ownerOf } from "./reads.ts";
import { scheduledAt } from "./schedule.ts";
import { accountOf, graph, HOST, needScope, publisherOf, reaches, withViewer, type Viewer } from "./viewer.ts";

/** Changes to existing posts. Source: Pages API docs, posts, 2026-09-11. */
export const CHANGE_ROUTES: readonly SandboxRoute[] = [
  { method: "POST", host: HOST, path: "/{id}/comments", operation: "create", run: withViewer(comment) },
  { method: "GET", host: HOST, path: "/{id}/comments", operation: "read", run: withViewer(listComments) },
  { method: "POST", host: HOST, path: "/{id}/thumbnails", operation: "upload", run: graph.refusing(setThumbnail) },
  { method: "POST", host: HOST, path: "/{id}/collaborators", operation: "create", run: graph.refusing(invite) },
  {
    method: "POST",
    host: HOST,
    path: "/{id}",
    operation: ({ params }) => (params["is_published"] === "true" ? "publish" : "create"),
    post: (call) => ({
      accountId: accountOf(call),
      text: call.params["message"] ?? "",
      carriesText: true,
      handle: call.segments["id"] ?? null,
    }),
    run: graph.refusing(change),
  },
  { method: "DELETE", host: HOST, path: "/{id}", operation: "delete", run: withViewer(remove) },
];

const SCHEDULE_SECONDS = 30 * 86_400;
const COVER_MAX_BYTES = 10_000_000;

/** The text, the time of a scheduled post, or publishing it now. */
function change(call: Call): PlatformAnswer {
  const { page } = publisherOf(call, undefined);
  const id = call.segments["id"] ?? "";
  const post = ownerOf(call, id)?.post;
  if (!post || post.pageId !== page.id) throw noObject(id);
  const { params, now } = call;
  const time = timeOf(params["scheduled_publish_time"], "scheduled_publish_time");
  const isPublic = post.at !== null && post.at <= now;
  if (time !== null && isPublic) throw invalid("A published post can't be scheduled.");
  const at =
    isTrue(params, "is_published") && !isPublic
      ? now
      : time === null
        ? post.at
        : scheduledAt(call, time, SCHEDULE_SECONDS);
  const changed: FbPost = { ...post, message: params["message"] ?? post.message, at };
  changePost(call, page, changed, { wasDraft: post.at === null });
  return graph.answer(call, { success: true });
}

function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const known = findComment(call, id);
  if (known && reaches(call, viewer, known.pageId)) {
    needScope(viewer, "pages_manage_engagement");
    removeComment(call, id);
    showComments(call, known.objectId);
    return graph.answer(call, { success: true });
  }
  const { page } = publisherOf(call, undefined);
  const owned = ownerOf(call, id);
  if (owned?.pageId !== page.id) throw noObject(id);
  if (owned.post) removePost(call, owned.post);
  if (owned.video) call.world.store.run("DELETE FROM facebook_videos WHERE id = ?", owned.video.id);
  if (owned.photo) call.world.store.run("DELETE FROM facebook_photos WHERE id = ?", owned.photo.id);
  return graph.answer(call, { success: true });
}

function comment(call: Call, viewer: Viewer): PlatformAnswer {
  needScope(viewer, "pages_manage_engagement");
  const id = call.segments["id"] ?? "";
  const owned = ownerOf(call, id);
  if (!viewer.page || !owned || owned.photo) throw noObject(id);
  const { message = "", attachment_url: attachment } = call.params;
  if (message.trim() === "" && attachment === undefined) throw missing("message");
  const commentId = `${id.slice(id.indexOf("_") + 1)}_${nextId(call.world, "comment", viewer.page.id)}`;
  addComment(call, { id: commentId, objectId: id, pageId: viewer.page.id, message });
  showComments(call, id);
  return graph.answer(call, { id: commentId });
}

/** The ledger and the page show a post's comments with it. */
function showComments(call: Call, id: string): void {
  const post = ownerOf(call, id)?.post;
  if (post)
    call.world.ledger.setExtra("facebook", ledgerId(post), {
      comments: commentsOf(call, id)
        .slice(0, 20)
        .map((one) => one.message),
    });
}

function listComments(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const owned = ownerOf(call, id);
  if (!owned) throw noObject(id);
  needScope(viewer, "pages_read_engagement");
  return graph.answer(call, { data: commentsOf(call, id) });
}

/** A custom cover for a video. */
function setThumbnail(call: Call): Outcome {
  const { page } = publisherOf(call, undefined);
  const id = call.segments["id"] ?? "";
  const video = ownerOf(call, id)?.video;
  if (!video || video.pageId !== page.id) throw noObject(id);
  const file = call.body.kind === "fields" ? call.body.files.find((one) => one.field === "source") : undefined;
  if (!file) throw missing("source");
  return call.world.media.measure(file.path).then((media) => () => {
    if (media.type !== "image") throw refusal("324/2069019");
    if (media.sizeBytes > COVER_MAX_BYTES) throw refusal("1366046");
    call.world.store.run(
      "UPDATE facebook_videos SET media = json_set(coalesce(media, '{}'), '$.thumbnail', ?) WHERE id = ?",
      media.thumbnail,
      id,
    );
    if (media.thumbnail !== null) call.world.ledger.setPicture("facebook", video.storyId ?? id, media.thumbnail);
    return graph.answer(call, { success: true });
  });
}

const INVITATIONS_A_DAY = 10;

/** Asks another Page to share a reel. */
function invite(call: Call): PlatformAnswer {
  const { page } = publisherOf(call, undefined);
  const id = call.segments["id"] ?? "";
  if (ownerOf(call, id)?.video?.pageId !== page.id) throw noObject(id);
  if (!/^\d+$/.test(call.params["target_id"] ?? "")) throw missing("target_id");
  const of = { platform: "facebook", accountId: page.id, name: "invitations" } as const;
  if (call.world.limits && call.world.uses.count({ ...of, since: call.now - 86_400_000 + 1 }) >= INVITATIONS_A_DAY)
    throw refusal("368");
  call.world.uses.add({ ...of, at: call.now });
  return graph.answer(call, { success: true });
}
