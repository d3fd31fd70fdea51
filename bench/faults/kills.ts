import { setTimeout as sleep } from "node:timers/promises";

import { seededRandom } from "../../tests/seeded-random.ts";
import { subjectOf } from "./api.ts";
import { type Expectation, untilSettled, type Violation } from "./checker.ts";
import { draftOf, KINDS } from "./contents.ts";
import { pick, type Scenario, scenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";
import type { Subject, World } from "./world.ts";

/** One of three workers is killed repeatedly while posts of all kinds are created. */
export function killWorkers(options: { posts: number; kills: number; seed: number }): Scenario {
  return scenario("Killed workers", { people: 24 }, async (world) => {
    const random = seededRandom(options.seed);
    const workers = await startWorkerPool(world, 3);
    const posting = keepPosting(world, options.posts, random);
    for (let kills = 0; kills < options.kills; kills += 1) {
      await sleep(200 + 1000 * random());
      while (workers.running().length < 2) await sleep(20);
      await pick(workers.running(), Math.floor(3 * random())).kill();
    }
    const subjects = await posting;
    const expectations = subjects.map((subject): Expectation => ({ subject }));
    await untilSettled(world, subjects, 120);
    await workers.stop();
    return {
      did: `${options.posts} posts of all kinds while one of 3 workers was killed with SIGKILL ${options.kills} times`,
      faults: options.kills,
      expectations,
    };
  });
}

/**
 * Two API processes are killed in turn while clients create and publish, each request with an idempotency key and
 * retried until there is a response. A key creates one post.
 */
export function killApis(options: { posts: number; kills: number; seed: number }): Scenario {
  return scenario("Killed API", { people: 12, apis: 2 }, async (world) => {
    const workers = await startWorkerPool(world, 2);
    const random = seededRandom(options.seed);
    const clients = world.people.map((_, index) =>
      insistOnPosts(world, index, Math.ceil(options.posts / world.people.length)),
    );
    const all = Promise.all(clients);
    for (let kills = 0; kills < options.kills; kills += 1) {
      await sleep(100 + 600 * random());
      await world.restartApi(kills % 2);
    }
    const subjects = (await all).flat();
    await untilSettled(world, subjects, 120);
    await workers.stop();
    const did =
      `${subjects.length} posts created and published with idempotency keys on 2 API processes, ` +
      `one of which was killed with SIGKILL ${options.kills} times`;
    return {
      did,
      faults: options.kills,
      expectations: subjects.map((subject) => ({ subject })),
      violations: await doubledPosts(world),
    };
  });
}

async function keepPosting(world: World, count: number, random: () => number): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (let number = 0; number < count; number += 1) {
    const person = pick(world.people, number);
    const kind = random() < 0.6 ? "text" : pick(KINDS, Math.floor(4 * random()));
    const subject = await world.api.create(person, await draftOf(kind, `stream ${number}`, person, world.api));
    await world.api.publish(subject);
    subjects.push(subject);
    await sleep(40 * random());
  }
  return subjects;
}

export async function insistOnPosts(world: World, personIndex: number, count: number): Promise<Subject[]> {
  const person = pick(world.people, personIndex);
  const subjects: Subject[] = [];
  for (let number = 0; number < count; number += 1) {
    const { parts, body } = await draftOf("text", `client ${personIndex} post ${number}`, person, world.api);
    const asked = { number: personIndex % 2 };
    const created = await world.api.insist(person, "POST", "/api/v1/posts", {
      body,
      idempotencyKey: `create ${number}`,
      ...asked,
    });
    const subject = subjectOf(person, parts, created);
    const published = await world.api.insist(person, "POST", `/api/v1/posts/${subject.postId}/publish`, {
      idempotencyKey: `publish ${number}`,
      ...asked,
    });
    if (published.status !== 200) throw new Error(`Publishing was refused: ${JSON.stringify(published.body)}`);
    subjects.push(subject);
  }
  return subjects;
}

/** A key that created two posts would have left a second one with the same text. */
export async function doubledPosts({ pool }: World): Promise<Violation[]> {
  const { rows } = await pool.query<{ text: string; count: number }>(
    `select content ->> 'text' as text, count(*)::integer as count from posts group by user_id, content
     having count(*) > 1`,
  );
  return rows.map(({ text, count }) => ({
    kind: "duplicate",
    sentence: `one idempotency key made ${count} posts "${text}"`,
  }));
}
