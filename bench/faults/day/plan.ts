import type { PlatformName } from "../../../model/platform-names.ts";
import type { Kind } from "../contents.ts";
import { pick } from "../scenario.ts";

/** A day and what it is squeezed into. */
export interface Length {
  /** Of real time. */
  seconds: number;
  /** The platforms' clock is moved by an hour after each of so many equal parts. */
  hours: number;
}

/** What a tenant is going to do, once it is `at` seconds into the day. */
export interface Planned {
  at: number;
  platform: PlatformName;
  kind: Kind;
  /** Seconds from its creation to its due time; null where it is published at once. */
  ahead: number | null;
  /** What is done with a scheduled post meanwhile. */
  change: "edit" | "cancel" | null;
}

/** Where each shape goes. */
const PLACES = {
  text: ["threads", "facebook", "twitter", "linkedin"],
  link: ["facebook", "linkedin"],
  image: ["instagram", "facebook", "threads", "twitter", "linkedin"],
  carousel: ["instagram", "threads"],
  video: ["instagram", "tiktok", "youtube", "facebook"],
  chain: ["threads", "twitter"],
} as const satisfies Record<Kind, readonly PlatformName[]>;

/** Of twenty posts. */
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

/** A tenant's day: a post about every `every` seconds, the last one due before it ends. */
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
