import { PublicError } from "../../model/errors.ts";
import type { Tenant } from "../../model/tenant.ts";
import { createSlots, turnOf } from "../turns/slots.ts";

/** Up to so many pixels an image is light work: most phone pictures are. */
export const LIGHT_PIXELS = 20_000_000;

/**
 * Work on pixels: a decoded image takes hundreds of megabytes, so memory stays flat however many arrive at the same
 * time. Here and below, live mode has one more slot than test mode.
 */
export const imageSlots = createSlots({ any: 1, light: 1, first: 1 });

/** Reading a video's index: a large one takes hundreds of megabytes, too. */
export const indexSlots = createSlots({ any: 1, first: 1 });

/** Rewrapping videos: each takes the size of its file on disk. */
export const rewrappingSlots = createSlots({ any: 1, first: 1 });

/** How much of a user's work waits for pixels or an index. */
export function waitingOf(owner: Tenant): number {
  const { whose } = turnOf(owner, false);
  return imageSlots.waitingOf(whose) + indexSlots.waitingOf(whose);
}

/**
 * How many of a user's files can wait for their turn to be read. Most take a few hundredths of a second, the largest
 * some seconds.
 */
const MOST_WAITING = 50;

/** Throws RATE_LIMITED if too much of the user's work waits already. */
export function requireTurn(owner: Tenant, path = ""): void {
  if (waitingOf(owner) < MOST_WAITING) return;
  const message = "Too many of your files are still being processed.";
  throw new PublicError("RATE_LIMITED", message, {
    headers: { "retry-after": "5" },
    issues: [
      {
        rule: "media.waiting",
        code: "RATE_LIMITED",
        platform: null,
        path,
        message,
        actual: MOST_WAITING,
        limit: MOST_WAITING,
        fix: "Try again shortly, and send fewer files at the same time.",
      },
    ],
  });
}
