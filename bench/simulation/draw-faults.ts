import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { NetworkFault } from "./network.ts";
import type { PlannedFault, SharedFault, WorkerFault } from "./plan.ts";
import { type Draws, drawsOf } from "./random.ts";

export function drawNetworkFault(draws: Draws): NetworkFault {
  const what = draws.weighed({
    refused: 3,
    name_resolution: 1,
    connect_timeout: 1,
    cut_before: 3,
    cut_after: 6,
    silent_before: 2,
    silent_after: 4,
    late_request: 2,
    late_answer: 4,
    gateway_before: 2,
    gateway_after: 3,
    unavailable: 1,
    half: 2,
  });
  return what === "late_request" || what === "late_answer" ? { what, seconds: draws.pick([3, 8, 25, 45]) } : { what };
}

/** Drawn on their own: what else is drawn does not depend on them. */
export function drawRepeats(seed: number, posts: number): PlannedFault[] {
  const draws = drawsOf(seed, "repeats");
  return Array.from({ length: draws.pick([0, 0, 0, 1, 2]) }, (): PlannedFault => {
    const only = draws.pick(["idempotent", "recognized"] as const);
    return {
      at: "request",
      only,
      nth: draws.whole(1, only === "recognized" ? posts : 4 * posts),
      fault: { what: "repeated", answers: draws.pick(["first", "second"]), seconds: draws.pick([0, 1, 8]) },
    };
  });
}

export function drawWorkerFault(draws: Draws): WorkerFault {
  const what = draws.weighed({ crash: 5, stopped: 3, suspended: 3, "wall clock": 1 });
  if (what === "crash") return { what, backAfter: draws.pick([0.5, 3, 10, 40, 700]) };
  if (what === "wall clock") return { what, bySeconds: draws.pick([-3600, -30, 4, 30, 3600]) };
  return drawSleep(draws, [2, 4.9, 5.5, 7, 12, 30, 90]);
}

export function drawSleep(draws: Draws, lengths: readonly number[], setsWall = 0.3): WorkerFault {
  const what = draws.pick(["stopped", "suspended"] as const);
  // If one clock stands still and the other is also set back, a process cannot know that it was asleep.
  return {
    what,
    seconds: draws.pick(lengths),
    wallBySeconds: what === "stopped" && draws.chance() < setsWall ? -draws.whole(1, 120) : 0,
  };
}

export function drawSharedFault(draws: Draws): SharedFault {
  const what = draws.weighed({ "database restarts": 4, "database is read-only": 2, "database clock": 2, outage: 5 });
  if (what === "database restarts") return { what, seconds: draws.pick([0.2, 2, 7, 25]) };
  if (what === "database is read-only") return { what, seconds: draws.pick([0.5, 2, 6, 20]) };
  if (what === "database clock") return { what, bySeconds: draws.pick([-30, -3, 3, 30, 400, 1200]) };
  const kind = draws.pick(["refused", "silent_before", "unavailable", "cut_after"] as const);
  return {
    what,
    platform: draws.chance() < 0.3 ? null : draws.pick(PLATFORM_NAMES),
    seconds: draws.pick([1, 5, 30, 200]),
    fault: { what: kind },
  };
}
