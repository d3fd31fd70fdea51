import { setTimeout as sleep } from "node:timers/promises";

import { forEachPlatform, PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { catalog } from "../../platforms/catalog.ts";
import type { FaultPoint } from "../../server/publishing/fault-points.ts";
import { type Expectation, untilSettled, whereAnswersAreLost } from "./checker.ts";
import { draftOf, type Kind } from "./contents.ts";
import { type CrashSubject, crashIn } from "./crashes.ts";
import { type ScenarioResult, pick, runScenario } from "./scenario.ts";
import { startWorkerPool } from "./worker-pool.ts";
import type { Subject, World } from "./world.ts";

/** What is published on each network: a text if it accepts one alone, otherwise a video. */
export const KIND_OF: Record<PlatformName, Kind> = forEachPlatform((name) =>
  catalog[name].capabilities.placements[0]?.shapes.some(({ items }) => items.min === 0) === true ? "text" : "video",
);

/** The outcomes of the commit's only request; after the first two, nothing is live. */
const LOSSES = ["http_500", "drop_before", "drop_after", "error_after"] as const;

type Loss = (typeof LOSSES)[number];

/** Fault points that a post only reaches if its response was lost. */
const READING_BACK: readonly FaultPoint[] = ["reconcile.before", "reconcile.after"];

interface Amount {
  people: number;
  /** Limits the fault points. */
  points?: readonly FaultPoint[];
  losses?: readonly Loss[];
}

/** The crashes, and the commits with lost responses, on every network. */
export function breakPlatforms({ people, points, losses = LOSSES }: Amount): Promise<ScenarioResult> {
  const subjects = PLATFORM_NAMES.flatMap((platform): CrashSubject[] => {
    const subject = { platform, kind: KIND_OF[platform] };
    return points === undefined
      ? [subject, { ...subject, lost: true, points: READING_BACK }]
      : [{ ...subject, points }];
  });
  return runScenario("All seven platforms", { people, slots: people, platforms: PLATFORM_NAMES }, async (world) => {
    await prepareSandbox(world);
    const crashes = await crashIn(world, subjects);
    const expectations = await loseAnswers(world, losses);
    return {
      did: `${crashes.did}; for each of them, also commits with the faults ${losses.join(", ")}`,
      faults: crashes.faults + expectations.length,
      expectations: [...crashes.expectations, ...expectations],
    };
  });
}

/**
 * Instagram reports second publishes like Threads does; TikTok's moderation ends before the engine asks for the ID
 * again.
 */
async function prepareSandbox({ sandbox }: World): Promise<void> {
  await sandbox.fault({
    platform: "instagram",
    operation: "publish",
    kind: "reject",
    error: "republish-accepts",
    times: 1_000_000,
  });
  await sandbox.fault({
    platform: "tiktok",
    operation: "create",
    kind: "reject",
    error: "moderation-2s",
    times: 1_000_000,
  });
}

async function loseAnswers(world: World, losses: readonly Loss[]): Promise<Expectation[]> {
  const before = await struckCommits(world);
  const workers = await startWorkerPool(world, 2);
  const made = await Promise.all(
    losses.flatMap((loss, index) => PLATFORM_NAMES.map((platform) => losePost(world, platform, loss, index))),
  );
  // The others start after these have been affected: this fault applies to the network's next commit, whichever it is.
  const arranged = made.filter(({ loss }) => loss === "http_500");
  for (const { subject } of arranged)
    await world.sandbox.fault({ platform: subject.platform, operation: "publish", kind: "http_500" });
  await publishAll(world, arranged);
  if (arranged.length > 0) await untilStruck(world, before, 1);
  await publishAll(
    world,
    made.filter((each) => !arranged.includes(each)),
  );
  await untilSettled(
    world,
    made.map(({ subject }) => subject),
    120,
  );
  await untilStruck(world, before, losses.length);
  await workers.stop();
  return made.map(({ subject, loss }) => ({
    ...whereAnswersAreLost(subject),
    ...(loss === "http_500" || loss === "drop_before" ? { publishCalls: 2 } : {}),
  }));
}

/** All others are magic words in the post itself. */
async function losePost(
  world: World,
  platform: PlatformName,
  loss: Loss,
  index: number,
): Promise<{ subject: Subject; loss: Loss }> {
  const person = pick(world.people, index);
  const text = loss === "http_500" ? loss : `${loss} [[sandbox:${loss}:1]]`;
  return {
    loss,
    subject: await world.api.create(person, await draftOf(KIND_OF[platform], text, person, world.api, platform)),
  };
}

async function publishAll({ api }: World, posts: readonly { subject: Subject }[]): Promise<void> {
  await Promise.all(posts.map(({ subject }) => api.publish(subject)));
}

/**
 * Waits until this many more commits were affected on every network; fails explicitly if they were not, because then
 * nothing would be tested.
 */
async function untilStruck(world: World, before: ReadonlyMap<PlatformName, number>, count: number): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    const now = await struckCommits(world);
    const open = PLATFORM_NAMES.filter((platform) => (now.get(platform) ?? 0) - (before.get(platform) ?? 0) < count);
    if (open.length === 0) return;
    if (performance.now() > end) throw new Error(`The sandbox has not struck ${count} commits of ${open.join(", ")}`);
    await sleep(500);
  }
}

/** How many commits got no response, or a network error. */
async function struckCommits({ sandbox }: World): Promise<Map<PlatformName, number>> {
  const counts = PLATFORM_NAMES.map(async (platform) => {
    const commits = (await sandbox.requests(platform)).filter(({ operation }) => operation === "publish");
    return [platform, commits.filter(({ status }) => status === null || status >= 500).length] as const;
  });
  return new Map(await Promise.all(counts));
}
