import { createHash } from "node:crypto";

import { pictureOf } from "../../../sandbox/ledger.ts";
import type { Call, CallPost, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text } from "../../../sandbox/store.ts";
import { findAsset } from "./assets.ts";
import { validatePost, type NewPost, type PostMedium } from "./create.ts";
import { duplicateOf, ERRORS, forbiddenPost, noPermission, Refusal, restHeaders } from "./errors.ts";
import { bodyOf, checkFields, textOf } from "./fields.ts";
import { renderLittleText, withoutEscapes } from "./little-text.ts";
import { accountOf, versioned, type Viewer } from "./viewer.ts";

/** Posts: creating, editing and deleting them. None can be read back. Source: LinkedIn docs, posts-api, 2026-05. */
export const POST_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "api.linkedin.com",
    path: "/rest/posts",
    operation: "publish",
    post: postOf,
    run: versioned("partnerApiPostsExternal.CREATE", create),
  },
  {
    method: "POST",
    host: "api.linkedin.com",
    path: "/rest/posts/{urn}",
    operation: "create",
    run: versioned("partnerApiPostsExternal.PARTIAL_UPDATE", edit),
  },
  {
    method: "DELETE",
    host: "api.linkedin.com",
    path: "/rest/posts/{urn}",
    operation: "delete",
    run: versioned("partnerApiPostsExternal.DELETE", remove),
  },
  {
    method: "GET",
    host: "api.linkedin.com",
    path: "/rest/posts",
    operation: "read",
    run: versioned("partnerApiPostsExternal.FINDER-author", refuseList),
  },
  {
    method: "GET",
    host: "api.linkedin.com",
    path: "/rest/posts/{urn}",
    operation: "read",
    run: versioned("partnerApiPostsExternal.GET", refuseRead),
  },
];

export const POSTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS linkedin_posts (
  urn TEXT PRIMARY KEY, owner TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL,
  deleted INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS linkedin_posts_by_fingerprint ON linkedin_posts (owner, fingerprint, at);`;

/** Source: LinkedIn docs, ugc-post-api: the older API's window; it also applies to deleted posts. */
const DUPLICATE_MS = 10 * 60_000;

/** Posts have no handle before they exist: those of one account with the same text and files count as one. */
function postOf(call: Call): CallPost | undefined {
  const body =
    call.body.kind === "json" && typeof call.body.value === "object" && call.body.value !== null
      ? { ...call.body.value }
      : {};
  const { commentary, content }: { commentary?: unknown; content?: unknown } = body;
  const accountId = accountOf(call);
  const files = JSON.stringify(content ?? null).replace(
    /urn:li:(?:image|video|document):[\w-]+/g,
    (urn) => findAsset(call, urn)?.facts?.sha256 ?? urn,
  );
  const words = typeof commentary === "string" ? commentary : "";
  return {
    accountId,
    text: withoutEscapes(words),
    carriesText: true,
    handle: `${accountId} ${digest([words, files])}`,
  };
}

function create(call: Call, viewer: Viewer): PlatformAnswer {
  const post = validatePost(call, viewer);
  const fingerprint = digest([viewer.urn, post.commentary, sorted(post.content)]);
  const earlier = call.behaviour?.name === "duplicate-unseen" ? undefined : findDuplicate(call, viewer, fingerprint);
  if (earlier !== undefined) throw new Refusal(duplicateOf(earlier));
  const isVideo = post.media.some(({ asset }) => asset.kind === "video");
  const urn = `urn:li:${isVideo ? "ugcPost" : "share"}:${newId(call)}`;
  call.world.store.run(
    "INSERT INTO linkedin_posts (urn, owner, fingerprint, at) VALUES (?, ?, ?, ?)",
    urn,
    viewer.urn,
    fingerprint,
    call.now,
  );
  addToLedger(call, viewer, urn, post);
  return { status: 201, headers: { ...restHeaders(call), "x-restli-id": urn }, body: "" };
}

/** As LinkedIn's: the time in the upper bits, a counter in the lower ones. */
function newId(call: Call): bigint {
  return (BigInt(call.now) << 22n) | (BigInt(call.world.store.next("linkedin.post")) % (1n << 22n));
}

function findDuplicate(call: Call, viewer: Viewer, fingerprint: string): string | undefined {
  const row = call.world.store.get(
    "SELECT urn FROM linkedin_posts WHERE owner = ? AND fingerprint = ? AND at > ? ORDER BY at DESC LIMIT 1",
    viewer.urn,
    fingerprint,
    call.now - DUPLICATE_MS,
  );
  return row && text(row, "urn");
}

function addToLedger(call: Call, viewer: Viewer, urn: string, post: NewPost): void {
  const { id, username, name } = viewer.person;
  const { world, now } = call;
  const scrambled = post.media.some(({ asset }) => asset.scrambled);
  world.ledger.add({
    platform: "linkedin",
    accountId: id,
    id: urn,
    url: `https://www.linkedin.com/feed/update/${urn}/`,
    text: renderLittleText(post.commentary),
    media: post.media.map(({ asset, altText }) => ({ type: asset.kind, altText })),
    kind: post.kind,
    visibility: post.visibility,
    settings: { ...post.settings, ...(scrambled && { scrambled }) },
    at: now,
    endsAt: null,
    handle: postOf(call)?.handle ?? urn,
    rootId: urn,
    look: {
      author: { username, name, url: `https://www.linkedin.com/in/${username}/` },
      media: post.media.map(lookOf),
      link: post.link,
      poll: [],
      attachment: null,
      topic: null,
      replyToId: null,
      quotedId: null,
      notes: [
        ...(scrambled ? ["The video's parts were put together in a wrong order"] : []),
        ...(post.settings["document"] !== undefined ? [`Document: ${String(post.settings["title"])}`] : []),
        ...(post.settings["isReshareDisabledByAuthor"] === true ? ["Reposts are off"] : []),
      ],
    },
  });
}

