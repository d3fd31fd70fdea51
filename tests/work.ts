import assert from "node:assert/strict";

/**
 * Asserts that work grows at most linearly with its input. It measures this thread's CPU time, which does not grow when
 * others use the machine, and compares it with a plain loop over as many characters in the same process, so that a slow
 * machine does not fail. One iteration of the loop takes some nanoseconds. Linear work takes up to a hundred times that;
 * quadratic work takes tens of thousands of times that at these sizes.
 */
export function assertLinear(name: string, sizeUnits: number, run: () => unknown, factor = factorFor(sizeUnits)): void {
  const measure = () => {
    const stop = startClock();
    run();
    return stop();
  };
  let taken = measure();
  // Measured again if slow, since the first run includes compilation and garbage collection.
  if (isTooMuch(taken, sizeUnits, factor)) taken = Math.min(taken, measure());
  judge(name, sizeUnits, taken, factor);
}

/** The same for what ends later, alone on this thread. */
export async function assertLinearUntilEnd(
  name: string,
  sizeUnits: number,
  run: () => Promise<unknown>,
  factor = factorFor(sizeUnits),
): Promise<void> {
  const measure = async () => {
    const stop = startClock();
    await run();
    return stop();
  };
  let taken = await measure();
  if (isTooMuch(taken, sizeUnits, factor)) taken = Math.min(taken, await measure());
  judge(name, sizeUnits, taken, factor);
}

/** Whatever is read takes at most half as much. Of short work, fixed costs and compilation are a larger part. */
function factorFor(sizeUnits: number): number {
  return sizeUnits >= 1_000_000 ? 40 : 400;
}

/** Below this, fixed costs outweigh the cost per character. */
const LEAST_UNITS = 16_384;
const LOOP_UNITS = 1_000_000;

function allowedMicroseconds(sizeUnits: number, factor: number): number {
  return Math.max(sizeUnits, LEAST_UNITS) * unitMicroseconds() * factor;
}

function isTooMuch(taken: number, sizeUnits: number, factor: number): boolean {
  return taken > allowedMicroseconds(sizeUnits, factor);
}

function judge(name: string, sizeUnits: number, taken: number, factor: number): void {
  const allowed = allowedMicroseconds(sizeUnits, factor);
  assert.ok(
    taken <= allowed,
    `${name}: ${sizeUnits} characters took the work of ${Math.round((taken / allowed) * factor)} plain loops over ` +
      `them; ${factor} are allowed`,
  );
}

let measured: number | undefined;

function unitMicroseconds(): number {
  if (measured === undefined) {
    const text = "Hello, world! ".repeat(LOOP_UNITS / 14);
    let found = 0;
    const loop = () => {
      const stop = startClock();
      for (const character of text) if (character === "x") found += 1;
      return stop();
    };
    measured = Math.min(...Array.from({ length: 5 }, loop)) / LOOP_UNITS;
    assert.equal(found, 0);
  }
  return measured;
}

/** Returns what tells this thread's CPU time since, in microseconds. */
function startClock(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
}
