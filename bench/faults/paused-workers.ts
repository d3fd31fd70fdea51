import { setTimeout as sleep } from "node:timers/promises";

import type { FaultPoint } from "../../server/publishing/fault-points.ts";
import { untilSettled } from "./checker.ts";
import { draftOf } from "./contents.ts";
import type { InjectedFault } from "./fault-plan.ts";
import { type ScenarioResult, pick, runScenario } from "./scenario.ts";
import { type Subject, type World } from "./world.ts";

/** Before and after the commit and a step. */
export const PAUSE_POINTS = [
  "step.before",
  "step.after",
  "intent.before",
  "intent.written",
  "send.before",
  "answer.received",
  "result.before",
  "settle.before",
] as const satisfies readonly FaultPoint[];

/**
 * A worker is stopped at each of these points for longer than its lease, as when a machine sleeps. Another one finishes
 * its work; then the first one continues, and may neither send nor write.
 */
export function pauseWorkers(points: readonly FaultPoint[]): Promise<ScenarioResult> {
  return runScenario("Stopped and continued workers", { people: points.length }, async (world) => {
    const posts = await Promise.all(points.map((point, index) => makePost(world, point, index)));
    const injected = points.map((point, index): InjectedFault => ({
      point,
      step: null,
      platformPostId: posts[index]?.platformPostId ?? null,
      act: "stop",
    }));
    world.faultPlan.plan(injected);
    const sleepers = await Promise.all(points.map(() => world.startWorker()));
    // One at a time, so that each worker stops with one post.
    for (const [index, post] of posts.entries()) {
      await world.api.publish(post);
      while (world.faultPlan.struck().length <= index) await sleep(20);
    }
    await world.startWorker();
    await untilSettled(world, posts, 90);
    for (const sleeper of sleepers) sleeper.signal("SIGCONT");
    // Time in which they could do something wrong.
    await sleep(3_000);
    return {
      did: `SIGSTOP at ${points.join(", ")}; SIGCONT after another worker had settled the post`,
      faults: points.length,
      expectations: posts.map((subject) => ({ subject })),
    };
  });
}

async function makePost(world: World, point: FaultPoint, index: number): Promise<Subject> {
  const person = pick(world.people, index);
  return world.api.create(person, await draftOf("text", `asleep at ${point}`, person, world.api));
}
