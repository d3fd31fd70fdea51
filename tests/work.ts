import assert from "node:assert/strict";

/**
 * Asserts that some work grows no faster than what it is done on. Measured is the processor time of this thread, which
 * does not grow when others use the machine, and it is held against that of a plain loop over as many characters in
 * this very process, so that a slow machine is no reason to fail. A loop's character costs some nanoseconds. What is
 * linear costs up to some hundred times that; what is quadratic, tens of thousands of times that at these sizes.
 */
export function assertLinear(name: string, sizeUnits: number, run: () => unknown, factor = FACTOR): void {
  const allowed = Math.max(sizeUnits, LEAST_UNITS) * unitMicroseconds() * factor;
  // Once more where it was slow: the first time, compiling and collecting of memory count too.
  let taken = microsecondsOf(run);
  if (taken > allowed) taken = Math.min(taken, microsecondsOf(run));
  assert.ok(
    taken <= allowed,
    `${name}: ${sizeUnits} characters took the work of ${Math.round((taken / allowed) * factor)} plain loops over ` +
      `them; ${factor} are allowed`,
  );
}

const FACTOR = 1500;
/** Below this, what is done once weighs more than what is done for each character. */
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
