import type pg from "pg";

import type { Mode, PlatformName } from "../../model/platform-names.ts";
import {
  claimDue,
  type Claimed,
  findHeld,
  type Lane,
  renewLeases,
  SET_ASIDE_TAKEOVERS,
  SUSPECT_TAKEOVERS,
} from "../db/queries/claims.ts";
import { countBy, heldByGroup, holderOf, type Room } from "./shares.ts";
import { LEASE_SECONDS } from "./timing.ts";

/** A platform post that this process holds, until its lease ends or another process takes it over. */
export interface Claim extends Claimed {
  userId: string;
  mode: Mode;
  platform: PlatformName;
  /** The ID of the app through which the account was connected, or `shared` for the instance's own. */
  app: string;
  lane: Lane;
  /** How many claims in a row before this one were never released. */
  takeovers: number;
  lease: Lease;
  /** Aborts quiet requests in flight when the claim is lost. */
  lost: AbortController;
}

/**
 * Thrown when a write finds that the claim no longer holds the platform post. Nothing was written, and the work stops.
 */
export class LostClaim extends Error {
  constructor() {
    super("The platform post was taken over, edited or discarded meanwhile.");
    this.name = "LostClaim";
  }
}

/**
 * Both clocks: the monotonic one stops while a machine sleeps, the wall clock can be set. Whichever says "later" wins.
 */
export interface Instant {
  monotonic: number;
  wall: number;
}

export function instant(): Instant {
  return { monotonic: performance.now(), wall: Date.now() };
}

export function secondsSince(start: Instant): number {
  const now = instant();
  return Math.max(now.monotonic - start.monotonic, now.wall - start.wall) / 1000;
}

/** When the lease was last taken or renewed. Read before the database was asked, so never too late. */
export interface Lease {
  takenAt: Instant;
}

export function isLeaseOver({ lease, lost }: Claim): boolean {
  return lost.signal.aborted || secondsSince(lease.takenAt) >= LEASE_SECONDS;
}

/** Round-robin state of a lane: which users of each mode were served last, and where the pass through all accounts continues. */
export interface Turns {
  account: string;
  /** Whether a pass is in progress, and how many have started. */
  isUnderWay: boolean;
  round: number;
  count: number;
  lastTurnOf: Map<string, number>;
}

const FIRST_ACCOUNT = "00000000-0000-0000-0000-000000000000";
const USERS_REMEMBERED = 256;

export function newTurns(): Turns {
  return { account: FIRST_ACCOUNT, isUnderWay: false, round: 0, count: 0, lastTurnOf: new Map() };
}

/** Whether so many processes died holding it that it may be the cause. */
export function isSuspect({ takeovers }: Claim): boolean {
  return takeovers >= SUSPECT_TAKEOVERS;
}

/** Whether it is only held, so that processes that are alive can say so, before it is set aside. */
export function isHeldBack({ takeovers }: Claim): boolean {
  return takeovers === SET_ASIDE_TAKEOVERS;
}

/**
 * Claims due platform posts in the lane, as many as there is room for. At most one of them is a suspect, and only if
 * `suspects` allows it. `running` is what this process already holds in the lane, `here` in any lane. Closed groups are
 * skipped; of a group that is being probed, one is taken.
 */
export async function claim(
  pool: pg.Pool,
  lane: Lane,
  room: Room,
  turns: Turns,
  running: Iterable<Claim>,
  here: Iterable<Claim>,
  suspects: boolean,
  { closed, probing }: { closed: string[]; probing: string[] },
): Promise<Claim[]> {
  const takenAt = instant();
  const held = [...running];
  const served = countByUser(held, turns);
  const groups = heldByGroup(held, room.shares.user);
  const rows = await claimDue[lane].all(pool, [
    room.free.live,
    room.free.test,
    LEASE_SECONDS,
    turns.account,
    [...served.keys()],
    [...served.values()],
    [...served.keys()].map((user) => turns.lastTurnOf.get(user) ?? 0),
    [...groups.keys()],
    [...groups.values()],
    room.reserve.live,
    room.reserve.test,
    room.shares.user,
    room.shares.group,
    closed,
    probing,
    suspects,
    Array.from(here, ({ leaseOwner }) => leaseOwner),
  ]);
  const turnEnd = rows[0]?.turn_end ?? null;
  turns.account = turnEnd ?? FIRST_ACCOUNT;
  turns.isUnderWay = turnEnd !== null;
  if (turnEnd === null) turns.round += 1;
  turns.count += 1;
  return rows.flatMap(
    ({
      id,
      fence,
      lease_owner: leaseOwner,
      account_id: accountId,
      user_id: userId,
      mode,
      platform,
      app,
      takeovers,
    }) => {
      if (id === null) return [];
      remember(turns, holderOf({ mode, userId }));
      return [
        {
          id,
          fence,
          leaseOwner,
          accountId,
          userId,
          mode,
          platform,
          app,
          lane,
          takeovers,
          lease: { takenAt },
          lost: new AbortController(),
        },
      ];
    },
  );
}

/** Renews the leases of what is held, and aborts the claims that were lost. */
export async function renewClaims(pool: pg.Pool, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  const takenAt = instant();
  const ids = claims.map(({ id }) => id);
  const owners = claims.map(({ leaseOwner }) => leaseOwner);
  const renewed = new Set((await renewLeases.all(pool, [ids, owners, LEASE_SECONDS])).map((row) => row.lease_owner));
  if (renewed.size === claims.length) return void claims.forEach((each) => (each.lease.takenAt = takenAt));
  const held = new Set((await findHeld.all(pool, [ids, owners])).map((row) => row.lease_owner));
  for (const each of claims) {
    if (renewed.has(each.leaseOwner)) each.lease.takenAt = takenAt;
    else if (!held.has(each.leaseOwner)) each.lost.abort(new LostClaim());
  }
}

function countByUser(running: Iterable<Claim>, turns: Turns): Map<string, number> {
  return countBy(running, holderOf, new Map([...turns.lastTurnOf.keys()].map((user) => [user, 0])));
}

function remember({ lastTurnOf, count }: Turns, user: string): void {
  lastTurnOf.delete(user);
  lastTurnOf.set(user, count);
  const oldest = lastTurnOf.keys().next();
  if (lastTurnOf.size > USERS_REMEMBERED && !oldest.done) lastTurnOf.delete(oldest.value);
}
