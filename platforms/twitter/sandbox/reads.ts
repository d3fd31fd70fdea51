import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { answer, invalid, PROBLEMS, Refusal } from "./errors.ts";
import { fieldsOf, missingResource, needQuery, pickFields } from "./fields.ts";
import { USER_FIELDS, userValues } from "./profiles.ts";
import { entitiesOf } from "./render.ts";
import { findPost, toPost, type PostMedia, type XPost } from "./stored-post.ts";
import { mentionsIn } from "./text.ts";
import { factsOf, withViewer, type Viewer } from "./viewer.ts";

/**
 * Reading posts. Both the field names of the docs and those of the newer specification work.
 * Source: X docs, timelines, 2026-08-22; X OpenAPI 2.167.
 */
const OLD_FIELDS = [
  "article",
  "attachments",
  "author_id",
  "card_uri",
  "community_id",
  "context_annotations",
  "conversation_id",
  "created_at",
  "display_text_range",
  "edit_controls",
  "edit_history_tweet_ids",
  "entities",
  "geo",
  "id",
  "in_reply_to_user_id",
  "lang",
  "media_metadata",
  "non_public_metrics",
  "note_tweet",
  "organic_metrics",
  "possibly_sensitive",
  "promoted_metrics",
  "public_metrics",
  "referenced_tweets",
  "reply_settings",
  "scopes",
  "source",
  "text",
  "withheld",
] as const;

const NEW_NAMES: Readonly<Record<string, string>> = {
  edit_history_tweet_ids: "edit_history_post_ids",
  note_tweet: "note_post",
  referenced_tweets: "referenced_posts",
};

const COMMON = {
  "tweet.fields": OLD_FIELDS,
  "post.fields": OLD_FIELDS.map((name) => NEW_NAMES[name] ?? name),
  expansions: [
    "attachments.media_keys",
    "attachments.poll_ids",
    "author_id",
    "entities.mentions.username",
    "in_reply_to_user_id",
    "referenced_tweets.id",
    "referenced_posts.id",
  ],
  "media.fields": [
    "alt_text",
    "duration_ms",
    "height",
    "media_key",
    "non_public_metrics",
    "organic_metrics",
    "preview_image_url",
    "promoted_metrics",
    "public_metrics",
    "type",
    "url",
    "variants",
    "width",
  ],
  "poll.fields": ["duration_minutes", "end_datetime", "id", "options", "voting_status"],
  "user.fields": USER_FIELDS,
  "place.fields": null,
} as const;

const SCOPES = ["tweet.read", "users.read"];
const HOST = "api.x.com";

export const READ_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: HOST, path: "/2/users/{id}/tweets", operation: "read", run: withViewer(SCOPES, readTimeline) },
  { method: "GET", host: HOST, path: "/2/tweets", operation: "read", run: withViewer(SCOPES, readPosts) },
  { method: "GET", host: HOST, path: "/2/tweets/{id}", operation: "read", run: withViewer(SCOPES, readPost) },
];

const TIMELINE = {
  ...COMMON,
  max_results: null,
  start_time: null,
  end_time: null,
  since_id: null,
  until_id: null,
  pagination_token: null,
  exclude: ["replies", "retweets"],
} as const;

/** Newest first, without posts that are not listed yet. */
function readTimeline(call: Call, viewer: Viewer): PlatformAnswer {
  const { query, world, now } = call;
  needQuery(call, TIMELINE);
  const id = call.segments["id"] ?? "";
  const person = world.identity.person("twitter", id);
  if (!/^[0-9]{1,19}$/.test(id))
    throw new Refusal(invalid(`The \`id\` query parameter value [${id}] is not valid`, { id: [id] }));
  if (!person) return answer(call, { errors: [missingResource("user", "id", id)] });
  if (factsOf(person).protected && id !== viewer.person.id) throw new Refusal(PROBLEMS.forbidden);
  const limit = numberOf(query, "max_results");
  const noReplies = (query.get("exclude") ?? "").split(",").includes("replies");
  const before = cursorOf(query.get("pagination_token"));
  const rows = world.store.all(
    `SELECT * FROM twitter_posts WHERE author = ? AND deleted = 0 AND visible_at <= ? AND at >= ? AND at < ? AND seq < ?
       AND CAST(id AS INTEGER) > CAST(? AS INTEGER) AND CAST(id AS INTEGER) < CAST(? AS INTEGER)
       AND (? = 0 OR reply_to IS NULL)
     ORDER BY seq DESC LIMIT ?`,
    id,
    now,
    timeOf(query, "start_time") ?? 0,
    timeOf(query, "end_time") ?? Number.MAX_SAFE_INTEGER,
    before ?? Number.MAX_SAFE_INTEGER,
    idOf(query, "since_id") ?? "0",
    idOf(query, "until_id") ?? "9223372036854775807",
    noReplies ? 1 : 0,
    limit + 1,
  );
  const posts = rows.slice(0, limit).map(toPost);
  const newest = posts[0];
  const oldest = posts.at(-1);
  if (!newest || !oldest) return answer(call, { meta: { result_count: 0 } });
  const next = rows.length > posts.length ? { next_token: Buffer.from(String(oldest.seq)).toString("base64url") } : {};
  return answer(call, {
    data: posts.map((post) => postValues(call, viewer, post)),
    ...includes(call, viewer, posts),
    meta: { result_count: posts.length, newest_id: newest.id, oldest_id: oldest.id, ...next },
  });
}

