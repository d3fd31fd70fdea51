import type { Strangers } from "./strangers.ts";
import type { Clues } from "./whose.ts";

/** An instance that has some of the tenants. */
export interface CellAddress {
  name: string;
  /** Where the router reaches it, without a trailing slash. */
  url: string;
}

/**
 * Where a request belongs. `away`: no cell has it, and one does not answer, or cannot say so at the moment. `moving`: on
 * its way to another cell. `refused`: no cell was asked, because the caller has asked for too much that none has.
 */
export type Place = { cell: CellAddress } | "unknown" | "moving" | "away" | "refused";

/** Moves wait longer than this after they have told a cell, so nobody is sent to where a tenant has left. */
const REMEMBERED_MILLISECONDS = 2_000;
const MOST_REMEMBERED = 100_000;
const ASKED_MILLISECONDS = 10_000;

export interface Finder {
  /**
   * Asks every cell, at the same time, for a caller from this network. `remember`: only keys and sessions, since nothing
   * else is refused while it moves.
   */
  find(clues: Clues, remember: boolean, network: string | null): Promise<Place>;
}

export interface FinderOptions {
  secret: string;
  strangers: Strangers;
  onProblem: (problem: string) => void;
}

export function createFinder(cells: readonly CellAddress[], { secret, strangers, onProblem }: FinderOptions): Finder {
  const remembered = new Map<string, { place: Place; until: number }>();
  const asking = new Map<string, Promise<Place>>();
  const ask = async (clues: Clues): Promise<Place> => {
    const asked = cells.map(async (cell) => ({ cell, is: await askCell(cell, secret, clues) }));
    const all = Promise.all(asked).then((answers) => {
      const here = answers.filter(({ is }) => is === "here").map(({ cell }) => cell.name);
      if (here.length > 1) onProblem(`A tenant is in several cells: ${here.join(", ")}.`);
      return new Set(answers.map(({ is }) => is));
    });
    // Nobody waits for the other cells.
    const found = await Promise.any(asked.map(isHere)).catch(() => null);
    if (found !== null) return found;
    const answers = await all;
    return answers.has("moving") ? "moving" : answers.has("away") ? "away" : "unknown";
  };
  const askOnce = async (name: string, clues: Clues): Promise<Place> => {
    // From when it was asked, as that is what moves wait for.
    const until = performance.now() + REMEMBERED_MILLISECONDS;
    const asked = ask(clues)
      .then((place) => {
        if (remembered.size >= MOST_REMEMBERED) remembered.clear();
        if (typeof place !== "string") remembered.set(name, { place, until });
        return place;
      })
      .finally(() => asking.delete(name));
    asking.set(name, asked);
    return await asked;
  };
  return {
    find: async (clues, remember, network) => {
      if (clues.digests.length === 0 && clues.ids.length === 0 && clues.email === null) return "unknown";
      const name = clues.digests.join();
      const known = remember ? remembered.get(name) : undefined;
      if (known !== undefined && known.until > performance.now()) return known.place;
      // Who joins a question costs no cell another.
      const joined = remember ? asking.get(name) : undefined;
      if (joined !== undefined) return await joined;
      const isFound = strangers.begin(network);
      // A key or session that was found before is not guessed.
      if (isFound === null && known === undefined) return "refused";
      const place = await (remember ? askOnce(name, clues) : ask(clues));
      if (place !== "unknown" && place !== "away") isFound?.();
      return place;
    },
  };
}

type Answer = "here" | "moving" | "elsewhere" | "away";

async function isHere(asked: Promise<{ cell: CellAddress; is: Answer }>): Promise<{ cell: CellAddress }> {
  const { cell, is } = await asked;
  if (is !== "here") throw new Error("It is not here");
  return { cell };
}

async function askCell({ url }: CellAddress, secret: string, clues: Clues): Promise<Answer> {
  try {
    const response = await fetch(`${url}/cell/whereabouts`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(clues),
      signal: AbortSignal.timeout(ASKED_MILLISECONDS),
    });
    const body: unknown = await response.json();
    const is: unknown = Object(body).is;
    return response.ok && (is === "here" || is === "moving" || is === "elsewhere") ? is : "away";
  } catch {
    return "away";
  }
}
