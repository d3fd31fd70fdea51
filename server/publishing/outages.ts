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
  /** A claim has begun. If its group may be probed, it is a probe. */
  begun(claim: Claim): void;
  /** Whether this claim is one. */
  isProbe(claim: Claim): boolean;
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
 * This many posts in a row must fail, from most of the users whose posts were published lately: the content of a few
 * is no outage.
 */
const POSTS_TO_OPEN = 5;
const LATELY_SECONDS = 600;
const MOST_USERS = 20;

const PAUSE_SECONDS = [5, 10, 20, 40, 60];

/** A probe may hang because of what is in it. After this time, another user's post is tried beside it. */
const PATIENCE_SECONDS = 5;
const MOST_PROBES = 3;

/** Prefer a probe that no audience sees; a commit only becomes the probe if nothing else came along in this time. */
const QUIET_FIRST_SECONDS = 1;

interface Group {
  mode: Mode;
  platform: PlatformName;
  /** The users seen lately, in the order in which they were last seen. */
  users: Map<string, Instant>;
  /** The user of each post that failed since one last succeeded. */
  failed: Map<string, string>;
  outage: { times: number; since: Instant; seconds: number; probes: Map<Claim, Instant> } | null;
}

/**
 * A circuit breaker for each platform and mode: after several posts in a row have failed, what is due for the platform
 * is postponed, and one post after another is tried until the platform answers. Each process learns this on its own;
 * what it postpones is postponed for all of them.
 */
export function createOutages({ speed, onChange }: OutagesOptions): Outages {
  const groups = new Map<string, Group>();

  function of({ mode, platform, userId }: Claim): Group {
    const name = groupOf({ mode, platform });
    const group = groups.get(name) ?? {
      mode,
      platform,
      users: new Map<string, Instant>(),
      failed: new Map<string, string>(),
      outage: null,
    };
    groups.set(name, group);
    group.users.delete(userId);
    group.users.set(userId, instant());
    for (const [user, at] of group.users)
      if (group.users.size > MOST_USERS || secondsSince(at) > LATELY_SECONDS) group.users.delete(user);
    return group;
  }

  function begin(group: Group): void {
    const times = (group.outage?.times ?? 0) + 1;
    const seconds = (PAUSE_SECONDS[times - 1] ?? 60) / paceOf(group.mode, speed);
    group.outage = { times, since: instant(), seconds, probes: group.outage?.probes ?? new Map<Claim, Instant>() };
    onChange(group, seconds);
  }

  const mayProbe = ({ probes }: NonNullable<Group["outage"]>, { mode }: Group): boolean =>
    probes.size < MOST_PROBES &&
    [...probes.values()].every((begun) => secondsSince(begun) >= PATIENCE_SECONDS / paceOf(mode, speed));

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
        if (group.outage.probes.delete(claim)) begin(group);
        return;
      }
      group.failed.set(claim.id, claim.userId);
      const isOfMany = 2 * new Set(group.failed.values()).size > group.users.size;
      if (group.failed.size < POSTS_TO_OPEN || !isOfMany) return;
      group.failed.clear();
      begin(group);
    },
    begun(claim) {
      const group = of(claim);
      const { outage } = group;
      if (outage !== null && claim.lane !== "observe" && mayProbe(outage, group)) outage.probes.set(claim, instant());
    },
    isProbe: (claim) => groups.get(groupOf(claim))?.outage?.probes.has(claim) === true,
    ended(claim) {
      of(claim).outage?.probes.delete(claim);
    },
    forClaims(lane) {
      const [closed, probing]: [string[], string[]] = [[], []];
      for (const [name, group] of groups) {
        const { outage } = group;
        if (outage === null || lane === "observe") continue;
        const isOpen = mayProbe(outage, group) && isOver(outage, lane === "commit" ? QUIET_FIRST_SECONDS : 0);
        (isOpen ? probing : closed).push(name);
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
