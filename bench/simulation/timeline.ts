import { AsyncLocalStorage } from "node:async_hooks";

import { chanceOf } from "./random.ts";

/**
 * A process of the installation on a separate machine: it has its own clocks, can stop, and can end between any two
 * steps.
 */
export interface Machine {
  name: string;
  isDead: boolean;
  /**
   * `stopped`: its clocks continue, as under SIGSTOP; `suspended`: the monotonic clock stands still, as when a laptop
   * is closed.
   */
  asleep: "stopped" | "suspended" | null;
  /** How far its wall clock is ahead of the true time. */
  wallAheadMs: number;
  /** How long its monotonic clock has stood still. */
  stoodStillMs: number;
  /** The events missed while it was asleep, in order. */
  held: Happening[];
}

interface Happening {
  at: number;
  order: number;
  machine: Machine | null;
  /** Whether it uses the machine's monotonic clock. */
  isTimer: boolean;
  isOver: boolean;
  /** How much later it fires because its clock stood still. */
  lateMs: number;
  label: string;
  work: () => void | Promise<void>;
}

/** The start time of every run. */
export const EPOCH_MS = Date.UTC(2026, 4, 12, 9, 0, 0);

/**
 * The true time of a run, and all its pending events. One event happens at a time, and everything that follows from it
 * without waiting for time, network or database completes before the next.
 */
export interface Timeline {
  seed: number;
  /** Milliseconds since the start. */
  now(): number;
  after(
    delayMs: number,
    machine: Machine | null,
    label: string,
    work: () => void | Promise<void>,
    isTimer?: boolean,
  ): { cancel(): void };
  /** Runs until the given time, until there are no events left, or until it is over. */
  run(untilMs: number, isOver?: () => boolean): Promise<void>;
  sleep(machine: Machine, how: "stopped" | "suspended", forMs: number, wallByMs: number): void;
  /** From 0 up to 1, for code that needs randomness. */
  draw(): number;
  /** The latest events, for debugging a failure. */
  recent(): readonly string[];
  /** Equal for two runs with the same events in the same order. */
  digest(): number;
  steps(): number;
}

export function newMachine(name: string, wallAheadMs = 0): Machine {
  return { name, isDead: false, asleep: null, wallAheadMs, stoodStillMs: 0, held: [] };
}

/** The machine whose code is running; undefined outside of all machines. */
export function currentMachine(): Machine | undefined {
  return running.getStore();
}

/** The current run. */
export function currentTimeline(): Timeline | null {
  return active;
}

/** Never resolves: for the awaits of a dead process. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

const running = new AsyncLocalStorage<Machine | undefined>();
const RECENT = 4000;

/** The original functions, before a run replaced them. */
export const real = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  performanceNow: performance.now.bind(performance),
};

/** The real time, which runs do not affect. */
export function realMilliseconds(): number {
  return real.performanceNow();
}

export function realDelay(milliseconds: number): Promise<void> {
  return new Promise((passed) => void real.setTimeout(passed, milliseconds));
}

function turn(): Promise<void> {
  return new Promise((passed) => void real.setImmediate(passed));
}

let active: Timeline | null = null;

/** Between runs, every clock shows the epoch. */
export function beginTimeline(seed: number): Timeline {
  const queue: Happening[] = [];
  const log: string[] = [];
  let nowMs = 0;
  let order = 0;
  let steps = 0;
  let drawn = 0;
  let digest = 0;

  function push(happening: Happening): void {
    queue.push(happening);
    let place = queue.length - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(queue[place], queue[parent])) return;
      swap(queue, place, parent);
      place = parent;
    }
  }

  function pop(): Happening | undefined {
    const first = queue[0];
    const last = queue.pop();
    if (last === undefined || first === undefined || queue.length === 0) return first;
    queue[0] = last;
    for (let place = 0; ;) {
      const left = 2 * place + 1;
      const least = isBefore(queue[left + 1], queue[left]) ? left + 1 : left;
      if (!isBefore(queue[least], queue[place])) return first;
      swap(queue, place, least);
      place = least;
    }
  }

  async function happen(happening: Happening): Promise<void> {
    const { machine, label } = happening;
    if (happening.isOver || machine?.isDead === true) return;
    if (machine !== null && machine.asleep !== null) return void machine.held.push(happening);
    if (happening.lateMs > 0) return again(happening, happening.lateMs);
    steps += 1;
    const line = `${(nowMs / 1000).toFixed(3)} ${machine?.name ?? "·"} ${label}`;
    digest = Math.imul(digest ^ Math.floor(chanceOf(1, line) * 4_294_967_296), 0x01000193) | 0;
    log.push(line);
    if (log.length > 2 * RECENT) log.splice(0, RECENT);
    const done = running.run(machine ?? undefined, happening.work);
    // Work in a machine can wait for further events; external events complete immediately.
    if (machine === null) await done;
    await turn();
  }

  const timeline: Timeline = {
    seed,
    now: () => nowMs,
    after(delayMs, machine, label, work, isTimer = false) {
      const happening = {
        at: nowMs + Math.max(0, delayMs),
        order: order++,
        machine,
        isTimer,
        isOver: false,
        lateMs: 0,
        label,
        work,
      };
      push(happening);
      return { cancel: () => void (happening.isOver = true) };
    },
    async run(untilMs, isOver = () => false) {
      await turn();
      while (queue[0] !== undefined && queue[0].at <= untilMs && !isOver()) {
        const next = pop();
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.at);
        await happen(next);
      }
      if (!isOver()) nowMs = Math.max(nowMs, untilMs);
    },
    sleep(machine, how, forMs, wallByMs) {
      if (machine.asleep !== null || machine.isDead) return;
      machine.asleep = how;
      const since = nowMs;
      timeline.after(forMs, null, `${machine.name} wakes`, () => {
        machine.asleep = null;
        machine.wallAheadMs += wallByMs;
        const sleptMs = nowMs - since;
        if (how === "suspended") machine.stoodStillMs += sleptMs;
        const isLate = (each: Happening): boolean => how === "suspended" && each.isTimer;
        for (const held of machine.held.splice(0)) again(held, isLate(held) ? held.at + sleptMs - nowMs : 0);
        for (const waiting of queue)
          if (waiting.machine === machine && isLate(waiting) && waiting.at > since) waiting.lateMs += sleptMs;
      });
    },
    draw: () => chanceOf(seed, "chance", drawn++),
    recent: () => log.slice(-RECENT),
    digest: () => digest >>> 0,
    steps: () => steps,
  };

  function again(happening: Happening, inMs: number): void {
    push(Object.assign(happening, { at: nowMs + Math.max(0, inMs), order: order++, lateMs: 0 }));
  }

  active = timeline;
  return timeline;
}

function isBefore(left: Happening | undefined, right: Happening | undefined): boolean {
  if (left === undefined || right === undefined) return left !== undefined;
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}

function swap(queue: Happening[], left: number, right: number): void {
  const [first, second] = [queue[left], queue[right]];
  if (first === undefined || second === undefined) return;
  queue[left] = second;
  queue[right] = first;
}
