import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { type Claim, type Instant, instant, secondsSince } from "./claim.ts";
import { paceOf } from "./pace.ts";
import { groupOf } from "./shares.ts";

/** What this process has learned of platforms that do not answer. */
export interface Outages {
  /** The platform has answered, whatever it said. */
  up(claim: Claim): void;
  /** The platform could not be reached, gave no answer, or said that it has a fault. */
  down(claim: Claim): void;
  /** A claim has begun: of a group that is being probed it is the probe. */
  begun(claim: Claim): void;
  /** A claim is over. */
  ended(claim: Claim): void;
  /** Groups to be left alone now, and those of which one may be tried, in the lane. */
  forClaims(lane: Claim["lane"]): { closed: string[]; probing: string[] };
  /** What is to be put off now, and for how long at least. */
  toPutOff(): { mode: Mode; platform: PlatformName; seconds: number }[];
}

export interface OutagesOptions {
  speed: number;
  /** An outage has begun, or gone on after a probe; or it is over. */
  onChange(group: { mode: Mode; platform: PlatformName }, seconds: number | null): void;
}

/** So many posts in a row have to fail, of more than one user where the process has seen more than one: one post's or one user's content is no outage. */
const POSTS_TO_OPEN = 5;

const PAUSE_SECONDS = [5, 10, 20, 40, 60];

/** What no audience sees goes first as a probe; a commit only where nothing else has come in this time. */
const QUIET_FIRST_SECONDS = 1;

interface Group {
  mode: Mode;
  platform: PlatformName;
  users: Set<string>;
  failed: Map<string, string>;
  outage: { times: number; since: Instant; seconds: number; probe: Claim | null } | null;
}

/**
 * A breaker for each platform in each mode: once several posts in a row have failed for it, what is due of the platform
 * is put off, and one post at a time is tried, until the platform answers. Each process learns for itself; what it puts
 * off is put off for all.
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
    toPutOff: () =>
      [...groups.values()].flatMap(({ mode, platform, outage }) =>
        outage === null || isOver(outage)
          ? []
          : [{ mode, platform, seconds: Math.max(0, outage.seconds - secondsSince(outage.since)) }],
      ),
  };
}
