import { type Expectation, check, untilSettled, type Violation } from "./checker.ts";
import { type Person, startWorld, type World, type WorldOptions } from "./world.ts";

/** What one part of the harness has done and found. */
export interface ScenarioResult {
  name: string;
  /** What was done, in a sentence. */
  did: string;
  /** More of it, in lines of Markdown. */
  notes?: string[];
  posts: number;
  /** How many faults were made. */
  faults: number;
  fates: Record<string, number>;
  violations: Violation[];
  seconds: number;
}

/** What a part leaves to be checked. */
export interface ScenarioOutcome {
  did: string;
  notes?: string[];
  faults: number;
  expectations: Expectation[];
  /** What is wrong beside what the check looks at. */
  violations?: Violation[];
  /** Whose posts are not checked one by one: of theirs none may be live twice. */
  neighbours?: Person[];
}

/** How long everything may take to be settled when the faults have ended: a lease, a time-out, and reading back. */
const SETTLE_SECONDS = 120;

/** Builds a world, lets the part make its faults in it, waits until all is settled, and checks. */
export async function runScenario(
  name: string,
  options: WorldOptions,
  work: (world: World) => Promise<ScenarioOutcome>,
): Promise<ScenarioResult> {
  const began = performance.now();
  const world = await startWorld(options);
  try {
    const { did, notes = [], faults, expectations, violations = [], neighbours = [] } = await work(world);
    await untilSettled(
      world,
      expectations.map(({ subject }) => subject),
      SETTLE_SECONDS,
    );
    const result = await check(world, expectations, neighbours);
    await world.close();
    const found = [...violations, ...result.violations];
    return {
      name,
      did,
      notes,
      posts: expectations.length,
      faults,
      fates: result.fates,
      violations: found,
      seconds: (performance.now() - began) / 1000,
    };
  } catch (error) {
    // What went wrong first is what is to be told.
    await world.close().catch(() => undefined);
    throw error;
  }
}

/** The sentences of everything that is wrong, for a test to hold against none. */
export function sentencesOf({ violations }: Pick<ScenarioResult, "violations">): string[] {
  return violations.map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

/** The same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The element at `index`, going round. */
export function pick<Element>(elements: readonly Element[], index: number): Element {
  const element = elements[index % elements.length];
  if (element === undefined) throw new Error("There is nothing to pick from");
  return element;
}
