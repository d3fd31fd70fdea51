import { createSlots } from "../turns/slots.ts";

/** Up to so many pixels an image is light work: most phone pictures are. */
export const LIGHT_PIXELS = 20_000_000;

/**
 * Work on pixels: a decoded image takes hundreds of megabytes, so memory stays flat however many arrive at the same
 * time.
 */
export const imageSlots = createSlots({ any: 1, light: 1 });

/** Reading a video's index: a large one takes hundreds of megabytes, too. */
export const indexSlots = createSlots({ any: 1 });

/** Rewrapping videos: each takes the size of its file on disk. */
export const rewrappingSlots = createSlots({ any: 1 });
