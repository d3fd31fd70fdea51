import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { type Claim, type Instant, instant, secondsSince } from "./claim.ts";
import { groupOf } from "./shares.ts";
import { paceOf } from "./timing.ts";

/** What this process knows about platforms that do not answer. */
export interface Outages {
  /** The platform answered, whatever it said. */
  up(claim: Claim): void;
  /** The platform could not be reached, did not answer, or reported an error of its own. */
  down(claim: Claim): void;
  /** A claim has begun. If its group is being probed, it is the probe. */
  begun(claim: Claim): void;
  /** A claim is over. */
  ended(claim: Claim): void;
  /** The groups to skip in this lane for now, and those of which one may be tried. */
  forClaims(lane: Claim["lane"]): { closed: string[]; probing: string[] };
  /** The groups whose due posts are to be postponed now, and for how long at least. */
  toPostpone(): { mode: Mode; platform: PlatformName; seconds: number }[];
}

export interface OutagesOptions {
  speed: number;
  /** An outage has begun, or continues after a probe (`seconds` until the next one), or is over (null). */
  onChange(group: { mode: Mode; platform: PlatformName }, seconds: number | null): void;
}

/**
 * This many posts in a row must fail, from more than one user if the process has seen more than one: a single post's
 * or user's content is no outage.
 */
const POSTS_TO_OPEN = 5;

const PAUSE_SECONDS = [5, 10, 20, 40, 60];

/** Prefer a probe that no audience sees; a commit only becomes the probe if nothing else came along in this time. */
const QUIET_FIRST_SECONDS = 1;

interface Group {
  mode: Mode;
  platform: PlatformName;
  users: Set<string>;
  failed: Map<string, string>;
  outage: { times: number; since: Instant; seconds: number; probe: Claim | null } | null;
}

/**
 * A circuit breaker for each platform and mode: after several posts in a row have failed, what is due for the platform
 * is postponed, and one post at a time is tried until the platform answers. Each process learns this on its own; what
 * it postpones is postponed for all of them.
 */
export function createOutages({ speed, onChange }: OutagesOptions): Outages {
  const groups = new Map<string, Group>();

  function of({ mode, platform, userId }: Claim): Group {
    const name = groupOf({ mode, platform });
    const group = groups.get(name) ?? {
      mode,
      platform,
      users: new Set<string>(),
      failed: new Map<string, string>(),
      outage: null,
    };
    groups.set(name, group);
    if (group.users.size < 2) group.users.add(userId);
    return group;
  }

  function begin(group: Group): void {
    const times = (group.outage?.times ?? 0) + 1;
    const seconds = (PAUSE_SECONDS[times - 1] ?? 60) / paceOf(group.mode, speed);
    group.outage = { times, since: instant(), seconds, probe: null };
    onChange(group, seconds);
  }

  const isOver = ({ since, seconds }: NonNullable<Group["outage"]>, more = 0): boolean =>
    secondsSince(since) >= seconds + more;

  return {
    up(claim) {
      const group = of(claim);
      group.failed.clear();
      if (group.outage === null) return;
      group.outage = null;
      onChange(group, null);
    },
    down(claim) {
      const group = of(claim);
      if (group.outage !== null) {
        if (group.outage.probe === claim) begin(group);
        return;
      }
      group.failed.set(claim.id, claim.userId);
      const isOfMany = group.users.size < 2 || new Set(group.failed.values()).size > 1;
      if (group.failed.size < POSTS_TO_OPEN || !isOfMany) return;
      group.failed.clear();
      begin(group);
    },
    begun(claim) {
      const { outage } = of(claim);
      if (outage !== null && claim.lane !== "observe") outage.probe ??= claim;
    },
    ended(claim) {
      const { outage } = of(claim);
      if (outage?.probe === claim) outage.probe = null;
    },
    forClaims(lane) {
      const [closed, probing]: [string[], string[]] = [[], []];
      for (const [name, { outage }] of groups) {
        if (outage === null || lane === "observe") continue;
        const mayProbe = outage.probe === null && isOver(outage, lane === "commit" ? QUIET_FIRST_SECONDS : 0);
        (mayProbe ? probing : closed).push(name);
      }
      return { closed, probing };
    },
    toPostpone: () =>
      [...groups.values()].flatMap(({ mode, platform, outage }) =>
        outage === null || isOver(outage)
          ? []
          : [{ mode, platform, seconds: Math.max(0, outage.seconds - secondsSince(outage.since)) }],
      ),
  };
}
