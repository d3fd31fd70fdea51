import { platforms } from "./index.ts";
import type { Foresight } from "./platform.ts";

/** What of the platforms' settings will stop working, and what prevents it; by environment name. */
export function foreseen(environment: Readonly<Record<string, string>>, now: Date): Foresight[] {
  return Object.values(platforms).flatMap((platform) => platform.foresee?.(environment, now) ?? []);
}