function lookOf({ asset }: PostMedium) {
  const picture = pictureOf(asset.facts);
  return { ...picture, type: asset.kind, thumbnail: asset.cover ?? picture.thumbnail, hidden: false };
}

function edit(call: Call, viewer: Viewer): PlatformAnswer {
  const urn = call.segments["urn"] ?? "";
  if (call.headers["x-restli-method"]?.toUpperCase() !== "PARTIAL_UPDATE") throw new Refusal(ERRORS.noMap);
  const { patch } = checkFields(bodyOf(call), "", { patch: { kind: "object", required: true } });
  const { $set } = checkFields(patch, "/patch", { $set: { kind: "object", required: true } });
  const set = checkFields($set, "/patch/$set", {
    commentary: { kind: "string" },
    contentCallToActionLabel: { kind: "string" },
    contentLandingPage: { kind: "string" },
    lifecycleState: { kind: "string" },
    adContext: { kind: "object" },
  });
  needOwn(call, viewer, urn, "missing is refused");
  const commentary = textOf(set, "commentary");
  if (commentary !== undefined) call.world.ledger.setExtra("linkedin", urn, { text: renderLittleText(commentary) });
  return { status: 204, headers: restHeaders(call), body: "" };
}

/** Deleting is idempotent, even for posts that never existed. */
function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const urn = call.segments["urn"] ?? "";
  needOwn(call, viewer, urn, "missing is fine");
  call.world.store.run("UPDATE linkedin_posts SET deleted = 1 WHERE urn = ?", urn);
  call.world.ledger.remove("linkedin", urn);
  return { status: 204, headers: restHeaders(call), body: "" };
}

function needOwn(call: Call, viewer: Viewer, urn: string, absent: "missing is fine" | "missing is refused"): void {
  const row = call.world.store.get("SELECT owner, deleted FROM linkedin_posts WHERE urn = ?", urn);
  if (row && text(row, "owner") !== viewer.urn) throw new Refusal(noPermission("partnerApiPostsExternal.DELETE"));
  if (absent === "missing is refused" && (!row || integer(row, "deleted") === 1)) throw new Refusal(ERRORS.notFound);
}

/** Reading posts needs a scope that only partners get. */
function refuseList(call: Call): never {
  throw new Refusal(noPermission(`partnerApiPostsExternal.FINDER-author.${call.headers["linkedin-version"]}01`));
}

function refuseRead(): never {
  throw new Refusal(forbiddenPost());
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}

/** Independent of the field order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
