import type { Mode, PlatformName } from "../../model/platform-names.ts";
import { findNextDue, type Lane, LANES, putOffGroup } from "../db/claims.ts";
import { CHANNELS, type Listener } from "../db/listen.ts";
import { loadWork } from "../db/work-rows.ts";
import {
  claim as claimDueOf,
  type Claim,
  type Instant,
  instant,
  isSuspect,
  newTurns,
  prolong,
  secondsSince,
  type Turns,
} from "./claim.ts";
import type { PublishingDeps } from "./deps.ts";
import { faultPoint } from "./fault-points.ts";
import { createOutages } from "./outages.ts";
import { HEARTBEAT_SECONDS } from "./pace.ts";
import { freeAccount, runClaimed, Stopping } from "./run.ts";
import { hasRoomFor, type Room, roomIn } from "./shares.ts";

export interface EngineOptions extends PublishingDeps {
  listener: Pick<Listener, "on" | "onReconnect">;
  /** How many platform posts may be worked on at once, in each lane. As many again are in reserve. */
  slots?: Partial<Record<Lane, number>>;
  /** How often the queue is looked at whatever happens. */
  floorSeconds?: number;
}

export interface Engine {
  start(): void;
  /**
   * Takes no new work, waits for what is running, and leaves to their leases' end what is not over in `withinSeconds`
   * (whatever it is, another process goes on with it). Resolves when nothing runs here any more, or the time is up.
   */
  stop(withinSeconds?: number): Promise<void>;
  /** How many platform posts are being worked on. */
  running(): number;
}

const USUAL_SLOTS: Record<Lane, number> = { prepare: 16, commit: 32, observe: 16 };
const FLOOR_SECONDS = 2;
const ROOM_MADE = 8;

/** A lane in which nothing has ended for so long does not flow. */
const FLOW_SECONDS = 1;

/** After so long a stop ends quiet requests, so that their platform posts can be handed back; before its end at the latest. */
const QUIET_STOP_SECONDS = 5;
const HAND_BACK_SECONDS = 2;

const LONGEST_TIMER_MILLISECONDS = 24 * 3600 * 1000;

/**
 * Publishes what is due: claims it, runs its steps, waits, settles, reconciles, and takes over what other processes have
 * left. Any number of engines work on one database. Being woken for nothing, or ten times for the same, does no harm.
 */
