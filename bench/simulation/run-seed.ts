import type { Violation } from "../faults/checker.ts";
import { check } from "./checker.ts";
import type { Installation } from "./installation.ts";
import { planOf, type PlanParts, reduce } from "./plan.ts";
import { type RunResult, run } from "./run.ts";

/** The result of a seed; plain data, to be sent between processes. */
export interface SeedResult {
  seed: number;
  violations: Violation[];
  fates: Record<string, number>;
  /** The shapes of the posts. */
  shapes: string[];
  posts: number;
  /** How many of the planned faults occurred. */
  faults: number;
  /** Seconds of simulated time. */
  seconds: number;
  /** Equal for two runs with the same events in the same order. */
  digest: number;
}

export async function runSeed(
  installation: Installation,
  seed: number,
  kept: PlanParts = {},
  onRun?: (ran: RunResult) => void,
): Promise<SeedResult> {
  const plan = reduce(planOf(seed, installation), kept);
  const ran = await run(installation, plan);
  onRun?.(ran);
  const { violations, fates } = await check(installation, ran);
  const shapes = plan.posts.map(({ shape }) => `${shape.platform} ${shape.name}`);
  return {
    seed,
    violations,
    fates,
    shapes,
    posts: plan.posts.length,
    faults: ran.struck.size,
    seconds: ran.timeline.now() / 1000,
    digest: ran.timeline.digest(),
  };
}
