import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { Lane } from "../../server/db/queries/claims.ts";
import { FAULT_POINTS, type FaultPoint } from "../../server/publishing/fault-points.ts";
import type { DatabaseFault } from "./database.ts";
import { drawNetworkFault, drawRepeats, drawSharedFault, drawSleep, drawWorkerFault } from "./draw-faults.ts";
import type { Installation, Shape } from "./installation.ts";
import type { NetworkFault, Repeatable } from "./network.ts";
import { planBurst } from "./plan-burst.ts";
import { planDeploy } from "./plan-deploy.ts";
import { drawLeaving, drawLimits, drawPauses, drawWishes, type PauseScope, type Wishes } from "./plan-owners.ts";
import { drawSiblings } from "./plan-siblings.ts";
import { type Draws, drawsOf } from "./random.ts";

/** Everything that a seed determines before its run starts. Removing something leaves the rest unchanged. */
export interface Plan {
  seed: number;
  workers: number;
  /** The maximum number of a worker's connections. */
  connections: number;
  /** A worker's slots; the engine's own by default. */
  slots?: Partial<Record<Lane, number>>;
  /** Workers with at least this number run the new version; by default, none. */
  newFrom?: number;
  /** How often workers pass on events; by default, they do not. */
  relayEverySeconds?: number;
  /** A worker's polling interval. */
  floorSeconds: number;
  posts: PlannedPost[];
  acts: PlannedAct[];
  faults: PlannedFault[];
  /** How far the platforms' clock and the workers' wall clocks are ahead of the true time. */
  platformAheadSeconds: number;
  workersAheadSeconds: number[];
  /** Accounts whose token expires this long after the start of the run. */
  tokens: { tenant: number; platform: PlatformName; seconds: number }[];
  /** The topic of most of its faults. In a crowd, the first posts belong to a user with many. */
  theme: Theme;
}

export interface PlannedPost extends Wishes {
  tenant: number;
  shape: Shape;
  /** Which text it has: two posts can have the same one. */
  words: number;
  /** The index of the post whose further platform this is: its request and its time are that post's. */
  siblingOf?: number;
  /** What its text ends with; "ends" by default. */
  ending?: string;
  /** The time of its publish request, or its scheduled time. */
  when: { publishAt: number } | { dueAt: number };
}

export interface PlannedAct {
  /** The post's index in the plan. */
  post: number;
  at: number;
  act: "cancel" | "edit" | "retry" | "force" | "publish" | "pause" | "leave";
  /** What of the post is paused, by default everything of its user, and for how long. */
  scope?: PauseScope;
  seconds?: number;
}

export type PlannedFault =
  | { at: "request"; only: "commit" | "any" | "refresh" | Repeatable; nth: number; fault: NetworkFault }
  | { at: "statement"; only: "commit" | "write" | "relay" | "any"; nth: number; fault: DatabaseFault }
  /** The n-th statement for many, from the time at which the burst is due. */
  | { at: "batch"; of: Batched; nth: number; fault: DatabaseFault }
  /** What concerns a single post of those that are written together. */
  | { at: "row"; post: number; do: RowFault }
  | { at: "point"; point: FaultPoint; nth: number; do: WorkerFault | SharedFault }
  | { at: "time"; seconds: number; do: WorkerFault | SharedFault }
  /** The platform refuses so many of its requests of a kind, from this one on, as over a limit. */
  | { at: "limit"; platform: PlatformName; operation: "publish" | "create"; after: number; times: number }
  /** A fault of the platform itself, by the sandbox's name for it, at the n-th publishing request. */
  | { at: "platform"; platform: PlatformName; error: string; nth: number };

/** What is asked for together: intents, results and other writes, and reads of connections. */
export type Batched = "intents" | "writes" | "reads";

export type RowFault =
  /** The database rejects what is written of its commits along with their exchanges. */
  | { what: "evidence is rejected" }
  /** The database rejects its intents and their results, for this long after it is due. */
  | { what: "commits are rejected"; code: string; seconds: number }
  /** Somebody else has locked a row of it for this long. */
  | { what: "is locked"; table: "posts" | "platform_posts" | "accounts"; at: number; seconds: number };

/** A fault of one worker. */
export type WorkerFault =
  | { what: "crash"; backAfter: number }
  /** Its wall clock can be set in the meantime, as when a virtual machine is resumed. */
  | { what: "stopped" | "suspended"; seconds: number; wallBySeconds: number }
  | { what: "wall clock"; bySeconds: number };

