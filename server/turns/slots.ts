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
  /** What goes first has all slots, whatever other work uses, which gets only what it leaves. */
  firstHasAll?: boolean;
  /** Maximum number of slots per owner. What goes first uses its own slots however many the owner's other work uses. */
  ofEach?: number;
  /** How much heavy work runs alongside light work, so that the light work gets most of the capacity. */
  besideLight?: number;
}

type Place = "any" | "light" | "first";

/** How much work runs: all, and what goes first. */
interface Running {
  all: number;
  first: number;
}

const none = (): Running => ({ all: 0, first: 0 });

export function createSlots({
  any,
  light = 0,
  first = 0,
  firstHasAll = false,
  ofEach = Infinity,
  besideLight = any,
}: SlotRules): Slots {
  const slots = { any, light, first };
  const used = { any: none(), light: none(), first: none() };
  const running = new Map<string, Running>();
  const runs = { light: none(), heavy: none(), of: none() };
  // In the order of their turns.
  const waiting = new Map<string, Turn[]>();
  let waitingCount = 0;
  let waitingFirst = 0;

  /** How much of what runs counts for what goes first, or for other work. */
  const counting = (isFirst: boolean): keyof Running => (isFirst && firstHasAll ? "first" : "all");
  const isFree = (place: Place, isFirst: boolean) => used[place][counting(isFirst)] < slots[place];

  /** Whose turn it is, and which of their waiting work runs. */
  function next(place: Place): { queue: Turn[]; index: number } | undefined {
    if (place === "first" && runs.of.all === runs.of.first) return undefined;
    let found: { queue: Turn[]; index: number } | undefined;
    for (const queue of waiting.values()) {
      const isFirst = queue[0]?.isFirst === true;
      if (!isFree(place, isFirst)) continue;
      const index = takesHeavy(place, isFirst) ? 0 : queue.findIndex(({ isLight }) => isLight);
      const turn = queue[index];
      if (turn === undefined || (running.get(sharer(turn))?.[place === "first" ? "first" : "all"] ?? 0) >= ofEach)
        continue;
      if (turn.isFirst === true) return { queue, index };
      if (place !== "first") found ??= { queue, index };
    }
    return found;
  }

  function takesHeavy(place: Place, isFirst: boolean): boolean {
    if (place !== "any") return place === "first";
    const counted = counting(isFirst);
    return runs.heavy[counted] < (runs.light[counted] > 0 ? besideLight : any);
  }

  function count(turn: Turn, place: Place, by: 1 | -1): void {
    const ofSharer = running.get(sharer(turn)) ?? none();
    running.set(sharer(turn), ofSharer);
    for (const counted of [used[place], ofSharer, runs.of, ...(place === "first" ? [] : [runs[kindOf(turn)]])]) {
      counted.all += by;
      if (turn.isFirst === true) counted.first += by;
    }
    if (ofSharer.all === 0) running.delete(sharer(turn));
  }

  function countWaiting({ isFirst }: Turn, by: 1 | -1): void {
    waitingCount += by;
    if (isFirst === true) waitingFirst += by;
  }

  function serve(place: Place): boolean {
    const found = isFree(place, false) || (waitingFirst > 0 && isFree(place, true)) ? next(place) : undefined;
    const turn = found?.queue.splice(found.index, 1)[0];
    if (found === undefined || turn === undefined) return false;
    const { whose } = turn;
    countWaiting(turn, -1);
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
    countWaiting(turn, 1);
    serveAll();
    return () => {
      const index = queue.indexOf(turn);
      if (index === -1) return;
      queue.splice(index, 1);
      countWaiting(turn, -1);
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

function kindOf({ isLight }: Turn): "light" | "heavy" {
  return isLight ? "light" : "heavy";
}

function sharer({ whose, shareOf = whose }: Turn): string {
  return shareOf;
}
