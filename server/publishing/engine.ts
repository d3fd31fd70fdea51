import { setTimeout as pause } from "node:timers/promises";

import type pg from "pg";

import { type Mode, MODES } from "../../model/platform-names.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { findNextDue, type Lane, LANES, postponeGroup, SHARED_APP } from "../db/queries/claims.ts";
import { loadWork, type WorkRow } from "../db/queries/work-rows.ts";
import {
  claim as claimDueOf,
  type Claim,
  type Instant,
  instant,
  isHeldBack,
  isSuspect,
  newTurns,
  renewClaims,
  secondsSince,
  type Turns,
} from "./claim.ts";
import type { PublishingDeps } from "./deps.ts";
import { faultPoint } from "./fault-points.ts";
import { createOutages, type UpTogether } from "./outages.ts";
import { freeAccount, lose, runClaimed, Stopping } from "./run.ts";
import { hasRoomFor, type Opening, type Room, roomIn, upTo } from "./shares.ts";
import { HEARTBEAT_SECONDS, LEASE_SECONDS, POLL_SECONDS } from "./timing.ts";

export interface EngineOptions extends PublishingDeps {
  listener: Pick<Listener, "on" | "onReconnect">;
  /** Connections reserved for claims; `pool` if there are none. */
  claimPool?: pg.Pool;
  /** A connection reserved for leases; `pool` if there is none. */
  leasePool?: pg.Pool;
  /** How many platform posts may run at once in each lane. The reserve has as many again. */
  slots?: Partial<Record<Lane, number>>;
  /** How often the queue is polled even if nothing notifies us. */
  floorSeconds?: number;
}

export interface Engine {
  start(): void;
  /**
   * Takes no new work and waits for what is running. What has not finished within `withinSeconds` is left until its
   * lease ends; another process then continues. Resolves when nothing is running here, or when the time is up.
   */
  stop(withinSeconds?: number): Promise<void>;
  /** How many platform posts are running. */
  running(): number;
}

const USUAL_SLOTS: Record<Lane, number> = { prepare: 16, commit: 128, observe: 128 };

/**
 * While more commits are due than are claimed, the other lanes use this part of their slots. For the first seconds of
 * such a rush, almost nothing is observed: what is live can wait for its link, what is due cannot wait for its commit.
 */
const OPEN_IN_RUSH = 1 / 8;
const OBSERVED_IN_RUSH = 1 / 64;
const OBSERVED_EVERY_MILLISECONDS = 1000;
const RUSH_SECONDS = 8;
/** While more commits are due than are claimed, it is clear what to claim; what else is due is looked up this often. */
const PLANNED_IN_RUSH_MILLISECONDS = 250;

/**
 * This many are claimed and begun together at most, so that nobody waits for long behind a burst. What ends within a
 * moment makes room for one claim. In a backlog, most claims find little room: the next one comes after a pause as long
 * as the last one took, so that at least half of the time goes to what publishes.
 */
const BEGUN_TOGETHER = 32;
const MOMENT_MILLISECONDS = 15;
const LONGEST_PAUSE_MILLISECONDS = 250;

/**
 * A claim that left room took all that could be claimed. What becomes due within this time is claimed together, which
 * costs hardly more than a claim of one. Only a commit has a moment of its own to keep.
 */
const GATHERED_MILLISECONDS: Record<Lane, number> = { prepare: 100, commit: 25, observe: 100 };

/** A lane in which nothing has finished for this long is stuck. */
const FLOW_SECONDS = 1;

/**
 * A stop aborts quiet requests after this long, or this long before it ends, so that their platform posts can be
 * released.
 */
const QUIET_STOP_SECONDS = 5;
const HAND_BACK_SECONDS = 2;

const STANDSTILL_SECONDS = LEASE_SECONDS - HEARTBEAT_SECONDS;

const LONGEST_TIMER_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Publishes what is due: claims it, runs its steps, waits, settles, reconciles, and takes over what dead processes left
 * behind. Any number of engines can share a database. Waking one for nothing, or ten times for the same thing, is
 * harmless.
 */
