import type { PlatformName } from "../../../model/platform-names.ts";
import type { Kind } from "../contents.ts";
import { pick } from "../scenario.ts";

/** A day and the real time it is compressed into. */
export interface Length {
  /** In real time. */
  seconds: number;
  /** The platforms' clock is moved by an hour after each of this many equal parts. */
  hours: number;
}

/** A tenant's planned action, `at` seconds into the day. */
export interface Planned {
  at: number;
  platform: PlatformName;
  kind: Kind;
  /** Seconds from its creation to its due time; null if it is published immediately. */
  ahead: number | null;
  /** What happens to a scheduled post before it is due. */
  change: "edit" | "cancel" | null;
}

/** The networks for each shape. */
const PLACES = {
  text: ["threads", "facebook", "twitter", "linkedin"],
  link: ["facebook", "linkedin"],
  image: ["instagram", "facebook", "threads", "twitter", "linkedin"],
  carousel: ["instagram", "threads"],
  video: ["instagram", "tiktok", "youtube", "facebook"],
  chain: ["threads", "twitter"],
} as const satisfies Record<Kind, readonly PlatformName[]>;

/** Out of twenty posts. */
const SHAPES: readonly Kind[] = [
  ...Array<Kind>(8).fill("text"),
  "link",
  "link",
  "image",
  "image",
  "image",
  "carousel",
  "carousel",
  "video",
  "video",
  "chain",
  "chain",
  "chain",
];

const LEAST_AHEAD = 12;
const MOST_AHEAD = 25;

/** A tenant's day: a post about every `every` seconds, the last one due before the day ends. */
export function planDay({ seconds }: Length, every: number, random: () => number): Planned[] {
  const planned: Planned[] = [];
  const number = (below: number) => Math.floor(below * random());
  for (let at = every * random(); at < seconds - MOST_AHEAD; at += every * (0.5 + random())) {
    const kind = pick(SHAPES, number(SHAPES.length));
    const platform = pick(PLACES[kind], number(PLACES[kind].length));
    const ahead = random() < 0.6 ? LEAST_AHEAD + (MOST_AHEAD - LEAST_AHEAD) * random() : null;
    const chance = random();
    const change = ahead === null ? null : chance < 0.1 ? "cancel" : chance < 0.3 && kind !== "chain" ? "edit" : null;
    planned.push({ at, platform, kind, ahead, change });
  }
  return planned;
}
