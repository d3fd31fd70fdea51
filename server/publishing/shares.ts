import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { Claim } from "./claim.ts";

/**
 * How a lane's slots are shared. Free slots go to whoever is first in line, all of them if nobody else is waiting. On
 * top of that there is a reserve of the same size for users and groups that hold little, so that something stuck (a
 * platform, a user's own server) blocks only itself. What counts is how much is held, not how much is still waiting.
 * Test mode can use only a part of the reserve, so that live mode never waits for it.
 */
export interface Room {
  free: number;
  reserve: Record<Mode, number>;
  /**
   * The reserve serves those who hold less than this. Within a group, what one user holds counts up to that user's
   * share.
   */
  shares: { user: number; group: number };
}

const GROUP_SHARE = 1 / 4;
const USER_SHARE = 1 / 8;
const TEST_RESERVE = 1 / 4;

/** Posts that share slots: those of a platform in a mode. */
export function groupOf({ mode, platform }: { mode: Mode; platform: PlatformName }): string {
  return `${mode} ${platform}`;
}

/** `open` is how many of the lane's slots may be used at the moment. */
export function roomIn(slots: number, open: number, running: number): Room {
  const left = (upTo: number) => Math.max(0, Math.floor(upTo) - Math.max(slots, running));
  return {
    free: Math.max(0, open - running),
    reserve: { live: left(2 * slots), test: left(slots + slots * TEST_RESERVE) },
    shares: { user: Math.max(1, Math.floor(slots * USER_SHARE)), group: Math.max(2, Math.floor(slots * GROUP_SHARE)) },
  };
}

/** The same room for so many only. The reserve is for when nothing else is free. */
export function upTo(most: number, { free, reserve, shares }: Room): Room {
  const ofReserve = Math.max(0, most - free);
  const { live, test } = reserve;
  return {
    free: Math.min(most, free),
    reserve: { live: Math.min(ofReserve, live), test: Math.min(ofReserve, test) },
    shares,
  };
}

/** Whether there is room for a claim from another lane. */
export function hasRoomFor({ free, reserve, shares }: Room, claim: Claim, running: ReadonlySet<Claim>): boolean {
  if (free > 0) return true;
  const ofUser = [...running].filter(({ userId }) => userId === claim.userId).length;
  const ofGroup = heldByGroup(running, shares.user).get(groupOf(claim)) ?? 0;
  return reserve[claim.mode] > 0 && ofUser < shares.user && ofGroup < shares.group;
}

/** How much each group holds, with each user's part capped. */
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
