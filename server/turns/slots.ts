/**
 * Lets so much work run at once in a process as there are slots, and gives those who wait a turn each: whoever has much
 * to do waits behind their own.
 */
export interface Slots {
  /** Work that is `light` may run in the light slots, too. */
  run<Result>(whose: string, isLight: boolean, work: () => Promise<Result>): Promise<Result>;
  /**
   * Has `begin` called with what gives the slot back, at once where one is free. Answers what withdraws the wish while
   * it waits.
   */
  ask(turn: Turn): () => void;
  /** How much work waits for its turn: of one, and of all. */
  waitingOf(whose: string): number;
  waiting(): number;
}

export interface Turn {
  whose: string;
  isLight: boolean;
  /** Goes before the turns of others that do not. */
  isFirst?: boolean;
  /** Has had its turn already, and goes on before what waits of the same one. */
  isBack?: boolean;
  begin(leave: () => void): void;
}

export interface SlotRules {
  /** Slots for any work. */
  any: number;
  /** Slots for light work alone, so that heavy work of some never stops that of others. */
  light?: number;
  /** How many slots one of those who wait has at most. */
  ofEach?: number;
  /** How much heavy work runs while light work does, so that the two do not share what they run on by halves. */
  besideLight?: number;
}

export function createSlots({ any, light = 0, ofEach = Infinity, besideLight = any }: SlotRules): Slots {
  const free = { any, light };
  const running = new Map<string, number>();
  const runs = { light: 0, heavy: 0 };
  // In the order of their turns.
  const waiting = new Map<string, Turn[]>();
  let count = 0;

  /** Whose turn it is, and which of what waits of them. */
  function next(place: "any" | "light"): { queue: Turn[]; index: number } | undefined {
    const takesHeavy = place === "any" && runs.heavy < (runs.light > 0 ? besideLight : any);
    let found: { queue: Turn[]; index: number } | undefined;
    for (const [whose, queue] of waiting) {
      if ((running.get(whose) ?? 0) >= ofEach) continue;
      const index = takesHeavy ? 0 : queue.findIndex(({ isLight }) => isLight);
      if (index === -1) continue;
      if (queue[index]?.isFirst === true) return { queue, index };
      found ??= { queue, index };
    }
    return found;
  }

  function serve(place: "any" | "light"): boolean {
    const found = free[place] === 0 ? undefined : next(place);
    const turn = found?.queue.splice(found.index, 1)[0];
    if (found === undefined || turn === undefined) return false;
    const { whose, isLight } = turn;
    count -= 1;
    waiting.delete(whose);
    if (found.queue.length > 0) waiting.set(whose, found.queue);
    running.set(whose, (running.get(whose) ?? 0) + 1);
    runs[isLight ? "light" : "heavy"] += 1;
    free[place] -= 1;
    let isOver = false;
    turn.begin(() => {
      if (isOver) return;
      isOver = true;
      const left = (running.get(whose) ?? 1) - 1;
      if (left === 0) running.delete(whose);
      else running.set(whose, left);
      runs[isLight ? "light" : "heavy"] -= 1;
      free[place] += 1;
      serveAll();
    });
    return true;
  }

  function serveAll(): void {
    while (count > 0 && (serve("light") || serve("any")));
  }

  function ask(turn: Turn): () => void {
    const { whose, isBack = false } = turn;
    const queue = waiting.get(whose) ?? [];
    if (isBack) queue.unshift(turn);
    else queue.push(turn);
    waiting.set(whose, queue);
    count += 1;
    serveAll();
    return () => {
      const index = queue.indexOf(turn);
      if (index === -1) return;
      queue.splice(index, 1);
      count -= 1;
      if (queue.length === 0 && waiting.get(whose) === queue) waiting.delete(whose);
    };
  }

  return {
    async run(whose, isLight, work) {
      const leave = await new Promise<() => void>((begin) => void ask({ whose, isLight, begin }));
      try {
        return await work();
      } finally {
        leave();
      }
    },
    ask,
    waitingOf: (whose) => waiting.get(whose)?.length ?? 0,
    waiting: () => count,
  };
}