export function createEngine(options: EngineOptions): Engine {
  const { pool, log, listener, floorSeconds = FLOOR_SECONDS } = options;
  const slots = { ...USUAL_SLOTS, ...options.slots };
  const lanes: Record<Lane, LaneState> = { prepare: newLane(), commit: newLane(), observe: newLane() };
  const running = new Map<Claim, Promise<void>>();
  const outages = createOutages({ speed: options.speed, onChange: noteOutage });
  const deps: PublishingDeps = { ...options, reach: outages };
  let state: "new" | "started" | "stopping" = "new";
  let dueTimer: NodeJS.Timeout | undefined;
  let floorTimer: NodeJS.Timeout | undefined;
  let heartbeatTimer: NodeJS.Timeout | undefined;
  let heartbeat: Promise<void> | null = null;
  let planning: Promise<void> | null = null;
  let takesSuspect = false;
  let planWanted = false;
  const unsubscribe: (() => void)[] = [];

  /** While more is to be committed than there are slots, all else makes room; not for commits that hang. */
  function roomOf(lane: Lane): Room {
    const { running: committing, lastEnd } = lanes.commit;
    const pressed =
      lane !== "commit" && committing.size >= slots.commit && lastEnd !== null && secondsSince(lastEnd) < FLOW_SECONDS;
    return roomIn(slots[lane], pressed ? Math.ceil(slots[lane] / ROOM_MADE) : slots[lane], lanes[lane].running.size);
  }

  function hasRoom(lane: Lane): boolean {
    const { free, reserve } = roomOf(lane);
    return free > 0 || reserve.live > 0;
  }

  function noteOutage({ mode, platform }: { mode: Mode; platform: PlatformName }, seconds: number | null): void {
    options.metrics?.platformDown?.(platform, mode, seconds !== null);
    if (seconds === null) return log.info({ mode, platform }, "the platform answers again");
    log.warn(
      { mode, platform, seconds },
      "the platform does not answer; what is due of it is put off, and one post is tried after that",
    );
    void putOff();
  }

  /** What has come due of platforms that do not answer is put off together, so that nobody looks at each of it. */
  async function putOff(): Promise<void> {
    for (const { mode, platform, seconds } of outages.toPutOff()) {
      await putOffGroup
        .run(pool, [mode, platform, seconds])
        .catch((error: unknown) =>
          log.warn({ err: error }, "what is due of a platform that does not answer could not be put off"),
        );
    }
  }

  /** Looks into the lane until it has nothing more for its free slots. Wakes that come meanwhile are one. */
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
        const taken = await take(lane);
        // Those with little may come late in the turn: it is gone through once before the lane counts as looked through.
        if (taken > 0) lookedAt = own.turns.round;
        if (taken > 0 || (own.turns.isUnderWay && own.turns.round <= lookedAt + 1)) own.wanted = true;
      }
    } catch (error) {
      own.wanted = false;
      log.warn({ err: error, lane }, "the publishing queue could not be read; it is looked at again shortly");
    }
  }

  /** One suspect at a time, in all lanes together. Answers how much was taken. */
  async function take(lane: Lane): Promise<number> {
    const own = lanes[lane];
    const suspects = !takesSuspect && ![...running.keys()].some(isSuspect);
    takesSuspect ||= suspects;
    try {
      const claims = await claimDueOf(
        pool,
        lane,
        roomOf(lane),
        own.turns,
        own.running,
        suspects,
        outages.forClaims(lane),
      );
      if (claims[0] !== undefined) await faultPoint(options, "claim.after", claims[0], null);
      if (claims.length > 0) await begin(claims);
      return claims.length;
    } finally {
      if (suspects) takesSuspect = false;
    }
  }

  /** What cannot be loaded is left to its lease's end. */
  async function begin(claims: readonly Claim[]): Promise<void> {
    const rows = await loadWork.all(pool, [claims.map(({ id }) => id), claims.map(({ leaseOwner }) => leaseOwner)]);
    const byOwner = new Map(rows.map((row) => [row.lease_owner, row]));
    for (const claim of claims) {
      const row = byOwner.get(claim.leaseOwner);
      if (row === undefined) {
        // It was discarded or edited in the very moment.
        await freeAccount(options, claim);
        continue;
      }
      lanes[claim.lane].running.add(claim);
      outages.begun(claim);
      const work = runClaimed(deps, claim, row, {
        moveTo: (lane) => moveTo(claim, lane),
        isStopping: () => state === "stopping",
      }).finally(() => {
        running.delete(claim);
        outages.ended(claim);
        lanes[claim.lane].running.delete(claim);
        lanes[claim.lane].lastEnd = instant();
        plan();
      });
      running.set(claim, work);
    }
  }

  /** A claim goes on in another lane where that has a free slot. What is to be committed keeps its own where it has none. */
  function moveTo(claim: Claim, lane: Lane): boolean {
    if (!hasRoomFor(roomOf(lane), claim, lanes[lane].running)) return lane === "commit";
    lanes[claim.lane].running.delete(claim);
    claim.lane = lane;
    lanes[lane].running.add(claim);
    return true;
  }

  function wake(): void {
    for (const lane of LANES) pump(lane);
    plan();
  }

  /** Looks into the lanes that have something due, and sleeps until the next instant at which one has, by the database's clock. */
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
      const rows = await findNextDue.all(pool).catch(() => []);
      for (const { lane, due_in_seconds: seconds } of rows) if (seconds !== null && seconds <= 0) pump(lane);
      const waits = rows.flatMap(({ due_in_seconds: seconds }) => (seconds === null || seconds <= 0 ? [] : [seconds]));
      clearTimeout(dueTimer);
      if (waits.length > 0)
        dueTimer = setTimeout(wake, Math.min(Math.ceil(Math.min(...waits) * 1000), LONGEST_TIMER_MILLISECONDS));
    }
  }

  function beat(): void {
    heartbeat ??= prolong(options.urgentPool ?? pool, [...running.keys()])
      .catch((error: unknown) => log.warn({ err: error }, "leases could not be prolonged"))
      .finally(() => {
        heartbeat = null;
      });
  }

  return {
    start() {
      if (state !== "new") return;
      state = "started";
      unsubscribe.push(listener.on(CHANNELS.due, wake), listener.onReconnect(wake));
      floorTimer = setInterval(() => {
        void putOff();
        wake();
      }, floorSeconds * 1000);
      heartbeatTimer = setInterval(beat, HEARTBEAT_SECONDS * 1000);
      wake();
    },
    async stop(withinSeconds = 9) {
      if (state === "stopping") return;
      state = "stopping";
      for (const end of unsubscribe) end();
      clearTimeout(dueTimer);
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
  /** When the last of its work ended. */
  lastEnd: Instant | null;
  turns: Turns;
  wanted: boolean;
  pumping: Promise<void> | null;
}

function newLane(): LaneState {
  return { running: new Set(), lastEnd: null, turns: newTurns(), wanted: false, pumping: null };
}
