import { setTimeout as sleep } from "node:timers/promises";

import { seededRandom } from "../../tests/seeded-random.ts";
import { untilSettled } from "./checker.ts";
import { doubledPosts, insistOnPosts } from "./kills.ts";
import { type ScenarioResult, runScenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";

/** PostgreSQL stops immediately and restarts, while clients create and publish and workers publish. */
export function breakDatabase(options: { posts: number; breaks: number; seed: number }): Promise<ScenarioResult> {
  return runScenario("PostgreSQL crashes", { people: 12, apis: 2 }, async (world) => {
    const random = seededRandom(options.seed);
    const workers = await startWorkerPool(world, 2);
    const clients = Promise.all(
      world.people.map((_, index) => insistOnPosts(world, index, Math.ceil(options.posts / world.people.length))),
    );
    for (let breaks = 0; breaks < options.breaks; breaks += 1) {
      await sleep(300 + 1200 * random());
      await world.breakDatabase();
    }
    const subjects = (await clients).flat();
    await untilSettled(world, subjects, 120);
    await workers.stop();
    const did =
      `${subjects.length} posts created and published while PostgreSQL was stopped ${options.breaks} times as ` +
      "with pg_ctl -m immediate";
    return {
      did,
      faults: options.breaks,
      expectations: subjects.map((subject) => ({ subject })),
      violations: await doubledPosts(world),
    };
  });
}
