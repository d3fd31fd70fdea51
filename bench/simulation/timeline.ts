import { AsyncLocalStorage } from "node:async_hooks";
import crypto from "node:crypto";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { chanceOf } from "./random.ts";

/** A process of the installation, on a machine of its own: it has clocks of its own, may stop, and may end between any two of its steps. */
export interface Machine {
  name: string;
  isDead: boolean;
  /** `stopped`: its clocks go on, as under SIGSTOP; `suspended`: the monotonic one stands still, as when a laptop is shut. */
  asleep: "stopped" | "suspended" | null;
  /** How far its wall clock is ahead of the true time. */
  wallAheadMs: number;
  /** For how long its monotonic clock has stood still. */
  stoodStillMs: number;
  /** What would have happened in it while it slept, in order. */
  held: Happening[];
}

interface Happening {
  at: number;
  order: number;
  machine: Machine | null;
  /** Whether it goes by the machine's monotonic clock. */
  isTimer: boolean;
  isOver: boolean;
  /** How much later than that it comes, since the clock it goes by stood still. */
  lateMs: number;
  label: string;
  work: () => void | Promise<void>;
}

/** The instant at which every run begins. */
export const EPOCH_MS = Date.UTC(2026, 4, 12, 9, 0, 0);

/**
 * The true time of a run, and all that is still to happen in it. One thing happens at a time, and whatever follows from it
 * without waiting for time, network or database is over before the next.
 */
export interface Timeline {
  seed: number;
  /** Milliseconds since the beginning. */
  now(): number;
  after(delayMs: number, machine: Machine | null, label: string, work: () => void | Promise<void>, isTimer?: boolean): { cancel(): void };
  /** Until the time has come, nothing is left to happen, or it is over. */
  run(untilMs: number, isOver?: () => boolean): Promise<void>;
  sleep(machine: Machine, how: "stopped" | "suspended", forMs: number, wallByMs: number): void;
  /** The last things that happened, for whoever looks for the cause of a failure. */
  recent(): readonly string[];
  /** The same for two runs in which the same has happened in the same order. */
  digest(): number;
  steps(): number;
}

export function newMachine(name: string, wallAheadMs = 0): Machine {
  return { name, isDead: false, asleep: null, wallAheadMs, stoodStillMs: 0, held: [] };
}

/** The machine whose code is running; undefined in the world around them. */
export function currentMachine(): Machine | undefined {
  return running.getStore();
}

/** Never comes back: what a dead process awaits. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}

let drawn = 0;

const running = new AsyncLocalStorage<Machine | undefined>();
const RECENT = 4000;

const real = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  performanceNow: performance.now.bind(performance),
};

/** The machine's own time, which no run moves. */
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

/** Between runs the clock of everybody stands at the epoch. */
export function beginTimeline(seed: number): Timeline {
  const queue: Happening[] = [];
  const log: string[] = [];
  let nowMs = 0;
  let order = 0;
  let steps = 0;
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
    for (let place = 0; ; ) {
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
    // What goes on in a machine may wait for more to happen; what happens around them is done at once.
    if (machine === null) await done;
    await turn();
  }

  const timeline: Timeline = {
    seed,
    now: () => nowMs,
    after(delayMs, machine, label, work, isTimer = false) {
      const happening = { at: nowMs + Math.max(0, delayMs), order: order++, machine, isTimer, isOver: false, lateMs: 0, label, work };
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
        for (const waiting of queue) if (waiting.machine === machine && isLate(waiting) && waiting.at > since) waiting.lateMs += sleptMs;
      });
    },
    recent: () => log.slice(-RECENT),
    digest: () => digest >>> 0,
    steps: () => steps,
  };

  function again(happening: Happening, inMs: number): void {
    push(Object.assign(happening, { at: nowMs + Math.max(0, inMs), order: order++, lateMs: 0 }));
  }

  drawn = 0;
  active = timeline;
  return timeline;
}

export function endTimeline(): void {
  active = null;
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

/** The wall clock of whoever asks. */
function wallMs(): number {
  return Math.floor(EPOCH_MS + (active?.now() ?? 0) + (running.getStore()?.wallAheadMs ?? 0));
}

class VirtualDate extends real.Date {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(wallMs());
    else super(...toDateArguments(values));
  }

  static override now(): number {
    return wallMs();
  }
}

