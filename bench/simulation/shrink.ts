import type { Violation } from "../faults/checker.ts";
import { check } from "./checker.ts";
import type { Installation } from "./installation.ts";
import { planOf, type PlanParts, reduce } from "./plan.ts";
import { run } from "./run.ts";

/** Removes everything from a seed's plan that its failure does not need; returns the rest. */
export async function shrink(
  installation: Installation,
  seed: number,
  failure: Violation,
  say: (line: string) => void,
): Promise<Required<PlanParts>> {
  const whole = planOf(seed, installation);
  const fails = async (kept: PlanParts): Promise<boolean> => {
    const { violations } = await check(installation, await run(installation, reduce(whole, kept)));
    return violations.some((violation) => isLike(violation, failure));
  };
  let kept: Required<PlanParts> = {
    faults: [...whole.faults.keys()],
    acts: [...whole.acts.keys()],
    posts: [...whole.posts.keys()],
  };
  for (let before = ""; before !== JSON.stringify(kept);) {
    before = JSON.stringify(kept);
    for (const part of ["faults", "acts", "posts"] as const) {
      for (const place of kept[part]) {
        const less = { ...kept, [part]: kept[part].filter((other) => other !== place) };
        if (!(await fails(less))) continue;
        kept = less;
        say(`it fails without ${part.slice(0, -1)} ${place}`);
      }
    }
  }
  return kept;
}

/** The same kind, with the same words except for numbers. */
function isLike(left: Violation, right: Violation): boolean {
  const form = ({ kind, sentence }: Violation): string =>
    `${kind} ${sentence.split(":")[0]?.replace(/[\d.:+-]+/g, "#")}`;
  return form(left) === form(right);
}
