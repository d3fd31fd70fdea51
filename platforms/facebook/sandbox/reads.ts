import { allPageValues, userValues } from "../../../sandbox/meta/facebook-login.ts";
import { fieldsOf, pick, type Fields, type Values } from "../../../sandbox/meta/fields.ts";
import { graphTime, noObject } from "../../../sandbox/meta/graph.ts";
import { pageOf, windowOf, type Window } from "../../../sandbox/meta/list.ts";
import { grantedPages, pageById } from "../../../sandbox/meta/pages.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { commentsOf, countComments } from "./comments.ts";
import { LOGIN, pictureUrl } from "./login.ts";
import { findPhoto, type FbPhoto } from "./photos.ts";
import { findPost, permalinkOf, postOfVideo, toPost, type FbPost, type PostMedia } from "./posts.ts";
import { findVideo, knownVideo, publishStatus, readStatus, type FbVideo } from "./videos.ts";
import { graph, HOST, reaches, readerOf, viewerOf, withViewer, type Viewer } from "./viewer.ts";

/** Reads. Source: Graph API reference, page/feed, post, video; 2026. */
export const READ_ROUTES: readonly SandboxRoute[] = [
  ...["feed", "posts", "published_posts"].map((edge): SandboxRoute => ({
    method: "GET",
    host: HOST,
    path: `/{page}/${edge}`,
    operation: "read",
    run: graph.refusing((call) => listPosts(call, "at <= ? AND visible_at <= ?")),
  })),
  {
    method: "GET",
    host: HOST,
    path: "/{page}/scheduled_posts",
    operation: "read",
    run: graph.refusing((call) => listPosts(call, "at > ? AND at > ?")),
  },
  { method: "GET", host: HOST, path: "/{page}/video_reels", operation: "read", run: graph.refusing(listReels) },
  {
    method: "GET",
    host: HOST,
    path: "/{id}",
    operation: (call) => (asksForStatus(call) ? "status" : "read"),
    run: withViewer(readObject),
  },
];

function asksForStatus(call: Call): boolean {
  return (
    findVideo(call, call.segments["id"] ?? "") !== undefined && /(^|,)\s*status\b/.test(call.params["fields"] ?? "")
  );
}

function readObject(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const fields = fieldsOf(call);
  const own = readSelf(call, viewer, id, fields);
  if (own) return graph.answer(call, own);
  const post = findPost(call, id);
  if (post && reaches(call, viewer, post.pageId))
    return graph.answer(call, pick(fields, postValues(call, post), ["created_time", "message"]));
  const video = findVideo(call, id);
  if (video && reaches(call, viewer, video.pageId)) return graph.answer(call, pick(fields, videoValues(call, video)));
  const photo = findPhoto(call, id);
  if (photo && reaches(call, viewer, photo.pageId)) return graph.answer(call, pick(fields, photoValues(photo)));
  throw noObject(id);
}

/** The Page the token belongs to, or the person and their Pages. */
function readSelf(call: Call, viewer: Viewer, id: string, fields: Fields): Record<string, unknown> | undefined {
  const { token, person, page } = viewer;
  if (!page && (id === "me" || id === person.id)) return pick(fields, userValues(LOGIN, viewer), ["id", "name"]);
  const wanted = page
    ? id === "me" || id === page.id
      ? page
      : undefined
    : grantedPages(call.world, token.grantId).find((one) => one.id === id);
  return wanted && pick(fields, allPageValues(LOGIN, call, token, wanted), ["id", "name"]);
}

function listPosts(call: Call, where: string): PlatformAnswer {
  const { page } = readerOf(call, call.segments["page"] ?? "");
  const window = windowOf(call, { preset: 25, most: 100 });
  const rows = call.world.store.all(
    `SELECT * FROM facebook_posts WHERE page_id = ? AND ${where} AND ${IN_WINDOW} ORDER BY at DESC, seq DESC LIMIT ?`,
    page.id,
    call.now,
    call.now,
    ...windowValues(window),
  );
  const fields = fieldsOf(call);
  return graph.answer(
    call,
    pageOf(call, rows.map(toPost), window.limit, {
      seqOf: (post) => post.seq,
      toItem: (post) => pick(fields, postValues(call, post), ["created_time", "message"]),
    }),
  );
}

const IN_WINDOW = "at >= ? AND at <= ? AND seq < ? AND seq > ?";

function windowValues({ sinceAt, untilAt, beforeSeq, afterSeq, limit }: Window): number[] {
  return [sinceAt, untilAt, beforeSeq, afterSeq, limit + 1];
}

function listReels(call: Call): PlatformAnswer {
  const { page } = readerOf(call, call.segments["page"] ?? "");
  const window = windowOf(call, { preset: 25, most: 100 });
  const rows = call.world.store.all(
    `SELECT * FROM facebook_posts WHERE page_id = ? AND video_id IS NOT NULL AND at <= ? AND visible_at <= ?
       AND ${IN_WINDOW} ORDER BY seq DESC LIMIT ?`,
    page.id,
    call.now,
    call.now,
    ...windowValues(window),
  );
  const fields = fieldsOf(call);
  const toItem = (post: FbPost) => {
    const video = findVideo(call, post.video?.id ?? "");
    return video && pick(fields, videoValues(call, video), ["description", "updated_time"]);
  };
  return graph.answer(call, pageOf(call, rows.map(toPost), window.limit, { seqOf: (post) => post.seq, toItem }));
}

