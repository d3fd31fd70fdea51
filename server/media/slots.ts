import { createSlots } from "../turns/slots.ts";

/** Up to so many pixels an image is light work: most phone pictures are. */
export const LIGHT_PIXELS = 20_000_000;

/** Work on pixels: a decoded image takes hundreds of megabytes, so memory stays flat however many arrive at once. */
export const imageSlots = createSlots({ any: 1, light: 1 });

/** The reading of a video's index: a large one takes hundreds of megabytes, too. */
export const indexSlots = createSlots({ any: 1 });

/** The rewrapping of videos: each takes the room of its file on the disk. */
export const rewrappingSlots = createSlots({ any: 1 });
