import { allPageValues, userValues } from "../../../sandbox/meta/facebook-login.ts";
import { fieldsOf, pick, type Fields, type Values } from "../../../sandbox/meta/fields.ts";
import { graphTime, isTrue, missing, noObject } from "../../../sandbox/meta/graph.ts";
import { pageOf, windowOf } from "../../../sandbox/meta/list.ts";
import { pageIdOf } from "../../../sandbox/meta/pages.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";
import { commentValues, findComment, hideComment, removeComment } from "./comments.ts";
import { findContainer, readStatus, statusText } from "./containers.ts";
import { FACEBOOK_LOGIN } from "./login.ts";
import { findMedia, permalinkOf, setCommentsEnabled, toMedia, type IgMedia, type MediaItem } from "./media.ts";
import { factsOf, reachedPages } from "./people.ts";
import { accountValues, meValues, pictureUrl } from "./profile.ts";
import { FACEBOOK_HOST, graph, needAbility, needSelf, onBothHosts, withViewer, type Viewer } from "./viewer.ts";

/**
 * Reads, and changes to existing posts. Source: Instagram Platform docs, ig-user/media, ig-media, stories; 2026-09-11.
 */
export const READ_ROUTES: readonly SandboxRoute[] = [
  ...onBothHosts({ method: "GET", path: "/{user}/media", operation: "read", run: withViewer("basic", listMedia) }),
  ...onBothHosts({ method: "GET", path: "/{user}/stories", operation: "read", run: withViewer("basic", listStories) }),
  ...onBothHosts({ method: "GET", path: "/{id}/children", operation: "read", run: withViewer("basic", listChildren) }),
  ...onBothHosts({
    method: "GET",
    path: "/{id}",
    run: withViewer("basic", readObject),
    operation: (call) => (findContainer(call, call.segments["id"] ?? "") ? "status" : "read"),
  }),
  ...onBothHosts({ method: "POST", path: "/{id}", operation: "create", run: withViewer("basic", changeObject) }),
  ...onBothHosts({ method: "DELETE", path: "/{id}", operation: "delete", run: withViewer("basic", removeObject) }),
];

function readObject(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const fields = fieldsOf(call);
  const own = readSelf(call, viewer, id, fields);
  if (own) return graph.answer(call, own);
  const container = findContainer(call, id);
  if (container) {
    if (container.owner !== viewer.person.id) throw noObject(id);
    const seen = fields.has("status_code") || fields.has("status") ? readStatus(call, container) : container;
    const values: Values = {
      id: () => id,
      status_code: () => seen.state,
      status: () => statusText(seen),
      copyright_check_status: () => ({ status: "completed", matches_found: false }),
    };
    return graph.answer(call, pick(fields, values));
  }
  const media = findMedia(call, id);
  if (media?.owner === viewer.person.id) return graph.answer(call, pick(fields, mediaValues(call, viewer, media)));
  const comment = findComment(call, id);
  if (comment && findMedia(call, comment.mediaId)?.owner === viewer.person.id) {
    needAbility(viewer, "comment");
    return graph.answer(call, pick(fields, commentValues(call, comment), ["id", "text", "timestamp"]));
  }
  throw noObject(id);
}

/** The caller: their account, and with Facebook's login the person and their Pages. */
function readSelf(call: Call, viewer: Viewer, id: string, fields: Fields): Record<string, unknown> | undefined {
  const { person, login, token } = viewer;
  if (login === "instagram") {
    if (id === "me" || id === factsOf(person).appScopedId)
      return pick(fields, meValues(call, viewer), ["id", "username"]);
    return id === person.id ? pick(fields, accountValues(call, viewer)) : undefined;
  }
  const ownPage = pageIdOf(token);
  if (ownPage === undefined && (id === "me" || id === factsOf(person).facebookUserId))
    return pick(fields, userValues(FACEBOOK_LOGIN, viewer), ["id", "name"]);
  const page = reachedPages(call, token).find((one) => one.id === (id === "me" ? ownPage : id));
  if (page) return pick(fields, allPageValues(FACEBOOK_LOGIN, call, token, page), ["id", "name"]);
  return id === person.id && reachedPages(call, token).some((one) => one.linkedId === id)
    ? pick(fields, accountValues(call, viewer))
    : undefined;
}

/** Newest first, without stories. */
function listMedia(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  return answerList(call, viewer, "product_type <> 'STORY'");
}

/** Those of the last 24 hours. */
function listStories(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  return answerList(call, viewer, "product_type = 'STORY'");
}

