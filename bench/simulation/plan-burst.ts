import { FAULT_POINTS } from "../../server/publishing/fault-points.ts";
import { drawNetworkFault, drawRepeats, drawWorkerFault } from "./draw-faults.ts";
import type { Installation, Shape } from "./installation.ts";
import type { Batched, Plan, PlannedAct, PlannedFault, PlannedPost } from "./plan.ts";
import { type Draws, drawsOf } from "./random.ts";

/** Everything is prepared by then, as in production, where it is prepared half an hour ahead. */
const DUE_SECONDS = 40;

/** Posts of several people that are due at the same instant, and whose statements are therefore made together. */
export function planBurst(seed: number, { shapes, tenants }: Pick<Installation, "shapes" | "tenants">): Plan {
  const draws = drawsOf(seed, "burst");
  const posts = drawPosts(draws, shapes, tenants.length);
  const theme = draws.weighed({ rows: 8, batches: 5, stops: 3, database: 3, answers: 2 });
  const second = draws.chance() < 0.3 ? draws.pick(["stops", "database", "answers"] as const) : null;
  return {
    seed,
    theme: "burst",
    workers: draws.pick([1, 2, 2, 3]),
    connections: draws.pick([6, 10]),
    floorSeconds: 20,
    posts,
    acts: draws.chance() < 0.5 ? [] : drawActs(draws, posts),
    faults: [
      ...drawFaults(draws, theme, posts),
      ...(second === null ? [] : drawFaults(draws, second, posts)),
      ...drawRepeats(seed, posts.length),
    ],
    platformAheadSeconds: draws.chance() < 0.6 ? 0 : draws.pick([-20, 20]),
    workersAheadSeconds: [0, 1, 2].map(() => (draws.chance() < 0.7 ? 0 : draws.pick([-120, -7, 7, 120]))),
    tokens: [],
  };
}

/** One or two for each account, of which some have the same text, in two waves. */
function drawPosts(draws: Draws, shapes: readonly Shape[], tenants: number): PlannedPost[] {
  const texts = shapes.filter(({ content, parts }) => content.media.length === 0 && parts === 1);
  const platforms = [...new Set(texts.map(({ platform }) => platform))];
  const isEach = draws.chance() < 0.5;
  const posts: PlannedPost[] = [];
  for (const platform of platforms) {
    for (let tenant = 0; tenant < tenants; tenant += 1) {
      const shape = draws.pick(texts.filter((each) => each.platform === platform));
      const wave = draws.chance() < 0.7 ? 0 : 0.1;
      const post = { tenant, shape, words: posts.length, when: { dueAt: DUE_SECONDS + wave } };
      if (isEach || draws.chance() < 0.7) posts.push(post);
      if (draws.chance() < 0.3) posts.push({ ...post, words: draws.chance() < 0.2 ? post.words : 100 + posts.length });
    }
  }
  return posts;
}

function drawActs(draws: Draws, posts: readonly PlannedPost[]): PlannedAct[] {
  const near = (): number => DUE_SECONDS + draws.pick([-5, -0.4, 0, 0.03, 0.1, 0.3, 1.5]) + draws.chance() * 0.1;
  return Array.from({ length: draws.whole(1, 4) }, (): PlannedAct => {
    const act = draws.weighed({ cancel: 5, edit: 2, pause: 2 });
    const post = draws.whole(0, posts.length - 1);
    return { post, at: near(), act, ...(act === "pause" ? { seconds: draws.pick([0.1, 2, 8]) } : {}) };
  });
}

