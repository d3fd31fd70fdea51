import { z } from "zod";

import { PictureSchema, pictureOf, type Picture } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import { invalid, missing, noObject, Refusal } from "../../../sandbox/meta/graph.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { validateCreate, KINDS, type NewContainer } from "./create.ts";
import { igError } from "./errors.ts";
import { validateImage, validateVideo, MAX_BYTES } from "./media-rules.ts";
import { publishContainer } from "./media.ts";
import { accountOf } from "./people.ts";
import { takeQuota } from "./quotas.ts";
import { graph, needSelf, onBothHosts, withViewer, type Viewer } from "./viewer.ts";

/**
 * Containers: posts before they are published.
 *
 *   images, carousels  IN_PROGRESS, FINISHED at the second read or after 2 s
 *   videos IN_PROGRESS, FINISHED or ERROR at the third read or after 10 s, counted from when the bytes are there then
 *   PUBLISHED by a publish call, or EXPIRED after 24 h
 *
 * Source: Instagram Platform docs, content publishing, for the states; the times are the sandbox's choice.
 */
export interface Container {
  id: string;
  owner: string;
  draft: NewContainer;
  media: Picture | null;
  createdAt: number;
  /** Whether it waits for bytes, and how many have arrived. */
  upload: "none" | "waiting" | "done";
  receivedBytes: number;
  state: "IN_PROGRESS" | "FINISHED" | "PUBLISHED" | "ERROR" | "EXPIRED";
  /** The error that it ends with, if it ends as ERROR. */
  errorSubcode: string | null;
}

const Draft: z.ZodType<NewContainer> = z.object({
  kind: z.enum(KINDS),
  isVideo: z.boolean(),
  caption: z.string(),
  item: z.boolean(),
  children: z.array(z.string()),
  mediaUrl: z.string().nullable(),
  coverUrl: z.string().nullable(),
  thumbOffsetMs: z.number().nullable(),
  altText: z.string().nullable(),
  resumable: z.boolean(),
  settings: z.record(z.string(), z.unknown()),
});

export const CONTAINERS_SCHEMA = `
CREATE TABLE IF NOT EXISTS instagram_containers (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, draft TEXT NOT NULL, media TEXT, created_at INTEGER NOT NULL,
  reads_left INTEGER NOT NULL, ready_at INTEGER NOT NULL, stuck INTEGER NOT NULL DEFAULT 0, error TEXT,
  published INTEGER NOT NULL DEFAULT 0, upload TEXT NOT NULL, received INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;`;

export const CONTAINER_ROUTES: readonly SandboxRoute[] = [
  ...onBothHosts({
    method: "POST",
    path: "/{user}/media",
    operation: "create",
    post: (call) => ({
      accountId: accountOf(call),
      text: call.params["caption"] ?? "",
      carriesText: true,
      handle: null,
    }),
    run: withViewer("publish", create),
  }),
  ...onBothHosts({
    method: "POST",
    path: "/{user}/media_publish",
    operation: "publish",
    post(call) {
      const id = call.params["creation_id"] ?? "";
      return {
        accountId: accountOf(call),
        text: findContainer(call, id)?.draft.caption ?? "",
        carriesText: false,
        handle: id || null,
      };
    },
    run: withViewer("publish", publish),
  }),
];

export function findContainer(call: Call, id: string): Container | undefined {
  const row = call.world.store.get("SELECT * FROM instagram_containers WHERE id = ?", id);
  return row && toContainer(row, call.now);
}

/** One status read: it counts toward the reads after which a container changes. */
export function readStatus(call: Call, { id }: Container): Container {
  const { store } = call.world;
  if (call.behaviour?.name === "process_forever") setStuck(call, id);
  const row = store.get("SELECT reads_left FROM instagram_containers WHERE id = ? AND upload <> 'waiting'", id);
  if (row) {
    if (integer(row, "reads_left") > 0)
      store.run("UPDATE instagram_containers SET reads_left = reads_left - 1 WHERE id = ?", id);
    else store.run("UPDATE instagram_containers SET ready_at = 0 WHERE id = ?", id);
  }
  const container = findContainer(call, id);
  if (!container) throw noObject(id);
  return container;
}

