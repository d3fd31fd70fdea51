import { z } from "zod";

import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import { seededRandom } from "../../../tests/seeded-random.ts";
import { type Durations, show, showSeconds, showTimes, summarize } from "../../numbers.ts";
import { type Expectation, untilSettled, type Violation, VIOLATIONS, whereAnswersAreLost } from "../checker.ts";
import { startProcess } from "../processes.ts";
import type { Entry } from "../sandbox-door.ts";
import { type ScenarioResult, runScenario } from "../scenario.ts";
import { startWorkerPool } from "../worker-pool.ts";
import type { World } from "../world.ts";
import { disturb, type Disturbed, keepClock, type Move, ourTime } from "./disturbances.ts";
import type { Task } from "./neighborhood.ts";
import { NEIGHBORS } from "./neighbors.ts";
import { type Length, planDay } from "./plan.ts";
import { type Delivered, startReceiver } from "./receiver.ts";
import { type TimedCall, runDay, type PublishedPost } from "./tenants.ts";

interface Day extends Length {
  tenants: number;
  /** Seconds between two posts of a tenant. */
  every: number;
  seed: number;
  /** The pause between requests on each flood connection: 0 for full speed. */
  pauseMilliseconds: number;
}

/** The tenants' results. */
interface Seen {
  announced: PublishedPost[];
  calls: TimedCall[];
  deliveries: Delivered[];
  late: Late[];
  windows: Disturbed["windows"];
}

/** How long after its due time a post was live. */
interface Late {
  announced: PublishedPost;
  milliseconds: number;
}

/**
 * The engine's scaled delays, and so the time until a post is reported as unknown, are scaled less if there is so much
 * other load.
 */
const SPEED = 10;

/** More than twice the time until a post is reported as unknown. */
const SETTLE_SECONDS = 240;

/** The maximum ratio between the p99 lateness of the tenants' posts with and without faults. */
const FACTOR = 2;

/** A day of honest tenants: first alone, then with every possible fault. */
export async function compareDays(day: Day): Promise<ScenarioResult> {
  const alone = await live(day, false);
  const mixed = await live(day, true);
  const { lines, late } = compare(alone.seen, mixed.seen);
  return {
    ...mixed.result,
    violations: [...alone.result.violations, ...mixed.result.violations, ...late],
    posts: alone.result.posts + mixed.result.posts,
    fates: sum(alone.result.fates, mixed.result.fates),
    seconds: alone.result.seconds + mixed.result.seconds,
    notes: [...(mixed.result.notes ?? []), "", ...lines],
  };
}

/** Only the day with faults. */
export async function mixDay(day: Day): Promise<ScenarioResult> {
  return (await live(day, true)).result;
}

async function live(day: Day, isMixed: boolean): Promise<{ result: ScenarioResult; seen: Seen }> {
  let seen: Seen | undefined;
  const people = day.tenants + (isMixed ? NEIGHBORS : 0);
  // Its own receivers and media are on loopback.
  const env = { AMPOST_SIGNUP: "open", AMPOST_ALLOW_PRIVATE_URLS: "true" };
  const result = await runScenario(
    "A day of everything at once",
    { people, platforms: PLATFORM_NAMES, speed: SPEED, proxied: true, env },
    async (world) => {
      await world.sandbox.fault({
        platform: "instagram",
        operation: "publish",
        kind: "reject",
        error: "republish-accepts",
        times: 1_000_000,
      });
      await world.sandbox.fault({
        platform: "tiktok",
        operation: "create",
        kind: "reject",
        error: "moderation-2s",
        times: 1_000_000,
      });
      const tenants = world.people.slice(0, day.tenants);
      const neighbors = world.people.slice(day.tenants);
      const workers = await startWorkerPool(world, 2);
      const receiver = await startReceiver(world);
      await Promise.all(tenants.map((person) => receiver.serve(person)));

      const [moves, lived, disturbed, bad] = await Promise.all([
        keepClock(world, tenants, day),
        Promise.all(
          tenants.map((person, index) =>
            runDay(world, person, `tenant-${index}`, planDay(day, day.every, seededRandom(1000 * day.seed + index))),
          ),
        ),
        isMixed ? disturb(world, workers, day, seededRandom(day.seed)) : { counts: {}, windows: [] },
        isMixed ? misbehave(world, neighbors, day) : { violations: [], note: [] },
      ]);
      const announced = lived.flatMap((each) => each.announced);
      await untilSettled(
        world,
        announced.map(({ subject }) => subject),
        SETTLE_SECONDS,
      );
      const events = await receiver.check(announced);
      await workers.stop();
      await receiver.close();

      seen = {
        announced,
        calls: lived.flatMap(({ calls }) => calls),
        deliveries: events.deliveries,
        late: await measure(world, announced, moves),
        windows: disturbed.windows,
      };
      const faults = Object.values(disturbed.counts).reduce((all, count) => all + count, 0);
      const made = Object.entries(disturbed.counts)
        .map(([kind, count]) => `${kind} ${count} times`)
        .join(", ");
      return {
        did:
          `${announced.length} posts of ${day.tenants} tenants with webhooks on all seven networks, ` +
          `a day in ${day.seconds} s, seed ${day.seed}, with ${neighbors.length} bad neighbors; ${made}`,
        notes: [`${show(events.deliveries.length)} deliveries reached the tenants' webhooks.`, ...bad.note],
        faults,
        expectations: announced.map(expect),
        violations: [...events.violations, ...bad.violations],
        neighbors,
      };
    },
  );
  if (seen === undefined) throw new Error("The day has left nothing to look at");
  return { result, seen };
}