/** A fault that affects all workers. */
export type SharedFault =
  | { what: "database restarts"; seconds: number }
  | { what: "database is read-only"; seconds: number }
  | { what: "database clock"; bySeconds: number }
  | { what: "outage"; platform: PlatformName | null; seconds: number; fault: NetworkFault };

const THEMES = { mixed: 26, answers: 22, stops: 20, database: 16, clocks: 8, tokens: 5, crowd: 3 } as const;

export type Theme = keyof typeof THEMES | "burst" | "deploy";

/** One in so many seeds is a burst. */
export const BURST_EVERY = 20;

/** Of as many others, this one is a deploy. */
const DEPLOY = 10;

/** The parts of a plan to keep when shrinking it, by index. Omitted: all of them. */
export interface PlanParts {
  faults?: readonly number[];
  acts?: readonly number[];
  posts?: readonly number[];
}

export function planOf(seed: number, installation: Pick<Installation, "shapes" | "tenants">): Plan {
  if (seed % BURST_EVERY === 0) return planBurst(seed, installation);
  if (seed % BURST_EVERY === DEPLOY) return planDeploy(seed, installation);
  const { shapes, tenants } = installation;
  const draws = drawsOf(seed, "plan");
  const theme = draws.weighed(THEMES);
  const crowd = theme === "crowd";
  const mains = crowd
    ? drawCrowd(draws, shapes)
    : theme === "tokens"
      ? drawSharers(draws, shapes, tenants)
      : drawPosts(draws, theme, shapes, tenants.length);
  const isOfMany = crowd || theme === "tokens";
  const posts = isOfMany
    ? mains
    : drawWishes(seed, [...mains, ...drawSiblings(drawsOf(seed, "siblings"), mains, shapes)]);
  const hasLongWait = posts.some(({ when }) => "dueAt" in when && when.dueAt > 1000);
  return {
    seed,
    workers: theme === "stops" || theme === "tokens" || draws.chance() < 0.6 ? draws.whole(2, 3) : 1,
    connections: draws.pick([2, 3, 5, 10]),
    ...(crowd ? { slots: { prepare: 8, commit: 8, observe: 8 } } : {}),
    // Each worker takes one post, so that several need the token at the same time.
    ...(theme === "tokens" ? { slots: { prepare: 1, commit: 1, observe: 1 } } : {}),
    // Rare if the run only waits for the end, and as in production if it is about the wait.
    floorSeconds: crowd ? 2 : hasLongWait ? 300 : draws.pick([20, 45, 90]),
    posts,
    acts: isOfMany
      ? []
      : [
          ...posts.flatMap((post, index) => drawActs(actsOf(seed, draws, post, index), post, index)),
          ...drawPauses(drawsOf(seed, "pauses"), posts),
          ...drawLeaving(drawsOf(seed, "leaving"), posts),
        ],
    faults: [
      ...drawFaults(draws, theme, posts),
      ...drawRepeats(seed, posts.length),
      ...(isOfMany ? [] : drawLimits(drawsOf(seed, "limits"), posts)),
    ],
    platformAheadSeconds: draws.chance() < 0.6 ? 0 : draws.pick([-90, -20, -3, 3, 20, 90]),
    workersAheadSeconds: [0, 1, 2].map(() => (draws.chance() < 0.7 ? 0 : draws.pick([-120, -7, 7, 120]))),
    tokens: crowd
      ? []
      : posts.flatMap(({ tenant, shape }) =>
          tenants[tenant]?.accounts[shape.platform]?.isRenewable === true &&
          draws.chance() < (theme === "tokens" ? 0.9 : 0.2)
            ? [{ tenant, platform: shape.platform, seconds: draws.pick([-5, 20, 100, 700]) }]
            : [],
        ),
    theme,
  };
}

/** What is drawn for a post does not depend on its siblings. */
function actsOf(seed: number, draws: Draws, { siblingOf }: PlannedPost, index: number): Draws {
  return siblingOf === undefined ? draws : drawsOf(seed, `sibling ${index}`);
}

/** The posts that are created and settled together with this one: one for each of its platforms. */
export function siblingsOf({ posts }: Pick<Plan, "posts">, place: number): number[] {
  const main = posts[place]?.siblingOf ?? place;
  return posts.flatMap(({ siblingOf }, other) => (other === main || siblingOf === main ? [other] : []));
}

