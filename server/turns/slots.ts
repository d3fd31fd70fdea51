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
  /** Whose share of the slots it uses; by default, that of `whose`. */
  shareOf?: string;
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
  /** Slots for what goes first, while other work uses a slot: so it does not wait until that work ends. */
  first?: number;
  /** Maximum number of slots per owner. What goes first uses its own slots however many the owner's other work uses. */
  ofEach?: number;
  /** How much heavy work runs alongside light work, so that the light work gets most of the capacity. */
  besideLight?: number;
}

type Place = "any" | "light" | "first";

export function createSlots({ any, light = 0, first = 0, ofEach = Infinity, besideLight = any }: SlotRules): Slots {
  const free = { any, light, first };
  const running = new Map<string, { all: number; first: number }>();
  const runs = { light: 0, heavy: 0, notFirst: 0 };
  // In the order of their turns.
  const waiting = new Map<string, Turn[]>();
  let waitingCount = 0;

  /** Whose turn it is, and which of their waiting work runs. */
  function next(place: Place): { queue: Turn[]; index: number } | undefined {
    if (place === "first" && runs.notFirst === 0) return undefined;
    const takesHeavy = place === "first" || (place === "any" && runs.heavy < (runs.light > 0 ? besideLight : any));
    let found: { queue: Turn[]; index: number } | undefined;
    for (const queue of waiting.values()) {
      const index = takesHeavy ? 0 : queue.findIndex(({ isLight }) => isLight);
      const turn = queue[index];
      if (turn === undefined || (running.get(sharer(turn))?.[place === "first" ? "first" : "all"] ?? 0) >= ofEach)
        continue;
      if (turn.isFirst === true) return { queue, index };
      if (place !== "first") found ??= { queue, index };
    }
    return found;
  }

  function count(turn: Turn, place: Place, by: 1 | -1): void {
    free[place] -= by;
    const { all, first: ofFirst } = running.get(sharer(turn)) ?? { all: 0, first: 0 };
    if (all + by === 0) running.delete(sharer(turn));
    else running.set(sharer(turn), { all: all + by, first: ofFirst + (turn.isFirst === true ? by : 0) });
    if (place !== "first") runs[turn.isLight ? "light" : "heavy"] += by;
    if (turn.isFirst !== true) runs.notFirst += by;
  }

  function serve(place: Place): boolean {
    const found = free[place] === 0 ? undefined : next(place);
    const turn = found?.queue.splice(found.index, 1)[0];
    if (found === undefined || turn === undefined) return false;
    const { whose } = turn;
    waitingCount -= 1;
    waiting.delete(whose);
    if (found.queue.length > 0) waiting.set(whose, found.queue);
    count(turn, place, 1);
    let isOver = false;
    turn.begin(() => {
      if (isOver) return;
      isOver = true;
      setImmediate(() => {
        count(turn, place, -1);
        serveAll();
      });
    });
    return true;
  }

  function serveAll(): void {
    while (waitingCount > 0 && (serve("light") || serve("any") || serve("first")));
  }

  function ask(turn: Turn): () => void {
    const { whose, isBack = false } = turn;
    const queue = waiting.get(whose) ?? [];
    if (isBack) queue.unshift(turn);
    else queue.push(turn);
    waiting.set(whose, queue);
    waitingCount += 1;
    serveAll();
    return () => {
      const index = queue.indexOf(turn);
      if (index === -1) return;
      queue.splice(index, 1);
      waitingCount -= 1;
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
    waiting: () => waitingCount,
  };
}

function sharer({ whose, shareOf = whose }: Turn): string {
  return shareOf;
}
