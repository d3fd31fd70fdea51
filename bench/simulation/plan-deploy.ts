import type { platforms as known } from "../../platforms/index.ts";
import { FAULT_POINTS } from "../../server/publishing/fault-points.ts";
import { drawRepeats, drawWorkerFault } from "./draw-faults.ts";
import type { Installation, Shape } from "./installation.ts";
import type { Plan, PlannedFault, PlannedPost } from "./plan.ts";
import { type Draws, drawsOf } from "./random.ts";

type Platforms = typeof known;

/** The same to a reader, and to us when they are read back; X takes them for two posts. */
const SPELLINGS = ["café", "cafe\u0301"] as const;

/**
 * A new version is rolled out: its workers and the old ones run side by side and pass on events. The first two posts
 * look alike, and one of them or both are in doubt; some of the others are sent differently by the new version.
 */
export function planDeploy(seed: number, { shapes, tenants }: Pick<Installation, "shapes" | "tenants">): Plan {
  const draws = drawsOf(seed, "deploy");
  const posts = drawPosts(draws, shapes, tenants.length);
  return {
    seed,
    theme: "deploy",
    workers: draws.whole(2, 3),
    newFrom: 1,
    relayEverySeconds: draws.pick([1, 5]),
    connections: draws.pick([6, 10]),
    floorSeconds: draws.pick([2, 20]),
    posts,
    acts: [],
    faults: [...drawFaults(draws, posts.length), ...drawRepeats(seed, posts.length)],
    platformAheadSeconds: draws.chance() < 0.6 ? 0 : draws.pick([-20, 20]),
    workersAheadSeconds: [0, 1, 2].map(() => (draws.chance() < 0.7 ? 0 : draws.pick([-120, -7, 7, 120]))),
    tokens: [],
  };
}

function drawPosts(draws: Draws, shapes: readonly Shape[], tenants: number): PlannedPost[] {
  const texts = shapes.filter(({ content, parts }) => content.media.length === 0 && parts === 1);
  const textOn = (name: string): Shape => draws.pick(texts.filter(({ platform }) => platform === name));
  const anyone = (): number => draws.whole(0, tenants - 1);
  const tenant = anyone();
  const shape = textOn("twitter");
  const alike = SPELLINGS.map((ending, index): PlannedPost => ({
    tenant,
    shape,
    words: 0,
    ending,
    when: { publishAt: index === 0 ? 1 : draws.whole(4, 8) },
  }));
  const others = Array.from({ length: draws.whole(3, 6) }, (_, index): PlannedPost => ({
    tenant: anyone(),
    ...(draws.chance() < 0.5 ? { shape: textOn("linkedin"), ending: REWRITTEN } : { shape: draws.pick(texts) }),
    words: 2 + index,
    when: { publishAt: draws.whole(15, 40) },
  }));
  return [...alike, ...others];
}

/** A hashtag, which LinkedIn shows in the same way however it is written. */
const REWRITTEN = "#launch";

/** The platforms as the new version knows them: it writes LinkedIn's hashtags as markup. */
export function newVersion(platforms: Platforms): Platforms {
  const { linkedin } = platforms;
  const { broker } = linkedin;
  if (broker === undefined) return platforms;
  const rewrite = (json: unknown): unknown =>
    JSON.parse(JSON.stringify(json).replace(REWRITTEN, "{hashtag|\\\\#|launch}"));
  const steps: typeof broker.steps = (content) =>
    broker.steps(content).map((step) =>
      step.effect === "visible"
        ? {
            ...step,
            request: (context) => {
              const request = step.request(context);
              return { ...request, json: rewrite(request.json) };
            },
          }
        : step,
    );
  return { ...platforms, linkedin: { ...linkedin, broker: { ...broker, steps } } };
}

type Loss = (typeof HAD_EFFECT)[number] | "cut_before";

/** Only the answer is lost. */
const HAD_EFFECT = ["cut_after", "silent_after", "gateway_after", "half"] as const;

/** The first of the two is read back before it is listed, and the second afterwards. */
const LISTED_LATE: PlannedFault = { at: "platform", platform: "twitter", error: "timeline-lag-20s", nth: 1 };

function drawFaults(draws: Draws, posts: number): PlannedFault[] {
  const lost = (nth: number, what: Loss = draws.pick(HAD_EFFECT)): PlannedFault => ({
    at: "request",
    only: "commit",
    nth,
    fault: { what },
  });
  const some = (most: number, draw: () => PlannedFault): PlannedFault[] =>
    Array.from({ length: draws.whole(1, most) }, draw);
  return [
    ...(draws.chance() < 0.5
      ? [lost(2)]
      : [lost(1), LISTED_LATE, draws.chance() < 0.5 ? lost(2) : lost(2, "cut_before")]),
    ...some(2, () => lost(draws.whole(3, posts))),
    ...some(3, () => ({
      at: "statement",
      only: "relay",
      nth: draws.whole(1, 40),
      fault: { what: draws.pick(["lost_before", "lost_after"] as const) },
    })),
    ...(draws.chance() < 0.5
      ? []
      : some(2, () => ({
          at: "point",
          point: draws.pick(FAULT_POINTS),
          nth: draws.whole(3, posts),
          do: drawWorkerFault(draws),
        }))),
  ];
}