export function postValues(call: Call, post: FbPost): Values {
  const isPublic = post.at !== null && post.at <= call.now;
  const [first] = post.media;
  const comments = () => ({
    data: commentsOf(call, post.id),
    summary: { order: "chronological", total_count: countComments(call, post.id) },
  });
  const none = () => ({ data: [], summary: { total_count: 0 } });
  const page = pageById(call.world, "facebook", post.pageId);
  return {
    id: () => post.id,
    message: () => (post.message === "" ? undefined : post.message),
    created_time: () => graphTime(isPublic && post.at !== null ? post.at : post.madeAt),
    updated_time: () => graphTime(post.madeAt),
    permalink_url: () => permalinkOf(post),
    status_type: () => STATUS_TYPES[post.kind] ?? "mobile_status_update",
    is_published: () => isPublic,
    scheduled_publish_time: () => (post.at === null || isPublic ? undefined : Math.floor(post.at / 1000)),
    full_picture: () => first && pictureUrl(first.id),
    from: () => ({ id: post.pageId, name: page?.name }),
    attachments: (inner) => attachmentsOf(post, inner),
    comments,
    reactions: none,
    likes: none,
    shares: () => undefined,
  };
}

const STATUS_TYPES: Partial<Record<FbPost["kind"], string>> = {
  link: "shared_story",
  image: "added_photos",
  carousel: "added_photos",
  video: "added_video",
  reel: "added_video",
};

/** The target is a photo or video; with several photos, each is the target of a subattachment. */
function attachmentsOf(post: FbPost, inner: Fields): { data: unknown[] } | undefined {
  const url = permalinkOf(post);
  const item = (media: PostMedia): Values => ({
    media_type: () => (media.type === "video" ? "video" : "photo"),
    type: () => (media.type === "video" ? "video_inline" : "photo"),
    url: () => url,
    target: () => ({ id: media.id, url }),
    media: () => ({ image: { src: pictureUrl(media.id), width: media.width, height: media.height } }),
    title: () => post.video?.title ?? undefined,
    description: () => post.message || undefined,
    subattachments: () => undefined,
  });
  const [first] = post.media;
  if (post.media.length > 1 && first) {
    const whole: Values = {
      ...item(first),
      media_type: () => "album",
      type: () => "album",
      target: () => ({ id: post.id.slice(post.pageId.length + 1), url }),
      subattachments: (parts) => ({
        data: post.media.map((media) => pick(parts, item(media), ["media", "target", "type", "url"])),
      }),
    };
    return { data: [pick(inner, whole, ["media", "target", "type", "url", "subattachments"])] };
  }
  if (first) return { data: [pick(inner, item(first), ["media", "target", "type", "url"])] };
  if (post.link === null) return undefined;
  const link = post.link;
  const shared: Values = {
    media_type: () => "link",
    type: () => "share",
    url: () => link,
    unshimmed_url: () => link,
    target: () => ({ url: link }),
    title: () => post.settings["name"] ?? link,
    description: () => post.settings["description"],
    media: () => undefined,
    subattachments: () => undefined,
  };
  return { data: [pick(inner, shared, ["title", "type", "url"])] };
}

/** Requesting the status advances it, also for the other fields of the same call. */
function videoValues(call: Call, { id }: FbVideo): Values {
  const status = asksForStatus(call) ? readStatus(call, id) : {};
  const video = knownVideo(call, id);
  const post = postOfVideo(call, id);
  return {
    id: () => video.id,
    status: (inner) => {
      return inner.size === 0
        ? status
        : Object.fromEntries(
            [...inner.keys()].flatMap((name) => (status[name] === undefined ? [] : [[name, status[name]]])),
          );
    },
    permalink_url: () => (video.surface === "story" ? undefined : `/reel/${video.id}/`),
    post_id: () => (publishStatus(video, call.now) === "published" ? (video.storyId ?? post?.id) : undefined),
    published: () => publishStatus(video, call.now) === "published",
    created_time: () => graphTime(video.finishedAt ?? video.createdAt),
    updated_time: () => graphTime(video.finishedAt ?? video.createdAt),
    length: () => video.media?.durationSeconds ?? undefined,
    title: () => post?.video?.title ?? undefined,
    description: () => post?.message || undefined,
    source: () => undefined,
    picture: () => pictureUrl(video.id),
    scheduled_publish_time: () => (video.scheduledAt === null ? undefined : Math.floor(video.scheduledAt / 1000)),
    from: () => ({ id: video.pageId }),
    comments: () => ({
      data: commentsOf(call, video.id),
      summary: { order: "chronological", total_count: countComments(call, video.id) },
    }),
  };
}

function photoValues(photo: FbPhoto): Values {
  return {
    id: () => photo.id,
    name: () => photo.caption || undefined,
    alt_text_custom: () => photo.altText ?? undefined,
    width: () => photo.media.width ?? undefined,
    height: () => photo.media.height ?? undefined,
    picture: () => pictureUrl(photo.id),
    link: () => `https://www.facebook.com/photo.php?fbid=${photo.id}`,
    images: () => [{ source: pictureUrl(photo.id), width: photo.media.width, height: photo.media.height }],
    from: () => ({ id: photo.pageId }),
  };
}

/** Requires a token that can read it, for calls that change things. */
export function ownerOf(
  call: Call,
  id: string,
): { post?: FbPost | undefined; video?: FbVideo | undefined; photo?: FbPhoto | undefined; pageId: string } | undefined {
  const viewer = viewerOf(call);
  const video = findVideo(call, id);
  const post = findPost(call, id) ?? (video && postOfVideo(call, video.id));
  const photo = post || video ? undefined : findPhoto(call, id);
  const pageId = post?.pageId ?? video?.pageId ?? photo?.pageId;
  return pageId !== undefined && reaches(call, viewer, pageId) ? { post, video, photo, pageId } : undefined;
}
