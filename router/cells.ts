import type { Clues } from "./whose.ts";

/** An instance that has some of the tenants. */
export interface CellAddress {
  name: string;
  /** Where the router reaches it, without a trailing slash. */
  url: string;
}

/**
 * Where a request belongs. `away`: no cell has it, and one does not answer, or cannot say so at the moment. `moving`: on
 * its way to another cell.
 */
export type Place = { cell: CellAddress } | "unknown" | "moving" | "away";

/** Moves wait longer than this after they have told a cell, so nobody is sent to where a tenant has left. */
const REMEMBERED_MILLISECONDS = 2_000;
const MOST_REMEMBERED = 100_000;
const ASKED_MILLISECONDS = 10_000;

export interface Finder {
  /** Asks every cell, at the same time. `remember`: only keys and sessions, since nothing else is refused while it moves. */
  find(clues: Clues, remember: boolean): Promise<Place>;
}

export function createFinder(
  cells: readonly CellAddress[],
  { secret, onProblem }: { secret: string; onProblem: (problem: string) => void },
): Finder {
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
  return {
    find: async (clues, remember) => {
      if (clues.digests.length === 0 && clues.ids.length === 0 && clues.email === null) return "unknown";
      if (!remember) return await ask(clues);
      const name = clues.digests.join();
      const known = remembered.get(name);
      if (known !== undefined && known.until > performance.now()) return known.place;
      const asked = asking.get(name) ?? ask(clues).finally(() => asking.delete(name));
      asking.set(name, asked);
      const asOf = performance.now();
      const place = await asked;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      if (typeof place !== "string") remembered.set(name, { place, until: asOf + REMEMBERED_MILLISECONDS });
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