/** Runs the neighbors. Returns what they should not have received, and the responses they got. */
async function misbehave(
  world: World,
  people: World["people"],
  day: Day,
): Promise<{ violations: Violation[]; note: string[] }> {
  const neighborhood = startProcess("neighbors", "bench/faults/day/neighborhood.ts", [], {
    folder: world.folder,
    env: {},
  });
  await neighborhood.message();
  const { apiUrl, databaseUrl } = world;
  neighborhood.send(JSON.stringify({ apiUrl, databaseUrl, people, day } satisfies Task));
  const { violations, answers } = Misdeeds.parse(await neighborhood.message());
  await neighborhood.gone;
  const counts = answers
    .sort(([one], [other]) => one - other)
    .map(([status, count]) => `${show(count)} ${status === 0 ? "without a response" : `with ${status}`}`);
  return { violations, note: ["", `Responses to the neighbors' requests: ${counts.join(", ")}.`] };
}

const Misdeeds = z.object({
  violations: z.array(z.object({ kind: z.enum(VIOLATIONS), sentence: z.string() })),
  answers: z.array(z.tuple([z.number(), z.number()])),
});

/**
 * Requests are not counted: one that is rejected because access has expired is repeated. A second accepted one creates
 * a second post.
 */
function expect({ subject, isCancelled }: PublishedPost): Expectation {
  return isCancelled ? { subject, fates: ["discarded"] } : { ...whereAnswersAreLost(subject), publishCalls: Infinity };
}

async function measure(
  { sandbox }: World,
  announced: readonly PublishedPost[],
  moves: readonly Move[],
): Promise<Late[]> {
  const placeOf = ({ platform, accountId, text }: Pick<Entry, "platform" | "accountId" | "text">) =>
    `${platform} ${accountId} ${text}`;
  const seenAt = new Map(
    (await sandbox.ledger()).map((entry) => [placeOf(entry), ourTime(moves, Date.parse(entry.createdAt))]),
  );
  return announced.flatMap((each) => {
    const { platform, platformAccountId: accountId, parts } = each.subject;
    const at = seenAt.get(placeOf({ platform, accountId, text: parts[0] ?? "" }));
    return at === undefined ? [] : [{ announced: each, milliseconds: at - each.dueAt }];
  });
}

/**
 * Immediate posts wait for their media and for the platform to process them; scheduled ones were prepared in advance.
 */
const GROUPS: Record<string, (announced: PublishedPost) => boolean> = {
  "scheduled posts": ({ isScheduled }) => isScheduled,
  "unscheduled texts, links and threads": ({ isScheduled, kind }) =>
    !isScheduled && ["text", "link", "chain"].includes(kind),
  "unscheduled images and videos": ({ isScheduled, kind }) => !isScheduled && !["text", "link", "chain"].includes(kind),
};

/** The p99 of fewer is the single latest one. */
const LEAST_COUNT = 101;

/**
 * The lateness of everything, and of each kind of post outside of the fault windows: few posts of a kind are due within
 * one, and these may have to wait for a lease or a restart. Also what exceeds the limit.
 */
function compare(alone: Seen, mixed: Seen): { lines: string[]; late: Violation[] } {
  const late: Violation[] = [];
  const row = (name: string, before: Durations, after: Durations): string => {
    const ratio = after.p99 / before.p99;
    const isCounted = Math.min(before.count, after.count) >= LEAST_COUNT;
    if (isCounted && !(ratio <= FACTOR))
      late.push({
        kind: "late",
        sentence: `the p99 of ${name} is ${showTimes(ratio)} that of the day alone; the latest took ${showSeconds(after.max)}`,
      });
    const cells = [
      name,
      show(after.count),
      showSeconds(before.p50),
      showSeconds(before.p99),
      showSeconds(after.p50),
      showSeconds(after.p99),
      showTimes(ratio),
      isCounted ? (ratio <= FACTOR ? "yes" : "**no**") : "too few",
    ];
    return `| ${cells.join(" | ")} |`;
  };
  const isWithin = (at: number) => mixed.windows.some(({ from, to }) => at >= from && at <= to);
  const lines = [
    "| | count | alone, p50 | alone, p99 | with neighbors, p50 | with neighbors, p99 | p99 ratio | at most 2 × |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    row(
      "all posts",
      times(alone, () => true),
      times(mixed, () => true),
    ),
    row("all API requests", durations(alone.calls), durations(mixed.calls)),
    row("all webhook deliveries", durations(alone.deliveries), durations(mixed.deliveries)),
  ];
  for (const [name, belongs] of Object.entries(GROUPS)) {
    const [before, after] = [
      times(alone, belongs),
      durations(mixed.late.filter(({ announced }) => belongs(announced) && !isWithin(announced.dueAt))),
    ];
    lines.push(row(`outside of the faults' windows: ${name}`, before, after));
  }
  const within = mixed.late.filter(({ announced }) => isWithin(announced.dueAt));
  const seconds = mixed.windows.reduce((all, { from, to }) => all + to - from, 0);
  const { count, p50, p99, max } = durations(within);
  lines.push(
    "",
    `Windows of ${mixed.windows.length} faults, ${showSeconds(seconds)} in total: ` +
      `${show(count)} of ${show(mixed.late.length)} posts were due in them; p50 ${showSeconds(p50)}, p99 ${showSeconds(p99)}, ` +
      `maximum ${showSeconds(max)}.`,
  );
  return { lines, late };
}

function times({ late }: Seen, belongs: (announced: PublishedPost) => boolean): Durations {
  return durations(late.filter(({ announced }) => belongs(announced)));
}

function durations(asked: readonly { milliseconds: number }[]): Durations {
  return summarize(asked.map(({ milliseconds }) => milliseconds));
}

function sum(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
