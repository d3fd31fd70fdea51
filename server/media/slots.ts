/** Lets so much work run at once in a process as there are slots, and gives users a turn each: whoever has much to do waits behind their own. */
export interface Slots {
  /** Work that is `light` may run in the light slots, too. */
  run<Result>(userId: string, isLight: boolean, work: () => Promise<Result>): Promise<Result>;
  /** How much work of the user waits for its turn. */
  waitingOf(userId: string): number;
}

export interface SlotRules {
  /** Slots for any work. */
  any: number;
  /** Slots for light work alone, so that heavy work of some never stops that of others. */
  light?: number;
  /** How many slots one user has at most. */
  ofUser?: number;
}

/** Up to so many pixels an image is light work: most phone pictures are. */
export const LIGHT_PIXELS = 20_000_000;

/** Work on pixels: a decoded image takes hundreds of megabytes, so memory stays flat however many arrive at once. */
export const imageSlots = createSlots({ any: 1, light: 1 });

/** The reading of a video's index: a large one takes hundreds of megabytes, too. */
export const indexSlots = createSlots({ any: 1 });

/** The rewrapping of videos: each takes the room of its file on the disk. */
export const rewrappingSlots = createSlots({ any: 1 });

interface Waiting {
  isLight: boolean;
  begin(place: "any" | "light"): void;
}

export function createSlots({ any, light = 0, ofUser = Infinity }: SlotRules): Slots {
  const free = { any, light };
  const running = new Map<string, number>();
  // In the order of their turns.
  const waiting = new Map<string, Waiting[]>();

  function next(place: "any" | "light"): boolean {
    if (free[place] === 0) return false;
    for (const [userId, queue] of waiting) {
      const index =
        (running.get(userId) ?? 0) >= ofUser ? -1 : place === "any" ? 0 : queue.findIndex(({ isLight }) => isLight);
      const [found] = index === -1 ? [] : queue.splice(index, 1);
      if (found === undefined) continue;
      waiting.delete(userId);
      if (queue.length > 0) waiting.set(userId, queue);
      running.set(userId, (running.get(userId) ?? 0) + 1);
      free[place] -= 1;
      found.begin(place);
      return true;
    }
    return false;
  }

  function serve(): void {
    while (next("light") || next("any"));
  }

  function leave(userId: string, place: "any" | "light"): void {
    const left = (running.get(userId) ?? 1) - 1;
    if (left === 0) running.delete(userId);
    else running.set(userId, left);
    free[place] += 1;
    serve();
  }

  return {
    async run(userId, isLight, work) {
      const place = await new Promise<"any" | "light">((begin) => {
        waiting.set(userId, [...(waiting.get(userId) ?? []), { isLight, begin }]);
        serve();
      });
      try {
        return await work();
      } finally {
        leave(userId, place);
      }
    },
    waitingOf: (userId) => waiting.get(userId)?.length ?? 0,
  };
}
