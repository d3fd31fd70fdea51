import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { type Claim, type Instant, instant, secondsSince } from "./claim.ts";
import { countBy, groupOf } from "./shares.ts";
import { paceOf } from "./timing.ts";

/** What is up or down together: a platform in a mode, for one app or for all of them (null). */
export interface UpTogether {
  mode: Mode;
  platform: PlatformName;
  app: string | null;
}

/** What this process knows about platforms that do not answer. */
export interface Outages {
  /** A step of the post succeeded, or the platform rejected it. */
  up(claim: Claim): void;
  /** The platform answers reads: commits may be sent, one at a time. The outage is over when one gets through. */
  answered(claim: Claim): void;
  /** The platform could not be reached, did not answer, or reported an error of its own. */
  down(claim: Claim): void;
  /** A claim has begun. If its group may be probed, it is a probe. */
  begun(claim: Claim): void;
  /** Whether there is an outage for its app, so that nothing may be committed. */
  isOutage(claim: Claim): boolean;
  /** A claim is over. */
  ended(claim: Claim): void;
  /** The groups to skip in this lane for now, and those of which one may be tried. */
  forClaims(lane: Claim["lane"]): { closed: string[]; probing: string[] };
  /** The groups whose due posts are to be postponed now, and for how long at least. */
  toPostpone(): (UpTogether & { seconds: number })[];
}

export interface OutagesOptions {
  speed: number;
  /** An outage has begun, or continues after a probe (`seconds` until the next one), or is over (null). */
  onChange(group: UpTogether, seconds: number | null): void;
}

/**
 * This many posts in a row must fail, from most of the users whose posts were published lately: the content of a few
 * is no outage. For all apps together, they must be from most of the apps too, and of one app only some count.
 */
const POSTS_TO_OPEN = 5;
const MOST_OF_APP = 3;
const LATELY_SECONDS = 600;
const MOST_USERS = 20;

const PAUSE_SECONDS = [5, 10, 20, 40, 60];

/** A probe may hang because of what is in it. After this time, another user's post is tried beside it. */
const PATIENCE_SECONDS = 5;
const MOST_PROBES = 3;

/** A probe is a step, if one comes along in this time; otherwise, the account of a commit is read. */
const QUIET_FIRST_SECONDS = 1;

interface Seen {
  userId: string;
  app: string;
  at: Instant;
}

interface Group extends UpTogether {
  /** The users seen lately, in the order in which they were last seen. */
  users: Map<string, Seen>;
  /** Each post that failed lately, and since one last succeeded. */
  failed: Map<string, Seen>;
  /** `answers`: it answers reads, but no post has got through since. */
  outage: { times: number; since: Instant; seconds: number; probes: Map<Claim, Instant>; answers: boolean } | null;
}

/**
 * A circuit breaker for each platform, mode and app, and one for all apps of a platform: after several posts in a row
 * have failed, what is due is postponed, and one post after another is tried until the platform answers. A commit is
 * never tried: its account is read first, which closes the breaker. At most one of the two is open for an app. Each
 * process learns this on its own; what it postpones is postponed for all of them.
 */
