import type { PlatformContent } from "../../model/post.ts";
import { settingsReader } from "../kit/settings.ts";
import { BrokerError, type Checkpoint, type PublishMedia, type StepContext, type StepDone } from "../platform.ts";
import { settings } from "./settings.ts";

export const settingsOf = settingsReader(settings);

/** One post of a thread, counted from 1 as people count; the first is the post itself. */
export interface Part {
  number: number;
  text: string;
  media: PublishMedia[];
}

export function partsOf(content: PlatformContent<PublishMedia>): Part[] {
  return [content, ...content.thread].map(({ text, media }, index) => ({ number: index + 1, text, media }));
}

/** A medium on its way to X. */
export interface File {
  part: Part;
  media: PublishMedia;
  /** "again-" if it is uploaded again. */
  prefix: string;
  /** Part and place: "1-2". */
  key: string;
}

/** Names of steps, and of what they store in the checkpoint. */
export function namesOf({ number }: Pick<Part, "number">) {
  return {
    /** Right before the post: records that it was started. */
    ready: `ready-${number}`,
    /** The creating request; stores the post's ID under its own name. */
    post: `post-${number}`,
    begun: `begun-${number}`,
  };
}

/** The post that this part replies to; null if none. */
export function parentOf(context: StepContext, part: Part): string | null {
  if (part.number === 1) return settingsOf(context).replyTo ?? null;
  const before = context.checkpoint[namesOf({ number: part.number - 1 }).post];
  if (typeof before === "string") return before;
  throw new BrokerError(
    "OUTCOME_UNKNOWN",
    "The previous part is live on X, but its ID is unknown, so the next part cannot reply to it.",
  );
}

/** Source: X OpenAPI 2.167, POST /2/tweets: unknown fields are rejected. */
export function bodyOf(context: StepContext, part: Part): Record<string, unknown> {
  const { replySettings, poll } = part.number === 1 ? settingsOf(context) : {};
  const parent = parentOf(context, part);
  return {
    text: part.text,
    media: part.media.length === 0 ? undefined : { media_ids: attachedIds(context, part) },
    reply: parent === null ? undefined : { in_reply_to_tweet_id: parent },
    poll: poll && { options: poll.options, duration_minutes: poll.durationMinutes },
    reply_settings: replySettings,
  };
}

/** The ids to attach, in the caller's order. */
function attachedIds({ checkpoint }: Pick<StepContext, "checkpoint">, part: Part): string[] {
  return part.media.map((_, index) => String(checkpoint[`media-${part.number}-${index + 1}`]));
}

/** What a part's post stores once it is known to be live. */
export function doneOf(
  { account, checkpoint }: Pick<StepContext, "account" | "checkpoint">,
  part: Part,
  id: string,
): StepDone {
  const done = { [namesOf(part).post]: id };
  const url = (of: string) => `https://x.com/${account.username ?? "i/web"}/status/${of}`;
  if (part.number === 1) return { done, remoteId: id, platformPostId: id, publishedUrl: url(id) };
  const known: Checkpoint = { ...checkpoint, ...done };
  const parts = Array.from({ length: part.number - 1 }, (_, index) => known[namesOf({ number: index + 2 }).post]);
  return {
    done,
    remoteId: id,
    parts: parts
      .filter((each) => typeof each === "string")
      .map((each) => ({ platformPostId: each, publishedUrl: url(each) })),
  };
}