function toDateArguments(values: readonly unknown[]): [number] {
  const [first] = values;
  if (values.length === 1) return [first instanceof real.Date ? first.getTime() : typeof first === "number" ? first : real.Date.parse(String(first))];
  const [year = 0, month = 0, day = 1, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = values.map(Number);
  return [new real.Date(year, month, day, hours, minutes, seconds, milliseconds).getTime()];
}

/** What code in a machine gets of setTimeout and setInterval. */
interface Alarm {
  cancel(): void;
  ref(): Alarm;
  unref(): Alarm;
  hasRef(): boolean;
  close(): Alarm;
  refresh(): Alarm;
}

const alarms = new WeakSet<object>();

function setAlarm(machine: Machine, timeline: Timeline, callback: () => void, delayMs: number, isRepeated: boolean): Alarm {
  const everyMs = Number.isFinite(delayMs) && delayMs >= 1 && delayMs <= 2 ** 31 - 1 ? delayMs : 1;
  let next = schedule();
  function schedule(): { cancel(): void } {
    return timeline.after(
      everyMs,
      machine,
      "timer",
      () => {
        if (isRepeated) next = schedule();
        callback();
      },
      true,
    );
  }
  const alarm: Alarm = {
    cancel: () => next.cancel(),
    ref: () => alarm,
    unref: () => alarm,
    hasRef: () => true,
    close() {
      next.cancel();
      return alarm;
    },
    refresh() {
      next.cancel();
      next = schedule();
      return alarm;
    },
  };
  alarms.add(alarm);
  return alarm;
}

function isAlarm(value: unknown): value is Alarm {
  return typeof value === "object" && value !== null && alarms.has(value);
}

/**
 * Puts clocks, timers and chance of this process under the timeline, for code that runs in a machine; for all other code
 * timers stay what they are. Once and for all: a process that simulates does nothing else.
 */
export function takeOverTime(): void {
  const schedule = (usual: typeof real.setTimeout | typeof real.setInterval, isRepeated: boolean) => (callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) => {
    const machine = running.getStore();
    if (machine === undefined || active === null) return usual(callback, delayMs, ...values);
    return setAlarm(machine, active, () => callback(...values), delayMs, isRepeated);
  };
  const clear = (usual: typeof real.clearTimeout) => (timer: NodeJS.Timeout | undefined) => (isAlarm(timer) ? timer.cancel() : usual(timer));
  replace(globalThis, {
    Date: VirtualDate,
    setTimeout: schedule(real.setTimeout, false),
    setInterval: schedule(real.setInterval, true),
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
  });
  replace(performance, {
    now: () => {
      const machine = running.getStore();
      return machine === undefined || active === null ? real.performanceNow() : active.now() - machine.stoodStillMs;
    },
  });
  const required = createRequire(import.meta.url);
  const promised = required("node:timers/promises");
  const pause = promised.setTimeout;
  replace(promised, {
    setTimeout: (delayMs: number, value: unknown, options?: { signal?: AbortSignal }) => {
      if (running.getStore() === undefined || active === null) return pause(delayMs, value, options);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, delayMs, value);
        options?.signal?.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(options.signal?.reason);
        });
      });
    },
  });
  takeOverChance();
  syncBuiltinESMExports();
}

function takeOverChance(): void {
  const usual = { randomFillSync: crypto.randomFillSync, randomBytes: crypto.randomBytes, randomUUID: crypto.randomUUID, random: Math.random };
  const draw = (): number => chanceOf(active?.seed ?? 0, "chance", drawn++);
  const fill = (bytes: Uint8Array): void => {
    for (let place = 0; place < bytes.length; place += 1) bytes[place] = Math.floor(draw() * 256);
  };
  const isOurs = (): boolean => active !== null && running.getStore() !== undefined;
  replace(Math, { random: () => (isOurs() ? draw() : usual.random()) });
  replace(crypto, {
    randomFillSync: (target: Uint8Array, ...rest: number[]) => {
      if (!isOurs() || rest.length > 0) return usual.randomFillSync(target, ...rest);
      fill(target);
      return target;
    },
    randomBytes: (size: number, ...rest: []) => {
      if (!isOurs()) return usual.randomBytes(size, ...rest);
      const bytes = Buffer.alloc(size);
      fill(bytes);
      return bytes;
    },
    randomUUID: () => {
      if (!isOurs()) return usual.randomUUID();
      const bytes = new Uint8Array(16);
      fill(bytes);
      const hex = Buffer.from(bytes).toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  });
}

function replace(holder: object, members: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(members)) Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}