/** The same plan with fewer parts. Indexes refer to the full plan. */
export function reduce(plan: Plan, { faults, acts, posts }: PlanParts): Plan {
  const keeps = (kept: readonly number[] | undefined) => (_: unknown, place: number) =>
    kept === undefined || kept.includes(place);
  const gone = (post: number): boolean => posts !== undefined && !posts.includes(plan.posts[post]?.siblingOf ?? post);
  return {
    ...plan,
    faults: plan.faults.filter(keeps(faults)),
    acts: plan.acts.filter((act, place) => keeps(acts)(act, place) && !gone(act.post)),
    posts: plan.posts.map((post, place) => (gone(place) ? { ...post, when: { publishAt: Infinity } } : post)),
  };
}

function drawPosts(draws: Draws, theme: Theme, shapes: readonly Shape[], tenants: number): PlannedPost[] {
  const posts: PlannedPost[] = [];
  const count = draws.pick([1, 2, 2, 3, 3, 4]);
  const takenBySilent = new Set<string>();
  while (posts.length < count) {
    const before = posts.at(-1);
    if (before !== undefined && before.shape.content.text !== "" && draws.chance() < 0.12) {
      posts.push({ ...before, when: drawWhen(draws, before) });
      continue;
    }
    const shape =
      theme === "mixed" || draws.chance() < 0.4 ? drawShape(draws, shapes) : drawDifficultShape(draws, theme, shapes);
    const { platform } = shape;
    const tenant = draws.whole(0, tenants - 1);
    const place = `${tenant} ${platform}`;
    // A post without text is identified by its account.
    if (
      takenBySilent.has(place) ||
      (shape.content.text === "" && posts.some((post) => post.tenant === tenant && post.shape.platform === platform))
    )
      continue;
    if (shape.content.text === "") takenBySilent.add(place);
    posts.push({ tenant, shape, words: posts.length, when: drawWhen(draws) });
  }
  return posts;
}

/** Posts without a handle before their request, without a way to read them back, or with several requests. */
function drawDifficultShape(draws: Draws, theme: Theme, shapes: readonly Shape[]): Shape {
  const isUnreadable = ({ platform, name }: Shape): boolean => platform === "tiktok" && name.includes("photo");
  const isDifficult = (shape: Shape): boolean =>
    shape.parts > 1 || (shape.content.media.length === 0 && shape.platform !== "threads") || isUnreadable(shape);
  // For these, the response is the only confirmation.
  if ((theme === "stops" || theme === "database") && draws.chance() < 0.4)
    return draws.pick(shapes.filter(isUnreadable));
  const difficult = shapes.filter(isDifficult);
  const platform = draws.pick([...new Set(difficult.map((shape) => shape.platform))]);
  return draws.pick(difficult.filter((shape) => shape.platform === platform));
}

/** Text-only posts cost least, and are read back least. */
function drawShape(draws: Draws, all: readonly Shape[]): Shape {
  const platform = draws.pick(PLATFORM_NAMES);
  const shapes = all.filter((shape) => shape.platform === platform);
  const light = shapes.filter(({ content, parts }) => content.media.length === 0 && parts === 1);
  if (light.length > 0 && draws.chance() < 0.5) return draws.pick(light);
  const chains = shapes.filter(({ parts }) => parts > 1);
  return chains.length > 0 && draws.chance() < 0.4 ? draws.pick(chains) : draws.pick(shapes);
}

function drawWhen(draws: Draws, near?: PlannedPost): PlannedPost["when"] {
  if (near !== undefined && draws.chance() < 0.7) return near.when;
  const kind = draws.weighed({ now: 5, soon: 4, later: 1 });
  if (kind === "now") return { publishAt: draws.whole(1, 40) };
  return { dueAt: kind === "soon" ? draws.whole(20, 200) : draws.whole(2000, 2800) };
}

function drawCrowd(draws: Draws, shapes: readonly Shape[]): PlannedPost[] {
  const words = shapes.filter(({ content, parts }) => content.media.length === 0 && parts === 1);
  const crowded = draws.pick(words);
  const many = Array.from({ length: 20 }, (_, index): PlannedPost => ({
    tenant: 0,
    shape: index === 0 || draws.chance() < 0.7 ? crowded : draws.pick(words),
    words: index,
    when: { publishAt: draws.whole(1, 3) },
  }));
  const few = [1, 2].map((tenant): PlannedPost => ({
    tenant,
    shape: draws.pick(words.filter(({ platform }) => platform !== crowded.platform)),
    words: 100 + tenant,
    when: { publishAt: draws.whole(4, 8) },
  }));
  return [...many, ...few];
}