const STATUS_TEXTS: Readonly<Record<Container["state"], string>> = {
  IN_PROGRESS: "In Progress: Media is still being processed.",
  FINISHED: "Finished: Media has been uploaded and it is ready to be published.",
  PUBLISHED: "Published: Media has been published.",
  EXPIRED: "Expired: Media was not published within 24 hours.",
  ERROR: "Error: Media upload has failed with error code",
};

export function statusText({ state, errorSubcode }: Container): string {
  return state === "ERROR" ? `${STATUS_TEXTS.ERROR} ${errorSubcode}` : STATUS_TEXTS[state];
}

function create(call: Call, viewer: Viewer): Outcome {
  needSelf(call, viewer);
  const draft = validateCreate(call, viewer);
  if (draft.kind === "CAROUSEL") validateChildren(call, viewer, draft.children);
  if (draft.mediaUrl === null && draft.coverUrl === null) return made(call, viewer, draft, null);
  return fetchMedia(call, draft).then(({ media, cover }) => () => {
    if (draft.coverUrl !== null) validateImage(cover, { feed: false });
    if (draft.mediaUrl === null) return made(call, viewer, draft, null);
    if (!draft.isVideo) {
      validateImage(media, { feed: draft.kind === "IMAGE" });
      return made(call, viewer, draft, media);
    }
    const error = media === null ? "2207077" : validateVideo(media, draft);
    if (error === "2207057") throw new Refusal(igError("1/2207057"));
    return made(call, viewer, draft, media && { ...media, thumbnail: cover?.thumbnail ?? media.thumbnail }, error);
  });
}

async function fetchMedia(
  call: Call,
  draft: NewContainer,
): Promise<{ media: Measured | null; cover: Measured | null }> {
  const get = async (url: string | null, maxBytes: number) => {
    if (url === null) return null;
    const got = await call.world.media.fetch(url, { maxBytes });
    if (got.ok) return got.media;
    if (got.why === "too_large")
      throw new Refusal(igError(maxBytes === MAX_BYTES.image ? "36000/2207004" : "352/2207026"));
    return null;
  };
  const [media, cover] = await Promise.all([
    get(draft.mediaUrl, draft.isVideo ? MAX_BYTES.video : MAX_BYTES.image),
    get(draft.coverUrl, MAX_BYTES.image),
  ]);
  return { media, cover };
}

function validateChildren(call: Call, viewer: Viewer, children: string[]): void {
  if (children.length < 2 || children.length > 10 || new Set(children).size < children.length)
    throw new Refusal(igError("100/2207028"));
  for (const id of children) {
    const child = findContainer(call, id);
    if (!child || child.owner !== viewer.person.id) throw noObject(id);
    if (!child.draft.item) throw invalid(`children: ${id} was not made with is_carousel_item.`);
    if (child.state !== "FINISHED") throw new Refusal(igError("9007/2207027"));
  }
}

function made(
  call: Call,
  viewer: Viewer,
  draft: NewContainer,
  media: Measured | null,
  error: string | null = null,
): PlatformAnswer {
  takeQuota(call, viewer, "containers");
  const { store } = call.world;
  const id = String(17_890_000_000_000_000n + BigInt(store.next("instagram.container")));
  const stuck = call.behaviour?.name === "process_forever" ? 1 : 0;
  const forced = call.behaviour?.name === "processing-error-{n}" ? String(call.behaviour.number) : null;
  store.run(
    `INSERT INTO instagram_containers (id, owner, draft, media, created_at, reads_left, ready_at, stuck, error, upload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    viewer.person.id,
    JSON.stringify(draft),
    media && JSON.stringify(pictureOf(media)),
    call.now,
    draft.isVideo ? 2 : 1,
    call.now + (draft.isVideo ? 10_000 : 2_000),
    stuck,
    forced ?? error,
    draft.resumable ? "waiting" : "none",
  );
  const version = /\/(v\d+\.\d+)\//.exec(call.url)?.[1] ?? "v25.0";
  return graph.answer(
    call,
    draft.resumable ? { id, uri: `https://rupload.facebook.com/ig-api-upload/${version}/${id}` } : { id },
  );
}

