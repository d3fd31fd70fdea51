import { setTimeout as sleep } from "node:timers/promises";

import type { PlatformName } from "../../model/platform-names.ts";
import type { FaultPoint } from "../../server/publishing/fault-points.ts";
import { untilSettled, whereAnswersAreLost } from "./checker.ts";
import { draftOf, type Kind } from "./contents.ts";
import type { InjectedFault } from "./fault-plan.ts";
import type { ChildProcessHandle } from "./processes.ts";
import { type ScenarioOutcome, type ScenarioResult, pick, runScenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";
import { begin, type Subject, type World } from "./world.ts";

/** A kind of post, each of whose fault points is a place to crash. */
export interface CrashSubject {
  /** Default: Threads. */
  platform?: PlatformName;
  kind: Kind;
  /** Whether the response to its first commit is lost, so that it is read back. */
  lost?: true;
  /** Limits the fault points. */
  points?: readonly FaultPoint[];
}

interface Case extends CrashSubject {
  point: FaultPoint;
  step: string | null;
}

/** Each of them can hold all posts of a round. */
const WORKERS = 2;

/**
 * Runs each kind of post once to record its fault points. Then, for each of them, a process publishes a post and is
 * killed there, and other processes continue. Points that can wait are batched: the posts of a round each stop at their
 * own point, and then the processes are killed. At the others, the process kills itself.
 */
export function crashEverywhere(subjects: readonly CrashSubject[], people = 60): Promise<ScenarioResult> {
  return runScenario("Crash at every point", { people, slots: people }, (world) => crashIn(world, subjects));
}

/** The same in an existing world, whose workers can each hold a post of every person. */
export async function crashIn(world: World, subjects: readonly CrashSubject[]): Promise<ScenarioOutcome> {
  const { cases, posts } = await learnPlaces(world, subjects);
  const standing = cases.filter(({ point }) => !MUST_NOT_WAIT.has(point));
  const sudden = cases.filter(({ point }) => MUST_NOT_WAIT.has(point));
  const people = world.people.length;
  for (let from = 0; from < standing.length; from += people)
    posts.push(...(await killStanding(world, standing.slice(from, from + people))));
  if (sudden.length > 0) posts.push(...(await killThemselves(world, sudden)));
  const faults = cases.length + (sudden.length > 0 ? CLAIMS.length : 0);
  const kinds = subjects.map(({ platform, kind, lost }) =>
    [...(platform === undefined ? [] : [platform]), kind, ...(lost ? ["whose response is lost"] : [])].join(" "),
  );
  const did = `SIGKILL at each of ${faults} points of: ${kinds.join(", ")}; the process is then restarted`;
  return { did, faults, expectations: posts.map(whereAnswersAreLost) };
}

/** At this point, no post is being processed yet. */
const CLAIMS = (["claim.before", "claim.after"] as const).map((point): InjectedFault => ({
  point,
  platformPostId: null,
  step: null,
  act: "kill",
}));
const MUST_NOT_WAIT: ReadonlySet<FaultPoint> = new Set(["send.before"]);

async function learnPlaces(
  world: World,
  subjects: readonly CrashSubject[],
): Promise<{ cases: Case[]; posts: Subject[] }> {
  world.faultPlan.plan([], { record: true });
  const worker = await world.startWorker();
  const posts = await Promise.all(
    subjects.map((subject, index) => makePost(world, subject, `learning ${index}`, index)),
  );
  await Promise.all(posts.map((post) => world.api.publish(post)));
  await untilSettled(world, posts, 30);
  await worker.kill();
  const seen = world.faultPlan.recorded();
  const cases = subjects.flatMap((subject, index) => {
    const ours = seen.filter(
      ({ platformPostId, point }) => platformPostId === posts[index]?.platformPostId && !point.startsWith("claim."),
    );
    const places = new Map(ours.map(({ point, step }) => [`${point} ${step}`, { point, step }]));
    return (
      [...places.values()]
        // Without a lost response, only a slow machine reads back.
        .filter(
          ({ point }) => subject.points?.includes(point) ?? (subject.lost === true || !point.startsWith("reconcile.")),
        )
        .map((place) => ({ ...subject, ...place }))
    );
  });
  return { cases, posts };
}

async function killStanding(world: World, cases: readonly Case[]): Promise<Subject[]> {
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => world.holdWorker()));
  const { posts, injected } = await prepare(world, cases, "freeze");
  world.faultPlan.plan(injected);
  await Promise.all(workers.map(begin));
  await Promise.all(posts.map((post) => world.api.publish(post)));
  await untilStruck(world, injected);
  const successors = await Promise.all(Array.from({ length: WORKERS }, () => world.holdWorker()));
  await killAll(workers);
  await Promise.all(successors.map(begin));
  await untilSettled(world, posts, 60);
  await killAll(successors);
  return posts;
}

async function killThemselves(world: World, cases: readonly Case[]): Promise<Subject[]> {
  const { posts, injected } = await prepare(world, cases, "kill");
  world.faultPlan.plan([...injected, ...CLAIMS]);
  const workers = await startWorkerPool(world, 2);
  // One at a time: a process that kills itself also interrupts its other work, which may then never reach its own point.
  for (const [index, post] of posts.entries()) {
    await world.api.publish(post);
    await untilStruck(world, injected.slice(index, index + 1));
  }
  await untilStruck(world, [...injected, ...CLAIMS]);
  await untilSettled(world, posts, 60);
  await workers.stop();
  return posts;
}

async function prepare(
  world: World,
  cases: readonly Case[],
  act: InjectedFault["act"],
): Promise<{ posts: Subject[]; injected: InjectedFault[] }> {
  const posts = await Promise.all(
    cases.map((each, index) => makePost(world, each, `${each.point} of ${each.step}`, index)),
  );
  const injected = cases.map(({ point, step }, index): InjectedFault => ({
    point,
    step,
    platformPostId: posts[index]?.platformPostId ?? null,
    act,
  }));
  return { posts, injected };
}

async function makePost(
  world: World,
  { platform, kind, lost }: CrashSubject,
  text: string,
  index: number,
): Promise<Subject> {
  const person = pick(world.people, index);
  return world.api.create(
    person,
    await draftOf(kind, `${kind} ${text}${lost ? " [[sandbox:drop_after:1]]" : ""}`, person, world.api, platform),
  );
}

/**
 * Fails explicitly if no further point is reached for a minute, because then nothing would be tested. Posts that several
 * crashes interrupted continue one at a time.
 */
async function untilStruck(world: World, injected: readonly InjectedFault[]): Promise<void> {
  let count = 0;
  let reachedAt = performance.now();
  for (;;) {
    const struck = new Set(world.faultPlan.struck().filter((fault) => injected.includes(fault)));
    if (struck.size === injected.length) return;
    if (struck.size > count) {
      count = struck.size;
      reachedAt = performance.now();
    }
    if (performance.now() > reachedAt + 60_000) {
      const missing = injected.filter((fault) => !struck.has(fault)).map(({ point, step }) => `${point} of ${step}`);
      throw new Error(`Fault points that were not reached: ${missing.join(", ")}`);
    }
    await sleep(50);
  }
}

async function killAll(workers: readonly ChildProcessHandle[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.kill()));
}