export function createOutages({ speed, onChange }: OutagesOptions): Outages {
  const groups = new Map<string, Group>();

  function groupAt(key: UpTogether): Group {
    const name = nameOf(key);
    const { mode, platform, app } = key;
    const group = groups.get(name) ?? {
      mode,
      platform,
      app,
      users: new Map<string, Seen>(),
      failed: new Map<string, Seen>(),
      outage: null,
    };
    groups.set(name, group);
    return group;
  }

  /** The groups of all apps and of the claim's app. Its user is seen in both. */
  function see(claim: Claim): { all: Group; own: Group; seen: Seen } {
    const { app, userId } = claim;
    const seen = { userId, app, at: instant() };
    const known = groups.size;
    const [all, own] = [groupAt({ ...claim, app: null }), groupAt(claim)];
    for (const { users } of [all, own]) {
      users.delete(`${app} ${userId}`);
      users.set(`${app} ${userId}`, seen);
      forget(users, MOST_USERS);
    }
    if (groups.size > known) forgetGroups();
    return { all, own, seen };
  }

  function forgetGroups(): void {
    for (const [name, { users, outage }] of groups) {
      forget(users);
      if (users.size === 0 && outage === null) groups.delete(name);
    }
  }

  /** The one that holds the claim's app back, if any. */
  function openFor(claim: Claim): { group: Group; outage: NonNullable<Group["outage"]> } | null {
    for (const app of [null, claim.app]) {
      const group = groups.get(nameOf({ ...claim, app }));
      if (group !== undefined && group.outage !== null) return { group, outage: group.outage };
    }
    return null;
  }

  function begin(group: Group, probes = group.outage?.probes ?? new Map<Claim, Instant>()): void {
    const times = (group.outage?.times ?? 0) + 1;
    const seconds = (PAUSE_SECONDS[times - 1] ?? 60) / paceOf(group.mode, speed);
    group.outage = { times, since: instant(), seconds, probes, answers: false };
    onChange(group, seconds);
  }

  /** The outage of all apps takes the place of those of its apps; what they are trying remains a probe. */
  function beginForAll(all: Group): void {
    const probes = new Map<Claim, Instant>();
    for (const group of groups.values()) {
      if (groupOf(group) !== groupOf(all) || group.outage === null) continue;
      for (const [probe, begun] of group.outage.probes) probes.set(probe, begun);
      group.outage = null;
    }
    begin(all, probes);
  }

  const mayProbe = ({ probes }: NonNullable<Group["outage"]>, { mode }: Group): boolean =>
    probes.size < MOST_PROBES &&
    [...probes.values()].every((begun) => secondsSince(begun) >= PATIENCE_SECONDS / paceOf(mode, speed));

  const isOver = ({ since, seconds, answers }: NonNullable<Group["outage"]>, more = 0): boolean =>
    answers || secondsSince(since) >= seconds + more;

  return {
    up(claim) {
      const { all, own } = see(claim);
      all.failed.clear();
      own.failed.clear();
      const open = openFor(claim);
      if (open === null) return;
      open.group.outage = null;
      onChange(open.group, null);
    },
    answered(claim) {
      const open = openFor(claim);
      if (open !== null) open.outage.answers = true;
    },
    down(claim) {
      const { all, own, seen } = see(claim);
      for (const { failed } of [all, own]) {
        failed.set(claim.id, seen);
        forget(failed);
      }
      const open = openFor(claim);
      const wasTried = open?.outage.probes.delete(claim) === true || open?.outage.answers === true;
      if (all.outage === null && isDown(all)) beginForAll(all);
      else if (wasTried || (open === null && isDown(own))) begin(open?.group ?? own);
    },
    begun(claim) {
      see(claim);
      const open = openFor(claim);
      if (open !== null && claim.lane !== "observe" && mayProbe(open.outage, open.group))
        open.outage.probes.set(claim, instant());
    },
    isOutage: (claim) => openFor(claim)?.outage.answers === false,
    ended(claim) {
      openFor(claim)?.outage.probes.delete(claim);
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
      [...groups.values()].flatMap(({ mode, platform, app, outage }) =>
        outage === null || isOver(outage)
          ? []
          : [{ mode, platform, app, seconds: Math.max(0, outage.seconds - secondsSince(outage.since)) }],
      ),
  };
}

/** As the claim names it. */
function nameOf(group: UpTogether): string {
  return group.app === null ? groupOf(group) : `${groupOf(group)} ${group.app}`;
}

function isDown({ app, users, failed }: Group): boolean {
  const by = (of: "userId" | "app", seen: Map<string, Seen>) => countBy(seen.values(), (each) => each[of]);
  const isMost = (of: "userId" | "app") => 2 * by(of, failed).size > by(of, users).size;
  if (app !== null) return failed.size >= POSTS_TO_OPEN && isMost("userId");
  const posts = [...by("app", failed).values()].reduce((sum, count) => sum + Math.min(MOST_OF_APP, count), 0);
  return posts >= POSTS_TO_OPEN && isMost("userId") && isMost("app");
}

function forget(seen: Map<string, Seen>, most = Infinity): void {
  for (const [name, { at }] of seen) if (seen.size > most || secondsSince(at) > LATELY_SECONDS) seen.delete(name);
}
