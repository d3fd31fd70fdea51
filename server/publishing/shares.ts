import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { Claim } from "./claim.ts";

/**
 * How a lane's slots are divided. Whoever comes takes what is free, all of it where nobody else waits. Beside the slots
 * there are as many again in reserve, for those who hold little: so what hangs (a platform, a user's own server) holds up
 * nobody but itself. What is held counts, not what is still to be had. Test mode may take a part of the reserve only, so
 * live mode never waits for it.
 */
export interface Room {
  free: number;
  reserve: Record<Mode, number>;
  /** Who holds less in the lane is served from the reserve. Of what a group holds no user's part counts for more than that user's share. */
  shares: { user: number; group: number };
}

const GROUP_SHARE = 1 / 4;
const USER_SHARE = 1 / 8;
const TEST_RESERVE = 1 / 4;

/** What stands or falls together: a platform in a mode. */
export function groupOf({ mode, platform }: { mode: Mode; platform: PlatformName }): string {
  return `${mode} ${platform}`;
}

/** `open` is how many of the lane's slots are to be used at the moment. */
export function roomIn(slots: number, open: number, running: number): Room {
  const left = (upTo: number) => Math.max(0, Math.floor(upTo) - Math.max(slots, running));
  return {
    free: Math.max(0, open - running),
    reserve: { live: left(2 * slots), test: left(slots + slots * TEST_RESERVE) },
    shares: { user: Math.max(1, Math.floor(slots * USER_SHARE)), group: Math.max(2, Math.floor(slots * GROUP_SHARE)) },
  };
}

/** Whether a claim from another lane finds a place. */
export function hasRoomFor({ free, reserve, shares }: Room, claim: Claim, running: ReadonlySet<Claim>): boolean {
  if (free > 0) return true;
  const ofUser = [...running].filter(({ userId }) => userId === claim.userId).length;
  const ofGroup = heldByGroup(running, shares.user).get(groupOf(claim)) ?? 0;
  return reserve[claim.mode] > 0 && ofUser < shares.user && ofGroup < shares.group;
}

/** How much each group holds, as far as it counts. */
export function heldByGroup(running: Iterable<Claim>, shareOfUser: number): Map<string, number> {
  const held = new Map<string, number>();
  const byUser = Map.groupBy(running, (claim) => `${groupOf(claim)} ${claim.userId}`);
  for (const [claim, ...more] of byUser.values())
    if (claim !== undefined)
      held.set(groupOf(claim), (held.get(groupOf(claim)) ?? 0) + Math.min(shareOfUser, 1 + more.length));
  return held;
}

export function countBy<Item>(
  items: Iterable<Item>,
  nameOf: (item: Item) => string,
  counts = new Map<string, number>(),
): Map<string, number> {
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
}
