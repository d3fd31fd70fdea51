import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { Claim } from "./claim.ts";

/**
 * How a lane's slots are shared. Free slots go to whoever is first in line, all of them if nobody else is waiting. On
 * top of that there is a reserve of the same size for users and groups that hold little, so that something stuck (a
 * platform, a user's own server) blocks only itself. What counts is how much is held, not how much is still waiting,
 * and each mode counts for itself. Test mode can use only a part of the reserve, and what it holds of the slots is made
 * up to live mode from there, up to half of them, so that live mode never waits for it.
 */
export interface Room {
  /** How many of each mode whoever is first in line can take. */
  free: Record<Mode, number>;
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
const LIVE_PART = 1 / 2;

/** Posts that share slots: those of a platform in a mode. */
export function groupOf({ mode, platform }: { mode: Mode; platform: PlatformName }): string {
  return `${mode} ${platform}`;
}

/** Whose share counts: a user in a mode. */
export function holderOf({ mode, userId }: { mode: Mode; userId: string }): string {
  return `${mode} ${userId}`;
}

/** How many of a lane's slots a mode may use at the moment, and for how many slots it has a reserve. */
export interface Opening {
  slots: number;
  reserve: number;
}

/** Test mode is never given more than live mode. */
export function roomIn(slots: number, open: Record<Mode, Opening>, running: ReadonlySet<Pick<Claim, "mode">>): Room {
  const held = running.size;
  const left = (of: number, part: number) => Math.max(0, Math.floor(of + of * part) - Math.max(of, held));
  const free = (mode: Mode) => Math.max(0, open[mode].slots - held);
  const live = [...running].filter(({ mode }) => mode === "live").length;
  const lacking = Math.max(0, Math.ceil(open.live.slots * LIVE_PART) - live - free("live"));
  const madeUp = Math.min(left(slots, 1), lacking);
  const { reserve } = open.live;
  return {
    free: { live: free("live") + madeUp, test: free("test") },
    reserve: { live: Math.max(0, left(reserve, 1) - madeUp), test: left(open.test.reserve, TEST_RESERVE) },
    shares: {
      user: Math.max(1, Math.floor(reserve * USER_SHARE)),
      group: Math.max(2, Math.floor(reserve * GROUP_SHARE)),
    },
  };
}

/** The same room for so many only. The reserve is for when nothing else is free. */
export function upTo(most: number, { free, reserve, shares }: Room): Room {
  const part = (mode: Mode) => Math.min(Math.max(0, most - free[mode]), reserve[mode]);
  return {
    free: { live: Math.min(most, free.live), test: Math.min(most, free.test) },
    reserve: { live: part("live"), test: part("test") },
    shares,
  };
}

/** Whether there is room for a claim from another lane. */
export function hasRoomFor({ free, reserve, shares }: Room, claim: Claim, running: ReadonlySet<Claim>): boolean {
  if (free[claim.mode] > 0) return true;
  const ofUser = [...running].filter((each) => holderOf(each) === holderOf(claim)).length;
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
