import type { PlatformName } from "../model/platform-names.ts";
import { catalog } from "./catalog.ts";
import type { Scope } from "./definition.ts";
import { requiredScopes } from "./kit/scopes.ts";

/** Everything that the sign-ins through a platform's app can ask for, of that platform and of others. */
export function scopesOfApp(platform: PlatformName): Scope[] {
  const prefix = platform.toUpperCase();
  const all = Object.values(catalog).flatMap(({ scopes }) => scopes[prefix] ?? []);
  return [...new Map(all.map((scope) => [scope.name, scope])).values()];
}

/** What is wrong with the scopes chosen for a platform's app, and what to do; null if nothing is. */
export function refuseScopes(
  platform: PlatformName,
  listed: readonly string[],
): { message: string; fix: string } | null {
  const { capabilities, scopes } = catalog[platform];
  const { label } = capabilities;
  const known = scopesOfApp(platform).map(({ name }) => name);
  const unknown = listed.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return {
      message: `Ampost has no use for these ${label} permissions: ${unknown.join(", ")}.`,
      fix: `Leave them out. The permissions to choose from are ${known.join(", ")}.`,
    };
  const missing = requiredScopes(scopes[platform.toUpperCase()] ?? []).filter((name) => !listed.includes(name));
  if (missing.length === 0) return null;
  return {
    message: `Publishing on ${label} requires these permissions too: ${missing.join(", ")}.`,
    fix: `Add ${missing.join(", ")}.`,
  };
}
