import type { PlatformCard } from "../kit/card/card.ts";
import { PLAIN_CARD } from "../kit/card/plain.ts";

/** Threads shows posts as notes. */
export const card: PlatformCard = PLAIN_CARD;
