import type { PlatformContent } from "../../model/post.ts";
import type { BrokerError, PublishMedia, StepContext } from "../platform.ts";

/** How long a step waits between polls, by their number, and when it gives up. */
export interface Patience {
  waits: readonly number[];
  /** After the last of `waits`; a minute by default. */
  thenSeconds?: number;
  giveUpSeconds: number;
}

/** Waits again, or throws `tooLate` once the time is up. */
export function waitAgain(
  { polls, waitedSeconds }: Pick<StepContext, "polls" | "waitedSeconds">,
  { waits, thenSeconds = 60, giveUpSeconds }: Patience,
  tooLate: BrokerError,
): { waitSeconds: number } {
  if (waitedSeconds >= giveUpSeconds) throw tooLate;
  return { waitSeconds: waits[polls] ?? thenSeconds };
}

/** The one video of a post that has one. */
export function videoOf({ content }: Pick<StepContext, "content">): PublishMedia {
  const [media] = content.media;
  if (media === undefined) throw new Error("The post has no video");
  return media;
}

/** The cover of the post's one video: the picture that a setting names, or the video's own thumbnail. */
export function coverOf({ cover, media }: PlatformContent<PublishMedia>): PublishMedia | null {
  return cover ?? media[0]?.thumbnail ?? null;
}
