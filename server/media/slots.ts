/**
 * Runs work on pixels, one at a time in a process: a decoded image takes hundreds of megabytes, so memory stays flat
 * however many arrive at once.
 */
export const inImageSlot = createSlot();

/** Runs the reading of a video's index, one at a time in a process: a large one takes hundreds of megabytes, too. */
export const inIndexSlot = createSlot();

/** Runs the rewrapping of videos, one at a time in a process: each takes the room of its file on the disk. */
export const inRewrappingSlot = createSlot();

function createSlot() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}