/** Several concurrent posts on one account, all of which need its token. */
function drawSharers(draws: Draws, shapes: readonly Shape[], tenants: Installation["tenants"]): PlannedPost[] {
  const tenant = draws.whole(0, tenants.length - 1);
  const renewable = shapes.filter(
    ({ platform, content }) => content.text !== "" && tenants[tenant]?.accounts[platform]?.isRenewable === true,
  );
  const { platform } = draws.pick(renewable);
  const own = renewable.filter((shape) => shape.platform === platform);
  const at = draws.whole(1, 5);
  return Array.from({ length: draws.whole(2, 4) }, (_, words): PlannedPost => ({
    tenant,
    shape: draws.pick(own),
    words,
    when: { publishAt: at },
  }));
}

/** To a further platform of a post only what names the platform is done. */
export function drawActs(draws: Draws, { when, siblingOf }: PlannedPost, post: number): PlannedAct[] {
  const due = "dueAt" in when ? when.dueAt : when.publishAt;
  const near = (): number =>
    Math.max(1, due + draws.pick([-5, -0.4, 0, 0.1, 0.3, 0.7, 1.5, 4, 15, 60, 300]) + draws.chance() * 0.5);
  const acts: PlannedAct[] = [];
  if (draws.chance() < 0.25) acts.push({ post, at: near(), act: "cancel" });
  if ("dueAt" in when && draws.chance() < 0.2) acts.push({ post, at: near(), act: "edit" });
  if ("dueAt" in when && draws.chance() < 0.1) acts.push({ post, at: near(), act: "publish" });
  if (draws.chance() < 0.15) acts.push({ post, at: due + draws.whole(30, 1500), act: "retry" });
  if (draws.chance() < 0.06) acts.push({ post, at: due + draws.whole(30, 2500), act: "force" });
  return siblingOf === undefined ? acts : acts.filter(({ act }) => act === "force");
}

function drawFaults(draws: Draws, theme: keyof typeof THEMES, posts: readonly PlannedPost[]): PlannedFault[] {
  const some = (most: number, draw: () => PlannedFault): PlannedFault[] =>
    Array.from({ length: draws.whole(1, most) }, draw);
  const lostAnswer = (): PlannedFault => ({
    at: "request",
    only: "commit",
    nth: draws.whole(1, posts.length),
    fault: drawNetworkFault(draws),
  });
  const atCommit = (): PlannedFault => ({
    at: "point",
    point: draws.pick(draws.chance() < 0.5 ? AROUND_A_COMMIT : AFTER_AN_ANSWER),
    nth: draws.whole(1, posts.length),
    do: draws.chance() < 0.4 ? drawWorkerFault(draws) : drawSleep(draws, [5.5, 12, 30, 40, 90]),
  });
  const beforeSending = (): PlannedFault => ({
    at: "point",
    point: draws.pick(["intent.before", "intent.written"] as const),
    nth: draws.whole(1, posts.length),
    do: drawSleep(draws, [5.5, 7, 12, 30], 0.7),
  });
  const lag = (): PlannedFault[] => {
    const { platform } = draws.pick(posts).shape;
    const error = LAGS[platform]?.(draws.pick([5, 20, 50]));
    return error === undefined || draws.chance() < 0.5
      ? []
      : [{ at: "platform", platform, error, nth: draws.whole(1, 2) }];
  };
  switch (theme) {
    case "mixed":
      return Array.from({ length: draws.pick([0, 1, 1, 2, 2, 3, 4, 6]) }, () => drawFault(draws, posts));
    case "answers":
      return [...some(3, lostAnswer), ...lag(), ...(draws.chance() < 0.5 ? [drawFault(draws, posts)] : [])];
    case "stops":
      return [
        ...(draws.chance() < 0.3 ? some(2, beforeSending) : some(2, atCommit)),
        ...lag(),
        ...(draws.chance() < 0.5 ? [lostAnswer()] : []),
      ];
    case "database":
      return [...some(2, () => databaseAtCommit(draws, posts)), ...(draws.chance() < 0.5 ? [lostAnswer()] : [])];
    case "clocks":
      return [
        ...some(2, () => ({
          at: "time",
          seconds: nearSomePost(draws, posts),
          do: { what: "database clock", bySeconds: draws.pick([-30, 3, 30, 400, 1200]) },
        })),
        ...(draws.chance() < 0.7 ? [slowAnswer(draws, posts)] : []),
        ...(draws.chance() < 0.4 ? [atCommit()] : []),
      ];
    case "tokens":
      return draws.chance() < 0.5
        ? []
        : [{ at: "request", only: "refresh", nth: draws.whole(1, 2), fault: drawNetworkFault(draws) }];
    case "crowd":
      return draws.chance() < 0.5
        ? []
        : [
            {
              at: "time",
              seconds: 0.5,
              do: {
                what: "outage",
                platform: posts[0]?.shape.platform ?? null,
                seconds: 200,
                fault: { what: "silent_before" },
              },
            },
          ];
  }
}

