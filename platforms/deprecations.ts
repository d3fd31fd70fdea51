import { platforms } from "./index.ts";
import type { Deprecation } from "./platform.ts";

/** Which of the platforms' settings will stop working, and how to prevent it; by environment name. */
export function deprecationsAhead(environment: Readonly<Record<string, string>>, now: Date): Deprecation[] {
  return Object.values(platforms).flatMap((platform) => platform.deprecations?.(environment, now) ?? []);
}
