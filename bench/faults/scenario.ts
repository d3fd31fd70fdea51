import { type Expectation, check, untilSettled, type Violation } from "./checker.ts";
import { type Person, startWorld, type World, type WorldOptions } from "./world.ts";

/** The actions and findings of one part of the harness. */
export interface ScenarioResult {
  name: string;
  /** What was done, in a sentence. */
  did: string;
  /** Details, in lines of Markdown. */
  notes?: string[];
  posts: number;
  /** The number of injected faults. */
  faults: number;
  fates: Record<string, number>;
  violations: Violation[];
  seconds: number;
}

/** The input for the checks after a part. */
export interface ScenarioOutcome {
  did: string;
  notes?: string[];
  faults: number;
  expectations: Expectation[];
  /** Problems in addition to those found by the checks. */
  violations?: Violation[];
  /** People whose posts are not checked individually: none of theirs may be live twice. */
  neighbors?: Person[];
}

/** How long everything may take to settle after the faults end: a lease, a timeout, and reading back. */
const SETTLE_SECONDS = 120;

/** A part of the harness, and the world it needs at least. */
export interface Scenario {
  name: string;
  needs: WorldOptions;
  work: (world: World) => Promise<ScenarioOutcome>;
}

export function scenario(name: string, needs: WorldOptions, work: Scenario["work"]): Scenario {
  return { name, needs, work };
}

/** Runs a part in a world of its own. */
export function runScenario(name: string, needs: WorldOptions, work: Scenario["work"]): Promise<ScenarioResult> {
  return runAlone(scenario(name, needs, work));
}

/** Builds a world, lets the part inject its faults in it, waits until everything is settled, and checks it. */
export async function runAlone(part: Scenario): Promise<ScenarioResult> {
  const began = performance.now();
  const world = await shareWorld(part.needs);
  try {
    const result = await world.run(part);
    await world.close();
    return { ...result, seconds: (performance.now() - began) / 1000 };
  } catch (error) {
    // The first problem is the one to report.
    await world.close().catch(() => undefined);
    throw error;
  }
}

/** A world in which several parts run, one after another. */
export interface SharedWorld {
  /** Checks what the part did, and that what earlier parts did is still as it should be. */
  run(part: Scenario): Promise<ScenarioResult>;
  close(): Promise<void>;
}

/** Builds a world for several parts. */
export async function shareWorld(options: WorldOptions): Promise<SharedWorld> {
  const world = await startWorld(options);
  const earlier: Expectation[] = [];
  return {
    async run({ name, work }) {
      const began = performance.now();
      const { did, notes = [], faults, expectations, violations = [], neighbors = [] } = await work(world);
      await untilSettled(
        world,
        expectations.map(({ subject }) => subject),
        SETTLE_SECONDS,
      );
      const result = await check(world, [...earlier, ...expectations], neighbors);
      earlier.push(...expectations);
      return {
        name,
        did,
        notes,
        posts: expectations.length,
        faults,
        fates: result.fates,
        violations: [...violations, ...result.violations],
        seconds: (performance.now() - began) / 1000,
      };
    },
    close: () => world.close(),
  };
}

/** The sentences of all problems, which a test expects to be empty. */
export function sentencesOf({ violations }: Pick<ScenarioResult, "violations">): string[] {
  return violations.map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

/** The element at `index`, wrapping around. */
export function pick<Element>(elements: readonly Element[], index: number): Element {
  const element = elements[index % elements.length];
  if (element === undefined) throw new Error("There is nothing to pick from");
  return element;
}
