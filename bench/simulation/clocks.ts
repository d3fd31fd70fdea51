import crypto from "node:crypto";
import { createRequire, syncBuiltinESMExports } from "node:module";

import { currentMachine, currentTimeline, EPOCH_MS, type Machine, real, type Timeline } from "./timeline.ts";

/**
 * Puts this process's clocks, timers and randomness under the timeline, for code that runs in a machine; for all other
 * code, timers are unchanged. This is permanent: a process that simulates does nothing else.
 */
export function takeOverTime(): void {
  const schedule =
    (usual: typeof real.setTimeout | typeof real.setInterval, isRepeated: boolean) =>
    (callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]) => {
      const [machine, timeline] = [currentMachine(), currentTimeline()];
      if (machine === undefined || timeline === null) return usual(callback, delayMs, ...values);
      return setAlarm(machine, timeline, () => callback(...values), delayMs, isRepeated);
    };
  const immediately = (callback: (...values: unknown[]) => void, ...values: unknown[]) => {
    const [machine, timeline] = [currentMachine(), currentTimeline()];
    if (machine === undefined || timeline === null) return real.setImmediate(callback, ...values);
    return timeline.after(0, machine, "immediate", () => callback(...values));
  };
  const clear = (usual: typeof real.clearTimeout) => (timer: NodeJS.Timeout | undefined) =>
    isAlarm(timer) ? timer.cancel() : usual(timer);
  replace(globalThis, {
    Date: VirtualDate,
    setTimeout: schedule(real.setTimeout, false),
    setInterval: schedule(real.setInterval, true),
    setImmediate: immediately,
    clearTimeout: clear(real.clearTimeout),
    clearInterval: clear(real.clearInterval),
  });
  replace(performance, {
    now: () => {
      const [machine, timeline] = [currentMachine(), currentTimeline()];
      return machine === undefined || timeline === null ? real.performanceNow() : timeline.now() - machine.stoodStillMs;
    },
  });
  const required = createRequire(import.meta.url);
  const promised = required("node:timers/promises");
  const pause = promised.setTimeout;
  replace(promised, {
    setTimeout: (delayMs: number, value: unknown, options?: { signal?: AbortSignal }) => {
      if (currentMachine() === undefined || currentTimeline() === null) return pause(delayMs, value, options);
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

/** The wall clock of the calling machine. */
function wallMs(): number {
  return Math.floor(EPOCH_MS + (currentTimeline()?.now() ?? 0) + (currentMachine()?.wallAheadMs ?? 0));
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
  if (values.length === 1)
    return [
      first instanceof real.Date ? first.getTime() : typeof first === "number" ? first : real.Date.parse(String(first)),
    ];
  const [year = 0, month = 0, day = 1, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = values.map(Number);
  return [new real.Date(year, month, day, hours, minutes, seconds, milliseconds).getTime()];
}

/** What code in a machine gets from setTimeout and setInterval. */
interface Alarm {
  cancel(): void;
  ref(): Alarm;
  unref(): Alarm;
  hasRef(): boolean;
  close(): Alarm;
  refresh(): Alarm;
}

const alarms = new WeakSet<object>();

function setAlarm(
  machine: Machine,
  timeline: Timeline,
  callback: () => void,
  delayMs: number,
  isRepeated: boolean,
): Alarm {
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

function takeOverChance(): void {
  const usual = {
    randomFillSync: crypto.randomFillSync,
    randomBytes: crypto.randomBytes,
    randomUUID: crypto.randomUUID,
    random: Math.random,
  };
  const draw = (): number => currentTimeline()?.draw() ?? usual.random();
  const fill = (bytes: Uint8Array): void => {
    for (let place = 0; place < bytes.length; place += 1) bytes[place] = Math.floor(draw() * 256);
  };
  const isOurs = (): boolean => currentTimeline() !== null && currentMachine() !== undefined;
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
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(holder, name, { value, configurable: true, writable: true });
}
