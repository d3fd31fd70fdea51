import type { PlatformCard } from "../../../sandbox/platform.ts";
import { chainCard } from "../../../sandbox/card.ts";

export const CARD: PlatformCard = { style: "", html: chainCard };
