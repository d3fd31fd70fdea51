/**
 * Runs work on pixels, one at a time in a process: a decoded image takes hundreds of megabytes, so memory stays flat
 * however many arrive at once.
 */
export function inImageSlot<Result>(work: () => Promise<Result>): Promise<Result> {
  const turn = last.then(work);
  last = turn.catch(() => {});
  return turn;
}

let last: Promise<unknown> = Promise.resolve();