/** Called when the last byte of an uploaded video has arrived. */
export function receiveVideo(call: Call, container: Container, media: Measured | null): void {
  const forced = call.behaviour?.name === "processing-error-{n}" ? String(call.behaviour.number) : null;
  const error =
    forced ?? container.errorSubcode ?? (media === null ? "2207077" : validateVideo(media, container.draft));
  const stuck = call.behaviour?.name === "process_forever" ? 1 : 0;
  call.world.store.run(
    `UPDATE instagram_containers SET upload = 'done', media = ?, received = ?, ready_at = ?, error = ?,
       stuck = max(stuck, ?) WHERE id = ?`,
    media && JSON.stringify(pictureOf(media)),
    media?.sizeBytes ?? 0,
    call.now + 10_000,
    error,
    stuck,
    container.id,
  );
}

export function countReceived(call: Call, id: string, receivedBytes: number): void {
  call.world.store.run("UPDATE instagram_containers SET received = ? WHERE id = ?", receivedBytes, id);
}

function publish(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  const id = call.params["creation_id"];
  if (!id) throw missing("creation_id");
  if (call.behaviour?.name === "process_forever") setStuck(call, id);
  const container = findContainer(call, id);
  if (!container || container.state === "EXPIRED") throw new Refusal(igError("24/2207008"));
  if (container.owner !== viewer.person.id || container.state === "ERROR") throw new Refusal(igError("24/2207006"));
  if (container.draft.item) throw invalid("An item of a carousel cannot be published by itself.");
  // A second publish looks just like a premature one, so that only a client that reads the status handles it correctly.
  const again = container.state === "PUBLISHED" && call.behaviour?.name === "republish-accepts";
  if (container.state !== "FINISHED" && !again) throw new Refusal(igError("9007/2207027"));
  takeQuota(call, viewer, "posts");
  const children = container.draft.children.flatMap((child) => findContainer(call, child) ?? []);
  const mediaId = publishContainer(call, viewer.person, container, children);
  call.world.store.run("UPDATE instagram_containers SET published = 1 WHERE id = ?", id);
  return graph.answer(call, { id: mediaId });
}

function setStuck(call: Call, id: string): void {
  call.world.store.run("UPDATE instagram_containers SET stuck = 1 WHERE id = ? AND published = 0", id);
}

function toContainer(row: Row, now: number): Container {
  const media = textOrNull(row, "media");
  return {
    id: text(row, "id"),
    owner: text(row, "owner"),
    draft: Draft.parse(JSON.parse(text(row, "draft"))),
    media: media === null ? null : PictureSchema.parse(JSON.parse(media)),
    createdAt: integer(row, "created_at"),
    upload: z.enum(["none", "waiting", "done"]).parse(text(row, "upload")),
    receivedBytes: integer(row, "received"),
    errorSubcode: textOrNull(row, "error"),
    state: stateOf(row, now),
  };
}

function stateOf(row: Row, now: number): Container["state"] {
  if (integer(row, "published") === 1) return "PUBLISHED";
  const done = integer(row, "stuck") === 0 && now >= integer(row, "ready_at") && text(row, "upload") !== "waiting";
  if (done && textOrNull(row, "error") !== null) return "ERROR";
  if (now >= integer(row, "created_at") + DAY_MS) return "EXPIRED";
  return done ? "FINISHED" : "IN_PROGRESS";
}
