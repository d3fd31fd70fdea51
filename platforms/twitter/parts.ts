import type { PlatformContent } from "../../model/post.ts";
import { BrokerError, type PublishMedia, type StepContext, type StepDone } from "../platform.ts";
import { settings, type TwitterSettings } from "./settings.ts";

/** One post of a thread, counted from 1 as people count; the first is the post itself. */
export interface Part {
  number: number;
  text: string;
  media: PublishMedia[];
}

export function partsOf(content: PlatformContent<PublishMedia>): Part[] {
  return [content, ...content.thread].map(({ text, media }, index) => ({ number: index + 1, text, media }));
}

/** Names of steps, and of what they leave in the checkpoint. */
export function namesOf({ number }: Pick<Part, "number">) {
  return {
    /** Right before the post: notes that it was begun. */
    ready: `ready-${number}`,
    /** The creating call; leaves the post's id under its own name. */
    post: `post-${number}`,
    begun: `begun-${number}`,
  };
}

/** The post that this part replies to; null where it replies to none. */
export function parentOf(context: Pick<StepContext, "content" | "checkpoint">, part: Part): string | null {
  if (part.number === 1) return settingsOf(context.content).replyTo ?? null;
  const before = context.checkpoint[namesOf({ number: part.number - 1 }).post];
  if (typeof before === "string") return before;
  throw new BrokerError(
    "OUTCOME_UNKNOWN",
    "The part before is live on X, but not which post it is, so nothing can reply to it.",
  );
}

/** What a part's post leaves once it is known to be live. */
export function doneOf({ account }: Pick<StepContext, "account">, part: Part, id: string): StepDone {
  const done = { [namesOf(part).post]: id };
  if (part.number > 1) return { done, remoteId: id };
  const publishedUrl =
    account.username === null ? `https://x.com/i/web/status/${id}` : `https://x.com/${account.username}/status/${id}`;
  return { done, remoteId: id, platformPostId: id, publishedUrl };
}

/** The judge has accepted them at create. */
export function settingsOf(content: PlatformContent<PublishMedia>): TwitterSettings {
  return settings.parse(content.settings);
}