function readPosts(call: Call, viewer: Viewer): PlatformAnswer {
  needQuery(call, { ...COMMON, ids: null });
  const ids = fieldsOf(call, "ids");
  if (ids.length < 1 || ids.length > 100 || ids.some((id) => !/^[0-9]{1,19}$/.test(id))) {
    throw new Refusal(
      invalid("The `ids` query parameter has to hold 1 to 100 ids", { ids: [call.query.get("ids") ?? ""] }),
    );
  }
  const found = ids.map((id) => findPost(call, id)).filter((post) => post !== undefined);
  const missing = ids
    .filter((id) => !found.some((post) => post.id === id))
    .map((id) => missingResource("tweet", "ids", id));
  return answer(call, {
    ...(found.length > 0 && {
      data: found.map((post) => postValues(call, viewer, post)),
      ...includes(call, viewer, found),
    }),
    ...(missing.length > 0 && { errors: missing }),
  });
}

function readPost(call: Call, viewer: Viewer): PlatformAnswer {
  needQuery(call, COMMON);
  const id = call.segments["id"] ?? "";
  const post = findPost(call, id);
  if (!post) return answer(call, { errors: [missingResource("tweet", "id", id)] });
  return answer(call, { data: postValues(call, viewer, post), ...includes(call, viewer, [post]) });
}

/** `id`, `text`, the history and the fields requested with `tweet.fields` or `post.fields`. */
function postValues(call: Call, viewer: Viewer, post: XPost): Record<string, unknown> {
  const parent = post.replyToId === null ? undefined : findPost(call, post.replyToId);
  const { short, shortUrls, note } = post.rendered;
  const usesNewNames = call.query.has("post.fields");
  const named = (name: string) => (usesNewNames ? (NEW_NAMES[name] ?? name) : name);
  const hasAttachments = post.media.length > 0 || post.poll !== null;
  const entities = entitiesOf(short, shortUrls);
  const values = {
    id: post.id,
    text: short,
    edit_history_tweet_ids: [post.id],
    attachments: hasAttachments
      ? {
          ...(post.media.length > 0 && { media_keys: post.media.map(({ key }) => key) }),
          ...(post.poll && { poll_ids: [post.poll.id] }),
        }
      : undefined,
    author_id: post.author,
    conversation_id: post.conversationId,
    created_at: new Date(post.at).toISOString(),
    edit_controls: {
      edits_remaining: 5,
      is_edit_eligible: false,
      editable_until: new Date(post.at + 3_600_000).toISOString(),
    },
    entities: Object.keys(entities).length > 0 ? entities : undefined,
    in_reply_to_user_id: parent?.author,
    lang: "en",
    note_tweet: note
      ? { text: note.text, ...(note.urls.length > 0 && { entities: entitiesOf(note.text, note.urls) }) }
      : undefined,
    possibly_sensitive: false,
    public_metrics: {
      retweet_count: 0,
      reply_count: repliesOf(call, post.id),
      like_count: 0,
      quote_count: 0,
      bookmark_count: 0,
      impression_count: 0,
    },
    non_public_metrics: post.author === viewer.person.id ? { impression_count: 0, user_profile_clicks: 0 } : undefined,
    referenced_tweets: post.replyToId === null ? undefined : [{ type: "replied_to", id: post.replyToId }],
    reply_settings: post.replySettings,
    source: "Sandbox App",
  };
  const renamed = Object.fromEntries(Object.entries(values).map(([name, value]) => [named(name), value]));
  return pickFields(
    call,
    usesNewNames ? "post.fields" : "tweet.fields",
    ["id", "text", named("edit_history_tweet_ids")],
    renamed,
  );
}