function answerList(call: Call, viewer: Viewer, where: string): PlatformAnswer {
  const page = windowOf(call, { preset: 25, most: 100 });
  const rows = call.world.store.all(
    `SELECT * FROM instagram_media WHERE owner = ? AND ${where} AND visible_at <= ? AND (ends_at IS NULL OR ends_at > ?)
       AND at >= ? AND at <= ?
     AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?`,
    viewer.person.id,
    call.now,
    call.now,
    page.sinceAt,
    page.untilAt,
    page.beforeSeq,
    page.afterSeq,
    page.limit + 1,
  );
  const fields = fieldsOf(call);
  const toItem = (media: IgMedia) => pick(fields, mediaValues(call, viewer, media));
  return graph.answer(call, pageOf(call, rows.map(toMedia), page.limit, { seqOf: (media) => media.seq, toItem }));
}

function listChildren(call: Call, viewer: Viewer): PlatformAnswer {
  const media = findMedia(call, call.segments["id"] ?? "");
  if (!media || media.owner !== viewer.person.id) throw noObject(call.segments["id"] ?? "");
  const fields = fieldsOf(call);
  const children = media.mediaType === "CAROUSEL_ALBUM" ? media.items : [];
  return graph.answer(call, { data: children.map((item) => pick(fields, childValues(media, item))) });
}

/** Turns comments on and off; captions cannot be changed. */
function changeObject(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  needAbility(viewer, "comment");
  const media = findMedia(call, id);
  const comment = media ? undefined : findComment(call, id);
  const owner = (media ?? (comment && findMedia(call, comment.mediaId)))?.owner;
  if (owner !== viewer.person.id) throw noObject(id);
  if (media) {
    if (call.params["comment_enabled"] === undefined) throw missing("comment_enabled");
    setCommentsEnabled(call, media, isTrue(call.params, "comment_enabled"));
  }
  if (comment) {
    if (call.params["hide"] === undefined) throw missing("hide");
    hideComment(call, comment);
  }
  return graph.answer(call, { success: true });
}

/** Posts can be deleted with Facebook's login only, comments with either. */
function removeObject(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const comment = findComment(call, id);
  if (comment && findMedia(call, comment.mediaId)?.owner === viewer.person.id) {
    needAbility(viewer, "comment");
    removeComment(call, comment);
    return graph.answer(call, { success: true });
  }
  needAbility(viewer, "remove");
  const media = findMedia(call, id);
  if (!media || media.owner !== viewer.person.id || call.host !== FACEBOOK_HOST) throw noObject(id);
  call.world.store.run("DELETE FROM instagram_media WHERE id = ?", id);
  call.world.ledger.remove("instagram", id);
  return graph.answer(call, { success: true });
}

function mediaValues(call: Call, viewer: Viewer, media: IgMedia): Values {
  const [first] = media.items;
  const count = () =>
    integer(
      call.world.store.get("SELECT count(*) AS number FROM instagram_comments WHERE media_id = ?", media.id),
      "number",
    );
  return {
    id: () => media.id,
    ig_id: () => String(BigInt(media.id) + 7n),
    permalink: () => permalinkOf(media, viewer.person.username),
    shortcode: () => media.shortcode,
    media_type: () => media.mediaType,
    media_product_type: () => media.productType,
    timestamp: () => graphTime(media.at),
    username: () => viewer.person.username,
    owner: () => ({ id: media.owner }),
    caption: () => (media.caption === "" ? undefined : media.caption),
    alt_text: () => media.altText ?? undefined,
    media_url: () => first && pictureUrl(first.id),
    thumbnail_url: () => (first?.type === "VIDEO" && media.mediaType === "VIDEO" ? pictureUrl(first.id) : undefined),
    children: (inner) =>
      media.mediaType === "CAROUSEL_ALBUM"
        ? { data: media.items.map((item) => pick(inner, childValues(media, item))) }
        : undefined,
    is_comment_enabled: () => media.commentsEnabled,
    is_shared_to_feed: () => (media.productType === "REELS" ? media.settings["share_to_feed"] !== "false" : undefined),
    comments_count: count,
    like_count: () => 0,
  };
}

/** Children have no permalink. */
function childValues(media: IgMedia, item: MediaItem): Values {
  return {
    id: () => item.id,
    media_type: () => item.type,
    media_url: () => pictureUrl(item.id),
    alt_text: () => item.altText ?? undefined,
    timestamp: () => graphTime(media.at),
  };
}
