import assert from "node:assert/strict";

/**
 * Asserts that work grows at most linearly with its input. It measures this thread's CPU time, which does not grow when
 * others use the machine, and compares it with a plain loop over as many characters in the same process, so that a slow
 * machine does not fail. One iteration of the loop takes some nanoseconds. Linear work takes up to some hundred times
 * that; quadratic work takes tens of thousands of times that at these sizes.
 */
export function assertLinear(name: string, sizeUnits: number, run: () => unknown, factor = FACTOR): void {
  const allowed = Math.max(sizeUnits, LEAST_UNITS) * unitMicroseconds() * factor;
  // Measured again if slow, since the first run includes compilation and garbage collection.
  let taken = microsecondsOf(run);
  if (taken > allowed) taken = Math.min(taken, microsecondsOf(run));
  assert.ok(
    taken <= allowed,
    `${name}: ${sizeUnits} characters took the work of ${Math.round((taken / allowed) * factor)} plain loops over ` +
      `them; ${factor} are allowed`,
  );
}

const FACTOR = 1500;
/** Below this, fixed costs outweigh the cost per character. */
const LEAST_UNITS = 16_384;
const LOOP_UNITS = 1_000_000;

let measured: number | undefined;

function unitMicroseconds(): number {
  if (measured === undefined) {
    const text = "Hello, world! ".repeat(LOOP_UNITS / 14);
    let found = 0;
    const loop = () => {
      for (const character of text) if (character === "x") found += 1;
    };
    measured = Math.min(...Array.from({ length: 5 }, () => microsecondsOf(loop))) / LOOP_UNITS;
    assert.equal(found, 0);
  }
  return measured;
}

function microsecondsOf(run: () => unknown): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}