export function createEngine(options: EngineOptions): Engine {
  const { pool, claimPool = pool, log, listener, floorSeconds = POLL_SECONDS } = options;
  const slots = { ...USUAL_SLOTS, ...options.slots };
  const lanes: Record<Lane, LaneState> = { prepare: newLane(), commit: newLane(), observe: newLane() };
  const running = new Map<Claim, Promise<void>>();
  const outages = createOutages({ speed: options.speed, onChange: noteOutage });
  const deps: PublishingDeps = { ...options, reach: outages, hasStoodStill };
  let state: "new" | "started" | "stopping" = "new";
  let dueTimer: NodeJS.Timeout | undefined;
  let endsTimer: NodeJS.Timeout | undefined;
  let planTimer: NodeJS.Timeout | undefined;
  let floorTimer: NodeJS.Timeout | undefined;
  let heartbeatTimer: NodeJS.Timeout | undefined;
  let heartbeat: Promise<void> | null = null;
  let beatAt = performance.now();
  let stoodStillUntil = -Infinity;
  let planning: Promise<void> | null = null;
  let takesSuspect = false;
  let planWanted = false;
  const unsubscribe: (() => void)[] = [];

  function roomOf(lane: Lane): Room {
    return roomIn(slots[lane], { live: openTo("live", lane), test: openTo("test", lane) }, lanes[lane].running);
  }

  /** In a rush of commits, the other lanes use fewer slots, unless the commits are stuck. */
  function openTo(mode: Mode, lane: Lane): Opening {
    const all = slots[lane];
    if (isHardlyObserved(mode, lane)) {
      const few = Math.ceil(all * OBSERVED_IN_RUSH);
      return { slots: few, reserve: few };
    }
    const isOpen = lane === "commit" || rushesFor(mode).length === 0;
    return { slots: isOpen ? all : Math.ceil(all * OPEN_IN_RUSH), reserve: all };
  }

  /** Since when there are rushes that take slots from the mode: those of test mode take none from live mode. */
  function rushesFor(mode: Mode): Instant[] {
    const { lastEnd, rushSince } = lanes.commit;
    return (mode === "live" ? (["live"] as const) : MODES).flatMap((each) => {
      const [end, since] = [lastEnd[each], rushSince[each]];
      return since !== null && end !== null && secondsSince(end) < FLOW_SECONDS ? [since] : [];
    });
  }

  function isHardlyObserved(mode: Mode, lane: Lane): boolean {
    return lane === "observe" && rushesFor(mode).some((since) => secondsSince(since) < RUSH_SECONDS);
  }

  function hasRoom(lane: Lane): boolean {
    const { free, reserve } = roomOf(lane);
    return free.live > 0 || reserve.live > 0;
  }

  /** That a platform does not respond to the app of one user is not reported as the platform being down. */
  function noteOutage({ mode, platform, app }: UpTogether, seconds: number | null): void {
    const isOfUser = app !== null && app !== SHARED_APP;
    if (!isOfUser) options.metrics?.platformDown?.(platform, mode, seconds !== null);
    const to = isOfUser ? { mode, platform, app } : { mode, platform };
    if (seconds === null) return log.info(to, "the platform responds again");
    const what = isOfUser ? "the platform does not respond to a user's own app" : "the platform is down";
    log.warn({ ...to, seconds }, `${what}; its posts are postponed, and one is tried later`);
    void postpone();
  }

  /** What is due for a platform that does not answer is postponed in one statement, rather than claimed one by one. */
  async function postpone(): Promise<void> {
    for (const { mode, platform, app, seconds } of outages.toPostpone()) {
      await postponeGroup
        .run(pool, [mode, platform, app, seconds])
        .catch((error: unknown) =>
          log.warn({ err: error }, "the posts of a platform that is down could not be postponed"),
        );
    }
  }

  /** Claims from the lane until nothing is due or no slot is free. Wake-ups in the meantime count as one. */
  function pump(lane: Lane): void {
    const own = lanes[lane];
    if (state !== "started") return;
    own.wanted = true;
    own.pumping ??= drain(lane).finally(() => {
      own.pumping = null;
      if (own.wanted && hasRoom(lane)) pump(lane);
    });
  }

  async function drain(lane: Lane): Promise<void> {
    const own = lanes[lane];
    try {
      let lookedAt = own.turns.round;
      while (own.wanted && state === "started" && hasRoom(lane)) {
        own.wanted = false;
        await faultPoint(options, "claim.before", null, null);
        const began = performance.now();
        const claims = await take(lane);
        const tookMilliseconds = performance.now() - began;
        // Accounts with little due may come late in the pass, so it is completed once before the lane counts as empty.
        if (claims.length > 0) lookedAt = own.turns.round;
        if (claims.length > 0 || (own.turns.isUnderWay && own.turns.round <= lookedAt + 1)) own.wanted = true;
        const milliseconds = millisecondsAfter(lane, claims, tookMilliseconds);
        if (milliseconds > 0) await pause(milliseconds);
      }
    } catch (error) {
      own.wanted = false;
      log.warn({ err: error, lane }, "the publishing queue could not be read; retrying shortly");
    }
  }

  /** How long a lane waits after a claim for its next one. */
  function millisecondsAfter(lane: Lane, claims: readonly Claim[], tookMilliseconds: number): number {
    const { turns, rushSince } = lanes[lane];
    if (isHardlyObserved("test", lane) && claims.every(({ mode }) => isHardlyObserved(mode, lane)))
      return OBSERVED_EVERY_MILLISECONDS;
    if (!turns.isUnderWay && MODES.every((mode) => rushSince[mode] === null)) return GATHERED_MILLISECONDS[lane];
    if (roomOf(lane).free.test >= BEGUN_TOGETHER) return 0;
    return Math.min(Math.max(tookMilliseconds, MOMENT_MILLISECONDS), LONGEST_PAUSE_MILLISECONDS);
  }

  /** At most one suspect runs at a time, across all lanes. */
  async function take(lane: Lane): Promise<Claim[]> {
    const own = lanes[lane];
    const room = upTo(BEGUN_TOGETHER, roomOf(lane));
    const suspects = !takesSuspect && ![...running.keys()].some(isSuspect);
    takesSuspect ||= suspects;
    try {
      const claims = await claimDueOf(
        claimPool,
        lane,
        room,
        own.turns,
        own.running,
        running.keys(),
        suspects,
        outages.forClaims(lane),
      );
      if (claims[0] !== undefined) await faultPoint(options, "claim.after", claims[0], null);
      noteRush(own, room, claims);
      if (claims.length > 0) await begin(claims);
      return claims;
    } finally {
      if (suspects) takesSuspect = false;
    }
  }

  /** A mode that did not take all that it could has nothing more due. Live mode comes first. */
  function noteRush({ rushSince }: LaneState, { free }: Room, claims: readonly Claim[]): void {
    const ofLive = claims.filter(({ mode }) => mode === "live").length;
    for (const [mode, taken, others] of [
      ["live", ofLive, 0],
      ["test", claims.length - ofLive, ofLive],
    ] as const) {
      if (taken + others < free[mode]) rushSince[mode] = null;
      else if (taken > 0) rushSince[mode] ??= instant();
    }
  }

  /** What cannot be loaded is left until its lease ends. */
  async function begin(claims: readonly Claim[]): Promise<void> {
    const rows = await loadWork.all(claimPool, [
      claims.map(({ id }) => id),
      claims.map(({ leaseOwner }) => leaseOwner),
    ]);
    const byOwner = new Map(rows.map((row) => [row.lease_owner, row]));
    for (const claim of claims) {
      const row = byOwner.get(claim.leaseOwner);
      if (row === undefined) {
        // It was discarded, edited or taken over in this very moment.
        await lose(deps, claim);
        continue;
      }
      if (isHeldBack(claim)) {
        await freeAccount(options, claim);
        continue;
      }
      lanes[claim.lane].running.add(claim);
      outages.begun(claim);
      running.set(claim, runToEnd(claim, row));
    }
  }

  async function runToEnd(claim: Claim, row: WorkRow): Promise<void> {
    try {
      await runClaimed(deps, claim, row, {
        moveTo: (lane) => moveTo(claim, lane),
        isStopping: () => state === "stopping",
      });
    } finally {
      running.delete(claim);
      outages.ended(claim);
      leave(claim);
      endsTimer ??= setTimeout(refill, MOMENT_MILLISECONDS);
      // Other workers would notice only at their next poll that a claim was released here.
      if (state === "stopping") notify(pool, CHANNELS.due);
    }
  }

  function refill(): void {
    endsTimer = undefined;
    if (rushesFor("test").length === 0) return plan();
    pump("commit");
    planTimer ??= setTimeout(() => {
      planTimer = undefined;
      plan();
    }, PLANNED_IN_RUSH_MILLISECONDS);
  }

  function leave(claim: Claim): void {
    lanes[claim.lane].running.delete(claim);
    lanes[claim.lane].lastEnd[claim.mode] = instant();
  }

  /** Moves a claim to another lane if that has room. A commit keeps its current slot if the commit lane has none. */
  function moveTo(claim: Claim, lane: Lane): boolean {
    if (!hasRoomFor(roomOf(lane), claim, lanes[lane].running)) return lane === "commit";
    leave(claim);
    claim.lane = lane;
    lanes[lane].running.add(claim);
    return true;
  }

  /** Claims from the lanes that have something due, then sleeps until the next one does, by the database's clock. */
  function plan(): void {
    if (state !== "started") return;
    planWanted = true;
    planning ??= planAll().finally(() => {
      planning = null;
      if (planWanted) plan();
    });
  }

  async function planAll(): Promise<void> {
    while (planWanted && state === "started") {
      planWanted = false;
      const rows = await findNextDue.all(claimPool).catch((error: unknown) => {
        log.warn({ err: error }, "what is due next could not be read; retrying shortly");
        return [];
      });
      for (const { lane, is_due: isDue } of rows) if (isDue) pump(lane);
      const waits = rows.flatMap(({ next_in_seconds: seconds }) => (seconds === null ? [] : [Math.max(0, seconds)]));
      clearTimeout(dueTimer);
      if (waits.length > 0)
        dueTimer = setTimeout(plan, Math.min(Math.ceil(Math.min(...waits) * 1000), LONGEST_TIMER_MILLISECONDS));
    }
  }

  function beat(): void {
    noteStandstill();
    beatAt = performance.now();
    heartbeat ??= renewClaims(options.leasePool ?? pool, [...running.keys()])
      .catch((error: unknown) => log.warn({ err: error }, "leases could not be extended"))
      .finally(() => {
        heartbeat = null;
      });
  }

  /** Without a heartbeat for so long, leases may run out, however fast the database is. */
  function noteStandstill(): void {
    if (performance.now() - beatAt > STANDSTILL_SECONDS * 1000) stoodStillUntil = performance.now();
  }

  function hasStoodStill({ lease }: Claim): boolean {
    noteStandstill();
    return stoodStillUntil > lease.takenAt.monotonic;
  }

  return {
    start() {
      if (state !== "new") return;
      state = "started";
      beatAt = performance.now();
      unsubscribe.push(listener.on(CHANNELS.due, plan), listener.onReconnect(plan));
      floorTimer = setInterval(() => {
        void postpone();
        plan();
      }, floorSeconds * 1000);
      heartbeatTimer = setInterval(beat, HEARTBEAT_SECONDS * 1000);
      plan();
    },
    async stop(withinSeconds = 9) {
      if (state === "stopping") return;
      state = "stopping";
      for (const end of unsubscribe) end();
      clearTimeout(dueTimer);
      clearTimeout(endsTimer);
      clearTimeout(planTimer);
      clearInterval(floorTimer);
      const over = Promise.withResolvers<void>();
      const timer = setTimeout(over.resolve, withinSeconds * 1000);
      const idle = async () => {
        await Promise.all(LANES.map((lane) => lanes[lane].pumping));
        await Promise.all(running.values());
        await Promise.all([heartbeat, planning]);
      };
      const hurry = setTimeout(
        () => {
          for (const claim of running.keys()) claim.lost.abort(new Stopping());
        },
        Math.min(QUIET_STOP_SECONDS, withinSeconds - HAND_BACK_SECONDS) * 1000,
      );
      await Promise.race([idle(), over.promise]);
      clearTimeout(timer);
      clearTimeout(hurry);
      clearTimeout(dueTimer);
      clearInterval(heartbeatTimer);
    },
    running: () => running.size,
  };
}

interface LaneState {
  running: Set<Claim>;
  /** When something last left it. */
  lastEnd: Record<Mode, Instant | null>;
  /** Since when its claims have taken as much as they asked for, so that more may be due. */
  rushSince: Record<Mode, Instant | null>;
  turns: Turns;
  wanted: boolean;
  pumping: Promise<void> | null;
}

function newLane(): LaneState {
  return {
    running: new Set(),
    lastEnd: { live: null, test: null },
    rushSince: { live: null, test: null },
    turns: newTurns(),
    wanted: false,
    pumping: null,
  };
}
