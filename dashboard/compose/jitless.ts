import { z } from "zod";

/**
 * The page's policy forbids code made of texts, by which schemas would be quicker. Browsers report even the attempt, so
 * this comes before the first schema.
 */
z.config({ jitless: true });