function includes(call: Call, viewer: Viewer, posts: readonly XPost[]): Record<string, unknown> {
  const expansions = fieldsOf(call, "expansions");
  const lists: Record<string, unknown[]> = {};
  if (expansions.includes("attachments.media_keys"))
    lists["media"] = posts.flatMap((post) => post.media.map((media) => mediaValues(call, media)));
  if (expansions.includes("attachments.poll_ids")) lists["polls"] = posts.flatMap((post) => pollValues(call, post));
  const people = new Set([
    ...(expansions.includes("author_id") ? posts.map((post) => post.author) : []),
    ...(expansions.includes("in_reply_to_user_id")
      ? posts.flatMap((post) => (post.replyToId === null ? [] : (findPost(call, post.replyToId)?.author ?? [])))
      : []),
    ...(expansions.includes("entities.mentions.username")
      ? posts.flatMap((post) =>
          mentionsIn(post.text).flatMap((name) => call.world.identity.personByUsername("twitter", name)?.id ?? []),
        )
      : []),
  ]);
  lists["users"] = [...people].flatMap((id) => {
    const person = call.world.identity.person("twitter", id);
    return person ? [userValues(call, person, viewer)] : [];
  });
  if (expansions.includes("referenced_tweets.id") || expansions.includes("referenced_posts.id")) {
    const parents = posts.flatMap((post) => (post.replyToId === null ? [] : (findPost(call, post.replyToId) ?? [])));
    lists[call.query.has("post.fields") ? "posts" : "tweets"] = parents.map((post) => postValues(call, viewer, post));
  }
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
  return filled.length > 0 ? { includes: Object.fromEntries(filled) } : {};
}

function mediaValues(call: Call, media: PostMedia): Record<string, unknown> {
  const isPhoto = media.type === "photo";
  return pickFields(call, "media.fields", ["media_key", "type"], {
    media_key: media.key,
    type: media.type,
    alt_text: media.altText ?? undefined,
    width: media.width ?? undefined,
    height: media.height ?? undefined,
    duration_ms:
      media.type === "video" && media.durationSeconds !== null ? Math.round(media.durationSeconds * 1000) : undefined,
    url: isPhoto ? `https://pbs.twimg.com/media/${media.key.replace(/^\d+_/, "")}.jpg` : undefined,
    preview_image_url: isPhoto ? undefined : `https://pbs.twimg.com/media/${media.key.replace(/^\d+_/, "")}.jpg`,
    public_metrics: media.type === "video" ? { view_count: 0 } : undefined,
  });
}

function pollValues(call: Call, { poll, at }: XPost): Record<string, unknown>[] {
  if (!poll) return [];
  const endsAt = at + poll.durationMinutes * 60_000;
  return [
    pickFields(call, "poll.fields", ["id", "options"], {
      id: poll.id,
      options: poll.options.map((label, place) => ({ position: place + 1, label, votes: 0 })),
      duration_minutes: poll.durationMinutes,
      end_datetime: new Date(endsAt).toISOString(),
      voting_status: call.now < endsAt ? "open" : "closed",
    }),
  ];
}

function repliesOf(call: Call, id: string): number {
  return Number(
    call.world.store.get("SELECT count(*) AS number FROM twitter_posts WHERE reply_to = ? AND deleted = 0", id)?.[
      "number"
    ] ?? 0,
  );
}

function numberOf(query: URLSearchParams, name: string): number {
  const value = query.get(name) ?? "10";
  const number = /^\d{1,4}$/.test(value) ? Number(value) : NaN;
  if (!(number >= 5 && number <= 100))
    throw new Refusal(
      invalid(`The \`${name}\` query parameter value [${value}] is not between 5 and 100`, { [name]: [value] }),
    );
  return number;
}

function timeOf(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null) return null;
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/.test(value) ? Date.parse(value) : NaN;
  if (!Number.isFinite(at))
    throw new Refusal(
      invalid(`The \`${name}\` query parameter value [${value}] is not a valid RFC 3339 date-time`, {
        [name]: [value],
      }),
    );
  return at;
}

function idOf(query: URLSearchParams, name: string): string | null {
  const value = query.get(name);
  if (value !== null && !/^[0-9]{1,19}$/.test(value))
    throw new Refusal(
      invalid(`The \`${name}\` query parameter value [${value}] is not a valid id`, { [name]: [value] }),
    );
  return value;
}

function cursorOf(token: string | null): number | null {
  if (token === null) return null;
  const seq = Buffer.from(token, "base64url").toString();
  if (!/^\d{1,15}$/.test(seq))
    throw new Refusal(
      invalid("The `pagination_token` query parameter value is not valid", { pagination_token: [token] }),
    );
  return Number(seq);
}
