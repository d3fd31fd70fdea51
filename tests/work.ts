import assert from "node:assert/strict";

/**
 * Asserts that work grows at most linearly with its input. It measures this thread's CPU time, which does not grow when
 * others use the machine, and compares it with a plain loop over as many characters in the same process, so that a slow
 * machine does not fail. One iteration of the loop takes some nanoseconds. Linear work takes up to a hundred times that;
 * quadratic work takes tens of thousands of times that at these sizes.
 */
export function assertLinear(name: string, sizeUnits: number, run: () => unknown, factor = factorFor(sizeUnits)): void {
  let loops = Number.POSITIVE_INFINITY;
  for (let runs = 0; loops > factor && runs < MOST_RUNS; runs += 1) {
    const stop = startClock();
    run();
    loops = Math.min(loops, loopsOf(stop(), sizeUnits, runs));
  }
  judge(name, sizeUnits, loops, factor);
}

/** The same for what ends later, alone on this thread. */
export async function assertLinearUntilEnd(
  name: string,
  sizeUnits: number,
  run: () => Promise<unknown>,
  factor = factorFor(sizeUnits),
): Promise<void> {
  let loops = Number.POSITIVE_INFINITY;
  for (let runs = 0; loops > factor && runs < MOST_RUNS; runs += 1) {
    const stop = startClock();
    await run();
    loops = Math.min(loops, loopsOf(stop(), sizeUnits, runs));
  }
  judge(name, sizeUnits, loops, factor);
}

/** Whatever is read takes at most half as much. Of short work, fixed costs and compilation are a larger part. */
function factorFor(sizeUnits: number): number {
  return sizeUnits >= 1_000_000 ? 40 : 400;
}

/** Below this, fixed costs outweigh the cost per character. */
const LEAST_UNITS = 16_384;

/** The first run includes compilation and garbage collection, and others may use the processor's caches. */
const MOST_RUNS = 5;

/** How many plain loops over the same input would take as long, measured beside all runs after the first. */
function loopsOf(microseconds: number, sizeUnits: number, runsBefore: number): number {
  const unit = runsBefore === 0 ? (firstUnit ??= unitMicroseconds()) : unitMicroseconds();
  return microseconds / Math.max(sizeUnits, LEAST_UNITS) / unit;
}

let firstUnit: number | undefined;

function judge(name: string, sizeUnits: number, loops: number, factor: number): void {
  assert.ok(
    loops <= factor,
    `${name}: ${sizeUnits} characters took the work of ${Math.round(loops)} plain loops over them; ${factor} are ` +
      "allowed",
  );
}

function unitMicroseconds(): number {
  const text = "Hello, world! ".repeat(LOOP_UNITS / 14);
  let found = 0;
  const loop = () => {
    for (const character of text) if (character === "x") found += 1;
  };
  // Compiled first.
  for (let index = 0; index < LOOPS; index += 1) loop();
  const stop = startClock();
  for (let index = 0; index < LOOPS; index += 1) loop();
  const taken = stop();
  assert.equal(found, 0);
  return taken / LOOPS / LOOP_UNITS;
}

/** They take some 50 milliseconds, because the clock may have steps of 4. */
const LOOPS = 16;
const LOOP_UNITS = 1_000_000;

/** Returns what tells this thread's CPU time since, in microseconds. */
function startClock(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
}
