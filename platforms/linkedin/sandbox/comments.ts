import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { text } from "../../../sandbox/store.ts";
import { badValue, ERRORS, noPermission, Refusal, restHeaders } from "./errors.ts";
import { bodyOf, checkFields, textOf } from "./fields.ts";
import { versioned, type Viewer } from "./viewer.ts";

/** Comments on posts: members can write and delete theirs, and read none. Source: LinkedIn docs, comments-api, 2026. */
const HOST = "api.linkedin.com";
const PATH = "/rest/socialActions/{urn}/comments";

export const COMMENT_ROUTES: readonly SandboxRoute[] = [
  { method: "POST", host: HOST, path: PATH, operation: "create", run: versioned("socialActions/comments.CREATE", add) },
  {
    method: "GET",
    host: HOST,
    path: PATH,
    operation: "read",
    run: versioned("socialActions/comments.GET_ALL", refuseList),
  },
  {
    method: "DELETE",
    host: HOST,
    path: `${PATH}/{id}`,
    operation: "delete",
    run: versioned("socialActions/comments.DELETE", remove),
  },
];

export const COMMENTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS linkedin_comments (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, post TEXT NOT NULL, actor TEXT NOT NULL, words TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS linkedin_comments_by_post ON linkedin_comments (post, seq);`;

/** Source: field reports. */
const MAX_CHARACTERS = 1250;

function add(call: Call, viewer: Viewer): PlatformAnswer {
  const post = call.segments["urn"] ?? "";
  const body = checkFields(bodyOf(call), "", {
    actor: { kind: "string", required: true },
    object: { kind: "string" },
    message: { kind: "object", required: true },
    parentComment: { kind: "string" },
    content: { kind: "array" },
  });
  const message = checkFields(body["message"], "/message", {
    text: { kind: "string", required: true },
    attributes: { kind: "array" },
  });
  const words = textOf(message, "text") ?? "";
  if (textOf(body, "actor") !== viewer.urn)
    throw new Refusal({ ...ERRORS.notAuthor, message: ERRORS.notAuthor.message.replace("/author", "/actor") });
  if (body["object"] !== undefined && textOf(body, "object") !== post)
    throw new Refusal(badValue("object has to be the post that the path names"));
  if (words.trim() === "") throw new Refusal({ ...ERRORS.blank, message: "The value of the field text is blank" });
  if (words.length > MAX_CHARACTERS) throw new Refusal(ERRORS.tooLong);
  const { store } = call.world;
  const found = store.get("SELECT 1 FROM linkedin_posts WHERE urn = ? AND deleted = 0", post);
  if (!found) throw new Refusal(ERRORS.notFound);
  const seq = store.next("linkedin.comment");
  const id = String(7_295_588_489_876_647_936n + BigInt(seq) * 4096n);
  store.run("INSERT INTO linkedin_comments VALUES (?, ?, ?, ?, ?, ?)", seq, id, post, viewer.urn, words, call.now);
  showComments(call, post);
  const stamp = { actor: viewer.urn, time: call.now };
  const comment = {
    actor: viewer.urn,
    commentUrn: `urn:li:comment:(${post},${id})`,
    created: stamp,
    id,
    lastModified: stamp,
    likesSummary: { selectedLikes: [], aggregatedTotalLikes: 0, likedByCurrentUser: false, totalLikes: 0 },
    message: { attributes: [], text: words },
    object: post,
  };
  return jsonAnswer(comment, { status: 201, headers: { ...restHeaders(call), "x-restli-id": id } });
}

/** Reading comments needs a scope that only partners get. */
function refuseList(call: Call): never {
  throw new Refusal(noPermission(`socialActions/comments.GET_ALL.${call.headers["linkedin-version"]}01`));
}

function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const { urn: post = "", id = "" } = call.segments;
  const row = call.world.store.get("SELECT actor FROM linkedin_comments WHERE post = ? AND id = ?", post, id);
  if (!row) throw new Refusal(ERRORS.notFound);
  if (text(row, "actor") !== viewer.urn) throw new Refusal(noPermission("socialActions/comments.DELETE"));
  call.world.store.run("DELETE FROM linkedin_comments WHERE id = ?", id);
  showComments(call, post);
  return { status: 204, headers: restHeaders(call), body: "" };
}

/** The ledger and the page show a post's comments with it. */
function showComments(call: Call, post: string): void {
  const rows = call.world.store.all("SELECT words FROM linkedin_comments WHERE post = ? ORDER BY seq LIMIT 20", post);
  call.world.ledger.setExtra("linkedin", post, { comments: rows.map((row) => text(row, "words")) });
}
