import { z } from "zod";

import { pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import { fieldsOf, pick } from "../../../sandbox/meta/fields.ts";
import { invalid, isFalse, isTrue, Refusal } from "../../../sandbox/meta/graph.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { fbError, refusal } from "./errors.ts";
import { pictureUrl } from "./login.ts";
import { nextId } from "./people.ts";
import { addPost, contentHandle, permalinkOf, PostMediaSchema, type FbPost, type PostMedia } from "./posts.ts";
import { publicationOf } from "./schedule.ts";
import { settingsOf } from "./settings.ts";
import { accountOf, graph, HOST, withPublisher, type PageViewer } from "./viewer.ts";

/** Photos, published directly or kept for a post or story. Source: Graph API reference, photo and page/photos. */
export interface FbPhoto {
  id: string;
  pageId: string;
  /** An unpublished photo can be used once: in a post or in a story. */
  state: "unpublished" | "attached" | "published" | "storied";
  altText: string | null;
  caption: string;
  media: PostMedia;
}

export const PHOTOS_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_photos (
  id TEXT PRIMARY KEY, page_id TEXT NOT NULL, state TEXT NOT NULL, alt_text TEXT, caption TEXT NOT NULL,
  media TEXT NOT NULL, temporary INTEGER NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;`;

const MAX_BYTES = 10_000_000;
const TYPES = ["image/jpeg", "image/png", "image/gif", "image/tiff", "image/bmp"];

export const PHOTO_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/{page}/photos",
    operation: (call) =>
      isFalse(call.params, "published") && call.params["scheduled_publish_time"] === undefined ? "upload" : "publish",
    post: (call) => ({ accountId: accountOf(call), text: captionOf(call), carriesText: true, handle: handleOf(call) }),
    run: withPublisher(create),
  },
];

/** A photo that still exists: unused temporary photos are deleted after a day. */
export function findPhoto(call: Call, id: string): FbPhoto | undefined {
  const row = call.world.store.get(
    "SELECT * FROM facebook_photos WHERE id = ? AND NOT (temporary = 1 AND state = 'unpublished' AND created_at <= ?)",
    id,
    call.now - DAY_MS,
  );
  return row && toPhoto(row);
}

export function usePhoto(call: Call, { id }: FbPhoto, state: FbPhoto["state"]): void {
  call.world.store.run("UPDATE facebook_photos SET state = ? WHERE id = ?", state, id);
}

/** The field is `caption`; the older `message` and `name` still work. */
function captionOf({ params }: Call): string {
  return params["caption"] ?? params["message"] ?? params["name"] ?? "";
}

function handleOf(call: Call): string {
  const file = call.body.kind === "fields" ? call.body.files[0]?.sha256 : undefined;
  return contentHandle(accountOf(call), captionOf(call), call.params["url"] ?? file ?? null);
}

function create(call: Call, viewer: PageViewer): Outcome {
  const { params, body } = call;
  const publication = publicationOf(call, { mostSeconds: 30 * 86_400 });
  const file = body.kind === "fields" ? (body.files.find((one) => one.field === "source") ?? body.files[0]) : undefined;
  if (file) return call.world.media.measure(file.path).then((media) => () => made(call, viewer, media, publication));
  const url = params["url"];
  if (!url) throw new Refusal(fbError("324"));
  if (!URL.canParse(url)) throw refusal("1500");
  return call.world.media.fetch(url, { maxBytes: MAX_BYTES }).then((got) => () => {
    if (got.ok) return made(call, viewer, got.media, publication);
    throw refusal(got.why === "too_large" ? "1366046" : "324/2069019");
  });
}

function made(call: Call, viewer: PageViewer, measured: Measured, at: number | null): PlatformAnswer {
  validate(measured);
  const { page } = viewer;
  const id = nextId(call.world, "photo", page.id);
  const altText = call.params["alt_text_custom"] ?? null;
  const media: PostMedia = { id, type: "image", altText, ...pictureOf(measured), durationSeconds: null };
  call.world.store.run(
    "INSERT INTO facebook_photos VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    id,
    page.id,
    at === null ? "unpublished" : "published",
    altText,
    captionOf(call),
    JSON.stringify(media),
    isTrue(call.params, "temporary") ? 1 : 0,
    call.now,
  );
  const post =
    at === null
      ? undefined
      : addPost(call, page, {
          kind: "image",
          message: captionOf(call),
          link: null,
          at,
          video: null,
          media: [media],
          handle: handleOf(call),
          settings: settingsOf(call, ["caption", "message", "name", "url", "alt_text_custom"]),
        });
  return answerPhoto(call, { id, post });
}

function answerPhoto(call: Call, { id, post }: { id: string; post: FbPost | undefined }): PlatformAnswer {
  const asked = pick(fieldsOf(call), {
    id: () => id,
    post_id: () => post?.id,
    permalink_url: () => post && permalinkOf(post),
    link: () => post && permalinkOf(post),
    picture: () => pictureUrl(id),
  });
  return graph.answer(call, { id, ...(post && { post_id: post.id }), ...asked });
}

/** Determined from the bytes. */
function validate({ mimeType, sizeBytes, type }: Measured): void {
  if (mimeType === null || !mimeType.startsWith("image/") || (type !== "image" && mimeType !== "image/bmp"))
    throw refusal("324/2069019");
  if (!TYPES.includes(mimeType) || sizeBytes > MAX_BYTES) throw refusal("1366046");
}

/** The photos of a new post, in its order. */
export function photosFor(call: Call, viewer: PageViewer, ids: readonly string[]): FbPhoto[] {
  return ids.map((id) => {
    const photo = findPhoto(call, id);
    if (!photo || photo.pageId !== viewer.page.id) throw invalid(`media_fbid ${id} is no photo of this Page.`);
    if (photo.state === "storied") throw invalid(`Photo ${id} was used in a story.`);
    if (photo.state !== "unpublished") throw refusal("1366051");
    return photo;
  });
}

function toPhoto(row: Row): FbPhoto {
  return {
    id: text(row, "id"),
    pageId: text(row, "page_id"),
    state: z.enum(["unpublished", "attached", "published", "storied"]).parse(text(row, "state")),
    altText: textOrNull(row, "alt_text"),
    caption: text(row, "caption"),
    media: PostMediaSchema.parse(JSON.parse(text(row, "media"))),
  };
}
