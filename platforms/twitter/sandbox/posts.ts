import { createHash } from "node:crypto";

import { type Look, type NewPost as LedgerPost, pictureOf } from "../../../sandbox/ledger.ts";
import type { Call, CallPost, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { text } from "../../../sandbox/store.ts";
import { validateCreate, CreateBody, type NewPost } from "./create.ts";
import { answer, PROBLEMS, Refusal } from "./errors.ts";
import { renderText } from "./render.ts";
import { newId } from "./snowflake.ts";
import { findMedia, kindOf } from "./stored-media.ts";
import type { XPost } from "./stored-post.ts";
import { linksIn } from "./text.ts";
import { accountOf, isSubscriber, withViewer, type Viewer } from "./viewer.ts";

/** Posts: create and delete. Source: X docs, manage posts, 2026-08-22. */
const WRITE = ["tweet.write", "tweet.read", "users.read"];

export const POST_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "api.x.com",
    path: "/2/tweets",
    operation: "publish",
    post: carriedPost,
    run: withViewer(WRITE, create),
  },
  { method: "DELETE", host: "api.x.com", path: "/2/tweets/{id}", operation: "delete", run: withViewer(WRITE, remove) },
];

export function postUrl(username: string, id: string): string {
  return `https://x.com/${username}/status/${id}`;
}

/**
 * X has no handle before the post exists, so one post's calls are matched by account and content: media by their bytes,
 * not by their IDs.
 */
function carriedPost(call: Call): CallPost {
  const body = call.body.kind === "json" ? CreateBody.partial().safeParse(call.body.value).data : undefined;
  const accountId = accountOf(call);
  const media = (body?.media?.media_ids ?? []).map((id) => findMedia(call, id)?.facts?.sha256 ?? id);
  const content = JSON.stringify([
    accountId,
    body?.text ?? "",
    media,
    body?.reply?.in_reply_to_tweet_id ?? null,
    body?.poll ?? null,
  ]);
  return {
    accountId,
    text: body?.text ?? "",
    carriesText: true,
    handle: createHash("sha256").update(content).digest("base64url"),
  };
}

function create(call: Call, viewer: Viewer): PlatformAnswer {
  const draft = validateCreate(call, viewer);
  const post = insert(call, viewer, draft);
  call.world.ledger.add(ledgerPost(viewer, post, carriedPost(call).handle ?? post.id));
  return answer(call, { data: { id: post.id, text: post.rendered.short, edit_history_tweet_ids: [post.id] } }, 201);
}

function insert(call: Call, viewer: Viewer, { text: written, media, parent, body }: NewPost): XPost {
  const id = newId(call);
  const post: Omit<XPost, "seq"> = {
    id,
    author: viewer.person.id,
    text: written,
    at: call.now,
    replyToId: parent?.id ?? null,
    conversationId: parent?.conversationId ?? id,
    rendered: renderText(call, written, {
      postUrl: postUrl(viewer.person.username, id),
      mediaKind: media[0] && kindOf(media[0].category),
    }),
    media: media.map(({ key, category, altText, facts }) => ({
      key,
      type: kindOf(category) === "video" ? "video" : kindOf(category) === "gif" ? "animated_gif" : "photo",
      altText,
      ...pictureOf(facts),
    })),
    poll: body.poll
      ? { id: newId(call), options: body.poll.options, durationMinutes: body.poll.duration_minutes }
      : null,
    replySettings: body.reply_settings ?? body.poll?.reply_settings ?? "everyone",
    settings: settingsOf(body),
  };
  const lagSeconds = call.behaviour?.name.startsWith("timeline-lag-") === true ? (call.behaviour.number ?? 0) : 0;
  const { rendered, poll, replySettings, settings } = post;
  const seq = call.world.store.next("twitter.post");
  call.world.store.run(
    `INSERT INTO twitter_posts (seq, id, author, text, at, visible_at, reply_to, conversation, detail)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    seq,
    id,
    post.author,
    written,
    post.at,
    post.at + lagSeconds * 1000,
    post.replyToId,
    post.conversationId,
    JSON.stringify({ rendered, media: post.media, poll, replySettings, settings }),
  );
  return { ...post, seq };
}

/** All fields sent besides the text and the media. */
function settingsOf({ text: _text, media, ...rest }: CreateBody): Record<string, unknown> {
  return { ...rest, ...(media?.tagged_user_ids && { tagged_user_ids: media.tagged_user_ids }) };
}

/** Only the person's own. Deleting a deleted post succeeds. */
function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const row = call.world.store.get("SELECT author FROM twitter_posts WHERE id = ?", id);
  if (row && text(row, "author") !== viewer.person.id) throw new Refusal(PROBLEMS.notPermitted);
  if (!row) throw new Refusal(PROBLEMS.notFound);
  call.world.store.run("UPDATE twitter_posts SET deleted = 1 WHERE id = ?", id);
  call.world.ledger.remove("twitter", id);
  return answer(call, { data: { deleted: true } });
}

const LEDGER_TYPES = { photo: "image", animated_gif: "gif", video: "video" } as const;

function ledgerPost({ person, facts }: Viewer, post: XPost, handle: string): LedgerPost {
  return {
    platform: "twitter",
    accountId: person.id,
    id: post.id,
    url: postUrl(person.username, post.id),
    text: post.text,
    media: post.media.map(({ type, altText }) => ({ type: LEDGER_TYPES[type], altText })),
    kind: ledgerKind(post),
    visibility: facts.protected ? "protected" : "public",
    settings: post.settings,
    at: post.at,
    endsAt: null,
    handle,
    rootId: post.conversationId,
    look: lookOf({ person, facts }, post),
  };
}

function ledgerKind({ media }: XPost): LedgerPost["kind"] {
  if (media.length > 1) return "carousel";
  return media[0] ? LEDGER_TYPES[media[0].type] : "text";
}

const REPLY_NOTES: Readonly<Record<string, string>> = {
  following: "Accounts you follow can reply",
  mentionedUsers: "Only accounts you mention can reply",
  subscribers: "Only your subscribers can reply",
  verified: "Only verified accounts can reply",
};

function lookOf({ person, facts }: Pick<Viewer, "person" | "facts">, post: XPost): Look {
  const link = post.media.length === 0 && !post.poll ? linksIn(post.text)[0]?.written : undefined;
  const { poll } = post;
  return {
    author: { username: person.username, name: person.name, url: `https://x.com/${person.username}` },
    media: post.media.map((medium) => ({ ...pictureOf(medium), type: LEDGER_TYPES[medium.type], hidden: false })),
    link: link === undefined ? null : { url: /^https?:/i.test(link) ? link : `http://${link}`, title: null },
    poll: poll?.options ?? [],
    attachment: null,
    topic: isSubscriber(facts) ? "verified" : null,
    replyToId: post.replyToId,
    quotedId: null,
    notes: [
      ...(poll ? [`0 votes · ${duration(poll.durationMinutes)} left`] : []),
      ...(REPLY_NOTES[post.replySettings] ? [REPLY_NOTES[post.replySettings] ?? ""] : []),
      ...(post.settings["made_with_ai"] === true ? ["Made with AI"] : []),
      ...(post.settings["paid_partnership"] === true ? ["Paid partnership"] : []),
    ],
  };
}

function duration(minutes: number): string {
  const amount = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (minutes < 60) return amount(minutes, "minute");
  return minutes < 1440 ? amount(Math.round(minutes / 60), "hour") : amount(Math.round(minutes / 1440), "day");
}
