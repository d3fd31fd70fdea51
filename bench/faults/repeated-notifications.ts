import { untilSettled } from "./checker.ts";
import { draftOf } from "./contents.ts";
import { type Scenario, scenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";

/** Three workers are notified of every post ten times. */
export function repeatNotifications(options: { rounds: number }): Scenario {
  return scenario("Repeated wake-ups", { people: 24 }, async (world) => {
    const workers = await startWorkerPool(world, 3);
    const subjects = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const posts = await Promise.all(
        world.people.map(async (person, index) =>
          world.api.create(person, await draftOf("text", `woken ${round}.${index}`, person, world.api)),
        ),
      );
      await Promise.all(posts.map((post) => world.api.publish(post)));
      await Promise.all(
        posts.flatMap(() => Array.from({ length: 10 }, () => world.pool.query("select pg_notify('ampost_due', '')"))),
      );
      await untilSettled(world, posts, 60);
      subjects.push(...posts);
    }
    await workers.stop();
    return {
      did: `${subjects.length} posts with 3 workers, each notified ten times that something is due`,
      faults: subjects.length * 10,
      expectations: subjects.map((subject) => ({ subject })),
    };
  });
}
