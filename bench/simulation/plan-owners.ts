import type { PlannedAct, PlannedFault, PlannedPost } from "./plan.ts";
import { type Draws, drawsOf } from "./random.ts";

/** What a pause stops. */
export type PauseScope = "account" | "platform set" | "user" | "instance";

/** What owners wish for their posts besides a time. */
export interface Wishes {
  /** The latest time to publish it, this long after its time. */
  lastSeconds?: number;
  /** Not to be published if its time comes during a pause. */
  skips?: boolean;
}

/** The same for all platforms of a post. */
export function drawWishes(seed: number, posts: readonly PlannedPost[]): PlannedPost[] {
  const wishes = posts.map(({ when, siblingOf }, place): Wishes => {
    const draws = drawsOf(seed, `wishes ${place}`);
    if (siblingOf !== undefined || !("dueAt" in when)) return {};
    return {
      ...(draws.chance() < 0.15 ? { lastSeconds: draws.pick([1, 5, 30, 90, 400, 1500]) } : {}),
      ...(draws.chance() < 0.2 ? { skips: true } : {}),
    };
  });
  return posts.map((post, place) => ({ ...post, ...wishes[post.siblingOf ?? place] }));
}

/** Pauses, each of something, around the time of a post; around that of one with wishes for certain, if there is one. */
export function drawPauses(draws: Draws, posts: readonly PlannedPost[]): PlannedAct[] {
  const wishing = [...posts.keys()].filter((post) => posts[post]?.lastSeconds !== undefined || posts[post]?.skips);
  if (draws.chance() > (wishing.length > 0 ? 0.6 : 0.3)) return [];
  return Array.from({ length: draws.pick([1, 1, 1, 2]) }, (_, number): PlannedAct => {
    const isWish = number === 0 && wishing.length > 0;
    const post = isWish ? draws.pick(wishing) : draws.whole(0, posts.length - 1);
    const scope = draws.weighed({ account: 3, "platform set": 2, user: 4, instance: 1 });
    const at = isWish ? Math.max(0.5, dueOf(posts[post]) - draws.pick([3, 8])) : nearPost(draws, posts[post]);
    return {
      post,
      at,
      act: "pause",
      scope,
      seconds: draws.pick(isWish ? [12, 30, 90, 400] : [0.1, 2, 8, 30, 90, 400]),
    };
  });
}

/** A user who is deleted with all that they have, around the time of one of their posts. */
export function drawLeaving(draws: Draws, posts: readonly PlannedPost[]): PlannedAct[] {
  if (draws.chance() > 0.04) return [];
  const post = draws.whole(0, posts.length - 1);
  return [{ post, at: nearPost(draws, posts[post]), act: "leave" }];
}

/** A platform that refuses some of an account's or an app's requests for a while, as if a limit was used up. */
export function drawLimits(draws: Draws, posts: readonly PlannedPost[]): PlannedFault[] {
  if (draws.chance() > 0.12) return [];
  const { platform } = draws.pick(posts).shape;
  return [
    {
      at: "limit",
      platform,
      operation: draws.pick(["publish", "publish", "create"]),
      after: draws.whole(0, 1),
      times: draws.pick([1, 1, 2, 4]),
    },
  ];
}

function nearPost(draws: Draws, post: PlannedPost | undefined): number {
  return Math.max(0.5, dueOf(post) + draws.pick([-30, -10, -1, 0, 0.2, 0.5, 1, 2, 5, 20, 60]) + draws.chance() * 0.3);
}

function dueOf(post: PlannedPost | undefined): number {
  if (post === undefined) return 0;
  return "dueAt" in post.when ? post.when.dueAt : post.when.publishAt;
}
