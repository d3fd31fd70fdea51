import type { z } from "zod";

import type { Settings } from "../definition.ts";

/** Reads a post's settings by the platform's schema, which has accepted them at create. */
export function settingsReader<S extends z.ZodObject>(schema: S) {
  return ({ content }: { content: { settings: Settings } }): z.infer<S> => schema.parse(content.settings);
}
