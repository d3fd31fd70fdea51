import type { Tenant } from "../../model/tenant.ts";

/**
 * Limits concurrent work in a process to its slots and serves waiting work in turn: those with a lot to do wait for
 * their own. A slot is used once per iteration of the event loop: Node.js accepts one connection in each, so work that
 * never waits for anything would otherwise keep new connections waiting until all of it is done.
 */
export interface Slots {
  /** Does the work in a slot, when its turn has come. Light work can also use the light slots. */
  run<Result>(turn: Omit<Turn, "begin">, work: () => Promise<Result>): Promise<Result>;
  /**
   * Calls `begin` with a function that releases the slot, immediately if one is free. Returns a function that withdraws
   * it while it waits.
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
  /** Has already had its turn and goes before other waiting work of the same owner. */
  isBack?: boolean;
  begin(leave: () => void): void;
}

/** Users have a turn each, in each mode, and live mode goes first. */
export function turnOf({ userId, mode }: Tenant, isLight: boolean): Omit<Turn, "begin"> {
  return { whose: `${mode} ${userId}`, isLight, isFirst: mode === "live" };
}

export interface SlotRules {
  /** Slots for any work. */
  any: number;
  /** Slots reserved for light work, so that heavy work never blocks it. */
  light?: number;
  /** Maximum number of slots per owner. */
  ofEach?: number;
  /** How much heavy work runs alongside light work, so that the light work gets most of the capacity. */
  besideLight?: number;
}

export function createSlots({ any, light = 0, ofEach = Infinity, besideLight = any }: SlotRules): Slots {
  const free = { any, light };
  const running = new Map<string, number>();
  const runs = { light: 0, heavy: 0 };
  // In the order of their turns.
  const waiting = new Map<string, Turn[]>();
  let count = 0;

  /** Whose turn it is, and which of their waiting work runs. */
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
      setImmediate(() => {
        const left = (running.get(whose) ?? 1) - 1;
        if (left === 0) running.delete(whose);
        else running.set(whose, left);
        runs[isLight ? "light" : "heavy"] -= 1;
        free[place] += 1;
        serveAll();
      });
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
    async run(turn, work) {
      const leave = await new Promise<() => void>((begin) => void ask({ ...turn, begin }));
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
