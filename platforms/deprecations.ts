import { platforms } from "./index.ts";
import type { Deprecation } from "./platform.ts";

/** What of the platforms' settings will stop working, and what prevents it; by environment name. */
export function deprecationsAhead(environment: Readonly<Record<string, string>>, now: Date): Deprecation[] {
  return Object.values(platforms).flatMap((platform) => platform.deprecations?.(environment, now) ?? []);
}