export const AROUND_A_COMMIT: readonly FaultPoint[] = [
  "intent.before",
  "intent.written",
  "send.before",
  "answer.received",
  "result.before",
  "result.written",
  "reconcile.before",
  "reconcile.after",
  "settle.before",
];

/** The points at which everything known about a commit is in one process. */
const AFTER_AN_ANSWER: readonly FaultPoint[] = ["answer.received", "result.before"];

/** Sandbox names for the faults of networks with late lists. */
const LAGS: Partial<Record<PlatformName, (seconds: number) => string>> = {
  facebook: (seconds) => `feed-lag-${seconds}s`,
  instagram: (seconds) => `list-lag-${seconds}s`,
  threads: (seconds) => `list-lag-${seconds}s`,
  twitter: (seconds) => `timeline-lag-${seconds}s`,
};

function slowAnswer(draws: Draws, posts: readonly PlannedPost[]): PlannedFault {
  return {
    at: "request",
    only: "commit",
    nth: draws.whole(1, posts.length),
    fault: { what: draws.pick(["late_request", "late_answer"] as const), seconds: draws.pick([8, 20, 28, 45]) },
  };
}

function databaseAtCommit(draws: Draws, posts: readonly PlannedPost[]): PlannedFault {
  const nth = draws.whole(1, posts.length);
  const what = draws.weighed({ restart: 3, "read-only": 3, statement: 4 });
  if (what === "restart")
    return {
      at: "point",
      point: draws.pick(AROUND_A_COMMIT),
      nth,
      do: { what: "database restarts", seconds: draws.pick([0.2, 2, 7, 25]) },
    };
  if (what === "read-only")
    return {
      at: "point",
      point: draws.pick(AROUND_A_COMMIT),
      nth,
      do: { what: "database is read-only", seconds: draws.pick([0.5, 2, 6, 20]) },
    };
  return {
    at: "statement",
    only: draws.weighed({ commit: 3, write: 5 }),
    nth: draws.whole(1, 10),
    fault: { what: draws.pick(["lost_before", "lost_after"] as const) },
  };
}

function drawFault(draws: Draws, posts: readonly PlannedPost[]): PlannedFault {
  switch (draws.weighed({ request: 40, statement: 20, point: 22, time: 18 })) {
    case "request":
      return {
        at: "request",
        only: draws.weighed({ commit: 60, any: 30, refresh: 10 }),
        nth: draws.whole(1, 4) * draws.pick([1, 1, 1, 4]),
        fault: drawNetworkFault(draws),
      };
    case "statement": {
      const what = draws.weighed({ lost_before: 2, lost_after: 4, slow: 2 });
      const fault: DatabaseFault = what === "slow" ? { what, seconds: draws.pick([2, 6.5, 20, 40]) } : { what };
      return { at: "statement", only: draws.weighed({ commit: 3, write: 5, any: 3 }), nth: draws.whole(1, 12), fault };
    }
    case "point":
      return { at: "point", point: draws.pick(FAULT_POINTS), nth: draws.whole(1, 5), do: drawWorkerFault(draws) };
    case "time":
      return {
        at: "time",
        seconds: nearSomePost(draws, posts),
        do: draws.chance() < 0.3 ? drawWorkerFault(draws) : drawSharedFault(draws),
      };
  }
}

function nearSomePost(draws: Draws, posts: readonly PlannedPost[]): number {
  const { when } = draws.pick(posts);
  const due = "dueAt" in when ? when.dueAt : when.publishAt;
  return Math.max(0.5, due + draws.pick([-10, -1, 0, 0.2, 0.5, 1, 2, 5, 20, 60]) + draws.chance() * 0.3);
}
