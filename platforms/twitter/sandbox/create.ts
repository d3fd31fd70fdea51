import { z } from "zod";

import type { Call } from "../../../sandbox/platform.ts";
import { invalid, PROBLEMS, Refusal } from "./errors.ts";
import { videoMinutes } from "./media-rules.ts";
import { hasSucceeded } from "./processing.ts";
import { readJson } from "./schema.ts";
import { findMedia, kindOf, type XMedia } from "./stored-media.ts";
import { findPost, type XPost } from "./stored-post.ts";
import { cashtagsIn, hasForbiddenSigns, mentionsIn, weightOf } from "./text.ts";
import { isSubscriber, type Viewer } from "./viewer.ts";

/** Validates the body of `POST /2/tweets`. Source: X OpenAPI 2.167; X docs, posts, 2026-08-22. */
const Id = z.string().regex(/^[0-9]{1,19}$/);
const ATTACHMENTS = ["media", "poll", "quote_tweet_id", "card_uri", "direct_message_deep_link"] as const;

export const CreateBody = z.strictObject({
  text: z.string().optional(),
  media: z.strictObject({ media_ids: z.array(Id).min(1), tagged_user_ids: z.array(Id).max(10).optional() }).optional(),
  reply: z
    .strictObject({
      in_reply_to_tweet_id: Id,
      exclude_reply_user_ids: z.array(Id).optional(),
      auto_populate_reply_metadata: z.boolean().optional(),
    })
    .optional(),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1).max(25)).min(2).max(4),
      duration_minutes: z.int().min(5).max(10_080),
      reply_settings: z.enum(["following", "mentionedUsers", "subscribers", "verified"]).optional(),
    })
    .optional(),
  quote_tweet_id: Id.optional(),
  reply_settings: z.enum(["following", "mentionedUsers", "subscribers", "verified"]).optional(),
  made_with_ai: z.boolean().optional(),
  paid_partnership: z.boolean().optional(),
  community_id: Id.optional(),
  share_with_followers: z.boolean().optional(),
  edit_options: z.strictObject({ previous_post_id: Id }).optional(),
  nullcast: z.boolean().optional(),
  for_super_followers_only: z.boolean().optional(),
  geo: z.strictObject({ place_id: z.string() }).optional(),
  card_uri: z.string().optional(),
  direct_message_deep_link: z.string().optional(),
});

export type CreateBody = z.infer<typeof CreateBody>;

export interface NewPost {
  text: string;
  media: XMedia[];
  parent: XPost | null;
  body: CreateBody;
}

/** The same text by the same person within these hours is a duplicate. The sandbox's choice: X documents no window. */
const DUPLICATE_MS = 6 * 3_600_000;

export function validateCreate(call: Call, viewer: Viewer): NewPost {
  const body = readJson(call, CreateBody);
  const text = (body.text ?? "").trim();
  validateAttachments(body, text);
  refuseGated(body);
  const media = (body.media?.media_ids ?? []).map((id) => findMedia(call, id));
  validateMedia(call, viewer, body, media);
  validateText(text, viewer);
  const parent = body.reply === undefined ? null : validateReply(call, viewer, body.reply.in_reply_to_tweet_id);
  validateVideo(media, viewer);
  if (text !== "" && isRepeated(call, viewer, text)) throw new Refusal(PROBLEMS.duplicate);
  return { text, media: media.filter((one) => one !== undefined), parent, body };
}

function validateAttachments(body: CreateBody, text: string): void {
  const present = ATTACHMENTS.filter((name) => body[name] !== undefined);
  if (present.length > 1)
    throw new Refusal(
      invalid(
        `You can only provide one of ${ATTACHMENTS.join(", ")}.`,
        Object.fromEntries(present.map((name) => [name, []])),
      ),
    );
  if (text === "" && body.media === undefined)
    throw new Refusal(invalid("$.text: is required unless there is media", { text: [body.text ?? ""] }));
  const ids = body.media?.media_ids ?? [];
  if (ids.length > 4)
    throw new Refusal(
      invalid("$.media.media_ids: there must be a maximum of 4 items in the array", { "media.media_ids": ids }),
    );
  if (new Set(ids).size < ids.length) throw new Refusal(PROBLEMS.mediaIds(ids));
  if (hasForbiddenSigns(text)) throw new Refusal(invalid("$.text: has invalid characters", { text: [text] }));
}

/** What self-serve apps cannot do (X docs, 2026-04-20), and what the sandbox lacks: communities, edits, ads. */
function refuseGated(body: CreateBody): void {
  const enterprise = [body.quote_tweet_id, body.community_id, body.card_uri, body.direct_message_deep_link];
  const isGated =
    enterprise.some((value) => value !== undefined) || body.nullcast === true || body.for_super_followers_only === true;
  if (isGated || body.edit_options !== undefined) throw new Refusal(PROBLEMS.notPermitted);
}

function validateMedia(call: Call, viewer: Viewer, body: CreateBody, media: readonly (XMedia | undefined)[]): void {
  const isUsable = (one: XMedia | undefined) =>
    one !== undefined &&
    one.owner === viewer.person.id &&
    one.finishedAt !== null &&
    one.category.startsWith("tweet_") &&
    hasSucceeded(call, one.id);
  if (!media.every(isUsable)) throw new Refusal(PROBLEMS.mediaIds(body.media?.media_ids ?? []));
  const kinds = media.map((one) => one && kindOf(one.category));
  if (kinds.length > 1 && kinds.some((kind) => kind !== "image")) {
    throw new Refusal(
      invalid("You can only provide one of a video, an animated GIF or up to 4 images.", {
        "media.media_ids": body.media?.media_ids ?? [],
      }),
    );
  }
}

function validateText(text: string, { facts }: Viewer): void {
  if (weightOf(text) > (isSubscriber(facts) ? 25_000 : 280)) throw new Refusal(PROBLEMS.notPermitted);
  if (cashtagsIn(text).length > 1) throw new Refusal(PROBLEMS.cashtags);
}

/** A reply to someone else is accepted only if that post mentions or quotes the person. */
function validateReply(call: Call, { person }: Viewer, parentId: string): XPost {
  const parent = findPost(call, parentId);
  if (!parent) throw new Refusal(PROBLEMS.replyGone);
  const isMentioned = mentionsIn(parent.text).some((name) => name.toLowerCase() === person.username.toLowerCase());
  if (parent.author !== person.id && !isMentioned) throw new Refusal(PROBLEMS.replyRestricted);
  return parent;
}

/** Media accepted at upload can still be too long for this person. */
function validateVideo(media: readonly (XMedia | undefined)[], viewer: Viewer): void {
  const minutes = videoMinutes(viewer);
  if (media.some((one) => (one?.facts?.durationSeconds ?? 0) > minutes * 60))
    throw new Refusal(PROBLEMS.videoTooLong(minutes));
}

function isRepeated(call: Call, { person }: Viewer, text: string): boolean {
  const since = call.now - DUPLICATE_MS;
  return (
    call.world.store.get(
      "SELECT 1 FROM twitter_posts WHERE author = ? AND text = ? AND at > ? AND deleted = 0",
      person.id,
      text,
      since,
    ) !== undefined
  );
}
