import { platforms } from "./index.ts";
import type { Deprecation } from "./platform.ts";

/**
 * Which of the platforms' settings will stop working, and how to prevent it; by environment name. A setting that several
 * platforms share is reported once.
 */
export function deprecationsAhead(environment: Readonly<Record<string, string>>, now: Date): Deprecation[] {
  const ahead = Object.values(platforms).flatMap((platform) => platform.deprecations?.(environment, now) ?? []);
  return [...new Map(ahead.map((deprecation) => [deprecation.message, deprecation])).values()];
}
