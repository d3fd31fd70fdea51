import type { core } from "zod";

/**
 * The page's policy forbids code made of texts, by which schemas would be quicker, and browsers report even the attempt.
 * Views load schemas when they need them; this is where Zod then finds its settings.
 */
const settings: core.$ZodConfig = { jitless: true };
Object.assign(globalThis, { __zod_globalConfig: settings });
