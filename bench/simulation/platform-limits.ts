import type { PlatformName } from "../../model/platform-names.ts";

/**
 * The platforms' limits, as their documentation has them, written without the code under test: what they count, of whom
 * and when. Refuses what is over a limit, as the platforms do.
 */
export interface Counted {
  platform: PlatformName;
  account: string;
  app: string;
  /** When it happens, in milliseconds since 1970. */
  at: number;
  /** What it counts as. */
  counts: Partial<Record<Limit, number>>;
}

export type Limit = keyof typeof LIMITS;

const DAY_MS = 86_400_000;
const rolling = (seconds: number) => (at: number, other: number) => other > at - seconds * 1000;
const dayIn = (timeZone: string) => {
  const days = new Intl.DateTimeFormat("en-CA", { timeZone });
  const known = new Map<number, string>();
  const dayOf = (at: number): string => {
    const quarter = Math.floor(at / 900_000);
    const day = known.get(quarter) ?? days.format(at);
    known.set(quarter, day);
    return day;
  };
  return (at: number, other: number) => other > at - 2 * DAY_MS && dayOf(at) === dayOf(other);
};

const LIMITS = {
  instagramPosts: { most: 50, of: "account", isIn: rolling(86_400) },
  instagramContainers: { most: 400, of: "account", isIn: rolling(86_400) },
  facebookReels: { most: 30, of: "account", isIn: rolling(86_400) },
  xPosts: { most: 100, of: "account", isIn: rolling(900) },
  xAppPosts: { most: 10_000, of: "app", isIn: rolling(86_400) },
  linkedInRequests: { most: 150, of: "account", isIn: dayIn("UTC") },
  linkedInAppRequests: { most: 100_000, of: "app", isIn: dayIn("UTC") },
  tikTokPosts: { most: 15, of: "account", isIn: rolling(86_400) },
  tikTokInits: { most: 6, of: "account", isIn: rolling(60) },
  youTubeUploads: { most: 100, of: "app", isIn: dayIn("America/Los_Angeles") },
  threadsPosts: { most: 250, of: "account", isIn: rolling(86_400) },
  threadsReplies: { most: 1000, of: "account", isIn: rolling(86_400) },
} as const;

const NAMES: readonly Limit[] = [
  "instagramPosts",
  "instagramContainers",
  "facebookReels",
  "xPosts",
  "xAppPosts",
  "linkedInRequests",
  "linkedInAppRequests",
  "tikTokPosts",
  "tikTokInits",
  "youTubeUploads",
  "threadsPosts",
  "threadsReplies",
];

/** Those that a platform would have refused. */
export function refusedOf(all: readonly Counted[]): Counted[] {
  const windows = new Map<string, { at: number; units: number }[]>();
  const refused: Counted[] = [];
  for (const one of [...all].sort((a, b) => a.at - b.at)) {
    const found = NAMES.flatMap((name) => {
      const units = one.counts[name] ?? 0;
      if (units === 0) return [];
      const limit = LIMITS[name];
      const holder = `${one.platform} ${name} ${one[limit.of]}`;
      const window = (windows.get(holder) ?? []).filter((other) => limit.isIn(one.at, other.at));
      windows.set(holder, window);
      return { window, units, isOver: window.reduce((sum, other) => sum + other.units, units) > limit.most };
    });
    if (found.some(({ isOver }) => isOver)) refused.push(one);
    else for (const { window, units } of found) window.push({ at: one.at, units });
  }
  return refused;
}