function drawFaults(
  draws: Draws,
  theme: "rows" | "batches" | "stops" | "database" | "answers",
  posts: readonly PlannedPost[],
): PlannedFault[] {
  const some = (least: number, most: number, draw: () => PlannedFault[]): PlannedFault[] =>
    Array.from({ length: draws.whole(least, most) }, draw).flat();
  switch (theme) {
    case "rows":
      return [...some(2, 5, () => [drawRowFault(draws, posts)]), ...some(0, 2, () => [lateAnswer(draws, posts)])];
    case "batches":
      return [
        ...(draws.chance() < 0.5 ? stalls(draws) : some(1, 4, () => [drawBatchFault(draws)])),
        ...some(0, 2, () => [drawRowFault(draws, posts)]),
      ];
    case "stops":
      return some(1, 2, () => [
        draws.chance() < 0.5
          ? { at: "time", seconds: during(draws), do: drawWorkerFault(draws) }
          : {
              at: "point",
              point: draws.pick(FAULT_POINTS),
              nth: draws.whole(1, 2 * posts.length),
              do: drawWorkerFault(draws),
            },
      ]);
    case "database":
      return some(1, 2, () => [
        {
          at: "time",
          seconds: during(draws),
          do:
            draws.chance() < 0.7
              ? { what: "database restarts", seconds: draws.pick([0.2, 2, 7, 25, 90, 300]) }
              : { what: "database is read-only", seconds: draws.pick([0.5, 2, 6, 20, 90]) },
        },
      ]);
    case "answers":
      return draws.chance() < 0.2
        ? [
            {
              at: "time",
              seconds: during(draws),
              do: {
                what: "outage",
                platform: draws.pick(posts).shape.platform,
                seconds: draws.pick([5, 30]),
                fault: { what: draws.pick(["refused", "silent_before", "unavailable", "cut_after"] as const) },
              },
            },
          ]
        : some(1, 4, () => [
            { at: "request", only: "commit", nth: draws.whole(1, posts.length), fault: drawNetworkFault(draws) },
          ]);
  }
}

/** Most of it takes some tenths of a second. */
function during(draws: Draws): number {
  return DUE_SECONDS + draws.pick([-0.2, 0, 0, 0.02, 0.04, 0.1, 0.2, 0.5]) + draws.chance() * 0.1;
}

function drawRowFault(draws: Draws, posts: readonly PlannedPost[]): PlannedFault {
  const post = draws.whole(0, posts.length - 1);
  const what = draws.weighed({ "evidence is rejected": 1, "commits are rejected": 2, "is locked": 5 });
  if (what === "evidence is rejected") return { at: "row", post, do: { what } };
  const seconds = draws.pick([1, 6, 15]);
  if (what === "commits are rejected")
    // A deadlock, a lock that did not become free, a statement that took too long.
    return { at: "row", post, do: { what, code: draws.pick(["40P01", "55P03", "57014"]), seconds } };
  const table = draws.pick(["posts", "platform_posts", "accounts"] as const);
  const at = DUE_SECONDS + draws.pick([-0.3, -0.3, 0.03]) + draws.chance() * 0.1;
  return { at: "row", post, do: { what, table, at, seconds } };
}

/** Its claim is held, and renewed, for as long as that. */
function lateAnswer(draws: Draws, posts: readonly PlannedPost[]): PlannedFault {
  return {
    at: "request",
    only: "commit",
    nth: draws.whole(1, posts.length),
    fault: { what: "late_answer", seconds: draws.pick([8, 20]) },
  };
}

function drawBatch(draws: Draws): Batched {
  return draws.weighed({ intents: 3, writes: 3, reads: 1 });
}

function drawBatchFault(draws: Draws): PlannedFault {
  const what = draws.weighed({ lost_before: 3, lost_after: 4, slow: 3 });
  return {
    at: "batch",
    of: drawBatch(draws),
    nth: draws.whole(1, 6),
    fault: what === "slow" ? { what, seconds: draws.pick([0.3, 2, 6.5, 20, 40]) } : { what },
  };
}

/** As many as are under way at once: those of the second wave come after them. */
function stalls(draws: Draws): PlannedFault[] {
  const seconds = draws.pick([8, 20]);
  return [1, 2].map((nth) => ({ at: "batch", of: "intents", nth, fault: { what: "slow", seconds } }));
}
