import { setTimeout as sleep } from "node:timers/promises";

import { seededRandom } from "../../tests/seeded-random.ts";
import { subjectOf } from "./api.ts";
import { type Expectation, untilSettled, type Violation } from "./checker.ts";
import { draftOf } from "./contents.ts";
import { doubledPosts } from "./kills.ts";
import { pick, type Scenario, scenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";
import type { Person, Subject, World } from "./world.ts";

/** The maximum time a text needs from publish to live: the race takes place within it. */
const RACE_MILLISECONDS = 120;
/**
 * If one side always wins, the machine is slower than that: the race is repeated this many times, over four times the
 * duration.
 */
const LONGER_RACES = 3;

/**
 * Publish, then cancel a moment later: either it is discarded and never live, or the cancel is rejected and it is live.
 */
export function cancelAgainstPublish(options: { races: number; seed: number }): Scenario {
  return scenario("Cancel against publish", { people: 24 }, async (world) => {
    const random = seededRandom(options.seed);
    const workers = await startWorkerPool(world, 2);
    const each = Math.ceil(options.races / world.people.length);
    const expectations: Expectation[] = [];
    const winners = () => expectations.filter(({ fates }) => fates?.includes("discarded")).length;
    let milliseconds = RACE_MILLISECONDS;
    for (
      let round = 0;
      round === 0 || (round <= LONGER_RACES && !isRaced(winners(), expectations.length));
      round += 1
    ) {
      milliseconds = RACE_MILLISECONDS * 4 ** round;
      const races = world.people.map((person, index) =>
        raceCancels(world, person, { text: `race ${round}.${index}`, count: each, milliseconds }, random),
      );
      expectations.push(...(await Promise.all(races)).flat());
    }
    await untilSettled(
      world,
      expectations.map(({ subject }) => subject),
      60,
    );
    await workers.stop();
    const won = winners();
    const did =
      `${expectations.length} posts published and cancelled up to ${milliseconds} ms later: ${won} were cancelled, ` +
      `${expectations.length - won} were too late`;
    return { did, faults: expectations.length, expectations, violations: unfair(won, expectations.length) };
  });
}

async function raceCancels(
  world: World,
  person: Person,
  race: { text: string; count: number; milliseconds: number },
  random: () => number,
): Promise<Expectation[]> {
  const expectations: Expectation[] = [];
  for (let number = 0; number < race.count; number += 1) {
    const subject = await world.api.create(person, await draftOf("text", `${race.text}.${number}`, person, world.api));
    await world.api.publish(subject);
    // Mostly early: a little later is already too late.
    await sleep(race.milliseconds * random() ** 4);
    const { status } = await world.api.call(person, "POST", `/api/v1/posts/${subject.postId}/cancel`);
    if (status !== 200 && status !== 409) throw new Error(`A cancel was answered ${status}`);
    expectations.push({ subject, fates: [status === 200 ? "discarded" : "published"] });
  }
  return expectations;
}

/** Nothing is tested if one side always wins. */
function unfair(won: number, races: number): Violation[] {
  return isRaced(won, races)
    ? []
    : [{ kind: "untrue", sentence: `${won} of ${races} races were won: nothing was raced` }];
}

function isRaced(won: number, races: number): boolean {
  return won > 0 && won < races;
}

/**
 * Scheduled, and edited around the due time: either only the new text is published, or the edit is rejected and the old
 * text is.
 */
export function editAgainstDueTime(options: { rounds: number; seed: number }): Scenario {
  return scenario("Edit against the due time", { people: 24 }, async (world) => {
    const random = seededRandom(options.seed);
    const workers = await startWorkerPool(world, 2);
    const expectations: Expectation[] = [];
    const winners = () => expectations.filter(({ subject }) => subject.parts[0]?.endsWith("edited")).length;
    for (
      let round = 0;
      round < options.rounds || (round < options.rounds + LONGER_RACES && !isRaced(winners(), expectations.length));
      round += 1
    ) {
      const longer = 4 ** Math.max(0, round + 1 - options.rounds);
      const dueAt = Date.now() + 2_500 * longer;
      const races = world.people.map((person, index) =>
        raceEdit(world, person, { text: `edit ${round}.${index}`, dueAt, at: dueAt + (250 * random() - 100) * longer }),
      );
      expectations.push(...(await Promise.all(races)));
    }
    await untilSettled(
      world,
      expectations.map(({ subject }) => subject),
      60,
    );
    await workers.stop();
    const won = winners();
    const did =
      `${expectations.length} posts edited from 100 ms before their due time to 150 ms after it, ` +
      `or further around it where that raced nothing: ${won} were edited, ` +
      `${expectations.length - won} were too late`;
    return { did, faults: expectations.length, expectations, violations: unfair(won, expectations.length) };
  });
}

async function raceEdit(
  world: World,
  person: Person,
  race: { text: string; dueAt: number; at: number },
): Promise<Expectation> {
  const draft = await draftOf("text", race.text, person, world.api);
  const scheduled = { ...draft, body: { ...draft.body, scheduledFor: new Date(race.dueAt).toISOString() } };
  const subject = await world.api.create(person, scheduled);
  await sleep(Math.max(0, race.at - Date.now()));
  const text = `${race.text} edited`;
  const { status, body } = await world.api.call(person, "PATCH", `/api/v1/posts/${subject.postId}`, {
    body: { content: { text } },
  });
  if (status !== 200 && status !== 409) throw new Error(`An edit was answered ${status}: ${JSON.stringify(body)}`);
  return { subject: status === 200 ? { ...subject, parts: [text] } : subject };
}

/** Each post is published by twenty concurrent requests. */
export function publishManyTimes(options: { posts: number }): Scenario {
  return scenario("Twenty concurrent publishes", { people: 12, apis: 2 }, async (world) => {
    const workers = await startWorkerPool(world, 2);
    const violations: Violation[] = [];
    const expectations: Expectation[] = [];
    for (let number = 0; number < options.posts; number += 1) {
      const person = pick(world.people, number);
      const subject = await world.api.create(person, await draftOf("text", `often ${number}`, person, world.api));
      const calls = Array.from({ length: 20 }, (_, call) =>
        world.api.call(person, "POST", `/api/v1/posts/${subject.postId}/publish`, { number: call % 2 }),
      );
      const statuses = (await Promise.all(calls)).map(({ status }) => status);
      const accepted = statuses.filter((status) => status === 200).length;
      if (accepted !== 1 || statuses.some((status) => status !== 200 && status !== 409))
        violations.push({ kind: "untrue", sentence: `Twenty publishes were answered ${statuses.join(" ")}` });
      expectations.push({ subject });
    }
    await untilSettled(
      world,
      expectations.map(({ subject }) => subject),
      60,
    );
    await workers.stop();
    return {
      did: `${options.posts} posts, each published by 20 concurrent requests on 2 API processes`,
      faults: options.posts * 20,
      expectations,
      violations,
    };
  });
}

/** Two hundred concurrent creates with one key, over two processes, create one post. */
export function createWithOneKey(options: { rounds: number; calls: number }): Scenario {
  return scenario("One idempotency key", { people: options.rounds, apis: 2 }, async (world) => {
    const workers = await startWorkerPool(world, 1);
    const violations: Violation[] = [];
    const subjects: Subject[] = [];
    for (const [round, person] of world.people.slice(0, options.rounds).entries()) {
      const draft = await draftOf("text", `one key ${round}`, person, world.api);
      const create = (call: number) =>
        world.api.insist(person, "POST", "/api/v1/posts", {
          body: draft.body,
          idempotencyKey: `key ${round}`,
          number: call % 2,
        });
      const made = (await Promise.all(Array.from({ length: options.calls }, (_, call) => create(call)))).map((answer) =>
        subjectOf(person, draft.parts, answer),
      );
      const ids = new Set(made.map(({ postId }) => postId));
      if (ids.size !== 1)
        violations.push({
          kind: "duplicate",
          sentence: `${options.calls} creates with one key answered ${ids.size} posts`,
        });
      const [subject] = made;
      if (subject === undefined) continue;
      await world.api.publish(subject);
      subjects.push(subject);
    }
    await untilSettled(world, subjects, 60);
    await workers.stop();
    const did =
      `${options.rounds} times ${options.calls} concurrent creates with one key on 2 API processes; ` +
      "the post was then published";
    return {
      did,
      faults: options.rounds * options.calls,
      expectations: subjects.map((subject) => ({ subject })),
      violations: [...violations, ...(await doubledPosts(world))],
    };
  });
}
